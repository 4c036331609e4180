package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
	"candor/rules"
)

// TestRealBehaviors visits pages with real libraries that fingerprint, record
// and measure, and near misses; each must give exactly what it does.
func TestRealBehaviors(t *testing.T) {
	npm, err := webtest.NPM(filepath.Join(repo, "testdata", "npm"))
	if err == nil {
		_, err = browser.Find("")
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was tested: ", err)
	}
	pages, err := webtest.File(filepath.Join(repo, "testdata", "npm", "behaviors.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	// What each page must give: kind, address of the script, vendor, confidence.
	const fp, rrweb = "https://cdn.prints.test/fp.js", "https://cdn.replays.test/rrweb.js"
	const posthog = "https://us-assets.i.posthog.com/static/lazy-recorder.js?v=1.449.2"
	want := map[string][]string{
		"print": {
			"audio_fingerprinting " + fp + " prints.test strong", "canvas_fingerprinting " + fp + " prints.test strong",
			"fingerprint_exfiltration " + fp + " prints.test direct", "font_fingerprinting " + fp + " prints.test strong",
			"navigator_fingerprinting " + fp + " prints.test strong", "webgl_fingerprinting " + fp + " prints.test strong",
		},
		"record": {"keystroke_capture " + rrweb + " replays.test indirect", "session_recording " + rrweb + " replays.test strong"},
		"posthog": {
			"keystroke_capture " + posthog + " posthog indirect", "session_recording " + posthog + " posthog strong",
		},
		"amplitude": {},
		"segment":   {},
		"emoji":     {},
		"chart":     {},
		"access":    {},
		"spell":     {},
		"password":  {},
	}
	// What the products send of it: with autocapture, with a recorder, and a customer
	// data platform that is told of a typed address before any submit.
	sends := map[string][]string{
		"amplitude": {"amplitude interaction_events direct", "amplitude page_url direct", "amplitude device_identifier direct"},
		"posthog":   {"posthog interaction_events direct", "posthog session_recording direct", "posthog cookie_identifier direct"},
		"segment":   {"twilio-segment interaction_events strong", "twilio-segment email direct", "twilio-segment leak: email, as typed, in parameter traits.email"},
	}
	server := webtest.Start(t, webtest.Overlay(pages, npm))
	b, err := browser.Start(t.Context(), browser.Options{NoSandbox: os.Geteuid() == 0, Flags: server.ChromeFlags()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	c, err := b.NewContext(t.Context(), evidence.StateNone)
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	c.FillForms(browser.Filling{Kind: flow.FieldType(set.Terms), Value: func(kind string) string {
		return map[string]string{"email": "candorlab@candor.example.com", "password": "Candor-lab-4711", "user_content": "This is a test by Candor"}[kind]
	}})
	v := c.NewVisitor(context.Background())
	defer v.Close()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		t.Run(name, func(t *testing.T) {
			address := "https://www.lab.test/" + name
			res, err := v.Visit(t.Context(), browser.Visit{ID: "p0001.none", URL: address, Budget: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			if res.Page.Ended != "quiet" || len(res.Gaps) > 0 {
				t.Errorf("the visit ended %s: %v", res.Page.Ended, res.Gaps)
			}
			found, flows := behaviorsOf(t, res, set)
			var got []string
			for _, x := range found {
				switch x.Kind {
				case behavior.Beacon, behavior.TrackingPixel, behavior.CookieSync:
					continue // of requests; not of what scripts call
				}
				got = append(got, fmt.Sprintf("%s %s %s %s", x.Kind, x.Script, x.Vendor, x.Confidence))
			}
			slices.Sort(got)
			got = slices.Compact(got)
			for _, sent := range sends[name] {
				if !slices.Contains(flows, sent) {
					t.Errorf("not found: %s", sent)
				}
			}
			for _, f := range flows {
				if strings.Contains(f, "session_recording") && !strings.HasSuffix(f, "indirect") != (name == "posthog") {
					t.Errorf("a recording: %s", f)
				}
			}
			if diff := cmp.Diff(append([]string{}, want[name]...), append([]string{}, got...)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			if t.Failed() {
				tellVisit(t, res, found, flows)
			}
		})
	}
}

// tellVisit logs what a visit saw, for whoever has to find out why it was told so.
func tellVisit(t *testing.T, res *browser.Result, found []behavior.Behavior, flows []string) {
	t.Helper()
	t.Logf("typed %v, sent %q", res.Canaries, flows)
	for _, x := range found {
		t.Logf("%s by %s: %s %v", x.Kind, x.Script, x.Detail, x.Evidence)
	}
	for _, q := range res.Requests {
		t.Logf("%s %s %s: %d %s, body %.500q, by %v", q.Type, q.Method, q.URL, q.Status, q.Error, q.PostData, q.Initiator.Stack)
	}
	for _, k := range res.Calls {
		t.Logf("%s %s by %s: %d, object %d %dx%d, %d chars of %.80q, %d of %.300q, %d returned", k.Target.Type, k.API, k.Script, k.Count, k.Object, k.Width, k.Height, k.Chars, k.Texts, k.Distinct, k.Values, k.Length)
	}
}

// behaviorsOf returns the behaviours of one visit, and what was sent to whom.
func behaviorsOf(t *testing.T, res *browser.Result, set *rules.Set) ([]behavior.Behavior, []string) {
	t.Helper()
	dir := t.TempDir()
	w, err := evidence.Create(dir, evidence.Meta{ScanID: "t", URLs: []string{res.Page.URL}, StartedAt: res.Page.StartedAt})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.AddCanaries(res.Canaries...), w.AddCalls(res.Calls...)); err != nil {
		t.Fatal(err)
	}
	if err := w.AddPage(res.Page, res.Requests, res.Cookies, res.Storage, res.Forms, res.Gaps); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(func(m *evidence.Meta) { m.Complete = true }); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f := behavior.New()
	seen, err := flow.Build(t.Context(), r, set, flow.NewSite([]string{"https://www.lab.test/"}, nil), f)
	if err != nil {
		t.Fatal(err)
	}
	var flows []string
	for _, x := range seen.Flows {
		flows = append(flows, x.Recipient.Vendor+" "+x.DataTypes[0]+" "+string(x.Confidence))
	}
	for _, l := range seen.Leaks {
		flows = append(flows, l.Recipient.Vendor+" leak: "+l.Detail)
	}
	return f.Found(), flows
}
