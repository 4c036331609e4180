package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"
)

// Figure is one measured value.
type Figure struct {
	Task   string  `json:"task"`
	Metric string  `json:"metric"`
	Value  float64 `json:"value"` // 0 to 1
	Count  int     `json:"count"` // the items that it was counted on

	low, high float64 // 95 of 100 draws of whole policies lie between
	half      [2]half // of the policies that may be looked at, and of the others
	note      string
}

// half is a figure of half of the policies.
type half struct {
	value float64
	count int
}

func (h half) String() string {
	if h.count == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f (%d)", h.value, h.count)
}

func (f Figure) String() string {
	return fmt.Sprintf("%s %s %.3f %d", f.Task, f.Metric, f.Value, f.Count)
}

// yardstick is what the literature and a naive method reach, and the bar.
type yardstick struct{ floor, published, bar string }

var yardsticks = map[string]yardstick{
	"link top-1":                  {".76", "-", ".92"},
	"link top-3":                  {".92", "-", ".98"},
	"link top-1-elsewhere":        {"-", "-", ".92"},
	"link top-3-elsewhere":        {"-", "-", ".98"},
	"extract F1":                  {"-", "-", ".96"},
	"extract recall":              {"-", "-", ".98"},
	"segment micro-F1":            {".76", ".84-.87", ".74"},
	"segment macro-F1":            {".74", ".78-.82", ".66"},
	"mention F1":                  {".72", "-", ".85"},
	"span overlap-F1":             {".19", "-", ".70"},
	"span exact-F1":               {".14", ".60-.66", ".50"},
	"tuple precision":             {".92", ".92-.97", ".92"},
	"tuple recall":                {".75", ".30-.71", ".75"},
	"tuple precision-apps":        {"-", ".92-.97", ".92"},
	"tuple recall-apps":           {"-", ".30-.71", ".75"},
	"denial precision":            {".11", "-", ".85"},
	"denial recall":               {".84", "-", ".75"},
	"recipient names-precision":   {".69", ".93 (F1)", ".92"},
	"recipient names-recall":      {"-", ".93 (F1)", ".88"},
	"recipient categories-recall": {"-", "-", ".85"},
	"retention precision":         {".92", "-", "-"},
	"retention recall":            {".40", "-", "-"},
	"retention F1":                {"-", ".71, .44", ".78"},
	"retention value":             {"-", "-", ".92"},
	"choice F1":                   {".64-.77", ".74", ".80"},
	"table precision":             {"-", "-", ".97"},
	"table recall":                {"-", "-", ".97"},
	"table rows":                  {"-", "-", ".98"},
	"cookie accuracy":             {"-", ".84", ".85"},
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

func (c *tally) sum(ids []string) (tp, fp, fn float64) {
	for _, id := range ids {
		tp, fp, fn = tp+c.tp[id], fp+c.fp[id], fn+c.fn[id]
	}
	return tp, fp, fn
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

// figure adds what f makes of a tally, for all policies and for each half.
func (m *measurement) figure(task, metric string, c *tally, f func(tp, fp, fn float64) float64) {
	m.figureOf(task, metric, c.ids(), func(ids []string) (float64, int) {
		tp, fp, fn := c.sum(ids)
		return f(tp, fp, fn), int(tp + fp + fn)
	})
}

// mean adds the mean of a measure over several tallies: macro figures.
func (m *measurement) mean(task, metric string, list []*tally, f func(tp, fp, fn float64) float64) {
	var ids []string
	for _, c := range list {
		ids = append(ids, c.ids()...)
	}
	slices.Sort(ids)
	m.figureOf(task, metric, slices.Compact(ids), func(ids []string) (float64, int) {
		value, count := 0.0, 0
		for _, c := range list {
			tp, fp, fn := c.sum(ids)
			value += f(tp, fp, fn)
			count += int(tp + fp + fn)
		}
		return value / float64(len(list)), count
	})
}

// median adds the median of one value a policy.
func (m *measurement) median(task, metric string, values map[string]float64) {
	var ids []string
	for id := range values {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	m.figureOf(task, metric, ids, func(ids []string) (float64, int) {
		if len(ids) == 0 {
			return 0, 0
		}
		v := make([]float64, len(ids))
		for i, id := range ids {
			v[i] = values[id]
		}
		slices.Sort(v)
		return v[len(v)/2], len(v)
	})
}

func (m *measurement) figureOf(task, metric string, ids []string, f func(ids []string) (float64, int)) {
	value, count := f(ids)
	out := Figure{Task: task, Metric: metric, Value: value, Count: count}
	out.low, out.high = bootstrap(ids, func(ids []string) float64 { v, _ := f(ids); return v })
	var parts [2][]string
	for _, id := range ids {
		k := 0
		if held(id) {
			k = 1
		}
		parts[k] = append(parts[k], id)
	}
	for k, ids := range parts {
		value, count := f(ids)
		out.half[k] = half{value, count}
	}
	m.figures = append(m.figures, out)
}

// bootstrap draws policies with a fixed seed and returns the middle 95 of 100.
func bootstrap(ids []string, f func([]string) float64) (low, high float64) {
	if len(ids) == 0 {
		return 0, 0
	}
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 400)
	drawn := make([]string, len(ids))
	for i := range values {
		for k := range drawn {
			drawn[k] = ids[rng.IntN(len(ids))]
		}
		values[i] = f(drawn)
	}
	slices.Sort(values)
	return values[10], values[389]
}

// table prints the figures beside the yardsticks and what was recorded.
func (m *measurement) table(old []Figure) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "task\tmetric\tvalue\t95 of 100\tcount\tlooked at\tonly measured\tfloor\tpublished\tbar\trecorded\t")
	for _, f := range m.figures {
		y, ok := yardsticks[f.Task+" "+f.Metric]
		if !ok {
			y = yardstick{"-", "-", "-"}
		}
		was := "-"
		for _, o := range old {
			if o.Task == f.Task && o.Metric == f.Metric {
				was = fmt.Sprintf("%.3f", o.Value)
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%.3f\t%.3f-%.3f\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Task, f.Metric, f.Value, f.low, f.high, f.Count,
			f.half[0], f.half[1], y.floor, y.published, y.bar, was, f.note)
	}
	w.Flush()
	return b.String()
}

// mistake prints an error of the half that may be looked at.
func (m *measurement) mistake(task, id, format string, args ...any) {
	if m.errors == task && !held(id) {
		fmt.Fprintf(m.out, "%s %s: %s\n", task, id, fmt.Sprintf(format, args...))
	}
}
