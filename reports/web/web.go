// Package web is the dashboard: pages and a JSON API over the store, for the
// people who look after scans of many sites.
//
// Pages are rendered here and need no script for reading; one small script shows
// a scan's progress as it comes. Everybody is let in by a session, a token or a
// shared link, and may do what their role allows; every change is in the audit
// log. Requests from other sites change nothing (Sec-Fetch-Site and Origin are
// checked), what a site, a vendor or a person wrote is escaped, and reports are
// served in a sandbox. It starts no scans itself: it puts them in line.
package web

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"candor/reports/store"
	"candor/reports/store/blob"
	"candor/rules"
)

//go:embed templates/*.html static
var files embed.FS

// Options are what the dashboard shows and with what.
type Options struct {
	Store *store.Store
	Blobs blob.Store
	// Added is called when a scan was put in line, so that nobody waits for the
	// next tick.
	Added func(context.Context, store.Scan)
	// CheckSite looks at an address that somebody wants scanned: it returns the
	// whole address and its registrable domain, or says what is wrong with it.
	CheckSite func(ctx context.Context, address string) (full, host string, err error)
	// CheckProfile says what is wrong with a profile's text.
	CheckProfile func(text string) error
	// Test sends a destination of alerts something to see whether it arrives; its
	// error names no address.
	Test func(context.Context, store.Destination) error
	// Broader reports whether a kind of data covers another, to compare texts.
	Broader func(broad, narrow string) bool
	Rules   *rules.Set
	Version string
	Secure  bool // it is reached by https: cookies are kept to it
	// Proxies are the addresses of reverse proxies, which are believed when they say
	// for whom they ask; nobody else is.
	Proxies []netip.Prefix
	OIDC    *Provider
	Now     func() time.Time
	Log     *slog.Logger
	// Parts are what /readyz looks at; nil looks at the database alone.
	Parts func(context.Context) []Part
	// Metrics answers /metrics, for programs with a token; nil is no such page.
	Metrics http.Handler
	// Watch is told of every request that was answered; nil for nobody.
	Watch func(Request)
	// Tracer takes a span of every request; nil takes none.
	Tracer trace.TracerProvider
}

type server struct {
	Options
	pages     *pages
	limiter   *limiter
	hashing   chan struct{} // slots for passwords that are hashed
	deviceKey []byte        // of this process: see mayTry
}

// New returns the dashboard's handler.
func New(o Options) (http.Handler, error) {
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider()
	}
	p, err := parsePages()
	if err != nil {
		return nil, err
	}
	s := &server{Options: o, pages: p, limiter: newLimiter(o.Now), hashing: make(chan struct{}, 4), deviceKey: make([]byte, 32)}
	if _, err := rand.Read(s.deviceKey); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", cached(http.FileServerFS(static))))
	mux.HandleFunc("GET /healthz", Healthy)
	mux.Handle("GET /readyz", Ready(s.parts, o.Log))
	if o.Metrics != nil {
		mux.HandleFunc("GET /metrics", s.metricsPage)
	}
	s.routes(mux)
	s.apiRoutes(mux)
	return s.watched(s.guard(http.NewCrossOriginProtection().Handler(mux))), nil
}

// route is one page or action and who may use it. What its path names is looked
// up first (admit): the role is wanted in that thing's organisation. Without such
// a name it is wanted in any; admin is the administrators'.
type route struct {
	pattern string
	role    store.Role
	do      func(http.ResponseWriter, *http.Request, who) error
}

func (s *server) routes(mux *http.ServeMux) {
	mux.Handle("GET /login", s.page(s.loginPage))
	mux.Handle("POST /login", s.page(s.login))
	mux.Handle("GET /share/{secret}/{path...}", s.page(s.shared))
	if s.OIDC != nil {
		mux.Handle("GET /login/oidc", s.page(s.OIDC.start))
		mux.Handle("GET /login/oidc/callback", s.page(s.oidcBack))
	}
	for _, r := range s.pageRoutes() {
		mux.Handle(r.pattern, s.page(func(w http.ResponseWriter, req *http.Request) error {
			p, err := s.who(req)
			if errors.Is(err, errNobody) {
				return s.toLogin(w, req)
			}
			if err != nil {
				return err
			}
			req, err = s.admit(req, &p, r.role)
			if err != nil {
				return err
			}
			return r.do(w, req, p)
		}))
	}
}

