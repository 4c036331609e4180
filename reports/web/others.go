package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"candor/reports"
	"candor/reports/store"
)

func (s *server) rulesPage(w http.ResponseWriter, r *http.Request, p who) error {
	return s.show(w, p, "rules", "Rules", "rules", s.Rules)
}

type settingsView struct {
	Me            store.Person
	Organisations []store.Organisation
	Said          string // what was just done
	People        []store.Person
	Tokens        []store.Pass
	Links         []store.Pass
	Version       string
	Rules         string
	NewToken      string // shown once
	Retention     store.Retention
	Providing     string
}

// said are what the settings say after a change.
var said = map[string]string{"password": "Your password was changed. Your other sessions have ended.",
	"retention": "The next purge keeps what these days say.", "quota": "The quota holds from the next scan on."}

func (s *server) settings(w http.ResponseWriter, r *http.Request, p who) error {
	return s.showSettings(w, r, p, "")
}

func (s *server) showSettings(w http.ResponseWriter, r *http.Request, p who, token string) error {
	ctx := r.Context()
	v := settingsView{Version: s.Version, Rules: s.Rules.Version, NewToken: token, Said: said[r.URL.Query().Get("said")]}
	if s.OIDC != nil {
		v.Providing = s.OIDC.Name
	}
	whose := p.pass.Person
	var err error
	if v.Organisations, err = s.Store.Organisations(ctx); err != nil {
		return err
	}
	if v.Retention, err = s.Store.Retention(ctx); err != nil {
		return err
	}
	if v.Me, err = s.Store.Person(ctx, p.pass.Person); err != nil {
		return err
	}
	if p.pass.Access.All == store.Admin {
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

func (s *server) addOrganisation(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	name, err := organisationName(values.Get("name"))
	if err != nil {
		return err
	}
	if _, err := s.Store.AddOrganisation(r.Context(), p.name, name); err != nil {
		return err
	}
	return back(w, r, "/settings")
}

func (s *server) renameOrganisation(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	name, err := organisationName(values.Get("name"))
	if err != nil {
		return err
	}
	if err := s.Store.RenameOrganisation(r.Context(), p.name, r.PathValue("organisation"), name); err != nil {
		return err
	}
	return back(w, r, "/settings")
}

func organisationName(text string) (string, error) {
	name := strings.TrimSpace(text)
	if name == "" || len(name) > 200 {
		return "", wrongf("an organisation's name has 1 to 200 characters")
	}
	return name, nil
}

// readRoles reads what somebody may do where: admin, or a role for each
// organisation, in.ID.
func readRoles(values url.Values) (store.Role, map[string]store.Role) {
	role, in := store.Member, map[string]store.Role{}
	if values.Get("admin") != "" {
		role = store.Admin
	}
	for key := range values {
		if id, ok := strings.CutPrefix(key, "in."); ok && values.Get(key) != "" {
			in[id] = store.Role(values.Get(key))
		}
	}
	return role, in
}

func (s *server) addPerson(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	x := store.Person{Name: strings.TrimSpace(values.Get("name")), Subject: strings.TrimSpace(values.Get("subject"))}
	x.Role, x.In = readRoles(values)
	if err := x.Check(values.Get("password")); err != nil {
		return wrong{err}
	}
	if x, err = s.Store.AddPerson(r.Context(), p.name, x, values.Get("password")); err != nil {
		return err
	}
	return back(w, r, "/people/%s", x.ID)
}

func (s *server) person(w http.ResponseWriter, r *http.Request, p who) error {
	x, err := s.Store.Person(r.Context(), r.PathValue("person"))
	if err != nil {
		return err
	}
	organisations, err := s.Store.Organisations(r.Context())
	if err != nil {
		return err
	}
	return s.show(w, p, "settings", x.Name, "person", struct {
		store.Person
		Organisations []store.Organisation
	}{x, organisations})
}

func (s *server) changePerson(w http.ResponseWriter, r *http.Request, p who) error {
	values, err := form(r)
	if err != nil {
		return err
	}
	x, err := s.Store.Person(r.Context(), r.PathValue("person"))
	if err != nil {
		return err
	}
	x.Disabled = values.Get("disabled") != ""
	x.Role, x.In = readRoles(values)
	if err := x.CheckRoles(); err != nil {
		return wrong{err}
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
	days, err := number(values.Get("days"), 0, 1, 365, "days")
	if err != nil {
		return err
	}
	_, secret, err := s.keepToken(r, p, tokenIn{values.Get("name"), store.Role(values.Get("role")), values.Get("organisation"), days})
	if err != nil {
		return err
	}
	return s.showSettings(w, r, p, secret)
}

func (s *server) revoke(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.takeBack(r, p); err != nil {
		return err
	}
	return back(w, r, "/settings")
}

// takeBack revokes a token or a link of one's own; an administrator may take back
// any. A token of one organisation takes back those of it.
func (s *server) takeBack(r *http.Request, p who) error {
	whose := p.pass.Person
	if p.pass.Access.All == store.Admin {
		whose = ""
	}
	for _, kind := range []store.PassKind{store.Token, store.Link} {
		list, err := s.Store.Passes(r.Context(), kind, whose)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.ID == r.PathValue("id") && (p.pass.Organisation == "" || x.Organisation == p.pass.Organisation) {
				return s.Store.Revoke(r.Context(), p.name, x.ID)
			}
		}
	}
	return store.ErrNotFound
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
	checked, err := s.Store.AuditChecked(r.Context())
	if err != nil {
		return err
	}
	return s.show(w, p, "settings", "Audit log", "audit", struct {
		Entries []store.Entry
		Checked store.AuditCheck
		Next    int64
	}{list, checked, nextBefore(list)})
}

// checkAudit checks the whole chain when somebody asks; the service does so once a
// day.
func (s *server) checkAudit(w http.ResponseWriter, r *http.Request, _ who) error {
	if _, err := s.Store.KeepAuditCheck(r.Context()); err != nil {
		return err
	}
	return back(w, r, "/audit")
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
	Changes []reports.Change
	First   bool
	Untold  string // why it was not compared
}

// compared bounds the versions whose claims are compared for a page.
const compared = 20

func (s *server) policies(w http.ResponseWriter, r *http.Request, p who) error {
	x, err := s.Store.Site(r.Context(), r.PathValue("site"))
	if err != nil {
		return err
	}
	versions, err := s.versions(r)
	if err != nil {
		return err
	}
	return s.show(w, p, "overview", "Notices of "+x.Name, "policies", struct {
		Site     store.Site
		Versions []policyVersion
	}{x, versions})
}

func (s *server) versions(r *http.Request) ([]policyVersion, error) {
	list, err := s.Store.Policies(r.Context(), r.PathValue("site"))
	if err != nil {
		return nil, err
	}
	out := make([]policyVersion, len(list))
	told := 0
	for i, v := range list {
		out[i] = policyVersion{Policy: v, First: i+1 == len(list) || list[i+1].URL != v.URL}
		switch {
		case out[i].First:
		case told == compared:
			out[i].Untold = "Only the latest changes are compared here."
		default:
			out[i].Changes, out[i].Untold = s.compare(list[i+1], v)
			told++
		}
	}
	return out, nil
}

// compare tells what a version of a notice claims other than the one before.
func (s *server) compare(older, newer store.Policy) ([]reports.Change, string) {
	texts := [2]reports.Policy{}
	for i, v := range []store.Policy{older, newer} {
		texts[i] = reports.Policy{ID: v.SHA256, URL: v.URL, Title: v.Title}
		if json.Unmarshal([]byte(v.Statements), &texts[i].Statements) != nil {
			return nil, "Another version of Candor read one of them: what changed cannot be told."
		}
	}
	if (len(texts[0].Statements) == 0) != (len(texts[1].Statements) == 0) {
		return nil, "The sentences of one of them could not be read: what changed cannot be told."
	}
	return reports.TextChanges(texts[0], texts[1], s.Broader), ""
}
