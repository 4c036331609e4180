package recording

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

// sheet is a page of a HAR file: what was asked for from one navigation to the
// next.
type sheet struct {
	hops  []*hop
	main  *hop // first hop of the page's document
	final *hop // its last one
	title string
	first string // its address
	last  string // after redirects
}

// arrange makes pages of the entries.
func (a *archive) arrange() error {
	a.describe()
	slices.SortStableFunc(a.entries, func(x, y *hop) int { return x.started.Compare(y.started) })
	a.entries = slices.DeleteFunc(a.entries, func(h *hop) bool { return h.upgrade })
	a.chain()
	sheets := a.sheets()
	if err := a.choose(&sheets); err != nil {
		return err
	}
	a.settle(sheets)
	for _, s := range sheets {
		a.visits = append(a.visits, a.visit(s))
	}
	a.jar(sheets)
	a.harNotices(sheets)
	a.harGaps(sheets)
	return nil
}

// describe says what wrote the file and which browser looked.
func (a *archive) describe() {
	a.Import.Format = "HAR " + cmp.Or(a.version, "1.1") // the version that a file without one has
	a.Import.Creator = a.creator
	b := &a.Browser
	for _, h := range a.entries {
		if b.UserAgent == "" {
			b.UserAgent = h.userAgent
		}
		if b.Language == "" {
			b.Language = h.accept
		}
	}
	b.Product = cmp.Or(productOf(b.UserAgent), a.browser, a.creator)
	b.ThirdPartyCookies = "unknown"
}

var products = regexp.MustCompile(`(Edg|OPR|Firefox|HeadlessChrome|Chrome|Version)/([0-9.]{1,30})`)

// productOf names the browser of a user agent as the crawler does: "Chrome/156.0".
func productOf(userAgent string) string {
	found := products.FindAllStringSubmatch(userAgent, 10)
	slices.SortStableFunc(found, func(x, y []string) int {
		rank := func(m []string) int {
			return slices.Index([]string{"Edg", "OPR", "Firefox", "HeadlessChrome", "Chrome", "Version"}, m[1])
		}
		return cmp.Compare(rank(x), rank(y))
	})
	if len(found) == 0 {
		return ""
	}
	if found[0][1] == "Version" {
		return "Safari/" + found[0][2]
	}
	return found[0][0]
}

// redirectTime bounds how long after an answer its redirect is followed.
const redirectTime = 30 * time.Second

// chain ties the hops of redirects. A HAR file has an entry for each.
func (a *archive) chain() {
	waiting := map[string][]*hop{} // address → hops that led there
	for _, h := range a.entries {
		h.ID = strconv.Itoa(h.number)
		h.Chain = h.ID
		at, _, _ := strings.Cut(h.URL, "#")
		for len(waiting[at]) > 0 {
			from := waiting[at][0]
			waiting[at] = waiting[at][1:]
			if h.started.Sub(from.started) <= redirectTime {
				h.Chain, h.Hop = from.Chain, from.Hop+1
				break
			}
		}
		if to, _, _ := strings.Cut(h.redirect, "#"); to != "" && h.Hop < 50 {
			waiting[to] = append(waiting[to], h)
		}
	}
}

// sheets groups the entries by page: as the file says, and anew wherever the
// window went to another document. Firefox and Safari name one page for all.
func (a *archive) sheets() []*sheet {
	titles := map[string]string{}
	byTime := slices.Clone(a.pages)
	for _, p := range a.pages {
		if _, ok := titles[string(p.ID)]; !ok {
			titles[string(p.ID)] = string(p.Title)
		}
	}
	slices.SortStableFunc(byTime, func(x, y harPage) int { return start(x).Compare(start(y)) })
	var all []*sheet
	current := map[string]*sheet{}
	for _, h := range a.entries {
		id := h.pageref
		if _, ok := titles[id]; !ok && len(byTime) > 0 {
			id = string(byTime[0].ID)
			for _, p := range byTime {
				if !start(p).After(h.started) {
					id = string(p.ID)
				}
			}
		}
		s := current[id]
		navigates := a.navigates(h, s)
		if s == nil || navigates && s.main != nil && len(all) < maxPages {
			s = &sheet{}
			if host(titles[id]) != "" {
				s.title = titles[id]
			}
			current[id] = s
			all = append(all, s)
		}
		s.hops = append(s.hops, h)
		switch {
		case s.main == nil && h.Type == "Document" && !h.prefetch && (navigates || h.dest == ""):
			s.main, s.final = h, h
		case s.main != nil && h.Hop > 0 && h.Chain == s.main.Chain:
			s.final = h
		}
	}
	for _, s := range all {
		s.locate()
	}
	// A title that is no address is the one that the window ended with.
	for id, s := range current {
		if host(titles[id]) == "" {
			s.title = titles[id]
		}
	}
	return all
}

