package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// text is a value that should be a string. Recorders also write null, numbers
// and true or false where the value says little; they are taken as written.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	switch {
	case string(data) == "null":
		*t = ""
	case data[0] == '"':
		return json.Unmarshal(data, (*string)(t))
	case data[0] == '{' || data[0] == '[':
		return wrongKind(data, reflect.TypeFor[string]())
	default:
		*t = text(data)
	}
	return nil
}

// number is a value that should be a number. Null and texts that hold no number
// are 0.
type number float64

func (n *number) UnmarshalJSON(data []byte) error {
	switch {
	case data[0] == '{' || data[0] == '[':
		return wrongKind(data, reflect.TypeFor[float64]())
	case data[0] == '"':
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			f = 0
		}
		*n = number(f)
	default:
		f, err := strconv.ParseFloat(string(data), 64)
		if err != nil { // null, true, false, 1e999
			f = 0
		}
		*n = number(f)
	}
	return nil
}

// whole is the number as an int, 0 when it does not fit.
func (n number) whole() int64 {
	if n > -1e15 && n < 1e15 {
		return int64(n)
	}
	return 0
}

// truth is a value that should be true or false. Other values count as true
// when they say something.
type truth bool

func (t *truth) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "null", "false", `""`, "0", `"false"`:
		*t = false
	default:
		*t = true
	}
	return nil
}

// many is a list of which each element is decoded by itself, so that one that
// is broken does not hide the others. Anything but a list is an empty one.
type many[T any] []T

func (m *many[T]) UnmarshalJSON(data []byte) error {
	*m = nil
	if string(data) == "null" {
		return nil
	}
	var parts []json.RawMessage
	if json.Unmarshal(data, &parts) != nil {
		return wrongKind(data, reflect.TypeFor[[]string]())
	}
	var first error
	for _, p := range parts {
		var v T
		err := json.Unmarshal(p, &v)
		if err == nil {
			*m = append(*m, v)
		} else if first == nil {
			first = err
		}
	}
	return first
}

// wrongKind says that a value is of another kind than expected. The decoder adds
// the name of the field.
func wrongKind(data []byte, wanted reflect.Type) error {
	found := "number"
	switch data[0] {
	case '{':
		found = "object"
	case '[':
		found = "array"
	case '"':
		found = "string"
	case 't', 'f':
		found = "bool"
	}
	return &json.UnmarshalTypeError{Value: found, Type: wanted}
}

// decode reads a value. What it could read it keeps, also when it returns what
// was expected and not found.
func decode(raw []byte, v any) (fault string) {
	err := json.Unmarshal(raw, v)
	var te *json.UnmarshalTypeError
	var se *json.SyntaxError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &te):
		found, _, _ := strings.Cut(te.Value, " ")
		return strings.TrimPrefix(te.Field+": ", ": ") + fmt.Sprintf("expected %s, found %s", wordFor(te.Type), article(found))
	case errors.As(err, &se):
		return "expected JSON: " + se.Error()
	}
	return err.Error()
}

func article(kind string) string {
	switch kind {
	case "object":
		return "an object"
	case "array":
		return "a list"
	case "bool":
		return "true or false"
	}
	return "a " + kind
}

func wordFor(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}

// moment reads a time as recorders write it; ok is false when it is none.
func moment(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1 && t.Year() < 10000 {
			return t.UTC().Truncate(time.Millisecond), true
		}
	}
	return time.Time{}, false
}

// bounded cuts a text to n bytes, at the start of a character.
func bounded(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
