package recording

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
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
		return wrongKind(reflect.TypeFor[string]())
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
		return wrongKind(reflect.TypeFor[float64]())
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

// many is a list. decode leaves out the elements that are broken.
type many[T any] []T

// wrongKind makes the decoder give way to salvage, which words the fault.
func wrongKind(wanted reflect.Type) error {
	return &json.UnmarshalTypeError{Value: "value", Type: wanted}
}

// decode reads a value and returns what was expected and not found, if
// anything. What can be read of it is kept all the same.
func decode(raw []byte, v any) (fault string) {
	err := json.Unmarshal(raw, v)
	var te *json.UnmarshalTypeError
	var se *json.SyntaxError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &te):
		// The decoder stopped at the first fault.
		reflect.ValueOf(v).Elem().SetZero()
		return strings.TrimPrefix(salvage(raw, reflect.ValueOf(v).Elem(), ""), ": ")
	case errors.As(err, &se):
		return "expected JSON: " + se.Error()
	}
	return err.Error()
}

// salvage reads a value member by member, so that one of the wrong kind hides
// no other, and returns the first fault as "member.member: expected …".
func salvage(raw json.RawMessage, v reflect.Value, path string) string {
	first := ""
	note := func(fault string) {
		if first == "" {
			first = fault
		}
	}
	null := string(raw) == "null"
	switch t := v.Type(); {
	case t.Kind() == reflect.Pointer && !null:
		v.Set(reflect.New(t.Elem()))
		if first = salvage(raw, v.Elem(), path); strings.HasPrefix(first, path+": ") {
			v.SetZero() // nothing of it could be read
		}
	case t.Kind() == reflect.Struct && !null:
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return path + ": expected an object, found " + kindOf(raw)
		}
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("json")
			if t.Field(i).Anonymous {
				note(salvage(raw, v.Field(i), path))
			} else if part, ok := members[name]; ok {
				note(salvage(part, v.Field(i), strings.TrimPrefix(path+"."+name, ".")))
			}
		}
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && !null:
		var parts []json.RawMessage
		if json.Unmarshal(raw, &parts) != nil {
			return path + ": expected a list, found " + kindOf(raw)
		}
		for _, p := range parts {
			element := reflect.New(t.Elem()).Elem()
			fault := salvage(p, element, path)
			note(fault)
			if fault == "" {
				v.Set(reflect.Append(v, element))
			}
		}
	case t.Kind() == reflect.Map && !null:
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return path + ": expected an object, found " + kindOf(raw)
		}
		v.Set(reflect.MakeMap(t))
		for _, name := range slices.Sorted(maps.Keys(members)) {
			element := reflect.New(t.Elem()).Elem()
			fault := salvage(members[name], element, strings.TrimPrefix(path+"."+bounded(name, 40), "."))
			note(fault)
			if fault == "" {
				v.SetMapIndex(reflect.ValueOf(name), element)
			}
		}
	default:
		if json.Unmarshal(raw, v.Addr().Interface()) != nil {
			v.SetZero()
			return path + ": expected " + wordFor(t) + ", found " + kindOf(raw)
		}
	}
	return first
}

// kindOf names the kind of a JSON value.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	}
	return "a number"
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
