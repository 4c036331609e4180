package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
)

// Sentences that promise a control: "You can reject cookies in our banner", "We
// honour Global Privacy Control". They are judged by what the control then does.
// The reader of policies tells them as choices and topics; what decides which
// control is meant are the sentence's own words.

var (
	honours = newPhrase(`(?i)\b(honou?r(s|ed|ing)?|respect(s|ed|ing)?|recogni[sz](e|es|ed|ing)|process(es|ed|ing)?|respond(s|ed|ing)?|supports?|supported|treat(s|ed|ing)?|observes?|follows?|acts? on|accepts?|acknowledges?)\b|` +
		`\b(respektier|beacht|berücksichtig|erkenn|anerkenn|unterstütz|befolg|reagier)\p{L}*|\b(respect|honor|reconna|trait|répond)\p{L}*|\bprenons en compte\b|\b(respet|reconoc|acept|atend|respond)\p{L}*`)
	refusesSignal = newPhrase(`(?i)\b(do(es)?|did|can|could|will|would|is|are)\s?(not|n't)\b|\b(cannot|can't|don't|doesn't|won't|isn't|aren't|unable|no longer|not (currently )?(respond|recogni|honou?r|support|process|respect|act|configured|designed))|` +
		`\b(nicht|kein\p{L}*)\b|\bn(e|['’])[^.;]{0,40}\bpas\b|\bno\s+(respet|recono|respond|atend|proces|acept)`)
	cannotChoose = newPhrase(`(?i)\b(you|users|visitors)\s+(can|may|will)(not|\s+not|'t)\b|\bcannot\s+(be\s+)?(reject|refus|declin|disabl|opt|turn|switch)|\b(necessary|essential)\s+cookies\s+(cannot|can't)\b`)
	signalNames  = newPhrase(`(?i)do[- ]not[- ](track|sell(\s+or\s+share)?)`)

	refusing = newPhrase(`(?i)\b(reject|refus|declin|deny|disabl|disallow|deselect|unselect|opt[- ]?(ing[- ])?out|withhold|object)\p{L}*|\b(turn|switch)(ing)?\s+(\w+\s+){0,3}off\b|\bnot\s+(to\s+)?(accept|consent|agree|allow)|\b(choose|select|manage|change|adjust|control|set)\s+(which|your|the)\b[^.;]{0,40}\b(cookies?|tracking|consent|preferences)|` +
		`\b(ablehn|abwähl|deaktivier|widersprech|verweiger)\p{L}*|\b(refus|désactiv|paramétr)\p{L}*|\b(rechaz|desactiv|configur)\p{L}*`)
	bannerWords = newPhrase(`(?i)\b(cookies?|consent|privacy|tracking)[- ](banner|notice|bar|settings?|preferences?|preference cent(er|re)|consent|tool|manager|management|pop-?up|control|choices|window|dialogu?e?|layer|platform|cent(er|re)|overlay)\b|\b(our|the|this)\s+(banner|pop-?up)\b|\bpreference cent(er|re)\b|` +
		`cookie-?\s?(banner|einstellung|hinweis|fenster)|einwilligungs\p{L}+|consent-?(banner|tool)|\b(bandeau|bannière|panneau|gestionnaire)\b|\bparamètres\s+(des|de)\s+cookies|\b(banner|aviso|panel|configuración)\s+(de|sobre)\s+(las\s+)?(cookies|consentimiento)`)
	optsOutOf = newPhrase(`(?i)\bopt(ing)?[- ]?out\b[^.;]{0,80}\b(sale|sell(ing)?|sold|shar(e|ing)|targeted|interest-based|behaviou?ral|cross-context|personali[sz]ed|advertis|ads\b|tracking|analytics|cookies?)|\bdo not sell\b|\byour privacy choices\b|\b(stop|not)\s+(selling|sharing)\b|\blimit\b[^.;]{0,40}\b(sale|sharing)\b|` +
		`\bwiderspr\p{L}+[^.;]{0,60}\b(verkauf|werbung|tracking|analyse)`)
	otherOptOut   = newPhrase(`(?i)\b(e-?mails?|newsletters?|unsubscrib|marketing (communications?|messages?)|text messages?|sms|phone|mailings?|promotional)\b|\b(networkadvertising|aboutads|youronlinechoices|optout\.|adssettings|tools\.google|browser add-?on|add-?on)\b|\b(NAI|DAA|EDAA|digital advertising alliance|network advertising initiative)\b`)
	ofCookies     = newPhrase(`(?i)cookie|track|banner|analyti|advertis|werb|publicit|traceur|rastre`)
	unlessRefused = newPhrase(`(?i)\b(unless|until|except (if|when|where))\b[^.;]{0,30}\b(opt(ed|s)?[- ]?out|object(ed)?|reject(ed)?|refus(e|ed)|declin(e|ed))\b|\b(if|when|once|after)\s+you(\s+have)?\s+(opt(ed)?[- ]?out|reject(ed)?|refus(e|ed)|declin(e|ed))\b[^.;]{0,120}\b(not|stop|cease|no longer)\b`)
	measuresToo   = newPhrase(`(?i)\b(analytics?|tracking|cookies?|statistic|all)\b`)
)

