package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"candor/analyzer"
	"candor/crawler/evidence"
)

var (
	profileKeys   = []string{"name", "own_domains", "regions", "laws", "facts", "processors"}
	processorKeys = []string{"vendor", "role"}
	roles         = []string{"processor", "service_provider", "joint_controller", "business_associate"}
)

// readProfile reads what the organisation answered. Own domains are reduced to
// their registrable domains.
func readProfile(file string) (analyzer.Profile, error) {
	var p analyzer.Profile
	if file == "" {
		return p, nil
	}
	data, err := readBounded(file)
	if err != nil {
		return p, err
	}
	return parseProfile(file, data)
}

// parseProfile reads a profile's text; file is what faults call it.
func parseProfile(file string, data []byte) (analyzer.Profile, error) {
	var p analyzer.Profile
	root, err := parseYAML(file, data)
	if err != nil || root == nil {
		return p, err
	}
	errs := unknownKeys(file, root, profileKeys)
	for i := 0; i+1 < len(root.Content); i += 2 {
		if value := root.Content[i+1]; root.Content[i].Value == "processors" && value.Kind == yaml.SequenceNode {
			for _, item := range value.Content {
				errs = append(errs, processorFaults(file, item)...)
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return p, &exitError{exitUsage, err}
	}
	if err := root.Decode(&p); err != nil {
		var te *yaml.TypeError
		if errors.As(err, &te) {
			for _, text := range te.Errors {
				errs = append(errs, fmt.Errorf("%s: %s", file, text))
			}
			err = errors.Join(errs...)
		}
		return p, &exitError{exitUsage, err}
	}
	for i, d := range p.OwnDomains {
		host, err := hostName(d)
		if err != nil {
			return p, usage("%s: own_domains: %q is not a domain: expected one such as example.com", file, d)
		}
		p.OwnDomains[i] = evidence.Site(host)
	}
	slices.Sort(p.OwnDomains)
	p.OwnDomains = slices.Compact(p.OwnDomains)
	return p, nil
}

// keepProfile puts a copy of the profile into a report's folder, so that the
// evidence can be analysed again with it.
func keepProfile(file, dir string) error {
	if file == "" {
		return nil
	}
	data, err := readBounded(file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, profileName), data, 0o644); err != nil {
		return fmt.Errorf("keep the profile: %w", err)
	}
	return nil
}

// keptProfile finds the copy that a scan left: bundle is the report's folder or
// the evidence in it.
func keptProfile(bundle string) string {
	if name := profileIn(bundle); name != "" {
		return name
	}
	if filepath.Base(filepath.Clean(bundle)) != "evidence" {
		return ""
	}
	return profileIn(filepath.Join(bundle, ".."))
}

func processorFaults(file string, item *yaml.Node) []error {
	if item.Kind != yaml.MappingNode {
		return []error{fmt.Errorf("%s:%d: processors: expected entries with vendor and role", file, item.Line)}
	}
	errs := unknownKeys(file, item, processorKeys)
	for i := 0; i+1 < len(item.Content); i += 2 {
		key, value := item.Content[i], item.Content[i+1]
		if key.Value != "role" || slices.Contains(roles, value.Value) {
			continue
		}
		hint := ""
		if near, ok := nearest(value.Value, roles); ok {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		errs = append(errs, fmt.Errorf("%s:%d: role: expected processor, service_provider, joint_controller or business_associate%s", file, value.Line, hint))
	}
	return errs
}
