package web

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor/reports/exceptions"
	"candor/reports/plain"
	"candor/reports/store"
	"candor/rules"
)

const perPage = 100

// maxFrom bounds where a page of a list begins.
const maxFrom = 1_000_000

// query reads what a list of findings is narrowed by. A value that is none is
// refused with those that there are.
func query(r *http.Request) (store.Query, error) {
	v := r.URL.Query()
	q := store.Query{Site: v.Get("site"), Rule: v.Get("rule"), Severity: v.Get("severity"), Review: v.Get("review"), Gone: v.Get("gone") != "", Suppressed: v.Get("suppressed") != "", Overdue: v.Get("overdue") != "", Owner: v.Get("owner")}
	if q.Severity != "" && !slices.Contains(rules.Severities, q.Severity) {
		return q, wrongf("there is no severity %q: expected one of %s", plain.Cut(q.Severity, 40), strings.Join(rules.Severities, ", "))
	}
	if !slices.Contains(store.Reviews, q.Review) {
		return q, wrongf("there is no review %q: expected one of %s", plain.Cut(q.Review, 40), strings.Join(store.Reviews[1:], ", "))
	}
	var err error
	if q.Offset, err = number(v.Get("from"), 0, 0, maxFrom, "from"); err != nil {
		return q, err
	}
	q.Limit, err = number(v.Get("limit"), perPage, 1, 500, "limit")
	return q, err
}

// number reads a number of a query within bounds; without one it is usual.
func number(text string, usual, least, most int, name string) (int, error) {
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, wrongf("%s is %q: expected a number from %d to %d", name, plain.Cut(text, 40), least, most)
	}
	return n, nil
}

// choosable bounds the sites of which one is chosen from a list; of more, their
// names are searched.
const choosable = 50

type findingsView struct {
	Findings []store.Finding
	Sites    []store.SiteRow // to choose from; none when they are too many
	Chosen   string          // name of the site that is chosen
	Text     string          // what the names or addresses of sites have
	Cut      bool            // more sites have it than are looked at
	Scanned  bool            // there is a site
	Names    map[string]string
	Query    store.Query
	Next     string
}

func (s *server) findings(w http.ResponseWriter, r *http.Request, p who) error {
	q, err := query(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := findingsView{Text: strings.TrimSpace(r.URL.Query().Get("of"))}
	list, all, err := s.Store.ListSites(ctx, store.SiteQuery{Text: v.Text, Limit: choosable})
	if err != nil {
		return err
	}
	v.Scanned = all > 0 || v.Text != ""
	if v.Text != "" {
		q.Sites, v.Cut = []string{}, all > len(list)
		for _, x := range list {
			q.Sites = append(q.Sites, x.ID)
		}
	} else if all <= choosable {
		v.Sites = list
	}
	q.Limit = perPage + 1
	if v.Findings, err = s.Store.Findings(ctx, q); err != nil {
		return err
	}
	if len(v.Findings) > perPage {
		v.Findings = v.Findings[:perPage]
		to := r.URL.Query()
		to.Set("from", strconv.Itoa(q.Offset+perPage))
		v.Next = "/findings?" + to.Encode()
	}
	ids := []string{q.Site}
	for _, f := range v.Findings {
		ids = append(ids, f.Site)
	}
	if v.Names, err = s.Store.SiteNames(ctx, ids); err != nil {
		return err
	}
	v.Query, v.Chosen = q, v.Names[q.Site]
	return s.show(w, p, "findings", "Findings", "findings", v)
}

type findingView struct {
	store.Finding
	Name         string
	About        *rules.Rule // nil when this version does not have it
	Sightings    []store.Sighting
	Deeds        []deed
	Suppressions []suppressed
	Longest      time.Time // day until which it may be suppressed
	Overdue      bool
	Now          time.Time
}

type suppressed struct {
	store.Suppression
	Over bool // it has expired
}

// deed is what somebody did with a finding.
type deed struct {
	At          time.Time
	Actor, What string
}

// shownSightings and shownDeeds bound a finding's history on its page.
const shownSightings, shownDeeds = 30, 50

func (s *server) finding(w http.ResponseWriter, r *http.Request, p who) error {
	v, err := s.findingView(r)
	if err != nil {
		return err
	}
	return s.show(w, p, "findings", v.Title, "finding", v)
}

func (s *server) findingView(r *http.Request) (findingView, error) {
	ctx := r.Context()
	f, err := s.Store.Finding(ctx, r.PathValue("site"), r.PathValue("fingerprint"))
	if err != nil {
		return findingView{}, err
	}
	days := exceptions.MaxDays / 4
	if f.Severity == "critical" {
		days = exceptions.MaxCriticalDays
	}
	v := findingView{Finding: f, Now: s.Now(), Longest: s.Now().AddDate(0, 0, days)}
	v.Overdue = !f.DueAt.IsZero() && f.DueAt.Before(v.Now) && f.Review != "not_an_issue"
	site, err := s.Store.Site(ctx, f.Site)
	if err != nil {
		return v, err
	}
	v.Name = site.Name
	if i := slices.IndexFunc(s.Rules.Rules, func(x *rules.Rule) bool { return x.ID == f.Rule }); i >= 0 {
		v.About = s.Rules.Rules[i]
	}
	if v.Sightings, err = s.Store.Sightings(ctx, f, shownSightings); err != nil {
		return v, err
	}
	log, err := s.Store.AuditOf(ctx, f.Site+"/"+f.Fingerprint, shownDeeds)
	if err != nil {
		return v, err
	}
	for _, e := range log {
		v.Deeds = append(v.Deeds, deed{e.At, e.Actor, deedOf(e)})
	}
	all, err := s.Store.Suppressions(ctx, f.Site)
	if err != nil {
		return v, err
	}
	for _, x := range all {
		if x.Fingerprint == f.Fingerprint {
			v.Suppressions = append(v.Suppressions, suppressed{x, !x.ExpiresAt.After(v.Now)})
		}
	}
	return v, nil
}

// deedOf says in words what an entry of the audit log is about.
func deedOf(e store.Entry) string {
	var d map[string]string
	// What another version wrote may have other values; then less is said.
	_ = json.Unmarshal([]byte(e.Detail), &d)
	switch e.Action {
	case "finding.review":
		out := "took the review back"
		if d["review"] != "" {
			out = "said: " + strings.ReplaceAll(d["review"], "_", " ")
		}
		for _, x := range []struct{ before, what string }{{", owner ", d["owner"]}, {", due ", d["due"]}} {
			if x.what != "" {
				out += x.before + x.what
			}
		}
		if d["note"] != "" {
			out += ". “" + d["note"] + "”"
		}
		return out
	case "finding.suppress":
		return "suppressed it until " + d["expires"] + ": " + strings.ReplaceAll(d["reason"], "_", " ")
	case "suppression.withdraw":
		return "withdrew a suppression"
	}
	return strings.ReplaceAll(e.Action, ".", " ")
}

func (s *server) reviewFinding(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	if err := s.keepReview(r, p, review{values.Get("review"), values.Get("note"), values.Get("owner"), values.Get("due")}); err != nil {
		return err
	}
	return back(w, r, "/findings/%s/%s", r.PathValue("site"), r.PathValue("fingerprint"))
}

// review is what somebody says of a finding, as a form and the API send it.
type review struct {
	Review string `json:"review"`
	Note   string `json:"note"`
	Owner  string `json:"owner"`
	Due    string `json:"due"` // a day, such as 2026-12-31
}

func (s *server) keepReview(r *http.Request, p who, x review) error {
	f := store.Finding{Site: r.PathValue("site"), Fingerprint: r.PathValue("fingerprint"), Review: x.Review, Note: plain.Cut(strings.TrimSpace(x.Note), 4000), Owner: plain.Cut(strings.TrimSpace(x.Owner), 200)}
	if !slices.Contains(store.Reviews, f.Review) {
		return wrongf("a finding is confirmed, not_an_issue, or needs_person")
	}
	var err error
	if f.DueAt, err = dayOf(x.Due); err != nil {
		return err
	}
	return s.Store.Review(r.Context(), p.name, f)
}

// dayOf reads the end of a day; "" is none.
func dayOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, wrongf("%q is no day: expected one such as 2026-12-31", plain.Cut(text, 40))
	}
	return t.AddDate(0, 0, 1).Add(-time.Millisecond), nil
}

