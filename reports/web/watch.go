package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"candor/reports/store"
)

// Part is something that a service needs, with what is wrong with it just now.
type Part struct {
	Name string
	Err  error // nil when it is there
}

// readyTime bounds how long the parts are looked at.
const readyTime = 5 * time.Second

// Ready answers whether every part is there, 200 or 503, and which is not; why is
// in the log alone, because anybody may ask.
func Ready(parts func(context.Context) []Part, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTime)
		defer cancel()
		var text strings.Builder
		code := http.StatusOK
		for _, p := range parts(ctx) {
			if p.Err == nil {
				fmt.Fprintf(&text, "%s: ok\n", p.Name)
				continue
			}
			code = http.StatusServiceUnavailable
			fmt.Fprintf(&text, "%s: not ready\n", p.Name)
			log.Error("not ready", "part", p.Name, "err", p.Err)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(code)
		fmt.Fprint(w, text.String())
	})
}

// Healthy answers that the process is there.
func Healthy(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// metricsPage shows the figures, which are of all organisations, to a program with
// an administrator's token. The token's own role may be viewer.
func (s *server) metricsPage(w http.ResponseWriter, r *http.Request) {
	_, err := s.answer(r, store.Viewer, func(_ *http.Request, p who) (any, error) {
		if !p.pass.Access.All.May(store.Viewer) {
			return nil, forbidden{store.Admin}
		}
		return nil, nil
	})
	if err != nil {
		s.writeJSON(w, r, nil, err)
		return
	}
	s.Metrics.ServeHTTP(w, r)
}

// Request is what is told of one request that was answered.
type Request struct {
	Method  string // GET, POST, DELETE, or other
	Route   string // pattern of the route, never an address; "none" for what has none
	Status  int
	Seconds float64
}

// status notes what an answer's status is.
type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// watched tells of every request: in the log, as a figure and as a span. Of its
// address only the route is told: paths hold the secrets of shared links, queries
// what people look for.
func (s *server) watched(next http.Handler) http.Handler {
	tracer := s.Tracer.Tracer("candor/reports/web")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, span := tracer.Start(r.Context(), "request", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		r = r.WithContext(ctx)
		out := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(out, r)
		q := Request{Method: method(r.Method), Route: routeOf(r), Status: out.code, Seconds: time.Since(began).Seconds()}
		if q.Status == 0 {
			q.Status = http.StatusOK
		}
		span.SetName(q.Method + " " + q.Route)
		span.SetAttributes(attribute.String("http.request.method", q.Method), attribute.String("http.route", q.Route), attribute.Int("http.response.status_code", q.Status))
		if q.Status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		if s.Watch != nil {
			s.Watch(q)
		}
		if q.Route != "/healthz" && q.Route != "/readyz" && q.Route != "/static/" {
			s.Log.Info("request", "method", q.Method, "route", q.Route, "status", q.Status, "ms", int64(q.Seconds*1000))
		}
	})
}

func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete:
		return m
	}
	return "other"
}

// routeOf is the pattern that a request met, without its method.
func routeOf(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	_, path, ok := strings.Cut(r.Pattern, " ")
	if !ok {
		path = r.Pattern
	}
	return path
}
