package crawler

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

const (
	memberName     = "anna.member@shop.test"
	memberPassword = `s3cret "pass"+word/1`
)

// memberSite is a shop with pages behind a log-in that is made of two forms, the
// second one of a script in a shadow root.
func memberSite(w http.ResponseWriter, r *http.Request) {
	page := func(title, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>%s</title><link rel="icon" href="data:,"><h1>%s</h1>%s`, title, title, body)
	}
	k, err := r.Cookie("member")
	known := err == nil && k.Value == "yes"
	switch r.URL.Path {
	case "/":
		page("Shop", `<a href="/account/orders">Orders</a>`)
	case "/login":
		page("Log in", `<form id="login" action="/login/check" method="post"><label>E-mail <input name="user" autocomplete="username"></label>
<label>Password <input type="password" name="password"></label><label>Shop <select name="shop"><option value="de">Germany</option><option value="us">United States</option></select></label>
<button>Enter</button></form><script>
document.querySelector('select').addEventListener('change',e=>fetch('/chosen?'+e.target.value));
document.querySelector('[name=user]').addEventListener('blur',e=>{fetch('/seen',{method:'POST',body:JSON.stringify({user:e.target.value,coded:btoa('x'+e.target.value)})});localStorage.setItem('last',e.target.value)})</script>`)
	case "/login/check":
		_ = r.ParseForm()
		if r.Form.Get("user") != memberName || r.Form.Get("password") != memberPassword || r.Form.Get("shop") != "us" {
			w.WriteHeader(http.StatusForbidden)
			page("Wrong", "No.")
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "member", Value: "yes", Path: "/"})
		http.Redirect(w, r, "/account?welcome="+url.QueryEscape(memberName), http.StatusSeeOther)
	case "/account", "/account/orders":
		if !known {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		page("Hello "+memberName, `<div id="host"></div><p style="margin-top:3000px" id="end">End</p><a href="/account/orders">Orders</a><script>
var s=document.getElementById('host').attachShadow({mode:'open'}); s.innerHTML='<button>Show my orders</button>';
s.querySelector('button').addEventListener('click',function(e){ if(e.isTrusted) setTimeout(function(){fetch('/api/orders');document.getElementById('end').insertAdjacentHTML('afterend','<p>Two orders</p>')},500) })</script>`)
	default:
		fmt.Fprint(w, "ok")
	}
}

func memberJourney(steps ...Step) *Journey {
	j := &Journey{File: "journey.yaml", Secrets: []Secret{{"SHOP_USER", memberName}, {"SHOP_PASSWORD", memberPassword}}}
	for i, s := range steps {
		s.Line = i + 2
		j.Steps = append(j.Steps, s)
	}
	return j
}

// A journey logs in; the visits after it are a member's, its evidence is marked
// with its steps, and what it typed is nowhere in the bundle.
func TestJourney(t *testing.T) {
	t.Parallel()
	server := webtest.Start(t, nil)
	server.Handle("www.shop.test", http.HandlerFunc(memberSite))
	o := options(server)
	o.Journey = memberJourney(
		Step{Do: "goto", Target: "https://www.shop.test/login"},
		Step{Do: "fill", Target: "text=E-mail", Value: memberName, Shown: "${env:SHOP_USER}"},
		Step{Do: "fill", Target: "[name=password]", Value: memberPassword, Shown: "${env:SHOP_PASSWORD}"},
		Step{Do: "select", Target: "select", Value: "United States"},
		Step{Do: "submit", Target: "#login"},
		Step{Do: "wait_for", Target: "url=/account"},
		Step{Do: "scroll", Target: "#end"},
		Step{Do: "click", Target: "text=Show my orders"},
		Step{Do: "wait_for", Target: "text=Two orders"},
		Step{Do: "press", Target: "Tab"},
		Step{Do: "screenshot", Target: "orders"},
	)
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.shop.test/"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	for _, g := range c.gaps {
		if strings.Contains(g.What, "journey") || g.Page != "" {
			t.Errorf("gap %+v", g)
		}
	}
	i := slices.IndexFunc(c.pages, func(p evidence.Page) bool { return p.Kind == "journey" })
	if i < 0 {
		t.Fatalf("no page of the journey among %v", c.urls())
	}
	p := c.pages[i]
	if p.ID != "j0001.none" || p.Ended != "quiet" || p.URL != "https://www.shop.test/login" || !strings.HasPrefix(p.FinalURL, "https://www.shop.test/account?welcome=") || len(p.Steps) != len(o.Journey.Steps) {
		t.Errorf("the journey's page is %+v", p)
	}
	for n, s := range p.Steps {
		if s.Line != n+2 || s.Failure != "" || s.URL == "" {
			t.Errorf("step %d: %+v", n+1, s)
		}
	}
	if p.Steps[1].Value != "${env:SHOP_USER}" || p.Steps[10].Screenshot == "" {
		t.Errorf("steps %+v", p.Steps)
	}
	steps := map[string]int{}
	for _, q := range all(t, c.reader.Requests()) {
		if q.Page == p.ID {
			u, _ := url.Parse(q.URL)
			steps[u.Path] = q.Step
		}
	}
	for path, step := range map[string]int{"/login": 1, "/seen": 3, "/chosen": 4, "/login/check": 5, "/account": 5, "/api/orders": 8} {
		if got := steps[path]; got != step && !(path == "/api/orders" && got == 9) {
			t.Errorf("%s was sent in step %d, want %d", path, got, step)
		}
	}
	if orders := c.page(t, "https://www.shop.test/account/orders"); orders.FinalURL != orders.URL || !strings.HasPrefix(orders.Title, "Hello") {
		t.Errorf("the page behind the log-in: %+v", orders)
	}
	forms := all(t, c.reader.Forms())
	if !slices.ContainsFunc(forms, func(f evidence.Form) bool { return f.Page == p.ID && len(f.Fields) == 3 && f.ID == "j0001.none/f01" }) {
		t.Errorf("the log-in's form is not recorded: %+v", forms)
	}
	noSecrets(t, c)
}

// noSecrets reads every file of the bundle, and every event.
func noSecrets(t *testing.T, c *crawled) {
	t.Helper()
	needles := []string{
		memberName, url.QueryEscape(memberName), memberPassword, url.QueryEscape(memberPassword), `s3cret \"pass\"`, `s3cret \\\"pass`, "s3cret+%22", "s3cret%20%22",
		base64.StdEncoding.EncodeToString([]byte("x" + memberName))[2:24],
	}
	seen := 0
	err := filepath.WalkDir(c.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		for _, n := range needles {
			if bytes.Contains(data, []byte(n)) {
				t.Errorf("%s holds %s", filepath.Base(name), n)
			}
		}
		seen += bytes.Count(data, []byte("${env:SHOP_USER}"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 4 {
		t.Errorf("the name stands %d times where the value was", seen)
	}
	for _, e := range c.events {
		if strings.Contains(e.Message+e.URL, memberName) {
			t.Errorf("an event tells it: %+v", e)
		}
	}
}

// A step that cannot be taken is a gap that says where, what was expected and
// what was there; the scan goes on.
func TestJourneyFails(t *testing.T) {
	t.Parallel()
	server := webtest.Start(t, nil)
	server.Handle("www.shop.test", http.HandlerFunc(memberSite))
	server.Handle("gone.test", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	for name, tt := range map[string]struct {
		steps []Step
		want  []string
	}{
		"wrong kind": {[]Step{{Do: "goto", Target: "https://www.shop.test/login"}, {Do: "select", Target: "select", Value: "Mars"}, {Do: "submit", Target: "#login"}},
			[]string{`journey.yaml, step 2 of the journey, line 3: select "select" with "Mars"`, `it has no such option, but "Germany", "United States"; the step after it was not taken`}},
		"no page": {[]Step{{Do: "goto", Target: "https://gone.test/"}},
			[]string{`step 1 of the journey, line 2: goto "https://gone.test/"`, "expected a page at https://gone.test/: the server closed the connection"}},
		"no such thing": {[]Step{{Do: "goto", Target: "https://www.shop.test/login"}, {Do: "fill", Target: "text=E-mail", Value: memberName, Shown: "${env:SHOP_USER}"}, {Do: "click", Target: "#buy"}},
			[]string{`step 3 of the journey, line 4: click "#buy"`, `something visible that is "#buy"; on the page "Log in" (https://www.shop.test/login) there are: input "e-mail"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(server)
			o.Pages, o.PageTimeout, o.Journey = 1, 4*time.Second, memberJourney(tt.steps...)
			c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.shop.test/"}}, o, nil)
			if c.err != nil {
				t.Fatal(c.err)
			}
			c.page(t, "https://www.shop.test/")
			if !slices.ContainsFunc(c.gaps, func(g evidence.Gap) bool {
				return strings.Contains(g.What, tt.want[0]) && strings.Contains(g.Why, tt.want[1]) && g.Page == "j0001.none"
			}) {
				t.Errorf("gaps %+v, want %q", c.gaps, tt.want)
			}
		})
	}
}
