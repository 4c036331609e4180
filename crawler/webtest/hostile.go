package webtest

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/tools/txtar"
)

//go:embed hostile.txtar
var hostileText []byte

// HostileCase is one page or answer that gets in a visitor's way.
type HostileCase struct {
	Path string // "/redirect-loop"
	What string // in a few words
}

// Figures of the hostile pages.
const (
	HugeBytes   = 500 << 20 // of /huge and, unpacked, of /bomb
	ManyLinks   = 200_000   // of /links
	ManyFrames  = 100       // of /frames, each on a host (and site) of its own: frame-000.test to frame-099.test
	ManyCookies = 300       // Set-Cookie lines of /cookies
)

// Hostile answers the paths of HostileCases, and a list of links to them at
// "/". Mount it on "*.test", since some pages use several hosts. Endless
// answers end when the client or the server goes.
func Hostile() http.Handler {
	pages := hostilePages()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(r.URL.Path, "/")
		if i := slices.IndexFunc(hostileAnswers, func(a hostileAnswer) bool { return a.name == name }); i >= 0 {
			hostileAnswers[i].serve(w, r)
			return
		}
		switch page, ok := pages[name]; {
		case name == "":
			hostileIndex(w)
		case strings.HasPrefix(name, "calendar/"):
			calendar(w, r)
		case strings.HasPrefix(name, "p/"):
			writeHTML(w, 200, "<!doctype html><title>One of many</title><p>Small.</p>")
		case !ok:
			http.NotFound(w, r)
		case strings.HasSuffix(name, ".js"):
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			_, _ = w.Write(page)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if name == "bot-wall" {
				w.Header().Set("Server", "cloudflare")
				w.Header().Set("Cf-Mitigated", "challenge")
				w.WriteHeader(http.StatusForbidden)
			}
			_, _ = w.Write(page)
		}
	})
}

