package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"candor/crawler"
	"candor/crawler/evidence"
	"candor/rules"
)

func events() []crawler.Event {
	return []crawler.Event{
		{Kind: "start", URL: "https://a.test/", Planned: 4},
		{Kind: "page-done", URL: "https://a.test/\x1b[2J", State: evidence.StateNone, Done: 1, Planned: 4, Requests: 12, Hosts: []string{"www.google-analytics.com", "region1.google-analytics.com", "x.track.test", "y.track.test"}},
		{Kind: "gap", URL: "https://a.test/b", Message: "the server answered 500\x07"},
		{Kind: "page-done", URL: "https://a.test/c", State: evidence.StateNone, Done: 2, Planned: 10, Requests: 30, Hosts: []string{"cdn.test"}},
		{Kind: "done", Done: 2, Planned: 2},
	}
}

// watch runs the events, with 10 seconds between them.
func watch(t *testing.T, columns int, o *options) string {
	s := newSession(t)
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	now := testTime
	s.Now = func() time.Time { return now }
	s.Columns = func() int { return columns }
	p := s.newProgress(o, set)
	for _, e := range events() {
		now = now.Add(10 * time.Second)
		p.event(e)
	}
	p.close()
	return s.stderr.String()
}

func TestProgressWithoutTerminal(t *testing.T) {
	got := watch(t, 0, &options{})
	for _, want := range []string{"msg=\"scan started\"", "done=1 planned=4 requests=12 vendors=1 unknown=1", "left=30s\n", "left=2m\n", "level=WARN msg=gap", "done=2 planned=10 requests=30 vendors=1 unknown=2", "time=2026-11-24T08:15:10Z"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.ContainsAny(got, "\x1b\x07\r") {
		t.Errorf("control characters got through: %q", got)
	}
}

func TestProgressAsJSON(t *testing.T) {
	for line := range strings.Lines(watch(t, 80, &options{jsonLog: true})) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestProgressQuiet(t *testing.T) {
	for _, columns := range []int{0, 80} {
		if got := watch(t, columns, &options{quiet: true}); got != "" {
			t.Errorf("%d columns: %q", columns, got)
		}
	}
}

func TestProgressOnTerminal(t *testing.T) {
	got := watch(t, 120, &options{})
	for _, want := range []string{"1 of 4 pages · 12 requests · 1 vendor and 1 unknown · about 30s left"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if strings.Contains(got, "\x1b[2J") || strings.Contains(got, "\n") {
		t.Errorf("the page's control characters or a line break got through: %q", got)
	}
}
