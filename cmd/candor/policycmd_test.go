package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"candor/analyzer/policy"
	"candor/rules"
)

func newPolicySession(t *testing.T) *session {
	s := newSession(t)
	s.Stages.ReadPolicy = func(in policy.Input, _ *rules.Set) *policy.Document {
		return &policy.Document{
			ID: in.ID, URL: in.URL, Kind: "privacy", Title: "Privacy\x1b[2J", Text: string(in.Raw), Words: len(strings.Fields(string(in.Raw))), SHA256: "0123456789abcdef",
			Statements: []policy.Statement{{
				Actor: "we", Action: "share", Negated: true, DataTypes: []string{"email"}, Recipients: []string{"Acme", "advertisers"}, Quote: "We do not share your email.",
				RecipientRefs: []policy.RecipientRef{{Kind: "named", Text: "Acme"}, {Kind: "category", ID: "advertisers", Text: "advertisers"}},
			}},
			Cookies: []policy.CookieDeclaration{{Name: "_ga", Purpose: "analytics", Lifetime: "2 years"}},
		}
	}
	return s
}

func TestPolicyOfFile(t *testing.T) {
	s := newPolicySession(t)
	write(t, "policy.html", "<p>We do not share your email.</p>")
	if code := s.run("policy", "policy.html"); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	for _, want := range []string{"we · not share · email → Acme, advertisers", "“We do not share your email.”", "named: 1\n  Acme", "_ga", "2 years"} {
		if !strings.Contains(s.stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, s.stdout)
		}
	}
	if strings.Contains(s.stdout.String(), "\x1b") {
		t.Error("an escape sequence got through to the terminal")
	}
}

// TestPolicyInColour: questions and quotes stand out on a terminal, and what
// the notice holds cannot colour anything.
func TestPolicyInColour(t *testing.T) {
	s := newPolicySession(t)
	s.Colour = true
	write(t, "policy.html", "<p>We do not share your email.</p>")
	if code := s.run("policy", "policy.html"); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	for _, want := range []string{"\x1b[1mWhich data are collected?\x1b[0m", "\x1b[33mnot found in the text\x1b[0m", "\x1b[36m“We do not share your email.”\x1b[0m"} {
		if !strings.Contains(s.stdout.String(), want) {
			t.Errorf("no %q in\n%q", want, s.stdout)
		}
	}
	if strings.Contains(s.stdout.String(), "\x1b[2J") {
		t.Error("an escape sequence of the notice got through")
	}
	s = newPolicySession(t)
	s.Colour = true
	write(t, "policy.html", "<p>We do not share your email.</p>")
	if code := s.run("policy", "policy.html", "--json"); code != exitOK || strings.Contains(s.stdout.String(), "\\u001b[1m") || strings.Contains(s.stdout.String(), "\x1b") {
		t.Errorf("JSON in colour, exit code %d", code)
	}
}

func TestPolicyOfAddress(t *testing.T) {
	s := newPolicySession(t)
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host != "www.example.test":
			http.Error(w, "wrong host "+r.Host, http.StatusMisdirectedRequest)
		case r.URL.Path == "/old":
			http.Redirect(w, r, "/privacy", http.StatusFound)
		case r.URL.Path != "/privacy":
			http.NotFound(w, r)
		default:
			cookie, _ := r.Cookie("age")
			if cookie == nil || cookie.Value != "ok" || r.Header.Get("X-Key") != "k" || !strings.Contains(r.UserAgent(), "Candor/") {
				http.Error(w, "no cookie, header or name", http.StatusForbidden)
				return
			}
			w.Write([]byte("We do not share your email."))
		}
	}))
	web.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake that is to fail
	web.StartTLS()
	defer web.Close()
	args := []string{"--host-map", "*=" + web.Listener.Addr().String(), "--insecure", "--header", "X-Key: k", "--cookie", "age=ok", "--json"}
	if code := s.run(append([]string{"policy", "https://www.example.test/old"}, args...)...); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	var got policyView
	if err := json.Unmarshal([]byte(s.stdout.String()), &got); err != nil || got.URL != "https://www.example.test/privacy" || got.Words != 6 {
		t.Errorf("%+v, %v", got, err)
	}
	if code := s.run(append([]string{"policy", "https://www.example.test/gone"}, args...)...); code != exitIncomplete || !strings.Contains(s.stderr.String(), "404") {
		t.Errorf("a page that is gone: exit code %d\n%s", code, s.stderr)
	}
	if code := s.run("policy", "https://www.example.test/privacy", "--host-map", "*="+web.Listener.Addr().String()); code != exitIncomplete || !strings.Contains(s.stderr.String(), "certificate") {
		t.Errorf("an unknown certificate: exit code %d\n%s", code, s.stderr)
	}
}

func TestPolicyThatIsNotThere(t *testing.T) {
	s := newPolicySession(t)
	if code := s.run("policy", "nowhere"); code != exitUsage || !strings.Contains(s.stderr.String(), "no such file") {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
	write(t, "empty.html", "")
	if code := s.run("policy", "empty.html"); code != exitIncomplete || !strings.Contains(s.stderr.String(), "no text") {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
}
