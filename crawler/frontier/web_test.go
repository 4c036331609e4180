package frontier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"candor/crawler/evidence"
)

// web is an internet in memory: pages by "host/path?query". It runs no
// goroutine, so that it works in a synctest bubble.
type web struct {
	mu    sync.Mutex
	pages map[string]http.HandlerFunc
	asked []string // "GET host/path", in order
	times map[string][]time.Time
}

func newWeb(pages map[string]string) *web {
	w := &web{pages: map[string]http.HandlerFunc{}, times: map[string][]time.Time{}}
	for k, v := range pages {
		w.pages[k] = text(200, v)
	}
	return w
}

func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		kind := "text/html; charset=utf-8"
		if strings.HasSuffix(r.URL.Path, ".txt") {
			kind = "text/plain"
		} else if strings.HasSuffix(r.URL.Path, ".xml") {
			kind = "application/xml"
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	key := r.URL.Host + r.URL.RequestURI()
	w.mu.Lock()
	w.asked = append(w.asked, r.Method+" "+key)
	w.times[r.URL.Host] = append(w.times[r.URL.Host], time.Now())
	h := w.pages[key]
	if h == nil {
		h = w.pages[r.URL.Host+"/*"]
	}
	w.mu.Unlock()
	if h == nil {
		h = text(404, "not here")
	}
	rec := httptest.NewRecorder()
	h(rec, r)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

func (w *web) count(part string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, a := range w.asked {
		if strings.Contains(a, part) {
			n++
		}
	}
	return n
}

func (w *web) client() *http.Client { return &http.Client{Transport: w} }

// testWords are enough language for the tests.
var testWords = Words{
	PageKinds: []KindWords{
		{Kind: "signup", Texts: []string{"sign up", "register", "newsletter"}, Paths: []string{"signup", "sign-up", "register", "newsletter"}},
		{Kind: "checkout", Texts: []string{"checkout", "cart", "basket"}, Paths: []string{"checkout", "cart", "basket"}},
		{Kind: "contact", Texts: []string{"contact", "contact us", "kontakt"}, Paths: []string{"contact", "kontakt"}},
		{Kind: "careers", Texts: []string{"careers", "jobs"}, Paths: []string{"careers", "jobs"}},
		{Kind: "children", Texts: []string{"kids", "for children"}, Paths: []string{"kids"}},
		{Kind: "blog", Texts: []string{"blog", "news"}, Paths: []string{"blog", "news"}},
	},
	Notices: []KindWords{
		{Kind: "privacy", Texts: []string{"privacy policy", "privacy notice", "privacy", "data protection", "datenschutzerklärung", "datenschutz", "confidentialité", "プライバシーポリシー"},
			Paths: []string{"privacy-policy", "privacy", "datenschutz", "confidentialite"}, Not: []string{"privacy settings", "privacy choices"}},
		{Kind: "cookie", Texts: []string{"cookie policy", "cookies"}, Paths: []string{"cookie-policy", "cookies"}, Not: []string{"cookie settings"}},
		{Kind: "state", Texts: []string{"california privacy notice", "california privacy rights"}, Paths: []string{"california-privacy", "ccpa"}},
		{Kind: "terms", Texts: []string{"terms of use", "terms and conditions", "terms"}, Paths: []string{"terms"}},
	},
	WellKnown: []string{"/privacy-policy", "/privacy", "/datenschutz"},
}

func at2026() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }

// options leave more time than a crowded machine takes; tests about time set their own.
func options(w *web, start ...string) Options {
	return Options{Start: start, Client: w.client(), Words: testWords, RespectRobots: true, HostDelay: -1, Now: at2026, FetchTimeout: time.Minute, SeedTimeout: time.Hour}
}

func mustNew(t *testing.T, o Options) *Frontier {
	t.Helper()
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// visit is what the fake browser of the tests sees: the page's links by the
// same extraction, redirects followed.
func (w *web) visit(item Item) Visited {
	resp, err := w.client().Get(item.URL)
	if err != nil {
		return Visited{Failed: true}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		return Visited{Failed: true, FinalURL: resp.Request.URL.String()}
	}
	p, err := extractLinks(resp.Request.URL, body)
	if err != nil {
		return Visited{Failed: true}
	}
	return Visited{FinalURL: resp.Request.URL.String(), Canonical: p.canonical, Links: p.links}
}

// crawl runs a whole crawl with one visit at a time, Seed first.
func crawl(t *testing.T, w *web, f *Frontier) []Item {
	t.Helper()
	ctx := t.Context()
	if err := f.Seed(ctx); err != nil {
		t.Fatal(err)
	}
	return drain(t, ctx, w, f)
}

func drain(t *testing.T, ctx context.Context, w *web, f *Frontier) []Item {
	t.Helper()
	var items []Item
	for {
		item, err := f.Next(ctx)
		if errors.Is(err, io.EOF) {
			return items
		}
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
		if len(items) > 2000 {
			t.Fatal("the crawl does not end")
		}
		f.Done(item, w.visit(item))
	}
}

func paths(items []Item) []string {
	var out []string
	for _, i := range items {
		u, _ := url.Parse(i.URL)
		out = append(out, u.RequestURI())
	}
	return out
}

func kindsOf(items []Item) []string {
	var out []string
	for _, i := range items {
		out = append(out, i.Kind)
	}
	return out
}

func links(hrefs ...string) string {
	var b strings.Builder
	for _, h := range hrefs {
		href, label, _ := strings.Cut(h, "|")
		fmt.Fprintf(&b, "<a href=%q>%s</a>\n", href, label)
	}
	return b.String()
}

func gapWith(gaps []evidence.Gap, part string) *evidence.Gap {
	i := slices.IndexFunc(gaps, func(g evidence.Gap) bool { return strings.Contains(g.What+" "+g.Why, part) })
	if i < 0 {
		return nil
	}
	return &gaps[i]
}
