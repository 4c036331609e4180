package choice

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"candor/analyzer/consentstring"
	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
)

// Told is a consent string that a site kept or sent in a state: what it tells
// others of the visitor's choice.
type Told struct {
	State    evidence.State
	Where    string // "the cookie euconsent-v2", "the parameter gdpr_consent"
	Text     string
	Meaning  consentstring.String
	To       []string // vendors that it was sent to, sorted
	Pages    []string // addresses, sorted
	Cookie   string   // name, of a cookie
	Evidence []string // ids of requests, sorted, bounded
}

type toldKey struct {
	state       evidence.State
	where, text string
}

type toldSum struct {
	meaning   consentstring.String
	cookie    string
	to, pages map[string]bool
	requests  []string // the smallest ids
	later     bool     // it was there on a page after the choice, not only where it was made
}

// Bounds of the strings that are kept.
const (
	maxTold         = 200 // different ones, with their places
	maxToldEvidence = 5
)

// Names under which the strings are kept and sent.
var (
	keptStrings = map[string]bool{"euconsent-v2": true, "usprivacy": true, "__gpp": true, "iabtcf_tcstring": true, "iabgpp_hdr_gppstring": true, "iabusprivacy_string": true}
	sentStrings = map[string]bool{
		"gdpr_consent": true, "gdprconsent": true, "tcf": true, "tcstring": true, "consent_string": true, "euconsent": true, "euconsent-v2": true,
		"gpp": true, "gpp_string": true, "us_privacy": true, "usprivacy": true, "usp": true, "us_privacy_string": true, "ccpa": true, "uspconsent": true,
	}
)

// tell notes a string in a visit.
func (w *Watcher) tell(page, where, text, cookie, vendor, request string) {
	v, later := w.visits[page]
	if !later {
		v = w.made[page]
	}
	if v.url == "" || request != "" && !later || len(text) > consentstring.MaxLength {
		return
	}
	key := toldKey{v.state, where, strings.TrimSpace(text)}
	s := w.told[key]
	if s == nil {
		meaning, ok := consentstring.Read(key.text)
		if !ok || len(w.told) >= maxTold {
			return
		}
		key.text = strings.Clone(key.text)
		s = &toldSum{meaning: meaning, cookie: cookie, to: map[string]bool{}, pages: map[string]bool{}}
		w.told[key] = s
	}
	s.pages[v.url], s.later = true, s.later || later
	if vendor != "" {
		s.to[vendor] = true
	}
	if request == "" {
		return
	}
	if i, found := slices.BinarySearch(s.requests, request); !found && i < maxToldEvidence {
		s.requests = slices.Insert(s.requests, i, request)
		s.requests = s.requests[:min(len(s.requests), maxToldEvidence)]
	}
}

// sentString notes the strings among what a request carries. One that says
// itself that the GDPR does not apply tells nothing by a TCF string.
func (w *Watcher) sentString(page string, pairs []payload.Pair, vendor, request string) {
	outside := slices.ContainsFunc(pairs, func(p payload.Pair) bool { return last(p.Name) == "gdpr" && p.Value == "0" })
	for _, p := range pairs {
		if name := last(p.Name); sentStrings[name] && !(outside && strings.HasPrefix(p.Value, "C")) {
			w.tell(page, "the parameter "+name, p.Value, "", vendor, request)
		}
	}
}

// last is the last part of a name, in lower case.
func last(name string) string {
	return strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
}

func (w *Watcher) keptString(page, kind, name, value, cookie string) {
	if !keptStrings[strings.ToLower(name)] {
		return
	}
	if plain, err := url.QueryUnescape(value); err == nil {
		value = plain
	}
	w.tell(page, kind+" "+name, value, cookie, "", "")
}

// toldList returns the strings by state, place and text. What is kept where the
// choice was made may be from before it: it counts where nothing else is kept
// there later, and not of a withdrawal, before which everything was accepted.
func (w *Watcher) toldList() []Told {
	var out []Told
	for key, s := range w.told {
		if !s.later && (key.state == evidence.StateWithdraw || w.toldLater(key)) {
			continue
		}
		out = append(out, Told{
			State: key.state, Where: key.where, Text: key.text, Meaning: s.meaning, Cookie: s.cookie, Evidence: s.requests,
			To: slices.Sorted(maps.Keys(s.to)), Pages: slices.Sorted(maps.Keys(s.pages)),
		})
	}
	slices.SortFunc(out, func(a, b Told) int {
		return cmp.Or(strings.Compare(string(a.State), string(b.State)), strings.Compare(a.Where, b.Where), strings.Compare(a.Text, b.Text))
	})
	return out
}

func (w *Watcher) toldLater(k toldKey) bool {
	for other, s := range w.told {
		if other.state == k.state && other.where == k.where && s.later {
			return true
		}
	}
	return false
}
