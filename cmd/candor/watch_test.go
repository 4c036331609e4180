package main

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"candor/analyzer/check"
	"candor/crawler"
	"candor/crawler/evidence"
	"candor/reports/store"
)

// onePage is a crawl that tells of one page.
func onePage(_ context.Context, target crawler.Target, o crawler.Options, w *evidence.Writer) error {
	for _, kind := range []string{"start", "page-start", "page-done", "gap", "done"} {
		o.Progress(crawler.Event{Kind: kind, Page: "p0001.none", URL: target.URLs[0], State: evidence.StateNone, Done: 1, Planned: 1})
	}
	if err := w.AddGap(evidence.Gap{What: "page https://www.fernhill.test/x", Why: "no answer", Kind: "timeout"}); err != nil {
		return err
	}
	return addPage(w, "p0001.none", target.URLs[0], "quiet")
}

func asked(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestWatched: the figures of a worker tell of its scans and name no host, and
// what it needs is said to be there or not; its log lines say which scan they are
// about.
func TestWatched(t *testing.T) {
	x := newTeam(t, "")
	x.o.metrics, x.o.jsonLog = "127.0.0.1:0", true
	x.Stages.Crawl = onePage
	x.Stages.Analyze = justPages(check.Finding{ID: "f1", Rule: "CORE-01", Outcome: check.Differs, Severity: "high", Title: "A recipient", Fingerprint: "aa"})
	stop := x.work(t)
	q := x.queue(t)
	x.until(t, q.ID, store.Finished)
	address := "http://" + regexp.MustCompile(`"msg":"metrics","address":"([^"]+)"`).FindStringSubmatch(x.stderr.String())[1]
	var text string
	for !strings.Contains(text, `candor_scans_total{result="finished"} 1`) { // counted just after it is recorded
		var code int
		if code, text = asked(t, address+"/metrics"); code != http.StatusOK {
			t.Fatalf("%d %s", code, text)
		}
	}
	for _, line := range []string{`candor_findings_total{severity="high"} 1`, `candor_pages_total{outcome="visited"} 1`, `candor_queue_scans{state="queued"} 0`,
		"candor_scan_seconds_count 1", "candor_scan_wait_seconds_count 1", "go_goroutines ", "process_resident_memory_bytes ", `candor_scans_total{result="failed"} 0`} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
	if strings.Contains(text, "fernhill") {
		t.Errorf("a host is named in\n%s", text)
	}
	if code, text := asked(t, address+"/readyz"); code != http.StatusOK || text != "database: ok\ntables: ok\nblobs: ok\nbrowser: ok\n" {
		t.Errorf("ready: %d %s", code, text)
	}
	if code, _ := asked(t, address+"/healthz"); code != http.StatusOK {
		t.Errorf("healthy: %d", code)
	}
	stop()
	for _, says := range []string{"scan begins", "page visited", "not observed", "scan ends"} {
		if !regexp.MustCompile(`"msg":"` + says + `".*"scan":"` + q.ID + `","site":"` + x.site.ID + `","attempt":1`).MatchString(x.stderr.String()) {
			t.Errorf("no line %q of the scan in\n%s", says, x.stderr)
		}
	}
}

// receiver is a collector of OpenTelemetry's spans.
func receiver(t *testing.T) (address string, spans func() []*otlp.Span) {
	var mu sync.Mutex
	var got []*otlp.Span
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			var err error
			if body, err = gzip.NewReader(r.Body); err != nil {
				t.Error(err)
				return
			}
		}
		data, err := io.ReadAll(body)
		var req collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(data, &req)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, rs := range req.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				got = append(got, ss.Spans...)
			}
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, func() []*otlp.Span {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
}

// TestTraces: a collector that the environment names gets the steps of a scan,
// each below the one that it is part of.
func TestTraces(t *testing.T) {
	address, spans := receiver(t)
	x := newTeam(t, "")
	x.Environ = append(x.Environ, "OTEL_EXPORTER_OTLP_ENDPOINT="+address)
	x.Stages.Crawl = onePage
	stop := x.work(t)
	q := x.queue(t)
	x.until(t, q.ID, store.Finished)
	stop() // sends what is left
	got := spans()
	names := map[string]string{}
	for _, s := range got {
		names[string(s.SpanId)] = s.Name
	}
	var tree []string
	for _, s := range got {
		tree = append(tree, strings.TrimPrefix(names[string(s.ParentSpanId)]+" > "+s.Name, " > "))
		for _, a := range s.Attributes {
			if strings.Contains(a.Value.GetStringValue(), "fernhill") {
				t.Errorf("%s names a host: %v", s.Name, a)
			}
		}
	}
	slices.Sort(tree)
	want := []string{"scan", "scan > analysis", "scan > crawl", "scan > queue wait", "scan > redaction", "scan > report", "scan > second looks", "scan > state", "scan > store", "state > page visit"}
	if !slices.Equal(tree, want) {
		t.Errorf("spans\n%s\nwant\n%s", strings.Join(tree, "\n"), strings.Join(want, "\n"))
	}
}

// TestTracesOff: without a collector nothing is made and nothing is wrong.
func TestTracesOff(t *testing.T) {
	p, stop, err := tracing(t.Context(), map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, nil)
	if err != nil || stop(t.Context()) != nil {
		t.Fatal(err)
	}
	ctx, s := p.Tracer("test").Start(t.Context(), "scan")
	if s.IsRecording() {
		t.Error("spans are made for nobody")
	}
	if n := testing.AllocsPerRun(100, func() {
		v := newVisits(ctx)
		v.event(crawler.Event{Kind: "page-start"})
		v.end()
	}); n > 8 {
		t.Errorf("%v allocations for nobody", n)
	}
	if _, _, err := tracing(t.Context(), map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, nil); err == nil || !strings.Contains(err.Error(), "expected http/protobuf") {
		t.Errorf("grpc: %v", err)
	}
}
