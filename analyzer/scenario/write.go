package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"candor/crawler/evidence"
)

// Write writes the site as a bundle in dir, an empty folder, as a crawl would,
// and opens it. The caller closes the reader.
func (s *Site) Write(dir string) (*evidence.Reader, error) {
	w, err := evidence.Create(dir, evidence.Meta{
		ScanID: "scan", RedactionKey: "key", URLs: []string{s.home() + "/"}, States: s.states(), StartedAt: s.startedAt(),
	})
	if err != nil {
		return nil, fmt.Errorf("write scenario: %w", err)
	}
	err = s.fill(w)
	if err = errors.Join(err, w.Close(func(m *evidence.Meta) { m.Complete, m.FinishedAt = true, s.startedAt().Add(time.Minute) })); err != nil {
		return nil, fmt.Errorf("write scenario: %w", err)
	}
	r, err := evidence.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("write scenario: %w", err)
	}
	return r, nil
}

func (s *Site) fill(w *evidence.Writer) error {
	for _, host := range sortedKeys(s.DNS) {
		if err := w.AddNames(evidence.Name{Host: host, Chain: s.DNS[host], AskedAt: s.startedAt()}); err != nil {
			return err
		}
	}
	for _, st := range s.states() {
		if err := s.visit(w, st); err != nil {
			return err
		}
	}
	for _, g := range s.Gaps {
		gap := evidence.Gap{What: g.What, Why: g.Why, Kind: cmp.Or(g.Kind, "other"), State: evidence.State(g.State)}
		if g.Page != "" {
			gap.Page = s.resolve(g.Page)
		}
		if err := w.AddGap(gap); err != nil {
			return err
		}
	}
	for i := range s.Notices {
		if err := s.notice(w, i); err != nil {
			return err
		}
	}
	return nil
}

