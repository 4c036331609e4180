package crawler

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

// Bounds of the notices of one scan.
const (
	maxNotices     = 24
	maxOfKind      = 4        // notices of one kind that were not visited as pages
	maxNoticeBytes = 16 << 20 // of one document
	renderBelow    = 200      // words of text: below, scripts are given a chance
)

// notices are the documents of a scan. Each is written when it is there, so
// that a crash keeps it, and again at the end if more links to it are known.
type notices struct {
	docs    []*evidence.Document
	byKey   map[string]*evidence.Document // by each address that led to it
	bytes   map[string]*evidence.Document // by hash and final address
	links   map[*evidence.Document]int    // how many were written
	files   map[string]bool               // visits that were no page but a file, by key
	fetched int
}

// documentID is "d03" for the notice that page p0003 shows. Notices that are
// fetched without a visit go on counting.
func documentID(n int) string { return fmt.Sprintf("d%02d", n) }

func newNotices() notices {
	return notices{
		byKey: map[string]*evidence.Document{}, bytes: map[string]*evidence.Document{}, links: map[*evidence.Document]int{}, files: map[string]bool{},
	}
}

// addVisited keeps the document of a notice's page.
func (c *crawl) addVisited(item frontier.Item, res *browser.Result) {
	p := &res.Page
	number, err := strconv.Atoi(strings.TrimPrefix(item.ID, "p"))
	if err != nil {
		c.fail(fmt.Errorf("page id %q: %w", item.ID, err))
		return
	}
	d := &evidence.Document{
		ID: documentID(number), URL: item.URL, FinalURL: p.FinalURL, Title: p.Title, Language: p.Language, MIMEType: p.MIMEType,
		Status: p.Status, FetchedAt: p.StartedAt, Page: p.ID, Kind: item.Notice,
	}
	for i := range res.Requests {
		if q := &res.Requests[i]; q.MainFrame && q.Type == "Document" {
			d.LastModified = q.ResponseHeaders["last-modified"]
		}
	}
	if err := c.blobs(d, "documents/"+p.ID, res.Raw, res.DOM, res.Frames); err != nil {
		c.fail(err)
		return
	}
	found := c.frontier.Notices()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(d, found)
}

// keep writes a document unless it is there already: the same bytes under two
// addresses are one. The caller holds the lock.
func (c *crawl) keep(d *evidence.Document, found []frontier.Notice) {
	n := &c.notices
	id := d.RawSHA256 + d.FinalURL
	known := n.bytes[id]
	if known == nil {
		n.bytes[id] = d
		n.docs = append(n.docs, d)
		known = d
	}
	for _, u := range []string{d.URL, d.FinalURL} {
		if key := frontier.Key(u); n.byKey[key] == nil {
			n.byKey[key] = known
		}
	}
	c.link(found)
	c.writeDocument(known)
}

// link notes which links led to the documents that are there.
func (c *crawl) link(found []frontier.Notice) {
	for _, f := range found {
		d := c.notices.byKey[frontier.Key(f.URL)]
		if d == nil {
			continue
		}
		for _, l := range f.LinkedFrom {
			if len(d.LinkedFrom) < 20 && !slices.Contains(d.LinkedFrom, l) {
				d.LinkedFrom = append(d.LinkedFrom, l)
			}
		}
	}
}

// writeDocument writes a document that is new or has new links.
func (c *crawl) writeDocument(d *evidence.Document) {
	if n, ok := c.notices.links[d]; ok && n == len(d.LinkedFrom) {
		return
	}
	c.notices.links[d] = len(d.LinkedFrom)
	if d.LinkedFrom == nil {
		d.LinkedFrom = []evidence.DocLink{}
	}
	if err := c.writer.AddDocument(*d); err != nil && c.fault == nil {
		c.fault = err
	}
}

func (c *crawl) blobs(d *evidence.Document, stem string, raw []byte, dom string, frames []browser.FrameDOM) error {
	var err error
	if len(raw) == 0 {
		raw = []byte(dom) // served from a cache that kept no body
	}
	d.Raw = stem + ".raw"
	if d.RawSHA256, err = c.writer.AddBlob(d.Raw, raw); err != nil {
		return err
	}
	if dom != "" {
		d.DOM = stem + ".dom.html"
		if _, err := c.writer.AddBlob(d.DOM, []byte(dom)); err != nil {
			return err
		}
	}
	for i, f := range frames {
		name := fmt.Sprintf("%s.frame%d.html", stem, i+1)
		if _, err := c.writer.AddBlob(name, []byte(f.DOM)); err != nil {
			return err
		}
		d.Frames = append(d.Frames, evidence.DocFrame{URL: f.URL, DOM: name})
	}
	return nil
}

// finishNotices fetches the notices that no visit saw, PDFs and those on other
// sites, unless the scan was stopped, and notes the links that led to each.
func (c *crawl) finishNotices(ctx context.Context) {
	found := c.frontier.Notices()
	if ctx.Err() == nil {
		c.fetchNotices(ctx, found)
	}
	c.mu.Lock()
	c.link(found)
	for _, d := range c.notices.docs {
		c.writeDocument(d)
	}
	docs, visited := slices.Clone(c.notices.docs), c.good > 0
	c.mu.Unlock()
	for _, d := range docs {
		c.emit(Event{Kind: "document", URL: d.FinalURL, Message: d.Kind})
	}
	if len(docs) == 0 && visited && ctx.Err() == nil {
		c.gap(evidence.Gap{What: "privacy policy", Why: "no link, sitemap entry or well-known address led to a notice", Kind: "policy"})
	}
}

