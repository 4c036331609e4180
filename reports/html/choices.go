package html

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"

	"candor/reports"
	"candor/reports/plain"
)

//go:embed choices.css
var choicesStyle string

// Bounds of what the page lists of choices.
const (
	choiceRows   = 40 // recipients of the matrix
	choiceGroups = 60 // recipients whose before and after is listed
	choiceThings = 40 // cookies, keys, behaviours and flows of one of them
	choiceQuotes = 4  // sentences beside one state
	maxControls  = 24 // of one layer
	maxNames     = 40 // of the banner's own list
)

// class is what can become of something in a state: how the matrix calls it, with
// the sign of a verdict, and what it means.
type class struct {
	Word, Short, Meaning string
	Shape                string // of the verdict whose sign it has
}

// classes go from what wants a look first to what is fine, each with the verdict
// whose sign it has.
var classes = []class{
	{Word: "no_effect", Shape: "incorrect"},
	{Word: "only_here", Shape: "incorrect"},
	{Word: "before_choice", Shape: "omitted"},
	{Word: "restricted", Shape: "ambiguous"},
	{Word: "remains", Shape: "vague"},
	{Word: "identifier_gone", Shape: "clear"},
	{Word: "stops", Shape: "clear"},
	{Word: "starts_after_accept", Shape: "stated"},
	{Word: "as_before", Shape: "stated"},
	{Word: "no_identifier", Shape: "stated"},
	{Word: "necessary", Shape: "stated"},
	{Word: "not_seen"},
	{Word: "not_tested", Shape: "not-tested"},
}

// class is a class with its words.
func (b *builder) class(word string) class {
	for _, c := range classes {
		if c.Word == word {
			c.Short, c.Meaning = b.lang.word("class", word), b.lang.must("class."+word+".means")
			return c
		}
	}
	return class{Word: word, Short: b.lang.Human(word)}
}

// concern is the place of a class; the first wants a look first.
func concern(word string) int {
	for i, c := range classes {
		if c.Word == word {
			return i
		}
	}
	return len(classes)
}

// choicesView is what the section about choices shows.
type choicesView struct {
	Show    bool
	States  []stateView
	Columns []string
	Rows    []choiceRow
	RowsCut int
	Key     []class // those that the matrix has
	Groups  []choiceGroup
	Cut     int
	Offer   *offerView
}

// stateView is one state with the sentences that promise its control.
type stateView struct {
	reports.StateChoice
	Name, Word string
	Promises   []promise
	Picture    string
	Figures    string
}

type choiceRow struct {
	Name, Sub, Anchor string
	Cells             []choiceCell
}

type choiceCell struct {
	State string
	Class class
	Title string
}

// choiceGroup is what an engineer wants of one recipient.
type choiceGroup struct {
	Anchor, Name string
	Worst        class
	States       []groupState
	Things       []thing
	Cut          int
}

type groupState struct {
	reports.EffectState
	Name  string
	Class class
	Seen  []reports.Sighting
}

type thing struct {
	Kind, Name string
	Flow       string // its anchor
	Cells      []choiceCell
}

// offerView is how the choice is offered.
type offerView struct {
	reports.Offer
	State, Platform, Found, Frame, Late string
	Layers                              []layerView
	Names                               some
	Missing                             named
	GPC                                 string // what a visitor who sends the signal is told
	GPCSeen                             bool
}

type layerView struct {
	reports.OfferLayer
	Picture, Title string
	Controls       []controlView
	Cut            int
}

type controlView struct {
	reports.OfferControl
	Size, Contrast, StandsOut string
}

func (b *builder) choices(promises []promise) choicesView {
	v := choicesView{Show: len(b.rep.Choices) > 1}
	for _, c := range b.rep.Choices {
		v.States = append(v.States, b.stateView(c, promises))
		v.Columns = append(v.Columns, c.State)
		if v.Offer == nil && len(c.Offer.Layers) > 0 {
			v.Offer, v.Show = b.offerView(c), true
		}
	}
	if v.Offer != nil {
		for _, c := range b.rep.Choices {
			if c.State == "gpc" && c.Tested {
				v.Offer.GPC, v.Offer.GPCSeen = c.Offer.GPC, true
			}
		}
	}
	b.choiceMatrix(&v)
	return v
}

func (b *builder) stateView(c reports.StateChoice, promises []promise) stateView {
	s := stateView{StateChoice: c, Name: b.lang.word("state", c.State), Word: b.lang.word("took", or(c.Outcome, "unrecorded")), Picture: plain.LocalFile(c.Screenshot)}
	switch {
	case !c.Tested:
		s.Word = b.lang.must("took.not-tested")
	case c.Outcome == "not-tested" || c.Outcome == "": // of none: its pages were visited all the same
		s.Word = b.lang.must("took.visited")
	}
	for _, p := range promises {
		if p.Control == c.State && len(s.Promises) < choiceQuotes {
			s.Promises = append(s.Promises, p)
		}
	}
	if c.Tested && c.State != "none" && c.State != "accept" {
		s.Figures = b.lang.must("state.figures", c.StillSeen, c.NoMore, c.NeedsPerson, c.Compared)
	}
	return s
}

// cells are one thing's classes, in the order of the states.
func (b *builder) cells(e reports.Effect) (out []choiceCell, worst int) {
	worst = len(classes)
	for _, s := range e.States {
		c := choiceCell{State: s.State, Class: b.class(s.Class), Title: b.class(s.Class).Meaning}
		if s.Requests > 0 {
			c.Title = c.Title + " " + b.lang.must("cell.requests", s.Requests, s.Identified)
		}
		if len(s.Marks) > 0 {
			c.Title += " " + strings.Join(s.Marks, ", ")
		}
		worst = min(worst, concern(s.Class))
		out = append(out, c)
	}
	return out, worst
}

