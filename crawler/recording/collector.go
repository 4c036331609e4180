package recording

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

// inspection is the JSON of a collector: one object with few members.
type inspection struct {
	*reader
	parts map[string]json.RawMessage
	known map[string]bool // addresses of requests
	total int             // requests
}

// inspect reads the members of an object that are named.
func (r *reader) inspect(s *stream, names ...string) (*inspection, error) {
	in := &inspection{reader: r, parts: map[string]json.RawMessage{}, known: map[string]bool{}}
	err := s.members(func(name string) error {
		if !slices.Contains(names, name) {
			return s.skip()
		}
		raw, err := s.value()
		if errors.Is(err, errLarge) {
			r.gap("bound", name, err.Error())
			return nil
		}
		if err != nil {
			return err
		}
		r.cut += s.cut
		in.parts[name] = bytes.Clone(raw)
		return nil
	})
	var wrong *syntaxError
	switch {
	case err == nil:
	case !errors.Is(err, errEnds) && !errors.Is(err, errDeep) && !errors.As(err, &wrong):
		return nil, fmt.Errorf("read recording: %w", err)
	case len(in.parts) == 0:
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	default:
		r.Stopped = "the file could be read in part only: " + err.Error()
		r.gap("other", "the rest of the file", r.Stopped)
	}
	return in, nil
}

// get decodes a member. A fault is told of; what could be read is kept.
func (in *inspection) get(name string, v any) {
	raw, ok := in.parts[name]
	if !ok || string(raw) == "null" {
		return
	}
	if fault := decode(raw, v); fault != "" {
		in.gap("other", name, fault)
	}
}

// each decodes the elements of a list one by one.
func each[T any](in *inspection, where string, raw json.RawMessage, most int, take func(n int, v T) (fault string)) {
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	var parts []json.RawMessage
	if fault := decode(raw, &parts); fault != "" {
		in.gap("other", where, fault)
		return
	}
	for i, p := range parts {
		if i == most {
			in.gap("bound", "further elements of "+where, fmt.Sprintf("only the first %d were kept", most))
			return
		}
		var v T
		fault := decode(p, &v)
		if refused := take(i+1, v); fault == "" {
			fault = refused
		}
		if fault != "" {
			in.fault(where, i+1, fault)
		}
	}
}

// addressOf reads an absolute address; "" and its fault otherwise.
func (in *inspection) addressOf(field string, t text) (string, string) {
	switch why := address(string(t)); why {
	case "":
		return in.short(string(t), maxURL), ""
	case inner:
		return "", ""
	default:
		return "", field + ": " + why
	}
}

// pagesOf makes the pages that a collector visited: the first is the site's.
func (in *inspection) pagesOf(asked string, redirects many[text], final string, history many[text], started, ended time.Time) error {
	first := cmp.Or(final, asked)
	if in.options.URL != "" && evidence.Site(host(in.options.URL)) != evidence.Site(host(first)) && evidence.Site(host(in.options.URL)) != evidence.Site(host(asked)) {
		return fmt.Errorf("%w: it holds no page of %s; it is of %s", errNoPage, host(in.options.URL), host(first))
	}
	if host(first) == "" {
		return fmt.Errorf("%w: the site's address is not in the file: expected an absolute http(s) URL, found %q", ErrFormat, bounded(first, 80))
	}
	asked = cmp.Or(asked, first)
	if full, err := frontier.Complete(asked); err == nil {
		asked = full // with the "/" that a browser adds
	}
	in.URLs = []string{asked}
	in.StartedAt, in.FinishedAt = started, ended
	in.defaultState(false)
	home := &visit{page: evidence.Page{URL: asked, FinalURL: first, Ended: "recorded", StartedAt: started}}
	for _, t := range redirects {
		if host(string(t)) != "" && len(home.page.Redirects) < 20 {
			home.page.Redirects = append(home.page.Redirects, bounded(string(t), maxURL))
		}
	}
	home.page.Kind = in.kind(first, 0)
	in.visits = append(in.visits, home)
	for i, t := range history {
		s := bounded(string(t), maxURL)
		switch {
		case s == first || s == asked:
		case address(s) != "":
			in.fault("browsing_history", i+1, "expected an absolute http(s) URL")
		case len(in.visits) < maxPages && !slices.ContainsFunc(in.visits, func(v *visit) bool { return v.page.URL == s }):
			in.visits = append(in.visits, &visit{page: evidence.Page{URL: s, FinalURL: s, Ended: "recorded", Depth: 1, Kind: in.kind(s, 1), StartedAt: started}})
		}
	}
	if n := len(in.visits); n > 1 {
		in.gap("format", "which page it was", fmt.Sprintf("the file tells of all %d pages together: what names no page is shown for the first, and how each page's loading ended is not known", n))
	}
	return nil
}

// at finds the page that a record names, else the first.
func (in *inspection) at(page string) *visit {
	page, _, _ = strings.Cut(page, "#")
	for _, v := range in.visits {
		if page != "" && (v.page.URL == page || v.page.FinalURL == page) {
			return v
		}
	}
	return in.visits[0]
}

// typeByPath is what an address tells of what was asked for, where a file does
// not say: a script that is loaded is no report of something.
func typeByPath(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "Other"
	}
	if u.Scheme == "ws" || u.Scheme == "wss" {
		return "WebSocket"
	}
	last := strings.ToLower(path.Base(u.Path))
	switch path.Ext(last) {
	case ".js", ".mjs":
		return "Script"
	case ".css":
		return "Stylesheet"
	case ".woff", ".woff2", ".ttf", ".otf":
		return "Font"
	}
	if last == "js" {
		return "Script"
	}
	return "Other"
}

