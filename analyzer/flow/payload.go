package flow

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// Bounds of what is read out of one request. What lies beyond them is not
// decoded; it never fails the analysis.
const (
	maxPairs   = 600       // named values of one request
	maxDepth   = 6         // values inside values: JSON in a parameter in an address …
	maxBody    = 256 << 10 // bytes of a body, after decompression
	maxValue   = 4 << 10   // bytes of a value that is looked at
	maxMessage = 50        // WebSocket messages of one connection
)

// pair is a named value of a request: a query parameter, a form field, a member
// of a JSON object.
type pair struct {
	name   string // as sent, "user.email" for a member of an object
	value  string
	nested bool // a parameter of an address that was itself a value
}

// key is the last part of a name in its simplest spelling: "ud[Em]" → "em",
// "user.user_id" → "userid".
func (p pair) key() string {
	name := strings.TrimRight(p.name, "]")
	if i := strings.LastIndexAny(name, ".["); i >= 0 {
		name = name[i+1:]
	}
	return plain(name)
}

// plain lowers a name and leaves out separators.
func plain(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r != '_' && r != '-' && r != ' ' && r != '$' && r != ':' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// payload collects the pairs of one request.
type payload struct {
	pairs []pair
	ws    bool // a WebSocket message was sent
}

// read takes apart the address, the body and the WebSocket messages that a
// request sent. The result is reused by the next call.
func (p *payload) read(u *url.URL, r *evidence.Request) []pair {
	p.pairs, p.ws = p.pairs[:0], false
	p.form(u.RawQuery, false, 0)
	if r.PostData != "" {
		p.body(r)
	}
	sent := 0
	for _, m := range r.Messages {
		if !m.Sent || sent == maxMessage {
			continue
		}
		sent++
		p.ws = true
		if m.Opcode == 1 {
			p.text(m.Data)
		}
	}
	return p.pairs
}

func (p *payload) body(r *evidence.Request) {
	data := r.PostData
	if r.PostBase64 {
		raw, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			return
		}
		data = string(unzip(raw))
	}
	if len(data) > maxBody {
		data = data[:maxBody]
	}
	kind, params, err := mime.ParseMediaType(r.Headers["content-type"])
	if err == nil && kind == "multipart/form-data" {
		p.multipart(data, params["boundary"])
		return
	}
	p.text(data)
}

// text reads a body whose type is not trusted: beacons send JSON and forms as
// text/plain.
func (p *payload) text(data string) {
	for line := range strings.Lines(data) {
		if len(p.pairs) >= maxPairs {
			return
		}
		trimmed := strings.TrimSpace(line)
		if trimmed == "" {
			continue
		}
		if looksJSON(trimmed) {
			// A document over several lines is one value.
			if p.json(trimmed, 0) {
				continue
			}
			p.json(strings.TrimSpace(data), 0)
			return
		}
		if strings.Contains(trimmed, "=") {
			p.form(trimmed, false, 0)
		} else {
			p.add("", trimmed, false, 0)
		}
	}
}

// form reads name=value pairs joined by "&". Unlike url.ParseQuery it keeps
// their order and survives broken escapes.
func (p *payload) form(s string, nested bool, depth int) {
	for part := range strings.SplitSeq(s, "&") {
		if len(p.pairs) >= maxPairs {
			return
		}
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		p.add(unescape(name), unescape(value), nested, depth)
	}
}

func (p *payload) multipart(data, boundary string) {
	if boundary == "" {
		return
	}
	reader := multipart.NewReader(strings.NewReader(data), boundary)
	for len(p.pairs) < maxPairs {
		part, err := reader.NextRawPart()
		if err != nil {
			return
		}
		if part.FileName() != "" {
			p.add(part.FormName(), part.FileName(), false, maxDepth)
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, maxValue))
		if err != nil && len(value) == 0 {
			return
		}
		p.add(part.FormName(), string(value), false, 0)
	}
}

// add keeps a pair and looks inside its value.
func (p *payload) add(name, value string, nested bool, depth int) {
	if len(p.pairs) >= maxPairs || value == "" || len(value) > maxBody {
		return
	}
	if depth < maxDepth {
		trimmed := strings.TrimSpace(value)
		if looksJSON(trimmed) && p.json(trimmed, depth+1) {
			return
		}
		// "eyJ" is base64 of `{"`, "W3s" of `[{`.
		if strings.HasPrefix(trimmed, "eyJ") || strings.HasPrefix(trimmed, "W3s") {
			if raw, ok := fromBase64(trimmed); ok && looksJSON(raw) && p.json(raw, depth+1) {
				return
			}
		}
	}
	if len(value) > maxValue {
		value = value[:maxValue]
	}
	p.pairs = append(p.pairs, pair{name, value, nested})
	if depth < maxDepth && (strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://")) {
		if _, query, ok := strings.Cut(value, "?"); ok {
			query, _, _ = strings.Cut(query, "#")
			p.form(query, true, depth+1)
		}
	}
}

// json adds the members of a JSON value and reports whether it was one.
func (p *payload) json(s string, depth int) bool {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return false
	}
	p.walk("", v, depth)
	return true
}

func (p *payload) walk(name string, v any, depth int) {
	if depth > maxDepth || len(p.pairs) >= maxPairs {
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
			p.walk(full, v[k], depth+1)
		}
	case []any:
		for _, e := range v {
			p.walk(name, e, depth+1)
		}
	case string:
		p.add(name, v, false, depth+1)
	case json.Number:
		p.add(name, v.String(), false, maxDepth)
	}
}

func looksJSON(s string) bool {
	return len(s) > 1 && (s[0] == '{' && strings.HasSuffix(s, "}") || s[0] == '[' && strings.HasSuffix(s, "]"))
}

func fromBase64(s string) (string, bool) {
	s = strings.TrimRight(s, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if raw, err := enc.DecodeString(s); err == nil {
			return strings.TrimSpace(string(raw)), true
		}
	}
	return "", false
}

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// unzip expands a gzip body; anything else comes back as it is.
func unzip(data []byte) []byte {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data
	}
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return data
	}
	// A body that was cut still gives what it held up to there.
	out, _ := io.ReadAll(io.LimitReader(zr, maxBody))
	return out
}
