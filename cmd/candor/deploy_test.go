package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const deploy = "../../.ci/deploy"

// sayings are the environment variables that the command reads and no flag names.
var sayings = []string{adminPassword, oidcSecret, secretsKey, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HOME", "OTEL_EXPORTER_OTLP_ENDPOINT"}

// knowsCommand checks a command line and its variables against the flags of the
// command, without running it.
func knowsCommand(t *testing.T, what string, args, variables []string) {
	t.Helper()
	c := &Command{Stdout: io.Discard, Stderr: io.Discard, Stages: wired()}
	started := false
	root := c.root(&started)
	cmd, rest, err := root.Find(args)
	if err != nil || cmd == root {
		t.Errorf("%s: %q is no command: %v", what, args, err)
		return
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	for _, v := range variables {
		flag := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(v, "CANDOR_")), "_", "-")
		if !slices.Contains(sayings, v) && (!strings.HasPrefix(v, "CANDOR_") || cmd.Flags().Lookup(flag) == nil) {
			t.Errorf("%s: nobody reads the variable %s", what, v)
		}
	}
}

// documents reads YAML, in which no key stands twice.
func documents[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(deploy, name))
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var v T
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, v)
	}
}

func flagOf(args []string, name string) string {
	if i := slices.Index(args, name); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return ""
}

// TestCompose: the services of compose.yaml are commands that there are, without
// rights and without a password that stands in the file.
func TestCompose(t *testing.T) {
	docs := documents[struct {
		Services map[string]struct {
			Image       string
			Command     []string
			Environment map[string]string
			User        string
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			Security    []string `yaml:"security_opt"`
			Ports       []string
		}
	}](t, "compose.yaml")
	secret := regexp.MustCompile(`(PASSWORD|SECRET|KEY)`)
	given := regexp.MustCompile(`^(\$\{[A-Z0-9_]+:\?[^}]+\})?$`)
	n := 0
	for name, s := range docs[0].Services {
		var variables []string
		for k, v := range s.Environment {
			variables = append(variables, k)
			if secret.MatchString(k) && !given.MatchString(v) {
				t.Errorf("%s: %s stands in the file", name, k)
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s: the port %s is open to everybody", name, p)
			}
		}
		if s.Image != "candor" {
			continue
		}
		n++
		knowsCommand(t, name, s.Command, variables)
		if s.User == "" || s.User == "0" || !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.Security, "seccomp=chromium-seccomp.json") {
			t.Errorf("%s may more than it needs: %+v", name, s)
		}
	}
	if n != 2 {
		t.Errorf("%d services are Candor's, want serve and worker", n)
	}
}

// TestKubernetes: the same for kubernetes.yaml; probes ask where the command
// answers.
func TestKubernetes(t *testing.T) {
	type probe struct {
		HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
	}
	docs := documents[struct {
		Kind string
		Spec struct {
			Template struct {
				Spec struct {
					SecurityContext struct {
						RunAsNonRoot   bool `yaml:"runAsNonRoot"`
						SeccompProfile struct {
							Type, LocalhostProfile string `yaml:",omitempty"`
						} `yaml:"seccompProfile"`
					} `yaml:"securityContext"`
					Containers []struct {
						Name, Image string
						Args        []string
						Env         []struct {
							Name, Value string
							ValueFrom   any `yaml:"valueFrom"`
						}
						Ports []struct {
							Name          string
							ContainerPort string `yaml:"containerPort"`
						}
						LivenessProbe   probe `yaml:"livenessProbe"`
						ReadinessProbe  probe `yaml:"readinessProbe"`
						Resources       map[string]map[string]string
						SecurityContext struct {
							ReadOnly bool  `yaml:"readOnlyRootFilesystem"`
							Escalate *bool `yaml:"allowPrivilegeEscalation"`
						} `yaml:"securityContext"`
					}
				}
			}
		}
	}](t, "kubernetes.yaml")
	n := 0
	for _, d := range docs {
		if d.Kind != "Deployment" {
			continue
		}
		pod := d.Spec.Template.Spec
		for _, c := range pod.Containers {
			n++
			var variables []string
			for _, e := range c.Env {
				variables = append(variables, e.Name)
				if e.Name != "HOME" && (e.Value != "" || e.ValueFrom == nil) {
					t.Errorf("%s: %s does not come from the secret", c.Name, e.Name)
				}
			}
			knowsCommand(t, c.Name, c.Args, variables)
			ports := map[string]string{}
			for _, p := range c.Ports {
				ports[p.Name] = p.ContainerPort
			}
			if got := flagOf(c.Args, "--metrics"); got != "0.0.0.0:"+ports["metrics"] {
				t.Errorf("%s: metrics are at %s, the port is %v", c.Name, got, ports)
			}
			if got := flagOf(c.Args, "--listen"); got != "" && got != "0.0.0.0:"+ports["http"] {
				t.Errorf("%s: it listens at %s, the port is %v", c.Name, got, ports)
			}
			if c.LivenessProbe.HTTPGet != (struct{ Path, Port string }{"/healthz", "metrics"}) || c.ReadinessProbe.HTTPGet != (struct{ Path, Port string }{"/readyz", "metrics"}) {
				t.Errorf("%s: probes %+v %+v", c.Name, c.LivenessProbe, c.ReadinessProbe)
			}
			if !pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.SeccompProfile.Type == "" || !c.SecurityContext.ReadOnly || c.SecurityContext.Escalate == nil || *c.SecurityContext.Escalate || c.Resources["limits"]["memory"] == "" {
				t.Errorf("%s may more than it needs", c.Name)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d containers, want serve and worker", n)
	}
}

// TestSeccomp: the profile is JSON and lets Chromium make the namespaces of its
// sandbox.
func TestSeccomp(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(deploy, "chromium-seccomp.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		DefaultAction string
		Syscalls      []struct{ Names []string }
	}
	if err := json.Unmarshal(data, &p); err != nil || p.DefaultAction != "SCMP_ACT_ALLOW" || len(p.Syscalls) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, name := range []string{"clone", "clone3", "unshare", "setns", "chroot"} {
		if slices.Contains(p.Syscalls[0].Names, name) {
			t.Errorf("%s is forbidden, and Chromium's sandbox needs it", name)
		}
	}
}
