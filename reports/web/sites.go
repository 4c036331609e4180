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
	Schedules    []planned
	Suppressions []store.Suppression
	Policies     []store.Policy
	Silent       bool // nobody is told anything
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
	if v.Findings, err = s.Store.Findings(ctx, store.Query{Site: id, Suppressed: true, Limit: shownFindings}); err != nil {
		return err
	}
	if v.Recipients, err = s.Store.Recipients(ctx, id); err != nil {
		return err
	}
	if v.Schedules, err = s.plannedOf(r, id); err != nil {
		return err
	}
	if v.Suppressions, err = s.Store.Suppressions(ctx, id); err != nil {
		return err
	}
	if v.Policies, err = s.Store.Policies(ctx, id); err != nil {
		return err
	}
	v.Trend = trend(v.Scans, v.Policies)
	if v.Silent, err = s.Store.Silent(ctx, id); err != nil {
		return err
	}
	return s.show(w, p, "overview", x.Name, "site", v)
}

// shownFindings bounds the findings on a site's page; the list of findings has all.
const shownFindings = 20

// trendPoint is a finished scan as bars of a chart: findings of two kinds, in
// pixels of a height of 100.
type trendPoint struct {
	Scan              store.Scan
	X                 int
	Grave, Other      int // findings: critical and high, and all others
	GraveY, GraveH    int
	OtherY, OtherH    int
	Companies, Unsaid int
	Notices           []string // titles of notices that this scan saw in a new version
}

// trend is the finished scans, the oldest first, with the versions of notices
// that came with them.
func trend(scans []store.Scan, policies []store.Policy) []trendPoint {
	fresh := map[string][]string{}
	for i, v := range policies { // by address, the latest first: the first version of all is no change
		if i+1 < len(policies) && policies[i+1].URL == v.URL {
			fresh[v.FirstScan] = append(fresh[v.FirstScan], cmp.Or(v.Title, v.Kind, v.URL))
		}
	}
	var out []trendPoint
	most := 1
	for _, x := range slices.Backward(scans) {
		if x.State != store.Finished && x.State != store.Incomplete || x.Summary == "{}" { // purged
			continue
		}
		t := totalsOf(x)
		pt := trendPoint{Scan: x, Grave: t.BySeverity["critical"] + t.BySeverity["high"], Companies: t.Companies, Unsaid: t.UndisclosedCompanies}
		pt.Notices = fresh[x.ID]
		pt.Other = t.BySeverity["medium"] + t.BySeverity["low"] + t.BySeverity["info"]
		most = max(most, pt.Grave+pt.Other)
		out = append(out, pt)
	}
	for i := range out {
		pt := &out[i]
		pt.X = i * 24
		pt.GraveH, pt.OtherH = pt.Grave*100/most, pt.Other*100/most
		pt.GraveY = 100 - pt.GraveH
		pt.OtherY = pt.GraveY - pt.OtherH
	}
	return out
}

// schedule is what a form and the API send.
type schedule struct {
	Expression string `json:"expression"`
	Zone       string `json:"zone"`   // "" is UTC
	Jitter     string `json:"jitter"` // such as 30m; "" is none
}

func (s *server) keepSchedule(r *http.Request, p who, in schedule) (store.Schedule, error) {
	jitter, err := time.ParseDuration(cmp.Or(in.Jitter, "0s"))
	if err != nil {
		return store.Schedule{}, wrongf("%q is no time: expected one such as 30m", plain.Cut(in.Jitter, 40))
	}
	x := store.Schedule{Site: r.PathValue("site"), Expression: strings.TrimSpace(in.Expression), Zone: cmp.Or(in.Zone, "UTC"), Jitter: jitter}
	if err := x.Check(s.Now()); err != nil {
		return x, wrong{err}
	}
	return s.Store.AddSchedule(r.Context(), p.name, x)
}

func (s *server) addSchedule(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	x, err := s.keepSchedule(r, p, schedule{values.Get("expression"), values.Get("zone"), values.Get("jitter")})
	if err != nil {
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

func (s *server) pauseSchedule(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	if err := s.Store.PauseSchedule(r.Context(), p.name, r.PathValue("schedule"), values.Get("paused") != ""); err != nil {
		return err
	}
	return back(w, r, "/schedules")
}

// plannedOf are the schedules of a site.
func (s *server) plannedOf(r *http.Request, site string) ([]planned, error) {
	list, err := s.Store.Schedules(r.Context(), site)
	if err != nil {
		return nil, err
	}
	out := make([]planned, len(list))
	for i, x := range list {
		out[i].Schedule, out[i].Next = x, x.Times(s.Now(), 3)
	}
	return out, nil
}
