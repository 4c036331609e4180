package consent

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"candor/crawler/evidence"
)

var (
	//go:embed js/look.js
	lookJS string
	//go:embed js/signs.js
	signsJS string
)

// Bounds of what is taken from a page's answers. The scripts have bounds too,
// but an answer is never trusted to keep them.
const (
	maxFrames   = 40
	maxControls = 200
	maxToggles  = 200
	maxVendors  = 1000
)

// What the page's side answers.
type (
	control struct {
		N        int          `json:"n"`
		Text     string       `json:"text"`
		Label    string       `json:"label"`
		Mark     string       `json:"mark"`
		Kind     string       `json:"kind"`
		Href     string       `json:"href"`
		Near     string       `json:"near"` // the text before a link, a NUL, and the text after it
		By       string       `json:"by"`   // selector of a rule that found it
		Disabled bool         `json:"disabled"`
		Box      evidence.Box `json:"box"`
		Asks     []string     `json:"asks"` // by the form around it, of a whole page
		Font     float64      `json:"font"`
		Weight   int          `json:"weight"`
		Color    string       `json:"color"`
		Opacity  float64      `json:"opacity"`
		Back     []paint      `json:"back"`
		Around   []paint      `json:"around"`
		InView   bool         `json:"inView"`

		is understood
	}
	paint struct {
		Color    string  `json:"color"`
		Gradient string  `json:"gradient"`
		Opacity  float64 `json:"opacity"`
	}
	toggle struct {
		N      int      `json:"n"`
		Label  string   `json:"label"`
		On     bool     `json:"on"`
		Locked bool     `json:"locked"`
		Radio  bool     `json:"radio"`
		Group  string   `json:"group"`
		Value  string   `json:"value"`
		Mark   string   `json:"mark"`
		Asks   []string `json:"asks"`
	}
	layer struct {
		N        int          `json:"n"`
		How      string       `json:"how"`
		Text     string       `json:"text"`
		Lang     string       `json:"lang"`
		Mark     string       `json:"mark"`
		Box      evidence.Box `json:"box"`
		Placed   string       `json:"placed"`
		Modal    bool         `json:"modal"`
		Z        int          `json:"z"`
		OnTop    bool         `json:"on_top"`
		Controls []control    `json:"controls"`
		More     bool         `json:"more"`
		Toggles  []toggle     `json:"toggles"`
		Named    int          `json:"named"` // toggles that the rule names, the first ones
		Fields   []string     `json:"fields"`
		Scrolls  bool         `json:"scrolls"`
	}
	inner struct { // a frame, as the one around it shows it
		N       int          `json:"n"`
		Index   int          `json:"index"`
		Src     string       `json:"src"`
		Name    string       `json:"name"`
		Visible bool         `json:"visible"`
		How     string       `json:"how"`
		Box     evidence.Box `json:"box"`
		OnTop   bool         `json:"on_top"`
	}
	lookAnswer struct {
		URL        string   `json:"url"`
		Width      float64  `json:"width"`
		Height     float64  `json:"height"`
		Tall       float64  `json:"tall"`
		Rule       int      `json:"rule"`
		Detected   int      `json:"detected"`
		Present    []int    `json:"present"`
		Candidates []layer  `json:"candidates"`
		Frames     []inner  `json:"frames"`
		Path       []int    `json:"path"`
		Scripts    []string `json:"scripts"`
		Age        float64  `json:"age"` // of the document, in milliseconds
	}
	layerAnswer struct {
		Gone    bool               `json:"gone"`
		Layer   *layer             `json:"layer"`
		Roles   map[string]control `json:"roles"`
		Vendors []string           `json:"vendors"`
		Born    float64            `json:"born"` // of the document
		Width   float64            `json:"width"`
		Height  float64            `json:"height"`
	}
	pointAnswer struct {
		Wrong    string  `json:"wrong"`
		X        float64 `json:"x"`
		Y        float64 `json:"y"`
		Scrolled bool    `json:"scrolled"`
	}
)

// ask puts one question to the page's side of a frame.
func ask(ctx context.Context, p Page, frame string, want map[string]any, answer any) error {
	arg, err := json.Marshal(want)
	if err != nil {
		return fmt.Errorf("ask the page: %w", err)
	}
	if err := p.Evaluate(ctx, frame, strings.Replace(strings.TrimSpace(lookJS), "(%s)", "("+string(arg)+")", 1), answer); err != nil {
		return err
	}
	if b, ok := answer.(interface{ bound() }); ok {
		b.bound()
	}
	return nil
}

func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) > 1e6 {
		return 0
	}
	return math.Round(f*10) / 10
}

func boundBox(b *evidence.Box) {
	*b = evidence.Box{X: finite(b.X), Y: finite(b.Y), Width: max(0, finite(b.Width)), Height: max(0, finite(b.Height))}
}

func head[T any](list []T, n int) []T {
	if len(list) > n {
		return list[:n:n]
	}
	return list
}

func (c *control) bound() {
	c.Text, c.Label, c.Mark = told(c.Text, 300), told(c.Label, 200), told(c.Mark, 200)
	before, after, _ := strings.Cut(c.Near, "\x00")
	if before+after != "" {
		c.Near = told(before, 1200) + "\x00" + told(after, 1200)
	}
	c.Href, c.By, c.Color = told(c.Href, 2000), told(c.By, 300), told(c.Color, 100)
	if c.Kind != "link" {
		c.Kind = "button"
	}
	boundBox(&c.Box)
	c.Font, c.Weight = min(max(0, finite(c.Font)), 1000), min(max(0, c.Weight), 1000)
	c.Back, c.Around = head(c.Back, 40), head(c.Around, 40)
	c.Asks = boundAll(c.Asks)
}

