package web

import (
	"net/http"
	"strings"
	"time"

	"candor/reports"
	"candor/reports/plain"
	"candor/reports/store"
)

// What the dashboard shows and does beside lists of rows, as the API says it.

// totalsOfAll are the overview's figures.
type totalsOfAll struct {
	Sites    int             `json:"sites"`
	Open     []store.Scan    `json:"open_scans"`
	Findings map[string]int  `json:"findings"` // there and not suppressed, by severity
	Overdue  []store.Finding `json:"overdue"`  // the first 100
}

func (s *server) apiOverview(r *http.Request, _ who) (any, error) {
	ctx := r.Context()
	var v totalsOfAll
	var err error
	if _, v.Sites, err = s.Store.ListSites(ctx, store.SiteQuery{}); err != nil {
		return nil, err
	}
	if v.Open, err = s.Store.Open(ctx); err != nil {
		return nil, err
	}
	if v.Findings, err = s.Store.CountFindings(ctx, ""); err != nil {
		return nil, err
	}
	v.Overdue, err = s.Store.Findings(ctx, store.Query{Limit: perPage, Overdue: true})
	return v, err
}

// siteChange is what can be changed of a site; what is left out stays.
type siteChange struct {
	Name    *string `json:"name"`
	Profile *string `json:"profile"`
	Paused  *bool   `json:"paused"`
}

func (s *server) apiChangeSite(r *http.Request, p who) (any, error) {
	in, err := body[siteChange](r)
	if err != nil {
		return nil, err
	}
	x, err := s.Store.Site(r.Context(), r.PathValue("site"))
	if err != nil {
		return nil, err
	}
	values := map[string][]string{"name": {x.Name}, "profile": {x.Profile}}
	paused := x.Paused
	if in.Name != nil {
		values["name"] = []string{*in.Name}
	}
	if in.Profile != nil {
		values["profile"] = []string{*in.Profile}
	}
	if in.Paused != nil {
		paused = *in.Paused
	}
	if paused {
		values["paused"] = []string{"1"}
	}
	x, failure := s.readSite(r.Context(), values, x)
	if failure != "" {
		return nil, wrongf("%s", failure)
	}
	return x, s.Store.ChangeSite(r.Context(), p.name, x)
}

func (s *server) apiScans(r *http.Request, _ who) (any, error) {
	n, err := number(r.URL.Query().Get("limit"), perPage, 1, 500, "limit")
	if err != nil {
		return nil, err
	}
	return s.Store.Scans(r.Context(), r.PathValue("site"), n)
}

// noticeChange is a version of a notice that came after another, with what it
// claims other than that.
type noticeChange struct {
	URL       string           `json:"url"`
	SHA256    string           `json:"sha256"`
	FirstSeen time.Time        `json:"first_seen"`
	FirstScan string           `json:"first_scan"`
	Why       string           `json:"why"` // why it was not compared; "" when it was
	Changes   []reports.Change `json:"changes"`
}

func (s *server) apiNoticeChanges(r *http.Request, _ who) (any, error) {
	versions, err := s.versions(r)
	if err != nil {
		return nil, err
	}
	out := []noticeChange{}
	for _, v := range versions {
		if v.First {
			continue
		}
		c := noticeChange{v.URL, v.SHA256, v.FirstSeen, v.FirstScan, v.Untold, v.Changes}
		if c.Changes == nil {
			c.Changes = []reports.Change{}
		}
		out = append(out, c)
	}
	return out, nil
}

func (s *server) apiAddSchedule(r *http.Request, p who) (any, error) {
	in, err := body[schedule](r)
	if err != nil {
		return nil, err
	}
	return s.keepSchedule(r, p, in)
}

func (s *server) apiPauseSchedule(r *http.Request, p who) (any, error) {
	in, err := body[struct {
		Paused bool `json:"paused"`
	}](r)
	if err != nil {
		return nil, err
	}
	if err := s.Store.PauseSchedule(r.Context(), p.name, r.PathValue("schedule"), in.Paused); err != nil {
		return nil, err
	}
	return s.Store.Schedule(r.Context(), r.PathValue("schedule"))
}