// HostileCases lists what Hostile answers, by path.
func HostileCases() []HostileCase {
	var out []HostileCase
	for _, a := range hostileAnswers {
		if a.what != "" {
			out = append(out, HostileCase{"/" + a.name, a.what})
		}
	}
	for name, page := range hostilePages() {
		first, _, _ := strings.Cut(string(page), "\n")
		if what, ok := strings.CutPrefix(first, "<!-- "); ok {
			out = append(out, HostileCase{"/" + name, strings.TrimSuffix(what, " -->")})
		}
	}
	slices.SortFunc(out, func(a, b HostileCase) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// hostilePages are the static pages by name.
var hostilePages = sync.OnceValue(func() map[string][]byte {
	pages := map[string][]byte{}
	for _, f := range txtar.Parse(hostileText).Files {
		pages[strings.TrimSuffix(f.Name, ".html")] = f.Data
	}
	return pages
})

func hostileIndex(w http.ResponseWriter) {
	var b strings.Builder
	b.WriteString("<!doctype html><title>Hostile pages</title><ul>\n")
	for _, c := range HostileCases() {
		fmt.Fprintf(&b, "<li><a href=%q>%s</a>: %s\n", c.Path, c.Path, c.What)
	}
	writeHTML(w, http.StatusOK, b.String())
}

// hostileAnswer is one that needs code. Without what it is a part of others.
type hostileAnswer struct {
	name, what string
	serve      http.HandlerFunc
}

var hostileAnswers = []hostileAnswer{
	{"small", "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		writeHTML(w, 200, "<!doctype html><title>Small</title><p>Small.</p>")
	}},
	{"file", "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="file.bin"`)
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(bytes.Repeat([]byte{7}, 4096))
	}},
	{"redirect-loop", "redirects to itself for ever", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		http.Redirect(w, r, fmt.Sprintf("/redirect-loop?n=%d", n+1), http.StatusFound)
	}},
	{"redirect-hosts", "redirects from host to host for ever", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		http.Redirect(w, r, fmt.Sprintf("https://hop-%d.test/redirect-hosts?n=%d", n, n+1), http.StatusFound)
	}},
	{"endless", "a page that never ends", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		stream(w, r, []byte("<!doctype html><title>Endless</title>\n"), []byte("<p>More of the same.</p>\n"), 20*time.Millisecond)
	}},
	{"endless-image", "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		stream(w, r, []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), []byte{0xff}, 100*time.Millisecond)
	}},
	{"huge", "a page of 500 MB", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(HugeBytes))
		_, _ = io.Copy(w, io.LimitReader(filler{}, HugeBytes))
	}},
	{"bomb", "500 MB that come as half a megabyte of gzip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.Copy(z, io.LimitReader(filler{}, HugeBytes))
		_ = z.Close()
	}},
	{"slow-headers", "headers that come a byte at a time and never end", slowHeaders},
	{"silent", "no answer", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	{"empty", "the connection ends without an answer", func(w http.ResponseWriter, r *http.Request) { takeOver(w, false) }},
	{"reset", "the connection is reset", func(w http.ResponseWriter, r *http.Request) { takeOver(w, true) }},
	{"garbage", "an answer that is not HTTP", func(w http.ResponseWriter, r *http.Request) {
		if c := hijack(w); c != nil {
			_, _ = io.WriteString(c, "\x00\x01SSH-2.0-nothing\r\n\r\n")
			_ = c.Close()
		}
	}},
	{"cut", "a body that is shorter than its stated length", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5000")
		writeHTML(w, 200, "<!doctype html><title>Cut</title><p>The beginning.</p>")
	}},
	{"no-content", "204", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }},
	{"auth", "401 with a realm", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="Staff only"`)
		writeHTML(w, http.StatusUnauthorized, "<!doctype html><title>Log in</title><p>Staff only.</p>")
	}},
	{"error", "500", func(w http.ResponseWriter, r *http.Request) {
		writeHTML(w, http.StatusInternalServerError, "<!doctype html><title>Fault</title><p>Something failed.</p>")
	}},
	{"too-many", "429 with Retry-After", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "120")
		writeHTML(w, http.StatusTooManyRequests, "<!doctype html><title>Slow down</title><p>Too many requests.</p>")
	}},
	{"charset", "bytes that are not the charset that is stated", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><meta charset=\"shift_jis\"><title>Caf\xe9 \xff\xfe\xc0\x80</title><p>na\xefve \xed\xa0\x80 \xf4\x90\x80\x80</p>\x00<p>End.</p>"))
	}},
	{"not-html", "an image that is called text/html", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + strings.Repeat("\x00\xff\xfe<", 2000)))
	}},
	{"calendar/2026-01", "a calendar without end", calendar},
	{"links", "200,000 links", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>Links</title>\n")
		for i := range ManyLinks {
			if _, err := fmt.Fprintf(w, "<a href=/p/%d>%d</a>\n", i, i); err != nil {
				return
			}
		}
	}},
	{"frames", "100 frames of other sites", func(w http.ResponseWriter, r *http.Request) {
		var b strings.Builder
		b.WriteString("<!doctype html><title>Frames</title>\n")
		for i := range ManyFrames {
			fmt.Fprintf(&b, "<iframe src=https://frame-%03d.test/small width=80 height=40></iframe>\n", i)
		}
		writeHTML(w, 200, b.String())
	}},
	{"cookies", "300 cookies, one of 5,000 bytes", func(w http.ResponseWriter, r *http.Request) {
		for i := range ManyCookies {
			w.Header().Add("Set-Cookie", fmt.Sprintf("c%03d=%d; Path=/", i, i))
		}
		w.Header().Add("Set-Cookie", "big="+strings.Repeat("x", 5000))
		w.Header().Add("Set-Cookie", "=;;; Max-Age=x; Expires=never; Domain=..")
		writeHTML(w, 200, "<!doctype html><title>Cookies</title><p>Content.</p>")
	}},
	{"headers", "300 kB of headers", func(w http.ResponseWriter, r *http.Request) {
		for i := range 100 {
			w.Header().Add("X-Filler-"+strconv.Itoa(i), strings.Repeat("x", 3000))
		}
		writeHTML(w, 200, "<!doctype html><title>Headers</title><p>Content.</p>")
	}},
}

func writeHTML(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// stream sends first, then more at every interval, until the client goes.
func stream(w http.ResponseWriter, r *http.Request, first, more []byte, interval time.Duration) {
	control := http.NewResponseController(w)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for part := first; ; part = more {
		if _, err := w.Write(part); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// filler is text without end.
type filler struct{}

const fillerText = "<p>Lorem Candor ipsum.</p>\n"

func (filler) Read(p []byte) (int, error) {
	for i := 0; i < len(p); i += copy(p[i:], fillerText) {
	}
	return len(p), nil
}

func slowHeaders(w http.ResponseWriter, r *http.Request) {
	c := hijack(w)
	if c == nil {
		return
	}
	defer c.Close()
	if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Slow: "); err != nil {
		return
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
		if _, err := io.WriteString(c, "x"); err != nil {
			return
		}
	}
}

// hijack takes the connection; nil after an answer that says why it cannot.
func hijack(w http.ResponseWriter) net.Conn {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "webtest: needs HTTP/1.1: "+err.Error(), http.StatusHTTPVersionNotSupported)
		return nil
	}
	return c
}

// takeOver ends the connection without an answer, by a reset if asked.
func takeOver(w http.ResponseWriter, reset bool) {
	c := hijack(w)
	if c == nil {
		return
	}
	if !reset {
		_ = c.Close()
		return
	}
	raw := c
	for {
		switch inner := raw.(type) {
		case interface{ NetConn() net.Conn }:
			raw = inner.NetConn()
			continue
		case *net.TCPConn:
			_ = inner.SetLinger(0)
		}
		_ = raw.Close()
		return
	}
}

// calendar is a month's page with links to the months around it.
func calendar(w http.ResponseWriter, r *http.Request) {
	month, err := time.Parse("2006-01", strings.TrimPrefix(r.URL.Path, "/calendar/"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	link := func(n int) string { return month.AddDate(0, n, 0).Format("2006-01") }
	writeHTML(w, 200, fmt.Sprintf("<!doctype html><title>Events in %s</title><p>No events.</p><a href=/calendar/%s>back</a> <a href=/calendar/%s>next</a>",
		month.Format("January 2006"), link(-1), link(1)))
}
