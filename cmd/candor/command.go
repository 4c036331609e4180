package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor/reports"
	"candor/reports/html"
	"candor/reports/pdf"
	"candor/reports/plain"
)

// The exit codes; doc.go says what they mean.
const (
	exitOK         = 0
	exitFindings   = 1
	exitUsage      = 2
	exitIncomplete = 3
	exitInternal   = 4
)

// Command is candor with its surroundings, all of which are given, so that a
// test is a caller like main.
type Command struct {
	Stdout, Stderr io.Writer
	Environ        []string // "NAME=value"
	Now            func() time.Time
	Random         io.Reader        // of keys; may be nil where none are needed
	Signals        <-chan os.Signal // the first ends a scan in order, the second at once; may be nil
	Exit           func(code int)   // what the second signal calls
	Columns        func() int       // width of the terminal that Stderr is; 0 when it is none
	Colour         bool             // Stdout is a terminal whose person wants colour (no-color.org)
	Stages         Stages
}

// exitError ends the command with a code. Without err everything was said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage makes an error of wrong use.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// Run runs one command line and returns its exit code.
func (c *Command) Run(ctx context.Context, args []string) (code int) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(c.Stderr, "candor: internal error: %s\n%s", plain.Visible(fmt.Sprint(v)), debug.Stack())
			code = exitInternal
		}
	}()
	ctx, stop := c.watchSignals(ctx)
	defer stop()
	started := false
	root := c.root(&started)
	root.SetArgs(args)
	root.SetOut(c.Stdout)
	root.SetErr(c.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var ee *exitError
	if errors.As(err, &ee) {
		if ee.err != nil {
			c.complain(err)
		}
		return ee.code
	}
	c.complain(err)
	if !started { // cobra's own: an unknown command or flag
		return exitUsage
	}
	return exitInternal
}

// watchSignals ends the context at the first signal and the process at the
// second.
func (c *Command) watchSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-over:
				return
			case <-c.Signals:
			}
			if n > 0 {
				c.Exit(exitIncomplete)
				return
			}
			fmt.Fprintln(c.Stderr, "\ncandor: stopping; what was collected is kept. Once more to leave at once")
			cancel(errInterrupted)
		}
	}()
	return ctx, func() {
		close(over)
		cancel(nil)
	}
}

// complain writes an error. Several that were joined stand one a line, so that
// "file:line:" stays at the start.
func (c *Command) complain(err error) {
	prefix := "candor: "
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(plain.Visible(strings.TrimRight(line, "\r\n")))
		if line != "" {
			fmt.Fprintf(c.Stderr, "%s%s\n", prefix, line)
			prefix = ""
		}
	}
}

func (c *Command) root(started *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "candor",
		Short: "Compare what a site collects with what its privacy policy says",
		Long: `Candor visits a site in a real browser, records the trackers, forms and cookies
that collect data, reads the privacy policy, and shows flow by flow where the
two differ. What it prints is evidence for a person to judge, not legal advice.`,
		Example: `  candor scan https://www.example.com/          scan a site, write a report folder
  candor scan example.com --pages 50 --out out  more pages, a folder of your choice
  candor policy https://www.example.com/privacy only read a policy
  candor doctor                                 is everything here that a scan needs?`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		PersistentPreRun:  func(*cobra.Command, []string) { *started = true },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w%s\nRun '%s --help' for the flags", err, didYouMean(err.Error(), cmd.Flags()), cmd.CommandPath())
	})
	root.AddGroup(
		&cobra.Group{ID: "scan", Title: "Scan and read:"},
		&cobra.Group{ID: "bundle", Title: "Saved scans:"},
		&cobra.Group{ID: "service", Title: "Many sites:"},
		&cobra.Group{ID: "setup", Title: "Tool:"},
	)
	root.SetHelpCommandGroupID("setup")
	root.SetCompletionCommandGroupID("setup")
	root.AddCommand(
		c.scanCommand(), c.importCommand(), c.policyCommand(),
		c.analyzeCommand(), c.diffCommand(), c.reportCommand(), c.exceptionsCommand(), c.verifyCommand(),
		c.rulesCommand(), c.profileCommand(), c.doctorCommand(), c.versionCommand(),
		c.serveCommand(), c.workerCommand(), c.scheduleCommand(), c.purgeCommand(), c.backupCommand(), c.restoreCommand(),
	)
	root.AddCommand(topics(c.formats())...)
	return root
}

// args demands a number of arguments and says what they are.
func args(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, got []string) error {
		if len(got) < least {
			return usage("%s needs %s\nRun '%s --help' for examples", cmd.CommandPath(), what, cmd.CommandPath())
		}
		if most >= 0 && len(got) > most {
			return usage("%s takes %s; %q is one too many", cmd.CommandPath(), what, got[most])
		}
		return nil
	}
}

// logger writes log lines to standard error.
func (c *Command) logger(o *options) *slog.Logger {
	level := slog.LevelInfo
	if o.quiet {
		level = slog.LevelError
	}
	opts := &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			a.Value = slog.StringValue(c.Now().UTC().Format(time.RFC3339))
		}
		return a
	}}
	if o.jsonLog {
		return slog.New(slog.NewJSONHandler(c.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(c.Stderr, opts))
}

// formats are the report formats that this program writes.
func (c *Command) formats() []string { return reports.Formats(c.renderers(nil)...) }

// rendering is what formats are told of the command that they are written for.
type rendering struct {
	gate     reports.Gate
	print    pdf.Options
	language string // a code of words.Codes; "" is English
}

// renderers are the formats that have a package of their own, for a command
// with these options; nil where only their names are asked for.
func (c *Command) renderers(o *options) []reports.Renderer {
	if c.Stages.Renderers == nil {
		return nil
	}
	if o == nil {
		return c.Stages.Renderers(rendering{})
	}
	return c.Stages.Renderers(rendering{gate: c.gate(o), print: c.printing(o), language: o.language})
}

// printing is with what and on what a PDF is printed.
func (c *Command) printing(o *options) pdf.Options {
	return pdf.Options{Find: func() (string, error) { return c.printer(o) }, NoSandbox: o.noSandbox, Paper: o.paper, Language: o.language, Page: html.RenderIn(o.language)}
}

// printer is the browser that prints.
func (c *Command) printer(o *options) (string, error) {
	if _, ok := remote(o.browser); ok {
		return "", errors.New("a PDF is printed by a browser on this machine; --browser names one elsewhere")
	}
	return c.Stages.FindBrowser(o.browser, o.noSandbox)
}

// canPrint reports early that a PDF was asked for and there is no browser.
func (c *Command) canPrint(o *options) error {
	if !slices.Contains(o.formats, "pdf") {
		return nil
	}
	if _, err := c.printer(o); err != nil {
		return usage("--format pdf: %w", err)
	}
	return nil
}

func (c *Command) columns() int {
	if c.Columns == nil {
		return 0
	}
	return c.Columns()
}
