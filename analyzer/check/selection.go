package check

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"candor/rules"
)

// Bounds of an expression in select. One loop over a list of at most
// maxSelectList items, with at most maxSelectNodes nodes, is what it can cost for
// each flow, cookie or page.
const (
	maxSelectBytes  = 2000
	maxSelectNodes  = 200
	maxSelectList   = 200
	maxSelectMemory = 20_000 // items that it may make
)

// selectFunctions are the functions of the language that a select may call:
// those whose answer depends on nothing else and that make nothing large.
var selectFunctions = []string{
	"abs", "all", "any", "count", "filter", "find", "first", "hasPrefix", "hasSuffix", "indexOf", "last", "len", "lower", "map", "max", "min", "none", "one", "split", "trim", "upper",
}

var unknownName = regexp.MustCompile(`^unknown name (\w+)`)

// compileSelect reads and checks an expression for a subject. The error is one
// line and says what was expected.
func compileSelect(s subject, text string) (*vm.Program, error) {
	env, ok := environments[s]
	if !ok {
		return nil, errors.New("this check looks at nothing that a select could narrow; expected no select")
	}
	if len(text) > maxSelectBytes {
		return nil, fmt.Errorf("the expression has %d bytes; expected at most %d", len(text), maxSelectBytes)
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, selectError(s, err)
	}
	if err := affordable(tree.Node); err != nil {
		return nil, err
	}
	options := []expr.Option{expr.Env(env), expr.AsBool(), expr.MaxNodes(maxSelectNodes), expr.DisableAllBuiltins()}
	for _, f := range selectFunctions {
		options = append(options, expr.EnableBuiltin(f))
	}
	program, err := expr.Compile(text, options...)
	if err != nil {
		return nil, selectError(s, err)
	}
	return program, nil
}

// loops finds ranges, and loops inside loops.
type loops struct {
	inside bool
	err    error
}

func (l *loops) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if n.Operator == ".." {
			l.err = errors.New("ranges such as 1..9 are not allowed; expected comparisons")
		}
	case *ast.PredicateNode:
		if l.inside {
			l.err = errors.New("a loop inside a loop (any, all, filter, …) is not allowed; expected one at a time")
			return
		}
		inner := &loops{inside: true}
		ast.Walk(&n.Node, inner)
		if inner.err != nil {
			l.err = inner.err
		}
	}
}

func affordable(node ast.Node) error {
	l := &loops{}
	ast.Walk(&node, l)
	return l.err
}

// selectError makes one line of what the language says, with the nearest name.
func selectError(s subject, err error) error {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return errors.New(strings.Join(strings.Fields(err.Error()), " "))
	}
	text := fe.Message
	if m := unknownName.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("unknown name %q of a %s%s", m[1], s, rules.DidYouMean(m[1], append(SelectNames(string(s)), selectFunctions...)))
	}
	if fe.Line == 0 {
		return errors.New(text)
	}
	return fmt.Errorf("column %d: %s", fe.Column+1, text)
}

// SelectNames are the names that an expression about a subject ("flow", "cookie",
// …) knows, in the order in which they are described.
func SelectNames(s string) []string {
	env, ok := environments[subject(s)]
	if !ok {
		return nil
	}
	t := reflect.TypeOf(env)
	var out []string
	for i := range t.NumField() {
		out = append(out, t.Field(i).Tag.Get("expr"))
	}
	return out
}

// selector asks an expression about one thing after another.
type selector struct {
	program *vm.Program
	err     error // the first
}

// takes reports whether the expression is true.
func (s *selector) takes(env any) bool {
	if s.err != nil {
		return false
	}
	machine := vm.VM{MemoryBudget: maxSelectMemory}
	out, err := machine.Run(s.program, env)
	if err != nil {
		s.err = err
		return false
	}
	yes, _ := out.(bool)
	return yes
}
