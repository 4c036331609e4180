package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"candor/reports/store"
)

// queue puts a scan of a site in line.
func (s *server) queue(r *http.Request, p who, site string) error {
	x, err := s.Store.Queue(r.Context(), p.name, store.Scan{Site: site, Reason: "person", Priority: 1})
	if err != nil {
		return err
	}
	s.Added(r.Context(), x)
	return nil
}

func (s *server) scanSite(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.queue(r, p, r.PathValue("site")); err != nil {
		return err
	}
	return back(w, r, "/sites/%s", r.PathValue("site"))
}

type scanView struct {
	store.Scan
	Name     string
	Totals   totals
	Progress store.Progress
	Open     bool
	Share    string // address of a link that was just made
	Purged   []store.Tombstone
}

func (s *server) scanView(r *http.Request) (scanView, error) {
	x, err := s.Store.Scan(r.Context(), r.PathValue("scan"))
	if err != nil {
		return scanView{}, err
	}
	v := scanView{Scan: x, Totals: totalsOf(x), Progress: progressOf(x), Open: x.State == store.Queued || x.State == store.Running}
	site, err := s.Store.Site(r.Context(), x.Site)
	if err != nil && !errors.Is(err, store.ErrNotFound) { // a site that was deleted keeps its scans
		return scanView{}, err
	}
	v.Name = site.Name
	v.Purged, err = s.Store.Tombstones(r.Context(), x.ID)
	return v, err
}

func (s *server) scan(w http.ResponseWriter, r *http.Request, p who) error {
	v, err := s.scanView(r)
	if err != nil {
		return err
	}
	return s.show(w, p, "overview", "Scan of "+v.Name, "scan", v)
}

// event is what the script of a scan's page is told.
type event struct {
	State    store.ScanState `json:"state"`
	Progress store.Progress  `json:"progress"`
	Open     bool            `json:"open"`
}

// eventEvery is how often the database is asked how far a scan is.
const eventEvery = time.Second

// events tells how far a scan is as it goes (server-sent events), until it ends or
// whoever asked may not know any more.
func (s *server) events(w http.ResponseWriter, r *http.Request, _ who) error {
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	ticker := time.NewTicker(eventEvery)
	defer ticker.Stop()
	last := ""
	for {
		v, err := s.scanView(r)
		if err != nil {
			return err
		}
		text, err := json.Marshal(event{v.State, v.Progress, v.Open})
		if err != nil {
			return err
		}
		if string(text) != last {
			if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil {
				return err
			}
			if err := out.Flush(); err != nil {
				return err
			}
			last = string(text)
		}
		if !v.Open {
			return nil
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-ticker.C:
		}
		if r, err = s.stillThere(r); err != nil {
			return nil // the stream ends; who asks again is told why
		}
	}
}

// stillThere looks anew whether somebody may see what they are told, without
// counting it as a use of their session.
func (s *server) stillThere(r *http.Request) (*http.Request, error) {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return r, errNobody
	}
	pass, err := s.Store.Look(r.Context(), store.Session, c.Value)
	if err != nil {
		return r, err
	}
	return s.admit(r, &who{pass: pass, name: pass.Name}, store.Viewer)
}

func (s *server) cancelScan(w http.ResponseWriter, r *http.Request, p who) error {
	if err := s.Store.Cancel(r.Context(), p.name, r.PathValue("scan")); err != nil {
		return err
	}
	return back(w, r, "/scans/%s", r.PathValue("scan"))
}

func (s *server) report(w http.ResponseWriter, r *http.Request, _ who) error {
	x, err := s.Store.Scan(r.Context(), r.PathValue("scan"))
	if err != nil {
		return err
	}
	return s.reportFile(w, r, x, r.PathValue("path"))
}

// reportFile serves a file of a written report. What it shows comes from other
// sites, so it gets an origin of its own and no way to the dashboard.
func (s *server) reportFile(w http.ResponseWriter, r *http.Request, x store.Scan, name string) error {
	if name == "" {
		name = "index.html"
	}
	if err := s.isPurged(r.Context(), x, name); err != nil {
		return err
	}
	if x.Report == "" {
		return store.ErrNotFound
	}
	f, err := s.Blobs.Get(r.Context(), x.Report+name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", mimeType(name))
	h.Set("Content-Security-Policy", "sandbox allow-scripts allow-popups; frame-ancestors 'none'")
	if !strings.HasSuffix(name, ".html") && !strings.HasSuffix(name, ".png") {
		h.Set("Content-Disposition", "attachment; filename="+path.Base(name))
	}
	_, err = io.Copy(w, f)
	return err
}

func mimeType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".json", ".sarif":
		return "application/json"
	case ".md", ".csv", ".txt", ".jsonl":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// shareTime is how long a link to a report is good.
const shareTime = 14 * 24 * time.Hour

func (s *server) shareScan(w http.ResponseWriter, r *http.Request, p who) error {
	v, err := s.scanView(r)
	if err != nil {
		return err
	}
	pass, secret, err := s.share(r, p, v)
	if err != nil {
		return err
	}
	v.Share = "/share/" + secret + "/"
	return s.show(w, p, "overview", "Share until "+pass.ExpiresAt.Format(time.DateOnly), "scan", v)
}

// share makes a link to a scan's report.
func (s *server) share(r *http.Request, p who, v scanView) (store.Pass, string, error) {
	if v.Report == "" {
		return store.Pass{}, "", wrongf("this scan has no report that could be shared")
	}
	expires := s.Now().Add(shareTime)
	return s.Store.Issue(r.Context(), p.name, store.Pass{Kind: store.Link, Person: p.pass.Person, Name: "report of " + v.Name, Role: store.Viewer, Object: v.ID, ExpiresAt: expires})
}

// shared shows the one report that a link is for.
func (s *server) shared(w http.ResponseWriter, r *http.Request) error {
	pass, err := s.Store.Show(r.Context(), store.Link, r.PathValue("secret"))
	if err != nil {
		return err
	}
	// Who made the link must still see what it shows.
	x, err := s.Store.Scan(store.Seeing(r.Context(), pass.Access), pass.Object)
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the secret is in the address
	return s.reportFile(w, r, x, r.PathValue("path"))
}
