package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"candor/reports/plain"
	"candor/reports/store"
)

// perList is how many sites or schedules a page shows.
const perList = 50

// listed says which part of a list a page shows.
type listed struct {
	From, To, All int // the first, from 1, and the last that is shown, of how many
	Before, Next  string
}

// pageOf is the part of a list that a request asks for: n of all from an offset on.
func pageOf(r *http.Request, offset, n, all int) listed {
	to := func(from int) string {
		v := r.URL.Query()
		v.Del("from")
		if from > 0 {
			v.Set("from", strconv.Itoa(from))
		}
		return (&url.URL{Path: r.URL.Path, RawQuery: v.Encode()}).String()
	}
	l := listed{From: min(offset+1, all), To: offset + n, All: all}
	if offset > 0 {
		l.Before = to(max(offset-perList, 0))
	}
	if l.To < all {
		l.Next = to(l.To)
	}
	return l
}

// siteOrder is a column by which the list of sites can be ordered.
type siteOrder struct {
	To    string // address of the list in this order
	Shown bool
}

type overviewView struct {
	Sites        []store.SiteRow
	Page         listed
	Text         string
	Order        map[string]siteOrder
	Sort         store.SiteOrder
	Organisation string // id of the one organisation that is shown
	Counts       map[string]int
	Open         []store.Scan
	OpenAll      int
	Names        map[string]string
	Findings     []store.Finding
	Overdue      []store.Finding
	Groups       []store.Organisation // that somebody sees
	Narrowed     bool                 // not all sites are asked for
}

// shownOpen bounds the scans that the overview lists as waiting or running.
const shownOpen = 10

func (s *server) overview(w http.ResponseWriter, r *http.Request, p who) error {
	ctx, values := r.Context(), r.URL.Query()
	q := store.SiteQuery{Organisation: values.Get("organisation"), Text: values.Get("q"), Sort: store.SiteOrder(values.Get("sort")), Limit: perList}
	if !slices.Contains(store.SiteOrders, q.Sort) {
		return wrongf("sort is %q: expected grave, last, next, or nothing for the order of names", plain.Cut(string(q.Sort), 40))
	}
	var err error
	if q.Offset, err = number(values.Get("from"), 0, 0, maxFrom, "from"); err != nil {
		return err
	}
	v := overviewView{Text: q.Text, Sort: q.Sort, Organisation: q.Organisation, Narrowed: q.Text != "" || q.Organisation != "", Order: map[string]siteOrder{}}
	var all int
	if v.Sites, all, err = s.Store.ListSites(ctx, q); err != nil {
		return err
	}
	v.Page = pageOf(r, q.Offset, len(v.Sites), all)
	for _, o := range store.SiteOrders {
		to := url.Values{}
		for name, value := range map[string]string{"q": q.Text, "organisation": q.Organisation, "sort": string(o)} {
			if value != "" {
				to.Set(name, value)
			}
		}
		v.Order[string(o)] = siteOrder{(&url.URL{Path: "/", RawQuery: to.Encode()}).String(), o == q.Sort}
	}
	if v.Counts, err = s.Store.CountFindings(ctx, ""); err != nil {
		return err
	}
	if v.Open, v.OpenAll, err = s.Store.FirstOpen(ctx, shownOpen); err != nil {
		return err
	}
	if v.Findings, err = s.Store.Findings(ctx, store.Query{Limit: 10}); err != nil {
		return err
	}
	if v.Overdue, err = s.Store.Findings(ctx, store.Query{Limit: 10, Overdue: true}); err != nil {
		return err
	}
	ids := []string{}
	for _, x := range v.Open {
		ids = append(ids, x.Site)
	}
	for _, x := range slices.Concat(v.Findings, v.Overdue) {
		ids = append(ids, x.Site)
	}
	if v.Names, err = s.Store.SiteNames(ctx, ids); err != nil {
		return err
	}
	if v.Groups, err = s.Store.Organisations(ctx); err != nil {
		return err
	}
	return s.show(w, p, "overview", "Overview", "overview", v)
}

// planned is a schedule with its next times, and what somebody may do with it.
type planned struct {
	store.ScheduleRow
	Next      []time.Time
	MayChange bool
	MayScan   bool
}

func (s *server) schedules(w http.ResponseWriter, r *http.Request, p who) error {
	values := r.URL.Query()
	from, err := number(values.Get("from"), 0, 0, maxFrom, "from")
	if err != nil {
		return err
	}
	text := values.Get("q")
	list, all, err := s.Store.ListSchedules(r.Context(), text, perList, from)
	if err != nil {
		return err
	}
	plans := make([]planned, len(list))
	for i, x := range list {
		role := p.pass.Access.Role(x.Organisation)
		plans[i] = planned{x, x.Times(s.Now(), 3), role.May(store.Owner), role.May(store.Reviewer)}
	}
	var sites []store.SiteRow
	if all == 0 && text == "" { // some that can be given one
		if sites, _, err = s.Store.ListSites(r.Context(), store.SiteQuery{Limit: perList}); err != nil {
			return err
		}
	}
	return s.show(w, p, "schedules", "Schedules", "schedules", struct {
		Schedules []planned
		Sites     []store.SiteRow
		Text      string
		Page      listed
	}{plans, sites, text, pageOf(r, from, len(list), all)})
}
