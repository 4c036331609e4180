package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"candor/reports/store"
)

// gone says that something was there until a purge took it away.
type gone struct{ store.Tombstone }

func (g gone) Error() string {
	return fmt.Sprintf("This is no longer kept: the %s of this scan went on %s, as the settings say. What was found is still in the list of findings.", g.Kind, g.BuriedAt.Format(time.DateOnly))
}

// isPurged returns gone for a file of a report that a purge took away, or is
// about to.
func (s *server) isPurged(ctx context.Context, x store.Scan, name string) error {
	list, err := s.Store.Tombstones(ctx, x.ID)
	if err != nil {
		return err
	}
	for _, t := range list {
		evidence := strings.HasPrefix(name, "evidence/")
		if t.Kind == store.Reports || t.Kind == store.Evidence && evidence || t.Kind == store.Screenshots && evidence && strings.Contains(name, "/screenshots/") {
			return gone{t}
		}
	}
	return nil
}

// wholeNumber reads a field that is a whole number; an empty one is 0.
func wholeNumber(text, what string) (int, error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0, wrongf("%s: expected a whole number", what)
	}
	return n, nil
}

func (s *server) changeRetention(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	var x store.Retention
	for name, to := range map[store.Artefact]*int{store.Screenshots: &x.Screenshots, store.Evidence: &x.Evidence, store.Reports: &x.Reports, store.Results: &x.Results} {
		if *to, err = wholeNumber(values.Get(string(name)), string(name)); err != nil {
			return err
		}
	}
	if err := s.setRetention(r, p, x); err != nil {
		return err
	}
	return back(w, r, "/settings?said=retention")
}

func (s *server) setRetention(r *http.Request, p who, x store.Retention) error {
	if err := x.Check(); err != nil {
		return wrong{err}
	}
	return s.Store.SetRetention(r.Context(), p.name, x)
}

func (s *server) changeQuota(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	var q store.Quota
	for name, to := range map[string]*int{"scans_per_day": &q.ScansPerDay, "scans_at_once": &q.ScansAtOnce, "pages_per_day": &q.PagesPerDay} {
		if *to, err = wholeNumber(values.Get(name), strings.ReplaceAll(name, "_", " ")); err != nil {
			return err
		}
	}
	if err := s.setQuota(r, p, q); err != nil {
		return err
	}
	return back(w, r, "/settings?said=quota")
}

func (s *server) setQuota(r *http.Request, p who, q store.Quota) error {
	if err := q.Check(); err != nil {
		return wrong{err}
	}
	return s.Store.SetQuota(r.Context(), p.name, r.PathValue("organisation"), q)
}

func (s *server) apiRetention(r *http.Request, p who) (any, error) {
	x, err := body[store.Retention](r)
	if err == nil {
		err = s.setRetention(r, p, x)
	}
	return x, err
}

func (s *server) apiQuota(r *http.Request, p who) (any, error) {
	q, err := body[store.Quota](r)
	if err == nil {
		err = s.setQuota(r, p, q)
	}
	return q, err
}