// navigates reports whether the window goes to another document with a request.
// Where no Sec-Fetch-Dest tells (http, and chrome-har), a document of the site
// that nothing in the page caused is one.
func (a *archive) navigates(h *hop, s *sheet) bool {
	if h.Type != "Document" || h.prefetch || h.Hop > 0 {
		return false
	}
	if h.dest != "" {
		return h.dest == "document"
	}
	return s != nil && s.main != nil && h.Initiator.Type == "other" && h.Initiator.URL == "" && evidence.Site(host(h.URL)) == evidence.Site(host(s.final.URL))
}

func start(p harPage) time.Time {
	at, _ := moment(string(p.Started))
	return at
}

// locate finds the address of a page: its document's, else the title, which is
// the address in Chrome and Safari, else the address that its requests name.
func (s *sheet) locate() {
	if s.main != nil {
		s.first, s.last = s.main.URL, s.final.URL
		return
	}
	if host(s.title) != "" {
		s.first, s.last = s.title, s.title
		return
	}
	counts := map[string]int{}
	for _, h := range s.hops {
		if from := h.Headers["referer"]; host(from) != "" {
			counts[from]++
		}
	}
	for _, address := range slices.Sorted(maps.Keys(counts)) {
		if s.first == "" || counts[address] > counts[s.first] {
			s.first, s.last = address, address
		}
	}
}

// choose keeps the pages of the site that is meant.
func (a *archive) choose(sheets *[]*sheet) error {
	own := map[string]bool{}
	for _, d := range a.options.OwnDomains {
		own[d] = true
	}
	wanted := host(a.options.URL)
	if wanted != "" {
		own[evidence.Site(wanted)] = true
	} else {
		for _, s := range *sheets {
			if s.first != "" {
				own[evidence.Site(host(s.first))], own[evidence.Site(host(s.last))] = true, true
				break
			}
		}
	}
	var kept []*sheet
	others := map[string]int{}
	for _, s := range *sheets {
		switch {
		case s.first == "" && wanted != "":
			s.first, s.last = a.options.URL, a.options.URL
			kept = append(kept, s)
		case s.first == "":
			a.gap("other", "requests of an unknown page", fmt.Sprintf("%s no page whose address is in the file; --url names it", count(len(s.hops), "request belongs to", "requests belong to")))
			a.partly("requests", "requests of an unknown page", "what they sent is left out")
		case own[evidence.Site(host(s.first))] || own[evidence.Site(host(s.last))]:
			kept = append(kept, s)
		default:
			others[host(s.last)] += len(s.hops)
		}
	}
	hosts := slices.Sorted(maps.Keys(others))
	if len(kept) == 0 {
		if len(hosts) == 0 {
			return fmt.Errorf("%w: the address of no page is in the file: name the site with --url", ErrFormat)
		}
		return fmt.Errorf("%w: it holds no page of %s; it holds pages of %s", errNoPage, wanted, strings.Join(hosts[:min(len(hosts), 10)], ", "))
	}
	for _, h := range hosts[:min(len(hosts), maxFaults)] {
		a.gap("other", "pages of "+h, fmt.Sprintf("another site's, with %s; they are left out. --url or the profile's own_domains name what is meant", count(others[h], "request", "requests")))
	}
	a.URLs = []string{kept[0].first}
	*sheets = kept
	return nil
}

var errNoPage = errors.New("no page of the site")

// settle works out the consent state.
func (a *archive) settle(sheets []*sheet) {
	gpc := true
	seen := false
	for _, s := range sheets {
		if s.main != nil {
			seen = true
			gpc = gpc && s.main.gpc
		}
	}
	a.defaultState(seen && gpc)
}

// defaultState takes a state where none was said.
func (r *reader) defaultState(gpc bool) {
	switch {
	case r.State != "" && r.State != evidence.StateGPC && gpc:
		r.gap("other", "consent state", fmt.Sprintf("every page was asked for with Sec-GPC: 1, although the state %q was named", r.State))
	case r.State != "":
	case gpc:
		r.State = evidence.StateGPC
	default:
		r.State = evidence.StateNone
		r.gap("format", "consent state", "the file does not say which choice the visitor had made; it is taken as none. --state names another")
	}
}

