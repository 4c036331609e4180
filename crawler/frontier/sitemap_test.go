package frontier

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func gz(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.Bytes()
}

func urlset(locs ...string) string {
	return `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>` + strings.Join(locs, "</loc></url><url><loc>") + "</loc></url></urlset>"
}

func index(locs ...string) string {
	return "<sitemapindex><sitemap><loc>" + strings.Join(locs, "</loc></sitemap><sitemap><loc>") + "</loc></sitemap></sitemapindex>"
}

func serve(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Write(body)
	}
}

func TestParseSitemap(t *testing.T) {
	for _, tt := range []struct {
		name  string
		body  []byte
		pages []string
		files []string
		err   string
	}{
		{"urlset", []byte(urlset("https://a.test/1", " https://a.test/2\n")), []string{"https://a.test/1", "https://a.test/2"}, nil, ""},
		{"index", []byte(index("https://a.test/s1.xml")), nil, []string{"https://a.test/s1.xml"}, ""},
		{"gzip", gz(urlset("https://a.test/1")), []string{"https://a.test/1"}, nil, ""},
		{"text", []byte("https://a.test/1\r\n\nhttp://a.test/2\nnonsense\n"), []string{"https://a.test/1", "http://a.test/2"}, nil, ""},
		{"entities", []byte(urlset("https://a.test/?a=1&amp;b=2", "<![CDATA[https://a.test/c]]>")), []string{"https://a.test/?a=1&b=2", "https://a.test/c"}, nil, ""},
		{"images are no pages", []byte(`<urlset><url><loc>https://a.test/1</loc><image:image><image:loc>https://a.test/i.jpg</image:loc></image:image></url></urlset>`), []string{"https://a.test/1"}, nil, ""},
		{"latin-1", []byte("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><urlset><url><loc>https://a.test/\xfc</loc></url></urlset>"), []string{"https://a.test/ü"}, nil, ""},
		{"html", []byte("<!doctype html><html><p>Not found"), nil, nil, "no sitemap but <html>"},
		{"empty", nil, nil, nil, "empty"},
		{"words", []byte("hello"), nil, nil, "no sitemap"},
		{"cut off", []byte(urlset("https://a.test/1")[:120]), []string{"https://a.test/1"}, nil, "unexpected EOF"},
		{"broken gzip", []byte{0x1f, 0x8b, 1, 2}, nil, nil, "gzip"},
		{"deep", []byte("<urlset>" + strings.Repeat("<a>", 100)), nil, nil, "nested"},
		{"own entities are not expanded", []byte(`<!DOCTYPE x [<!ENTITY a "aaaaaaaa">]><urlset><url><loc>https://a.test/&a;</loc></url></urlset>`), []string{"https://a.test/&a;"}, nil, ""},
		{"bomb", gz("<urlset>" + strings.Repeat(" ", maxSitemapPlain+1)), nil, nil, "larger than the bound"},
	} {
		doc, err := parseSitemap(tt.body, 100)
		if d := cmp.Diff(tt.pages, doc.pages); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
		if d := cmp.Diff(tt.files, doc.files); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.err)
		}
	}
	if doc, err := parseSitemap([]byte(urlset("https://a.test/1", "https://a.test/2", "https://a.test/3")), 2); err != nil || len(doc.pages) != 2 || !doc.cut {
		t.Errorf("limit: %+v, %v", doc, err)
	}
}

// An index in gzip behind robots.txt, a file with Content-Encoding, and one
// from another host.
func TestSitemapsAreFollowed(t *testing.T) {
	w := newWeb(map[string]string{
		"a.test/robots.txt": "Sitemap: https://a.test/index.xml.gz", "a.test/": "",
		"a.test/p": "", "a.test/q": "", "a.test/r": "", "a.test/privacy": "",
	})
	w.pages["a.test/index.xml.gz"] = serve("application/gzip", gz(index("https://a.test/one.xml", "/two.xml", "https://cdn.test/three.txt", "https://a.test/one.xml")))
	w.pages["a.test/one.xml"] = serve("application/xml", []byte(urlset("https://a.test/p", "https://other.test/no", "https://a.test/privacy")))
	w.pages["a.test/two.xml"] = func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Encoding", "gzip")
		rw.Write(gz(urlset("https://a.test/q")))
	}
	w.pages["cdn.test/three.txt"] = text(200, "https://a.test/r\n")
	f := mustNew(t, options(w, "a.test"))
	items := crawl(t, w, f)
	if d := cmp.Diff([]string{"/", "/privacy", "/p", "/q", "/r"}, paths(items)); d != "" {
		t.Error(d)
	}
	if items[1].LinkedFrom != "sitemap" || f.Notices()[0].LinkedFrom[0].Page != "sitemap" {
		t.Errorf("linked from: %+v", items[1])
	}
	if len(f.Gaps()) != 0 {
		t.Errorf("gaps: %+v", f.Gaps())
	}
	if w.count("one.xml") != 1 || w.count("/sitemap.xml") != 0 {
		t.Errorf("asked: %v", w.asked)
	}
}

