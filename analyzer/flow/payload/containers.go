package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// form reads name=value pairs joined by "&". Unlike url.ParseQuery it keeps
// their order and survives broken escapes. A name that ends with a dot and has
// no value opens a scope for the names after it, a dot and that name closes it
// (Adobe's context data: "c.&a.&x=1&.a&.c" holds c.a.x).
func (r *Reader) form(s string, at place) {
	var scopes []string
	for part := range strings.SplitSeq(s, "&") {
		if r.full() {
			return
		}
		name, value, _ := strings.Cut(part, "=")
		name = unescape(name)
		if value == "" {
			scopes = scope(scopes, name)
			continue
		}
		inner := at
		if len(scopes) > 0 {
			inner.prefix += strings.Join(scopes, ".") + "."
		}
		r.add(inner.prefix+name, unescape(value), inner)
	}
}

func scope(open []string, name string) []string {
	switch {
	case len(name) < 2:
	case strings.HasSuffix(name, ".") && len(open) < maxDepth:
		return append(open, strings.TrimSuffix(name, "."))
	case name[0] == '.' && len(open) > 0 && open[len(open)-1] == name[1:]:
		return open[:len(open)-1]
	}
	return open
}

// path reads what an address carries before its query: matrix parameters
// (RFC 3986, 3.3), and segments that are an e-mail address.
func (r *Reader) path(u *url.URL, at place) {
	path := u.EscapedPath()
	for segment := range strings.SplitSeq(path, "/") {
		head, rest, matrix := strings.Cut(segment, ";")
		if strings.Contains(head, "@") || strings.Contains(head, "%40") {
			r.put("path", unescapePath(head), -1, at)
		}
		if !matrix {
			continue
		}
		for part := range strings.SplitSeq(rest, ";") {
			if name, value, ok := strings.Cut(part, "="); ok && !r.full() {
				r.add(unescapePath(name), unescapePath(value), at)
			}
		}
	}
}

// multipart reads the parts of a form body. A file's name and, where it is a
// text or a container, its content count too: scripts send JSON as a Blob.
func (r *Reader) multipart(data, boundary string, at place) {
	reader := multipart.NewReader(strings.NewReader(data), boundary)
	for !r.full() {
		part, err := reader.NextRawPart()
		if err != nil {
			return
		}
		value, err := io.ReadAll(io.LimitReader(part, maxText))
		if err != nil && len(value) == 0 {
			return
		}
		name := part.FormName()
		if file := part.FileName(); file != "" {
			r.put(name+".filename", file, -1, at)
			if !r.blob(name, value, at) && utf8.Valid(value) {
				r.add(name, string(value), at)
			}
			continue
		}
		r.add(name, string(value), at)
	}
}

// json adds the members of JSON values, one after the other as in JSON lines,
// and reports whether the text was nothing else.
func (r *Reader) json(s string, at place) bool {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	var values []any
	for {
		var v any
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false
		}
		values = append(values, v)
	}
	for _, v := range values {
		r.walk(strings.TrimSuffix(at.prefix, "."), v, -1, at)
	}
	return len(values) > 0
}

func (r *Reader) walk(name string, v any, index int, at place) {
	if at.depth > 3*maxDepth || r.full() {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			full := k
			if name != "" {
				full = name + "." + k
			}
			// A pair written out as an object, {"name": "email", "value": "…"}, is a pair.
			if k == "value" && len(v) <= 4 {
				if label := labelled(v); label != "" {
					full = label
					if name != "" {
						full = name + "." + label
					}
				}
			}
			r.walk(full, v[k], -1, at.deeper())
		}
	case []any:
		for i, e := range v {
			r.walk(name, e, i, at.deeper())
		}
	case string:
		r.addAt(name, v, index, at)
	case json.Number:
		r.put(name, v.String(), index, at)
	case bool:
		// A setting; true is told by its name alone.
		if v {
			r.put(name, "true", index, at)
		}
	}
}

// labelled returns the name in an object of the form {"name": …, "value": …}.
func labelled(v map[string]any) string {
	for _, k := range []string{"name", "key", "field"} {
		if s, ok := v[k].(string); ok && s != "" && len(s) <= 80 && !strings.ContainsAny(s, " .") {
			return s
		}
	}
	return ""
}

// envelope reads Sentry's format: a line of JSON headers, then items, each a
// line of headers with a type and a payload that ends at its length or its line.
func (r *Reader) envelope(data string, at place) bool {
	head, rest, ok := strings.Cut(data, "\n")
	if !ok || len(head) > MaxValue || !envelopeHeader.MatchString(head) {
		return false
	}
	if _, ok := itemHeader(rest); !ok {
		return false
	}
	r.json(head, at.within("header"))
	for rest != "" && !r.full() {
		item, ok := itemHeader(rest)
		if !ok {
			return true
		}
		rest = rest[item.size:]
		body, after := rest, ""
		if item.Length != nil {
			n := max(0, min(*item.Length, len(rest)))
			body, after = rest[:n], strings.TrimPrefix(rest[n:], "\n")
		} else if line, next, ok := strings.Cut(rest, "\n"); ok {
			body, after = line, next
		}
		rest = after
		r.item(item.Type, body, at)
	}
	return true
}

// envelopeHeader tells the headers of an envelope from any other JSON line.
var envelopeHeader = regexp.MustCompile(`^\s*\{\s*("(event_id|dsn|sdk|sent_at|trace)"\s*:.*)?\}\s*$`)

type item struct {
	Type   string `json:"type"`
	Length *int   `json:"length"`
	size   int    // bytes of the header line with its newline
}

func itemHeader(s string) (item, bool) {
	line, _, ok := strings.Cut(s, "\n")
	if !ok || len(line) > MaxValue || !looksJSON(strings.TrimSpace(line)) {
		return item{}, false
	}
	var it item
	if json.Unmarshal([]byte(line), &it) != nil || it.Type == "" {
		return item{}, false
	}
	it.size = len(line) + 1
	return it, true
}

func (r *Reader) item(kind, body string, at place) {
	trimmed := strings.TrimSpace(body)
	inner := at.within(at.prefix + kind)
	if looksJSON(trimmed) && r.json(trimmed, inner) {
		return
	}
	// A recording is a line of JSON with the packed events after it.
	if head, packed, ok := strings.Cut(body, "\n"); ok && looksJSON(head) {
		r.json(head, inner)
		body = packed
	}
	r.put(at.prefix+kind, "(content)", -1, at)
	if !r.blob(at.prefix+kind, []byte(body), at) && !utf8.ValidString(body) {
		r.Opaque += len(body)
	}
}

// looksJSON is a cheap test before parsing.
func looksJSON(s string) bool {
	return len(s) > 1 && (s[0] == '{' && s[len(s)-1] == '}' || s[0] == '[' && s[len(s)-1] == ']')
}

func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return lenient(strings.ReplaceAll(s, "+", " "))
}

func unescapePath(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return lenient(s)
}

// Unescape takes off one layer of percent-encoding. Escapes that are broken
// stay, and so does a plus sign.
func Unescape(s string) string { return unescapePath(s) }

// lenient decodes the escapes that are whole and keeps the rest.
func lenient(s string) string {
	var b bytes.Buffer
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
