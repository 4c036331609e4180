package main

import (
	"strings"
	"testing"
	"time"

	"candor/crawler"
)

func TestHostMap(t *testing.T) {
	for in, want := range map[string]string{
		"*=127.0.0.1:80":                "* 127.0.0.1:80",
		"*.Example.com=[::1]:8443":      "*.example.com [::1]:8443",
		"www.example.com.=10.0.0.1:443": "www.example.com 10.0.0.1:443",
		"bücher.example=127.0.0.1:1":    "xn--bcher-kva.example 127.0.0.1:1",
	} {
		got, err := parseHostMap(in)
		if err != nil || got.Pattern+" "+got.Addr.String() != want {
			t.Errorf("parseHostMap(%q) = %v, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "*", "=127.0.0.1:1", "*=127.0.0.1", "*=localhost:80", "*=127.0.0.1:0", "*=127.0.0.1:70000",
		"a*.com=127.0.0.1:1", "*.=127.0.0.1:1", "http://a.com=127.0.0.1:1", "a/b=127.0.0.1:1", "a:80=127.0.0.1:1"} {
		if got, err := parseHostMap(in); err == nil || !strings.Contains(err.Error(), "expected PATTERN=ADDR:PORT") {
			t.Errorf("parseHostMap(%q) = %v, %v, want an error that says what was expected", in, got, err)
		}
	}
}

func FuzzHostMap(f *testing.F) {
	for _, s := range []string{"*=127.0.0.1:80", "*.example.com=[::1]:8443", "a=b=c:1", "*.=:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := parseHostMap(s)
		if err != nil {
			return
		}
		again, err := parseHostMap(m.Pattern + "=" + m.Addr.String())
		if err != nil || again != m {
			t.Errorf("%q gives %v, which gives %v, %v", s, m, again, err)
		}
	})
}

func TestCookie(t *testing.T) {
	for in, want := range map[string]crawler.PresetCookie{
		"a=b":                      {Name: "a", Value: "b"},
		"a=b=c;example.com":        {Name: "a", Value: "b=c", Domain: "example.com"},
		"a=; domain=.Example.com ": {Name: "a", Domain: "example.com"},
	} {
		if got, err := parseCookie(in); err != nil || got != want {
			t.Errorf("parseCookie(%q) = %+v, %v, want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "a", "=b", "a b=c", "a=b;not a domain", "a=b\nc"} {
		if got, err := parseCookie(in); err == nil {
			t.Errorf("parseCookie(%q) = %+v, want an error", in, got)
		}
	}
}

func TestHeader(t *testing.T) {
	if got, err := parseHeader("X-A:  b: c "); err != nil || got != (header{"X-A", "b: c"}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, in := range []string{"", "X-A", "X A: b", "X-A: b\r\nX-B: c", "host: a", "cookie: a=b", "user-agent: x", "Content-Length: 1"} {
		if got, err := parseHeader(in); err == nil {
			t.Errorf("parseHeader(%q) = %v, want an error", in, got)
		}
	}
}

func TestNumbersAndShares(t *testing.T) {
	for in, want := range map[string]float64{"0": 0, "1": 1, "0.8": 0.8, "80%": 0.8, "100%": 1} {
		if got, err := parseShare(in); err != nil || got != want {
			t.Errorf("parseShare(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "-0.1", "1.1", "101%", "NaN", "inf", "a"} {
		if got, err := parseShare(in); err == nil {
			t.Errorf("parseShare(%q) = %v, want an error", in, got)
		}
	}
	duration := parseDuration(time.Second, time.Minute)
	for _, in := range []string{"", "5", "999ms", "61s", "-5s"} {
		if got, err := duration(in); err == nil {
			t.Errorf("duration %q = %v, want an error", in, got)
		}
	}
	for _, in := range []string{"http://127.0.0.1:1", "https://proxy.test", "socks5://127.0.0.1:1"} {
		if _, err := parseProxy(in); err != nil {
			t.Errorf("parseProxy(%q): %v", in, err)
		}
	}
	for _, in := range []string{"127.0.0.1:1", "ftp://a", "http://", "http://me:secret@a:1"} {
		if _, err := parseProxy(in); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("parseProxy(%q): %v, want an error without the password", in, err)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"pages", "depth", "fail-on", "host-map"}
	for got, want := range map[string]string{"page": "pages", "PAGES": "pages", "fail_on": "fail-on", "hostmap": "host-map", "zzzzzzzz": "", "": ""} {
		if near, _ := nearest(got, words); near != want {
			t.Errorf("nearest(%q) = %q, want %q", got, near, want)
		}
	}
}

func TestLanguageOfTheReport(t *testing.T) {
	for in, want := range map[string]string{"de": "de", "EN": "en"} {
		if got, err := parseLanguage(in); got != want || err != nil {
			t.Errorf("%q is %q (%v), want %q", in, got, err, want)
		}
	}
	if _, err := parseLanguage("fr"); err == nil || !strings.Contains(err.Error(), `there is no language "fr": expected de or en`) {
		t.Errorf("a language that there is not: %v", err)
	}
	if f := everyFlag(nil).Lookup("language"); f == nil || f.DefValue != "en" {
		t.Error("candor.yaml does not know the language")
	}
}