func (b *builder) choiceMatrix(v *choicesView) {
	type ranked struct {
		effect reports.Effect
		cells  []choiceCell
		worst  int
	}
	var vendors []ranked
	things := map[string][]ranked{}
	for _, e := range b.rep.Effects {
		c, worst := b.cells(e)
		if e.Kind == "vendor" {
			vendors = append(vendors, ranked{e, c, worst})
		} else {
			things[e.Vendor] = append(things[e.Vendor], ranked{e, c, worst})
		}
	}
	slices.SortStableFunc(vendors, func(x, y ranked) int {
		return cmp.Or(cmp.Compare(x.worst, y.worst), cmp.Compare(strings.ToLower(b.name(x.effect.ID)), strings.ToLower(b.name(y.effect.ID))))
	})
	if own := things[""]; len(own) > 0 {
		vendors = append(vendors, ranked{effect: reports.Effect{Kind: "site"}, worst: len(classes)})
	}
	used := map[string]bool{}
	for i, x := range vendors {
		if i >= choiceGroups {
			v.Cut++
			continue
		}
		g := choiceGroup{Anchor: fmt.Sprintf("choice-%d", i+1), Name: b.name(x.effect.ID)}
		if x.effect.Kind == "site" {
			g.Name = b.lang.must("site.itself")
		} else {
			g.Worst = b.class(classes[min(x.worst, len(classes)-1)].Word)
		}
		for _, s := range x.effect.States {
			g.States = append(g.States, groupState{EffectState: s, Name: b.lang.word("state", s.State), Class: b.class(s.Class), Seen: b.sightings(s.Evidence)})
			used[s.Class] = true
		}
		list := things[x.effect.ID]
		slices.SortStableFunc(list, func(x, y ranked) int { return cmp.Compare(x.worst, y.worst) })
		g.Cut = left(len(list), choiceThings)
		for _, t := range list[:min(len(list), choiceThings)] {
			x := thing{Kind: t.effect.Kind, Name: t.effect.Name, Cells: t.cells}
			if i, ok := b.flowAt[t.effect.ID]; ok && x.Kind == "flow" {
				x.Kind, x.Flow = b.lang.must("thing.flow", b.lang.word("channel", b.rep.Flows[i].Channel)), b.flows[t.effect.ID]
			}
			g.Things = append(g.Things, x)
			for _, c := range t.cells {
				used[c.Class.Word] = true
			}
		}
		v.Groups = append(v.Groups, g)
		if x.effect.Kind == "site" || x.worst >= concern("not_seen") && len(g.Things) == 0 {
			continue
		}
		if len(v.Rows) >= choiceRows {
			v.RowsCut++
			continue
		}
		sub := ""
		if k := b.vendors[x.effect.ID].Categories; len(k) > 0 {
			sub = b.lang.Human(k[0])
		}
		v.Rows = append(v.Rows, choiceRow{Name: g.Name, Sub: sub, Anchor: g.Anchor, Cells: x.cells})
	}
	for _, c := range classes {
		if used[c.Word] && c.Word != "not_seen" {
			v.Key = append(v.Key, b.class(c.Word))
		}
	}
}

func (b *builder) offerView(c reports.StateChoice) *offerView {
	o := &offerView{Offer: c.Offer, State: c.State, Platform: c.Platform, Found: c.Found, Frame: c.Frame, Names: someOf(c.Offer.Vendors, maxNames), Missing: b.pages(c.Offer.WayBackMissing)}
	if c.LateMS > 1000 {
		o.Late = b.lang.seconds(c.LateMS)
	}
	// What was seen after the choice was made stands with the states that made it.
	for _, x := range b.rep.Choices {
		if x.Tested && x.State != "none" && (len(x.Offer.WayBack) > 0 || len(x.Offer.WayBackMissing) > 0) {
			o.WayBack, o.Missing = x.Offer.WayBack, b.pages(x.Offer.WayBackMissing)
			break
		}
	}
	for i, l := range c.Offer.Layers {
		x := layerView{OfferLayer: l, Picture: plain.LocalFile(l.Screenshot), Title: b.lang.must("layer.n", i+1), Cut: left(len(l.Controls), maxControls)}
		if i == 0 {
			x.Title = b.lang.must("layer.first")
		}
		for _, k := range l.Controls[:min(len(l.Controls), maxControls)] {
			x.Controls = append(x.Controls, controlView{
				OfferControl: k, Size: fmt.Sprintf("%.0f × %.0f px", math.Round(k.Width), math.Round(k.Height)), Contrast: b.contrast(k.Contrast), StandsOut: b.contrast(k.StandsOut),
			})
		}
		o.Layers = append(o.Layers, x)
	}
	return o
}

func (b *builder) contrast(v float64) string {
	if v <= 0 {
		return b.lang.must("notknown")
	}
	return b.lang.Decimal(v, 1) + " : 1"
}

// promised is the sentence of a promise that is no statement.
func (b *builder) promised(p reports.Promise) (quote, bool) {
	q := quote{ID: p.Statement, Text: plain.Cut(p.Quote, 420), Anchor: "promises", Doc: b.lang.must("the.texts")}
	for _, d := range b.rep.Policies {
		if d.ID == p.Document {
			q.Link, q.Doc, q.Lang = plain.Fragment(d.URL, p.Quote), b.docName(d), d.Language
		}
	}
	return q, true
}
