package reports

import (
	"candor/analyzer/flow"
)

// leakPages bounds the pages for which one leak is told.
const leakPages = 20

// behaviors are what scripts did beyond sending what pages give them: here, that
// a value which was typed and not submitted went to another party.
func (b *builder) behaviors() []Behavior {
	out := []Behavior{}
	for _, l := range b.a.Seen.Leaks {
		if l.Recipient.Party != flow.Third || l.Channel == "cookie" || l.Channel == "storage" {
			continue
		}
		confidence := flow.Direct
		if !l.Direct {
			confidence = flow.Strong
		}
		state := ""
		if len(l.States) > 0 {
			state = string(l.States[0])
		}
		for _, page := range l.Pages[:min(len(l.Pages), leakPages)] {
			out = append(out, Behavior{
				Kind: "form_leak_before_submit", Page: page, State: state, Script: l.Script, Vendor: l.Recipient.Vendor,
				Confidence: string(confidence), Detail: l.Detail,
			})
		}
	}
	return out
}

func (b *builder) labels() []Label {
	return each(b.a.Seen.Labels, func(l flow.Label) Label {
		out := Label{
			Pages: b.addresses(l.Pages), States: words(l.States), Source: l.Source, Key: l.Key, ValueRedacted: l.Value, Kind: l.Kind, SentTo: list(l.SentTo),
		}
		if len(out.Pages) > 0 {
			out.Page = out.Pages[0]
		}
		return out
	})
}

func newClass(c flow.Class) Class {
	return Class{Class: c.Class, Signals: each(c.Signals, func(s flow.Signal) string { return s.Source + ": " + s.Text })}
}
