package frontier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"candor/crawler/evidence"

	"github.com/gocolly/colly/v2"
	"golang.org/x/net/html/charset"
)

// Bounds of what Seed fetches.
const (
	maxPage     = 3 << 20 // bytes of a page, before and after decompression
	maxScouts   = 5       // start pages that are fetched for links
	maxHubs     = 2       // further pages when no privacy policy was found
	maxProbes   = 14      // well-known paths
	softProbe   = "/candor-asks-for-a-page-that-is-not-there"
	maxSoftPage = 256 << 10
	maxAlike    = 3 // answers like the one to nonsense, after which no more are asked for
)

// hubWords name pages that link to notices when the start page does not.
var hubWords = setOf("legal", "legal notice", "legal notices", "imprint", "impressum", "rechtliches", "mentions legales", "mentions légales", "informations légales",
	"aviso legal", "note legali", "juridisch", "site map", "sitemap", "plan du site", "about", "about us", "help", "policies", "trust", "trust center")

// Seed asks for robots.txt, fetches the start pages without a browser for
// their links, reads the sitemaps and, when no link to a privacy policy was
// found by then, a few pages that may link to one and the well-known paths.
//
// It must be called once; it may run while the browser visits the start page,
// and Next hands out only start addresses until it has returned. A fault of the
// site is a gap; the error is ctx's.
func (f *Frontier) Seed(ctx context.Context) error {
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.seeding = false
		f.signal()
	}()
	limited, cancel := context.WithTimeout(ctx, f.o.SeedTimeout)
	defer cancel()
	err := f.seed(limited)
	if ctx.Err() != nil {
		return fmt.Errorf("seed: %w", ctx.Err())
	}
	if limited.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.gaps.fault(evidence.Gap{
			What: "sitemaps and well-known pages of " + f.starts[0].Host, Kind: "timeout",
			Why: fmt.Sprintf("Looking for pages before the visits was ended after %s. Pages that only a sitemap names may be missing.", f.o.SeedTimeout),
		})
	}
	return nil
}

func (f *Frontier) seed(ctx context.Context) error {
	var first *pageFacts
	seen := map[string]bool{}
	for _, u := range f.starts[:min(len(f.starts), maxScouts)] {
		page, err := f.scout(ctx, u, true)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && first == nil {
			first = page
		}
	}
	for _, u := range f.starts {
		if seen[originOf(u)] {
			continue
		}
		seen[originOf(u)] = true
		if err := f.sitemaps(ctx, u); err != nil {
			return err
		}
	}
	if f.foundNotice() || f.foremost() == "" {
		return nil
	}
	if first != nil {
		if err := f.hubs(ctx, first); err != nil {
			return err
		}
	}
	if f.foundNotice() {
		return nil
	}
	return f.wellKnown(ctx, f.starts[0])
}

// foundNotice says whether a link names the foremost notice.
func (f *Frontier) foundNotice() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.notices.byKind[f.foremost()] {
		if !e.OffSite && e.Score >= likelyNotice {
			return true
		}
	}
	return false
}

// hubs fetches a few pages that are likely to link to notices.
func (f *Frontier) hubs(ctx context.Context, start *pageFacts) error {
	done := map[string]bool{}
	for _, l := range start.links {
		u, err := parse(start.base, l.URL)
		if err != nil || len(done) >= maxHubs || !f.InScope(u.String()) || !isPage(u) || changesSomething(u, l.Text) || done[keyOf(u)] {
			continue
		}
		segments := pathTexts(u)
		if !hubWords[plainText(l.Text)] && (len(segments) == 0 || !hubWords[segments[0]]) {
			continue
		}
		done[keyOf(u)] = true
		if _, err := f.scout(ctx, u, false); err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// scout fetches one page with colly and queues its links.
func (f *Frontier) scout(ctx context.Context, u *url.URL, start bool) (*pageFacts, error) {
	if err := f.allowedByRobots(ctx, u); err != nil {
		return nil, err
	}
	if err := f.turn(ctx, u.Hostname()); err != nil {
		return nil, err
	}
	page, final, err := f.fetchPage(ctx, u, start)
	if err != nil {
		return nil, fmt.Errorf("scout %s: %w", u, err)
	}
	depth := 2
	if start {
		depth = 1
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if start && !f.inScope(final) {
		f.adopt(u.String(), final)
	}
	for _, l := range page.links {
		f.addLink(page.base, final.String(), depth, l)
	}
	return page, nil
}

// fetchPage lets colly fetch and decode one page. The collector is made for
// this one page, and every setting that the environment (COLLY_…) could change
// is set here.
func (f *Frontier) fetchPage(ctx context.Context, u *url.URL, start bool) (*pageFacts, *url.URL, error) {
	c := colly.NewCollector()
	c.UserAgent = f.o.UserAgent
	c.Context = withBound(ctx, maxPage)
	c.AllowURLRevisit = true
	c.IgnoreRobotsTxt = true // asked above, as RFC 9309 has it
	c.AllowedDomains, c.DisallowedDomains = nil, nil
	c.CacheDir, c.CheckHead, c.Async, c.DetectCharset, c.TraceHTTP, c.ParseHTTPErrorResponse = "", false, false, false, false, false
	c.MaxBodySize, c.MaxDepth, c.MaxRequests = 0, 0, 0 // the transport bounds the body, with an error instead of a cut
	client := *f.client
	client.Timeout = f.o.FetchTimeout
	may := f.mayRedirect(ctx, start)
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errRedirects
		}
		return may(req.URL)
	}
	c.SetClient(&client)
	var (
		page    *pageFacts
		final   *url.URL
		problem = errors.New("it is no HTML page")
	)
	c.OnResponseHeaders(func(r *colly.Response) {
		if !isHTML(r.Headers.Get("Content-Type")) {
			r.Request.Abort()
		}
	})
	c.OnResponse(func(r *colly.Response) {
		final = r.Request.URL
		body, contentType := r.Body, r.Headers.Get("Content-Type")
		if !strings.Contains(strings.ToLower(contentType), "charset") { // colly has converted what the header named
			if decoded, err := decode(body, contentType); err == nil {
				body = decoded
			}
		}
		page, problem = extractLinks(final, body)
	})
	if err := c.Visit(u.String()); err != nil {
		return nil, nil, err
	}
	if page == nil {
		return nil, nil, problem
	}
	return page, final, nil
}

func isHTML(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	kind = strings.TrimSpace(kind)
	return kind == "" || kind == "text/html" || kind == "application/xhtml+xml"
}

func decode(body []byte, contentType string) ([]byte, error) {
	r, err := charset.NewReader(bytes.NewReader(body), contentType)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, 2*maxPage))
}

