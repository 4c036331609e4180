package frontier

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"candor/crawler/evidence"

	"golang.org/x/net/html/charset"
)

// Bounds of sitemaps (sitemaps.org allows 50,000 addresses and 50 MiB a file,
// and an index of 50,000 files).
const (
	maxSitemaps     = 10       // files
	maxSitemapDepth = 3        // an index in an index
	maxSitemapBytes = 10 << 20 // as sent
	maxSitemapPlain = 20 << 20 // decompressed
	maxSitemapURLs  = 10_000   // in all files
	maxSitemapNest  = 32       // of XML elements
	maxSitemapText  = 8 << 10  // of one address's element
)

const (
	fromSitemap   = "sitemap"
	fromWellKnown = "well-known"
	fromStart     = "start" // the person named it
)

// sitemapDoc is one file.
type sitemapDoc struct {
	files []string // of an index
	pages []string
	cut   bool // more than limit
}

// parseSitemap reads an urlset, a sitemapindex or a plain list of addresses,
// gzip included. On an error, what was read by then is returned with it.
func parseSitemap(body []byte, limit int) (sitemapDoc, error) {
	var r io.Reader = bytes.NewReader(body)
	if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return sitemapDoc{}, fmt.Errorf("gzip: %w", err)
		}
		r = z
	}
	b := bufio.NewReader(&countedReader{r: r, left: maxSitemapPlain})
	start, err := b.Peek(512)
	if err != nil && len(start) == 0 {
		if errors.Is(err, io.EOF) {
			return sitemapDoc{}, errors.New("the file is empty")
		}
		return sitemapDoc{}, err
	}
	if head := bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n"); len(head) > 0 && head[0] == '<' {
		return parseSitemapXML(b, limit)
	}
	return parseSitemapText(b, limit)
}

func parseSitemapText(r io.Reader, limit int) (sitemapDoc, error) {
	var doc sitemapDoc
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if !strings.HasPrefix(line, "http://") && !strings.HasPrefix(line, "https://") {
			continue
		}
		if len(doc.pages) >= limit {
			doc.cut = true
			break
		}
		doc.pages = append(doc.pages, line)
	}
	if err := sc.Err(); err != nil {
		return doc, err
	}
	if len(doc.pages) == 0 {
		return doc, errors.New("it is no sitemap")
	}
	return doc, nil
}

func parseSitemapXML(r io.Reader, limit int) (sitemapDoc, error) {
	var (
		doc   sitemapDoc
		stack []string
		text  strings.Builder
	)
	d := xml.NewDecoder(r)
	d.Strict = false
	d.CharsetReader = charset.NewReaderLabel
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if len(stack) > 0 {
				err = io.ErrUnexpectedEOF
			} else {
				err = nil
			}
			return doc, err
		}
		if err != nil {
			return doc, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(stack) == 0 && t.Name.Local != "urlset" && t.Name.Local != "sitemapindex" {
				return doc, fmt.Errorf("it is no sitemap but <%.40s>", t.Name.Local)
			}
			if len(stack) >= maxSitemapNest {
				return doc, errors.New("its elements are nested too deep")
			}
			stack = append(stack, t.Name.Local)
			text.Reset()
		case xml.CharData:
			if n := len(stack); n > 0 && stack[n-1] == "loc" && text.Len()+len(t) <= maxSitemapText {
				text.Write(t)
			}
		case xml.EndElement:
			n := len(stack)
			if n == 0 {
				continue
			}
			if n >= 2 && stack[n-1] == "loc" {
				if !doc.take(stack[n-2], strings.TrimSpace(text.String()), limit) {
					return doc, nil
				}
			}
			stack = stack[:n-1]
			text.Reset()
		}
	}
}

// take adds one <loc>; false says that the limit is reached.
func (d *sitemapDoc) take(parent, loc string, limit int) bool {
	if loc == "" {
		return true
	}
	if len(d.files)+len(d.pages) >= limit {
		d.cut = true
		return false
	}
	switch parent {
	case "sitemap":
		d.files = append(d.files, loc)
	case "url":
		d.pages = append(d.pages, loc)
	}
	return true
}

// sitemapFile is a file to read.
type sitemapFile struct {
	address string
	depth   int
	guessed bool // nobody named it: its absence is no fault
}

