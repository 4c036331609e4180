package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"candor/reports"
	"candor/reports/alert"
	"candor/reports/store"
	"candor/reports/web"
	"candor/rules"
)

// metrics are the figures of one machine of a service. No label holds the name of
// a host, an address or anything else that a page or a person wrote.
type metrics struct {
	registry *prometheus.Registry
	scans    *prometheus.CounterVec
	seconds  prometheus.Histogram
	waits    prometheus.Histogram
	pages    *prometheus.CounterVec
	gaps     *prometheus.CounterVec
	findings *prometheus.CounterVec
	purged   *prometheus.CounterVec
	told     *prometheus.CounterVec
	requests *prometheus.HistogramVec
}

// scanResults are what becomes of an attempt at a scan.
var scanResults = []string{"finished", "incomplete", "failed", "tried_again", "handed_back", "given_up"}

func newMetrics(s *store.Store) *metrics {
	counter := func(name, help string, label string, values ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
		for _, v := range values {
			c.WithLabelValues(v) // there from the start, with 0
		}
		return c
	}
	long := []float64{5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		scans:    counter("candor_scans_total", "Attempts at scans that ended on this machine, by result.", "result", scanResults...),
		seconds:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "candor_scan_seconds", Help: "Seconds that attempts at scans took.", Buckets: long}),
		waits:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: "candor_scan_wait_seconds", Help: "Seconds for which scans waited in line before their first attempt.", Buckets: long}),
		pages:    counter("candor_pages_total", "Visits of pages in scans that ended with a result, by outcome.", "outcome", "visited", "failed"),
		gaps:     counter("candor_gaps_total", "What scans could not observe, by kind of gap.", "kind", gapKinds...),
		findings: counter("candor_findings_total", "Findings of scans that ended with a result, by severity; those suppressed are not counted.", "severity", rules.Severities...),
		purged:   counter("candor_purged_total", "Artefacts that a purge took away, by kind.", "kind"),
		told:     counter("candor_alerts_total", "Tries of this machine to send alerts, by result: given_up are those not tried again.", "result", alert.Results...),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "candor_http_request_seconds", Help: "Seconds that the dashboard's answers took, by route.", Buckets: prometheus.DefBuckets}, []string{"method", "route", "code"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "candor_build_info", Help: "1, with the version."}, []string{"version"})
	build.WithLabelValues(toolVersion()).Set(1)
	m.registry.MustRegister(m.scans, m.seconds, m.waits, m.pages, m.gaps, m.findings, m.purged, m.told, m.requests, build, line{s},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// gapKinds are those of evidence.Gap that have a label of their own.
var gapKinds = []string{"dns", "refused", "timeout", "http_status", "bot_wall", "redirect_loop", "too_large", "not_html", "certificate", "robots", "budget", "crash", "bound", "interrupted", "policy", "redacted", "second_reader", "other"}

func gapKind(kind string) string {
	if slices.Contains(gapKinds, kind) {
		return kind
	}
	return "other"
}

// result counts what a scan ended with.
func (m *metrics) result(rep *reports.Report) {
	m.pages.WithLabelValues("visited").Add(float64(rep.Coverage.PagesVisited))
	m.pages.WithLabelValues("failed").Add(float64(rep.Coverage.PagesFailed))
	for _, g := range rep.Coverage.Gaps {
		m.gaps.WithLabelValues(gapKind(g.Kind)).Inc()
	}
	for _, f := range rep.Findings {
		if !f.Suppressed && slices.Contains(rules.Severities, f.Severity) {
			m.findings.WithLabelValues(f.Severity).Inc()
		}
	}
}

// alerts counts what became of a try to send some.
func (m *metrics) alerts(result string, n int) { m.told.WithLabelValues(result).Add(float64(n)) }

// request counts an answer of the dashboard.
func (m *metrics) request(r web.Request) {
	m.requests.WithLabelValues(r.Method, r.Route, strconv.Itoa(r.Status)).Observe(r.Seconds)
}

func (m *metrics) handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError, Timeout: 10 * time.Second,
	})
}

// line asks the database how many scans wait and run, when somebody wants to know.
// It is the same on every machine.
type line struct{ store *store.Store }

var (
	lineLength = prometheus.NewDesc("candor_queue_scans", "Scans of the whole service, by state.", []string{"state"}, nil)
	lineAge    = prometheus.NewDesc("candor_queue_oldest_timestamp_seconds", "When the scan was asked for that waits longest, in Unix time; 0 when none waits.", nil, nil)
)

func (line) Describe(ch chan<- *prometheus.Desc) {
	ch <- lineLength
	ch <- lineAge
}

func (l line) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	queued, running, since, err := l.store.Waiting(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(lineLength, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(lineLength, prometheus.GaugeValue, float64(queued), "queued")
	ch <- prometheus.MustNewConstMetric(lineLength, prometheus.GaugeValue, float64(running), "running")
	var age float64
	if !since.IsZero() {
		age = float64(since.UnixMilli()) / 1000
	}
	ch <- prometheus.MustNewConstMetric(lineAge, prometheus.GaugeValue, age)
}

// watchListener answers /metrics, /healthz and /readyz on an address of its own,
// without a log-in, until close.
func (s *service) watchListener(address string) (close func() error, err error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, usage("--metrics: %w", err)
	}
	if host, _, err := net.SplitHostPort(l.Addr().String()); err == nil && !net.ParseIP(host).IsLoopback() {
		s.log.Warn("the metrics are open to everybody who reaches their address", "address", l.Addr().String())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler(s.log))
	mux.HandleFunc("GET /healthz", web.Healthy)
	mux.Handle("GET /readyz", web.Ready(s.parts, s.log))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	s.log.Info("metrics", "address", l.Addr().String())
	return func() error {
		err := server.Close()
		<-ended // always ErrServerClosed after a Close
		return err
	}, nil
}
