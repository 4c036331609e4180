package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version may be set at build time by -ldflags '-X main.version=…'.
var version string

// toolVersion is the version that reports carry.
func toolVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func commit() string { return cmp.Or(revision(), "unknown") }

// revision is the commit of the source, as the build says; "" when it does not.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " with changes"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + modified
}

func (c *Command) versionCommand() *cobra.Command {
	verbose := false
	cmd := &cobra.Command{
		Use:     "version",
		GroupID: "setup",
		Short:   "Print the version",
		Example: "  candor version\n  candor version --verbose",
		Args:    args(0, 0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(c.Stdout, "candor %s\ncommit %s\n%s %s/%s\n", toolVersion(), commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if !verbose {
				return nil
			}
			set, err := c.Stages.Rules()
			if err != nil {
				return fmt.Errorf("load the embedded knowledge: %w", err)
			}
			fmt.Fprintf(c.Stdout, "rules %s (%d rules, %d vendors)\n", set.Version, len(set.Rules), len(set.Vendors))
			return nil
		},
	}
	cmd.Flags().BoolVar(&verbose, "verbose", false, "the version of the rules too")
	return cmd
}
