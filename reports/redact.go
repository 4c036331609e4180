package reports

import (
	"net/url"
	"regexp"
	"strings"

	"candor/analyzer"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// redactor writes addresses for a report. A value in them that may identify a
// person becomes its mark: see evidence.Marker.
type redactor struct{ evidence.Marker }

func newRedactor(m evidence.Meta) redactor { return redactor{m.Marker()} }

var (
	longNumber = regexp.MustCompile(`^\+?[\d ().-]{9,}$`) // telephone numbers and the like
	hexDigest  = regexp.MustCompile(`^[0-9a-fA-F]{32,}$`)
)

// personal says whether a value may identify a person or a device.
func personal(value string) bool {
	return strings.Contains(value, "@") || hexDigest.MatchString(value) || longNumber.MatchString(value) || flow.IdentifierLike(value)
}

// address redacts the values of the query and of the fragment, parts of the
// path that hold an e-mail address, and user names. What does not parse loses
// everything behind its path.
func (r redactor) address(s string) string {
	if !strings.ContainsAny(s, "?#@%") {
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		if i := strings.IndexAny(s, "?#"); i >= 0 {
			return s[:i] + "?" + r.Mark(s[i:])
		}
		return s
	}
	u.User = nil
	if strings.Contains(u.Path, "@") {
		parts := strings.Split(u.Path, "/")
		for i, p := range parts {
			if strings.Contains(strings.TrimPrefix(p, "@"), "@") { // "/@name" is a public page
				parts[i] = r.Mark(p)
			}
		}
		u.Path, u.RawPath = strings.Join(parts, "/"), ""
	}
	u.RawQuery = r.pairs(u.RawQuery)
	if f := r.pairs(u.EscapedFragment()); f != u.EscapedFragment() {
		u.Fragment, u.RawFragment = f, f
	}
	return u.String()
}

// pairs redacts the values of a query; a bare word is a value.
func (r redactor) pairs(query string) string {
	if query == "" {
		return ""
	}
	parts := strings.Split(query, "&")
	for i, p := range parts {
		name, value, has := strings.Cut(p, "=")
		if !has {
			name, value = "", p
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain = value
		}
		if !personal(plain) {
			continue
		}
		if parts[i] = r.Mark(plain); has {
			parts[i] = name + "=" + r.Mark(plain)
		}
	}
	return strings.Join(parts, "&")
}

// redact rewrites what mentions the address of a page in passing.
func (r redactor) redact(rep *Report, a *analyzer.Analysis) {
	var changed []string // the address of a page, what stands for it, and so on
	for _, p := range a.Pages {
		for _, from := range []string{p.URL, p.FinalURL} {
			if to := r.address(from); to != from {
				changed = append(changed, from, to)
			}
		}
	}
	if len(changed) == 0 {
		return
	}
	in := strings.NewReplacer(changed...)
	for i := range rep.Coverage.Gaps {
		g := &rep.Coverage.Gaps[i]
		g.What, g.Why = in.Replace(g.What), in.Replace(g.Why)
	}
	for _, p := range rep.Policies {
		for i, from := range p.LinkedFrom {
			p.LinkedFrom[i] = in.Replace(from)
		}
	}
	for i := range rep.Behaviors {
		rep.Behaviors[i].Detail = in.Replace(rep.Behaviors[i].Detail)
	}
	for i := range rep.Findings {
		f := &rep.Findings[i]
		f.Title, f.Message = in.Replace(f.Title), in.Replace(f.Message)
	}
}
