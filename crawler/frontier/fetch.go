package frontier

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

const maxRedirects = 5

var (
	errTooLarge  = errors.New("the answer is larger than the bound")
	errRedirects = fmt.Errorf("more than %d redirects", maxRedirects)
	errRobots    = errors.New("robots.txt refuses it")
	errScope     = errors.New("the redirect leaves the site")
)

// newClient copies a client: same transport, a jar with the public suffix
// list when it has none, every body bounded before and after decompression.
func newClient(given *http.Client) (*http.Client, error) {
	c := http.Client{}
	if given != nil {
		c = *given
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	c.Transport = &boundedTransport{base: c.Transport}
	if c.Jar == nil {
		jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
		if err != nil {
			return nil, fmt.Errorf("cookie jar: %w", err)
		}
		c.Jar = jar
	}
	c.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errRedirects
		}
		return nil
	}
	return &c, nil
}

// boundedTransport undoes Content-Encoding itself, so that no library behind
// it inflates without bound, and ends a body that outgrows the bound with
// errTooLarge rather than cutting it silently.
type boundedTransport struct{ base http.RoundTripper }

type boundKey struct{}

// withBound sets the bytes that a body may have, before and after
// decompression.
func withBound(ctx context.Context, bytes int64) context.Context {
	return context.WithValue(ctx, boundKey{}, bytes)
}

func (t *boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return nil, errScheme
	}
	bound, ok := req.Context().Value(boundKey{}).(int64)
	if !ok {
		bound = maxPage
	}
	if req.Header.Get("Accept-Encoding") == "" {
		req = req.Clone(req.Context())
		req.Header.Set("Accept-Encoding", "gzip")
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body := &boundedBody{Reader: &countedReader{r: resp.Body, left: bound}, Closer: resp.Body}
	switch encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip", "deflate":
		body.Reader = &countedReader{r: &lazyInflate{src: body.Reader, gzip: encoding != "deflate"}, left: bound}
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
	default:
		resp.Body.Close()
		return nil, fmt.Errorf("content encoding %.40q was not asked for", encoding)
	}
	resp.Uncompressed = true // colly must not inflate again
	resp.Body = body
	return resp, nil
}

type boundedBody struct {
	io.Reader
	io.Closer
}

// countedReader ends with errTooLarge after left bytes.
type countedReader struct {
	r    io.Reader
	left int64
}

func (c *countedReader) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return max(n-1, 0), errTooLarge
	}
	return n, err
}

// lazyInflate opens the decompressor at the first read, because an answer to
// HEAD has no body.
type lazyInflate struct {
	src  io.Reader
	gzip bool
	r    io.Reader
	err  error
}

func (l *lazyInflate) Read(p []byte) (int, error) {
	if l.r == nil && l.err == nil {
		if l.gzip {
			l.r, l.err = gzip.NewReader(l.src)
		} else {
			l.r = flate.NewReader(l.src)
		}
	}
	if l.err != nil {
		return 0, l.err
	}
	return l.r.Read(p)
}

// answer is what a fetch of ours got.
type answer struct {
	status int
	final  *url.URL
	header http.Header
	body   []byte
}

// get fetches an address. check judges every redirect; bound is in bytes.
func (f *Frontier) get(ctx context.Context, method, address string, bound int64, check func(*url.URL) error) (*answer, error) {
	ctx, cancel := context.WithTimeout(withBound(ctx, bound), f.o.FetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", f.o.UserAgent)
	client := *f.client
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errRedirects
		}
		if check != nil {
			return check(req.URL)
		}
		return nil
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a := &answer{status: resp.StatusCode, final: resp.Request.URL, header: resp.Header}
	if method == http.MethodHead {
		return a, nil
	}
	a.body, err = io.ReadAll(resp.Body)
	return a, err
}

// Fault names what went wrong with a fetch: the kind of gap and a clause such
// as "the host name does not resolve".
func Fault(err error) (kind, clause string) { return faultOf(err) }

func faultOf(err error) (kind, clause string) {
	var (
		dns  *net.DNSError
		cert *tls.CertificateVerificationError
		op   *net.OpError
		nerr net.Error
	)
	switch {
	case errors.Is(err, errTooLarge):
		return "too_large", "its answer is larger than the bound"
	case errors.Is(err, errRedirects):
		return "redirect_loop", errRedirects.Error()
	case errors.Is(err, errRobots):
		return "robots", errRobots.Error()
	case errors.As(err, &cert):
		return "certificate", "its certificate is not valid: " + brief(cert.Err)
	case errors.As(err, &dns) && !dns.IsTimeout:
		return "dns", "the host name does not resolve"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &nerr) && nerr.Timeout():
		return "timeout", "it did not answer in time"
	case errors.As(err, &op) && op.Op == "dial":
		return "refused", "the host does not accept connections"
	}
	return "other", brief(err)
}

// brief bounds a foreign error's text and drops the address that net/http
// puts before it.
func brief(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	s := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, err.Error())
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "…"
	}
	return s
}

// wait sleeps until a time or the end of ctx.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
