package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The action of GitHub and the template of GitLab cannot be run here; their
// shell parts can.

const (
	actionFile   = repo + "/.github/actions/candor/action.yml"
	templateFile = repo + "/.ci/gitlab/candor.gitlab-ci.yml"
)

type step struct {
	Name, ID, Run, Shell, Uses, If string
	Env                            map[string]string
	With                           map[string]string
}

type action struct {
	Inputs  map[string]struct{ Description, Default string }
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []step
	}
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func theAction(t *testing.T) action {
	t.Helper()
	var a action
	readYAML(t, actionFile, &a)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) < 4 {
		t.Fatalf("%s: %+v", actionFile, a.Runs)
	}
	return a
}

// scanFlags are the flags of candor scan.
func scanFlags(t *testing.T) []string {
	t.Helper()
	var out bytes.Buffer
	c := &Command{Stdout: &out, Stderr: &out, Stages: wired()}
	if code := c.Run(context.Background(), []string{"scan", "--help"}); code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	return regexp.MustCompile(`(?m)--[a-z-]+`).FindAllString(out.String(), -1)
}

// script runs a shell part with a candor that writes its arguments into a file
// and ends with a code, and returns the arguments.
func script(t *testing.T, run, dir string, code string, env ...string) (args []string, err error) {
	t.Helper()
	bin := filepath.Join(dir, "candor")
	write(t, filepath.Join(bin, "candor"), "#!/bin/bash\nprintf '%s\\n' \"$@\" >\"$ARGS\"\nexit "+code+"\n")
	if err := os.Chmod(filepath.Join(bin, "candor"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "args")
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", run)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "ARGS="+file, "RUNNER_TEMP="+dir, "PATH="+bin+":"+os.Getenv("PATH"),
		"GITHUB_OUTPUT="+filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary"))...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err = cmd.Run(); err != nil {
		t.Logf("%v: %s", err, &stderr)
	}
	if data, fault := os.ReadFile(file); fault == nil {
		args = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	}
	return args, err
}

func TestActionScans(t *testing.T) {
	a := theAction(t)
	i := slices.IndexFunc(a.Runs.Steps, func(s step) bool { return s.ID == "scan" })
	scan := a.Runs.Steps[i]
	dir := t.TempDir()
	write(t, filepath.Join(dir, "out", "summary.md"), "the summary\n")
	hostile := `https://x.test/$(touch pwned);"'` + "`id`"
	args, err := script(t, scan.Run, dir, "3", "SCAN_URL="+hostile, "SCAN_PROFILE=my profile.yaml", "SCAN_BASELINE=prod/scan.json", "SCAN_ARGS=--insecure\n\n--header\nX-A: b c", "SCAN_OUT=out",
		"SCAN_FAIL_ON=high", "SCAN_STATES=none", "SCAN_PAGES=5")
	if err != nil {
		t.Fatalf("the scan's end ends the step: %v", err)
	}
	want := []string{"scan", "--out", "out", "--fail-on", "high", "--states", "none", "--pages", "5", "--format", "html,json,sarif,junit,md",
		"--profile", "my profile.yaml", "--baseline", "prod/scan.json", "--new-only", "--insecure", "--header", "X-A: b c", "--", hostile}
	if !slices.Equal(args, want) {
		t.Errorf("arguments %q, want %q", args, want)
	}
	if got := read(t, filepath.Join(dir, "output")); got != "code=3\n" {
		t.Errorf("outputs %q", got)
	}
	if got := read(t, filepath.Join(dir, "summary")); got != "the summary\n" {
		t.Errorf("summary %q", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("the address was run")
	}
	flags := scanFlags(t)
	for _, arg := range want {
		if strings.HasPrefix(arg, "--") && arg != "--" && !slices.Contains(flags, arg) {
			t.Errorf("candor scan has no flag %s", arg)
		}
	}
	// The last step is the answer, whatever was uploaded.
	last := a.Runs.Steps[len(a.Runs.Steps)-1]
	for code, ok := range map[string]bool{"0": true, "1": false, "3": false, "": false} {
		if _, err := script(t, last.Run, t.TempDir(), "0", "CODE="+code); (err == nil) != ok {
			t.Errorf("code %q ends with %v", code, err)
		}
	}
}

func TestActionIsSafe(t *testing.T) {
	a := theAction(t)
	used := regexp.MustCompile(`inputs\.([a-z-]+)`)
	var all string
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %q: an expression in a script is run as one", s.Name)
		}
		if s.Run != "" && s.Shell != "bash" {
			t.Errorf("step %q: shell %q", s.Name, s.Shell)
		}
		if s.Run != "" {
			if out, err := exec.Command("bash", "-n", "-c", s.Run).CombinedOutput(); err != nil {
				t.Errorf("step %q: %v\n%s", s.Name, err, out)
			}
		}
		for _, e := range []map[string]string{s.Env, s.With} {
			for _, v := range e {
				all += v + "\n"
			}
		}
		all += s.If + "\n"
	}
	for _, m := range used.FindAllStringSubmatch(all, -1) {
		if _, ok := a.Inputs[m[1]]; !ok {
			t.Errorf("there is no input %s", m[1])
		}
	}
	for name, in := range a.Inputs {
		if in.Description == "" || !strings.Contains(all, "inputs."+name) {
			t.Errorf("input %s is not described or not used", name)
		}
	}
}

func TestTemplate(t *testing.T) {
	var all map[string]struct {
		Stage     string
		Variables map[string]string
		Script    []string
		Artifacts struct {
			When    string
			Paths   []string
			Reports map[string]string
		}
	}
	readYAML(t, templateFile, &all)
	job := all["candor"]
	if job.Artifacts.When != "always" || job.Artifacts.Reports["junit"] != "candor-report/junit.xml" || !slices.Contains(job.Artifacts.Paths, "candor-report/candor.sarif") {
		t.Errorf("artifacts %+v", job.Artifacts)
	}
	keys := configKeys()
	for name := range job.Variables {
		if key, ok := strings.CutPrefix(name, envPrefix); ok && !slices.ContainsFunc(keys, func(k string) bool { return envName(k) == name }) {
			t.Errorf("candor has no option for %s (%s)", name, key)
		}
	}
	run := strings.Join(job.Script, "\n")
	for code, ok := range map[string]bool{"0": true, "1": false, "3": false} {
		args, err := script(t, run, t.TempDir(), code, "SCAN_URL=https://x.test/ $(id)")
		if !slices.Equal(args, []string{"scan", "--", "https://x.test/ $(id)"}) || (err == nil) != ok {
			t.Errorf("code %s: arguments %q, %v", code, args, err)
		}
	}
	if args, err := script(t, run, t.TempDir(), "0", "SCAN_URL="); err == nil || args != nil {
		t.Errorf("without an address: %q, %v", args, err)
	}
}

// The image runs as a user without rights.
func TestDockerfile(t *testing.T) {
	text := read(t, repo+"/.ci/Dockerfile")
	final := text[strings.LastIndex(text, "\nFROM "):]
	if !regexp.MustCompile(`(?m)^USER [1-9]\d+$`).MatchString(final) || strings.Contains(final, "--no-sandbox") {
		t.Errorf("the last stage is\n%s", final)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, repo+"/go.mod"))[1]
	if !strings.Contains(text, "FROM golang:"+version+"-") {
		t.Errorf("the image is not built with Go %s", version)
	}
}
