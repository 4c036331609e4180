package browser

import (
	"bytes"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// bodyLimit bounds how long a busy page is waited for to give its document.
const bodyLimit = 10 * time.Second

// asServed turns a document's text, which the browser gives decoded, back into
// the bytes that it received, length of them. It is false when they cannot be
// told, such as when the served bytes were not of the charset; then the text
// is returned as UTF-8.
func asServed(text []byte, label string, length int64) ([]byte, bool) {
	if int64(len(text)) == length {
		return text, true
	}
	e, err := htmlindex.Get(label)
	if err != nil {
		return text, false
	}
	name, _ := htmlindex.Name(e) // it has one: it came from there
	encoded := text
	if name != "utf-8" {
		if encoded, err = encode(text, e); err != nil {
			return text, false
		}
	}
	for _, mark := range byteOrderMarks[name] { // the browser leaves it out
		if int64(len(encoded)+len(mark)) == length {
			return append([]byte(mark), encoded...), true
		}
	}
	if int64(len(encoded)) == length && !bytes.Contains(text, []byte("\uFFFD")) {
		return encoded, true
	}
	return text, false
}

// encode is e's, but a C1 control character that e lacks is the byte of the
// same value, as the Encoding Standard has it for windows-1252 and its like.
func encode(text []byte, e encoding.Encoding) ([]byte, error) {
	out, err := e.NewEncoder().Bytes(text)
	if err == nil {
		return out, nil
	}
	out = out[:0]
	from := 0
	for i, r := range string(text) {
		if r < 0x80 || r > 0x9F {
			continue
		}
		part, err := e.NewEncoder().Bytes(text[from:i])
		if err != nil {
			return nil, err
		}
		out = append(append(out, part...), byte(r))
		from = i + utf8.RuneLen(r)
	}
	part, err := e.NewEncoder().Bytes(text[from:])
	return append(out, part...), err
}

var byteOrderMarks = map[string][]string{"utf-8": {"\xef\xbb\xbf"}, "utf-16le": {"\xff\xfe"}, "utf-16be": {"\xfe\xff"}}
