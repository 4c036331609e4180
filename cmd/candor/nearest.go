package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"candor/rules"
)

// nearest returns the word that was most likely meant; an underscore is as good
// as a hyphen.
func nearest(got string, words []string) (string, bool) {
	near := rules.Nearest(got, words)
	if near == "" {
		near = rules.Nearest(strings.ReplaceAll(got, "_", "-"), words)
	}
	return near, near != ""
}

// didYouMean proposes a flag for an unknown one.
func didYouMean(message string, flags *pflag.FlagSet) string {
	name, ok := strings.CutPrefix(message, "unknown flag: --")
	if !ok {
		return ""
	}
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near, ok := nearest(name, names); ok {
		return fmt.Sprintf("; did you mean --%s?", near)
	}
	return ""
}
