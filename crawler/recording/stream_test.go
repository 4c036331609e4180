package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestStreamValues: a value ends where its JSON does, whatever is inside.
func TestStreamValues(t *testing.T) {
	for text, want := range map[string]string{
		`"a" ,`:                     `"a"`,
		`"a\"]}" ]`:                 `"a\"]}"`,
		`"\\" ]`:                    `"\\"`,
		`"\u0022\\\"" ]`:            `"\u0022\\\""`,
		`-1.5e3]`:                   `-1.5e3`,
		`true}`:                     `true`,
		`{ "a" : [ 1 , "]" ] } , 7`: `{"a":[1,"]"]}`,
		`[]]`:                       `[]`,
		"{\"a\":\"é\n\"} ":          "{\"a\":\"é\n\"}",
	} {
		s := newStream(strings.NewReader(text))
		if got, err := s.value(); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		`"a`: "ends", `[1,2`: "ends", ``: "ends", `{"a":`: "ends", `]`: "expected a value", `,`: "expected a value", `[}`: "expected a value", `+1 `: "expected a value",
		`'a'`: "expected a value", strings.Repeat("[", 101): "more than 100",
	} {
		s := newStream(strings.NewReader(text))
		if got, err := s.value(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v, want an error that says %q", text, got, err, want)
		}
	}
}

// TestStreamGoesOn: after a value that is too large the next one is read.
func TestStreamGoesOn(t *testing.T) {
	s := newStream(strings.NewReader(`["` + strings.Repeat("x", 100) + `", {"a":[1,2,3]}, 5]`))
	var got []string
	err := s.elements(func(n int) error {
		raw, err := s.bounded(20)
		if errors.Is(err, errLarge) {
			got = append(got, fmt.Sprint(n, " large"))
			return nil
		}
		got = append(got, fmt.Sprint(n, " ", string(raw)))
		return err
	})
	if want := `1 large;2 {"a":[1,2,3]};3 5`; err != nil || strings.Join(got, ";") != want {
		t.Errorf("%q, %v", got, err)
	}
}

// TestStreamCutsStrings between characters as they are written, so that what is
// left is JSON.
func TestStreamCutsStrings(t *testing.T) {
	for _, unit := range []string{"x", `\n`, `\u00e9`, "é", `\\`, `\"`} {
		text := `{"a":"` + strings.Repeat(unit, maxString/len(unit)+5) + `","b":1}`
		s := newStream(strings.NewReader(text))
		raw, err := s.value()
		var v struct {
			A string
			B int
		}
		if err != nil || s.cut != 1 || json.Unmarshal(raw, &v) != nil || v.B != 1 || len(v.A) == 0 || len(raw) > maxString+40 {
			t.Errorf("%q: %v, %d cut, %d bytes, b %d", unit, err, s.cut, len(raw), v.B)
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\u00e9",{"b":null}]}`, `[true,-0.5e+9,""]`, `"\ud800"`, `{"a"`, `{"a":1,}`, `[[[[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			data = append([]byte(`["`), append(data, '"', ']')...)
			if !json.Valid(data) {
				return
			}
		}
		s := newStream(strings.NewReader(string(data) + " "))
		raw, err := s.value()
		if errors.Is(err, errDeep) {
			return
		}
		var want, got any
		if err != nil || json.Unmarshal(data, &want) != nil || json.Unmarshal(raw, &got) != nil || fmt.Sprint(want) != fmt.Sprint(got) {
			t.Errorf("%q was read as %q: %v", data, raw, err)
		}
	})
}
