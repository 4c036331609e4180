package evidence

import (
	"encoding/json"
	"hash/maphash"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// decoder reads the records of one stream. What is written as a Writer writes it,
// without spaces and with the fields in their order, it reads in one pass, in a
// quarter of encoding/json's time; every other line it gives to encoding/json. So it takes
// and refuses the same lines, with the same results and errors.
type decoder struct {
	plan step
	line []byte
	at   int
	text []byte // of a string with escapes

	seed   maphash.Seed
	common [256]string // texts that records have in common, such as the user agent, each kept once
}

// step reads one value at the decoder's place into v, which is zero. It reports
// false for what it does not know.
type step func(d *decoder, v reflect.Value) bool

func newDecoder(t reflect.Type) *decoder {
	return &decoder{plan: stepFor(t), seed: maphash.MakeSeed()}
}

// decode reads a line into the value that v points to, which is zero.
func (d *decoder) decode(line []byte, v any) error {
	d.line, d.at = line, 0
	into := reflect.ValueOf(v).Elem()
	if d.plan != nil && d.plan(d, into) && d.at == len(line) {
		return nil
	}
	into.SetZero()
	return json.Unmarshal(line, v)
}

// stepFor returns how values of a type are read, nil when encoding/json has to.
func stepFor(t reflect.Type) step {
	if t == reflect.TypeFor[time.Time]() {
		return (*decoder).time
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	switch t.Kind() {
	case reflect.String:
		return func(d *decoder, v reflect.Value) bool {
			s, ok := d.string()
			v.SetString(s)
			return ok
		}
	case reflect.Bool:
		return (*decoder).bool
	case reflect.Int, reflect.Int64:
		return (*decoder).int
	case reflect.Float64:
		return (*decoder).float
	case reflect.Struct:
		return structStep(t)
	case reflect.Slice:
		return sliceStep(t)
	case reflect.Map:
		if t == reflect.TypeFor[map[string]string]() {
			return (*decoder).texts
		}
	case reflect.Pointer:
		if to := stepFor(t.Elem()); to != nil {
			return func(d *decoder, v reflect.Value) bool {
				if d.word("null") {
					return true
				}
				v.Set(reflect.New(t.Elem()))
				return to(d, v.Elem())
			}
		}
	}
	return nil
}

func structStep(t reflect.Type) step {
	type field struct {
		name string
		read step
	}
	fields := make([]field, t.NumField())
	for i := range fields {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "" || name == "-" || strings.Contains(options, "string") {
			return nil
		}
		fields[i] = field{name, stepFor(f.Type)}
	}
	return func(d *decoder, v reflect.Value) bool {
		if !d.skip('{') {
			return false
		}
		for next := 0; !d.skip('}'); {
			if next > 0 && !d.skip(',') {
				return false
			}
			key, ok := d.plain()
			if !ok || !d.skip(':') {
				return false
			}
			i := next
			for i < len(fields) && fields[i].name != string(key) {
				i++
			}
			if i == len(fields) || fields[i].read == nil || !fields[i].read(d, v.Field(i)) {
				return false
			}
			next = i + 1
		}
		return true
	}
}

func sliceStep(t reflect.Type) step {
	element := stepFor(t.Elem())
	if element == nil || t.Elem().Kind() == reflect.Uint8 {
		return nil
	}
	return func(d *decoder, v reflect.Value) bool {
		if d.word("null") {
			return true
		}
		if !d.skip('[') {
			return false
		}
		if d.skip(']') {
			v.Set(reflect.MakeSlice(t, 0, 0))
			return true
		}
		for n := 0; ; n++ {
			v.Grow(1)
			v.SetLen(n + 1)
			if e := v.Index(n); !element(d, e) {
				return false
			}
			if d.skip(']') {
				return true
			}
			if !d.skip(',') {
				return false
			}
		}
	}
}

func (d *decoder) texts(v reflect.Value) bool {
	if d.word("null") {
		return true
	}
	if !d.skip('{') {
		return false
	}
	m := map[string]string{}
	for !d.skip('}') {
		if len(m) > 0 && !d.skip(',') {
			return false
		}
		key, ok := d.string()
		if _, twice := m[key]; !ok || twice || !d.skip(':') {
			return false
		}
		if m[key], ok = d.string(); !ok {
			return false
		}
	}
	v.Set(reflect.ValueOf(m))
	return true
}

// skip reports whether a character is next, and if so goes beyond it.
func (d *decoder) skip(c byte) bool {
	if d.at < len(d.line) && d.line[d.at] == c {
		d.at++
		return true
	}
	return false
}

// plain reads a string of ASCII without escapes.
func (d *decoder) plain() ([]byte, bool) {
	if !d.skip('"') {
		return nil, false
	}
	for i := d.at; i < len(d.line); i++ {
		switch c := d.line[i]; {
		case c == '"':
			s := d.line[d.at:i]
			d.at = i + 1
			return s, true
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return nil, false
		}
	}
	return nil, false
}

func (d *decoder) string() (string, bool) {
	start := d.at
	s, ok := d.plain()
	if !ok {
		d.at = start
		s, ok = d.escaped()
	}
	if !ok {
		return "", false
	}
	return d.keep(s), true
}

// escaped reads any string but those with surrogates.
func (d *decoder) escaped() ([]byte, bool) {
	if !d.skip('"') {
		return nil, false
	}
	d.text = d.text[:0]
	for d.at < len(d.line) {
		c := d.line[d.at]
		d.at++
		switch {
		case c == '"':
			return d.text, utf8.Valid(d.text)
		case c < ' ':
			return nil, false
		case c != '\\':
			d.text = append(d.text, c)
		case !d.escape():
			return nil, false
		}
	}
	return nil, false
}

func (d *decoder) escape() bool {
	if d.at == len(d.line) {
		return false
	}
	c := d.line[d.at]
	d.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		d.text = append(d.text, "\"\\/\b\f\n\r\t"[i])
		return true
	}
	if c != 'u' || len(d.line)-d.at < 4 {
		return false
	}
	n, err := strconv.ParseUint(string(d.line[d.at:d.at+4]), 16, 16)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return false
	}
	d.at += 4
	d.text = utf8.AppendRune(d.text, rune(n))
	return true
}

