package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"candor/crawler/evidence"
	"candor/crawler/guard"
	"candor/crawler/webtest"
)

// elsewhere starts a Chromium as another machine would have it, and returns the
// address of its DevTools.
func elsewhere(t *testing.T, more ...string) string {
	t.Helper()
	path, err := Find("")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was tested: ", err)
	}
	args := append(flags(Options{NoSandbox: os.Geteuid() == 0, Language: "en"}), more...)
	cmd := exec.Command(path, append(args, "--user-data-dir="+t.TempDir(), "--remote-debugging-port=0", "about:blank")...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	ownGroup(cmd)
	out, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		killGroup(cmd)
		_ = cmd.Wait() // it was killed
	})
	said := ""
	for lines := bufio.NewScanner(out); lines.Scan(); said += lines.Text() + "\n" {
		if m := regexp.MustCompile(`DevTools listening on ws://([^/]+)/`).FindStringSubmatch(lines.Text()); m != nil {
			go func() {
				for lines.Scan() { // or the browser would wait for somebody to read
				}
			}()
			return "http://" + m[1]
		}
	}
	t.Fatalf("the browser did not say where its DevTools are: %s", said)
	return ""
}

// TestElsewhere: two scans use one browser that runs elsewhere, each with a
// visitor of its own that comes through its guard; afterwards nothing is left of
// them. A browser with a way around the guard is refused.
func TestElsewhere(t *testing.T) {
	srv := webtest.Start(t, fstest.MapFS{"www.fernhill.test/index.html": {Data: []byte(`<!doctype html><title>Fernhill</title><script>document.cookie = "seen=" + (document.cookie ? "again" : "once")</script>`)}})
	watch := func() *guard.Guard {
		g, err := guard.Listen(guard.Options{Log: slog.New(slog.DiscardHandler), Mapped: func(host, _ string) (netip.AddrPort, bool) {
			return srv.Addr(), strings.HasSuffix(host, ".test")
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close() })
		return g
	}
	g := watch()
	if _, err := Start(t.Context(), Options{Path: elsewhere(t), Proxy: g.URL(), Guard: guard.Proof, Insecure: true}); !errors.Is(err, ErrUnguarded) || !strings.Contains(err.Error(), "--force-webrtc-ip-handling-policy") {
		t.Errorf("a browser whose WebRTC goes around the guard: %v", err)
	}
	address := elsewhere(t, guard.Flags()[1:]...)
	var both [2]*Browser
	var seen [2]*Visitor
	for i := range both {
		b, err := Start(t.Context(), Options{Path: address, Proxy: watch().URL(), Guard: guard.Proof, Insecure: true})
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.NewContext(t.Context(), evidence.StateNone)
		if err != nil {
			t.Fatal(err)
		}
		both[i], seen[i] = b, c.NewVisitor(context.Background())
	}
	for _, v := range seen {
		res := see(t, v, Visit{URL: "https://www.fernhill.test/"})
		if res.Page.Title != "Fernhill" || len(res.Cookies) != 1 || res.Cookies[0].Value != "once" {
			t.Errorf("page %+v, cookies %+v, gaps %+v", res.Page, res.Cookies, res.Gaps)
		}
		v.Close()
	}
	if res := see(t, seen[0].context.NewVisitor(context.Background()), Visit{URL: "http://127.0.0.1:8999/"}); res.Page.Status != http.StatusForbidden {
		t.Errorf("a page on the browser's own machine: %+v", res.Page)
	}
	for _, b := range both {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	resp, err := http.Get(address + "/json/list")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var left []struct{ Type, URL string }
	if err := json.NewDecoder(resp.Body).Decode(&left); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(left, func(x struct{ Type, URL string }) bool { return x.Type == "page" && x.URL != "about:blank" }) {
		t.Errorf("left behind: %+v", left)
	}
	if _, err := Start(t.Context(), Options{Path: address, Proxy: "http://127.0.0.1:1", Guard: guard.Proof}); !errors.Is(err, ErrUnguarded) || !strings.Contains(err.Error(), "does not reach it") {
		t.Errorf("a browser that cannot reach the guard: %v", err)
	}
}

// TestEndpoint: addresses of DevTools, and what is said of those that are none.
func TestEndpoint(t *testing.T) {
	devtools := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/json/version" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"webSocketDebuggerUrl": "ws://localhost/devtools/browser/aa"}`))
	}))
	defer devtools.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	host := strings.TrimPrefix(devtools.URL, "http://")
	want := "ws://" + host + "/devtools/browser/aa"
	for _, given := range []string{devtools.URL, "ws://" + host, "ws://" + host + "/", want} {
		if got, err := Endpoint(t.Context(), given); err != nil || got != want {
			t.Errorf("%s: %s, %v", given, got, err)
		}
	}
	for given, says := range map[string]string{other.URL: "is not a browser's DevTools", "ws://127.0.0.1:1": "does not answer", "ws://": "is no address of a browser"} {
		if got, err := Endpoint(t.Context(), given); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %s, %v", given, got, err)
		}
	}
	if err := remoteFaults(Options{Path: "ws://x", HostRules: "MAP * 127.0.0.1"}); err == nil || !strings.Contains(err.Error(), "--host-map") {
		t.Errorf("a host mapping: %v", err)
	}
}
