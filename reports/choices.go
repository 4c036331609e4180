package reports

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/choice"
	"candor/analyzer/redaction"
	"candor/crawler/evidence"
	"candor/reports/plain"
)

// StateChoice is what was tried to bring a visitor into a consent state, and
// what came of it.
type StateChoice struct {
	State       string       `json:"state"`
	Outcome     string       `json:"outcome" doc:"taken, sent (a signal that needs no click), offered (of the state none: a banner was looked at), no-banner, not-tested; empty when no record says it."`
	Tested      bool         `json:"tested" doc:"What was seen in this state counts."`
	Why         string       `json:"why" doc:"Why it was not tested, or what else is to be said."`
	Page        string       `json:"page" doc:"Id of the visit that made the choice."`
	Platform    string       `json:"platform" doc:"Id of the consent platform; empty when the banner was found by its looks, or not at all."`
	Found       string       `json:"found" doc:"rule or looks; empty when no banner was found."`
	Frame       string       `json:"frame" doc:"Address of the frame that shows the banner; empty for the page itself."`
	LateMS      int64        `json:"late_ms" doc:"Since the visit began, when the banner was first seen."`
	Screenshot  string       `json:"screenshot" doc:"When something failed; path from the report's folder."`
	Steps       []ChoiceStep `json:"steps"`
	Signs       []ChoiceSign `json:"signs" doc:"What tells whether the choice took."`
	Ways        []ChoiceWay  `json:"ways" doc:"Of the state optout: the opt-outs that the start page and the notices name, at most 12."`
	Offer       Offer        `json:"offer" doc:"How the choice is offered; without layers when no banner was looked at."`
	Pages       int          `json:"pages" doc:"Addresses that loaded in the state."`
	Compared    int          `json:"pages_compared" doc:"Of those, the ones that loaded without a choice or after acceptance too."`
	Missing     []string     `json:"pages_missing" doc:"Addresses that loaded without a choice and not in this state; at most 20."`
	StillSeen   int          `json:"still_seen" doc:"Other companies' products that still got an identifier."`
	NoMore      int          `json:"no_more" doc:"Products that were not seen any more, or got no identifier any more."`
	NeedsPerson int          `json:"needs_person" doc:"Products whose requests ask for restricted use."`
}

// ChoiceStep is one thing that was done to the banner.
type ChoiceStep struct {
	Do       string `json:"do"`
	Role     string `json:"role" doc:"Of the control: accept, reject, settings, save, close, reopen, toggle."`
	Text     string `json:"text" doc:"What the control says."`
	Target   string `json:"target"`
	OffsetMS int64  `json:"offset_ms"`
	Failure  string `json:"failure"`
}

// ChoiceWay is a way to opt out that the site names.
type ChoiceWay struct {
	Text      string `json:"text" doc:"Of the control or link."`
	Sentence  string `json:"sentence" doc:"That the link stands in, where its own text does not say what it is."`
	Address   string `json:"address" doc:"Where a link leads; empty of a control."`
	On        string `json:"on" doc:"Address of the page that names it."`
	Notice    bool   `json:"notice" doc:"That page is a notice."`
	Outcome   string `json:"outcome" enum:"taken|operated|reached|failed|not-tested"`
	Why       string `json:"why"`
	Steps     int    `json:"steps" doc:"Clicks and pages to where it is used."`
	Account   bool   `json:"account" doc:"A log-in is asked for."`
	Personal  string `json:"personal" doc:"Fields that ask who somebody is."`
	Elsewhere bool   `json:"elsewhere" doc:"On another site."`
}

// ChoiceSign is one thing that tells whether a choice took.
type ChoiceSign struct {
	Kind   string `json:"kind"`
	Says   string `json:"says" doc:"yes, no or unclear."`
	Name   string `json:"name"`
	Detail string `json:"detail"`
}

// Offer is how a choice is offered.
type Offer struct {
	Layers         []OfferLayer `json:"layers"`
	AcceptClicks   int          `json:"accept_clicks" doc:"Least number of clicks; 0 when no way was found."`
	RejectClicks   int          `json:"reject_clicks"`
	Wall           bool         `json:"wall" doc:"The page cannot be used until a choice is made."`
	WayBack        []string     `json:"way_back" doc:"Texts of the controls that show the choice again after it was made."`
	WayBackMissing []string     `json:"way_back_missing" doc:"Addresses without such a control."`
	Vendors        []string     `json:"vendors" doc:"Names that the banner itself lists."`
	GPC            string       `json:"gpc" doc:"What the banner or page tells of an opt-out signal."`
}