// keep returns a text, which is the same one in memory as that of a record
// before when that had it too.
func (d *decoder) keep(s []byte) string {
	if len(s) == 0 {
		return ""
	}
	if len(s) > 256 {
		return string(s)
	}
	place := &d.common[maphash.Bytes(d.seed, s)%uint64(len(d.common))]
	if *place != string(s) {
		*place = string(s)
	}
	return *place
}

func (d *decoder) word(w string) bool {
	if len(d.line)-d.at < len(w) || string(d.line[d.at:d.at+len(w)]) != w {
		return false
	}
	d.at += len(w)
	return true
}

func (d *decoder) bool(v reflect.Value) bool {
	if d.word("true") {
		v.SetBool(true)
		return true
	}
	return d.word("false")
}

// int reads a whole number of at most 18 digits.
func (d *decoder) int(v reflect.Value) bool {
	negative := d.skip('-')
	start, n := d.at, int64(0)
	for d.at < len(d.line) && d.line[d.at] >= '0' && d.line[d.at] <= '9' && d.at-start < 19 {
		n = n*10 + int64(d.line[d.at]-'0')
		d.at++
	}
	switch digits := d.at - start; {
	case digits == 0 || digits > 18 || digits > 1 && d.line[start] == '0' || v.OverflowInt(n):
		return false
	}
	if negative {
		n = -n
	}
	v.SetInt(n)
	return true
}

func (d *decoder) float(v reflect.Value) bool {
	start := d.at
	for d.at < len(d.line) && strings.IndexByte("+-.0123456789Ee", d.line[d.at]) >= 0 {
		d.at++
	}
	number := d.line[start:d.at]
	f, err := strconv.ParseFloat(string(number), 64)
	v.SetFloat(f)
	return err == nil && json.Valid(number)
}

func (d *decoder) time(v reflect.Value) bool {
	start := d.at
	if _, ok := d.plain(); !ok {
		return false
	}
	return v.Addr().Interface().(*time.Time).UnmarshalJSON(d.line[start:d.at]) == nil
}