// sitemaps reads the sitemaps that robots.txt names, or /sitemap.xml. Of an
// index it reads one file of each shape of name first, so that a hundred
// product sitemaps do not hide the one of pages.
func (f *Frontier) sitemaps(ctx context.Context, start *url.URL) error {
	o, err := f.rulesOf(ctx, start)
	if err != nil {
		return err
	}
	var files []sitemapFile
	for _, s := range o.rules.sitemaps {
		if u, err := parse(start, s); err == nil {
			files = append(files, sitemapFile{address: u.String(), depth: 1})
		}
	}
	if len(files) == 0 {
		files = []sitemapFile{{address: originOf(start) + "/sitemap.xml", depth: 1, guessed: true}}
	}
	files = spreadFiles(files)
	seen := map[string]bool{}
	read, urls := 0, 0
	for len(files) > 0 {
		next := files[0]
		files = files[1:]
		if seen[next.address] {
			continue
		}
		seen[next.address] = true
		if read >= maxSitemaps {
			f.bound(fmt.Sprintf("sitemaps of %s beyond the first %d files", start.Host, maxSitemaps), next.address, 1+len(files))
			return nil
		}
		read++
		doc, err := f.sitemap(ctx, next, maxSitemapURLs-urls)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			f.sitemapFault(next, err)
		}
		f.addSitemap(start, doc.pages)
		if urls += len(doc.pages); doc.cut || urls >= maxSitemapURLs {
			f.bound(fmt.Sprintf("sitemap addresses of %s beyond the first %d", start.Host, maxSitemapURLs), next.address, 1)
			return nil
		}
		files = f.addIndex(files, next, doc.files, start)
	}
	return nil
}

// addIndex puts the files of an index before the others that wait.
func (f *Frontier) addIndex(files []sitemapFile, index sitemapFile, names []string, start *url.URL) []sitemapFile {
	if len(names) == 0 {
		return files
	}
	if index.depth >= maxSitemapDepth {
		f.bound(fmt.Sprintf("sitemaps of %s more than %d deep", start.Host, maxSitemapDepth), names[0], len(names))
		return files
	}
	base, err := parse(nil, index.address)
	if err != nil {
		return files
	}
	var below []sitemapFile
	for _, name := range names {
		if u, err := parse(base, name); err == nil {
			below = append(below, sitemapFile{address: u.String(), depth: index.depth + 1})
		}
	}
	return append(spreadFiles(below), files...)
}

// spreadFiles orders files so that each shape of name has its first file
// before any has its second.
func spreadFiles(files []sitemapFile) []sitemapFile {
	type ranked struct {
		sitemapFile
		turn int
	}
	turns := map[string]int{}
	list := make([]ranked, len(files))
	for i, file := range files {
		shape := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, file.address)
		list[i] = ranked{file, turns[shape]}
		turns[shape]++
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(a.turn, b.turn) })
	out := make([]sitemapFile, len(list))
	for i, r := range list {
		out[i] = r.sitemapFile
	}
	return out
}

// errAbsent is an answer that says that there is no such file.
var errAbsent = errors.New("the server says that there is no such file")

func (f *Frontier) sitemap(ctx context.Context, file sitemapFile, limit int) (sitemapDoc, error) {
	u, err := parse(nil, file.address)
	if err != nil {
		return sitemapDoc{}, err
	}
	if err := f.allowedByRobots(ctx, u); err != nil {
		return sitemapDoc{}, err
	}
	if err := f.turn(ctx, u.Hostname()); err != nil {
		return sitemapDoc{}, err
	}
	a, err := f.get(ctx, http.MethodGet, file.address, maxSitemapBytes, f.mayRedirect(ctx, true))
	switch {
	case err != nil:
		return sitemapDoc{}, err
	case a.status == http.StatusNotFound || a.status == http.StatusGone:
		return sitemapDoc{}, errAbsent
	case a.status/100 != 2:
		return sitemapDoc{}, fmt.Errorf("the server answered with status %d", a.status)
	case file.guessed && strings.Contains(a.header.Get("Content-Type"), "html"):
		return sitemapDoc{}, errAbsent // a soft 404
	}
	return parseSitemap(a.body, limit)
}

func (f *Frontier) sitemapFault(file sitemapFile, err error) {
	if file.guessed && (errors.Is(err, errAbsent) || errors.Is(err, errRobots)) {
		return
	}
	kind, clause := faultOf(err)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gaps.fault(evidence.Gap{
		What: "sitemap " + file.address, Kind: kind,
		Why: "The sitemap was not read, or only in part: " + clause + ". Pages that only it names were not visited.",
	})
}

// addSitemap queues the pages of a sitemap. It gives the lock up now and then,
// so that visits are not held up.
func (f *Frontier) addSitemap(start *url.URL, pages []string) {
	const batch = 200
	for chunk := range slices.Chunk(pages, batch) {
		f.mu.Lock()
		for _, page := range chunk {
			f.addLink(start, fromSitemap, 1, evidence.Link{URL: page})
		}
		f.mu.Unlock()
	}
}

func (f *Frontier) bound(reason, example string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gaps.bound(reason, example, n)
}
