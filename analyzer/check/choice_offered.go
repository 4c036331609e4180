package check

import (
	"fmt"
	"slices"

	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// choiceOffered asks whether visitors have a clear and working choice about being
// followed for advertising: none, one that takes many clicks or an account, or one
// without effect. One finding for the site. Params:
//
//	clicks  most clicks that a refusal may take
func choiceOffered(m *Matcher, r *rules.Rule) result {
	behind := m.behavioural()
	if len(behind) == 0 {
		return result{outcome: NotApplicable, unseen: true, why: "No identifier was seen going to an advertising company."}
	}
	g := group{flows: behind}
	start := func() Finding {
		f := g.finding(r.Severity)
		f.Recipients = union(behind, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
		f.Fingerprint = fingerprint(r.ID, m.in.Site)
		return f
	}
	if e := m.following(evidence.StateReject); e.state.Tested && e.state.Compared > 0 && len(e.on) > 0 {
		f := start()
		f.Title = "Refusing does not stop everybody who follows visitors"
		f.Message = m.stillSeen(e)
		f.States = []evidence.State{evidence.StateReject}
		f.Recipients = nil
		for _, x := range e.on {
			f.Recipients = append(f.Recipients, orSite(x.id, m.in.Site))
		}
		f.Evidence = m.flowsOf(e.on)
		return result{findings: []Finding{f}}
	}
	_, offer, none := m.offered()
	most := int(number(r, "clicks", 2))
	switch {
	case offer != nil && offer.RejectClicks == 0:
		f := start()
		f.Outcome = NeedsPerson
		f.Title = "No way to refuse was found in the banner"
		f.Message = fmt.Sprintf("Observed: %s. A banner is shown, and no way to refuse was found in it.", m.describe(behind))
		return result{findings: []Finding{f}}
	case offer != nil && offer.RejectClicks > most:
		f := start()
		f.Title = fmt.Sprintf("Refusing takes %d clicks", offer.RejectClicks)
		f.Message = fmt.Sprintf("Observed: %s. A refusal takes %d clicks, an acceptance %d.", m.describe(behind), offer.RejectClicks, offer.AcceptClicks)
		return result{findings: []Finding{f}}
	case offer != nil:
		why := "A banner offers the choice within " + countOf(offer.RejectClicks, "%d clicks", "one click") + "."
		if e := m.following(evidence.StateReject); e.state.Tested && e.state.Compared > 0 {
			return result{outcome: Matches, why: why + " " + m.sawStop(e)}
		}
		return result{outcome: NotTested, why: why + " Whether it works was not tested: " + m.in.Choices.Of(evidence.StateReject).Why}
	case none.outcome == NotTested:
		return *none
	}
	return m.choiceInText(r, behind, start)
}

// following is what a choice did for those who follow visitors for advertising;
// somebody unknown counts where an identifier was seen on more than one page.
func (m *Matcher) following(s evidence.State) effect {
	e := m.effectOf(s, trackers)
	e.on = slices.DeleteFunc(slices.Clone(e.on), func(g goingOn) bool {
		ads := overlap(m.categories(&flow.Flow{Recipient: flow.Recipient{Vendor: g.id}}), adLike)
		return !ads && !(g.unknown && g.sight.Lasting && len(g.sight.Pages) > 1) || g.sight.Requests == 0 && m.noMore(g.id, s)
	})
	return e
}

// noMore reports whether a recipient is no longer asked in a state.
func (m *Matcher) noMore(id string, s evidence.State) bool {
	e := m.seenAs(choice.Vendor, id)
	return e != nil && e.At(s).Class == choice.Stops
}

// choiceInText judges a site without a banner by the choices that its text gives.
func (m *Matcher) choiceInText(r *rules.Rule, behind []*flow.Flow, start func() Finding) result {
	var links, browser, account []wording
	for _, d := range m.read {
		for _, c := range d.Choices {
			w := wording{doc: d, quote: c.Quote}
			switch {
			case otherOptOut.MatchString(c.Quote) && !optsOutOf.MatchString(c.Quote):
			case byAccount.MatchString(c.Quote):
				account = append(account, w)
			case len(c.Links) > 0 && (c.Kind == "opt_out" || c.Kind == "settings"):
				links = append(links, w)
			default:
				browser = append(browser, w)
			}
		}
	}
	if st := m.in.Choices.Of(evidence.StateOptOut); st.Tested {
		links = append(links, wording{quote: "an opt-out was found and used"})
	}
	if why := m.untold(); why != "" {
		return result{outcome: NotTested, why: "No banner was found, and whether a text gives a choice was not tested: " + why + "."}
	}
	f := start()
	switch {
	case len(links) > 0:
		return result{outcome: Matches, why: fmt.Sprintf("No banner was found; the text links a choice: “%s” Whether it works needs the state optout.", clip(links[0].quote, 200))}
	case len(account) > 0:
		f.Title = "Choosing not to be followed takes an account"
		f.Message = fmt.Sprintf("Observed: %s. No banner was found. The text says: “%s”", m.describe(behind), clip(account[0].quote, 200))
	case len(browser) > 0:
		f.Outcome, f.Severity = NeedsPerson, capped(r.Severity, flow.Indirect, 1)
		f.Title = "The only choice about being followed lies outside the site"
		f.Message = fmt.Sprintf("Observed: %s. No banner was found. The text says: “%s” It links no choice of the site's own.", m.describe(behind), clip(browser[0].quote, 200))
	default:
		f.Title = "No choice about being followed for advertising was found"
		f.Message = fmt.Sprintf("Observed: %s. No banner was found, and not found in the text: a choice about it.", m.describe(behind))
		m.doubt(&f)
	}
	return result{findings: []Finding{f}}
}

var byAccount = newPhrase(`(?i)\b(?:log(?:ging)?|sign(?:ing)?)[- ]?(?:in(?:to)?|on)\b|\b(?:in|through|via) your (?:\w+ )?account\b|\baccount settings\b`)

func orSite(id, site string) string {
	if id == "" {
		return site
	}
	return id
}

// behavioural are the flows of identifiers to companies that follow visitors for
// advertising, seen leaving. Advertising by the page's subject sends none.
func (m *Matcher) behavioural() []*flow.Flow {
	return m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Channel == "request" && f.Confidence == flow.Direct && slices.Contains(identifying, f.DataTypes[0]) &&
			overlap(m.categories(f), adLike) && !m.processor(f.Recipient)
	})
}