func (s *server) suppressFinding(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	_, err = s.keepSuppression(r, p, suppression{values.Get("reason"), values.Get("justification"), values.Get("owner"), values.Get("expires")})
	if err != nil {
		return err
	}
	return back(w, r, "/findings/%s/%s", r.PathValue("site"), r.PathValue("fingerprint"))
}

// suppression is what a form and the API send.
type suppression struct {
	Reason        string `json:"reason"`
	Justification string `json:"justification"`
	Owner         string `json:"owner"`
	Expires       string `json:"expires"` // its last day
}

func (s *server) keepSuppression(r *http.Request, p who, in suppression) (store.Suppression, error) {
	x := store.Suppression{
		Site: r.PathValue("site"), Fingerprint: r.PathValue("fingerprint"), Reason: in.Reason,
		Justification: plain.Cut(strings.TrimSpace(in.Justification), 4000), Owner: plain.Cut(strings.TrimSpace(in.Owner), 200), Approver: p.name,
	}
	var err error
	if x.ExpiresAt, err = dayOf(in.Expires); err != nil {
		return x, err
	}
	f, err := s.Store.Finding(r.Context(), x.Site, x.Fingerprint)
	if err != nil {
		return x, err
	}
	if err := x.Check(s.Now(), f.Severity); err != nil {
		return x, wrong{err}
	}
	return s.Store.Suppress(r.Context(), p.name, x)
}

func (s *server) withdraw(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.Store.Withdraw(r.Context(), p.name, r.PathValue("suppression")); err != nil {
		return err
	}
	return back(w, r, "/findings")
}

// maxListed is how many sites the page of recipients names; with more it counts
// those of each product.
const maxListed = 1000

func (s *server) recipients(w http.ResponseWriter, r *http.Request, p who) error {
	text, vendor, most := r.URL.Query().Get("q"), r.URL.Query().Get("vendor"), maxListed
	if vendor != "" { // of one product all
		most = math.MaxInt
	}
	list, err := s.Store.Products(r.Context(), text, vendor, most)
	if err != nil {
		return err
	}
	names, err := s.Store.SiteNames(r.Context(), nil)
	if err != nil {
		return err
	}
	return s.show(w, p, "recipients", "Recipients", "recipients", struct {
		Q     string
		List  []store.Product
		Names map[string]string
	}{text, list, names})
}
