package webtest

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"golang.org/x/net/websocket"
)

// maxDrain bounds what is read of a request's body before the answer.
const maxDrain = 8 << 20

// ServeHTTP answers a request by its host and path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := hostOf(r)
	entry := s.record(r, host)
	answer := &recordedAnswer{ResponseWriter: w, log: &s.log, entry: entry}
	if h := s.handler(host); h != nil {
		h.ServeHTTP(answer, r)
		return
	}
	site := host
	if !s.isSite(host) {
		if site = "_any"; !s.isSite(site) {
			s.unknownHost(answer, entry)
			return
		}
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain)) // so that the log has it
	found, err := s.find(site, r.URL.Path)
	if err != nil {
		http.Error(answer, "webtest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	if !pause(r, s.hostDelay(site)) || !pause(r, found.side.delay) {
		return
	}
	s.answer(answer, r, entry, found)
}

func hostOf(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// pause waits and reports whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Server) isSite(name string) bool {
	if name != "_any" && (strings.HasPrefix(name, "_") || !fs.ValidPath(name) || name == ".") {
		return false
	}
	info, err := fs.Stat(s.fsys, name)
	return err == nil && info.IsDir()
}

// hostDelay is the delay of a host's _host.headers.
func (s *Server) hostDelay(site string) time.Duration {
	side, ok, err := s.sidecar(site + "/_host")
	if err != nil || !ok {
		return 0
	}
	return side.delay
}

// resource is what a path leads to.
type resource struct {
	name string // of the file; "" when there is only a sidecar or nothing
	side sidecar
	none bool // nothing was found
}

// find looks a path up as the package's comment says.
func (s *Server) find(site, urlPath string) (resource, error) {
	clean := strings.TrimPrefix(path.Clean("/"+urlPath), "/")
	name := path.Join(site, clean)
	var names []string
	if clean != "" {
		names = append(names, name, name+".html")
	}
	names = append(names, name+"/index.html")
	for dir := name; ; dir = path.Dir(dir) {
		if dir != name || clean == "" {
			for _, wild := range []string{"_any", "_any.html", "_any.js", "_any.json"} {
				names = append(names, dir+"/"+wild)
			}
		}
		if dir == site || dir == "." {
			break
		}
	}
	for _, n := range names {
		if !fs.ValidPath(n) || strings.HasSuffix(n, ".headers") {
			continue
		}
		side, hasSide, err := s.sidecar(n)
		if err != nil {
			return resource{}, err
		}
		if info, err := fs.Stat(s.fsys, n); err == nil && !info.IsDir() {
			return resource{name: n, side: side}, nil
		}
		if hasSide {
			return resource{name: side.file, side: side}, nil
		}
	}
	return resource{none: true}, nil
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, entry *Request, found resource) {
	side := found.side
	if found.none {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "webtest: nothing at %s%s\n", entry.Host, r.URL.Path)
		return
	}
	if side.websocket && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		s.echo(w, r, entry)
		return
	}
	fill := s.filler(r, entry.Host, side.visitor)
	for _, h := range side.headers {
		w.Header().Add(h.name, fill(h.value))
	}
	if side.cors {
		allowCORS(w, r)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	if side.redirect != "" {
		w.Header().Set("Location", fill(side.redirect))
	}
	var body []byte
	if found.name != "" {
		var err error
		if body, err = fs.ReadFile(s.fsys, found.name); err != nil {
			http.Error(w, "webtest: "+err.Error(), http.StatusInternalServerError)
			return
		}
	}
	if w.Header().Get("Content-Type") == "" && len(body) > 0 {
		w.Header().Set("Content-Type", contentType(found.name, body))
	}
	w.WriteHeader(side.statusOr(http.StatusOK))
	if r.Method == http.MethodHead {
		return
	}
	if side.gzip {
		z := gzip.NewWriter(w)
		_, _ = z.Write(body)
		_ = z.Close()
		return
	}
	_, _ = w.Write(body)
}

func allowCORS(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Add("Vary", "Origin")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, OPTIONS")
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	}
}

// types are fixed here because the system's table differs between machines.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".xml": "application/xml", ".svg": "image/svg+xml",
	".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg", ".webp": "image/webp", ".ico": "image/x-icon",
	".txt": "text/plain; charset=utf-8", ".pdf": "application/pdf", ".woff2": "font/woff2", ".gz": "application/gzip",
	".md": "text/plain; charset=utf-8", ".map": "application/json", ".webmanifest": "application/manifest+json",
}

func contentType(name string, body []byte) string {
	if t := types[path.Ext(name)]; t != "" {
		return t
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return http.DetectContentType(body)
}

// filler returns what replaces the placeholders of a value. The visitor's id is
// made at most once for a request.
func (s *Server) filler(r *http.Request, host, cookie string) func(string) string {
	var id string
	visitor := func() string {
		if id == "" {
			if c, err := r.Cookie(cookie); err == nil && c.Value != "" {
				id = c.Value
			} else {
				id = s.newVisitor(host, cookie)
			}
		}
		return id
	}
	return func(v string) string {
		if !strings.Contains(v, "{") {
			return v
		}
		if cookie != "" && strings.Contains(v, "{visitor}") {
			v = strings.ReplaceAll(v, "{visitor}", visitor())
		}
		v = strings.ReplaceAll(v, "{host}", host)
		for {
			before, rest, ok := strings.Cut(v, "{query:")
			if !ok {
				return v
			}
			name, after, ok := strings.Cut(rest, "}")
			if !ok {
				return v
			}
			v = before + cleanValue(r.URL.Query().Get(name)) + after
		}
	}
}

// cleanValue keeps what may stand in a header and cannot be a placeholder again.
func cleanValue(v string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c > '~' || c == '{' || c == '}' || c == ';' || c == '"' {
			return -1
		}
		return c
	}, v)
}

func (s *Server) newVisitor(host, cookie string) string {
	s.mu.Lock()
	key := host + " " + cookie
	n := s.visitors[key]
	s.visitors[key] = n + 1
	s.mu.Unlock()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", key, n))
	return hex.EncodeToString(sum[:10])
}

// echo sends a WebSocket's messages back and records them.
func (s *Server) echo(w http.ResponseWriter, r *http.Request, entry *Request) {
	s.log.update(func() {
		entry.Scheme = strings.Replace(entry.Scheme, "http", "ws", 1)
		entry.URL = strings.Replace(entry.URL, "http", "ws", 1)
		entry.Status = http.StatusSwitchingProtocols
	})
	hijack := w
	if u, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
		hijack = u.Unwrap() // the library asks for a http.Hijacker
	}
	if _, ok := hijack.(http.Hijacker); !ok {
		http.Error(w, "webtest: WebSockets need HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return
	}
	websocket.Server{Handler: func(c *websocket.Conn) {
		c.MaxPayloadBytes = MaxBody
		end := make(chan struct{})
		defer close(end)
		go func() { // a taken-over connection is not closed by the server
			select {
			case <-r.Context().Done():
				_ = c.Close()
			case <-end:
			}
		}()
		for {
			var m string
			if websocket.Message.Receive(c, &m) != nil {
				return
			}
			s.log.update(func() {
				entry.BodySize += int64(len(m))
				if len(entry.Body)+len(m) < MaxBody {
					entry.Body = append(append(entry.Body, m...), '\n')
				}
			})
			if websocket.Message.Send(c, m) != nil {
				return
			}
		}
	}}.ServeHTTP(hijack, r)
}
