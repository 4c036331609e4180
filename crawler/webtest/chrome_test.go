package webtest

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// chrome finds a Chromium. Without one the test is skipped, or fails on a build machine.
func chrome(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CANDOR_BROWSER"), "/usr/lib/chromium/chromium", "chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); name != "" && err == nil {
			return p
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Chromium on the build machine; run make install")
	}
	t.Skip("SKIPPED: no Chromium here; run make install")
	return ""
}

// dump loads a page with the server as its internet and returns the DOM.
func dump(t *testing.T, srv *Server, url string, more ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=" + t.TempDir(),
		"--disable-background-networking", "--disable-component-update", "--timeout=15000", "--dump-dom",
	}, srv.ChromeFlags()...)
	cmd := exec.CommandContext(ctx, chrome(t), append(append(args, more...), url)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return out.String()
}

func TestChrome(t *testing.T) {
	srv := Start(t, MustText(`
-- www.example-shop.test/index.html --
<title>Shop</title>
<script src="https://cdn.tracker.test/t.js"></script>
<script>document.title += " " + document.cookie; fetch("https://cdn.tracker.test/collect", { method: "POST", body: "en=view", credentials: "include" }).then(r => {
  var w = new WebSocket("wss://cdn.tracker.test/live");
  w.onopen = () => w.send("hello " + r.status);
})</script><img src="http://gate.test/p.gif">
-- www.example-shop.test/index.html.headers --
Set-Cookie: a=1
Set-Cookie: b=2
-- cdn.tracker.test/t.js --
document.title = "Script";
-- cdn.tracker.test/collect.headers --
status: 202
cors: yes
-- cdn.tracker.test/live.headers --
websocket: echo
`))
	got := func(url, body string) bool {
		return slices.ContainsFunc(srv.Log(), func(r Request) bool { return r.URL == url && string(r.Body) == body })
	}
	// The page has loaded, and Chrome ends, when this image is there: after the message.
	srv.Handle("gate.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for !got("wss://cdn.tracker.test/live", "hello 202\n") {
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	}))
	for _, scheme := range []string{"http", "https"} {
		srv.ClearLog()
		if dom := dump(t, srv, scheme+"://www.example-shop.test/"); !strings.Contains(dom, "<title>Script a=1; b=2</title>") {
			t.Errorf("%s: %s", scheme, dom)
		}
		if !got("https://cdn.tracker.test/collect", "en=view") || !got("wss://cdn.tracker.test/live", "hello 202\n") {
			t.Errorf("%s: not in the log", scheme)
		}
	}
}

func TestChromeBadCertificate(t *testing.T) {
	srv := Start(t, MustText("-- bad.test/index.html --\n<title>Seen</title>\n"))
	srv.BadCert("bad.test", Expired)
	if dom := dump(t, srv, "https://bad.test/"); strings.Contains(dom, "<title>Seen</title>") {
		t.Error("SPKI covers a broken certificate")
	}
	if dom := dump(t, srv, "https://bad.test/", "--ignore-certificate-errors"); !strings.Contains(dom, "<title>Seen</title>") {
		t.Errorf("not even when errors are ignored: %s", dom)
	}
}

// The real pages of the evaluation data: one host each. cmd/candor crawls them.
func TestRealPages(t *testing.T) {
	dir := os.Getenv("CANDOR_EVAL_DIR")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "eval")
	}
	if _, err := os.Stat(filepath.Join(dir, "pages")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the real pages are missing on the build machine: ", err)
		}
		t.Skip("SKIPPED, nothing was tested: ", err)
	}
	pages, err := Pages(os.DirFS(filepath.Join(dir, "pages")))
	if err != nil {
		t.Fatal(err)
	}
	hosts, err := fs.ReadDir(pages, ".")
	if err != nil || len(hosts) < 10 {
		t.Fatalf("%d hosts, %v", len(hosts), err)
	}
	srv := Start(t, pages)
	for _, h := range hosts {
		if r, body := get(t, srv.Client(), "https://"+h.Name()+"/"); r.StatusCode != 200 || body == "" {
			t.Errorf("%s: %d, %d bytes", h.Name(), r.StatusCode, len(body))
		}
	}
	if got := srv.Unexpected(); !slices.Equal(got, nil) {
		t.Error(got)
	}
}