func boundAll(fields []string) []string {
	fields = head(fields, 20)
	for i := range fields {
		fields[i] = told(fields[i], 150)
	}
	return fields
}

func (l *layer) bound() {
	l.Text, l.Mark, l.Lang = told(l.Text, 6000), told(l.Mark, 300), told(l.Lang, 20)
	boundBox(&l.Box)
	l.Controls, l.Toggles = head(l.Controls, maxControls), head(l.Toggles, maxToggles)
	for i := range l.Controls {
		l.Controls[i].bound()
	}
	for i := range l.Toggles {
		t := &l.Toggles[i]
		t.Asks = boundAll(t.Asks)
		t.Label, t.Group, t.Value, t.Mark = told(t.Label, 200), told(t.Group, 100), told(t.Value, 100), told(t.Mark, 200)
	}
	l.Fields = boundAll(l.Fields)
	l.Named = min(max(0, l.Named), len(l.Toggles))
}

func (a *lookAnswer) bound() {
	a.URL = told(a.URL, 2000)
	a.Age = max(0, finite(a.Age))
	a.Width, a.Height, a.Tall = max(0, finite(a.Width)), max(0, finite(a.Height)), max(0, finite(a.Tall))
	a.Candidates, a.Frames, a.Path, a.Scripts, a.Present = head(a.Candidates, 60), head(a.Frames, 100), head(a.Path, 10), head(a.Scripts, 200), head(a.Present, 10)
	for i := range a.Candidates {
		a.Candidates[i].bound()
	}
	for i := range a.Frames {
		boundBox(&a.Frames[i].Box)
	}
	for i := range a.Scripts {
		a.Scripts[i] = told(a.Scripts[i], 300)
	}
}

func (a *layerAnswer) bound() {
	a.Width, a.Height = max(0, finite(a.Width)), max(0, finite(a.Height))
	if a.Layer != nil {
		a.Layer.bound()
	}
	roles := map[string]control{}
	for _, k := range []string{"Accept", "Reject", "Settings", "Accept2", "Reject2", "Save", "Reopen"} {
		if c, ok := a.Roles[k]; ok {
			c.bound()
			roles[k] = c
		}
	}
	a.Roles = roles
	a.Vendors = head(a.Vendors, maxVendors)
	for i := range a.Vendors {
		a.Vendors[i] = told(a.Vendors[i], 120)
	}
}

func (a *pointAnswer) bound() {
	a.Wrong = told(a.Wrong, 200)
	a.X, a.Y = finite(a.X), finite(a.Y)
}

// seenFrame is a frame with what was seen in it.
type seenFrame struct {
	Frame
	look  lookAnswer
	shown bool          // it and all around it are visible
	at    *evidence.Box // in the viewport of the page; nil of the page itself
	how   string        // how its element is placed: "fixed", "absolute", …
	onTop bool
}

// survey looks at all frames once. Those that do not answer, because their
// document goes away, are left out.
func (o *Operator) survey(ctx context.Context, p Page, looks bool) []seenFrame {
	var out []seenFrame
	for i, f := range head(p.Frames(), maxFrames) {
		rules := o.mainRules
		if i > 0 {
			rules = o.frameRules(f.URL)
		}
		detect := make([]map[string]any, 0, len(rules))
		for _, r := range rules {
			detect = append(detect, map[string]any{"Detect": o.rules[r].Detect})
		}
		s := seenFrame{Frame: f}
		if ask(ctx, p, f.ID, map[string]any{"op": "look", "rules": detect, "looks": looks, "frame": i > 0}, &s.look) != nil {
			continue
		}
		s.look.Rule = ruleAt(rules, s.look.Rule)
		for k := range s.look.Present {
			s.look.Present[k] = ruleAt(rules, s.look.Present[k])
		}
		out = append(out, s)
	}
	for i := range out {
		out[i].place(out)
	}
	return out
}

func ruleAt(rules []int, i int) int {
	if i < 0 || i >= len(rules) {
		return -1
	}
	return rules[i]
}

// place finds where a frame stands in the page, by its number in those around it.
func (s *seenFrame) place(all []seenFrame) {
	s.shown, s.onTop = true, true
	path := s.look.Path
	if len(path) == 0 {
		return
	}
	at := evidence.Box{}
	for depth := range path {
		e := around(all, path[:depth], path[depth], s.URL)
		if e == nil {
			// Its element is out of sight, in a closed shadow root: that is no reason to leave it out.
			return
		}
		if !e.Visible {
			s.shown = false
		}
		if e.How != "" && s.how == "" {
			s.how = e.How
		}
		s.onTop = s.onTop && e.OnTop
		at = evidence.Box{X: at.X + e.Box.X, Y: at.Y + e.Box.Y, Width: e.Box.Width, Height: e.Box.Height}
	}
	s.at = &at
}

func around(all []seenFrame, parent []int, index int, url string) *inner {
	for i := range all {
		if !equalPath(all[i].look.Path, parent) {
			continue
		}
		for k := range all[i].look.Frames {
			e := &all[i].look.Frames[k]
			if index >= 0 && e.Index == index || index < 0 && e.Src != "" && e.Src == url {
				return e
			}
		}
	}
	return nil
}

func equalPath(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