func (a *archive) visit(s *sheet) *visit {
	v := &visit{}
	p := &v.page
	p.URL, p.FinalURL, p.Ended = s.first, s.last, "recorded"
	if host(s.title) == "" {
		p.Title = bounded(s.title, 300)
	}
	if len(a.visits) > 0 {
		p.Depth = 1
	}
	p.Kind = a.kind(p.FinalURL, p.Depth)
	p.StartedAt = s.hops[0].started
	ended := p.StartedAt
	secure := strings.HasPrefix(p.FinalURL, "https://")
	for _, h := range s.hops {
		if h.ended.After(ended) {
			ended = h.ended
		}
		if s.main != nil && h.Chain == s.main.Chain {
			h.MainFrame = true
			if h != s.final {
				p.Redirects = append(p.Redirects, h.URL)
			}
		} else if secure && overPlain(h) && len(p.Mixed) < maxMixed {
			p.Mixed = append(p.Mixed, h.URL)
		}
		h.OffsetMS = h.started.Sub(p.StartedAt).Milliseconds()
		for i := range h.Messages {
			m := &h.Messages[i]
			if m.OffsetMS -= p.StartedAt.UnixMilli(); m.OffsetMS < 0 || m.OffsetMS > time.Hour.Milliseconds()*24 {
				m.OffsetMS = h.OffsetMS
			}
		}
		v.requests = append(v.requests, h.Request)
	}
	p.DurationMS = ended.Sub(p.StartedAt).Milliseconds()
	if a.StartedAt.IsZero() || p.StartedAt.Before(a.StartedAt) {
		a.StartedAt = p.StartedAt
	}
	if ended.After(a.FinishedAt) {
		a.FinishedAt = ended
	}
	if s.final != nil {
		p.Status, p.MIMEType, p.Language = s.final.Status, s.final.mime, s.final.language
		if p.Status == 0 && !s.final.FromCache {
			p.Ended, p.Failure = "failed", cmp.Or(s.final.Error, "the recording holds no answer for the page's document")
			v.gaps = append(v.gaps, evidence.Gap{What: "page " + p.URL, Why: p.Failure, Kind: "other"})
		}
	} else {
		v.gaps = append(v.gaps, evidence.Gap{What: "document of " + p.URL, Why: "the recording began after it was loaded: requests before that are not in it", Kind: "format"})
	}
	return v
}

// kind is the frontier's word for a page.
func (r *reader) kind(address string, depth int) string {
	switch {
	case r.noticeKind(address, "") != "":
		return frontier.KindPolicy
	case depth == 0:
		return frontier.KindHome
	}
	return frontier.KindOther
}

// overPlain reports whether a part of an encrypted page was loaded over http.
// Addresses of the own machine count as safe (Secure Contexts, 3.1).
func overPlain(h *hop) bool {
	if !strings.HasPrefix(h.URL, "http://") || h.Status == 0 || h.FromCache {
		return false
	}
	name := host(h.URL)
	ip, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return name != "localhost" && !strings.HasSuffix(name, ".localhost") && (err != nil || !ip.IsLoopback())
}

// harGaps tells of what HAR cannot say.
func (a *archive) harGaps(sheets []*sheet) {
	a.cannot("storage", "browser storage", "HAR holds no localStorage, sessionStorage, IndexedDB or Cache Storage")
	a.cannot("forms", "forms", "HAR holds no forms and no fields: only what was posted while it was recorded")
	a.cannot("labels", "labels put on visitors", "HAR holds no data layers, targeting or consent strings of the page, only what of them was sent")
	a.gap("format", "scripts that set cookies", "HAR names responses that set cookies, not scripts; a cookie that a script set is seen only once it is sent")
	if a.cookies {
		a.partly("cookies", "cookies", "HAR holds cookies that were sent or set by a response, not the browser's cookie jar; whether the browser stored one, and flags and lifetimes of those that were set before the recording, may be unknown")
	} else {
		why := "the file holds no cookie at all: either none was used, or its recorder leaves them out"
		if strings.HasPrefix(a.creator, "WebInspector") {
			why += ". Chrome leaves them out of a sanitized HAR: export it with sensitive data (developer tools, Settings, Preferences, Network)"
		}
		a.cannot("cookies", "cookies", why)
	}
	a.gap("format", "screenshots, dialogs, permissions", "HAR holds none")
	if !slices.ContainsFunc(a.entries, func(h *hop) bool { return h.Initiator.Type != "" || h.Initiator.URL != "" }) {
		a.gap("format", "what caused each request", "this file names no initiators (only Chrome's and Chromium's do)")
	}
	if a.extension > 0 {
		a.gap("other", "requests of browser extensions", fmt.Sprintf("%s made by extensions of the browser, not by the site, and left out", count(a.extension, "request was", "requests were")))
	}
	if a.blocked > 0 {
		a.partly("requests", "requests that were held back", fmt.Sprintf("%s blocked in the browser, as by an ad blocker: what the site does without it is not known", count(a.blocked, "request was", "requests were")))
	}
	if a.lost > 0 {
		a.partly("requests", "requests in broken entries", count(a.lost, "entry could not be used", "entries could not be used"))
	}
	if a.unreadable > 0 {
		a.gap("format", "packed bodies", count(a.unreadable, "posted body was compressed and is", "posted bodies were compressed and are")+" not readable in the file")
	}
	if n := 0; a.Stopped == "" {
		for _, s := range sheets {
			for _, h := range s.hops {
				if h.Status == 0 && h.Error == "" && h.Type != "WebSocket" {
					n++
				}
			}
		}
		if n > 0 {
			a.gap("format", "requests without an answer", count(n, "request has no status in the file: whether it was", "requests have no status in the file: whether they were")+" answered is not known")
		}
	}
}
