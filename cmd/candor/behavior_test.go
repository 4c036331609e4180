package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
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
	want := map[string][]string{
		"print": {
			"audio_fingerprinting " + fp + " prints.test strong", "canvas_fingerprinting " + fp + " prints.test strong",
			"fingerprint_exfiltration " + fp + " prints.test direct", "font_fingerprinting " + fp + " prints.test strong",
			"navigator_fingerprinting " + fp + " prints.test strong", "webgl_fingerprinting " + fp + " prints.test strong",
		},
		"record":   {"keystroke_capture " + rrweb + " replays.test indirect", "session_recording " + rrweb + " replays.test strong"},
		"segment":  {},
		"emoji":    {},
		"chart":    {},
		"access":   {},
		"spell":    {},
		"password": {},
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
	v := c.NewVisitor(context.Background())
	defer v.Close()
	set, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
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
			found := behaviorsOf(t, res, set)
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
			if diff := cmp.Diff(append([]string{}, want[name]...), append([]string{}, got...)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
				for _, q := range res.Requests {
					t.Logf("%s %s %s, body of %d, by %v", q.Type, q.Method, q.URL, q.PostBytes, q.Initiator.Stack)
				}
				for _, k := range res.Calls {
					t.Logf("%s %s by %s: %d, object %d %dx%d, %d chars of %.80q, %d of %.300q, %d returned", k.Target.Type, k.API, k.Script, k.Count, k.Object, k.Width, k.Height, k.Chars, k.Texts, k.Distinct, k.Values, k.Length)
				}
			}
		})
	}
}

func behaviorsOf(t *testing.T, res *browser.Result, set *rules.Set) []behavior.Behavior {
	t.Helper()
	dir := t.TempDir()
	w, err := evidence.Create(dir, evidence.Meta{ScanID: "t", URLs: []string{res.Page.URL}, StartedAt: res.Page.StartedAt})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddCalls(res.Calls...); err != nil {
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
	if _, err := flow.Build(t.Context(), r, set, flow.NewSite([]string{"https://www.lab.test/"}, nil), f); err != nil {
		t.Fatal(err)
	}
	return f.Found()
}
