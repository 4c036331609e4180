package check

import (
	"slices"
	"strings"
	"unicode/utf8"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
)

// The rules of when a denial contradicts a flow are strict on purpose: most
// contradictions that tools report come from another action, subject, purpose
// or scope, or from terms so broad that they cover everything (PoliGraph, USENIX
// Security 2023, kept 211 of PolicyLint's 2,555).

var (
	consentWords = newPhrase(`(?i)\b(consent|permission|agree(d|ment)?|opt(ed)?[- ]?in|authori[sz](ed|ation)|approval|choice|choose|accept(ed)?)\b|einwillig|zustimm|eingewilligt|erlaubnis|einverständnis|consentement|\bconsenti|\baccord\b|\bautorisation|consentimiento|autorización`)
	// consentFirst is a condition that stands before the sentence: "Until you agree, …".
	consentFirst = newPhrase(`(?i)\b(until|unless|before|without|only (?:after|if|once|when|with))\b[^.;]{0,40}\b(consent|permission|agree|accept|opt[- ]?in|choice)|(ohne|erst|nur|bevor|solange|bis)\b[^.;]{0,60}(einwillig|zustimm|erlaubnis)|(sans|uniquement|seulement|avant|après|tant que)\b[^.;]{0,60}(consentement|accord\b)|\b(sin|solo|sólo|únicamente|antes|hasta)\b[^.;]{0,60}(consentimiento|autorización)`)
	vagueAction  = []string{"share", "disclose", "transfer", "provide", "send", "let_collect"}
)

// conditional says how a statement's condition stands to a flow.
type conditional int

const (
	applies   conditional = iota
	lifted                // the condition holds: consent was given wherever it was seen
	exception             // an exception that a scan cannot judge
)

// consent is what a statement's condition says of consent.
type consent int

const (
	unconditional  consent = iota
	withoutConsent         // it applies where no consent was given
	otherwise              // it has another condition or exception
)

func readConsent(st *policy.Statement) consent {
	switch {
	case st.Condition == "" && !consentFirst.MatchString(st.Quote):
		return unconditional
	case st.Condition == "" || consentWords.MatchString(st.Condition):
		return withoutConsent
	}
	return otherwise
}

// condition says whether a statement applies to a flow, nil for any. A consent
// condition applies where the flow was seen before consent.
func condition(st *statement, f *flow.Flow) conditional {
	switch {
	case st.when == unconditional:
		return applies
	case st.when == otherwise:
		return exception
	case f == nil || slices.ContainsFunc(f.States, unconsented):
		return applies
	}
	return lifted
}

func unconsented(s evidence.State) bool { return s != evidence.StateAccept }

// onPart finds the part of the site that a sentence limits itself to: "on our
// careers site".
var onPart = newPhrase(`(?i)\bon\s+(?:our|the)\s+([a-z]+)\s+(?:web)?(?:sites?|pages?|portal)\b`)

func readPlace(st *policy.Statement) string {
	found := onPart.FindStringSubmatch(st.Quote)
	if found == nil {
		return ""
	}
	switch word := strings.ToLower(found[1]); word {
	case "web", "whole", "entire", "other", "main", "public", "following", "above", "own":
		return ""
	default:
		return strings.TrimSuffix(word, "s")
	}
}

// onPlace reports whether any of the pages is on the part of the site that a
// statement speaks of.
func onPlace(st *statement, pages []string) bool {
	return st.place == "" || slices.ContainsFunc(pages, func(p string) bool { return names(p, st.place) })
}

