package evidence

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// everyRecord is one of each kind of record that a stream has.
func everyRecord() []any {
	return []any{&Page{}, &Request{}, &Cookie{}, &StorageItem{}, &Form{}, &Canary{}, &Label{}, &Call{}, &Name{}, &Choice{}, &Document{}, &Gap{}}
}

// fillRecord sets every field of a value.
func fillRecord(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"p0001.none/r7", "https://a.test/?a=1&b=<2>", "say \"no\"\\\n\t\x01", "Größe 😀 \u2028"}[*n%4])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n-3) * 1001)
	case reflect.Float64:
		v.SetFloat(float64(*n) / 3)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillRecord(v.Field(i), n)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillRecord(v.Index(0), n)
		fillRecord(v.Index(1), n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillRecord(key, n)
		fillRecord(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillRecord(v.Elem(), n)
	}
}

// What a Writer writes of any kind of record is read in the one pass, and gives
// the record.
func TestDecoderReadsEveryKindOfRecord(t *testing.T) {
	for _, empty := range everyRecord() {
		kind := reflect.TypeOf(empty).Elem()
		d := newDecoder(kind)
		if d.plan == nil {
			t.Errorf("%s: it has a field that only encoding/json reads", kind)
			continue
		}
		n := 0
		full := reflect.New(kind)
		fillRecord(full.Elem(), &n)
		for _, record := range []any{empty, full.Interface()} {
			line, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			got := reflect.New(kind)
			d.line, d.at = line, 0
			if !d.plan(d, got.Elem()) || d.at != len(line) {
				t.Errorf("%s: stopped at %.60q", kind, line[d.at:])
				continue
			}
			if !reflect.DeepEqual(got.Interface(), record) {
				t.Errorf("%s: read %+v of %s", kind, got, line)
			}
		}
	}
}

// Whatever a line is, it gives the record or the error that encoding/json gives.
func FuzzDecode(f *testing.F) {
	for i, record := range everyRecord() {
		n := 0
		fillRecord(reflect.ValueOf(record).Elem(), &n)
		line, err := json.Marshal(record)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(i, string(line))
	}
	for _, line := range []string{
		``, `{`, `{}`, `{} `, `{"id":"a","id":"b"}`, `{"ID":"a"}`, `{"id":null}`, `{"id":1}`, `{"url":"x","id":"late"}`, `{"more":[1,{"a":null}],"id":"a"}`, `{"id":"a",}`, `{,"id":"a"}`, `{"id":"a"}x`,
		`{"id":"\ud83d\ude00"}`, `{"id":"\ud83d"}`, `{"id":"\u00e9\u0000"}`, `{"id":"\x"}`, `{"id":"\u12"}`, `{"id":"\u+123"}`, "{\"id\":\"\xff\"}", "{\"id\":\"a\nb\"}", `{"id":"Straße"}`,
		`{"hop":1.0}`, `{"hop":01}`, `{"hop":-0}`, `{"hop":-}`, `{"hop":99999999999999999999}`, `{"hop":123456789012345678}`, `{"status":1e2}`, `{"main_frame":truefalse}`,
		`{"headers":{}}`, `{"headers":{"a":"1","a":"2"}}`, `{"headers":{"a":"1",}}`, `{"headers":{"":""}}`, `{"headers":{"":"","b":"c"}}`, `{"headers":{"a":null}}`, `{"set_cookies":[]}`, `{"set_cookies":["a",null]}`, `{"set_cookies":["a",]}`, `{"cookies":[{},{"name":"a"}]}`,
		`{"initiator":{"type":"script","stack":[{"url":"u","line":3,"column":4}]}}`, `{"id": "a"}`, `[]`, `null`, `"a"`,
	} {
		f.Add(1, line)
	}
	f.Add(0, `{"started_at":"2026-11-02T09:00:00Z"}`)
	f.Add(0, `{"started_at":"2026-11-02"}`)
	f.Add(0, `{"security":{"valid_to":"2026-11-02T09:00:00+01:00"}}`)
	f.Add(0, `{"security":null}`)
	f.Fuzz(func(t *testing.T, i int, line string) {
		kinds := everyRecord()
		kind := reflect.TypeOf(kinds[max(i, 0)%len(kinds)]).Elem()
		got, want := reflect.New(kind), reflect.New(kind)
		errGot, errWant := newDecoder(kind).decode([]byte(line), got.Interface()), json.Unmarshal([]byte(line), want.Interface())
		if (errGot == nil) != (errWant == nil) || errGot != nil && errGot.Error() != errWant.Error() {
			t.Fatalf("%s %q: error %v, want %v", kind, line, errGot, errWant)
		}
		if !reflect.DeepEqual(got.Interface(), want.Interface()) {
			t.Fatalf("%s %q:\n got %+v\nwant %+v", kind, line, got, want)
		}
	})
}

// BenchmarkDecode reads a request as crawls write them.
func BenchmarkDecode(b *testing.B) {
	r := Request{ID: "p0001.none/r0001", Page: "p0001.none", State: StateNone, URL: "https://collect.test/c?v=2&cid=" + strings.Repeat("1", 100), Method: "GET", Type: "Image", Status: 200,
		Headers:   map[string]string{"referer": "https://shop.test/", "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"},
		Cookies:   []SentCookie{{Name: "uid", Value: "a1b2c3d4", Domain: "collect.test"}},
		Initiator: Initiator{Type: "script", Stack: []StackFrame{{Function: "send", URL: "https://cdn.test/app.js", Line: 12, Column: 340}}}}
	line, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(line)))
	b.Run("decoder", func(b *testing.B) {
		d := newDecoder(reflect.TypeFor[Request]())
		for b.Loop() {
			var v Request
			if err := d.decode(line, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding_json", func(b *testing.B) {
		for b.Loop() {
			var v Request
			if err := json.Unmarshal(line, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