func (s *server) pageRoutes() []route {
	return []route{
		{"GET /{$}", anybody, s.overview},
		{"POST /logout", anybody, s.logout},
		{"POST /logout/everywhere", anybody, s.logoutEverywhere},
		{"POST /password", anybody, s.changePassword},
		{"GET /sites/new", store.Owner, s.newSite},
		{"POST /sites", store.Owner, s.addSite},
		{"GET /sites/{site}", store.Viewer, s.site},
		{"GET /sites/{site}/edit", store.Owner, s.editSite},
		{"POST /sites/{site}", store.Owner, s.changeSite},
		{"POST /sites/{site}/scan", store.Reviewer, s.scanSite},
		{"POST /sites/{site}/delete", store.Owner, s.deleteSite},
		{"POST /sites/{site}/schedules", store.Owner, s.addSchedule},
		{"POST /schedules/{schedule}/pause", store.Owner, s.pauseSchedule},
		{"POST /sites/{site}/alerts", store.Owner, s.silenceSite},
		{"GET /alerts", store.Viewer, s.alerts},
		{"POST /alerts/{alert}/again", store.Admin, s.sendAgain},
		{"POST /destinations", store.Admin, s.addDestination},
		{"POST /destinations/{destination}/test", store.Admin, s.testDestination},
		{"POST /destinations/{destination}/pause", store.Admin, s.pauseDestination},
		{"POST /destinations/{destination}/delete", store.Admin, s.deleteDestination},
		{"POST /schedules/{schedule}/delete", store.Owner, s.deleteSchedule},
		{"GET /sites/{site}/policies", store.Viewer, s.policies},
		{"GET /scans/{scan}", store.Viewer, s.scan},
		{"GET /scans/{scan}/events", store.Viewer, s.events},
		{"POST /scans/{scan}/cancel", store.Reviewer, s.cancelScan},
		{"POST /scans/{scan}/share", store.Owner, s.shareScan},
		{"GET /scans/{scan}/report/{path...}", store.Viewer, s.report},
		{"GET /findings", store.Viewer, s.findings},
		{"GET /findings/{site}/{fingerprint}", store.Viewer, s.finding},
		{"POST /findings/{site}/{fingerprint}/review", store.Reviewer, s.reviewFinding},
		{"POST /findings/{site}/{fingerprint}/suppress", store.Approver, s.suppressFinding},
		{"POST /suppressions/{suppression}/withdraw", store.Approver, s.withdraw},
		{"GET /recipients", store.Viewer, s.recipients},
		{"GET /schedules", store.Viewer, s.schedules},
		{"GET /rules", store.Viewer, s.rulesPage},
		{"GET /settings", anybody, s.settings},
		{"POST /organisations", store.Admin, s.addOrganisation},
		{"POST /organisations/{organisation}/name", store.Admin, s.renameOrganisation},
		{"POST /organisations/{organisation}/quota", store.Admin, s.changeQuota},
		{"POST /retention", store.Admin, s.changeRetention},
		{"POST /people", store.Admin, s.addPerson},
		{"GET /people/{person}", store.Admin, s.person},
		{"POST /people/{person}", store.Admin, s.changePerson},
		{"POST /tokens", store.Viewer, s.addToken},
		{"POST /passes/{id}/revoke", anybody, s.revoke},
		{"GET /audit", store.Admin, s.audit},
		{"POST /audit/check", store.Admin, s.checkAudit},
	}
}

// maxBody bounds what a form or the API sends, in bytes.
const maxBody = 256 << 10

// guard sets what every answer has, and keeps a handler's fault from ending the
// server.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if from, ok := s.askedFor(r); ok { // the request is this handler's own: see watched
			r.RemoteAddr = netip.AddrPortFrom(from, 0).String()
		}
		defer func() {
			if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
				s.Log.Error("a page could not be made", "route", routeOf(r), "fault", fault)
				http.Error(w, "This page could not be made. The server's log says why.", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		next.ServeHTTP(w, r)
	})
}

func (s *server) parts(ctx context.Context) []Part {
	if s.Parts != nil {
		return s.Parts(ctx)
	}
	return []Part{{"database", s.Store.Ping(ctx)}}
}

// forbidden says which role is wanted.
type forbidden struct{ role store.Role }

func (f forbidden) Error() string { return fmt.Sprintf("this needs the role %s", f.role) }

// wrong is what a person can put right in what they sent.
type wrong struct{ error }

func wrongf(format string, args ...any) error { return wrong{fmt.Errorf(format, args...)} }

// status is the HTTP status of an error, and what is said of it.
func status(err error) (int, string) {
	var f forbidden
	var w wrong
	var large *http.MaxBytesError
	var g gone
	switch {
	case errors.As(err, &g):
		return http.StatusGone, g.Error()
	case errors.As(err, &f):
		return http.StatusForbidden, "You may not do this: it needs the role " + string(f.role) + "."
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, "What was sent is too large."
	case errors.As(err, &w):
		return http.StatusBadRequest, w.Error()
	case errors.Is(err, store.ErrNotFound), errors.Is(err, blob.ErrNotFound):
		return http.StatusNotFound, "There is nothing here, or no longer."
	case errors.Is(err, errTooMany):
		return http.StatusTooManyRequests, "Too many tries. Wait a minute, then try again."
	case errors.Is(err, store.ErrLastAdmin):
		return http.StatusConflict, "Somebody must stay an administrator who can log in: make another one first."
	case errors.Is(err, store.ErrBusy):
		return http.StatusConflict, "A scan of this site waits or runs already."
	case errors.Is(err, store.ErrExists):
		return http.StatusConflict, "There is one of this name or address already."
	case errors.Is(err, store.ErrLost):
		return http.StatusConflict, "The scan has ended already."
	}
	return http.StatusInternalServerError, "This did not work. The server's log says why."
}

// page makes a handler of one that can fail.
func (s *server) page(do func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := do(w, r)
		if err == nil || r.Context().Err() != nil {
			return
		}
		code, text := status(err)
		if code == http.StatusInternalServerError {
			s.Log.Error("a page could not be made", "route", routeOf(r), "err", err)
		}
		w.WriteHeader(code)
		if err := s.pages.render(w, "error", view{Title: http.StatusText(code), Data: text}); err != nil {
			s.Log.Error("an error could not be shown", "err", err)
		}
	})
}