// control is a sentence that promises one.
type control struct {
	doc        *policy.Document
	id         string // of the statement that it is, else of the sentence
	quote      string
	start, end int
	state      evidence.State
	who        whom
	none       bool // it says that the signal has no effect
}

// maxControls bounds the controls of one text.
const maxControls = 100

// controls are the sentences that promise a control, in the order of the texts.
func (m *Matcher) controls() []control {
	if m.promised != nil {
		return m.promised
	}
	m.promised = []control{}
	for _, d := range m.read {
		m.promised = append(m.promised, m.controlsOf(d)...)
	}
	return m.promised
}

// sentence is what is known of a sentence.
type sentence struct {
	quote string
	end   int
	kinds []string
	away  bool // what it links lies on others' sites only
}

func (m *Matcher) controlsOf(d *policy.Document) []control {
	if scopeOfKind[d.Kind] != "" && d.Kind != "state" {
		return nil
	}
	sentences := map[int]*sentence{}
	at := func(start, end int, quote, kind string) *sentence {
		t := sentences[start]
		if t == nil {
			t = &sentence{quote: quote, end: end}
			sentences[start] = t
		}
		t.kinds = append(t.kinds, kind)
		return t
	}
	for _, c := range d.Choices {
		t := at(c.Start, c.End, c.Quote, c.Kind)
		t.away = len(c.Links) > 0 && !slices.ContainsFunc(c.Links, func(l policy.Link) bool { return m.ours(l.Address, d.URL) })
	}
	for _, x := range d.Topics {
		at(x.Start, x.End, x.Quote, x.Kind)
	}
	for i := range d.Statements {
		if st := &d.Statements[i]; unlessRefused.MatchString(st.Quote) {
			at(st.Start, st.End, st.Quote, "unless")
		}
	}
	ids := map[int]string{}
	for i := range d.Statements {
		if st := &d.Statements[i]; ids[st.Start] == "" && sentences[st.Start] != nil && sentences[st.Start].end == st.End {
			ids[st.Start] = st.ID
		}
	}
	var out []control
	for _, start := range sortedInts(sentences) {
		t := sentences[start]
		c, ok := readControl(t, d)
		if !ok || len(out) == maxControls {
			continue
		}
		c.doc, c.quote, c.start, c.end = d, t.quote, start, t.end
		if c.id = ids[start]; c.id == "" {
			c.id = fmt.Sprintf("%s.c%04d", d.ID, len(out)+1)
		}
		out = append(out, c)
	}
	return out
}

