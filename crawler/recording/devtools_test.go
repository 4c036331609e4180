package recording

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

const recordedSites = `
-- lamps.test/index.html.headers --
redirect: https://www.lamps.test/
status: 301
-- www.lamps.test/index.html --
<!doctype html><html lang="en"><title>Lamps</title>
<script src="https://cdn.tracker.test/t.js"></script>
<iframe src="https://video.player.test/"></iframe>
-- www.lamps.test/index.html.headers --
Set-Cookie: visitor=5f0c2d9a8e7b41d6a3; Max-Age=31536000; Domain=lamps.test; Secure
Set-Cookie: basket=b-77; HttpOnly; Secure; SameSite=Lax
-- www.lamps.test/privacy.html --
<!doctype html><html lang="en"><title>Privacy policy</title><h1>Privacy policy</h1><p>We do not use Tracker.</p>
<script>navigator.sendBeacon("https://collect.tracker.test/e", "en=leave")</script>
-- cdn.tracker.test/t.js --
document.cookie = "_tid=0f1e2d3c4b5a6978; max-age=86400; path=/; secure";
function report(text) { return fetch("https://collect.tracker.test/e", {method: "POST", body: JSON.stringify({id: text, page: location.href}), credentials: "include"}); }
report("0f1e2d3c4b5a6978").then(() => { const s = new WebSocket("wss://collect.tracker.test/live"); s.onopen = () => s.send("id=0f1e2d3c4b5a6978"); });
-- collect.tracker.test/e.headers --
cors: yes
Set-Cookie: uid={visitor}; Max-Age=86400; Secure; SameSite=None
visitor: uid
-- collect.tracker.test/e --
{}
-- collect.tracker.test/live.headers --
websocket: echo
-- video.player.test/index.html --
<title>Player</title>
`

