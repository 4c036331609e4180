package crawler

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
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

// visitedNotice is a notice that was visited as a page of the site.
type visitedNotice struct {
	item frontier.Item
	doc  evidence.Document
}

// addVisited keeps the document of a notice's page.
func (c *crawl) addVisited(item frontier.Item, res *browser.Result) {
	p := &res.Page
	d := evidence.Document{
		URL: item.URL, FinalURL: p.FinalURL, Title: p.Title, Language: p.Language, MIMEType: p.MIMEType, Status: p.Status,
		FetchedAt: p.StartedAt, Page: p.ID, Kind: item.Notice,
	}
	for i := range res.Requests {
		if q := &res.Requests[i]; q.MainFrame && q.Type == "Document" {
			d.LastModified = q.ResponseHeaders["last-modified"]
		}
	}
	stem := "documents/" + strings.ReplaceAll(p.ID, "/", "_")
	if err := c.blobs(&d, stem, res.Raw, res.DOM, res.Frames); err != nil {
		c.fail(err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.visited = append(c.visited, visitedNotice{item, d})
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

// notices fetches the notices that no visit saw, PDFs and those on other
// sites, and writes all of them with the links that led to each.
func (c *crawl) notices(ctx context.Context) {
	found := c.frontier.Notices()
	byKey := map[string]*evidence.Document{}
	var docs []*evidence.Document
	c.mu.Lock()
	slices.SortFunc(c.visited, func(a, b visitedNotice) int { return strings.Compare(a.item.ID, b.item.ID) })
	for i := range c.visited {
		d := &c.visited[i].doc
		docs = append(docs, d)
		for _, u := range []string{d.URL, d.FinalURL} {
			if byKey[frontier.Key(u)] == nil {
				byKey[frontier.Key(u)] = d
			}
		}
	}
	c.mu.Unlock()
	fetched := map[string]int{}
	for _, n := range found {
		d := byKey[frontier.Key(n.URL)]
		// A notice on another site may be somebody else's, such as the one that a
		// reCAPTCHA badge links to: it counts only when there is none of its own.
		wanted := n.PDF || n.OffSite && !slices.ContainsFunc(docs, func(o *evidence.Document) bool { return o.Kind == n.Kind })
		if d == nil && wanted && len(docs) < maxNotices && fetched[n.Kind] < maxOfKind {
			if d = c.fetchNotice(ctx, n, len(docs)+1); d == nil {
				continue
			}
			fetched[n.Kind]++
			if known := byKey[frontier.Key(d.FinalURL)]; known != nil {
				d = known
			} else {
				docs = append(docs, d)
			}
			byKey[frontier.Key(n.URL)] = d
		}
		if d == nil {
			continue
		}
		for _, l := range n.LinkedFrom {
			if len(d.LinkedFrom) < 20 && !slices.Contains(d.LinkedFrom, l) {
				d.LinkedFrom = append(d.LinkedFrom, l)
			}
		}
	}
	c.write(docs)
}

// write numbers the documents; the same bytes under two addresses are one.
func (c *crawl) write(docs []*evidence.Document) {
	seen := map[string]bool{}
	n := 0
	for _, d := range docs {
		if seen[d.RawSHA256+d.FinalURL] {
			continue
		}
		seen[d.RawSHA256+d.FinalURL] = true
		n++
		d.ID = fmt.Sprintf("d%02d", n)
		if d.LinkedFrom == nil {
			d.LinkedFrom = []evidence.DocLink{}
		}
		if err := c.writer.AddDocument(*d); err != nil {
			c.fail(err)
			return
		}
		c.emit(Event{Kind: "document", URL: d.FinalURL, Message: d.Kind})
	}
	if n == 0 {
		c.gap(evidence.Gap{What: "privacy policy", Why: "no link, sitemap entry or well-known address led to a notice", Kind: "policy"})
	}
}

// fetchNotice gets a document without a browser. What it is not allowed or not
// able to get is a gap, and nil.
func (c *crawl) fetchNotice(ctx context.Context, n frontier.Notice, number int) *evidence.Document {
	lost := func(kind, why string) *evidence.Document {
		c.gap(evidence.Gap{What: "notice " + n.URL, Why: why, Kind: kind})
		return nil
	}
	if ok, err := c.frontier.Allowed(ctx, n.URL); !ok || err != nil {
		return nil // the frontier has the gap
	}
	client, err := Client(c.options)
	if err != nil {
		return lost("other", err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.PageTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL, nil)
	if err != nil {
		return lost("other", err.Error())
	}
	req.Header.Set("User-Agent", c.current().browser.Info().UserAgent)
	req.Header.Set("Accept-Language", c.options.Language)
	resp, err := client.Do(req)
	if err != nil {
		return lost("policy", "it could not be fetched: "+err.Error())
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return lost("http_status", fmt.Sprintf("the server answered with status %d", resp.StatusCode))
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxNoticeBytes+1))
	if err != nil {
		return lost("policy", "it could not be read: "+err.Error())
	}
	if len(raw) > maxNoticeBytes {
		return lost("too_large", fmt.Sprintf("it is larger than %d MB", maxNoticeBytes>>20))
	}
	d := &evidence.Document{
		URL: n.URL, FinalURL: resp.Request.URL.String(), Kind: n.Kind, Status: resp.StatusCode, FetchedAt: c.options.Now().UTC().Truncate(time.Millisecond),
		LastModified: resp.Header.Get("Last-Modified"), Language: resp.Header.Get("Content-Language"),
	}
	d.MIMEType, _, _ = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	var dom string
	var frames []browser.FrameDOM
	if strings.Contains(d.MIMEType, "html") && words(raw) < renderBelow {
		dom, frames = c.render(ctx, d.FinalURL)
	}
	if err := c.blobs(d, fmt.Sprintf("documents/fetched%02d", number), raw, dom, frames); err != nil {
		c.fail(err)
		return nil
	}
	return d
}

// render shows a notice that needs scripts to a visitor of its own: what its
// host then collects is not the scanned site's.
func (c *crawl) render(ctx context.Context, address string) (string, []browser.FrameDOM) {
	r := c.current()
	visitor, err := r.browser.NewContext(ctx, evidence.StateNone)
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