// mayRedirect judges a redirect of a fetch of ours: within the scope, unless a
// start page leads elsewhere, and as robots.txt of the new host allows.
func (f *Frontier) mayRedirect(ctx context.Context, leave bool) func(*url.URL) error {
	return func(u *url.URL) error {
		if u.Scheme != "http" && u.Scheme != "https" {
			return errScheme
		}
		if !leave && !f.InScope(u.String()) {
			return errScope
		}
		return f.allowedByRobots(ctx, u)
	}
}

// wellKnown tries the paths where notices often are. A page that a nonsense
// path gets as well, and a redirect to the start page, are no notice.
func (f *Frontier) wellKnown(ctx context.Context, start *url.URL) error {
	paths := f.probes(start)
	if len(paths) == 0 {
		return nil
	}
	missing, err := f.probe(ctx, start, softProbe)
	if err != nil {
		return ctx.Err() // a site that answers nothing to this tells nothing by the others
	}
	alike := 0
	for _, p := range paths {
		if alike >= maxAlike {
			return nil
		}
		found, err := f.probe(ctx, start, p)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || found.status/100 != 2 {
			continue
		}
		if keyOf(found.final) == keyOf(start) || isRoot(found.final) || missing.status/100 == 2 && found.like(missing) {
			alike++
			continue
		}
		f.mu.Lock()
		f.addLink(start, fromWellKnown, 1, evidence.Link{URL: found.final.String()})
		f.mu.Unlock()
		if f.foundNotice() {
			return nil
		}
	}
	return nil
}

// probes chooses the paths to try: those of the foremost notice, the first
// half in order, the rest spread evenly, because lists go language by language.
func (f *Frontier) probes(start *url.URL) []string {
	var paths []string
	for _, p := range f.o.Words.WellKnown {
		u, err := parse(start, p)
		if err != nil {
			continue
		}
		for _, k := range f.scorer.score(start, u, "", "", "") {
			if k.kind == f.foremost() {
				paths = append(paths, p)
				break
			}
		}
	}
	if len(paths) <= maxProbes {
		return paths
	}
	const half = maxProbes / 2
	out := slices.Clone(paths[:half])
	rest := paths[half:]
	for i := range maxProbes - half {
		out = append(out, rest[i*len(rest)/(maxProbes-half)])
	}
	return out
}

// probed is the answer to a guess.
type probed struct {
	status int
	final  *url.URL
	title  string
	size   int
	hash   [sha256.Size]byte
}

func (f *Frontier) probe(ctx context.Context, start *url.URL, path string) (*probed, error) {
	u, err := parse(start, path)
	if err != nil {
		return nil, err
	}
	if err := f.allowedByRobots(ctx, u); err != nil {
		return nil, err
	}
	if err := f.turn(ctx, u.Hostname()); err != nil {
		return nil, err
	}
	a, err := f.get(ctx, http.MethodGet, u.String(), maxSoftPage, f.mayRedirect(ctx, false))
	if err != nil && !(errors.Is(err, errTooLarge) && a != nil) {
		return nil, err
	}
	p := &probed{status: a.status, final: a.final, size: len(a.body), hash: sha256.Sum256(a.body)}
	if page, err := extractLinks(a.final, a.body); err == nil {
		p.title = page.title
	}
	return p, nil
}

// like says whether two answers are the same page: the same bytes or address,
// or the same title with a size within a tenth.
func (p *probed) like(q *probed) bool {
	if p.hash == q.hash || keyOf(p.final) == keyOf(q.final) {
		return true
	}
	diff := p.size - q.size
	return p.title == q.title && max(diff, -diff)*10 <= max(p.size, q.size)
}