// newPass is a pass with its secret, which is told this once.
type newPass struct {
	store.Pass
	Secret string `json:"secret"`
}

func (s *server) apiShare(r *http.Request, p who) (any, error) {
	v, err := s.scanView(r)
	if err != nil {
		return nil, err
	}
	pass, secret, err := s.share(r, p, v)
	return newPass{pass, secret}, err
}

// findingHistory is a finding with what each scan says of it.
type findingHistory struct {
	store.Finding
	Sightings    []store.Sighting    `json:"sightings"`
	Suppressions []store.Suppression `json:"suppressions"`
}

func (s *server) apiFinding(r *http.Request, _ who) (any, error) {
	v, err := s.findingView(r)
	if err != nil {
		return nil, err
	}
	out := findingHistory{Finding: v.Finding, Sightings: v.Sightings, Suppressions: []store.Suppression{}}
	for _, x := range v.Suppressions {
		out.Suppressions = append(out.Suppressions, x.Suppression)
	}
	return out, nil
}

func (s *server) apiReview(r *http.Request, p who) (any, error) {
	in, err := body[review](r)
	if err != nil {
		return nil, err
	}
	if err := s.keepReview(r, p, in); err != nil {
		return nil, err
	}
	return s.Store.Finding(r.Context(), r.PathValue("site"), r.PathValue("fingerprint"))
}

func (s *server) apiSuppress(r *http.Request, p who) (any, error) {
	in, err := body[suppression](r)
	if err != nil {
		return nil, err
	}
	return s.keepSuppression(r, p, in)
}

func (s *server) apiRecipients(r *http.Request, _ who) (any, error) {
	all, err := s.Store.Recipients(r.Context(), "")
	if err != nil {
		return nil, err
	}
	q, out := r.URL.Query().Get("q"), []store.Recipient{}
	for _, x := range all {
		if isLike(x, q) {
			out = append(out, x)
		}
	}
	return out, nil
}

// isLike reports whether a recipient's product, company or kind has some words.
func isLike(x store.Recipient, q string) bool {
	return strings.Contains(strings.ToLower(x.Name+" "+x.Entity+" "+x.Vendor+" "+x.Categories), strings.ToLower(strings.TrimSpace(q)))
}