// add adds a request to a page.
func (in *inspection) add(v *visit, q evidence.Request) {
	if in.total >= maxEntries {
		in.cut++
		return
	}
	in.total++
	in.known[q.URL] = true
	q.ID = strconv.Itoa(in.total)
	if q.Chain == "" {
		q.Chain = q.ID
	}
	if q.Target.Type == "" {
		q.Target.Type = "page"
	}
	v.requests = append(v.requests, q)
}

// onlyHosts adds a request for each host of which the file says no more than
// that it was asked. Its address is made of the host.
func (in *inspection) onlyHosts(names []string) {
	known := map[string]bool{}
	for _, v := range in.visits {
		for i := range v.requests {
			known[host(v.requests[i].URL)] = true
		}
	}
	for _, name := range names {
		name = lowerHost(strings.TrimSpace(bounded(name, 300)))
		u, err := url.Parse("https://" + name + "/")
		if err != nil || name == "" || u.Hostname() != strings.Trim(name, "[]") || strings.ContainsAny(name, "/?#@:% ") {
			in.faulty++
			if in.faulty <= maxFaults {
				in.gap("other", "a host", fmt.Sprintf("expected the name of a host, found %q", bounded(name, 80)))
			}
			continue
		}
		if known[name] {
			continue
		}
		known[name] = true
		in.add(in.visits[0], evidence.Request{URL: u.String(), HostOnly: true, Type: "Other"})
	}
}

// savedLink is an anchor as both inspections write it.
type savedLink struct {
	Href text `json:"href"`
	Text text `json:"inner_text"`
}

// links keeps the links of the first page.
func (in *inspection) links(found []savedLink) {
	var hrefs []evidence.Link
	for _, l := range found {
		if host(string(l.Href)) != "" {
			hrefs = append(hrefs, evidence.Link{URL: string(l.Href), Text: string(l.Text)})
		}
	}
	p := &in.visits[0].page
	for _, l := range hrefs {
		if len(p.Links) < maxLinks {
			p.Links = append(p.Links, evidence.Link{URL: bounded(l.URL, maxURL), Text: bounded(strings.Join(strings.Fields(l.Text), " "), 200)})
		}
	}
	in.point(hrefs)
}

// jarCookie is a cookie of the browser's jar as CDP gives it, with what the
// collectors add.
type jarCookie struct {
	Name      text            `json:"name"`
	Value     text            `json:"value"`
	Domain    text            `json:"domain"`
	Path      text            `json:"path"`
	Expires   json.RawMessage `json:"expires"`
	HTTPOnly  truth           `json:"httpOnly"`
	Secure    truth           `json:"secure"`
	Session   *truth          `json:"session"`
	SameSite  text            `json:"sameSite"`
	Partition json.RawMessage `json:"partitionKey"`
}

// cookie reads what all collectors say of a cookie.
func (in *inspection) cookie(c *jarCookie) (evidence.Cookie, string) {
	if c.Name == "" {
		return evidence.Cookie{}, "name: expected the cookie's name, found nothing"
	}
	k := evidence.Cookie{
		Name: in.short(string(c.Name), 300), Value: in.short(string(c.Value), 4096), Path: cmp.Or(bounded(string(c.Path), 1024), "/"),
		Domain: lowerHost(strings.TrimPrefix(bounded(string(c.Domain), 253), ".")), HostOnly: false,
		HTTPOnly: bool(c.HTTPOnly), Secure: bool(c.Secure), SameSite: bounded(string(c.SameSite), 20), SetBy: evidence.Setter{Kind: "unknown"},
	}
	if k.Domain == "" {
		k.Domain = host(in.visits[0].page.FinalURL)
	}
	if len(c.Partition) > 0 && string(c.Partition) != "null" {
		k.PartitionKey = bounded(strings.Trim(string(c.Partition), `"`), 300)
	}
	k.Expires, k.Session = ends(c.Expires)
	if c.Session != nil {
		k.Session = bool(*c.Session)
	}
	if k.Session {
		k.Expires = time.Time{}
	}
	return k, ""
}

// ends reads when a cookie ends: seconds or milliseconds since 1970, or a time;
// -1 is with the session. The zero time and false is not known.
func ends(raw json.RawMessage) (at time.Time, session bool) {
	var t text
	if len(raw) == 0 || decode(raw, &t) != "" {
		return time.Time{}, false
	}
	if at, ok := moment(string(t)); ok {
		return at, at.Year() < 1970
	}
	f, err := strconv.ParseFloat(string(t), 64)
	switch {
	case err != nil:
		return time.Time{}, false
	case f < 0:
		return time.Time{}, true
	case f > 1e11 && f < 2e14: // milliseconds
		return time.UnixMilli(int64(f)).UTC(), false
	case f > 0 && f <= 1e11:
		return time.UnixMilli(int64(f * 1000)).UTC(), false
	}
	return time.Time{}, false
}

// stackFrame is a frame as stacktrace.js gives it. Lines and columns count from 1.
type stackFrame struct {
	File     text   `json:"fileName"`
	Function text   `json:"functionName"`
	Line     number `json:"lineNumber"`
	Column   number `json:"columnNumber"`
	Source   text   `json:"source"`
}

func stackOf(frames many[stackFrame]) []evidence.StackFrame {
	var out []evidence.StackFrame
	for _, f := range frames {
		if len(out) < maxStack && host(string(f.File)) != "" {
			out = append(out, evidence.StackFrame{Function: bounded(string(f.Function), 200), URL: bounded(string(f.File), maxURL), Line: int(f.Line.whole()), Column: int(f.Column.whole())})
		}
	}
	return out
}

// jsonText is a value as a page would have stored it: texts as they are, other
// values as JSON.
func jsonText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
