// Package payload takes apart what a request sends: it finds the named values
// in an address, a body, a WebSocket message or a stored value, whatever they
// are packed in.
//
// It knows containers, not vendors: queries, forms, matrix parameters ("/a;b=c"),
// scoped forms ("c.&name=…&.c"), JSON, JSON a line, JSON in forms, addresses in
// parameters, multipart bodies, envelopes of headers and items (Sentry's format),
// base64 and base64url, gzip, zlib and deflate, and LZ-string's base64.
// Containers are recognised by what they hold; a content type is only a hint,
// because beacons send JSON and forms as text/plain.
//
// Everything that it reads is hostile: pairs, depth, and the bytes that may be
// unpacked from one request are bounded, and what lies beyond the bounds is left
// out. Brotli, protocol buffers and encrypted bodies are not read; Opaque says
// that there was such a body.
package payload

import (
	"net/url"
	"strings"

	"candor/crawler/evidence"
)

// Bounds of what is read out of one request. What lies beyond them is not
// decoded; it never fails the analysis.
const (
	MaxPairs = 2000     // named values of one request
	MaxValue = 4 << 10  // bytes of a value that is kept
	maxDepth = 8        // containers inside containers
	maxText  = 1 << 20  // bytes of one text, after decompression
	maxSpent = 4 << 20  // bytes unpacked from one request, all layers together
	maxSent  = 50       // WebSocket messages of one connection
	maxLayer = 64       // texts of one request that are remembered
	minBlob  = 12       // characters of a value that may be base64
	maxBlob  = 64 << 10 // of one that is tried without knowing its first letters
)

// Pair is a named value.
type Pair struct {
	Name   string // as sent; containers inside it are joined by dots: "ud[em]", "pd.em", "batch.properties.email"
	Value  string // decoded, at most MaxValue bytes
	Index  int    // its place in a list of plain values, -1 outside
	Nested bool   // a parameter of an address that was itself a value
	Layer  int    // index of the text in Layers that it stood in
}

// Layer is a text that a request held: its address, its body, or what was
// unpacked from these.
type Layer struct {
	Via  string // what it was unpacked from, outermost first: "body, gzip", "parameter data, base64"
	Text string
}

// Reader takes requests apart. It is reused from request to request: what Read
// returns is valid until the next call.
type Reader struct {
	pairs  []Pair
	layers []Layer
	spent  int

	Sent   int // WebSocket messages that were sent
	Opaque int // bytes of bodies and messages that could not be read
}

// Read takes apart the address, the body and the sent WebSocket messages of a
// request. u is the parsed r.URL.
func (r *Reader) Read(u *url.URL, q *evidence.Request) []Pair {
	r.reset()
	at := place{layer: r.layer("address", u.String())}
	r.path(u, at)
	r.form(u.RawQuery, at)
	if q.PostData != "" {
		r.body(q)
	}
	for i := range q.Messages {
		m := &q.Messages[i]
		if !m.Sent {
			continue
		}
		if r.Sent++; r.Sent > maxSent {
			break
		}
		r.message(m)
	}
	return r.pairs
}

// Value takes apart a value that stands alone, such as one of a storage area.
func (r *Reader) Value(name, value string) []Pair {
	r.reset()
	r.add(name, value, place{layer: r.layer("value", value)})
	return r.pairs
}

// Layers returns the texts that the last call read.
func (r *Reader) Layers() []Layer { return r.layers }

func (r *Reader) reset() {
	r.pairs, r.layers = r.pairs[:0], r.layers[:0]
	r.spent, r.Sent, r.Opaque = 0, 0, 0
}

// place is where a value stands.
type place struct {
	prefix string // of names, "" or ending with a dot
	depth  int
	nested bool
	layer  int
}

func (p place) deeper() place { p.depth++; return p }

// within is the place of what a named value holds.
func (p place) within(name string) place {
	p.depth++
	if name != "" {
		p.prefix = name + "."
	}
	return p
}

// layer remembers a text and returns its index.
func (r *Reader) layer(via, text string) int {
	if len(r.layers) >= maxLayer {
		return len(r.layers) - 1
	}
	r.layers = append(r.layers, Layer{via, text})
	return len(r.layers) - 1
}

// unpacked is the place of a text that was unpacked from a named value, or
// false when the request has used up its budget.
func (r *Reader) unpacked(how, name, text string, at place) (place, bool) {
	if r.spent += len(text); r.spent > maxSpent {
		return at, false
	}
	via := r.layers[at.layer].Via
	switch {
	case name != "" && via == "address":
		via = "parameter " + name
	case name != "":
		via += ", parameter " + name
	}
	at = at.within(name)
	at.layer = r.layer(via+", "+how, text)
	return at, true
}

// full reports whether no more pairs are taken.
func (r *Reader) full() bool { return len(r.pairs) >= MaxPairs }

// put keeps a pair as it is.
func (r *Reader) put(name, value string, index int, at place) {
	if r.full() || value == "" {
		return
	}
	if len(value) > MaxValue {
		value = strings.ToValidUTF8(value[:MaxValue], "")
	}
	r.pairs = append(r.pairs, Pair{Name: name, Value: value, Index: index, Nested: at.nested, Layer: at.layer})
}

// Plain lowers a name and leaves out separators: "User-ID" → "userid".
func Plain(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r != '_' && r != '-' && r != ' ' && r != '$' && r != ':' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Key is the last part of a pair's name in its simplest spelling: "ud[Em]" →
// "em", "user.user_id" → "userid".
func (p Pair) Key() string {
	name := strings.TrimRight(p.Name, "]")
	if i := strings.LastIndexAny(name, ".["); i >= 0 {
		name = name[i+1:]
	}
	return Plain(name)
}
