// Command eval measures the readers of Candor on labelled documents: links,
// page text, statements, recipients, retention, choices, cookie tables and
// cookies. "make eval" runs it on ../shared/eval; it is for people who work on
// the readers, and not part of what is shipped.
//
//	eval [-record FILE [-update]] [-errors TASK] [-only TASK,…] DIR
//
// It prints a table with the literature's figures beside its own, then one line
// a figure: task, metric, value, count. A task whose data are not in DIR is
// named as not measured. With -record the run fails when a figure is under the
// recorded one, or was counted on other data; -update records what was
// measured. Two runs print the same bytes.
//
// Labelled documents are measured, never learned from: the record holds figures
// only. Policies are split in two by name; -errors prints the mistakes of the
// half that may be looked at, the other half is only measured.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"candor/rules"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its outside passed in. It returns 0, 1 when figures fell
// under the record, or 2 for wrong use and unreadable data.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("eval", flag.ContinueOnError)
	flags.SetOutput(stderr)
	record := flags.String("record", "", "`file` of recorded figures to compare with")
	update := flags.Bool("update", false, "write the figures to the record instead")
	mistakes := flags.String("errors", "", "print the mistakes of a `task`")
	only := flags.String("only", "", "measure these `tasks` only, separated by commas")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() != 1 || *update && *record == "" {
		fmt.Fprintln(stderr, "usage: eval [-record FILE [-update]] [-errors TASK] [-only TASK,…] DIR")
		return 2
	}
	m, err := measure(flags.Arg(0), *mistakes, splitList(*only), stdout)
	if err != nil {
		fmt.Fprintln(stderr, "eval:", err)
		return 2
	}
	code := 0
	var old []Figure
	if *record != "" {
		if old, err = readRecord(*record); err != nil && !*update {
			fmt.Fprintln(stderr, "eval:", err)
			return 2
		}
	}
	fmt.Fprint(stdout, m.table(old))
	if *update {
		if err := writeRecord(*record, m.recorded(old)); err != nil {
			fmt.Fprintln(stderr, "eval:", err)
			return 2
		}
	} else if *record != "" {
		for _, f := range under(old, m) {
			fmt.Fprintln(stdout, "UNDER THE RECORD:", f)
			code = 1
		}
	}
	for _, s := range m.skipped {
		fmt.Fprintln(stdout, "NOT MEASURED:", s)
	}
	for _, f := range m.figures {
		fmt.Fprintln(stdout, f)
	}
	return code
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' })
}

// measurement is one run over a folder of labelled data.
type measurement struct {
	dir     string
	set     *rules.Set
	errors  string    // the task whose mistakes are printed
	out     io.Writer // where to
	figures []Figure
	skipped []string // tasks without data, with the file that is missing
	opp     []*oppPolicy
	gdpr    []*gdprPolicy
	pie     []pieSentence
}

// task measures something; its errors wrap fs.ErrNotExist when its data are missing.
type task struct {
	name string
	run  func(*measurement) error
}

// tasks in the order in which they are printed.
var tasks = []task{
	{"link", links}, {"extract", extract}, {"segment", segments}, {"mention", mentions}, {"span", spans}, {"tuple", tuples}, {"tuple", tuplesOfApps},
	{"denial", denials}, {"recipient", recipients}, {"recipient", namedCompanies}, {"retention", retention}, {"choice", choices}, {"table", tables}, {"cookie", cookies},
}

func measure(dir, mistakes string, only []string, out io.Writer) (*measurement, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("no labelled data: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	set, err := rules.Default()
	if err != nil {
		return nil, err
	}
	m := &measurement{dir: dir, set: set, errors: mistakes, out: out}
	for _, name := range append(slices.Clone(only), mistakes) {
		if name != "" && !slices.ContainsFunc(tasks, func(t task) bool { return t.name == name }) {
			return nil, fmt.Errorf("no task %q", name)
		}
	}
	for _, t := range tasks {
		if len(only) > 0 && !slices.Contains(only, t.name) {
			continue
		}
		if err := t.run(m); errors.Is(err, fs.ErrNotExist) {
			m.skipped = append(m.skipped, fmt.Sprintf("%s: %v", t.name, err))
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return m, nil
}
