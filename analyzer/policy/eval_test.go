package policy

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"candor/rules"
)

// The figures of the reader on labelled policies. They run only when
// CANDOR_EVAL=1, on a folder beside the repository (or CANDOR_EVAL_DIR) whose
// README explains its files. Nothing of it is in the project. Policies are
// split in two by name: errors are looked at in one half, the other is only
// measured. CANDOR_EVAL_ERRORS=TASK prints the errors of the first half.

func evalDir(t *testing.T) string {
	t.Helper()
	if os.Getenv("CANDOR_EVAL") != "1" {
		t.Skip("CANDOR_EVAL is not 1")
	}
	dir := os.Getenv("CANDOR_EVAL_DIR")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "eval")
		if _, err := os.Stat(dir); err != nil {
			dir = filepath.Join("..", "..", "..", "..", "shared", "eval") // a worktree lies one folder deeper
		}
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("eval: no data: %v", err)
	}
	return dir
}

var evalSet = sync.OnceValues(rules.Load)

func loaded(t *testing.T) *rules.Set {
	t.Helper()
	set, err := evalSet()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// lines decodes a file of JSON lines.
func lines[T any](t *testing.T, dir, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []T
	sc := bufio.NewScanner(f)
	sc.Buffer(make([]byte, 1<<20), 64<<20)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, v)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// held reports whether a policy is in the half that nobody looks at.
func held(id string) bool {
	h := fnv.New32a()
	h.Write([]byte("candor " + id))
	return h.Sum32()%2 == 1
}

// tally counts by policy: hits of the predicted, hits of the wanted.
type tally struct {
	tp, fp, fn map[string]float64
}

func newTally() *tally {
	return &tally{map[string]float64{}, map[string]float64{}, map[string]float64{}}
}

func (c *tally) right(id string)  { c.tp[id]++ }
func (c *tally) wrong(id string)  { c.fp[id]++ }
func (c *tally) missed(id string) { c.fn[id]++ }

func (c *tally) ids() []string {
	all := map[string]bool{}
	for _, m := range []map[string]float64{c.tp, c.fp, c.fn} {
		for id := range m {
			all[id] = true
		}
	}
	var ids []string
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func precision(tp, fp, _ float64) float64 { return ratio(tp, tp+fp) }
func recall(tp, _, fn float64) float64    { return ratio(tp, tp+fn) }
func f1(tp, fp, fn float64) float64       { return ratio(2*tp, 2*tp+fp+fn) }

// print writes a figure for both halves together, then for each.
func (c *tally) print(t *testing.T, task, metric string, f func(tp, fp, fn float64) float64, bar string) {
	t.Helper()
	ids := c.ids()
	var parts [2][]string
	for _, id := range ids {
		if held(id) {
			parts[1] = append(parts[1], id)
		} else {
			parts[0] = append(parts[0], id)
		}
	}
	for i, part := range [][]string{ids, parts[0], parts[1]} {
		sum := func(ids []string) (float64, int) {
			var tp, fp, fn float64
			for _, id := range ids {
				tp, fp, fn = tp+c.tp[id], fp+c.fp[id], fn+c.fn[id]
			}
			return f(tp, fp, fn), int(tp + fp + fn)
		}
		value, n := sum(part)
		low, high := bootstrap(part, func(ids []string) float64 { v, _ := sum(ids); return v })
		figure(t, task, metric+[]string{"", "/look", "/held"}[i], value, low, high, n, bar)
	}
}

func figure(t *testing.T, task, metric string, value, low, high float64, n int, bar string) {
	t.Helper()
	t.Logf("eval: %s %s %.3f [%.3f, %.3f] n=%d bar=%s", task, metric, value, low, high, n, bar)
}

// bootstrap draws policies with a fixed seed and returns the middle 95%.
func bootstrap(ids []string, f func([]string) float64) (low, high float64) {
	if len(ids) == 0 {
		return 0, 0
	}
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 300)
	drawn := make([]string, len(ids))
	for i := range values {
		for k := range drawn {
			drawn[k] = ids[rng.IntN(len(ids))]
		}
		values[i] = f(drawn)
	}
	slices.Sort(values)
	return values[7], values[292]
}

// printMedian prints the median of one value a policy.
func printMedian(t *testing.T, task, metric string, values map[string]float64, bar string) {
	t.Helper()
	var all, look, unseen []string
	for id := range values {
		all = append(all, id)
	}
	slices.Sort(all)
	for _, id := range all {
		if held(id) {
			unseen = append(unseen, id)
		} else {
			look = append(look, id)
		}
	}
	median := func(ids []string) float64 {
		if len(ids) == 0 {
			return 0
		}
		v := make([]float64, len(ids))
		for i, id := range ids {
			v[i] = values[id]
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	for i, part := range [][]string{all, look, unseen} {
		low, high := bootstrap(part, median)
		figure(t, task, metric+[]string{"", "/look", "/held"}[i], median(part), low, high, len(part), bar)
	}
}

// showError prints an error of the half that is looked at.
func showError(task, id, format string, args ...any) {
	if os.Getenv("CANDOR_EVAL_ERRORS") == task && !held(id) {
		fmt.Printf("%s %s: %s\n", task, id, fmt.Sprintf(format, args...))
	}
}

func noSpace(s string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c == '*' || c == '_' || c == 0xa0 || c == '\u200b' || c == '\u00ad' || c == '`' {
			return -1
		}
		return c
	}, s)
}

// segmented is a policy that was read whole, with its statements by segment.
type segmented struct {
	id         string
	doc        *Document
	statements [][]Statement
	recipients [][]RecipientRef
	choices    [][]string
}

// readSegments reads the segments of a policy as one text and finds the
// segment of each statement by its quote.
func readSegments(set *rules.Set, id, url string, segs []string, join string) *segmented {
	doc := Read(Input{ID: id, URL: url, MIMEType: "text/plain; charset=utf-8", Raw: []byte(strings.Join(segs, join))}, set)
	return assign(id, doc, segs)
}

func assign(id string, doc *Document, segs []string) *segmented {
	s := &segmented{id: id, doc: doc, statements: make([][]Statement, len(segs)), recipients: make([][]RecipientRef, len(segs)), choices: make([][]string, len(segs))}
	bare := make([]string, len(segs))
	for i, x := range segs {
		bare[i] = noSpace(x)
	}
	home := homes(doc, bare)
	where := func(start int) int {
		for k, b := range doc.Blocks {
			if start >= b.Start && start <= b.End {
				return home[k]
			}
		}
		return -1
	}
	for _, st := range doc.Statements {
		if i := where(st.Start); i >= 0 {
			s.statements[i] = append(s.statements[i], st)
		}
	}
	for _, x := range doc.Choices {
		if i := where(x.Start); i >= 0 {
			s.choices[i] = append(s.choices[i], x.Kind+": "+x.Quote)
		}
	}
	for _, x := range doc.Recipients {
		if i := where(x.Start); i >= 0 {
			s.recipients[i] = append(s.recipients[i], x.RecipientRef)
		}
	}
	return s
}

// homes finds the segment of each block: in order, the one that is the block
// before one that holds it.
func homes(doc *Document, bare []string) []int {
	text := []rune(doc.Text)
	out := make([]int, len(doc.Blocks))
	at := 0
	for k, b := range doc.Blocks {
		q := noSpace(string(text[b.Start:b.End]))
		out[k] = -1
		for _, same := range []bool{true, false} {
			for i := max(0, at-6); i < len(bare) && i < at+12 && out[k] < 0; i++ {
				if !same && (i < at || i > at+4) {
					continue
				}
				if same && bare[i] == q || !same && strings.Contains(bare[i], q) {
					out[k] = i
				}
			}
		}
		for i := 0; i < len(bare) && out[k] < 0; i++ {
			if strings.Contains(bare[i], q) {
				out[k] = i
			}
		}
		if out[k] >= at {
			at = out[k]
		}
	}
	return out
}