func foreign(n frontier.Notice) int {
	switch {
	case !n.OffSite:
		return 0
	case n.PDF:
		return 1
	}
	return 2
}

func (c *crawl) fetchNotices(ctx context.Context, found []frontier.Notice) {
	fetched := map[string]int{}
	client, err := Client(c.options, c.hosts...)
	if err != nil {
		c.gap(evidence.Gap{What: "notices that no visit saw", Why: err.Error(), Kind: "other"})
		return
	}
	// A notice on another site may be somebody else's, such as the one that a
	// reCAPTCHA badge links to: it counts only when there is none of its own.
	ownFirst := slices.SortedStableFunc(slices.Values(found), func(a, b frontier.Notice) int { return foreign(a) - foreign(b) })
	for _, n := range ownFirst {
		key := frontier.Key(n.URL)
		c.mu.Lock()
		d, count := c.notices.byKey[key], len(c.notices.docs)
		file := c.notices.files[key]
		wanted := n.PDF || file || n.OffSite && !slices.ContainsFunc(c.notices.docs, func(o *evidence.Document) bool { return o.Kind == n.Kind })
		c.mu.Unlock()
		if d != nil || !wanted || fetched[n.Kind] >= maxOfKind {
			continue
		}
		if count >= maxNotices {
			c.gap(evidence.Gap{What: "notice " + n.URL, Why: fmt.Sprintf("a scan keeps %d notices", maxNotices), Kind: "bound"})
			return
		}
		if d = c.fetchNotice(ctx, client, n); d == nil {
			continue
		}
		fetched[n.Kind]++
		c.mu.Lock()
		c.keep(d, found)
		c.mu.Unlock()
	}
}

// fetchNotice gets a document without a browser. What it is not allowed or not
// able to get is a gap, and nil.
func (c *crawl) fetchNotice(ctx context.Context, client *http.Client, n frontier.Notice) *evidence.Document {
	lost := func(kind, why string) *evidence.Document {
		if ctx.Err() == nil { // else the scan was stopped, which has its own gap
			c.gap(evidence.Gap{What: "notice " + n.URL, Why: why, Kind: kind})
		}
		return nil
	}
	if ok, err := c.frontier.Allowed(ctx, n.URL); err != nil {
		kind, clause := frontier.Fault(err)
		return lost(kind, "it was not fetched: "+clause)
	} else if !ok {
		return nil // the frontier has the gap
	}
	limited, cancel := context.WithTimeout(ctx, c.options.PageTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, n.URL, nil)
	if err != nil {
		return lost("other", err.Error())
	}
	req.Header.Set("User-Agent", c.current().Info().UserAgent)
	req.Header.Set("Accept-Language", c.options.Language)
	resp, err := client.Do(req)
	if err != nil {
		kind, clause := frontier.Fault(err)
		return lost(kind, "it could not be fetched: "+clause)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return lost("http_status", fmt.Sprintf("the server answered with status %d", resp.StatusCode))
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxNoticeBytes+1))
	if err != nil {
		kind, clause := frontier.Fault(err)
		return lost(kind, "it could not be read to its end: "+clause)
	}
	if len(raw) > maxNoticeBytes {
		return lost("too_large", fmt.Sprintf("it is larger than %d MB", maxNoticeBytes>>20))
	}
	c.mu.Lock()
	c.notices.fetched++
	id := documentID(c.led + c.notices.fetched)
	c.mu.Unlock()
	d := &evidence.Document{
		ID: id, URL: n.URL, FinalURL: resp.Request.URL.String(), Kind: n.Kind, Status: resp.StatusCode, FetchedAt: c.options.Now().UTC().Truncate(time.Millisecond),
		LastModified: resp.Header.Get("Last-Modified"), Language: resp.Header.Get("Content-Language"),
	}
	d.MIMEType, _, _ = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	var dom string
	var frames []browser.FrameDOM
	if strings.Contains(d.MIMEType, "html") && words(raw) < renderBelow {
		dom, frames = c.render(ctx, d.FinalURL)
	}
	if err := c.blobs(d, "documents/"+id, raw, dom, frames); err != nil {
		c.fail(err)
		return nil
	}
	return d
}

// render shows a notice that needs scripts to a visitor of its own: what its
// host then collects is not the scanned site's.
func (c *crawl) render(ctx context.Context, address string) (string, []browser.FrameDOM) {
	visitor, err := c.current().NewContext(ctx, evidence.StateNone)
	if err != nil {
		return "", nil
	}
	defer visitor.Close(context.WithoutCancel(ctx))
	v := visitor.NewVisitor(ctx)
	defer v.Close()
	res, err := v.Visit(ctx, browser.Visit{ID: "notice", URL: address, Budget: c.options.PageTimeout, Document: true})
	if err != nil {
		return "", nil
	}
	return res.DOM, res.Frames
}

// words counts roughly what is outside of tags.
func words(page []byte) int {
	n, in, tag := 0, false, false
	for _, b := range page {
		switch {
		case b == '<':
			tag, in = true, false
		case b == '>':
			tag = false
		case tag:
		case b <= ' ':
			in = false
		case !in:
			in = true
			n++
		}
	}
	return n
}

func hostname(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
