package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"candor/reports"
	"candor/reports/store"
)

func (s *server) rulesPage(w http.ResponseWriter, r *http.Request, p who) error {
	return s.show(w, p, "rules", "Rules", "rules", s.Rules)
}

type settingsView struct {
	People    []store.Person
	Tokens    []store.Pass
	Links     []store.Pass
	Version   string
	Rules     string
	NewToken  string // shown once
	Providing string
}

func (s *server) settings(w http.ResponseWriter, r *http.Request, p who) error {
	return s.showSettings(w, r, p, "")
}

func (s *server) showSettings(w http.ResponseWriter, r *http.Request, p who, token string) error {
	ctx := r.Context()
	v := settingsView{Version: s.Version, Rules: s.Rules.Version, NewToken: token}
	if s.OIDC != nil {
		v.Providing = s.OIDC.Name
	}
	whose := p.pass.Person
	var err error
	if p.pass.Role.May(store.Admin) {
		whose = ""
		if v.People, err = s.Store.People(ctx); err != nil {
			return err
		}
	}
	if v.Tokens, err = s.Store.Passes(ctx, store.Token, whose); err != nil {
		return err
	}
	if v.Links, err = s.Store.Passes(ctx, store.Link, whose); err != nil {
		return err
	}
	return s.show(w, p, "settings", "Settings", "settings", v)
}

func (s *server) addPerson(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	x := store.Person{Name: strings.TrimSpace(values.Get("name")), Role: store.Role(values.Get("role")), Subject: strings.TrimSpace(values.Get("subject"))}
	if err := x.Check(values.Get("password")); err != nil {
		return wrong{err}
	}
	if _, err := s.Store.AddPerson(r.Context(), p.name, x, values.Get("password")); err != nil {
		return err
	}
	return back(w, r, "/settings")
}

func (s *server) changePerson(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	x := store.Person{ID: r.PathValue("person"), Role: store.Role(values.Get("role")), Disabled: values.Get("disabled") != ""}
	if !slices.Contains(store.Roles, x.Role) {
		return wrongf("there is no role %q", clip(string(x.Role), 40))
	}
	if err := s.Store.ChangePerson(r.Context(), p.name, x); err != nil {
		return err
	}
	return back(w, r, "/settings")
}

func (s *server) addToken(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(values.Get("days"))
	if err != nil || days < 1 || days > 365 {
		return wrongf("a token lasts 1 to 365 days")
	}
	role := store.Role(values.Get("role"))
	if !p.pass.Role.May(role) {
		return wrongf("a token may not do more than you: choose %s or less", p.pass.Role)
	}
	_, secret, err := s.Store.Issue(r.Context(), p.name, store.Pass{Kind: store.Token, Person: p.pass.Person, Name: clip(values.Get("name"), 100), Role: role, ExpiresAt: s.Now().AddDate(0, 0, days)})
	if err != nil {
		return err
	}
	return s.showSettings(w, r, p, secret)
}

// revoke takes back a pass of one's own; an administrator may take back any.
func (s *server) revoke(w http.ResponseWriter, r *http.Request, p who) error {
	id := r.PathValue("id")
	if !p.pass.Role.May(store.Admin) {
		mine := false
		for _, kind := range []store.PassKind{store.Token, store.Link} {
			list, err := s.Store.Passes(r.Context(), kind, p.pass.Person)
			if err != nil {
				return err
			}
			mine = mine || slices.ContainsFunc(list, func(x store.Pass) bool { return x.ID == id })
		}
		if !mine {
			return store.ErrNotFound
		}
	}
	if err := s.Store.Revoke(r.Context(), p.name, id); err != nil {
		return err
	}
	return back(w, r, "/settings")
}

func (s *server) audit(w http.ResponseWriter, r *http.Request, p who) error {
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	list, err := s.Store.Audit(r.Context(), before, perPage)
	if err != nil {
		return err
	}
	n, broken, err := s.Store.CheckAudit(r.Context())
	if err != nil {
		return err
	}
	return s.show(w, p, "settings", "Audit log", "audit", struct {
		Entries        []store.Entry
		Number, Broken int64
		Next           int64
	}{list, n, broken, nextBefore(list)})
}

func nextBefore(list []store.Entry) int64 {
	if len(list) < perPage {
		return 0
	}
	return list[len(list)-1].Seq
}

// policyVersion is a version of a notice with what it says other than the one
// before.
type policyVersion struct {
	store.Policy
	Added, Removed []string // quotes
	First          bool
}

func (s *server) policies(w http.ResponseWriter, r *http.Request, p who) error {
	x, err := s.Store.Site(r.Context(), r.PathValue("site"))
	if err != nil {
		return err
	}
	list, err := s.Store.Policies(r.Context(), x.ID)
	if err != nil {
		return err
	}
	versions := make([]policyVersion, len(list))
	for i, v := range list {
		versions[i] = policyVersion{Policy: v, First: i+1 == len(list) || list[i+1].URL != v.URL}
		if !versions[i].First {
			versions[i].Added, versions[i].Removed = changedQuotes(list[i+1].Statements, v.Statements)
		}
	}
	return s.show(w, p, "overview", "Notices of "+x.Name, "policies", struct {
		Site     store.Site
		Versions []policyVersion
	}{x, versions})
}

// changedQuotes are the sentences that one version has and the other lacks.
func changedQuotes(older, newer string) (added, removed []string) {
	quotes := func(text string) ([]string, map[string]bool) {
		var list []reports.Statement
		if json.Unmarshal([]byte(text), &list) != nil { // of another version of Candor: nothing can be told
			return nil, nil
		}
		var order []string
		has := map[string]bool{}
		for _, st := range list {
			if !has[st.Quote] {
				has[st.Quote] = true
				order = append(order, st.Quote)
			}
		}
		return order, has
	}
	was, had := quotes(older)
	is, has := quotes(newer)
	for _, q := range is {
		if !had[q] {
			added = append(added, q)
		}
	}
	for _, q := range was {
		if !has[q] {
			removed = append(removed, q)
		}
	}
	return added, removed
}
