package consent

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"candor/crawler/evidence"
)

type (
	signsAnswer struct {
		Present []string   `json:"present"`
		TCF     *tcfAnswer `json:"tcf"`
		GPP     *gppAnswer `json:"gpp"`
		USP     string     `json:"usp"`
		API     []apiValue `json:"api"`
		Modes   []mode     `json:"modes"`
	}
	tcfAnswer struct {
		Status    string `json:"status"`
		CMP       string `json:"cmp"`
		GDPR      string `json:"gdpr"`
		Purposes  tally  `json:"purposes"`
		Vendors   tally  `json:"vendors"`
		Interests tally  `json:"interests"`
		Has       bool   `json:"has"`
	}
	tally struct {
		On  int `json:"on"`
		All int `json:"all"`
	}
	gppAnswer struct {
		Display string `json:"display"`
		Signal  string `json:"signal"`
		Text    string `json:"text"`
		Flags   []struct {
			Name  string `json:"name"`
			Value int    `json:"value"`
		} `json:"flags"`
	}
	apiValue struct {
		Path  string `json:"path"`
		There bool   `json:"there"`
		Value string `json:"value"`
	}
	mode struct {
		Command string `json:"command"`
		Region  bool   `json:"region"`
		Values  []pair `json:"values"`
	}
	pair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

func (s *signsAnswer) bound() {
	s.Present, s.API, s.Modes, s.USP = head(s.Present, 200), head(s.API, 300), head(s.Modes, 200), told(s.USP, 20)
	if t := s.TCF; t != nil {
		t.Status, t.CMP, t.GDPR = told(t.Status, 50), told(t.CMP, 50), told(t.GDPR, 5)
	}
	if g := s.GPP; g != nil {
		g.Display, g.Signal, g.Text, g.Flags = told(g.Display, 30), told(g.Signal, 30), told(g.Text, 200), head(g.Flags, 100)
		for i := range g.Flags {
			g.Flags[i].Name = told(g.Flags[i].Name, 80)
		}
	}
	for i := range s.API {
		s.API[i].Path, s.API[i].Value = told(s.API[i].Path, 300), told(s.API[i].Value, 2000)
	}
	for i := range s.Modes {
		m := &s.Modes[i]
		m.Values = head(m.Values, 10)
		for k := range m.Values {
			m.Values[k] = pair{told(m.Values[k].Name, 40), told(m.Values[k].Value, 20)}
		}
	}
}

func askSigns(ctx context.Context, p Page, frame string, want map[string]any, answer *signsAnswer) error {
	arg, err := json.Marshal(want)
	if err != nil {
		return fmt.Errorf("ask the page: %w", err)
	}
	// The page may never answer.
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := p.EvaluateInPage(ctx, frame, strings.Replace(strings.TrimSpace(signsJS), "(%s)", "("+string(arg)+")", 1), answer); err != nil {
		return err
	}
	answer.bound()
	return nil
}

// readings is all that tells of the choice at one time.
type readings struct {
	jar     bool // was read
	cookies []evidence.SentCookie
	store   []pair
	page    signsAnswer
}

// read takes readings. What cannot be read is left out, and then tells nothing.
func (o *Operator) readPage(ctx context.Context, p Page, rule int) *readings {
	r := &readings{}
	if c, err := p.Cookies(ctx); err == nil {
		r.jar, r.cookies = true, head(c, 5000)
	}
	paths := []string{}
	if rule >= 0 {
		for _, s := range o.signs[rule] {
			if s.Kind == "platform_api" && !slices.Contains(paths, s.Name) {
				paths = append(paths, s.Name)
			}
		}
	}
	for i, f := range head(p.Frames(), maxFrames) {
		if i > 0 && (rule < 0 || !o.rules[rule].inFrame(f.URL)) {
			continue
		}
		var got struct{ Store []pair }
		if ask(ctx, p, f.ID, map[string]any{"op": "store"}, &got) == nil {
			for _, e := range head(got.Store, 500) {
				r.store = append(r.store, pair{told(e.Name, 300), told(e.Value, 4096)})
			}
		}
		if i == 0 {
			_ = askSigns(ctx, p, f.ID, map[string]any{"only": false, "roots": o.roots, "paths": paths}, &r.page) // a page that does not answer says nothing
		}
	}
	return r
}

func (a *attempt) read(ctx context.Context, rule int) *readings { return a.readPage(ctx, a.p, rule) }

// evaluated is a sign, and whether it changed with the choice.
type evaluated struct {
	evidence.Sign
	changed bool
}

// weigh compares readings with the choice.
func (o *Operator) weigh(before, now *readings, want string, rule int) []evaluated {
	var out []evaluated
	if before == nil {
		before = &readings{}
	}
	known := map[string]bool{}
	if rule >= 0 {
		there := slices.ContainsFunc(o.signs[rule], func(s ruleSign) bool { return len(s.values(now)) > 0 })
		for _, s := range o.signs[rule] {
			e, ok := s.weigh(before, now, want)
			if s.Kind != "platform_api" {
				known[s.Kind+" "+e.Name] = true
			}
			// Platforms keep the choice in one of several places.
			if ok && !(there && e.Detail == notThere) {
				out = append(out, e)
			}
		}
	}
	out = append(out, weighTCF(before.page.TCF, now.page.TCF, want)...)
	out = append(out, weighGPP(before.page.GPP, now.page.GPP, want)...)
	out = append(out, weighUSP(before.page.USP, now.page.USP, want)...)
	out = append(out, weighModes(before.page.Modes, now.page.Modes, want)...)
	for _, e := range generic(before, now, want) {
		if !known[e.Kind+" "+e.Name] {
			out = append(out, e)
		}
	}
	return out
}

const notThere = "it is not there"

func (s *ruleSign) weigh(before, now *readings, want string) (evaluated, bool) {
	e := evaluated{Sign: evidence.Sign{Kind: s.Kind, Name: s.Name, Says: "unclear"}}
	good, ill := s.accept, s.reject
	if want == roleReject {
		good, ill = s.reject, s.accept
	}
	if good == nil && ill == nil {
		return e, false
	}
	values := s.values(now)
	if len(values) == 0 {
		// That it is missing tells something only where the rule says so.
		if good != nil && good.MatchString("") && !strings.HasPrefix(s.Kind, "platform") {
			values = []string{""}
		} else {
			e.Detail = notThere
			return e, true
		}
	}
	e.changed = !slices.Equal(values, s.values(before))
	yes, no := false, false
	for _, v := range values {
		switch {
		case good != nil && good.MatchString(v):
			yes = true
		case ill != nil && ill.MatchString(v):
			no = true
		}
	}
	switch {
	case yes && !no:
		e.Says = "yes"
	case no && !yes:
		e.Says = "no"
	}
	e.Detail = told(strings.Join(values, " "), 300)
	return e, true
}

func (s *ruleSign) values(r *readings) []string {
	var out []string
	switch s.Kind {
	case "cookie":
		for _, c := range r.cookies {
			if s.name.MatchString(c.Name) {
				out = append(out, decoded(c.Value))
			}
		}
	case "storage":
		for _, e := range r.store {
			if s.name.MatchString(e.Name) {
				out = append(out, decoded(e.Value))
			}
		}
	case "platform_api":
		for _, v := range r.page.API {
			if v.Path == s.Name && v.There {
				out = append(out, v.Value)
			}
		}
	}
	return head(out, 20)
}

func decoded(s string) string {
	if d, err := url.PathUnescape(s); err == nil {
		return d
	}
	return s
}

func says(yes, no bool) string {
	switch {
	case yes && !no:
		return "yes"
	case no && !yes:
		return "no"
	}
	return "unclear"
}

func weighTCF(before, now *tcfAnswer, want string) []evaluated {
	if now == nil {
		return nil
	}
	e := evaluated{Sign: evidence.Sign{Kind: "tcf", Name: "__tcfapi"}, changed: before == nil || *before != *now}
	e.Detail = fmt.Sprintf("eventStatus %s, gdprApplies %s, consent to %d purposes and %d vendors", orNone(now.Status), orNone(now.GDPR), now.Purposes.On, now.Vendors.On)
	done := now.Status == "useractioncomplete" || now.Status == "tcloaded"
	switch {
	case now.GDPR == "no" || !done || !now.Has:
		e.Says = "unclear"
	case want == roleReject:
		e.Says = says(now.Purposes.On == 0 && now.Vendors.On == 0, now.Purposes.On > 0)
	default:
		e.Says = says(now.Purposes.On > 0, now.Purposes.On == 0)
	}
	if now.Status == "useractioncomplete" && (before == nil || before.Status != now.Status) {
		e.changed = true
	}
	return []evaluated{e}
}

func orNone(s string) string {
	if s == "" {
		return "not told"
	}
	return s
}

func weighGPP(before, now *gppAnswer, want string) []evaluated {
	if now == nil {
		return nil
	}
	e := evaluated{Sign: evidence.Sign{Kind: "gpp", Name: "__gpp"}, changed: before == nil || before.Text != now.Text}
	out, in := 0, 0
	var parts []string
	for _, f := range now.Flags {
		switch f.Value {
		case 1:
			out++
		case 2:
			in++
		}
		if len(parts) < 8 && f.Value != 0 {
			parts = append(parts, fmt.Sprintf("%s %d", f.Name, f.Value))
		}
	}
	slices.Sort(parts)
	e.Detail = told(strings.TrimSpace(fmt.Sprintf("signalStatus %s; %s", orNone(now.Signal), strings.Join(parts, ", "))), 300)
	switch want {
	case roleReject:
		e.Says = says(out > 0 && in == 0, false)
	case wantOptOut:
		e.Says = says(out > 0 && in == 0, in > 0 && out == 0)
	default:
		e.Says = says(in > 0 && out == 0, false)
	}
	return []evaluated{e}
}

// wantOptOut is a refusal by an opt-out path: what says of a sale that it goes on
// speaks against it.
const wantOptOut = "optout"

func weighUSP(before, now, want string) []evaluated {
	if len(now) != 4 {
		return nil
	}
	e := evaluated{Sign: evidence.Sign{Kind: "usp", Name: "__uspapi", Detail: now}, changed: before != now}
	yes, no := now[2] == 'Y', now[2] == 'N'
	switch want {
	case wantOptOut:
		e.Says = says(yes, no)
	case roleReject:
		e.Says = says(yes, false)
	default:
		e.Says = says(no, false)
	}
	return []evaluated{e}
}

// weighModes reads what was told to Google's tags: the last word on each kind of
// storage. Defaults of a region may not hold here.
func weighModes(before, now []mode, want string) []evaluated {
	if len(now) == 0 {
		return nil
	}
	type state struct{ name, value string }
	var last []state
	updated := false
	for _, m := range now {
		if m.Command == "update" {
			updated = true
		}
		for _, v := range m.Values {
			i := slices.IndexFunc(last, func(s state) bool { return s.name == v.Name })
			switch {
			case i < 0:
				last = append(last, state{v.Name, v.Value})
			case !m.Region || m.Command == "update":
				last[i].value = v.Value
			}
		}
	}
	e := evaluated{Sign: evidence.Sign{Kind: "consent_mode", Name: "gtag"}, changed: len(now) != len(before)}
	granted, denied := 0, 0
	var parts []string
	for _, s := range last {
		switch s.value {
		case "granted":
			granted++
		case "denied":
			denied++
		}
		parts = append(parts, s.name+" "+s.value)
	}
	slices.Sort(parts)
	e.Detail = told(strings.Join(parts, ", "), 300)
	switch {
	case want == roleAccept:
		e.Says = says(granted > 0 && denied == 0, denied > 0 && granted == 0)
	case granted > 0:
		e.Says = "no"
	default:
		e.Says = says(denied > 0, false)
	}
	if !updated {
		e.Detail = told("no update was sent; default: "+e.Detail, 300)
		// It stands as it stood: that confirms nothing, and it may not be tied to
		// the choice at all. What the tags do is seen in their requests.
		e.changed = false
		if e.Says == "no" {
			e.Says = "unclear"
		}
	}
	return []evaluated{e}
}

var (
	consentName = regexp.MustCompile(`(?i)consent|cookie[-_.]?(s|notice|bar|banner|law|policy|pref|accept|choice|allow|control|settings|status|level)|gdpr|ccpa|cpra|dsgvo|rgpd|lgpd|privacy|\bcmp|tcf|opt(ed)?[-_]?(in|out)|usprivacy|do[-_]?not[-_]?sell`)
	saysAccept  = regexp.MustCompile(`(?i)^"?(accept(ed)?([-_ ]?all)?|granted|allow(ed)?([-_ ]?all)?|opt[-_]?in|agreed?)"?$`)
	saysReject  = regexp.MustCompile(`(?i)^"?(reject(ed)?([-_ ]?all)?|denied|deny|declined?|refused?|disallow(ed)?|opt[-_]?out|(only[-_ ]?)?(necessary|essential)([-_ ]?only)?)"?$`)
)

// generic finds cookies and storage keys that came or changed with the choice
// and are named after consent.
func generic(before, now *readings, want string) []evaluated {
	var out []evaluated
	add := func(kind, name, value string) {
		if len(out) >= 10 || !consentName.MatchString(name) {
			return
		}
		yes, no := saysReject.MatchString(decoded(value)), saysAccept.MatchString(decoded(value))
		if want == roleAccept {
			yes, no = no, yes
		}
		out = append(out, evaluated{evidence.Sign{Kind: kind, Name: told(name, 100), Says: says(yes, no), Detail: told("it came or changed with the choice: "+decoded(value), 300)}, true})
	}
	for _, c := range now.cookies {
		if !slices.ContainsFunc(before.cookies, func(b evidence.SentCookie) bool {
			return b.Name == c.Name && b.Domain == c.Domain && b.Value == c.Value
		}) {
			add("cookie", c.Name, c.Value)
		}
	}
	for _, e := range now.store {
		if !slices.Contains(before.store, e) {
			add("storage", e.Name, e.Value)
		}
	}
	return out
}

// forgotten finds what an opt-out left behind and the next page turned round or
// took away: of what is named after consent, a flag that says the contrary, or
// all of it gone. Other values change for many reasons and tell nothing; nor does
// a stored value that is missing, since the next page may be of another origin.
func forgotten(before, made, now *readings) []evaluated {
	var out, gone []evaluated
	there := false
	for _, e := range generic(before, made, wantOptOut) {
		old, value := made.value(e.Kind, e.Name), now.value(e.Kind, e.Name)
		if len(old) == 0 {
			continue // its name was shortened
		}
		e.Says = "no"
		switch {
		case len(value) == 0 && e.Kind == "cookie" && now.jar:
			e.Detail = "it came with the opt-out and is not there any more"
			gone = append(gone, e)
			continue
		case !slices.Equal(value, old) && slices.Equal(value, []string{contrary[strings.ToLower(old[0])]}):
			e.Detail = told(fmt.Sprintf("it was %s after the opt-out and is %s", old[0], value[0]), 300)
			out = append(out, e)
		}
		there = true
	}
	if !there {
		out = append(out, gone...)
	}
	return out
}

// contrary are flags and what turns them round.
var contrary = map[string]string{"1": "0", "0": "1", "yes": "no", "no": "yes", "true": "false", "false": "true", "y": "n", "n": "y", "on": "off", "off": "on"}

// value is what the cookies or the stored value of a name have, percent-decoded
// and in lower case.
func (r *readings) value(kind, name string) (out []string) {
	switch kind {
	case "cookie":
		for _, c := range r.cookies {
			if c.Name == name {
				out = append(out, strings.ToLower(decoded(c.Value)))
			}
		}
	case "storage":
		for _, e := range r.store {
			if e.Name == name {
				out = append(out, strings.ToLower(decoded(e.Value)))
			}
		}
	}
	return out
}

// took waits for the signs of a choice and says what came of it: taken when the
// banner went, nothing says otherwise, and something that came with the choice
// says so. An unknown banner needs a new cookie or storage key that is named
// after consent, or that it holds on the next page.
func (a *attempt) took(ctx context.Context, b *banner) {
	m := a.made
	until := time.Now().Add(a.limits.sign)
	var list []evaluated
	for {
		list = a.weigh(m.before, a.read(ctx, m.platform), m.want, m.platform)
		if good, _ := weighed(list); good || ctx.Err() != nil || time.Now().After(until) {
			break
		}
		a.await(ctx, a.p, until)
	}
	m.Choice.Signs = append(m.Choice.Signs, evidence.Sign{Kind: "banner_gone", Says: "yes"})
	for _, e := range list {
		m.Choice.Signs = append(m.Choice.Signs, e.Sign)
	}
	good, against := weighed(list)
	entry := slices.ContainsFunc(list, func(e evaluated) bool {
		return e.changed && (e.Kind == "cookie" || e.Kind == "storage") && e.Says != "no"
	})
	telling := m.platform >= 0 && slices.ContainsFunc(a.signs[m.platform], func(s ruleSign) bool {
		return m.want == roleAccept && s.accept != nil || m.want != roleAccept && s.reject != nil
	})
	switch {
	case against != nil:
		a.fail(ctx, b, a.contradicts(against.Sign))
	case good:
		m.Choice.Outcome = evidence.ChoiceTaken
	case telling && !slices.ContainsFunc(list, func(e evaluated) bool { return e.Says == "yes" }):
		a.fail(ctx, b, "the banner closed, but what "+a.rules[m.platform].Name+" keeps of a choice does not show this one")
	case m.strict && !entry:
		a.fail(ctx, b, "the banner closed, but nothing that the site keeps shows that the choice was taken")
	default:
		m.Choice.Outcome, m.open = evidence.ChoiceTaken, !entry
	}
}

func (a *attempt) contradicts(s evidence.Sign) string {
	done := "the banner closed after everything was refused"
	switch a.made.want {
	case roleAccept:
		done = "the banner closed after everything was accepted"
	case wantOptOut:
		done = "the opt-out was made"
	}
	return fmt.Sprintf("%s, but the site's %s says otherwise: %s", done, signName(s), told(s.Detail, 150))
}

func signName(s evidence.Sign) string {
	switch s.Kind {
	case "cookie":
		return "cookie " + s.Name
	case "storage":
		return "stored value " + s.Name
	case "tcf":
		return "TCF interface"
	case "gpp":
		return "GPP interface"
	case "usp":
		return "US privacy string"
	case "consent_mode":
		return "consent mode for Google's tags"
	case "platform_api":
		return "consent platform (" + s.Name + ")"
	}
	return s.Kind
}

// weighed says whether something that changed with the choice confirms it, and
// what contradicts it.
func weighed(list []evaluated) (good bool, against *evaluated) {
	for i, e := range list {
		if e.Says == "no" && against == nil {
			against = &list[i]
		}
		good = good || e.Says == "yes" && e.changed
	}
	return good && against == nil, against
}

// signalSigns are what the page says of a signal that came with every request.
func (a *attempt) signalSigns(ctx context.Context) []evidence.Sign {
	var out []evidence.Sign
	for _, e := range a.weigh(nil, a.read(ctx, -1), wantOptOut, -1) {
		if e.Kind == "usp" || e.Kind == "gpp" || e.Kind == "consent_mode" {
			out = append(out, e.Sign)
		}
	}
	return out
}
