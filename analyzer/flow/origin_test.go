package flow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// asked makes a request that a stack of scripts sent, innermost first.
func asked(kind string, stack ...string) func(*evidence.Request) {
	return func(r *evidence.Request) {
		r.Type, r.Initiator.Type = kind, "script"
		for _, s := range stack {
			r.Initiator.Stack = append(r.Initiator.Stack, evidence.StackFrame{URL: s})
		}
	}
}

func parsed(kind, document string) func(*evidence.Request) {
	return func(r *evidence.Request) {
		r.Type, r.Initiator = kind, evidence.Initiator{Type: "parser", URL: document}
	}
}

// chains writes loaders as "manager container: script script".
func chains(list []flow.Loader) []string {
	out := []string{}
	for _, l := range list {
		line := l.Manager + " " + l.Container + ":"
		for _, s := range l.Scripts {
			line += " " + s[strings.LastIndexByte(s, '/')+1:]
		}
		out = append(out, line)
	}
	return out
}

func TestLoadedBy(t *testing.T) {
	const (
		page      = "https://www.shop.test/p0001"
		container = "https://cdn.tagman.test/container.js?id=TM-1"
		second    = "https://cdn.tagman.test/container.js?id=TM-2"
		tag       = "https://js.pixel.test/tag.js"
		core      = "https://js.pixel.test/core.js"
		errwatch  = "https://js.errwatch.test/wrap.js"
		pixel     = "https://px.pixel.test/p.gif?a=1"
	)
	type step struct {
		url    string
		change func(*evidence.Request)
	}
	for _, tt := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{"the container is on the stack", []step{{pixel, asked("Image", tag, container, page)}}, []string{"tagman TM-1: container.js?id=TM-1 tag.js"}},
		{"it loaded the tag, which sends later", []step{{tag, asked("Script", container)}, {pixel, asked("Image", tag)}}, []string{"tagman TM-1: container.js?id=TM-1 tag.js"}},
		{"two scripts up", []step{{tag, asked("Script", container)}, {core, asked("Script", tag)}, {pixel, asked("Image", core, errwatch)}}, []string{"tagman TM-1: container.js?id=TM-1 tag.js"}},
		{"a container in a container", []step{{second, asked("Script", container)}, {tag, asked("Script", second)}, {pixel, asked("Image", tag)}},
			[]string{"tagman TM-1: container.js?id=TM-1 container.js?id=TM-2"}},
		{"a frame that it put there", []step{{"https://frame.pixel.test/f.html", asked("Document", container)}, {tag, parsed("Script", "https://frame.pixel.test/f.html")}, {pixel, asked("Image", tag)}},
			[]string{"tagman TM-1: container.js?id=TM-1 f.html"}},
		{"two containers", []step{{tag, asked("Script", container)}, {tag, asked("Script", second)}, {pixel, asked("Image", tag)}},
			[]string{"tagman TM-1: container.js?id=TM-1 tag.js", "tagman TM-2: container.js?id=TM-2 tag.js"}},
		{"a script of the manager without an id", []step{{pixel, asked("Image", tag, "https://cdn.tagman.test/lib.js")}}, []string{"tagman : lib.js tag.js"}},
		{"scripts that load each other", []step{{tag, asked("Script", core)}, {core, asked("Script", tag)}, {pixel, asked("Image", tag)}}, []string{}},
		{"the page itself", []step{{container, parsed("Script", page)}, {tag, parsed("Script", page)}, {pixel, asked("Image", tag, page)}}, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for round := range 3 {
				var s scan
				s.page("p0001.none", evidence.StateNone)
				steps := slices.Clone(tt.steps)
				rand.New(rand.NewPCG(1, uint64(round))).Shuffle(len(steps)*min(round, 1), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
				for _, x := range steps {
					s.request("p0001.none", x.url, x.change)
				}
				res := s.build(t)
				for _, v := range res.Vendors {
					if v.ID == "pixel" {
						if diff := cmp.Diff(tt.want, chains(v.LoadedBy)); diff != "" {
							t.Errorf("round %d (-want +got):\n%s", round, diff)
						}
					}
				}
			}
		})
	}
}

// Pages may load scripts in any tangle: the work for it is bounded.
func TestLoadedByTangle(t *testing.T) {
	var s scan
	s.page("p0001.none", evidence.StateNone)
	name := func(i int) string { return fmt.Sprintf("https://js.pixel.test/%d.js", i) }
	for i := range 60 {
		for j := range 8 {
			s.request("p0001.none", name(i), asked("Script", name((i+j*7+1)%60), name((i+j*11+2)%60), name((i+j*13+3)%60), name((i+j*17+5)%60)))
		}
	}
	if res := s.build(t); len(res.Vendors) != 1 || len(res.Vendors[0].LoadedBy) != 0 {
		t.Errorf("vendors %+v", res.Vendors)
	}
}

// The innermost script is often a wrapper or a library from a delivery network:
// the whole stack says who set a cookie.
func TestCookieWriter(t *testing.T) {
	const tag, wrap, lib = "https://js.pixel.test/tag.js", "https://js.errwatch.test/wrap.js", "https://cdn.fontbox.test/js-cookie.js"
	for _, tt := range []struct {
		stack []string
		want  string // vendor, party
	}{
		{[]string{tag}, "pixel third"},
		{[]string{wrap, tag}, "pixel third"},
		{[]string{lib, wrap, tag, "https://www.shop.test/p0001"}, "pixel third"},
		{[]string{lib, "https://www.shop.test/app.js"}, "shop.test first"},
		{[]string{lib}, "fontbox third"},
		{nil, " "},
	} {
		var s scan
		s.page("p0001.none", evidence.StateNone)
		c := evidence.Cookie{Page: "p0001.none", Name: "v", Value: "k3f9a20c7be14d6f", Domain: "shop.test", Path: "/", Expires: started.AddDate(1, 1, 0), LifetimeSec: 2 * 365 * 86400}
		if tt.stack != nil {
			c.SetBy = evidence.Setter{Kind: "script", URL: tt.stack[0]}
		}
		for _, u := range tt.stack {
			c.SetBy.Initiators = append(c.SetBy.Initiators, evidence.StackFrame{URL: u})
		}
		s.cookies = append(s.cookies, c)
		got := s.build(t).Cookies[0]
		if got.SetterVendor+" "+got.SetterParty != tt.want {
			t.Errorf("%q: set by %s %s, want %s", tt.stack, got.SetterVendor, got.SetterParty, tt.want)
		}
		if got.LifetimeDays != 730 || got.CappedDays < 390 || got.CappedDays > 400 {
			t.Errorf("%v days as set, %v as stored", got.LifetimeDays, got.CappedDays)
		}
	}
}
