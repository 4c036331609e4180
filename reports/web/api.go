package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"candor/reports/store"
)

// apiRoutes are the same things as JSON, for programs with a token
// (Authorization: Bearer …). static/openapi.json describes them.
func (s *server) apiRoutes(mux *http.ServeMux) {
	for _, r := range s.calls() {
		mux.HandleFunc(r.pattern, func(w http.ResponseWriter, req *http.Request) {
			v, err := s.answer(req, r.role, r.do)
			s.writeJSON(w, req, v, err)
		})
	}
	mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "static/openapi.json") })
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { s.writeJSON(w, r, nil, store.ErrNotFound) })
}

// call is one of the API's, and who may use it: as route.
type call struct {
	pattern string
	role    store.Role
	do      func(*http.Request, who) (any, error)
}

func (s *server) calls() []call {
	return []call{
		{"GET /api/v1/overview", store.Viewer, s.apiOverview},
		{"GET /api/v1/organisations", store.Viewer, func(r *http.Request, _ who) (any, error) { return s.Store.Organisations(r.Context()) }},
		{"POST /api/v1/organisations", store.Admin, s.apiAddOrganisation},
		{"PATCH /api/v1/organisations/{organisation}", store.Admin, s.apiRenameOrganisation},
		{"POST /api/v1/organisations/{organisation}/quota", store.Admin, s.apiQuota},
		{"GET /api/v1/retention", store.Viewer, func(r *http.Request, _ who) (any, error) { return s.Store.Retention(r.Context()) }},
		{"POST /api/v1/retention", store.Admin, s.apiRetention},
		{"GET /api/v1/scans/{scan}/purged", store.Viewer, func(r *http.Request, _ who) (any, error) {
			return s.Store.Tombstones(r.Context(), r.PathValue("scan"))
		}},
		{"GET /api/v1/sites", store.Viewer, func(r *http.Request, _ who) (any, error) {
			return s.Store.Sites(r.Context(), r.URL.Query().Get("organisation"))
		}},
		{"POST /api/v1/sites", store.Owner, s.apiAddSite},
		{"GET /api/v1/sites/{site}", store.Viewer, func(r *http.Request, _ who) (any, error) {
			return s.Store.Site(r.Context(), r.PathValue("site"))
		}},
		{"PATCH /api/v1/sites/{site}", store.Owner, s.apiChangeSite},
		{"DELETE /api/v1/sites/{site}", store.Owner, func(r *http.Request, p who) (any, error) {
			return nil, s.Store.DeleteSite(r.Context(), p.name, r.PathValue("site"))
		}},
		{"GET /api/v1/sites/{site}/scans", store.Viewer, s.apiScans},
		{"POST /api/v1/sites/{site}/scans", store.Reviewer, s.apiScan},
		{"GET /api/v1/sites/{site}/recipients", store.Viewer, func(r *http.Request, _ who) (any, error) {
			return s.Store.Recipients(r.Context(), r.PathValue("site"))
		}},
		{"GET /api/v1/sites/{site}/policies", store.Viewer, func(r *http.Request, _ who) (any, error) {
			return s.Store.Policies(r.Context(), r.PathValue("site"))
		}},
		{"GET /api/v1/sites/{site}/policies/changes", store.Viewer, s.apiNoticeChanges},
		{"POST /api/v1/sites/{site}/schedules", store.Owner, s.apiAddSchedule},
		{"GET /api/v1/scans/{scan}", store.Viewer, func(r *http.Request, _ who) (any, error) {
			return s.Store.Scan(r.Context(), r.PathValue("scan"))
		}},
		{"DELETE /api/v1/scans/{scan}", store.Reviewer, func(r *http.Request, p who) (any, error) {
			return nil, s.Store.Cancel(r.Context(), p.name, r.PathValue("scan"))
		}},
		{"POST /api/v1/scans/{scan}/links", store.Owner, s.apiShare},
		{"GET /api/v1/findings", store.Viewer, func(r *http.Request, _ who) (any, error) {
			q, err := query(r)
			if err != nil {
				return nil, err
			}
			return s.Store.Findings(r.Context(), q)
		}},
		{"GET /api/v1/findings/{site}/{fingerprint}", store.Viewer, s.apiFinding},
		{"PUT /api/v1/findings/{site}/{fingerprint}/review", store.Reviewer, s.apiReview},
		{"POST /api/v1/findings/{site}/{fingerprint}/suppressions", store.Approver, s.apiSuppress},
		{"GET /api/v1/suppressions", store.Viewer, func(r *http.Request, _ who) (any, error) {
			return s.Store.Suppressions(r.Context(), r.URL.Query().Get("site"))
		}},
		{"DELETE /api/v1/suppressions/{suppression}", store.Approver, func(r *http.Request, p who) (any, error) {
			return nil, s.Store.Withdraw(r.Context(), p.name, r.PathValue("suppression"))
		}},
		{"GET /api/v1/schedules", store.Viewer, func(r *http.Request, _ who) (any, error) {
			return s.Store.Schedules(r.Context(), r.URL.Query().Get("site"))
		}},
		{"PATCH /api/v1/schedules/{schedule}", store.Owner, s.apiPauseSchedule},
		{"DELETE /api/v1/schedules/{schedule}", store.Owner, func(r *http.Request, p who) (any, error) {
			return nil, s.Store.DeleteSchedule(r.Context(), p.name, r.PathValue("schedule"))
		}},
		{"GET /api/v1/recipients", store.Viewer, s.apiRecipients},
		{"GET /api/v1/rules", store.Viewer, s.apiRules},
		{"GET /api/v1/people", store.Admin, func(r *http.Request, _ who) (any, error) { return s.Store.People(r.Context()) }},
		{"POST /api/v1/people", store.Admin, s.apiAddPerson},
		{"PUT /api/v1/people/{person}", store.Admin, s.apiChangePerson},
		{"GET /api/v1/passes", store.Viewer, s.apiPasses},
		{"POST /api/v1/tokens", store.Viewer, s.apiAddToken},
		{"DELETE /api/v1/passes/{id}", store.Viewer, func(r *http.Request, p who) (any, error) { return nil, s.takeBack(r, p) }},
		{"GET /api/v1/audit", store.Admin, s.apiAudit},
		{"GET /api/v1/audit/check", store.Admin, s.apiCheckAudit},
		{"GET /api/v1/alerts", store.Viewer, s.apiAlerts},
		{"GET /api/v1/sites/{site}/alerts", store.Viewer, s.apiAlertsOf},
		{"PUT /api/v1/sites/{site}/alerts", store.Owner, s.apiSilence},
		{"GET /api/v1/destinations", store.Admin, func(r *http.Request, _ who) (any, error) { return s.Store.Destinations(r.Context()) }},
		{"POST /api/v1/destinations", store.Admin, s.apiAddDestination},
		{"PUT /api/v1/destinations/{destination}", store.Admin, s.apiPauseDestination},
		{"DELETE /api/v1/destinations/{destination}", store.Admin, func(r *http.Request, p who) (any, error) {
			return nil, s.Store.DeleteDestination(r.Context(), p.name, r.PathValue("destination"))
		}},
		{"POST /api/v1/destinations/{destination}/test", store.Admin, s.apiTestDestination},
	}
}

