package redaction

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"candor/analyzer/flow"
	"candor/analyzer/flow/payload"
	"candor/crawler/evidence"
)

func (x *redactor) meta(m *evidence.Meta) {
	m.RedactionKey, m.Redacted, m.URLs = "", All, slices.Clone(m.URLs)
	x.addresses(m.URLs)
}

func (x *redactor) addresses(list []string) {
	for i := range list {
		list[i] = x.address(list[i])
	}
}

func (x *redactor) texts(list []string) {
	for i := range list {
		list[i] = x.text(list[i])
	}
}

func (x *redactor) stack(list []evidence.StackFrame) {
	for i := range list {
		list[i].URL = x.address(list[i].URL)
	}
}

func (x *redactor) page(p *evidence.Page) {
	p.URL, p.FinalURL, p.Canonical, p.LinkedFrom = x.address(p.URL), x.address(p.FinalURL), x.address(p.Canonical), x.address(p.LinkedFrom)
	p.Title, p.Failure, p.Screenshot = x.text(p.Title), x.text(p.Failure), ""
	for _, list := range [][]string{p.Redirects, p.Mixed, p.Downloads, p.Popups} {
		x.addresses(list)
	}
	x.texts(p.Headings)
	for i := range p.Dialogs {
		p.Dialogs[i].Message = x.text(p.Dialogs[i].Message)
	}
	for i := range p.Asked {
		p.Asked[i].Frame = x.address(p.Asked[i].Frame)
		x.stack(p.Asked[i].Stack)
	}
	for i := range p.Links {
		p.Links[i].URL, p.Links[i].Text = x.address(p.Links[i].URL), x.text(p.Links[i].Text)
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		s.URL, s.Target, s.Screenshot, s.Failure = x.address(s.URL), x.text(s.Target), "", x.text(s.Failure)
		if Typed(*s) {
			s.Value = x.of(s.Value)
		}
	}
}

// Headers whose values are the browser's own.
var plainHeaders = regexp.MustCompile(`^(accept(-.*)?|user-agent|sec-.*|dnt|upgrade-insecure-requests|cache-control|pragma|connection|priority|range|x-requested-with|content-length|host|:authority|:method|:scheme)$`)

func (x *redactor) request(q *evidence.Request) {
	x.sent(q)
	q.URL, q.FrameURL, q.Target.URL = x.address(q.URL), x.address(q.FrameURL), x.address(q.Target.URL)
	q.Initiator.URL = x.address(q.Initiator.URL)
	x.stack(q.Initiator.Stack)
	for name, value := range q.Headers {
		switch {
		case name == "referer" || name == "origin" || name == ":path":
			q.Headers[name] = x.address(value)
		case name == "content-type":
			q.Headers[name], _, _ = strings.Cut(value, ";") // it may name a boundary
		case !plainHeaders.MatchString(name):
			q.Headers[name] = x.value(value)
		}
	}
	for name, value := range q.ResponseHeaders {
		if name == "etag" {
			q.ResponseHeaders[name] = x.of(value)
		} else {
			q.ResponseHeaders[name] = x.text(value)
		}
	}
	for i := range q.Cookies {
		q.Cookies[i].Value = x.value(q.Cookies[i].Value)
	}
	for i, line := range q.SetCookies {
		q.SetCookies[i] = x.line(line)
	}
	for i := range q.Blocked {
		q.Blocked[i].Line = x.line(q.Blocked[i].Line)
	}
}

// sent rewrites the body and the messages of a request. They are taken apart as
// the analysis does, and written again as lines of JSON, one for each value.
func (x *redactor) sent(q *evidence.Request) {
	var r payload.Reader
	alone := *q
	alone.Messages = nil
	if q.PostData != "" {
		q.PostData, q.PostBase64 = x.lines(r.Read(&url.URL{}, &alone)), false
		delete(q.Headers, "content-encoding")
		if _, ok := q.Headers["content-type"]; ok {
			q.Headers["content-type"] = "application/json"
		}
	}
	for i := range q.Messages {
		m := &q.Messages[i]
		if m.Sent {
			alone.PostData, alone.Messages = "", q.Messages[i:i+1]
			m.Data = x.lines(r.Read(&url.URL{}, &alone))
		} else {
			m.Data = ""
		}
		m.Opcode = 1
	}
}