// OfferLayer is one screen of a banner.
type OfferLayer struct {
	Text       string         `json:"text"`
	Language   string         `json:"language"`
	Screenshot string         `json:"screenshot" doc:"Cropped to the layer; path from the report's folder."`
	Position   string         `json:"position"`
	Covers     float64        `json:"covers" doc:"Share of the window, 0 to 1."`
	Width      float64        `json:"width" doc:"CSS pixels."`
	Height     float64        `json:"height"`
	Controls   []OfferControl `json:"controls"`
	Toggles    []OfferToggle  `json:"toggles"`
}

// OfferControl is a button or link of a layer.
type OfferControl struct {
	Role       string  `json:"role"`
	Text       string  `json:"text"`
	Kind       string  `json:"kind" doc:"button or link."`
	Width      float64 `json:"width" doc:"CSS pixels."`
	Height     float64 `json:"height"`
	FontPX     float64 `json:"font_px"`
	FontWeight int     `json:"font_weight"`
	Color      string  `json:"color"`
	Background string  `json:"background"`
	Contrast   float64 `json:"contrast" doc:"WCAG 2 ratio of the text to what is behind it, 1 to 21."`
	StandsOut  float64 `json:"stands_out" doc:"The same of the control's surface to the layer's."`
	InView     bool    `json:"in_view" doc:"Without scrolling."`
}

// OfferToggle is a switch or check box of a layer.
type OfferToggle struct {
	Label  string `json:"label"`
	On     bool   `json:"on" doc:"As it was offered."`
	Locked bool   `json:"locked" doc:"It cannot be changed."`
}

// Effect is what became of one thing in each consent state.
type Effect struct {
	Kind   string        `json:"kind" doc:"vendor, flow, cookie, storage or behavior."`
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Vendor string        `json:"vendor"`
	Party  string        `json:"party" enum:"first|third|"`
	States []EffectState `json:"states"`
}

// EffectState is what was seen of it in one state, on the pages that are
// compared.
type EffectState struct {
	State       string   `json:"state"`
	Class       string   `json:"class" enum:"before_choice|stops|no_effect|remains|identifier_gone|restricted|starts_after_accept|as_before|only_here|no_identifier|necessary|not_seen|not_tested"`
	PageCount   int      `json:"page_count"`
	Pages       []string `json:"pages" doc:"At most 20."`
	Requests    int      `json:"requests" doc:"Of vendors."`
	Identified  int      `json:"identified" doc:"Of those, at least so many with an identifier and no mark of restricted use."`
	Lasting     bool     `json:"lasting" doc:"An identifier that is kept, or was sent from more than one page."`
	Marks       []string `json:"marks" doc:"What asks for restricted use, such as gcs=G100."`
	Identifiers []string `json:"identifiers" doc:"Keyed hashes: equal hashes, equal values; at most 20."`
	Evidence    []string `json:"evidence" doc:"Ids of requests; a selection."`
}

const maxEffectPages = 20

func (b *builder) choices() []StateChoice {
	out := []StateChoice{}
	for _, st := range b.a.Choices.States {
		x := StateChoice{State: string(st.State), Tested: st.Tested, Why: st.Why, Steps: []ChoiceStep{}, Signs: []ChoiceSign{}, Ways: []ChoiceWay{}, Offer: b.offer(nil), Pages: st.Pages, Compared: st.Compared, Missing: b.addresses(st.Missing)}
		if c := st.Choice; c != nil {
			x.Outcome, x.Page, x.Platform, x.Found, x.Frame, x.LateMS = c.Outcome, c.Page, c.Platform, c.Found, b.address(c.Frame), c.LateMS
			if x.Why == "" {
				x.Why = c.Why
			}
			x.Screenshot = b.picture(c.Screenshot)
			x.Steps = each(c.Steps, func(s evidence.ChoiceStep) ChoiceStep {
				return ChoiceStep{Do: s.Do, Role: s.Role, Text: s.Text, Target: b.address(s.Target), OffsetMS: s.OffsetMS, Failure: s.Failure}
			})
			x.Signs = each(c.Signs, func(s evidence.Sign) ChoiceSign {
				return ChoiceSign{Kind: s.Kind, Says: s.Says, Name: s.Name, Detail: s.Detail}
			})
			x.Ways = each(c.Ways, func(w evidence.ChoiceWay) ChoiceWay {
				return ChoiceWay{
					Text: w.Text, Sentence: w.Sentence, Address: b.address(w.Address), On: b.address(w.On), Notice: w.Notice, Outcome: w.Outcome, Why: w.Why, Steps: w.Steps,
					Account: w.Account, Personal: w.Personal, Elsewhere: w.Elsewhere,
				}
			})
			x.Offer = b.offer(c.Offer)
			for i, u := range x.Offer.WayBackMissing {
				x.Offer.WayBackMissing[i] = b.address(u)
			}
		}
		for _, e := range b.a.Choices.Effects {
			if e.Kind == choice.Vendor {
				x.count(e.At(st.State).Class)
			}
		}
		out = append(out, x)
	}
	return out
}

