package behavior_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
	"candor/rules"
)

// knowledge is a small knowledge base in which every vendor is invented.
func knowledge(t testing.TB) *rules.Set {
	t.Helper()
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	const source = "sources: [{name: test, date: 2026-11}]\n"
	set, err := rules.LoadFS(fstest.MapFS{
		"companies/pixelco.yaml": file("id: pixelco\nname: Pixel Co Inc.\n" + source),
		"trackers/pixel.yaml": file("id: pixel\nname: Pixel Ads\ncompany: pixelco\ncategories: [advertising]\npurposes: [advertising]\n" +
			"domains: [pixel.test]\nreceives: [ip_address]\nparams: [{name: uid, data: cookie_identifier}]\n" +
			"endpoints: [{path: \"*/px/collect-event\", params: [pxid], relay: true}]\n" + source),
		"trackers/relay.yaml":   file("id: relay\nname: Relay Metrics\ncompany: pixelco\ncategories: [analytics]\npurposes: [service]\ndomains: [relay.test]\nreceives: [ip_address]\n" + source),
		"trackers/pay.yaml":     file("id: pay\nname: Pay\ncompany: pixelco\ncategories: [payment]\npurposes: [service]\ndomains: [pay.test]\nreceives: [ip_address]\n" + source),
		"trackers/assets.yaml":  file("id: assets\nname: Assets\ncompany: pixelco\ncategories: [cdn]\npurposes: [service]\ndomains: [assets.test]\nreceives: [ip_address]\n" + source),
		"trackers/replay.yaml":  file("id: replay\nname: Replay\ncompany: pixelco\ncategories: [session_replay]\npurposes: [service]\ndomains: [replay.test]\nreceives: [ip_address]\n" + source),
		"terms/data_types.yaml": file("- {id: ip_address, name: IP address}\n- {id: cookie_identifier, name: Identifier}\n"),
		"terms/purposes.yaml":   file("- {id: advertising, name: Advertising}\n- {id: service, name: Service}\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const home = "https://www.shop.test/"

var started = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// scene is a bundle in the making. Ids of visits are p0001.none and so on.
type scene struct {
	pages    []evidence.Page
	requests []evidence.Request
	cookies  []evidence.Cookie
	storage  []evidence.StorageItem
	names    []evidence.Name
	calls    []evidence.Call
}

// call adds what a script called on the last page.
func (s *scene) call(script, api string, count int, change ...func(*evidence.Call)) *scene {
	p := s.pages[len(s.pages)-1]
	c := evidence.Call{
		ID: fmt.Sprintf("%s/c%04d", p.ID, len(s.calls)+1), Page: p.ID, State: p.State, Script: script, API: api, Count: count,
		Frame: p.FinalURL, Target: evidence.Target{Type: "page", URL: p.FinalURL},
	}
	for _, f := range change {
		f(&c)
	}
	s.calls = append(s.calls, c)
	return s
}

// sends adds a request with a body, by a script.
func (s *scene) sends(script, url, body string) *scene {
	return s.request(url, func(r *evidence.Request) {
		r.Method, r.Type, r.PostData, r.PostBytes, r.OffsetMS = "POST", "Fetch", body, len(body), 500
		r.Initiator = evidence.Initiator{Type: "script", Stack: []evidence.StackFrame{{URL: r.Page}, {URL: script}}}
	})
}

func (s *scene) page(id string, change ...func(*evidence.Page)) *scene {
	number, state, _ := strings.Cut(id, ".")
	p := evidence.Page{ID: id, URL: home + number, FinalURL: home + number, State: evidence.State(state), StartedAt: started, Status: 200}
	for _, f := range change {
		f(&p)
	}
	s.pages = append(s.pages, p)
	return s
}

// request adds a request of the last page.
func (s *scene) request(url string, change func(*evidence.Request)) *scene {
	p := s.pages[len(s.pages)-1]
	r := evidence.Request{ID: fmt.Sprintf("%s/r%04d", p.ID, len(s.requests)+1), Page: p.ID, State: p.State, URL: url, Method: "GET", Type: "Image", Status: 200}
	if change != nil {
		change(&r)
	}
	s.requests = append(s.requests, r)
	return s
}

func (s *scene) find(t testing.TB) []behavior.Behavior {
	t.Helper()
	return s.findWith(t, behavior.New())
}

func (s *scene) findWith(t testing.TB, f *behavior.Finder) []behavior.Behavior {
	t.Helper()
	if _, err := flow.Build(context.Background(), s.write(t), knowledge(t), flow.NewSite([]string{home}, nil), f); err != nil {
		t.Fatal(err)
	}
	return f.Found()
}

func (s *scene) write(t testing.TB) *evidence.Reader {
	t.Helper()
	dir := t.TempDir()
	w, err := evidence.Create(dir, evidence.Meta{ScanID: "t", URLs: []string{home}, StartedAt: started})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddNames(s.names...); err != nil {
		t.Fatal(err)
	}
	if err := w.AddCalls(s.calls...); err != nil {
		t.Fatal(err)
	}
	for i, p := range s.pages {
		if i == 0 {
			err = w.AddPage(p, s.requests, s.cookies, s.storage, nil, nil)
		} else {
			err = w.AddPage(p, nil, nil, nil, nil, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(func(m *evidence.Meta) { m.Complete = true }); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// lines writes behaviors as "kind vendor confidence: detail".
func lines(list []behavior.Behavior) []string {
	out := []string{}
	for _, b := range list {
		out = append(out, fmt.Sprintf("%s %s %s: %s", b.Kind, b.Vendor, b.Confidence, b.Detail))
	}
	return out
}

// row is a scene with what must be found in it.
type row struct {
	name  string
	scene *scene
	want  []string
}

func run(t *testing.T, rows []row) {
	t.Helper()
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(append([]string{}, tt.want...), lines(tt.scene.find(t))); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

func one() *scene { return (&scene{}).page("p0001.none") }

// The order of records does not change what is found, and evidence, pages and
// states are those of all sightings.
func TestFound(t *testing.T) {
	const n = 30
	var s scene
	for i := range n {
		id := fmt.Sprintf("p%04d.%s", i+1, []string{"none", "accept"}[i%2])
		s.page(id)
		s.request("https://px.pixel.test/p.gif?uid=a81fk20dk3mq7", func(r *evidence.Request) {
			r.MIMEType, r.BodyBytes, r.ID = "image/gif", 43, id+"/r0007"
			r.Initiator = evidence.Initiator{Type: "script", Stack: []evidence.StackFrame{{URL: home + id[:5]}}}
		})
	}
	want := s.find(t)
	if len(want) != 1 {
		t.Fatalf("found %v, want one behavior", lines(want))
	}
	b := want[0]
	if b.Sightings != n || len(b.Pages) != n || !slices.Equal(b.States, []evidence.State{"none", "accept"}) {
		t.Errorf("%d sightings on %d pages in %v", b.Sightings, len(b.Pages), b.States)
	}
	if len(b.Evidence) != 20 || b.Evidence[0] != "p0001.none/r0007" || b.Evidence[19] != "p0020.accept/r0007" {
		t.Errorf("evidence %v, want the first id of each of the first 20 pages", b.Evidence)
	}
	if b.Script != home+"p0001" || !strings.Contains(b.Detail, "by a script in the page") {
		t.Errorf("script %q, detail %q: want the first page, and that the script stands in the page", b.Script, b.Detail)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		random.Shuffle(n, func(i, j int) { s.requests[i], s.requests[j] = s.requests[j], s.requests[i] })
		if diff := cmp.Diff(want, s.find(t)); diff != "" {
			t.Fatalf("another order of requests finds something else:\n%s", diff)
		}
	}
}

// Every kind that a detector may give has its place in the order of reports.
func TestKindsAreListedOnce(t *testing.T) {
	kinds := slices.Clone(behavior.Kinds)
	slices.Sort(kinds)
	if got := len(slices.Compact(kinds)); got != len(behavior.Kinds) || got != 16 {
		t.Errorf("%d different kinds in a list of %d, want 16", got, len(behavior.Kinds))
	}
}