// names reports whether an address names a part of a site, which is of small
// ASCII letters.
func names(address, part string) bool {
	for i := range len(address) {
		if address[i] >= utf8.RuneSelf {
			return strings.Contains(strings.ToLower(address), part)
		}
		if address[i]|0x20 == part[0] && len(address)-i >= len(part) && strings.EqualFold(address[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// contradicts reports whether a denial rules the flow out.
func (m *Matcher) contradicts(st *statement, f *flow.Flow) (cover, bool) {
	if st.scope != "" {
		return cover{st: st}, false
	}
	return m.denies(st, f)
}

// denies is contradicts for whoever is in the statement's scope.
func (m *Matcher) denies(st *statement, f *flow.Flow) (cover, bool) {
	c := cover{st: st}
	limited := st.limit != noLimit
	if !st.Negated && !limited || condition(st, f) != applies || !onPlace(st, f.Pages) {
		return c, false
	}
	action := st.Action
	if st.Actor == "third_party" {
		action = "let_collect" // "no third party receives your data"
	} else if st.Actor != "we" && st.Actor != "" {
		if st.Action != "collect" {
			return c, false // what a vendor does with data says nothing of whether it gets them
		}
		action = "let_collect" // "Acme does not receive your data"
	}
	c.data, c.path = m.data(st, f.DataTypes[0])
	if limited {
		c.recipient, c.words = anyRecipient, "cookies"
		return c, m.cookieDenied(st, f)
	}
	if f.Recipient.Party == flow.First {
		c.recipient = namedRecipient
		return c, st.Action == "collect" && len(refs(st)) == 0 && len(st.Purposes) == 0 && (c.data == exactData || c.data >= broaderData && !m.tooBroad(st, c, f))
	}
	c.recipient, c.words = m.recipient(st, f)
	switch {
	case len(st.Purposes) > 0 && !overlap(st.Purposes, f.Purposes):
		return c, false
	case c.recipient == siblingRecipient:
		return c, false // another product was denied
	case slices.Contains(vagueAction, action):
		return c, c.recipient != noRecipient && c.data != noData && m.weighs(st, c, f)
	case (action == "use" || action == "collect") && c.recipient == namedRecipient:
		// "We do not use Google Analytics": the tool itself is denied.
		return c, c.data != noData
	case action == "use" && len(refs(st)) == 0 && slices.Contains(tools, f.DataTypes[0]):
		return c, c.data == exactData
	}
	return c, false
}

// tools are data types that a tool is named after: "we use no session recording".
var tools = []string{"device_fingerprint", "keystrokes", "session_recording"}

// weighs reports whether a flow is of the weight that a denial of sharing is
// about. A named recipient or data type always is. Under a broad term only data
// that identify or describe a person count, and identifiers of the device only
// at recipients that use them for their own ends.
func (m *Matcher) weighs(st *statement, c cover, f *flow.Flow) bool {
	if c.recipient == anyRecipient && m.processor(f.Recipient) {
		return false
	}
	if c.data == exactData || c.recipient == namedRecipient && c.data != noData {
		return true
	}
	return !m.tooBroad(st, c, f)
}

func (m *Matcher) tooBroad(st *statement, c cover, f *flow.Flow) bool {
	data := f.DataTypes[0]
	if c.data == broaderData && len(c.path) == 2 && !m.top(c.path[0]) {
		return false // one step: "location" for precise location
	}
	switch {
	case personal(data) && f.Confidence != flow.Indirect:
		return false
	case slices.Contains(identifying, data) || data == "session_recording":
		return !overlap(m.categories(f), append([]string{"session_replay"}, adLike...))
	}
	return true
}

// top reports whether a term stands at the top of the terms or right below
// what says nothing, as "personal information" does.
func (m *Matcher) top(id string) bool {
	d := m.in.Set.Terms.DataType(id)
	return d == nil || len(d.Parents) == 0 || slices.ContainsFunc(d.Parents, func(p string) bool { return slices.Contains(empty, p) })
}

// cookieDenied reports whether a limit on cookies rules out an identifier at a
// third party: one of the kinds that the sentence speaks of.
func (m *Matcher) cookieDenied(st *statement, f *flow.Flow) bool {
	if f.Recipient.Party == flow.First || f.DataTypes[0] != "cookie_identifier" || f.Confidence == flow.Indirect {
		return false
	}
	if f.Channel == "request" && !m.keepsCookie[f.Recipient.Vendor] {
		return false // an identifier that is no cookie's
	}
	return st.third && f.Channel == "request" || overlap(m.categories(f), st.kinds)
}

// deniedKinds are the categories of vendors whose cookies a limit rules out.
func deniedKinds(st *statement) []string {
	statistics := []string{"ab_testing", "analytics", "session_replay"}
	switch {
	case onlyNecessary.MatchString(st.Quote) || broadKind.MatchString(st.Quote) || !oneKind.MatchString(st.Quote):
		return append(statistics, adLike...)
	case adKind.MatchString(st.Quote) && statKind.MatchString(st.Quote):
		return append(statistics, adLike...)
	case statKind.MatchString(st.Quote):
		return statistics
	}
	return adLike
}

// soldTo reports whether a flow is what a denial of selling may be about: data
// that identify, going to a recipient that uses them for its own ends. Whether
// that is a sale is for a person to judge.
func (m *Matcher) soldTo(st *statement, f *flow.Flow) bool {
	if !st.Negated || st.scope != "" && st.scope != "california" || condition(st, f) != applies || st.Action != "sell" && st.Action != "rent" {
		return false
	}
	if f.Recipient.Party == flow.First || f.Confidence == flow.Indirect || m.processor(f.Recipient) {
		return false
	}
	level, _ := m.data(st, f.DataTypes[0])
	if level == noData || !slices.Contains(identifying, f.DataTypes[0]) && !personal(f.DataTypes[0]) {
		return false
	}
	return overlap(m.categories(f), adLike)
}
