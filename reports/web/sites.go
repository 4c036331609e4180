package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"candor/reports/plain"
	"candor/reports/store"
)

// siteRow is a site with what came of its last scan.
type siteRow struct {
	store.Site
	Last   store.Scan // zero when there was none
	Totals totals
	Next   time.Time
}

func (s *server) siteRows(r *http.Request) ([]siteRow, error) {
	sites, err := s.Store.Sites(r.Context(), r.URL.Query().Get("organisation"))
	if err != nil {
		return nil, err
	}
	last, err := s.Store.LastScans(r.Context())
	if err != nil {
		return nil, err
	}
	plans, err := s.Store.Schedules(r.Context(), "")
	if err != nil {
		return nil, err
	}
	next := map[string]time.Time{}
	for _, p := range slices.Backward(plans) { // by what comes next, so the soonest stays
		if !p.Paused {
			next[p.Site] = p.NextAt
		}
	}
	rows := make([]siteRow, len(sites))
	for i, x := range sites {
		rows[i] = siteRow{Site: x, Last: last[x.ID], Totals: totalsOf(last[x.ID]), Next: next[x.ID]}
	}
	return rows, nil
}

type overviewView struct {
	Sites    []siteRow
	Counts   map[string]int
	Open     []store.Scan
	Names    map[string]string
	Findings []store.Finding
}

func (s *server) overview(w http.ResponseWriter, r *http.Request, p who) error {
	rows, err := s.siteRows(r)
	if err != nil {
		return err
	}
	v := overviewView{Sites: rows, Names: map[string]string{}}
	for _, x := range rows {
		v.Names[x.ID] = x.Name
	}
	if v.Counts, err = s.Store.CountFindings(r.Context(), ""); err != nil {
		return err
	}
	if v.Open, err = s.Store.Open(r.Context()); err != nil {
		return err
	}
	if v.Findings, err = s.Store.Findings(r.Context(), store.Query{Limit: 10}); err != nil {
		return err
	}
	return s.show(w, p, "overview", "Overview", "overview", v)
}

type siteForm struct {
	store.Site
	Organisations []store.Organisation
	Failure       string
}

func (s *server) newSite(w http.ResponseWriter, r *http.Request, p who) error {
	return s.siteForm(w, r, p, siteForm{})
}

func (s *server) siteForm(w http.ResponseWriter, r *http.Request, p who, f siteForm) error {
	var err error
	if f.Organisations, err = s.organisationsOf(r, p, store.Owner); err != nil {
		return err
	}
	title := "Add a site"
	if f.ID != "" {
		title = "Change " + f.Name
	}
	return s.show(w, p, "overview", title, "siteform", f)
}

// readSite reads the form of a site, and says what is wrong with it.
func (s *server) readSite(ctx context.Context, values url.Values, x store.Site) (store.Site, string) {
	x.Name, x.Profile, x.Paused = strings.TrimSpace(values.Get("name")), values.Get("profile"), values.Get("paused") != ""
	if x.ID == "" {
		full, host, err := s.CheckSite(ctx, strings.TrimSpace(values.Get("url")))
		if err != nil {
			x.URL = values.Get("url")
			return x, err.Error()
		}
		x.URL, x.Host, x.Organisation = full, host, values.Get("organisation")
	}
	x.Name = plain.Cut(cmp.Or(x.Name, x.Host), 200)
	if err := s.CheckProfile(x.Profile); err != nil {
		return x, err.Error()
	}
	return x, ""
}

func (s *server) addSite(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	if err := p.mayIn(values.Get("organisation"), store.Owner); err != nil {
		return err
	}
	x, failure := s.readSite(r.Context(), values, store.Site{})
	if failure != "" {
		w.WriteHeader(http.StatusBadRequest)
		return s.siteForm(w, r, p, siteForm{Site: x, Failure: failure})
	}
	if x, err = s.Store.AddSite(r.Context(), p.name, x); err != nil {
		return err
	}
	if values.Get("scan") != "" {
		if err := s.queue(r, p, x.ID); err != nil {
			return err
		}
	}
	return back(w, r, "/sites/%s", x.ID)
}

func (s *server) editSite(w http.ResponseWriter, r *http.Request, p who) error {
	x, err := s.Store.Site(r.Context(), r.PathValue("site"))
	if err != nil {
		return err
	}
	return s.siteForm(w, r, p, siteForm{Site: x})
}

