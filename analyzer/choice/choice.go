// Package choice tells whether a choice has an effect: what came of each consent
// state, and for every vendor, flow, cookie, storage key and behavior what became
// of it there.
//
// It is a package of its own, and not a part of flow, because it needs what flow
// and behavior found and joins the two; check judges what it says.
//
// A state is compared with the states none and accept on the same pages only: an
// address counts where it loaded in both. An address that did not load in a state
// is a gap of it, never a difference. A state whose choice is not known to have
// been taken is not tested, whatever was seen in it.
//
// The visits that made a choice by clicks are left out of the comparison: the
// page was loaded before the choice, and what its scripts still do is no effect
// of it. What they sent before the click counts as seen without a choice in the
// flows, what they sent after it as seen in the state. The visits that looked at
// the banner (none) or sent a signal (gpc, dnt) are whole visits of the start
// page and are compared.
//
// Each state is a fresh visitor. A value that two visitors share identifies
// neither, so values are compared by keyed hash and those that two states share
// are no identifiers. That something does not happen in one state may have other
// reasons than the choice; the package says what was seen.
package choice

import (
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// Class says what became of something in a state.
type Class string

// The classes.
const (
	BeforeChoice Class = "before_choice"       // of none: an identifier, or a cookie or behavior of tracking, with no choice made
	Stops        Class = "stops"               // seen without a choice or after acceptance, and not in this state
	NoEffect     Class = "no_effect"           // still there, with an identifier
	Remains      Class = "remains"             // a cookie or key from before the choice that was left there, and not sent to its vendor again
	Gone         Class = "identifier_gone"     // requests are still made, without an identifier
	Restricted   Class = "restricted"          // requests say themselves that their data are to be used in a restricted way: needs a person
	AfterAccept  Class = "starts_after_accept" // of accept: not seen before it
	AsBefore     Class = "as_before"           // of accept: seen without a choice too
	OnlyHere     Class = "only_here"           // with an identifier, and neither without a choice nor after acceptance
	NoIdentifier Class = "no_identifier"       // seen, with nothing that tells visitors apart
	Necessary    Class = "necessary"           // the consent tool itself, or what is there for security
	NotSeen      Class = "not_seen"
	NotTested    Class = "not_tested"
)

// Classes are all classes, in the order in which reports explain them.
var Classes = []Class{BeforeChoice, NoEffect, OnlyHere, Remains, Restricted, Gone, Stops, AfterAccept, AsBefore, NoIdentifier, Necessary, NotSeen, NotTested}

// The kinds of things that are compared.
const (
	Vendor   = "vendor"
	Flow     = "flow"
	Cookie   = "cookie"
	Storage  = "storage"
	Behavior = "behavior"
)

// State is what came of a state.
type State struct {
	State    evidence.State
	Tested   bool
	Why      string           // why it was not tested, as a sentence
	Choice   *evidence.Choice // nil when no record says how it was brought about
	Pages    int              // addresses that loaded in it
	Compared int              // of those, the ones that loaded without a choice or after acceptance too
	Missing  []string         // addresses that loaded without a choice and not in this state, bounded
}

// Result is what came of the states, and of everything in them.
type Result struct {
	States  []State  // in the order of reports
	Effects []Effect // by kind, then as flow orders them
	Told    []Told   // consent strings, by state and place
}

// Effect is one thing with what became of it in each state of the scan.
type Effect struct {
	Kind   string
	ID     string // of the vendor, flow, cookie, storage entry or behavior
	Name   string
	Vendor string // vendor id; "" when it is the site's own
	Party  string
	In     []Sight // one for each state of Result.States
}

// Sight is what was seen of something in one state, on pages that are compared.
type Sight struct {
	State      evidence.State
	Class      Class
	Pages      []string // addresses, sorted
	Requests   int      // of vendors: how many there were
	Identified int      // of those, at least so many with an identifier and no mark of restricted use
	Lasting    bool     // an identifier that is kept, or was sent from more than one page
	Marks      []string // what said that data are to be used in a restricted way: "gcs=G100"
	Hashes     []string // keyed hashes of the identifiers, bounded
	Evidence   []string // ids of requests, of the first pages
}

// In returns what was seen in a state, the zero Sight when the state is not one
// of the scan's.
func (e *Effect) At(s evidence.State) Sight {
	for _, x := range e.In {
		if x.State == s {
			return x
		}
	}
	return Sight{State: s, Class: NotTested}
}

// Of returns a state, or one that was not visited.
func (r *Result) Of(s evidence.State) State {
	for _, x := range r.States {
		if x.State == s {
			return x
		}
	}
	return State{State: s, Why: "The state " + string(s) + " was not visited."}
}

// Find returns an effect by kind and id, nil when there is none.
func (r *Result) Find(kind, id string) *Effect {
	for i := range r.Effects {
		if r.Effects[i].Kind == kind && r.Effects[i].ID == id {
			return &r.Effects[i]
		}
	}
	return nil
}

// Offer returns how the choice is offered, from the first state that looked at a
// banner, nil when none did.
func (r *Result) Offer() (*evidence.Choice, *evidence.Offer) {
	for i := range r.States {
		if c := r.States[i].Choice; c != nil && c.Offer != nil && len(c.Offer.Layers) > 0 {
			return c, c.Offer
		}
	}
	return nil, nil
}

// Bounds of what is kept.
const (
	maxEvidence = 12 // requests of one vendor in one state
	maxHashes   = 16 // identifiers of one vendor on one page
	maxListed   = 20 // addresses and hashes that are listed
	maxMarks    = 6
)

// signals are states that need no click: the whole of a visit is in them.
func whole(s evidence.State) bool {
	return s == evidence.StateNone || s == evidence.StateGPC || s == evidence.StateDNT
}

// outcomes says of a state whether it is tested, and why it is not.
func (s *State) judge() {
	c := s.Choice
	switch {
	case s.Pages == 0 && (c == nil || c.Outcome == evidence.ChoiceTaken || c.Outcome == evidence.ChoiceSent):
		s.Why = "No page was visited in this state."
	case s.State == evidence.StateNone:
		s.Tested = s.Pages > 0
		if !s.Tested {
			s.Why = "No page was visited in this state."
		}
	case c == nil:
		s.Why = "No record says that the choice was made."
	case c.Outcome == evidence.ChoiceTaken, c.Outcome == evidence.ChoiceSent:
		s.Tested = true
	case c.Why != "":
		s.Why = sentence(c.Why)
	case c.Outcome == evidence.ChoiceNoBanner:
		s.Why = "No banner or control was found."
	default:
		s.Why = "The choice was not made."
	}
}

// sentence makes one of a reason that may be the end of one.
func sentence(why string) string {
	if why[0] >= 'a' && why[0] <= 'z' {
		why = string(why[0]-'a'+'A') + why[1:]
	}
	if !strings.HasSuffix(why, ".") {
		why += "."
	}
	return why
}

// sortedStates are the states of a scan in the order of reports.
func sortedStates(set map[evidence.State]bool) []evidence.State {
	var out []evidence.State
	for s := range set {
		out = append(out, s)
	}
	flow.SortStates(out)
	return slices.Compact(out)
}
