package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

const (
	configName  = "candor.yaml"
	envPrefix   = "CANDOR_"
	maxYAMLFile = 1 << 20 // bytes
)

// configure fills the options of cmd that no flag set, from the environment and
// then from the configuration file. Each value goes through the flag's own
// parser, so that it is checked in the same way wherever it came from.
func (c *Command) configure(cmd *cobra.Command, o *options) error {
	env := c.environ()
	v := viper.New()
	origin := map[string]string{} // key → where its value was written

	file, err := configFile(o.config, env)
	if err != nil {
		return err
	}
	if file != "" {
		if err := readConfig(v, file, origin); err != nil {
			return err
		}
	}
	fromEnv := map[string]any{}
	for _, key := range configKeys() {
		name := envName(key)
		if value, ok := env[name]; ok {
			fromEnv[key], origin[key] = value, name
		}
	}
	if err := v.MergeConfigMap(fromEnv); err != nil {
		return fmt.Errorf("read %s variables: %w", envPrefix, err)
	}
	c.warnUnknownVariables(env)

	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Annotations[ownFlagMark] != nil || !v.IsSet(f.Name) {
			return
		}
		for _, text := range texts(v.Get(f.Name)) {
			if err := f.Value.Set(text); err != nil {
				errs = append(errs, fmt.Errorf("%s: %q: %w", origin[f.Name], text, boolHint(f, err)))
				return
			}
		}
	})
	if err := errors.Join(errs...); err != nil {
		return &exitError{exitUsage, err}
	}
	return nil
}

// texts are the values of a key as the flags' parsers read them.
func texts(value any) []string {
	items, ok := value.([]any)
	if !ok {
		return []string{fmt.Sprint(value)}
	}
	var out []string
	for _, item := range items {
		out = append(out, fmt.Sprint(item))
	}
	return out
}

func boolHint(f *pflag.Flag, err error) error {
	if f.Value.Type() == "bool" {
		return errors.New("expected true or false")
	}
	return err
}

// configKeys are the names of the options that a file and variables may set.
func configKeys() []string {
	var keys []string
	everyFlag(nil).VisitAll(func(f *pflag.Flag) {
		if f.Name != "config" {
			keys = append(keys, f.Name)
		}
	})
	return keys
}

func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}

func (c *Command) environ() map[string]string {
	env := make(map[string]string, len(c.Environ))
	for _, pair := range c.Environ {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env
}

// warnUnknownVariables names variables that look like ours and are not, because
// a misspelt one would otherwise do nothing, silently.
func (c *Command) warnUnknownVariables(env map[string]string) {
	known := []string{envName("config"), secondReaderKey, adminPassword, oidcSecret, secretsKey}
	for _, key := range configKeys() {
		known = append(known, envName(key))
	}
	var unknown []string
	for name := range env {
		if strings.HasPrefix(name, envPrefix) && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		fmt.Fprintf(c.Stderr, "candor: the variable %s is not one of candor's and does nothing (see 'candor help config')\n", name)
	}
}

// configFile returns the file to read: the one named, or the first candor.yaml
// in the current folder and the person's configuration folder. "" is none.
func configFile(named string, env map[string]string) (string, error) {
	if named == "" {
		named = env[envName("config")]
	}
	if named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", usage("--config: %w", err)
		}
		return named, nil
	}
	places := []string{configName}
	if dir := env["XDG_CONFIG_HOME"]; dir != "" {
		places = append(places, filepath.Join(dir, "candor", configName))
	} else if home := env["HOME"]; home != "" {
		places = append(places, filepath.Join(home, ".config", "candor", configName))
	}
	for _, place := range places {
		if _, err := os.Stat(place); err == nil {
			return place, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", usage("%w", err)
		}
	}
	return "", nil
}

// readConfig checks the file's keys and gives its values to v.
func readConfig(v *viper.Viper, file string, origin map[string]string) error {
	data, err := readBounded(file)
	if err != nil {
		return err
	}
	root, err := parseYAML(file, data)
	if err != nil || root == nil {
		return err
	}
	known := configKeys()
	errs := unknownKeys(file, root, known)
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		origin[key.Value] = fmt.Sprintf("%s:%d: %s", file, key.Line, key.Value)
		if slices.Contains(known, key.Value) && !plainValue(value) {
			errs = append(errs, fmt.Errorf("%s: expected a value or a list of values", origin[key.Value]))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &exitError{exitUsage, err}
	}
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(data)); err != nil {
		return usage("%s: %w", file, err)
	}
	return nil
}

func plainValue(n *yaml.Node) bool {
	if n.Kind == yaml.SequenceNode {
		return !slices.ContainsFunc(n.Content, func(item *yaml.Node) bool { return item.Kind != yaml.ScalarNode || item.Tag == "!!null" })
	}
	return n.Kind == yaml.ScalarNode && n.Tag != "!!null"
}

func readBounded(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage("%w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxYAMLFile+1))
	if err != nil {
		return nil, usage("%w", err)
	}
	if len(data) > maxYAMLFile {
		return nil, usage("%s: larger than %d bytes", file, maxYAMLFile)
	}
	return data, nil
}

// parseYAML returns the mapping that a file holds; nil for an empty file.
func parseYAML(file string, data []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, usage("%s: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, usage("%s:%d: expected keys with values, such as 'pages: 20'", file, max(root.Line, 1))
	}
	return root, nil
}

// unknownKeys reports the keys of a mapping that are not known, each with its
// line and the known key that is nearest.
func unknownKeys(file string, mapping *yaml.Node, known []string) []error {
	var errs []error
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key := mapping.Content[i]
		if slices.Contains(known, key.Value) {
			continue
		}
		hint := "expected one of " + strings.Join(known, ", ")
		if near, ok := nearest(key.Value, known); ok {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		errs = append(errs, fmt.Errorf("%s:%d: unknown key %q; %s", file, key.Line, key.Value, hint))
	}
	return errs
}