func (s *server) changeSite(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	x, err := s.Store.Site(r.Context(), r.PathValue("site"))
	if err != nil {
		return err
	}
	x, failure := s.readSite(r.Context(), values, x)
	if failure != "" {
		w.WriteHeader(http.StatusBadRequest)
		return s.siteForm(w, r, p, siteForm{Site: x, Failure: failure})
	}
	if err := s.Store.ChangeSite(r.Context(), p.name, x); err != nil {
		return err
	}
	return back(w, r, "/sites/%s", x.ID)
}

func (s *server) deleteSite(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.Store.DeleteSite(r.Context(), p.name, r.PathValue("site")); err != nil {
		return err
	}
	return back(w, r, "/")
}

type siteView struct {
	store.Site
	Scans        []store.Scan
	Trend        []trendPoint
	Findings     []store.Finding
	Recipients   []store.Recipient
	Schedules    []store.Schedule
	Suppressions []store.Suppression
	Policies     []store.Policy
}

func (s *server) site(w http.ResponseWriter, r *http.Request, p who) error {
	ctx, id := r.Context(), r.PathValue("site")
	x, err := s.Store.Site(ctx, id)
	if err != nil {
		return err
	}
	v := siteView{Site: x}
	if v.Scans, err = s.Store.Scans(ctx, id, 30); err != nil {
		return err
	}
	v.Trend = trend(v.Scans)
	if v.Findings, err = s.Store.Findings(ctx, store.Query{Site: id, Suppressed: true}); err != nil {
		return err
	}
	if v.Recipients, err = s.Store.Recipients(ctx, id); err != nil {
		return err
	}
	if v.Schedules, err = s.Store.Schedules(ctx, id); err != nil {
		return err
	}
	if v.Suppressions, err = s.Store.Suppressions(ctx, id); err != nil {
		return err
	}
	if v.Policies, err = s.Store.Policies(ctx, id); err != nil {
		return err
	}
	return s.show(w, p, "overview", x.Name, "site", v)
}

// trendPoint is a finished scan as bars of a chart: findings of two kinds, in
// pixels of a height of 100.
type trendPoint struct {
	Scan              store.Scan
	X                 int
	Grave, Other      int // findings: critical and high, and all others
	GraveY, GraveH    int
	OtherY, OtherH    int
	Companies, Unsaid int
}

// trend is the finished scans, the oldest first.
func trend(scans []store.Scan) []trendPoint {
	var out []trendPoint
	most := 1
	for _, x := range slices.Backward(scans) {
		if x.State != store.Finished && x.State != store.Incomplete {
			continue
		}
		t := totalsOf(x)
		pt := trendPoint{Scan: x, Grave: t.BySeverity["critical"] + t.BySeverity["high"], Companies: t.Companies, Unsaid: t.UndisclosedCompanies}
		pt.Other = t.BySeverity["medium"] + t.BySeverity["low"] + t.BySeverity["info"]
		most = max(most, pt.Grave+pt.Other)
		out = append(out, pt)
	}
	for i := range out {
		pt := &out[i]
		pt.X = i * 20
		pt.GraveH, pt.OtherH = pt.Grave*100/most, pt.Other*100/most
		pt.GraveY = 100 - pt.GraveH
		pt.OtherY = pt.GraveY - pt.OtherH
	}
	return out
}

func (s *server) addSchedule(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	jitter, err := time.ParseDuration(cmp.Or(values.Get("jitter"), "0s"))
	if err != nil {
		return wrongf("%q is no time: expected one such as 30m", plain.Cut(values.Get("jitter"), 40))
	}
	x := store.Schedule{Site: r.PathValue("site"), Expression: strings.TrimSpace(values.Get("expression")), Zone: cmp.Or(values.Get("zone"), "UTC"), Jitter: jitter}
	if err := x.Check(s.Now()); err != nil {
		return wrong{err}
	}
	if _, err := s.Store.AddSchedule(r.Context(), p.name, x); err != nil {
		return err
	}
	return back(w, r, "/sites/%s", x.Site)
}

func (s *server) deleteSchedule(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.Store.DeleteSchedule(r.Context(), p.name, r.PathValue("schedule")); err != nil {
		return err
	}
	return back(w, r, "/schedules")
}

func (s *server) schedules(w http.ResponseWriter, r *http.Request, p who) error {
	plans, err := s.Store.Schedules(r.Context(), "")
	if err != nil {
		return err
	}
	names, err := s.siteNames(r)
	if err != nil {
		return err
	}
	return s.show(w, p, "schedules", "Schedules", "schedules", struct {
		Schedules []store.Schedule
		Names     map[string]string
	}{plans, names})
}

func (s *server) siteNames(r *http.Request) (map[string]string, error) {
	sites, err := s.Store.Sites(r.Context(), "")
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, x := range sites {
		names[x.ID] = x.Name
	}
	return names, nil
}
