package reporttest

import (
	"candor/analyzer"
	"candor/analyzer/check"
	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// choices is what came of the shop's three states: a banner whose refusal stops
// some recipients and not all, and a signal whose state was not visited.
func choices(a *analyzer.Analysis) {
	offer := &evidence.Offer{
		AcceptClicks: 1, RejectClicks: 2, Wall: true, WayBack: []string{"Cookie settings"}, WayBackMissing: []string{home + "checkout"}, Vendors: []string{"Google", "Hotjar Ltd"},
		Layers: []evidence.OfferLayer{
			{Text: "We value your privacy. We and our partners use cookies.", Language: "en", Screenshot: "screenshots/k0001.none-layer1.jpg", Position: "bottom", Covers: 0.31, Box: evidence.Box{Width: 1366, Height: 240}, Controls: []evidence.OfferControl{
				{Role: "accept", Text: "Accept all", Kind: "button", Box: evidence.Box{Width: 180, Height: 44}, FontPX: 16, FontWeight: 700, Color: "#ffffff", Background: "#0a5564", Contrast: 8.1, StandsOut: 7.6, InView: true},
				{Role: "settings", Text: "Let me choose", Kind: "link", Box: evidence.Box{Width: 90, Height: 18}, FontPX: 12, FontWeight: 400, Color: "#999999", Background: "#ffffff", Contrast: 2.8, StandsOut: 1, InView: true},
			}},
			{Text: "Purposes", Language: "en", Position: "center", Covers: 0.6, Box: evidence.Box{Width: 700, Height: 600}, Controls: []evidence.OfferControl{{Role: "save", Text: "Save", Kind: "button", Box: evidence.Box{Width: 120, Height: 40}, FontPX: 14, Contrast: 5, StandsOut: 1.2}},
				Toggles: []evidence.OfferToggle{{Label: "Necessary", On: true, Locked: true}, {Label: "Marketing", On: true}, {Label: "Statistics"}}},
		},
	}
	choiceOf := func(s evidence.State, outcome string) *evidence.Choice {
		return &evidence.Choice{Page: "k0001." + string(s), State: s, Outcome: outcome, Platform: "onetrust", Found: "rule", LateMS: 1800, Offer: offer}
	}
	rejected := choiceOf("reject", evidence.ChoiceTaken)
	rejected.Steps = []evidence.ChoiceStep{{Do: "click", Role: "settings", Text: "Let me choose", OffsetMS: 2100}, {Do: "click", Role: "save", Text: "Save", OffsetMS: 2900}}
	rejected.Signs = []evidence.Sign{{Kind: "banner_gone", Says: "yes"}, {Kind: "cookie", Says: "yes", Name: "OptanonConsent", Detail: "groups=C0001:1,C0002:0"}}
	withdrawn := choiceOf("withdraw", evidence.ChoiceNotTested)
	withdrawn.Why, withdrawn.Screenshot = "the control that shows the choice again did nothing", "screenshots/k0001.withdraw-failed.jpg"
	a.Choices.States = []choice.State{
		{State: "none", Tested: true, Choice: choiceOf("none", evidence.ChoiceOffered), Pages: 7, Compared: 7},
		{State: "reject", Tested: true, Choice: rejected, Pages: 6, Compared: 6, Missing: []string{home + "contact"}},
		{State: "accept", Tested: true, Choice: choiceOf("accept", evidence.ChoiceTaken), Pages: 7, Compared: 7},
		{State: "withdraw", Why: "The control that shows the choice again did nothing.", Choice: withdrawn},
	}
	effect := func(kind, id, name, vendor string, none, reject, accept choice.Class) {
		e := choice.Effect{Kind: kind, ID: id, Name: name, Vendor: vendor, Party: flow.Third}
		for i, c := range []choice.Class{none, reject, accept, choice.NotTested} {
			s := choice.Sight{State: a.Choices.States[i].State, Class: c, Pages: []string{}}
			if c != choice.Stops && c != choice.NotSeen && c != choice.NotTested {
				s.Pages, s.Requests, s.Evidence = []string{home, home + "lamps/desk"}, 9, []string{"p0001." + string(s.State) + "/r0007"}
			}
			switch c {
			case choice.NoEffect, choice.BeforeChoice, choice.AsBefore, choice.AfterAccept:
				s.Identified, s.Lasting, s.Hashes = 8, true, []string{"5eed00000001", "5eed00000002", "5eed00000003", "5eed00000004"}
			case choice.Restricted:
				s.Marks = []string{"gcs=G100"}
			}
			e.In = append(e.In, s)
		}
		a.Choices.Effects = append(a.Choices.Effects, e)
	}
	effect("vendor", "doubleclick", "Google Ads", "doubleclick", choice.BeforeChoice, choice.Stops, choice.AsBefore)
	effect("vendor", "google-analytics", "Google Analytics", "google-analytics", choice.BeforeChoice, choice.Restricted, choice.AsBefore)
	effect("vendor", "meta-pixel", "Meta Pixel", "meta-pixel", choice.BeforeChoice, choice.NoEffect, choice.AsBefore)
	effect("vendor", "hotjar", "Hotjar", "hotjar", choice.NotSeen, choice.Stops, choice.AfterAccept)
	effect("cookie", "cookie/_fbp", "_fbp", "meta-pixel", choice.BeforeChoice, choice.NoEffect, choice.AsBefore)
	effect("storage", "storage/1", "_hjSessionUser_31", "hotjar", choice.NotSeen, choice.Stops, choice.AfterAccept)
	effect("cookie", "cookie/lantern_cart", "lantern_cart", "", choice.Necessary, choice.Necessary, choice.Necessary)
	a.Promises = append(a.Promises,
		check.Promise{Statement: "d01.c0001", Verdict: "broken", Flows: []string{"f-meta-pixel-cookie_identifier"}, Why: "Observed after everything was refused: Meta Pixel still got identifiers or set cookies.", Control: "reject", Quote: "You can refuse all cookies that are not needed in our cookie banner.", Document: "d01", Start: 10, End: 70},
		check.Promise{Statement: "d01.c0002", Verdict: "not-testable", Why: "Not tested: The control that shows the choice again did nothing.", Control: "withdraw", Quote: "You can change your mind at any time.", Document: "d01", Start: 80, End: 110})
}