// ruleOf is a rule as people read it.
type ruleOf struct {
	ID       string `json:"id"`
	Pack     string `json:"pack"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Why      string `json:"why"`
	Own      bool   `json:"own"` // of a pack of --rules
}

func (s *server) apiRules(*http.Request, who) (any, error) {
	out := []ruleOf{}
	for _, p := range packsOf(s.Rules) {
		for _, r := range p.Rules {
			out = append(out, ruleOf{r.ID, r.Pack, r.Severity, r.Title, r.Why, p.Own})
		}
	}
	return out, nil
}

// personIn is somebody as the API adds and changes them.
type personIn struct {
	Name     string                `json:"name"`
	Password string                `json:"password"` // of somebody who is added without subject
	Subject  string                `json:"subject"`
	Admin    bool                  `json:"admin"`
	Disabled bool                  `json:"disabled"`
	In       map[string]store.Role `json:"organisations"`
}

func (in personIn) role() store.Role {
	if in.Admin {
		return store.Admin
	}
	return store.Member
}

func (s *server) apiAddPerson(r *http.Request, p who) (any, error) {
	in, err := body[personIn](r)
	if err != nil {
		return nil, err
	}
	x := store.Person{Name: strings.TrimSpace(in.Name), Subject: strings.TrimSpace(in.Subject), Role: in.role(), In: in.In}
	if err := x.Check(in.Password); err != nil {
		return nil, wrong{err}
	}
	if x, err = s.Store.AddPerson(r.Context(), p.name, x, in.Password); err != nil {
		return nil, err
	}
	return s.Store.Person(r.Context(), x.ID)
}

func (s *server) apiChangePerson(r *http.Request, p who) (any, error) {
	in, err := body[struct {
		Admin    bool                  `json:"admin"`
		Disabled bool                  `json:"disabled"`
		In       map[string]store.Role `json:"organisations"`
	}](r)
	if err != nil {
		return nil, err
	}
	x, err := s.Store.Person(r.Context(), r.PathValue("person"))
	if err != nil {
		return nil, err
	}
	x.Role, x.In, x.Disabled = personIn{Admin: in.Admin}.role(), in.In, in.Disabled
	if err := x.CheckRoles(); err != nil {
		return nil, wrong{err}
	}
	if err := s.Store.ChangePerson(r.Context(), p.name, x); err != nil {
		return nil, err
	}
	return s.Store.Person(r.Context(), x.ID)
}

// tokenIn is a token as a form and the API ask for it.
type tokenIn struct {
	Name         string     `json:"name"`
	Role         store.Role `json:"role"`
	Organisation string     `json:"organisation"` // "" is all of one's own
	Days         int        `json:"days"`
}

// keepToken issues a token that may do no more than who asks for it.
func (s *server) keepToken(r *http.Request, p who, in tokenIn) (store.Pass, string, error) {
	if in.Days < 1 || in.Days > 365 {
		return store.Pass{}, "", wrongf("a token lasts 1 to 365 days")
	}
	most := p.pass.Access.Most()
	if in.Organisation != "" {
		if err := p.mayIn(in.Organisation, store.Viewer); err != nil {
			return store.Pass{}, "", err
		}
		most = p.pass.Access.Role(in.Organisation)
	}
	if !most.May(in.Role) {
		return store.Pass{}, "", wrongf("a token may not do more than you: choose %s or less", most)
	}
	// A token of one organisation makes none of another.
	if p.pass.Organisation != "" {
		in.Organisation = p.pass.Organisation
	}
	expires := s.Now().AddDate(0, 0, in.Days)
	if p.pass.Kind == store.Token && expires.After(p.pass.ExpiresAt) { // nor one that outlives it
		expires = p.pass.ExpiresAt
	}
	return s.Store.Issue(r.Context(), p.name, store.Pass{Kind: store.Token, Person: p.pass.Person, Name: plain.Cut(in.Name, 100), Role: in.Role, Organisation: in.Organisation, ExpiresAt: expires})
}

func (s *server) apiAddToken(r *http.Request, p who) (any, error) {
	in, err := body[tokenIn](r)
	if err != nil {
		return nil, err
	}
	pass, secret, err := s.keepToken(r, p, in)
	return newPass{pass, secret}, err
}

func (s *server) apiPasses(r *http.Request, p who) (any, error) {
	out := []store.Pass{}
	for _, kind := range []store.PassKind{store.Token, store.Link} {
		list, err := s.Store.Passes(r.Context(), kind, p.pass.Person)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			if p.pass.Organisation == "" || x.Organisation == p.pass.Organisation {
				out = append(out, x)
			}
		}
	}
	return out, nil
}

func (s *server) apiAudit(r *http.Request, _ who) (any, error) {
	before, err := number(r.URL.Query().Get("before"), 0, 0, 1<<53, "before")
	if err != nil {
		return nil, err
	}
	n, err := number(r.URL.Query().Get("limit"), perPage, 1, 1000, "limit")
	if err != nil {
		return nil, err
	}
	return s.Store.Audit(r.Context(), int64(before), n)
}

func (s *server) apiCheckAudit(r *http.Request, _ who) (any, error) {
	c, err := s.Store.KeepAuditCheck(r.Context())
	return struct {
		Entries int64 `json:"entries"`
		Broken  int64 `json:"broken"` // the first that does not fit; 0 when all do
	}{c.Entries, c.Broken}, err
}