func (s *server) answer(r *http.Request, role store.Role, do func(*http.Request, who) (any, error)) (any, error) {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, errNobody
	}
	pass, err := s.Store.Show(r.Context(), store.Token, secret)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNobody
	}
	if err != nil {
		return nil, err
	}
	p := who{pass: pass, name: "token " + pass.Name}
	if r, err = s.admit(r, &p, role); err != nil {
		return nil, err
	}
	return do(r, p)
}

func (s *server) writeJSON(w http.ResponseWriter, r *http.Request, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case errors.Is(err, errNobody):
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
		v = map[string]string{"error": "A token is needed: Authorization: Bearer …"}
	case err != nil:
		code, text := status(err)
		if code == http.StatusInternalServerError {
			s.Log.Error("the API could not answer", "route", routeOf(r), "err", err)
		}
		w.WriteHeader(code)
		v = map[string]string{"error": text}
	case v == nil:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if err := json.NewEncoder(w).Encode(v); err != nil && r.Context().Err() == nil {
		s.Log.Error("the API could not answer", "route", routeOf(r), "err", err)
	}
}

// body reads a JSON value, and no key that is not known.
func body[T any](r *http.Request) (T, error) {
	var v T
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return v, err
		}
		return v, wrongf("the body cannot be read: %v", err)
	}
	return v, nil
}

// organisationIn is what is sent of an organisation.
type organisationIn struct {
	Name string `json:"name"`
}

func (s *server) apiRenameOrganisation(r *http.Request, p who) (any, error) {
	v, err := body[organisationIn](r)
	if err == nil {
		v.Name, err = organisationName(v.Name)
	}
	if err != nil {
		return nil, err
	}
	return v, s.Store.RenameOrganisation(r.Context(), p.name, r.PathValue("organisation"), v.Name)
}

func (s *server) apiAddOrganisation(r *http.Request, p who) (any, error) {
	v, err := body[organisationIn](r)
	if err != nil {
		return nil, err
	}
	name, err := organisationName(v.Name)
	if err != nil {
		return nil, err
	}
	return s.Store.AddOrganisation(r.Context(), p.name, name)
}

func (s *server) apiAddSite(r *http.Request, p who) (any, error) {
	v, err := body[struct {
		Organisation string `json:"organisation"`
		URL          string `json:"url"`
		Name         string `json:"name"`
		Profile      string `json:"profile"`
	}](r)
	if err != nil {
		return nil, err
	}
	if err := p.mayIn(v.Organisation, store.Owner); err != nil {
		return nil, err
	}
	x, failure := s.readSite(r.Context(), map[string][]string{"organisation": {v.Organisation}, "url": {v.URL}, "name": {v.Name}, "profile": {v.Profile}}, store.Site{})
	if failure != "" {
		return nil, wrongf("%s", failure)
	}
	return s.Store.AddSite(r.Context(), p.name, x)
}

func (s *server) apiScan(r *http.Request, p who) (any, error) {
	x, err := s.Store.Queue(r.Context(), p.name, store.Scan{Site: r.PathValue("site"), Reason: "api", Priority: 2})
	if err != nil {
		return nil, err
	}
	s.Added(r.Context(), x)
	return x, nil
}