// visit writes all visits in one state.
func (s *Site) visit(w *evidence.Writer, st evidence.State) error {
	if err := s.choose(w, st); err != nil {
		return err
	}
	if o := s.outcome(st); o == evidence.ChoiceNotTested || o == evidence.ChoiceNoBanner && st != evidence.StateNone {
		return nil
	}
	for i, p := range s.pages() {
		if err := s.page(w, st, i, &p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Site) page(w *evidence.Writer, st evidence.State, i int, p *Page) error {
	id, address := fmt.Sprintf("p%04d.%s", i+1, st), s.resolve(p.Path)
	page := evidence.Page{
		ID: id, URL: address, FinalURL: address, State: st, Status: cmp.Or(p.Status, 200), StartedAt: s.startedAt(), Ended: "quiet", Depth: min(i, 1),
		Kind: p.Kind, Title: p.Title, Headings: p.Headings, Language: p.Language, SchemaTypes: p.Schema, TextWords: p.Words, Permissions: p.Asks,
	}
	if p.Failed != "" && (p.FailedIn == nil || slices.Contains(p.FailedIn, string(st))) {
		page.Ended, page.Failure, page.Status = "failed", p.Failed, p.Status
		return w.AddPage(page, nil, nil, nil, nil, nil)
	}
	for _, m := range p.Mixed {
		page.Mixed = append(page.Mixed, s.resolve(m))
	}
	if p.Cert != "" {
		page.Security = &evidence.Security{CertError: p.Cert}
	}
	page.Links = s.links(p)
	forms := s.forms(id, st, p.Path)
	typed := s.typed(id, st, p.Path, forms)
	if len(typed) > 0 {
		page.TypedMS = 50
	}
	err := errors.Join(w.AddCanaries(typed...), w.AddLabels(s.labels(id, st, p.Path)...), w.AddCalls(s.calls(id, address, st, p.Path)...))
	if err != nil {
		return err
	}
	requests := s.requests(id, address, st, p.Path, 100, func(x *Send) []string { return seenIn(x.In, x.Early, x.Late) })
	if len(p.Answer) > 0 {
		requests = append([]evidence.Request{{
			ID: id + "/r0000", Page: id, State: st, URL: address, Method: "GET", Type: "Document", Status: page.Status, MainFrame: true, ResponseHeaders: p.Answer,
		}}, requests...)
	}
	page.Requests = len(requests)
	cookies := s.cookies(id, st, func(k *Cookie) []string {
		if on := cmp.Or(k.On, s.pages()[0].Path); on != p.Path {
			return nil
		}
		return seenIn(k.In, k.Made)
	})
	return w.AddPage(page, requests, cookies, s.storage(id, st, p.Path), forms, nil)
}

// seenIn is the states of something: none, unless they or others are given.
func seenIn(in []string, others ...[]string) []string {
	if in != nil || slices.ContainsFunc(others, func(o []string) bool { return o != nil }) {
		return in
	}
	return []string{string(evidence.StateNone)}
}

// on reports whether something of these paths is on a page.
func on(paths []string, p string) bool { return paths == nil || slices.Contains(paths, p) }

// links are the page's own, and one to each notice that it links.
func (s *Site) links(p *Page) []evidence.Link {
	var out []evidence.Link
	for _, l := range p.Links {
		out = append(out, evidence.Link{URL: s.resolve(l.To), Text: l.Text, Region: l.Region, Hidden: l.Hidden})
	}
	for i := range s.Notices {
		n := &s.Notices[i]
		to := s.resolve(n.path())
		if slices.Contains(n.linkedFrom(), p.Path) && !slices.ContainsFunc(out, func(l evidence.Link) bool { return l.URL == to }) {
			out = append(out, evidence.Link{URL: to, Text: n.title(), Region: "footer"})
		}
	}
	return out
}

// ways are those of the state optout.
func (s *Site) ways() []evidence.ChoiceWay {
	var out []evidence.ChoiceWay
	for _, w := range s.Ways {
		x := evidence.ChoiceWay{Text: w.Text, Sentence: w.Sentence, Address: w.To, On: s.home() + "/", Notice: w.Notice, Outcome: w.Outcome, Why: w.Why, Account: w.Account}
		if w.To != "" {
			x.Address = s.resolve(w.To)
			x.Elsewhere = !strings.HasPrefix(x.Address, s.home()+"/")
		}
		if w.Notice {
			x.On = s.home() + "/privacy"
		}
		out = append(out, x)
	}
	return out
}

// choose writes the visit that brought the state about.
func (s *Site) choose(w *evidence.Writer, st evidence.State) error {
	outcome := s.outcome(st)
	if outcome == "" {
		return nil
	}
	id := "k0001." + string(st)
	c := evidence.Choice{Page: id, State: st, Outcome: outcome, Why: s.Why[string(st)], Platform: "test"}
	click := func(role string, at int64) {
		c.Steps = append(c.Steps, evidence.ChoiceStep{Do: "click", Role: role, OffsetMS: at})
	}
	switch {
	case outcome != evidence.ChoiceTaken && outcome != evidence.ChoiceNotTested:
	case st == evidence.StateWithdraw:
		click("accept", 500)
		click("reopen", 2000)
		click("reject", 2500)
	case st == evidence.StateOptOut:
		click("", 1000)
	case st == evidence.StateAccept || st == evidence.StateReject:
		click(string(st), 1000)
	}
	if s.Offer != nil {
		c.Offer = s.Offer.evidence()
	}
	if st == evidence.StateOptOut {
		c.Ways = s.ways()
	}
	if err := w.AddChoices(c); err != nil {
		return err
	}
	address := s.home() + "/"
	requests := append(s.requests(id, address, st, "", 100, func(x *Send) []string { return x.Early }), s.requests(id, address, st, "", 3000, func(x *Send) []string { return x.Late })...)
	return w.AddPage(evidence.Page{ID: id, URL: address, FinalURL: address, Kind: "choice", State: st, Status: 200, StartedAt: s.startedAt(), Ended: "quiet", Depth: 1},
		requests, s.cookies(id, st, func(k *Cookie) []string { return k.Made }), nil, nil, nil)
}

// requests are those of one visit; without a path, of one that made a choice.
func (s *Site) requests(id, address string, st evidence.State, p string, offset int64, states func(*Send) []string) []evidence.Request {
	var out []evidence.Request
	for i := range s.Sends {
		x := &s.Sends[i]
		if !slices.Contains(states(x), string(st)) || p != "" && !on(x.On, p) {
			continue
		}
		fill := strings.NewReplacer("$ID", token(string(st)), "$ANY", token(string(st), p, fmt.Sprint(i))).Replace
		r := evidence.Request{
			ID: fmt.Sprintf("%s/r%04d.%d", id, i+1, offset), Page: id, State: st, URL: fill(x.URL), Type: cmp.Or(x.Type, "Ping"), Status: cmp.Or(x.Status, 200),
			OffsetMS: offset, PostData: fill(x.Body), PostBytes: len(fill(x.Body)), MIMEType: x.MIME, BodyBytes: x.Bytes, SetCookies: x.SetCookies, ResponseHeaders: x.Answer,
		}
		if p != "" && x.OffsetMS > 0 {
			r.OffsetMS = x.OffsetMS
		}
		if r.Method = strings.ToUpper(x.Method); r.Method == "" {
			r.Method = "GET"
			if x.Body != "" {
				r.Method = "POST"
			}
		}
		if x.By != "" {
			r.Initiator = evidence.Initiator{Type: "script", Stack: []evidence.StackFrame{{URL: address}, {URL: s.resolve(x.By)}}}
		}
		for _, name := range sortedKeys(x.Headers) {
			r.Headers = with(r.Headers, strings.ToLower(name), fill(x.Headers[name]))
		}
		if x.Referer != "" {
			r.Headers = with(r.Headers, "referer", s.resolve(x.Referer))
		}
		for _, name := range sortedKeys(x.Cookie) {
			r.Cookies = append(r.Cookies, evidence.SentCookie{Name: name, Value: fill(x.Cookie[name]), Domain: evidence.Site(hostOf(x.URL))})
		}
		out = append(out, r)
	}
	return out
}

func with(m map[string]string, name, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[name] = value
	return m
}

func (s *Site) cookies(id string, st evidence.State, states func(*Cookie) []string) []evidence.Cookie {
	var out []evidence.Cookie
	for i := range s.Cookies {
		k := &s.Cookies[i]
		if !slices.Contains(states(k), string(st)) {
			continue
		}
		c := evidence.Cookie{
			Page: id, State: st, Name: k.Name, Value: strings.ReplaceAll(k.Value, "$ID", token(string(st))), Domain: cmp.Or(k.Domain, evidence.Site(hostOf(s.home()))), Path: cmp.Or(k.Path, "/"),
			Secure: k.Secure, HTTPOnly: k.HTTPOnly, SameSite: k.SameSite, Session: k.Session, SetBy: s.setter(k.By),
		}
		if !k.Session {
			days := cmp.Or(k.Days, 90)
			c.LifetimeSec, c.Expires = int64(days)*86400, s.startedAt().AddDate(0, 0, min(days, 400)) // Chromium's cap
		}
		if k.HTTP != "" {
			c.SetBy = evidence.Setter{Kind: "http", URL: s.resolve(k.HTTP)}
		}
		out = append(out, c)
	}
	return out
}

// setter is a script, by default one of the site's own.
func (s *Site) setter(by string) evidence.Setter {
	return evidence.Setter{Kind: "script", URL: s.resolve(cmp.Or(by, "/app.js"))}
}

func (s *Site) storage(id string, st evidence.State, p string) []evidence.StorageItem {
	var out []evidence.StorageItem
	for _, k := range s.Storage {
		if slices.Contains(seenIn(k.In), string(st)) && on(k.On, p) {
			out = append(out, evidence.StorageItem{
				Page: id, State: st, Kind: cmp.Or(k.Kind, "local"), Origin: cmp.Or(k.Origin, s.home()), Key: k.Key,
				Value: strings.ReplaceAll(k.Value, "$ID", token(string(st))), SetBy: s.setter(k.By),
			})
		}
	}
	return out
}

func (s *Site) forms(id string, st evidence.State, p string) []evidence.Form {
	var out []evidence.Form
	for _, f := range s.Forms {
		if cmp.Or(f.Page, s.pages()[0].Path) != p || !slices.Contains(seenIn(f.In), string(st)) {
			continue
		}
		form := evidence.Form{
			ID: fmt.Sprintf("%s/f%02d", id, len(out)+1), Page: id, State: st, FrameURL: s.resolve(p), Action: s.resolve(cmp.Or(f.Action, p)), Method: strings.ToLower(cmp.Or(f.Method, "post")),
			Heading: f.Heading, Submit: f.Submit, Visible: true,
		}
		if f.PolicyLink != "" {
			form.PolicyLink = s.resolve(f.PolicyLink)
		}
		for _, x := range f.Fields {
			form.Fields = append(form.Fields, evidence.Field{
				Name: x.Name, Label: x.Label, Type: cmp.Or(x.Type, "text"), Autocomplete: x.Autocomplete, Placeholder: x.Placeholder, Options: x.Options,
				Required: x.Required, Checked: x.Checked, Visible: !x.Hidden,
			})
		}
		for i, label := range f.Prechecked {
			form.Fields = append(form.Fields, evidence.Field{Name: fmt.Sprintf("box%d", i+1), Label: label, Type: "checkbox", Checked: true, Visible: true})
		}
		out = append(out, form)
	}
	return out
}

// typed are the made-up values of a page, in its first form that has the field.
func (s *Site) typed(id string, st evidence.State, p string, forms []evidence.Form) []evidence.Canary {
	var out []evidence.Canary
	for _, t := range s.Typed {
		if cmp.Or(t.Page, s.pages()[0].Path) != p || !slices.Contains(seenIn(t.In), string(st)) {
			continue
		}
		c := evidence.Canary{Page: id, State: st, Kind: t.Kind, Value: t.Value, Field: t.Field}
		for i := range forms {
			if slices.ContainsFunc(forms[i].Fields, func(f evidence.Field) bool { return f.Name == t.Field || f.Label == t.Field }) {
				c.Form, forms[i].Typed = forms[i].ID, id
				break
			}
		}
		out = append(out, c)
	}
	return out
}

func (s *Site) labels(id string, st evidence.State, p string) []evidence.Label {
	var out []evidence.Label
	for _, l := range s.Labels {
		if slices.Contains(seenIn(l.In), string(st)) && on(l.On, p) {
			out = append(out, evidence.Label{Page: id, State: st, Source: cmp.Or(l.Source, "dataLayer"), Key: l.Key, Value: strings.ReplaceAll(l.Value, "$ID", token(string(st)))})
		}
	}
	return out
}

func (s *Site) calls(id, address string, st evidence.State, p string) []evidence.Call {
	var out []evidence.Call
	for _, c := range s.Calls {
		if !slices.Contains(seenIn(c.In), string(st)) || !on(c.On, p) {
			continue
		}
		out = append(out, evidence.Call{
			ID: fmt.Sprintf("%s/c%04d", id, len(out)+1), Page: id, State: st, Frame: address, Target: evidence.Target{Type: "page", URL: address},
			Script: s.resolve(c.Script), API: c.API, Count: max(c.Count, 1), Object: c.Object, Width: c.Width, Height: c.Height, Texts: c.Texts,
			Values: c.Values, Distinct: len(c.Values), Content: c.Content, Length: len(c.Content),
		})
	}
	return out
}

// resolve makes an address of a path of the site, and leaves an address as it is.
func (s *Site) resolve(p string) string {
	if p == "" || strings.Contains(p, "://") {
		return p
	}
	return s.home() + path.Join("/", p) + trailing(p)
}

// trailing keeps the slash that path.Join takes.
func trailing(p string) string {
	if len(p) > 1 && strings.HasSuffix(p, "/") {
		return "/"
	}
	return ""
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// token makes an identifier that these texts always get.
func token(parts ...string) string {
	h := fnv.New64a()
	fmt.Fprint(h, strings.Join(parts, "\x00"))
	return fmt.Sprintf("a%016xe", h.Sum64())
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