func TestSitemapFaults(t *testing.T) {
	bomb := gz(urlset("https://a.test/early") + strings.Repeat(" ", maxSitemapPlain+1))
	for _, tt := range []struct {
		name   string
		robots string
		page   http.HandlerFunc
		kind   string
		part   string
	}{
		{"missing and only guessed", "", text(404, ""), "", ""},
		{"soft 404 of a guess", "", serve("text/html", []byte("<html>sorry")), "", ""},
		{"named and missing", "Sitemap: /sitemap.xml", text(404, ""), "other", "no such file"},
		{"server error", "", text(500, ""), "other", "status 500"},
		{"bomb in a file", "", serve("application/gzip", bomb), "too_large", "larger than the bound"},
		{"bomb in transit", "", func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Encoding", "gzip")
			rw.Write(bomb)
		}, "too_large", "larger than the bound"},
		{"large", "", serve("text/plain", bytes.Repeat([]byte("x"), maxSitemapBytes+1)), "too_large", "larger than the bound"},
		{"broken", "Sitemap: /sitemap.xml", serve("application/xml", []byte("<urlset><url><loc>https://a.test/early</loc></url><url>")), "other", "unexpected EOF"},
		{"redirects for ever", "", redirect("/sitemap.xml"), "redirect_loop", "5 redirects"},
		{"itself", "Sitemap: /sitemap.xml", serve("application/xml", []byte(index("/sitemap.xml"))), "", ""},
		{"unknown encoding", "", func(rw http.ResponseWriter, r *http.Request) { rw.Header().Set("Content-Encoding", "br") }, "other", "not asked for"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(map[string]string{"a.test/robots.txt": tt.robots, "a.test/": "", "a.test/early": ""})
			w.pages["a.test/sitemap.xml"] = tt.page
			o := options(w, "a.test")
			o.SeedTimeout, o.FetchTimeout = time.Hour, time.Hour // what is too large is not also too slow
			f := mustNew(t, o)
			crawl(t, w, f)
			gaps := f.Gaps()
			if tt.kind == "" {
				if len(gaps) > 0 {
					t.Errorf("gaps: %+v", gaps)
				}
				return
			}
			if len(gaps) != 1 || gaps[0].Kind != tt.kind || !strings.Contains(gaps[0].Why, tt.part) || gaps[0].What != "sitemap https://a.test/sitemap.xml" {
				t.Errorf("gaps: %+v", gaps)
			}
		})
	}
}

// Bounds on files, depth and addresses; a hundred product files do not hide
// the one of pages.
func TestSitemapBounds(t *testing.T) {
	var names []string
	w := newWeb(map[string]string{"a.test/": "", "a.test/rare": ""})
	for i := range 100 {
		name := fmt.Sprintf("/products-%d.xml", i)
		names = append(names, "https://a.test"+name)
		var locs []string
		for k := range 200 {
			locs = append(locs, fmt.Sprintf("https://a.test/products/%d-%d", i, k))
		}
		w.pages["a.test"+name] = text(200, urlset(locs...))
	}
	names = append(names, "https://a.test/pages-1.xml")
	w.pages["a.test/pages-1.xml"] = text(200, urlset("https://a.test/rare"))
	w.pages["a.test/sitemap.xml"] = text(200, index(names...))
	o := options(w, "a.test")
	o.Pages = 3
	f := mustNew(t, o)
	items := crawl(t, w, f)
	if !strings.Contains(strings.Join(paths(items), " "), "/rare") {
		t.Errorf("visited %v", paths(items))
	}
	if n := w.count("products-"); n > maxSitemaps {
		t.Errorf("%d product sitemaps were read", n)
	}
	if g := gapWith(f.Gaps(), "beyond the first 10 files"); g == nil || g.Kind != "bound" {
		t.Errorf("gaps: %+v", f.Gaps())
	}
	deep := newWeb(map[string]string{"a.test/": ""})
	deep.pages["a.test/sitemap.xml"] = text(200, index("https://a.test/1.xml"))
	for i := 1; i < 9; i++ {
		deep.pages[fmt.Sprintf("a.test/%d.xml", i)] = text(200, index(fmt.Sprintf("https://a.test/%d.xml", i+1)))
	}
	f = mustNew(t, options(deep, "a.test"))
	crawl(t, deep, f)
	if g := gapWith(f.Gaps(), "more than 3 deep"); g == nil {
		t.Errorf("gaps: %+v", f.Gaps())
	}
}

// A site that never answers ends Seed by its time, with a gap.
func TestSeedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(map[string]string{"a.test/robots.txt": ""})
		w.pages["a.test/*"] = func(rw http.ResponseWriter, r *http.Request) { <-r.Context().Done(); rw.WriteHeader(404) }
		o := options(w, "a.test")
		o.FetchTimeout, o.SeedTimeout = time.Hour, 30*time.Second
		f := mustNew(t, o)
		start := time.Now()
		if err := f.Seed(context.Background()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != 30*time.Second {
			t.Errorf("Seed took %s", d)
		}
		if g := gapWith(f.Gaps(), "ended after 30s"); g == nil || g.Kind != "timeout" {
			t.Errorf("gaps: %+v", f.Gaps())
		}
		if item, err := f.Next(t.Context()); err != nil || item.Kind != KindHome {
			t.Errorf("Next = %+v, %v", item, err)
		}
	})
}

func FuzzSitemap(f *testing.F) {
	for _, s := range []string{urlset("https://a.test/1"), index("x"), "https://a.test/\nhttp://", "<urlset><url><loc>a<loc>b</loc></url>", "<?xml version='1.0' encoding='utf-16'?><urlset/>", "\xef\xbb\xbf <urlset></url></loc>"} {
		f.Add([]byte(s))
		f.Add(gz(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		const limit = 10
		doc, err := parseSitemap(body, limit)
		if len(doc.pages)+len(doc.files) > limit {
			t.Fatalf("%d addresses", len(doc.pages)+len(doc.files))
		}
		if err == nil && len(doc.pages)+len(doc.files) == 0 && len(body) > 0 && body[0] != '<' && doc.cut {
			t.Fatal("nothing was read, and yet cut")
		}
		for _, p := range doc.pages {
			if len(p) > maxSitemapText+64<<10 {
				t.Fatalf("an address of %d bytes", len(p))
			}
		}
	})
}
