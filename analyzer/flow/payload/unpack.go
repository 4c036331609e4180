package payload

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"io"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"candor/crawler/evidence"
)

func (r *Reader) body(q *evidence.Request) {
	at := place{layer: r.layer("body", "")}
	data := []byte(q.PostData)
	if q.PostBase64 {
		raw, err := base64.StdEncoding.DecodeString(q.PostData)
		if err != nil {
			return
		}
		data = raw
	}
	via := "body"
	for range 3 {
		out, how := inflate(data, maxText)
		if how == "" && strings.Contains(q.Headers["content-encoding"], "deflate") {
			out, how = rawDeflate(data, maxText)
		}
		if how == "" {
			break
		}
		if r.spent += len(out); r.spent > maxSpent {
			return
		}
		data, via = out, via+", "+how
	}
	if len(data) > maxText {
		data = data[:maxText]
	}
	text := string(data)
	r.layers[at.layer] = Layer{via, text}
	kind, params, err := mime.ParseMediaType(q.Headers["content-type"])
	boundary := params["boundary"]
	if boundary == "" && strings.HasPrefix(text, "--") {
		boundary, _, _ = strings.Cut(text[2:], "\r\n")
	}
	if (err == nil && kind == "multipart/form-data" || strings.HasPrefix(text, "--")) && boundary != "" && len(boundary) <= 100 {
		r.multipart(text, boundary, at)
		return
	}
	r.text(text, at)
}

var socketPrefix = regexp.MustCompile(`^\d{1,4}(/[^,\[{]{0,40},)?\d{0,4}([\[{])`)

func (r *Reader) message(m *evidence.SocketMessage) {
	data := []byte(m.Data)
	via := "WebSocket message"
	if m.Opcode == 2 {
		raw, err := base64.StdEncoding.DecodeString(m.Data)
		if err != nil {
			return
		}
		data = raw
	}
	if out, how := inflate(data, maxText); how != "" {
		if r.spent += len(out); r.spent > maxSpent {
			return
		}
		data, via = out, via+", "+how
	}
	if len(data) > maxText {
		data = data[:maxText]
	}
	text := string(data)
	// Engine.IO numbers its messages: `42["event",{…}]`.
	if at := socketPrefix.FindStringSubmatchIndex(text); at != nil {
		text = text[at[4]:]
	}
	r.text(text, place{layer: r.layer(via, text)})
}

// text reads a body whose type is not trusted.
func (r *Reader) text(data string, at place) {
	if !utf8.ValidString(data) && !mostlyText(data) {
		// An envelope may hold packed items between its lines of text.
		if !r.envelope(data, at) {
			r.Opaque += len(data)
			r.put("(body)", "(binary)", -1, at)
		}
		return
	}
	data = strings.TrimPrefix(data, "\ufeff")
	whole := strings.TrimSpace(data)
	if r.envelope(data, at) || looksJSON(whole) && r.json(whole, at) {
		return
	}
	for line := range strings.Lines(data) {
		if r.full() {
			return
		}
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case looksJSON(line) && r.json(line, at):
		case formLike(line):
			r.form(line, at)
		default:
			r.add("", line, at)
		}
	}
}

var formStart = regexp.MustCompile(`^[A-Za-z0-9_.$%~\[\]-]{1,120}=`)

// formLike reports whether a line reads as name=value: base64 too ends with an
// equals sign, but has nothing after it.
func formLike(line string) bool {
	loc := formStart.FindStringIndex(line)
	return loc != nil && strings.Trim(line[loc[1]:], "=") != ""
}

// mostlyText accepts text in an old encoding or with a broken end, which a
// bound may have cut.
func mostlyText(s string) bool {
	head := s[:min(len(s), 1024)]
	control := 0
	for i := range len(head) {
		if c := head[i]; c < 9 || c > 13 && c < 32 {
			control++
		}
	}
	return control == 0
}

// add keeps a pair and looks inside its value.
func (r *Reader) add(name, value string, at place) { r.addAt(name, value, -1, at) }

func (r *Reader) addAt(name, value string, index int, at place) {
	if r.full() || value == "" || len(value) > maxText {
		return
	}
	if at.depth < maxDepth {
		value = again(value)
		trimmed := strings.TrimSpace(value)
		if looksJSON(trimmed) && r.json(trimmed, at.within(name)) {
			return
		}
		if r.base64(name, trimmed, at) {
			return
		}
		if strings.HasPrefix(trimmed, "?") && formLike(trimmed[1:]) {
			r.form(trimmed[1:], at.within(name))
			return
		}
		if strings.Count(trimmed, "=") > 1 && strings.Contains(trimmed, "&") && len(trimmed) <= maxBlob && !strings.Contains(trimmed, "://") && formLike(trimmed) {
			r.form(trimmed, at.within(name))
			return
		}
	}
	r.put(name, value, index, at)
	if at.depth < maxDepth && (strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://")) {
		if _, query, ok := strings.Cut(value, "?"); ok {
			query, _, _ = strings.Cut(query, "#")
			inner := at.deeper()
			inner.nested, inner.prefix = true, ""
			r.form(query, inner)
		}
	}
}

