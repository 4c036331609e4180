package web

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"candor/reports/store"
)

type alertsView struct {
	Alerts        []store.Alert
	Names         map[string]string // of destinations
	State         store.AlertState
	States        []store.AlertState
	Next          int
	Destinations  []store.Destination // for administrators
	Organisations []store.Organisation
	Sites         []store.Site
	SiteNames     map[string]string
	Organisation  map[string]string // names, by id
	Said          string            // what became of a test
	Failure       string            // what is wrong with Form
	Form          store.Destination
}

// alertFuncs are what the pages of alerts are made with.
var alertFuncs = template.FuncMap{
	"alerts":       func() []string { return store.AlertKinds },
	"kind":         func(k string) string { return cmp.Or(alertKinds[k], k) },
	"has":          func(list []string, x string) bool { return slices.Contains(list, x) },
	"destinations": func() []string { return store.DestinationKinds },
}

// alertKinds are the kinds of alerts in words.
var alertKinds = map[string]string{
	store.NewRecipient: "new recipient", store.NewFinding: "new finding", store.BrokenPromise: "promise newly broken", store.PolicyChanged: "text changed", store.ScanFailed: "scan failed",
}

var alertStates = []store.AlertState{store.AlertWaiting, store.AlertSending, store.AlertSent, store.AlertGivenUp, store.AlertDropped}

func (s *server) alerts(w http.ResponseWriter, r *http.Request, p who) error {
	return s.showAlerts(w, r, p, alertsView{})
}

func (s *server) showAlerts(w http.ResponseWriter, r *http.Request, p who, v alertsView) error {
	ctx := r.Context()
	v.States, v.Names, v.Organisation = alertStates, map[string]string{}, map[string]string{}
	if state := store.AlertState(r.URL.Query().Get("state")); slices.Contains(alertStates, state) {
		v.State = state
	}
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 0 {
		from = 0
	}
	if v.Alerts, err = s.Store.Alerts(ctx, v.State, perPage, from); err != nil {
		return err
	}
	if len(v.Alerts) == perPage {
		v.Next = from + perPage
	}
	if v.Destinations, err = s.Store.Destinations(ctx); err != nil {
		return err
	}
	for _, d := range v.Destinations {
		v.Names[d.ID] = d.Name
	}
	if p.pass.Access.All != store.Admin {
		v.Destinations = nil
		return s.show(w, p, "alerts", "Alerts", "alerts", v)
	}
	if v.Organisations, err = s.Store.Organisations(ctx); err != nil {
		return err
	}
	for _, o := range v.Organisations {
		v.Organisation[o.ID] = o.Name
	}
	if v.Sites, err = s.Store.Sites(ctx, ""); err != nil {
		return err
	}
	v.SiteNames = map[string]string{}
	for _, x := range v.Sites {
		v.SiteNames[x.ID] = x.Name
	}
	if v.Form.Kind == "" {
		v.Form = store.Destination{Kind: store.Email, Kinds: store.AlertKinds, MinSeverity: "high", DigestHour: -1, Zone: "UTC"}
	}
	return s.show(w, p, "alerts", "Alerts", "alerts", v)
}

// readDestination reads the form of a destination.
func readDestination(values url.Values) (store.Destination, error) {
	d := store.Destination{
		Name: strings.TrimSpace(values.Get("name")), Kind: values.Get("kind"), Address: strings.TrimSpace(values.Get("address")),
		Organisation: values.Get("organisation"), Kinds: values["alert"], MinSeverity: values.Get("severity"), DigestHour: -1,
		Zone: cmp.Or(strings.TrimSpace(values.Get("zone")), "UTC"), QuietFrom: values.Get("quiet_from"), QuietTo: values.Get("quiet_to"),
	}
	for _, site := range values["site"] {
		if site != "" {
			d.Sites = append(d.Sites, site)
		}
	}
	if hour := values.Get("digest"); hour != "" {
		n, err := strconv.Atoi(hour)
		if err != nil {
			return d, errors.New("the hour of the digest cannot be read: expected 0 to 23, or none")
		}
		d.DigestHour = n
	}
	return d, d.Check()
}

func (s *server) addDestination(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	d, err := readDestination(values)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return s.showAlerts(w, r, p, alertsView{Failure: err.Error(), Form: d})
	}
	if _, err := s.Store.AddDestination(r.Context(), p.name, d); err != nil {
		return err
	}
	return back(w, r, "/alerts")
}

// test sends a destination a test, and keeps in the audit log that it was done.
func (s *server) test(r *http.Request, p who) (name string, failure, err error) {
	d, err := s.Store.Destination(r.Context(), r.PathValue("destination"))
	if err != nil {
		return "", nil, err
	}
	outcome := "sent"
	if failure = s.Test(r.Context(), d); failure != nil {
		outcome = store.Line(failure.Error(), 300)
	}
	return d.Name, failure, s.Store.Record(r.Context(), p.name, "destination.test", d.ID, map[string]string{"outcome": outcome})
}

