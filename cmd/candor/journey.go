package main

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"candor/crawler"
	"candor/crawler/browser"
)

// maxSteps bounds a journey.
const maxSteps = 200

// The keys of a journey's file and of its steps.
var (
	journeyKeys = []string{"steps"}
	stepKinds   = []string{"goto", "click", "fill", "select", "press", "wait_for", "scroll", "submit", "screenshot"}
	stepFields  = map[string][]string{"fill": {"field", "value"}, "select": {"field", "option"}}
)

var variable = regexp.MustCompile(`\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}`)

// readJourney reads a file of steps. Values that it takes from the environment
// are secrets from then on. A fault names file, line, step and what was expected.
func readJourney(file string, env map[string]string) (*crawler.Journey, error) {
	data, err := readBounded(file)
	if err != nil {
		return nil, err
	}
	root, err := parseYAML(file, data)
	if err != nil {
		return nil, err
	}
	r := &journeyReader{file: file, env: env, journey: &crawler.Journey{File: filepath.Base(file)}}
	var list *yaml.Node
	if root != nil {
		r.errs = unknownKeys(file, root, journeyKeys)
		for i := 0; i+1 < len(root.Content); i += 2 {
			if root.Content[i].Value == "steps" {
				list = root.Content[i+1]
			}
		}
	}
	switch {
	case list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0:
		r.errs = append(r.errs, fmt.Errorf("%s: expected steps, such as\n  steps:\n    - goto: https://www.example.com/login", file))
	case len(list.Content) > maxSteps:
		r.errs = append(r.errs, fmt.Errorf("%s:%d: %d steps, and a journey may have %d", file, list.Line, len(list.Content), maxSteps))
	default:
		for i, n := range list.Content {
			r.step(i, n)
		}
		if first := r.journey.Steps; len(r.errs) == 0 && first[0].Do != "goto" {
			r.fault(list.Content[0], 0, first[0].Do, "the first step goes to a page: expected goto")
		}
	}
	if err := errors.Join(r.errs...); err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return r.journey, nil
}

type journeyReader struct {
	file    string
	env     map[string]string
	journey *crawler.Journey
	errs    []error
}

func (r *journeyReader) fault(n *yaml.Node, step int, do, format string, args ...any) {
	if do != "" {
		do = " (" + do + ")"
	}
	r.errs = append(r.errs, fmt.Errorf("%s:%d: step %d%s: %s", r.file, n.Line, step+1, do, fmt.Sprintf(format, args...)))
}

// step reads one step: a mapping with one key.
func (r *journeyReader) step(i int, n *yaml.Node) {
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		r.fault(n, i, "", "expected one of %s with what it is about, such as 'click: \"#buy\"'", strings.Join(stepKinds, ", "))
		return
	}
	key, value := n.Content[0], n.Content[1]
	s := crawler.Step{Line: key.Line, Do: key.Value}
	if !slices.Contains(stepKinds, s.Do) {
		hint := "expected one of " + strings.Join(stepKinds, ", ")
		if near, ok := nearest(s.Do, stepKinds); ok {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		r.fault(key, i, "", "there is no step %q; %s", s.Do, hint)
		return
	}
	if fields := stepFields[s.Do]; fields != nil {
		if value.Kind != yaml.MappingNode {
			r.fault(value, i, s.Do, "expected {%s: …, %s: …}", fields[0], fields[1])
			return
		}
		r.errs = append(r.errs, unknownKeys(r.file, value, fields)...)
		for k := 0; k+1 < len(value.Content); k += 2 {
			if value.Content[k].Value == fields[0] {
				s.Target = value.Content[k+1].Value
			} else {
				s.Value = r.filled(value.Content[k+1], i, &s)
			}
		}
		if s.Target == "" || s.Value == "" {
			r.fault(value, i, s.Do, "expected both %s and %s", fields[0], fields[1])
		}
	} else if s.Target = value.Value; value.Kind != yaml.ScalarNode || s.Target == "" && s.Do != "screenshot" {
		r.fault(value, i, s.Do, "expected a text")
		return
	} else if variable.MatchString(s.Target) {
		r.fault(value, i, s.Do, "values of the environment are for fill and select alone")
	}
	switch s.Do {
	case "goto":
		if u, err := url.Parse(s.Target); err != nil || u.Scheme != "http" && u.Scheme != "https" && (i == 0 || u.Scheme != "" || u.Host != "") {
			r.fault(value, i, s.Do, "expected an address that begins with https://, or after the first step a path")
		}
	case "press":
		if !slices.Contains(browser.Keys(), s.Target) {
			r.fault(value, i, s.Do, "expected one of %s", strings.Join(browser.Keys(), ", "))
		}
	}
	r.journey.Steps = append(r.journey.Steps, s)
}

// filled puts values of the environment into a text.
func (r *journeyReader) filled(n *yaml.Node, i int, s *crawler.Step) string {
	return variable.ReplaceAllStringFunc(n.Value, func(ref string) string {
		name := variable.FindStringSubmatch(ref)[1]
		value := r.env[name]
		if len(value) < 4 {
			r.fault(n, i, s.Do, "the variable %s is not set, or shorter than the 4 characters without which it could not be kept out of the report", name)
			return ""
		}
		s.Shown = n.Value
		if secret := (crawler.Secret{Name: name, Value: value}); !slices.Contains(r.journey.Secrets, secret) {
			r.journey.Secrets = append(r.journey.Secrets, secret)
		}
		return value
	})
}
