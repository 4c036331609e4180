package web

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"candor/reports/store"
)

// provider is an OpenID provider that lets everybody in, with discovery, keys,
// and a token for a code, the client's secret and the verifier of the challenge.
type provider struct {
	t      *testing.T
	oidc   *oidctest.Server
	srv    *httptest.Server
	key    *rsa.PrivateKey
	sign   *rsa.PrivateKey // with which tokens are signed
	claims map[string]any  // beside or instead of the right ones
	asked  map[string]url.Values
	denies bool
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, sign: key, asked: map[string]url.Values{}}
	p.oidc = &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k1", Algorithm: "RS256"}}}
	mux := http.NewServeMux()
	mux.Handle("/", p.oidc)
	mux.HandleFunc("/auth", p.auth)
	mux.HandleFunc("/token", p.token)
	p.srv = httptest.NewServer(mux)
	t.Cleanup(p.srv.Close)
	p.oidc.SetIssuer(p.srv.URL)
	return p
}

func (p *provider) auth(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || !strings.Contains(q.Get("scope"), "openid") {
		p.t.Errorf("asked with %v", q)
	}
	code := rand.Text()
	p.asked[code] = q
	back := url.Values{"code": {code}, "state": {q.Get("state")}}
	if p.denies {
		back = url.Values{"error": {"access_denied"}, "state": {q.Get("state")}}
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	q, ok := p.asked[r.FormValue("code")]
	delete(p.asked, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || id != "candor" || secret != "client-secret" || q.Get("redirect_uri") != r.FormValue("redirect_uri") || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{"iss": p.srv.URL, "aud": "candor", "sub": "s1", "nonce": q.Get("nonce"), "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "preferred_username": "kim"}
	maps.Copy(claims, p.claims)
	text, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": oidctest.SignIDToken(p.sign, "k1", "RS256", string(text))}); err != nil {
		p.t.Error(err)
	}
}

// with puts a provider before a desk.
func (d *desk) with(p *provider, grants ...string) {
	d.t.Helper()
	o := d.options
	po := ProviderOptions{Name: "Example ID", Issuer: p.srv.URL, ClientID: "candor", Secret: "client-secret"}
	for _, g := range grants {
		grant, err := ParseGrant(g)
		if err != nil {
			d.t.Fatal(err)
		}
		po.Grants = append(po.Grants, grant)
	}
	var h http.Handler
	d.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	d.t.Cleanup(d.srv.Close)
	po.Redirect = d.srv.URL + "/login/oidc/callback"
	var err error
	if o.OIDC, err = OpenProvider(context.Background(), po); err != nil {
		d.t.Fatal(err)
	}
	if h, err = New(o); err != nil {
		d.t.Fatal(err)
	}
}

func TestProvider(t *testing.T) {
	d := newDesk(t)
	p := newProvider(t)
	d.with(p)
	if _, text := d.visitor().get("/login"); !strings.Contains(text, "Log in with Example ID") {
		t.Errorf("the log-in page: %s", text)
	}
	if code, text := d.visitor().get("/login/oidc"); code != http.StatusForbidden || !strings.Contains(text, "Give an administrator this line: "+p.srv.URL+" s1") {
		t.Errorf("somebody whom nobody added: %d %s", code, text)
	}
	if _, err := d.store.AddPerson(t.Context(), "setup", store.Person{Name: "kim", Role: store.Member, In: map[string]store.Role{d.org.ID: store.Viewer}, Subject: p.srv.URL + " s1"}, ""); err != nil {
		t.Fatal(err)
	}
	in := d.visitor()
	if code, text := in.get("/login/oidc"); code != 200 || !strings.Contains(text, "<h1>Overview</h1>") || !strings.Contains(text, "kim") {
		t.Errorf("somebody whom an administrator added: %d %s", code, text)
	}
	if code, text := in.post("/password", url.Values{"old": {""}, "new": {"another horse battery"}}); code != 400 || !strings.Contains(text, "provider") {
		t.Errorf("a password for somebody of the provider: %d %s", code, text)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, claims := range map[string]map[string]any{
		"another audience":    {"aud": "other"},
		"another issuer":      {"iss": "https://evil.test"},
		"a token of the past": {"exp": time.Now().Add(-time.Hour).Unix()},
		"another nonce":       {"nonce": "other"},
		"no nonce":            {"nonce": nil},
		"another key":         {},
		"nobody":              {"sub": ""},
	} {
		p.claims = claims
		p.sign = p.key
		if name == "another key" {
			p.sign = other
		}
		if code, text := d.visitor().get("/login/oidc"); code != http.StatusUnauthorized || !strings.Contains(text, "could not be verified") {
			t.Errorf("%s: %d %s", name, code, text)
		}
	}
	p.claims, p.sign = nil, p.key
	p.denies = true
	if code, text := d.visitor().get("/login/oidc"); code != http.StatusUnauthorized || !strings.Contains(text, "did not let you in") {
		t.Errorf("the provider denies: %d %s", code, text)
	}
	p.denies = false
	// An answer that another browser asked for, and one whose code is used again.
	v := d.visitor()
	for _, query := range []string{"code=x&state=y", ""} {
		if code, text := v.get("/login/oidc/callback?" + query); code != http.StatusUnauthorized || !strings.Contains(text, "was not begun here") {
			t.Errorf("%q: %d %s", query, code, text)
		}
	}
	v.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/login/oidc/callback") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	v.get("/login/oidc") // this browser has begun a log-in
	for query, want := range map[string]string{"code=x&state=y": "another log-in"} {
		if code, text := v.get("/login/oidc/callback?" + query); code != http.StatusUnauthorized || !strings.Contains(text, want) {
			t.Errorf("%q: %d %s", query, code, text)
		}
	}
}

// TestProviderGroups: with grants, the provider's groups decide at each log-in.
func TestProviderGroups(t *testing.T) {
	d := newDesk(t)
	p := newProvider(t)
	d.with(p, "privacy=owner@Fernhill", "readers=viewer@Fernhill", "ops=admin", "other=owner@Nowhere")
	enter := func(want int, groups any) (store.Person, string) {
		t.Helper()
		p.claims = map[string]any{"groups": groups}
		code, text := d.visitor().get("/login/oidc")
		if code != want {
			t.Errorf("groups %v: %d, want %d: %s", groups, code, want, text)
		}
		who, err := d.store.BySubjectAny(t.Context(), p.srv.URL+" s1")
		if err != nil && want == 200 {
			t.Fatal(err)
		}
		return who, text
	}
	for _, groups := range []any{nil, []string{"other"}, []string{"strangers"}, 7} {
		if _, text := enter(http.StatusForbidden, groups); !strings.Contains(text, "no group of yours") {
			t.Errorf("groups %v: %s", groups, text)
		}
	}
	if who, _ := enter(200, []string{"readers", "privacy", "readers"}); who.Role != store.Member || who.In[d.org.ID] != store.Owner || who.Name != "kim" {
		t.Errorf("got %+v", who)
	}
	if who, _ := enter(200, "readers"); who.In[d.org.ID] != store.Viewer {
		t.Errorf("got %+v", who)
	}
	if who, _ := enter(200, []string{"ops"}); who.Role != store.Admin || len(who.In) != 0 {
		t.Errorf("got %+v", who)
	}
	if who, _ := enter(http.StatusForbidden, []string{}); who.Role != store.Member || len(who.In) != 0 {
		t.Errorf("who left every group keeps %+v", who)
	}
	who, _ := enter(200, []string{"readers"})
	who.Disabled = true
	if err := d.store.ChangePerson(t.Context(), "admin", who); err != nil {
		t.Fatal(err)
	}
	enter(http.StatusForbidden, []string{"ops"})
	// A name that is taken does not make two people one.
	p.claims = map[string]any{"sub": "s2", "preferred_username": "admin", "groups": []string{"readers"}}
	if code, text := d.visitor().get("/login/oidc"); code != 200 || strings.Contains(text, "/audit") {
		t.Errorf("%d %s", code, text)
	}
	if x, err := d.store.BySubjectAny(t.Context(), p.srv.URL+" s2"); err != nil || x.Name == "admin" || x.Role != store.Member {
		t.Errorf("got %+v, %v", x, err)
	}
	for _, text := range []string{"", "group", "=admin", "g=king@x", "g=owner", "g=owner@", "g=admin@x", "g=member@x"} {
		if g, err := ParseGrant(text); err == nil {
			t.Errorf("%q was read as %+v", text, g)
		}
	}
}