func (s *server) testDestination(w http.ResponseWriter, r *http.Request, p who) error {
	name, failure, err := s.test(r, p)
	if err != nil {
		return err
	}
	if failure != nil {
		return s.showAlerts(w, r, p, alertsView{Said: "The test to " + name + " was not sent: " + store.Line(failure.Error(), 300)})
	}
	return s.showAlerts(w, r, p, alertsView{Said: "A test was sent to " + name + ". Look whether it arrived."})
}

func (s *server) pauseDestination(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	if err := s.Store.PauseDestination(r.Context(), p.name, r.PathValue("destination"), values.Get("paused") == "1"); err != nil {
		return err
	}
	return back(w, r, "/alerts")
}

func (s *server) deleteDestination(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.Store.DeleteDestination(r.Context(), p.name, r.PathValue("destination")); err != nil {
		return err
	}
	return back(w, r, "/alerts")
}

func (s *server) sendAgain(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.Store.SendAgain(r.Context(), p.name, r.PathValue("alert")); err != nil {
		return err
	}
	return back(w, r, "/alerts")
}

func (s *server) silenceSite(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	if err := s.Store.Silence(r.Context(), p.name, r.PathValue("site"), values.Get("silent") == "1"); err != nil {
		return err
	}
	return back(w, r, "/sites/%s", r.PathValue("site"))
}

// The same as JSON.

func (s *server) apiAlerts(r *http.Request, _ who) (any, error) {
	state := store.AlertState(r.URL.Query().Get("state"))
	if state != "" && !slices.Contains(alertStates, state) {
		return nil, wrongf("state: expected one of waiting, sending, sent, given_up, dropped")
	}
	return s.Store.Alerts(r.Context(), state, perPage, 0)
}

func (s *server) apiAddDestination(r *http.Request, p who) (any, error) {
	v, err := body[struct {
		Name         string   `json:"name"`
		Kind         string   `json:"kind"`
		Address      string   `json:"address"`
		Organisation string   `json:"organisation"`
		Sites        []string `json:"sites"`
		Kinds        []string `json:"kinds"`
		MinSeverity  string   `json:"min_severity"`
		DigestHour   *int     `json:"digest_hour"`
		Zone         string   `json:"zone"`
		QuietFrom    string   `json:"quiet_from"`
		QuietTo      string   `json:"quiet_to"`
	}](r)
	if err != nil {
		return nil, err
	}
	d := store.Destination{Name: strings.TrimSpace(v.Name), Kind: v.Kind, Address: v.Address, Organisation: v.Organisation, Sites: v.Sites, Kinds: v.Kinds, MinSeverity: cmp.Or(v.MinSeverity, "high"), DigestHour: -1, Zone: cmp.Or(v.Zone, "UTC"), QuietFrom: v.QuietFrom, QuietTo: v.QuietTo}
	if d.Kinds == nil {
		d.Kinds = slices.Clone(store.AlertKinds)
	}
	if v.DigestHour != nil {
		d.DigestHour = *v.DigestHour
	}
	if err := d.Check(); err != nil {
		return nil, wrong{err}
	}
	return s.Store.AddDestination(r.Context(), p.name, d)
}

func (s *server) apiPauseDestination(r *http.Request, p who) (any, error) {
	v, err := body[struct {
		Paused bool `json:"paused"`
	}](r)
	if err != nil {
		return nil, err
	}
	return nil, s.Store.PauseDestination(r.Context(), p.name, r.PathValue("destination"), v.Paused)
}

func (s *server) apiTestDestination(r *http.Request, p who) (any, error) {
	_, failure, err := s.test(r, p)
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, wrongf("the test was not sent: %s", store.Line(failure.Error(), 300))
	}
	return nil, nil
}

// alertsOfSite says whether anybody is told what is new on a site.
type alertsOfSite struct {
	On bool `json:"on"`
}

func (s *server) apiAlertsOf(r *http.Request, _ who) (any, error) {
	if _, err := s.Store.Site(r.Context(), r.PathValue("site")); err != nil {
		return nil, err
	}
	silent, err := s.Store.Silent(r.Context(), r.PathValue("site"))
	return alertsOfSite{!silent}, err
}

func (s *server) apiSilence(r *http.Request, p who) (any, error) {
	v, err := body[alertsOfSite](r)
	if err != nil {
		return nil, err
	}
	return v, s.Store.Silence(r.Context(), p.name, r.PathValue("site"), !v.On)
}