func (x *StateChoice) count(c choice.Class) {
	switch c {
	case choice.NoEffect, choice.OnlyHere:
		x.StillSeen++
	case choice.Stops, choice.Gone:
		x.NoMore++
	case choice.Restricted:
		x.NeedsPerson++
	}
}

// picture is where a picture of the bundle is, from the report's folder.
func (b *builder) picture(file string) string {
	if file == "" || b.a.Meta.Options.Redact == redaction.All { // pictures are removed next
		return ""
	}
	return "evidence/" + file
}

func (b *builder) offer(o *evidence.Offer) Offer {
	if o == nil {
		o = &evidence.Offer{}
	}
	out := Offer{
		Layers: []OfferLayer{}, AcceptClicks: o.AcceptClicks, RejectClicks: o.RejectClicks, Wall: o.Wall, WayBack: list(o.WayBack),
		WayBackMissing: list(slices.Clone(o.WayBackMissing)), Vendors: list(o.Vendors), GPC: o.GPC,
	}
	for _, l := range o.Layers {
		out.Layers = append(out.Layers, OfferLayer{
			Text: l.Text, Language: l.Language, Screenshot: b.picture(l.Screenshot), Position: l.Position, Covers: finite(l.Covers), Width: finite(l.Box.Width), Height: finite(l.Box.Height),
			Controls: each(l.Controls, func(c evidence.OfferControl) OfferControl {
				return OfferControl{
					Role: c.Role, Text: c.Text, Kind: c.Kind, Width: finite(c.Box.Width), Height: finite(c.Box.Height), FontPX: finite(c.FontPX), FontWeight: c.FontWeight,
					Color: c.Color, Background: c.Background, Contrast: finite(c.Contrast), StandsOut: finite(c.StandsOut), InView: c.InView,
				}
			}),
			Toggles: each(l.Toggles, func(t evidence.OfferToggle) OfferToggle {
				return OfferToggle{Label: t.Label, On: t.On, Locked: t.Locked}
			}),
		})
	}
	return out
}

func (b *builder) effects() []Effect {
	return each(b.a.Choices.Effects, func(e choice.Effect) Effect {
		return Effect{Kind: e.Kind, ID: e.ID, Name: e.Name, Vendor: e.Vendor, Party: e.Party, States: each(e.In, func(s choice.Sight) EffectState {
			return EffectState{
				State: string(s.State), Class: string(s.Class), PageCount: len(s.Pages), Pages: b.addresses(s.Pages[:min(len(s.Pages), maxEffectPages)]), Requests: s.Requests,
				Identified: s.Identified, Lasting: s.Lasting, Marks: list(s.Marks), Identifiers: list(s.Hashes), Evidence: list(s.Evidence),
			}
		})}
	})
}

// stateLines are the lines of the terminal about consent states, one a state;
// none for a scan that made no choice.
func stateLines(choices []StateChoice) []string {
	var out []string
	for _, c := range choices {
		if c.State == "none" && c.Outcome == "" {
			continue
		}
		out = append(out, fmt.Sprintf("%-8s  %s", plain.Terminal(c.State, 8), stateLine(c)))
	}
	if len(choices) < 2 && (len(out) == 0 || choices[0].Outcome == "not-tested") {
		return nil
	}
	return out
}

func stateLine(c StateChoice) string {
	why := strings.TrimSuffix(plain.Terminal(c.Why, 140), ".")
	switch {
	case !c.Tested:
		return "not tested: " + why
	case c.State == "none" && c.Outcome == "offered":
		return fmt.Sprintf("a banner is shown; %s to accept, %s to refuse", clicks(c.Offer.AcceptClicks), clicks(c.Offer.RejectClicks))
	case c.State == "none" && c.Outcome == "no-banner":
		return "no banner was found"
	case c.State == "none":
		return plural(c.Pages, "page", "pages") + ", no choice made"
	case c.State == "accept":
		return "taken; " + plural(c.Compared, "page", "pages") + " compared"
	}
	return fmt.Sprintf("%s; %d still got an identifier, %d no more, %d for a person; %s compared", c.Outcome, c.StillSeen, c.NoMore, c.NeedsPerson, plural(c.Compared, "page", "pages"))
}

func clicks(n int) string {
	if n == 0 {
		return "no way"
	}
	return plural(n, "click", "clicks")
}