var escape = regexp.MustCompile(`%(2[56BCFbcf]|3[ABDFabdf]|40|5[BDbd]|7[BDbd])`)

// again decodes a value that was escaped more than once, up to three times.
// Only escapes of characters that structure a value count: "50%25" is a text.
func again(value string) string {
	for range 3 {
		if !strings.Contains(value, "%") || len(value) > maxBlob || !escape.MatchString(value) {
			return value
		}
		out := unescapePath(value)
		if out == value || !utf8.ValidString(out) {
			return value
		}
		value = out
	}
	return value
}

// known are the first letters of base64 texts that are containers: JSON objects
// and lists, gzip. zlib and LZ-string come further down.
var known = []string{"eyJ", "eyA", "ewo", "ewk", "W3s", "WyJ", "Wwo", "W1s", "H4sI"}

// base64 looks inside a value that may be base64 or base64url and reports
// whether it held something that is better read in its place.
func (r *Reader) base64(name, value string, at place) bool {
	if len(value) < minBlob || !base64Text(value) {
		return false
	}
	if lzStart(value) {
		if out, ok := lzString(value, maxText); ok && looksJSON(out) {
			if inner, ok := r.unpacked("LZ-string", name, out, at); ok && r.json(out, inner) {
				return true
			}
		}
	}
	sure := false
	for _, p := range known {
		sure = sure || strings.HasPrefix(value, p)
	}
	if !sure && len(value) > maxBlob && !strings.HasPrefix(value, "eJ") && !strings.HasPrefix(value, "eN") {
		return false
	}
	raw, ok := fromBase64(value)
	if !ok {
		return false
	}
	if out, how := inflate(raw, maxText); how != "" {
		text := strings.TrimSpace(string(out))
		if inner, ok := r.unpacked("base64, "+how, name, text, at); ok && utf8.ValidString(text) {
			r.text(text, inner)
			return true
		}
		return false
	}
	text := strings.TrimSpace(string(raw))
	if !printable(text) {
		return false
	}
	switch {
	case looksJSON(text):
		inner, ok := r.unpacked("base64", name, text, at)
		return ok && r.json(text, inner)
	case strings.Contains(text, "&") && formLike(text):
		inner, ok := r.unpacked("base64", name, text, at)
		if ok {
			r.form(text, inner)
		}
		return ok
	case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"), strings.Contains(text, "@") && !strings.Contains(text, " "):
		inner, ok := r.unpacked("base64", name, text, at)
		if !ok {
			return false
		}
		inner.prefix = at.prefix
		r.add(name, text, inner)
		return true
	}
	return false
}

// blob reads bytes that may be compressed and reports whether they were.
func (r *Reader) blob(name string, data []byte, at place) bool {
	out, how := inflate(data, maxText)
	if how == "" {
		return false
	}
	text := string(out)
	inner, ok := r.unpacked(how, name, text, at)
	if ok {
		r.text(text, inner)
	}
	return true
}

func base64Text(s string) bool {
	end := strings.TrimRight(s, "=")
	if len(s)-len(end) > 2 {
		return false
	}
	for i := range len(end) {
		c := end[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '+', c == '/', c == '-', c == '_', c == ' ':
		default:
			return false
		}
	}
	return true
}

// fromBase64 decodes the standard and the URL alphabet, padded or not. A plus
// sign may have come through a form as a space.
func fromBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(strings.ReplaceAll(s, " ", "+"), "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	raw, err := enc.DecodeString(s)
	return raw, err == nil
}

func printable(s string) bool {
	if s == "" || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < 32 && r != '\t' && r != '\n' && r != '\r' || r == 127 || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// inflate expands gzip and zlib data up to a limit and names what it was, ""
// when it is neither. Data that were cut still give what they held up to there.
func inflate(data []byte, limit int64) (out []byte, how string) {
	var reader io.Reader
	var err error
	switch {
	case len(data) > 10 && data[0] == 0x1f && data[1] == 0x8b:
		how = "gzip"
		reader, err = gzip.NewReader(bytes.NewReader(data))
	case len(data) > 6 && data[0]&0x0f == 8 && data[0]>>4 <= 7 && (int(data[0])<<8|int(data[1]))%31 == 0 && data[1]&0x20 == 0:
		how = "zlib"
		reader, err = zlib.NewReader(bytes.NewReader(data))
	default:
		return nil, ""
	}
	if err != nil {
		return nil, ""
	}
	out, err = io.ReadAll(io.LimitReader(reader, limit))
	if err != nil && len(out) == 0 {
		return nil, ""
	}
	return out, how
}

// rawDeflate expands data that a header calls deflate and that lack zlib's.
func rawDeflate(data []byte, limit int64) (out []byte, how string) {
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), limit))
	if len(out) == 0 || err != nil && !mostlyText(string(out)) {
		return nil, ""
	}
	return out, "deflate"
}
