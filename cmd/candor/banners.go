package main

import (
	"slices"

	"candor/crawler/consent"
	"candor/rules"
)

// consentRules hands the crawler how the known consent platforms' banners work.
func consentRules(set *rules.Set) []consent.Rule {
	out := make([]consent.Rule, 0, len(set.Platforms))
	for _, p := range set.Platforms {
		r := consent.Rule{
			ID: p.ID, Name: p.Name, Frame: p.Frame, Frame2: p.SecondFrame,
			Detect: slices.Clone(p.Detect), Accept: slices.Clone(p.Accept), Reject: slices.Clone(p.Reject),
			Settings: slices.Clone(p.Settings), Reject2: slices.Clone(p.RejectAll), Accept2: slices.Clone(p.AcceptAll),
			Toggles: slices.Clone(p.Toggles), Save: slices.Clone(p.Save), NoReject: p.NoReject,
			Reopen: slices.Clone(p.Reopen), Vendors: slices.Clone(p.Vendors),
		}
		for _, s := range p.Signs {
			kind, name := s.KindName()
			r.Signs = append(r.Signs, consent.RuleSign{Kind: kind, Name: name, Accept: s.Accept, Reject: s.Reject})
		}
		out = append(out, r)
	}
	return out
}

// consentWords hands the crawler what banners say.
func consentWords(set *rules.Set) consent.Words {
	var w consent.Words
	for _, l := range set.ConsentWords {
		w.Languages = append(w.Languages, consent.Language{
			Code: l.Language, Topic: slices.Clone(l.Topic), Accept: slices.Clone(l.Accept), Reject: slices.Clone(l.Reject),
			Settings: slices.Clone(l.Settings), Save: slices.Clone(l.Save), Close: slices.Clone(l.Close), Reopen: slices.Clone(l.Reopen),
			OptOut: slices.Clone(l.OptOut), Not: slices.Clone(l.Not), Pay: slices.Clone(l.Pay),
		})
	}
	return w
}
