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

// classWords go from what wants a look first to what is fine.
var classWords = []class{
	{"no_effect", "still there", "It still gets an identifier, or is still set, on the same pages.", "incorrect"},
	{"only_here", "only here", "It gets an identifier in this state, and neither without a choice nor after acceptance.", "incorrect"},
	{"before_choice", "before a choice", "It gets an identifier, or tracks, when no choice was made.", "omitted"},
	{"restricted", "asks for restricted use", "Requests go on and say themselves that their data are to be used in a restricted way. That needs a person.", "ambiguous"},
	{"remains", "left behind", "A cookie or key from before the choice is still in the browser; it was not seen being sent to its vendor again.", "vague"},
	{"identifier_gone", "no identifier any more", "Requests are still made, without what tells visitors apart.", "clear"},
	{"stops", "stops", "Seen without a choice or after acceptance, and not in this state.", "clear"},
	{"starts_after_accept", "starts", "Seen after acceptance only.", "stated"},
	{"as_before", "as before", "Seen after acceptance, and without a choice too.", "stated"},
	{"no_identifier", "no identifier", "Seen, with nothing that tells visitors apart.", "stated"},
	{"necessary", "necessary", "The consent tool itself, or what is there for security.", "stated"},
	{"not_seen", "not seen", "Not seen on the pages that are compared.", ""},
	{"not_tested", "not tested", "The state was not visited, or its choice did not take. This is not a pass.", "not-tested"},
}

func classOf(word string) class {
	for _, c := range classWords {
		if c.Word == word {
			return c
		}
	}
	return class{Word: word, Short: human(word)}
}

// concern is the place of a class; the first wants a look first.
func concern(word string) int {
	for i, c := range classWords {
		if c.Word == word {
			return i
		}
	}
	return len(classWords)
}

var outcomeOfChoice = map[string]string{
	"taken": "taken", "sent": "signal sent", "offered": "banner shown, nothing chosen", "no-banner": "no banner found", "not-tested": "not tested", "": "not recorded",
}

var outcomeOfWay = map[string]string{
	"taken": "used, and taken", "reached": "its page opens", "failed": "cannot be used", "not-tested": "not tested",
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
	s := stateView{StateChoice: c, Name: or(stateWords[c.State], human(c.State)), Word: or(outcomeOfChoice[c.Outcome], human(c.Outcome)), Picture: plain.LocalFile(c.Screenshot)}
	switch {
	case !c.Tested:
		s.Word = "not tested"
	case c.Outcome == "not-tested" || c.Outcome == "": // of none: its pages were visited all the same
		s.Word = "visited"
	}
	for _, p := range promises {
		if p.Control == c.State && len(s.Promises) < choiceQuotes {
			s.Promises = append(s.Promises, p)
		}
	}
	if c.Tested && c.State != "none" && c.State != "accept" {
		s.Figures = fmt.Sprintf("%d still got an identifier, %d no more, %d for a person; compared on %d pages", c.StillSeen, c.NoMore, c.NeedsPerson, c.Compared)
	}
	return s
}

// cells are one thing's classes, in the order of the states.
func cells(e reports.Effect) (out []choiceCell, worst int) {
	worst = len(classWords)
	for _, s := range e.States {
		c := choiceCell{State: s.State, Class: classOf(s.Class), Title: classOf(s.Class).Meaning}
		if s.Requests > 0 {
			c.Title = fmt.Sprintf("%s %d requests, at least %d with an identifier.", c.Title, s.Requests, s.Identified)
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
		c, worst := cells(e)
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
		vendors = append(vendors, ranked{effect: reports.Effect{Kind: "site"}, worst: len(classWords)})
	}
	used := map[string]bool{}
	for i, x := range vendors {
		if i >= choiceGroups {
			v.Cut++
			continue
		}
		g := choiceGroup{Anchor: fmt.Sprintf("choice-%d", i+1), Name: b.name(x.effect.ID)}
		if x.effect.Kind == "site" {
			g.Name = "The site itself"
		} else {
			g.Worst = classWords[min(x.worst, len(classWords)-1)]
		}
		for _, s := range x.effect.States {
			g.States = append(g.States, groupState{EffectState: s, Name: or(stateWords[s.State], human(s.State)), Class: classOf(s.Class), Seen: b.sightings(s.Evidence)})
			used[s.Class] = true
		}
		list := things[x.effect.ID]
		slices.SortStableFunc(list, func(x, y ranked) int { return cmp.Compare(x.worst, y.worst) })
		g.Cut = left(len(list), choiceThings)
		for _, t := range list[:min(len(list), choiceThings)] {
			x := thing{Kind: t.effect.Kind, Name: t.effect.Name, Cells: t.cells}
			if i, ok := b.flowAt[t.effect.ID]; ok && x.Kind == "flow" {
				x.Kind, x.Flow = "flow, "+or(channelWords[b.rep.Flows[i].Channel], b.rep.Flows[i].Channel), b.flows[t.effect.ID]
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
			sub = human(k[0])
		}
		v.Rows = append(v.Rows, choiceRow{Name: g.Name, Sub: sub, Anchor: g.Anchor, Cells: x.cells})
	}
	for _, c := range classWords {
		if used[c.Word] && c.Word != "not_seen" {
			v.Key = append(v.Key, c)
		}
	}
}

func (b *builder) offerView(c reports.StateChoice) *offerView {
	o := &offerView{Offer: c.Offer, State: c.State, Platform: c.Platform, Found: c.Found, Frame: c.Frame, Names: someOf(c.Offer.Vendors, maxNames), Missing: b.pages(c.Offer.WayBackMissing)}
	if c.LateMS > 1000 {
		o.Late = fmt.Sprintf("%.1f s", float64(c.LateMS)/1000)
	}
	// What was seen after the choice was made stands with the states that made it.
	for _, x := range b.rep.Choices {
		if x.Tested && x.State != "none" && (len(x.Offer.WayBack) > 0 || len(x.Offer.WayBackMissing) > 0) {
			o.WayBack, o.Missing = x.Offer.WayBack, b.pages(x.Offer.WayBackMissing)
			break
		}
	}
	for i, l := range c.Offer.Layers {
		x := layerView{OfferLayer: l, Picture: plain.LocalFile(l.Screenshot), Title: fmt.Sprintf("Layer %d", i+1), Cut: left(len(l.Controls), maxControls)}
		if i == 0 {
			x.Title = "First layer"
		}
		for _, k := range l.Controls[:min(len(l.Controls), maxControls)] {
			x.Controls = append(x.Controls, controlView{
				OfferControl: k, Size: fmt.Sprintf("%.0f × %.0f px", math.Round(k.Width), math.Round(k.Height)), Contrast: contrast(k.Contrast), StandsOut: contrast(k.StandsOut),
			})
		}
		o.Layers = append(o.Layers, x)
	}
	return o
}

func contrast(v float64) string {
	if v <= 0 {
		return "not known"
	}
	return fmt.Sprintf("%.1f : 1", v)
}

// promised is the sentence of a promise that is no statement.
func (b *builder) promised(p reports.Promise) (quote, bool) {
	q := quote{ID: p.Statement, Text: plain.Cut(p.Quote, 420), Anchor: "promises", Doc: "the texts"}
	for _, d := range b.rep.Policies {
		if d.ID == p.Document {
			q.Link, q.Doc = plain.Fragment(d.URL, p.Quote), docName(d)
		}
	}
	return q, true
}
