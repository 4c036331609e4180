package sarif

import (
	"net/url"
	"strings"

	"candor/reports/plain"
)

// Bounds of an address.
const (
	maxParts = 50
	maxPart  = 300
)

func text(s string) string { return plain.Cut(plain.Visible(s), maxText) }

func texts(list []string) []string {
	const most = 100
	out := make([]string, 0, min(len(list), most))
	for _, s := range list[:min(len(list), most)] {
		out = append(out, plain.Cut(plain.Visible(s), 300))
	}
	return out
}

// id is a rule's name as readers of the format take it.
func id(s string) string {
	if s = plain.Cut(plain.Visible(s), 200); s == "" {
		return "unknown"
	}
	return s
}

// escape keeps text from making a link: SARIF 2.1.0, 3.11.6.
func escape(s string) string {
	if !strings.Contains(s, "](") {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(s)
}

// relative is an address without its scheme and query, as a relative reference:
// what stands before the first slash is the host, with a port's colon escaped.
// What is no web address is one escaped name. A query may hold what differs from
// scan to scan, and code scanning wants the same place each time.
func relative(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return segment(address)
	}
	parts := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
	out := segment(u.Host)
	for _, part := range parts[:min(len(parts), maxParts)] {
		if part != "" && strings.Trim(part, ".") == "" {
			continue // would lead elsewhere
		}
		out += "/" + url.PathEscape(plain.Cut(plain.Visible(part), maxPart))
	}
	return out
}

func path(file string) string {
	parts := strings.Split(file, "/")
	for i, p := range parts {
		parts[i] = segment(p)
	}
	return strings.Join(parts, "/")
}

// segment is a text as one part of a path.
func segment(s string) string {
	s = plain.Cut(plain.Visible(s), maxPart)
	if s == "" || strings.Trim(s, ".") == "" {
		return "unknown"
	}
	return strings.ReplaceAll(url.PathEscape(s), ":", "%3A")
}
