package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"candor/crawler"
	"candor/crawler/evidence"
	"candor/reports/store"
)

const tracerName = "candor"

// tracing makes what spans are given to: OTLP over HTTP when the variables of
// OpenTelemetry name a collector, else nothing, which costs nothing. stop sends
// what is left.
func tracing(ctx context.Context, environ map[string]string, log *slog.Logger) (_ trace.TracerProvider, stop func(context.Context) error, err error) {
	none := func(context.Context) error { return nil }
	endpoint := environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
	if base := environ["OTEL_EXPORTER_OTLP_ENDPOINT"]; endpoint == "" && base != "" {
		endpoint = strings.TrimSuffix(base, "/") + "/v1/traces"
	}
	if endpoint == "" || strings.EqualFold(environ["OTEL_SDK_DISABLED"], "true") || environ["OTEL_TRACES_EXPORTER"] == "none" {
		return noop.NewTracerProvider(), none, nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if p := environ[name]; p != "" && p != "http/protobuf" {
			return nil, none, usage("%s=%s: expected http/protobuf", name, p)
		}
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, none, usage("traces to %s: %w", endpoint, err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "candor"), attribute.String("service.version", toolVersion())), resource.WithFromEnv())
	if err != nil {
		return nil, none, usage("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces", "err", err) }))
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	return p, p.Shutdown, nil
}

// span begins a step of what the context's span is about; below none it costs
// nothing. end takes the step's error.
func span(ctx context.Context, name string, attrs ...attribute.KeyValue) (_ context.Context, end func(error)) {
	ctx, s := trace.SpanFromContext(ctx).TracerProvider().Tracer(tracerName).Start(ctx, name, trace.WithAttributes(attrs...))
	stop := stepOf(ctx, name)
	return ctx, func(err error) {
		stop()
		endSpan(s, err)
	}
}

// steps adds up how long each step of a scan takes, for the log.
type steps struct {
	now  func() time.Time
	mu   sync.Mutex
	took map[string]time.Duration
}

type stepsKey struct{}

func withSteps(ctx context.Context, now func() time.Time) (context.Context, *steps) {
	s := &steps{now: now, took: map[string]time.Duration{}}
	return context.WithValue(ctx, stepsKey{}, s), s
}

// stepOf begins a step of the context's scan, if it has one.
func stepOf(ctx context.Context, name string) (stop func()) {
	s, ok := ctx.Value(stepsKey{}).(*steps)
	if !ok {
		return func() {}
	}
	began := s.now()
	return func() { s.add(name, s.now().Sub(began)) }
}

func (s *steps) add(name string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took[name] += d
}

// LogValue lists the steps with their milliseconds, by name.
func (s *steps) LogValue() slog.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []slog.Attr
	for _, name := range slices.Sorted(maps.Keys(s.took)) {
		out = append(out, slog.Int64(strings.ReplaceAll(name, " ", "_"), s.took[name].Milliseconds()))
	}
	return slog.GroupValue(out...)
}

func endSpan(s trace.Span, err error) {
	if err != nil {
		s.SetStatus(codes.Error, "") // the words may hold what a page wrote; the log has them
	}
	s.End()
}

// scanSpan begins the span of an attempt, with the time that the scan waited.
func (s *service) scanSpan(ctx context.Context, x store.Scan) (context.Context, trace.Span) {
	tracer := s.tracer.Tracer(tracerName)
	ctx, all := tracer.Start(ctx, "scan", trace.WithNewRoot(), trace.WithTimestamp(x.QueuedAt), trace.WithAttributes(
		attribute.String("candor.scan", x.ID), attribute.String("candor.site", x.Site), attribute.Int("candor.attempt", x.Attempt), attribute.String("candor.reason", x.Reason)))
	_, wait := tracer.Start(ctx, "queue wait", trace.WithTimestamp(x.QueuedAt))
	wait.End(trace.WithTimestamp(x.StartedAt))
	return ctx, all
}

// visits makes spans of a crawl's events: one for each state, below it one for
// each page. They name pages by their ids in the report, not by their addresses.
type visits struct {
	mu     sync.Mutex
	ctx    context.Context
	states map[evidence.State]context.Context
	pages  map[string]trace.Span
}

func newVisits(ctx context.Context) *visits {
	return &visits{ctx: ctx, states: map[evidence.State]context.Context{}, pages: map[string]trace.Span{}}
}

func (v *visits) event(e crawler.Event) {
	if !trace.SpanFromContext(v.ctx).IsRecording() {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	tracer := trace.SpanFromContext(v.ctx).TracerProvider().Tracer(tracerName)
	switch e.Kind {
	case "page-start":
		state, ok := v.states[e.State]
		if !ok {
			state, _ = tracer.Start(v.ctx, "state", trace.WithAttributes(attribute.String("candor.state", string(e.State))))
			v.states[e.State] = state
		}
		_, s := tracer.Start(state, "page visit", trace.WithAttributes(attribute.String("candor.page", e.Page), attribute.String("candor.state", string(e.State))))
		v.endPage(e) // of an earlier look at the same page
		v.pages[key(e)] = s
	case "page-done":
		v.endPage(e)
	}
}

func key(e crawler.Event) string { return fmt.Sprintf("%s %s", e.Page, e.State) }

func (v *visits) endPage(e crawler.Event) {
	if s, ok := v.pages[key(e)]; ok {
		s.SetAttributes(attribute.Int("candor.requests", e.Requests))
		s.End()
		delete(v.pages, key(e))
	}
}

// end ends what is open: the states, and pages that were not told of again.
func (v *visits) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.pages {
		s.End()
	}
	for _, ctx := range v.states {
		trace.SpanFromContext(ctx).End()
	}
	v.pages, v.states = map[string]trace.Span{}, map[evidence.State]context.Context{}
}

// traceStop bounds how long the last spans are sent.
const traceStop = 5 * time.Second