// TestDeveloperTools lets Chromium's own developer tools record a visit and
// write the HAR file, with and without sensitive data, and imports both.
func TestDeveloperTools(t *testing.T) {
	whole, sanitized := recordWithDevtools(t)
	r, err := take(t, whole, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(r.Import.Creator, "WebInspector ") || r.Import.Format != "HAR 1.2" || r.URLs[0] != "https://lamps.test/" || !strings.Contains(r.Browser.Product, "Chrome/") {
		t.Errorf("%+v of %q by %q", r.Import, r.URLs, r.Browser.Product)
	}
	if len(r.visits) != 2 || r.visits[0].page.FinalURL != "https://www.lamps.test/" || len(r.visits[0].page.Redirects) != 1 || r.visits[1].page.FinalURL != "https://www.lamps.test/privacy" {
		for _, v := range r.visits {
			t.Errorf("page %s → %s, redirects %q, %d requests", v.page.URL, v.page.FinalURL, v.page.Redirects, len(v.requests))
		}
		t.FailNow()
	}
	home, privacy := r.visits[0], r.visits[1]
	find := func(v *visit, address, method string) evidence.Request {
		t.Helper()
		i := slices.IndexFunc(v.requests, func(q evidence.Request) bool { return q.URL == address && q.Method == method })
		if i < 0 {
			t.Fatalf("no %s of %s on %s", method, address, v.page.URL)
		}
		return v.requests[i]
	}
	if q := find(home, "https://www.lamps.test/", "GET"); q.Hop != 1 || q.Chain != home.requests[0].ID || !q.MainFrame || q.Type != "Document" || len(q.SetCookies) != 2 || q.Status != 200 {
		t.Errorf("document: %+v", q)
	}
	if q := find(home, "https://cdn.tracker.test/t.js", "GET"); q.Type != "Script" || q.Initiator.Type != "parser" || q.Initiator.URL != "https://www.lamps.test/" || q.Initiator.Line != 2 {
		t.Errorf("script: type %s, initiator %+v", q.Type, q.Initiator)
	}
	post := find(home, "https://collect.tracker.test/e", "POST")
	if !strings.Contains(post.PostData, `"id":"0f1e2d3c4b5a6978"`) || len(post.Initiator.Stack) < 2 || post.Initiator.Stack[0].URL != "https://cdn.tracker.test/t.js" || post.Initiator.Stack[0].Line != 2 ||
		post.Headers["referer"] != "https://www.lamps.test/" || post.Type != "Fetch" {
		t.Errorf("report: %+v", post)
	}
	if q := find(home, "https://video.player.test/", "GET"); q.MainFrame || q.Type != "Document" {
		t.Errorf("frame: %+v", q)
	}
	if q := find(home, "wss://collect.tracker.test/live", "GET"); q.Type != "WebSocket" || len(q.Messages) == 0 || !q.Messages[0].Sent || q.Messages[0].Data != "id=0f1e2d3c4b5a6978" || q.Messages[0].OffsetMS < q.OffsetMS {
		t.Errorf("socket: %+v", q)
	}
	if q := find(privacy, "https://collect.tracker.test/e", "POST"); q.Type != "Ping" || !q.Keepalive || q.PostData != "en=leave" {
		t.Errorf("beacon: %+v", q)
	}
	jar := map[string]evidence.Cookie{}
	for _, v := range r.visits {
		for _, k := range v.cookies {
			jar[k.Name] = k
		}
	}
	if k := jar["visitor"]; k.Value != "5f0c2d9a8e7b41d6a3" || k.Domain != "lamps.test" || k.HostOnly || k.LifetimeSec != 31536000 || k.SetBy.Kind != "http" || k.SetBy.Request != find(home, "https://www.lamps.test/", "GET").ID {
		t.Errorf("visitor: %+v", k)
	}
	if k := jar["basket"]; !k.Session || !k.HTTPOnly || k.SameSite != "Lax" || !k.HostOnly {
		t.Errorf("basket: %+v", k)
	}
	if k := jar["_tid"]; k.Value != "0f1e2d3c4b5a6978" || k.Domain != "www.lamps.test" || k.Session || k.Expires.IsZero() || k.SetBy.Kind != "unknown" {
		t.Errorf("_tid: %+v", k)
	}
	if len(r.notices) != 1 || r.notices[0].doc.Kind != "privacy" || !strings.Contains(string(r.notices[0].raw), "We do not use Tracker.") {
		t.Errorf("%d notices", len(r.notices))
	}
	faulty := slices.ContainsFunc(r.gaps, func(g evidence.Gap) bool { return strings.HasPrefix(g.What, "entry ") })
	if r.Stopped != "" || faulty {
		t.Errorf("stopped %q, gaps %v", r.Stopped, r.gaps)
	}
	dump(t, r)

	s, err := take(t, sanitized, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(s.Import.Missing, "cookies") || len(s.visits) != 2 || len(s.visits[0].cookies)+len(s.visits[1].cookies) > 0 {
		t.Errorf("sanitized: missing %q, %d pages", s.Import.Missing, len(s.visits))
	}
}

// recordWithDevtools opens Chromium's developer tools in a tab of their own,
// has them record another tab, and returns what they export.
func recordWithDevtools(t *testing.T) (whole, sanitized string) {
	t.Helper()
	srv := webtest.Start(t, webtest.MustText(recordedSites))
	c := startChromium(t, srv)
	page := c.tab("about:blank")
	tools := c.attach(c.tab(fmt.Sprintf("devtools://devtools/bundled/devtools_app.html?ws=127.0.0.1:%s/devtools/page/%s&panel=network", c.port, page)))
	c.eval(tools, `globalThis.until = async test => { while (!await test()) await new Promise(r => setTimeout(r, 20)); }`)
	// The modules are there once the tools' page has loaded.
	c.eval(tools, `(async () => {
		await until(() => document.readyState == "complete");
		const load = name => import(new URL(name, location.href));
		[globalThis.Common, globalThis.SDK, globalThis.Logs, globalThis.HAR] = await Promise.all(["core/common/common.js", "core/sdk/sdk.js", "models/logs/logs.js", "models/har/har.js"].map(load));
		await until(() => SDK.TargetManager.TargetManager.instance().primaryPageTarget()?.model(SDK.ResourceTreeModel.ResourceTreeModel)?.mainFrame);
		Common.Settings.Settings.instance().moduleSetting("network-log.preserve-log").set(true);
		globalThis.requests = () => Logs.NetworkLog.NetworkLog.instance().requests();
		globalThis.visit = async (address, wanted) => {
			SDK.TargetManager.TargetManager.instance().primaryPageTarget().model(SDK.ResourceTreeModel.ResourceTreeModel).navigate(address);
			await until(() => wanted.every(w => requests().some(r => r.url() == w && (r.finished || r.frames().length > 0))));
		};
		globalThis.har = async sanitize => {
			let out = "";
			await HAR.Writer.Writer.write({write: async text => { out += text; }}, requests(), {sanitize}, new Common.Progress.Progress());
			return out;
		};
	})()`)
	c.eval(tools, `visit("https://lamps.test/", ["https://www.lamps.test/", "https://collect.tracker.test/e", "https://video.player.test/", "wss://collect.tracker.test/live"])`)
	c.eval(tools, `visit("https://www.lamps.test/privacy", ["https://www.lamps.test/privacy"])`)
	c.eval(tools, `until(() => requests().some(r => r.resourceType().name() == "ping" && r.finished))`)
	return c.eval(tools, `har(false)`), c.eval(tools, `har(true)`)
}

// chromium is driven over its pipe: messages end with a zero byte.
type chromium struct {
	t    *testing.T
	in   *os.File
	out  *bufio.Reader
	id   int
	port string
}

func startChromium(t *testing.T, srv *webtest.Server) *chromium {
	t.Helper()
	path, err := browser.Find("")
	if err != nil {
		if strings.EqualFold(os.Getenv("CI"), "true") {
			t.Fatalf("on a build machine a browser must be there: %v", err)
		}
		t.Skip("SKIPPED: no Chromium here; run make install")
	}
	dir, err := os.MkdirTemp("", "devtools")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	flags := srv.ChromeFlags()
	flags[0] += ",EXCLUDE 127.0.0.1" // where the tools reach the page
	args := append([]string{
		"--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe", "--remote-debugging-port=0",
		"--remote-allow-origins=*", "--user-data-dir=" + dir,
	}, flags...)
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	cmd := exec.CommandContext(ctx, path, append(args, "about:blank")...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	c := &chromium{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		in.Close() // ends it
		_ = cmd.Wait()
		cancel()
		out.Close()
	})
	c.call("", "Browser.getVersion", nil)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for c.port == "" {
		select {
		case <-ctx.Done():
			t.Fatal("Chromium opened no port for its developer tools")
		case <-tick.C:
			text, _ := os.ReadFile(filepath.Join(dir, "DevToolsActivePort"))
			if port, _, whole := strings.Cut(string(text), "\n"); whole {
				c.port = port
			}
		}
	}
	return c
}

func (c *chromium) call(session, method string, params map[string]any) map[string]any {
	c.t.Helper()
	c.id++
	message := map[string]any{"id": c.id, "method": method, "params": params}
	if session != "" {
		message["sessionId"] = session
	}
	data, err := json.Marshal(message)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.in.Write(append(data, 0)); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	for {
		line, err := c.out.ReadBytes(0)
		if err != nil {
			c.t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID     int
			Result map[string]any
			Error  any
		}
		if err := json.Unmarshal(line[:len(line)-1], &answer); err != nil {
			c.t.Fatalf("%s: %v", method, err)
		}
		if answer.ID != c.id {
			continue // an event
		}
		if answer.Error != nil {
			c.t.Fatalf("%s: %v", method, answer.Error)
		}
		return answer.Result
	}
}

func (c *chromium) tab(address string) string {
	c.t.Helper()
	return c.call("", "Target.createTarget", map[string]any{"url": address})["targetId"].(string)
}

func (c *chromium) attach(target string) string {
	c.t.Helper()
	return c.call("", "Target.attachToTarget", map[string]any{"targetId": target, "flatten": true})["sessionId"].(string)
}

// eval waits for the value of an expression, a text or nothing.
func (c *chromium) eval(session, expression string) string {
	c.t.Helper()
	answer := c.call(session, "Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true})
	if fault := answer["exceptionDetails"]; fault != nil {
		c.t.Fatalf("%.200s: %v", expression, fault)
	}
	value, _ := answer["result"].(map[string]any)["value"].(string)
	return value
}