// lines writes values under their names, a JSON object a line. Parameters of
// addresses that are values are left out: they are in those.
func (x *redactor) lines(pairs []payload.Pair) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, p := range pairs {
		if p.Nested {
			continue
		}
		var v any = x.leaf(p.Value)
		if p.Index >= 0 {
			v = []any{nil, v}[1-min(p.Index, 1):]
		}
		_ = enc.Encode(map[string]any{x.name(p.Name): v}) // texts have no fault
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// name rewrites the name of something where it is itself such a value.
func (x *redactor) name(s string) string {
	if x.known[s] || mailAddress().MatchString(s) {
		return x.leaf(s)
	}
	return s
}

func cookieValue(line string) string {
	pair, _, _ := strings.Cut(line, ";")
	_, value, _ := strings.Cut(pair, "=")
	return strings.TrimSpace(value)
}

// line rewrites the value in a Set-Cookie line.
func (x *redactor) line(line string) string {
	value := cookieValue(line)
	if value == "" {
		return line
	}
	pair, rest, more := strings.Cut(line, ";")
	name, _, _ := strings.Cut(pair, "=")
	out := name + "=" + url.PathEscape(x.value(value))
	if more {
		out += ";" + rest
	}
	return out
}

func (x *redactor) setter(s *evidence.Setter) {
	s.URL = x.address(s.URL)
	x.stack(s.Initiators)
}

func (x *redactor) cookie(c *evidence.Cookie) {
	c.Name, c.Value = x.name(c.Name), x.value(c.Value)
	x.setter(&c.SetBy)
}

func (x *redactor) storage(s *evidence.StorageItem) {
	if s.Kind == "cache" && isAddress(s.Key) {
		s.Key = x.address(s.Key)
	}
	s.Key, s.Value = x.name(s.Key), x.value(s.Value)
	x.setter(&s.SetBy)
}

func (x *redactor) form(f *evidence.Form) {
	f.FrameURL, f.Action, f.PolicyLink, f.Heading = x.address(f.FrameURL), x.address(f.Action), x.address(f.PolicyLink), x.text(f.Heading)
	for i := range f.Fields {
		if v := &f.Fields[i].Value; *v != "" {
			*v = x.value(*v)
		}
	}
}

func (x *redactor) canary(*evidence.Canary) {}

// label keeps words and small numbers, which are the label itself.
func (x *redactor) label(l *evidence.Label) {
	l.Frame = x.address(l.Frame)
	if isAddress(l.Value) {
		l.Value = x.address(l.Value)
	} else if len(l.Value) > 32 || Personal(l.Value) || x.known[l.Value] || x.asks(l.Key) {
		l.Value = x.value(l.Value)
	}
}

func (x *redactor) call(c *evidence.Call) {
	c.Target.URL, c.Frame, c.Script, c.Content = x.address(c.Target.URL), x.address(c.Frame), x.address(c.Script), ""
	x.stack(c.Stack)
	x.texts(c.Texts)
}

func (x *redactor) choice(c *evidence.Choice) {
	c.Frame, c.Why, c.Screenshot = x.address(c.Frame), x.text(c.Why), ""
	for i := range c.Steps {
		s := &c.Steps[i]
		s.Target, s.Failure = x.address(s.Target), x.text(s.Failure)
	}
	for i := range c.Signs {
		if c.Signs[i].Kind == "cookie" || c.Signs[i].Kind == "storage" {
			c.Signs[i].Detail = x.text(c.Signs[i].Detail)
		}
	}
	for i := range c.Ways {
		w := &c.Ways[i]
		w.Address, w.On, w.Why = x.address(w.Address), x.address(w.On), x.text(w.Why)
	}
	if c.Offer != nil {
		for i := range c.Offer.Layers {
			c.Offer.Layers[i].Screenshot = ""
		}
		x.addresses(c.Offer.WayBackMissing)
	}
}

func (x *redactor) document(d *evidence.Document) {
	d.URL, d.FinalURL = x.address(d.URL), x.address(d.FinalURL)
	for i := range d.LinkedFrom {
		d.LinkedFrom[i].Page, d.LinkedFrom[i].Text = x.address(d.LinkedFrom[i].Page), x.text(d.LinkedFrom[i].Text)
	}
	for i := range d.Frames {
		d.Frames[i].URL = x.address(d.Frames[i].URL)
	}
}

func (x *redactor) gap(g *evidence.Gap) { g.What, g.Why = x.text(g.What), x.text(g.Why) }

var tokens = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9A-Za-z][0-9A-Za-z_.-]{6,200}[0-9A-Za-z]`) }) // large: made when it is first needed

// identifiers rewrites the values in a text that the bundle knows and that look
// unique.
func (x *redactor) identifiers(data []byte) []byte {
	return tokens().ReplaceAllFunc(data, func(t []byte) []byte {
		if s := string(t); x.known[s] && flow.IdentifierLike(s) {
			return []byte(x.of(s))
		}
		return t
	})
}