func sortedInts[V any](m map[int]V) []int {
	var out []int
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// ours reports whether an address lies on the site, or is relative.
func (m *Matcher) ours(address, page string) bool {
	host := hostOf(address)
	return host == "" || evidence.Site(host) == m.in.Site || evidence.Site(host) == evidence.Site(hostOf(page))
}

// readControl says which control a sentence promises.
func readControl(t *sentence, d *policy.Document) (control, bool) {
	has := func(kinds ...string) bool { return overlap(t.kinds, kinds) }
	words := signalNames.ReplaceAllString(t.quote, "signal")
	if has("global_privacy_control", "do_not_track") {
		c := control{state: evidence.StateDNT, who: trackers}
		if has("global_privacy_control") {
			c.state, c.who = evidence.StateGPC, sharers
		}
		c.none = refusesSignal.MatchString(words)
		switch {
		case !honours.MatchString(words) && !c.none, c.none && c.state == evidence.StateGPC:
			return c, false
		case strings.Contains(strings.ToLower(words), "third part") && c.none:
			return c, false // what others do with the signal
		}
		return c, true
	}
	switch {
	case has("consent_withdrawal") && (ofCookies.MatchString(t.quote) || bannerWords.MatchString(t.quote) || d.Kind == "cookie") && !otherOptOut.MatchString(t.quote):
		return control{state: evidence.StateWithdraw, who: trackers}, true
	case cannotChoose.MatchString(t.quote):
		return control{}, false
	case refusing.MatchString(t.quote) && bannerWords.MatchString(t.quote) && ofCookies.MatchString(t.quote) && has("browser", "settings", "opt_out", "opt_in", "tracking", "do_not_use") && !otherOptOut.MatchString(t.quote):
		return control{state: evidence.StateReject, who: trackers}, true
	case has("opt_out", "unless") && !t.away && !otherOptOut.MatchString(t.quote) && (optsOutOf.MatchString(t.quote) || has("unless") && ofCookies.MatchString(t.quote)):
		c := control{state: evidence.StateOptOut, who: sharers}
		if i := strings.Index(strings.ToLower(t.quote), "opt"); i >= 0 && measuresToo.MatchString(t.quote[i:]) {
			c.who = trackers
		}
		return c, true
	}
	return control{}, false
}

// judge says what a control then does.
func (m *Matcher) judge(c control) Promise {
	p := Promise{Statement: c.id, Control: string(c.state), Flows: []string{}, Quote: c.quote, Document: c.doc.ID, Start: c.start, End: c.end}
	e := m.effectOf(c.state, c.who)
	switch {
	case !e.state.Tested:
		p.Verdict, p.Why = notTestable, "Not tested: "+e.state.Why
	case e.state.Compared == 0:
		p.Verdict, p.Why = notTestable, "Not tested: no page loaded both in this state and without a choice."
	case e.nothing():
		p.Verdict, p.Why = notObserved, "Nobody was seen, without the choice or with it, whom it is to stop."
	case c.none && len(e.on) > 0 && len(e.stopped)+len(e.gone)+len(e.limited) == 0:
		p.Verdict, p.Why = kept, fmt.Sprintf("No effect was seen, as the sentence says: %s went on.", list(shorten(m.ownersOf(e.on), 6)))
	case c.none:
		p.Verdict, p.Why = notObserved, "Not everything went on with the signal as without it. "+m.sawStop(e)
	case len(e.on) > 0:
		p.Verdict, p.Why = broken, m.stillSeen(e)
	case len(e.limited) > 0:
		var marks []string
		for _, g := range e.limited {
			marks = append(marks, g.sight.Marks...)
		}
		slices.Sort(marks)
		p.Verdict, p.Why = notTestable, fmt.Sprintf("Requests go on to %s and ask for restricted use (%s). What the recipients then do needs a person.", list(shorten(m.ownersOf(e.limited), 6)), list(shorten(slices.Compact(marks), 4)))
	default:
		p.Verdict, p.Why = kept, m.sawStop(e)
	}
	if p.Verdict == broken || p.Verdict == kept && c.none {
		p.Flows = m.flowsOf(e.on)
	}
	return m.sureControl(p)
}

// sureControl does for controls what surePromise does for denials.
func (m *Matcher) sureControl(p Promise) Promise {
	if short := m.short([]string{"requests"}); p.Verdict == kept && short != "" {
		p.Verdict, p.Why = notObserved, fmt.Sprintf("The recording %s. %s", short, p.Why)
	}
	return p
}

func (m *Matcher) stillSeen(e effect) string {
	var known, unknown []goingOn
	for _, g := range e.on {
		if g.unknown {
			unknown = append(unknown, g)
		} else {
			known = append(known, g)
		}
	}
	text := fmt.Sprintf("Observed %s: %s still got identifiers or set cookies.", after[e.state.State], list(shorten(m.ownersOf(append(known, unknown...)), 6)))
	if len(known) > 0 && len(unknown) > 0 {
		text += fmt.Sprintf(" What %s %s with them is not known.", list(shorten(m.ownersOf(unknown), 3)), map[bool]string{true: "does", false: "do"}[len(unknown) == 1])
	}
	if len(e.stopped)+len(e.gone) > 0 {
		text += " " + m.sawStop(e)
	}
	return text
}

func (m *Matcher) ownersOf(of []goingOn) []string {
	var out []string
	for _, g := range of {
		out = append(out, m.owner(g.id))
	}
	return out
}

func (m *Matcher) flowsOf(of []goingOn) []string {
	out := []string{}
	for _, g := range of {
		out = append(out, ids(g.flows)...)
		for _, id := range m.cookieFlows(g.cookies) {
			if !slices.Contains(out, id) && m.goesOn(id, g) {
				out = append(out, id)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// goesOn reports whether a flow of a cookie is one to the recipient that went on.
func (m *Matcher) goesOn(id string, g goingOn) bool {
	return slices.ContainsFunc(m.in.Seen.Flows, func(f flow.Flow) bool {
		return f.ID == id && (g.id == "" || f.Recipient.Vendor == g.id)
	})
}

// withControls adds what the texts promise of controls to the other promises. A
// sentence that is a promise already keeps its verdict where that says something.
func (m *Matcher) withControls(promises []Promise) []Promise {
	at := map[string]int{}
	for i, p := range promises {
		at[p.Statement] = i
	}
	for _, c := range m.controls() {
		p := m.judge(c)
		i, known := at[p.Statement]
		switch {
		case !known:
			promises = append(promises, p)
		case promises[i].Verdict == notTestable || promises[i].Verdict == notObserved:
			promises[i] = p
		}
	}
	return promises
}
