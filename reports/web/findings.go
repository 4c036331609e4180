package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

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
	q := store.Query{Site: v.Get("site"), Rule: v.Get("rule"), Severity: v.Get("severity"), Review: v.Get("review"), Gone: v.Get("gone") != "", Suppressed: v.Get("suppressed") != ""}
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

func (s *server) findings(w http.ResponseWriter, r *http.Request, p who) error {
	q, err := query(r)
	if err != nil {
		return err
	}
	q.Limit = perPage + 1
	list, err := s.Store.Findings(r.Context(), q)
	if err != nil {
		return err
	}
	names, err := s.siteNames(r)
	if err != nil {
		return err
	}
	next := ""
	if len(list) > perPage {
		list = list[:perPage]
		v := r.URL.Query()
		v.Set("from", strconv.Itoa(q.Offset+perPage))
		next = "/findings?" + v.Encode()
	}
	return s.show(w, p, "findings", "Findings", "findings", struct {
		Findings []store.Finding
		Names    map[string]string
		Query    store.Query
		Next     string
	}{list, names, q, next})
}

type findingView struct {
	store.Finding
	Name         string
	About        *rules.Rule // nil when this version does not have it
	Scans        []store.Scan
	Suppressions []store.Suppression
	Longest      time.Time // day until which it may be suppressed
}

func (s *server) finding(w http.ResponseWriter, r *http.Request, p who) error {
	ctx := r.Context()
	f, scans, err := s.Store.Finding(ctx, r.PathValue("site"), r.PathValue("fingerprint"))
	if err != nil {
		return err
	}
	v := findingView{Finding: f, Longest: s.Now().AddDate(0, 0, 90)}
	if f.Severity == "critical" {
		v.Longest = s.Now().AddDate(0, 0, 30)
	}
	site, err := s.Store.Site(ctx, f.Site)
	if err != nil {
		return err
	}
	v.Name = site.Name
	if i := slices.IndexFunc(s.Rules.Rules, func(x *rules.Rule) bool { return x.ID == f.Rule }); i >= 0 {
		v.About = s.Rules.Rules[i]
	}
	for _, id := range scans[:min(len(scans), 30)] {
		x, err := s.Store.Scan(ctx, id)
		if err != nil {
			return err
		}
		v.Scans = append(v.Scans, x)
	}
	all, err := s.Store.Suppressions(ctx, f.Site)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Fingerprint == f.Fingerprint {
			v.Suppressions = append(v.Suppressions, x)
		}
	}
	return s.show(w, p, "findings", f.Title, "finding", v)
}

func (s *server) reviewFinding(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	f := store.Finding{Site: r.PathValue("site"), Fingerprint: r.PathValue("fingerprint"), Review: values.Get("review"), Note: strings.TrimSpace(values.Get("note")), Owner: strings.TrimSpace(values.Get("owner"))}
	if !slices.Contains(store.Reviews, f.Review) {
		return wrongf("a finding is confirmed, not an issue, or needs a person")
	}
	if f.DueAt, err = dayOf(values.Get("due")); err != nil {
		return err
	}
	if err := s.Store.Review(r.Context(), p.name, f); err != nil {
		return err
	}
	return back(w, r, "/findings/%s/%s", f.Site, f.Fingerprint)
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
	x := store.Suppression{
		Site: r.PathValue("site"), Fingerprint: r.PathValue("fingerprint"), Reason: values.Get("reason"),
		Justification: strings.TrimSpace(values.Get("justification")), Owner: strings.TrimSpace(values.Get("owner")), Approver: p.name,
	}
	if x.ExpiresAt, err = dayOf(values.Get("expires")); err != nil {
		return err
	}
	f, _, err := s.Store.Finding(r.Context(), x.Site, x.Fingerprint)
	if err != nil {
		return err
	}
	if err := x.Check(s.Now(), f.Severity); err != nil {
		return wrong{err}
	}
	if _, err := s.Store.Suppress(r.Context(), p.name, x); err != nil {
		return err
	}
	return back(w, r, "/findings/%s/%s", x.Site, x.Fingerprint)
}

func (s *server) withdraw(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.Store.Withdraw(r.Context(), p.name, r.PathValue("id")); err != nil {
		return err
	}
	return back(w, r, "/findings")
}

func (s *server) recipients(w http.ResponseWriter, r *http.Request, p who) error {
	all, err := s.Store.Recipients(r.Context(), "")
	if err != nil {
		return err
	}
	names, err := s.siteNames(r)
	if err != nil {
		return err
	}
	q := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("q")))
	var list []recipientRow
	for _, x := range all {
		if q != "" && !strings.Contains(strings.ToLower(x.Name+" "+x.Entity+" "+x.Vendor), q) {
			continue
		}
		if n := len(list); n == 0 || list[n-1].Vendor != x.Vendor {
			list = append(list, recipientRow{Vendor: x.Vendor, Name: x.Name, Entity: x.Entity, Categories: x.Categories})
		}
		last := &list[len(list)-1]
		last.Sites = append(last.Sites, x)
	}
	return s.show(w, p, "recipients", "Recipients", "recipients", struct {
		Q     string
		List  []recipientRow
		Names map[string]string
	}{r.URL.Query().Get("q"), list, names})
}

// recipientRow is a product with the sites that send to it.
type recipientRow struct {
	Vendor, Name, Entity, Categories string
	Sites                            []store.Recipient
}
