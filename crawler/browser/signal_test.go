package browser

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// The page, a frame of another site, a worker, a shared worker and a service
// worker each tell the server what their navigator says, and are told apart by
// the path.
var signalSite = map[string]string{
	"/": `<!DOCTYPE html><link rel="icon" href="data:,"><p>Signals</p>
		<script>
		const said = () => navigator.globalPrivacyControl + ',' + navigator.doNotTrack;
		navigator.sendBeacon('/beacon?' + said());
		fetch('/page?' + said() + ',' + Object.getOwnPropertyDescriptor(Navigator.prototype, 'globalPrivacyControl')?.get);
		new Worker('/worker.js');
		new SharedWorker('/shared.js');
		navigator.serviceWorker.register('/service.js');
		</script><iframe src="https://other.test/frame"></iframe>`,
	"/frame":      `<!DOCTYPE html><script>fetch('/framed?' + navigator.globalPrivacyControl + ',' + navigator.doNotTrack)</script>`,
	"/worker.js":  `fetch('/worked?' + navigator.globalPrivacyControl + ',' + navigator.doNotTrack)`,
	"/shared.js":  `fetch('/shared?' + navigator.globalPrivacyControl + ',' + navigator.doNotTrack)`,
	"/service.js": `fetch('/served?' + navigator.globalPrivacyControl + ',' + navigator.doNotTrack)`,
}

func TestSignals(t *testing.T) {
	b, srv := start(t, nil)
	srv.Handle("*.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := "text/html"
		if strings.HasSuffix(r.URL.Path, ".js") {
			kind = "text/javascript"
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(signalSite[r.URL.Path])) // the browser went away
	}))
	for _, state := range []evidence.State{evidence.StateNone, evidence.StateGPC, evidence.StateDNT} {
		t.Run(string(state), func(t *testing.T) {
			c, err := b.NewContext(t.Context(), state)
			if err != nil {
				t.Fatal(err)
			}
			srv.ClearLog()
			v := c.NewVisitor(t.Context())
			res := see(t, v, Visit{ID: "p0001." + string(state), URL: "https://signal.test/"})
			v.Close()
			if err := c.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			checkSignals(t, state, srv.Log())
			if res.Page.Ended != "quiet" {
				t.Errorf("the visit ended %q", res.Page.Ended)
			}
		})
	}
}

func checkSignals(t *testing.T, state evidence.State, log []webtest.Request) {
	t.Helper()
	gpc, dnt, says := "", "", "undefined,null"
	switch state {
	case evidence.StateGPC:
		gpc, says = "1", "true,null"
	case evidence.StateDNT:
		dnt, says = "1", "undefined,1"
	}
	var heard []string
	for _, r := range log {
		u, err := url.Parse(r.URL)
		if err != nil || !strings.HasSuffix(r.Host, ".test") {
			continue // the browser's own probe
		}
		path, query := u.Path, u.RawQuery
		if path == "/service.js" {
			continue // sent by Chromium before anybody is asked: signal.go says so
		}
		if got := [2]string{r.Header.Get("Sec-GPC"), r.Header.Get("DNT")}; got != [2]string{gpc, dnt} {
			t.Errorf("%s went with Sec-GPC %q and DNT %q, expected %q and %q", path, got[0], got[1], gpc, dnt)
		}
		if query != "" {
			heard = append(heard, path)
			says := says
			if strings.HasSuffix(path, "ed") && path != "/framed" {
				says, _, _ = strings.Cut(says, ",") // a worker's navigator has no doNotTrack
				says += ",undefined"
			}
			if query := strings.ReplaceAll(query, "%20", " "); !strings.HasPrefix(query, says) {
				t.Errorf("%s says %q, expected %q", path, query, says)
			} else if path == "/page" && state == evidence.StateGPC && !strings.Contains(query, "[native code]") {
				t.Errorf("the page can tell that the property is not the browser's: %q", query)
			}
		}
	}
	slices.Sort(heard)
	if want := []string{"/beacon", "/framed", "/page", "/served", "/shared", "/worked"}; !slices.Equal(slices.Compact(heard), want) {
		t.Errorf("heard from %q, expected %q", heard, want)
	}
}
