package reports

import (
	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
)

// behaviors are what scripts did beyond sending what pages give them, and that a
// value which was typed and not submitted went to another party.
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
		out = append(out, b.behavior(behavior.Behavior{
			ID: l.ID, Kind: behavior.FormLeakBeforeSubmit, Script: l.Script, Vendor: l.Recipient.Vendor, Confidence: confidence,
			Detail: l.Detail, States: l.States, Pages: l.Pages, Evidence: l.Evidence, Sightings: l.Sightings,
		}))
	}
	return append(out, each(b.a.Behaviors, b.behavior)...)
}

func (b *builder) behavior(x behavior.Behavior) Behavior {
	out := Behavior{
		ID: x.ID, Kind: string(x.Kind), Pages: b.addresses(x.Pages), States: words(x.States), Script: b.address(x.Script), Vendor: x.Vendor,
		Confidence: string(x.Confidence), Detail: x.Detail, Evidence: list(x.Evidence), Sightings: x.Sightings,
	}
	if len(out.Pages) > 0 {
		out.Page = out.Pages[0]
	}
	if len(out.States) > 0 {
		out.State = out.States[0]
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
