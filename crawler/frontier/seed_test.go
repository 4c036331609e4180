package frontier

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func noticeURLs(f *Frontier) []string {
	var out []string
	for _, n := range f.Notices() {
		out = append(out, n.URL)
	}
	return out
}

func TestWellKnown(t *testing.T) {
	soft := strings.Repeat("<p>Nothing here, sorry.</p>", 50)
	for _, tt := range []struct {
		name  string
		pages map[string]http.HandlerFunc
		want  []string
	}{
		{"found", map[string]http.HandlerFunc{"/privacy": text(200, "We collect")}, []string{"https://a.test/privacy"}},
		{"nothing", nil, nil},
		{"redirect to a page", map[string]http.HandlerFunc{"/privacy": redirect("/legal/privacy-policy.html"), "/legal/privacy-policy.html": text(200, "p")}, []string{"https://a.test/legal/privacy-policy.html"}},
		{"redirect home", map[string]http.HandlerFunc{"/*": redirect("/")}, nil},
		{"soft 404", map[string]http.HandlerFunc{"/*": text(200, "<title>Oops</title>"+soft)}, nil},
		{"soft 404 that names the path", map[string]http.HandlerFunc{"/*": func(w http.ResponseWriter, r *http.Request) { text(200, "<title>Oops</title>"+soft+r.URL.Path)(w, r) }}, nil},
		{"soft 404 beside a real page", map[string]http.HandlerFunc{"/*": text(200, "<title>Oops</title>"+soft), "/datenschutz": text(200, "<title>Datenschutz</title>Wir")}, []string{"https://a.test/datenschutz"}},
		{"another site answers", map[string]http.HandlerFunc{"/privacy": redirect("https://other.test/privacy")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(map[string]string{"a.test/": "<p>no links</p>", "a.test/robots.txt": "", "a.test/sitemap.xml": urlset("https://a.test/"), "other.test/privacy": "x"})
			for p, h := range tt.pages {
				w.pages["a.test"+p] = h
			}
			f := mustNew(t, options(w, "a.test"))
			if err := f.Seed(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, noticeURLs(f)); d != "" {
				t.Error(d)
			}
		})
	}
}

// Nothing is guessed when a link names the policy, and robots.txt is asked
// before each guess.
func TestWellKnownIsPolite(t *testing.T) {
	w := newWeb(map[string]string{"a.test/": links("/our-privacy|Privacy policy")})
	if err := mustNew(t, options(w, "a.test")).Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"GET a.test/robots.txt", "GET a.test/", "GET a.test/sitemap.xml"}, w.asked); d != "" {
		t.Error(d)
	}
	w = newWeb(map[string]string{"a.test/": "", "a.test/robots.txt": "User-agent: *\nDisallow: /p", "a.test/privacy": "x"})
	if err := mustNew(t, options(w, "a.test")).Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.count("/privacy"); n != 0 {
		t.Errorf("refused paths were asked for: %v", w.asked)
	}
}

// A page that looks as if it linked to notices is fetched when the start page
// links to none.
func TestHubs(t *testing.T) {
	w := newWeb(map[string]string{
		"a.test/": links("/shop|Shop", "/legal|Legal", "/imprint|Imprint", "/about|About us"), "a.test/legal": links("/cookies|Cookies"),
		"a.test/imprint": links("/dp|Data protection"), "a.test/about": links("/dp2|Data protection"),
	})
	f := mustNew(t, options(w, "a.test"))
	if err := f.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.count("/legal") != 1 || w.count("/imprint") != 1 || w.count("/about") != 0 || w.count("/shop") != 0 {
		t.Errorf("asked: %v", w.asked)
	}
	if n := f.Notices(); len(n) == 0 || n[0].URL != "https://a.test/dp" || n[0].LinkedFrom[0].Page != "https://a.test/imprint" {
		t.Errorf("notices: %+v", n)
	}
}

// What the scout gets when the start page is not what it should be. None of
// it is an error: the browser's visit reports it.
func TestScout(t *testing.T) {
	t.Setenv("COLLY_DISALLOWED_DOMAINS", "a.test")
	t.Setenv("COLLY_MAX_BODY_SIZE", "10")
	long := "<p>" + strings.Repeat("x", 1000) + links("/privacy|Privacy policy")
	for _, tt := range []struct {
		name string
		page http.HandlerFunc
		want []string
	}{
		{"a page", text(200, long), []string{"https://a.test/privacy"}},
		{"an error page", text(500, long), nil},
		{"no HTML", serve("application/pdf", []byte(long)), nil},
		{"gzip in transit", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(gz(long))
		}, []string{"https://a.test/privacy"}},
		{"a bomb", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(gz(long + strings.Repeat(" ", 2*maxPage)))
		}, nil},
		{"too large", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, long)
			w.Write(make([]byte, maxPage))
		}, nil},
		{"another charset", serve("text/html", []byte("<meta charset=iso-8859-1><a href=/d>Datenschutzerkl\xe4rung</a>")), []string{"https://a.test/d"}},
		{"charset of the header", serve("text/html; charset=iso-8859-1", []byte("<a href=/d>Datenschutzerkl\xe4rung</a>")), []string{"https://a.test/d"}},
		{"redirects for ever", redirect("/"), nil},
		{"a redirect to a file address", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(302)
		}, nil},
		{"a redirect that robots.txt refuses", redirect("https://b.a.test/"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(map[string]string{"b.a.test/robots.txt": "User-agent: *\nDisallow: /", "b.a.test/": long})
			w.pages["a.test/"] = tt.page
			f := mustNew(t, options(w, "a.test"))
			if err := f.Seed(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, noticeURLs(f)); d != "" {
				t.Error(d)
			}
			if w.count("GET b.a.test/") > 1 {
				t.Errorf("a refused page was fetched: %v", w.asked)
			}
		})
	}
}
