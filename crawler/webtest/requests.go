package webtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
)

// Bounds of what is recorded.
const (
	MaxLog  = 200_000  // requests
	MaxBody = 64 << 10 // bytes of a request's body, or of a WebSocket's messages
)

// Request is one that the server got.
type Request struct {
	Method   string
	Proto    string // "HTTP/1.1", "HTTP/2.0"
	Scheme   string // "http", "https"; "ws", "wss" for a WebSocket
	Host     string // lower-case, without the port
	URL      string // absolute
	Header   http.Header
	Body     []byte // what was read of it, at most MaxBody; of a WebSocket its messages, one a line
	BodySize int64  // bytes read
	Status   int    // of the answer; 0 while there is none, or when the connection was taken over
}

type requestLog struct {
	mu         sync.Mutex
	requests   []*Request
	dropped    int
	unexpected []string
}

func (l *requestLog) add(r *Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.requests) >= MaxLog {
		l.dropped++
		return
	}
	l.requests = append(l.requests, r)
}

func (l *requestLog) update(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// Log returns the requests so far, in the order in which they arrived.
func (s *Server) Log() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	out := make([]Request, len(s.log.requests))
	for i, r := range s.log.requests {
		out[i] = *r
		out[i].Body = bytes.Clone(r.Body)
	}
	return out
}

// Dropped is how many requests came after the log was full.
func (s *Server) Dropped() int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.dropped
}

// ClearLog forgets the requests so far, and the unexpected ones.
func (s *Server) ClearLog() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.requests, s.log.dropped, s.log.unexpected = nil, 0, nil
}

// Unexpected lists the requests to hosts that are not in the tree, as
// "METHOD URL", in the order in which they arrived.
func (s *Server) Unexpected() []string {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.unexpected)
}

// record puts a request into the log and returns its entry.
func (s *Server) record(r *http.Request, host string) *Request {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	entry := &Request{
		Method: r.Method, Proto: r.Proto, Scheme: scheme, Host: host,
		URL: scheme + "://" + r.Host + r.URL.RequestURI(), Header: r.Header.Clone(),
	}
	s.log.add(entry)
	r.Body = &recordedBody{ReadCloser: r.Body, log: &s.log, entry: entry}
	return entry
}

func (s *Server) unknownHost(w http.ResponseWriter, entry *Request) {
	s.log.update(func() {
		if len(s.log.unexpected) < MaxLog {
			s.log.unexpected = append(s.log.unexpected, entry.Method+" "+entry.URL)
		}
	})
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, "webtest: no site for the host %s\n", entry.Host)
}

// recordedBody keeps the beginning of what is read.
type recordedBody struct {
	io.ReadCloser
	log   *requestLog
	entry *Request
}

func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.log.update(func() {
		b.entry.BodySize += int64(n)
		keep := min(n, MaxBody-len(b.entry.Body))
		b.entry.Body = append(b.entry.Body, p[:max(0, keep)]...)
	})
	return n, err
}

// recordedAnswer notes the status. Unwrap lets http.ResponseController reach
// the connection.
type recordedAnswer struct {
	http.ResponseWriter
	log    *requestLog
	entry  *Request
	headed bool
}

func (a *recordedAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *recordedAnswer) WriteHeader(status int) {
	if !a.headed && status >= 200 {
		a.headed = true
		a.log.update(func() { a.entry.Status = status })
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *recordedAnswer) Write(p []byte) (int, error) {
	if !a.headed {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}
