package recording

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"candor/crawler/evidence"
	"candor/crawler/frontier"
)

var update = flag.Bool("update", false, "write the golden files anew")

// words tell the notices of the test files.
var words = []frontier.KindWords{
	{Kind: "cookie", Texts: []string{"cookie policy"}, Paths: []string{"cookie-policy"}},
	{Kind: "privacy", Texts: []string{"privacy policy"}, Paths: []string{"privacy-policy", "privacy"}},
}

func take(t testing.TB, text string, o Options) (*Recording, error) {
	t.Helper()
	o.Notices = words
	return read(t.Context(), strings.NewReader(text), "file.har", o)
}

// dump writes a recording as a bundle and returns its files as one text.
func dump(t testing.TB, r *Recording) string {
	t.Helper()
	dir := t.TempDir()
	meta := evidence.Meta{ScanID: "test", Tool: evidence.Tool{Name: "candor", Version: "test"}}
	r.Describe(&meta)
	w, err := evidence.Create(filepath.Join(dir, "evidence"), meta)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(func(m *evidence.Meta) { m.FinishedAt, m.Complete = r.FinishedAt, r.Stopped == "" }); err != nil {
		t.Fatal(err)
	}
	bundle, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer bundle.Close()
	if err := bundle.Verify(); err != nil {
		t.Error(err)
	}
	var b strings.Builder
	for _, name := range []string{"meta.json", "pages.jsonl", "requests.jsonl", "cookies.jsonl", "storage.jsonl", "forms.jsonl", "canaries.jsonl", "documents.jsonl", "gaps.jsonl"} {
		data, err := bundle.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "-- %s --\n%s", name, data)
	}
	return b.String()
}

// TestGolden imports a file of each tool and compares the whole bundle.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r, err := Read(t.Context(), file, Options{Notices: words})
			if err != nil {
				t.Fatal(err)
			}
			got := dump(t, r)
			again, err := Read(t.Context(), file, Options{Notices: words})
			if err != nil {
				t.Fatal(err)
			}
			if dump(t, again) != got {
				t.Error("the same file gives other evidence")
			}
			golden := filepath.Join("testdata", "golden", filepath.Base(file)+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the evidence differs from %s; -update writes it anew\n%s", golden, difference(string(want), got))
			}
		})
	}
}

func difference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d:\n  want %s\n  have %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(b), len(a))
}

// TestNoRecording names what was expected of files that are none.
func TestNoRecording(t *testing.T) {
	for name, tc := range map[string]struct{ text, says string }{
		"empty":                {"", "it is empty"},
		"spaces":               {"  \n", "the file ends before its JSON text does"},
		"text":                 {"hello", "it is no JSON object: expected a HAR 1.2 file"},
		"HTML":                 {"<!doctype html>", "it is no JSON object"},
		"a list":               {`[{"log":{}}]`, "it is no JSON object"},
		"gzip":                 {"\x1f\x8b\x08\x00", "packed with gzip: unpack it first"},
		"zip":                  {"PK\x03\x04rest", "packed with zip"},
		"another JSON":         {`{"name":"package","version":"1"}`, `its JSON has the members "name", "version": expected a HAR`},
		"no members":           {`{}`, "its JSON has the members none"},
		"no entries":           {`{"log":{"version":"1.2","creator":{"name":"x"}}}`, "log.entries is not there"},
		"log is no object":     {`{"log":[]}`, "expected an object, found '['"},
		"entries is no list":   {`{"log":{"entries":{}}}`, "log.entries holds no request"},
		"no request":           {`{"log":{"entries":[]}}`, "log.entries holds no request"},
		"only broken entries":  {`{"log":{"entries":[1,{"request":{"url":"x"}}]}}`, "none of its 2 entries can be used: entry 1 of log.entries: expected an object, found a number"},
		"only inner addresses": {`{"log":{"entries":[{"request":{"url":"data:,x"}}]}}`, "log.entries holds no request that left the browser"},
		"no page's address":    {`{"log":{"entries":[{"request":{"url":"https://a.test/x.js"},"response":{"content":{"mimeType":"text/javascript"}}}]}}`, "name the site with --url"},
		"too deep":             {`{"log":{"entries":[` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `]}}`, "more than 100 values inside each other"},
		"WEC without address":  {`{"uri_ins":"","uri_dest":null,"beacons":[]}`, "the site's address is not in the file"},
		"TRC without address":  {`{"initialUrl":"about:blank","finalUrl":"x","data":{}}`, "expected an absolute http(s) URL"},
		"metadata of TRC":      {`{"config":{},"crawlers":3}`, "its JSON has the members"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := take(t, tc.text, Options{})
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %q, want ErrFormat that says %q", err, tc.says)
			}
		})
	}
}

const okEntry = `{"startedDateTime":"2026-11-24T08:15:00Z","request":{"method":"GET","url":"https://a.test/","headers":[],"cookies":[]},"response":{"status":200,"content":{"mimeType":"text/html"}}}`

func log(entries ...string) string {
	return `{"log":{"version":"1.2","creator":{"name":"t","version":"1"},"entries":[` + strings.Join(entries, ",") + `]}}`
}

// TestBrokenEntries checks that a broken entry is named with what was expected,
// and that the others are kept.
func TestBrokenEntries(t *testing.T) {
	for name, tc := range map[string]struct {
		entry, says string
		kept        bool
	}{
		"a number":             {`7`, "expected an object, found a number", false},
		"null":                 {`null`, "request: expected an object", false},
		"no request":           {`{"startedDateTime":"2026-11-24T08:15:01Z"}`, "request: expected an object", false},
		"request is a list":    {`{"request":[]}`, "request: expected an object, found a list", false},
		"no address":           {`{"request":{"method":"GET"}}`, "request.url: expected an absolute http(s) URL, found nothing", false},
		"address is a number":  {`{"request":{"url":5}}`, "request.url: expected a string, found a number", false},
		"relative address":     {`{"request":{"url":"/x"}}`, `request.url: expected an absolute http(s) URL, found "/x"`, false},
		"no host":              {`{"request":{"url":"https:///x"}}`, "request.url: expected an absolute http(s) URL", false},
		"another scheme":       {`{"request":{"url":"ftp://a.test/"}}`, "request.url: expected an absolute http(s) URL", false},
		"no address at all":    {`{"request":{"url":"https://[bad/"}}`, "request.url: expected an absolute http(s) URL", false},
		"broken JSON":          {`{"request":{"url":"https://a.test/x"},"a":tru}`, "expected JSON: invalid character", false},
		"no time":              {`{"request":{"url":"https://a.test/x"}}`, `startedDateTime: expected a time such as 2026-11-24T08:15:00.000Z, found ""`, true},
		"odd time":             {`{"startedDateTime":"yesterday","request":{"url":"https://a.test/x"}}`, `found "yesterday"`, true},
		"headers are a string": {`{"startedDateTime":"2026-11-24T08:15:01Z","request":{"url":"https://a.test/x","headers":"a: b"}}`, "request.headers: expected a list, found a string", true},
		"a header is a number": {`{"startedDateTime":"2026-11-24T08:15:01Z","request":{"url":"https://a.test/x","headers":[3,{"name":"a","value":"b"}]}}`, "request.headers: expected an object, found a number", true},
		"response is a string": {`{"startedDateTime":"2026-11-24T08:15:01Z","request":{"url":"https://a.test/x"},"response":"none"}`, "response: expected an object, found a string", true},
		"status is a list":     {`{"startedDateTime":"2026-11-24T08:15:01Z","request":{"url":"https://a.test/x"},"response":{"status":[200]}}`, "response.status: expected a number, found a list", true},
		// Near misses: nothing is wrong with these.
		"status is a text":     {`{"startedDateTime":"2026-11-24T08:15:01Z","request":{"url":"https://a.test/x"},"response":{"status":"200"}}`, "", true},
		"null where it may be": {`{"startedDateTime":"2026-11-24T08:15:01Z","request":{"url":"https://a.test/x","postData":null,"headers":null},"response":{"redirectURL":null,"_error":null},"_initiator":null,"serverIPAddress":null}`, "", true},
		"a zone without colon": {`{"startedDateTime":"2026-11-24T08:15:01.000+0100","request":{"url":"https://a.test/x"}}`, "", true},
		"an unknown field":     {`{"startedDateTime":"2026-11-24T08:15:01Z","request":{"url":"https://a.test/x"},"_mine":{"a":[1,2]}}`, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := take(t, log(okEntry, tc.entry, strings.Replace(okEntry, "a.test/", "a.test/last.css", 1)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(r.visits[0].requests); (n == 3) != tc.kept || n < 2 {
				t.Errorf("%d requests were kept, and the entry in question should be: %v", n, tc.kept)
			}
			var said []string
			for _, g := range r.gaps {
				if strings.HasPrefix(g.What, "entry ") {
					said = append(said, g.What+": "+g.Why)
				}
			}
			switch {
			case tc.says == "" && len(said) > 0:
				t.Errorf("a fault was found: %q", said)
			case tc.says != "" && (len(said) != 1 || !strings.HasPrefix(said[0], "entry 2 of log.entries: ") || !strings.Contains(said[0], tc.says)):
				t.Errorf("gaps %q, want one that says entry 2 of log.entries: %s", said, tc.says)
			}
			if partial := slices.Contains(r.Import.Partial, "requests"); partial == tc.kept {
				t.Errorf("requests are partial: %v, and an entry was lost: %v", partial, !tc.kept)
			}
		})
	}
}

// TestCutFile keeps what a file holds that ends early.
func TestCutFile(t *testing.T) {
	whole := log(okEntry, strings.Replace(okEntry, "a.test/", "a.test/b.css", 1))
	at := strings.LastIndex(whole, `"response"`)
	r, err := take(t, whole[:at], Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.visits[0].requests) != 1 || !strings.Contains(r.Stopped, "up to entry 1 of log.entries") || !slices.Contains(r.Import.Partial, "requests") {
		t.Errorf("%d requests, stopped %q, partial %q", len(r.visits[0].requests), r.Stopped, r.Import.Partial)
	}
	if r, err := take(t, whole, Options{}); err != nil || r.Stopped != "" || len(r.visits[0].requests) != 2 {
		t.Errorf("the whole file: %v, stopped %q", err, r.Stopped)
	}
}

// TestBounds: what is beyond a bound is a gap, never silent.
func TestBounds(t *testing.T) {
	gap := func(r *Recording, what string) bool {
		return slices.ContainsFunc(r.gaps, func(g evidence.Gap) bool { return strings.Contains(g.What+": "+g.Why, what) })
	}
	t.Run("a long string is cut and the entry kept", func(t *testing.T) {
		long := strings.Replace(okEntry, `"mimeType":"text/html"`, `"mimeType":"text/html","text":"`+strings.Repeat(`\u00e9`, maxString/6+10)+`"`, 1)
		r, err := take(t, log(long), Options{})
		if err != nil || len(r.visits[0].requests) != 1 || !gap(r, "long values: 1 value was longer") {
			t.Errorf("%v, gaps %v", err, r.gaps)
		}
	})
	t.Run("a long address", func(t *testing.T) {
		r, err := take(t, log(okEntry, strings.Replace(okEntry, "a.test/", "a.test/?"+strings.Repeat("x", maxURL), 1)), Options{})
		if err != nil || len(r.visits[0].requests[1].URL) != maxURL || !gap(r, "long values") {
			t.Errorf("%v, gaps %v", err, r.gaps)
		}
	})
	t.Run("many faults", func(t *testing.T) {
		entries := []string{okEntry}
		for range 80 {
			entries = append(entries, "1")
		}
		r, err := take(t, log(entries...), Options{})
		if err != nil || !gap(r, "further entries: 30 more entries had faults") || len(r.gaps) > 70 {
			t.Errorf("%v, %d gaps", err, len(r.gaps))
		}
	})
	t.Run("a body", func(t *testing.T) {
		entry := strings.Replace(okEntry, `"cookies":[]`, `"cookies":[],"postData":{"mimeType":"text/plain","text":"`+strings.Repeat("é", maxPostData)+`"}`, 1)
		r, err := take(t, log(entry), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if q := r.visits[0].requests[0]; !q.PostCut || len(q.PostData) > maxPostData || q.PostBytes != 2*maxPostData || q.PostBase64 || strings.Contains(q.PostData, "\uFFFD") {
			t.Errorf("cut %v, %d of %d bytes, base64 %v", q.PostCut, len(q.PostData), q.PostBytes, q.PostBase64)
		}
	})
	t.Run("a file", func(t *testing.T) {
		_, err := read(t.Context(), &hugeFile{}, "huge.har", Options{})
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "at most 512 MB are read") {
			t.Error(err)
		}
	})
}

// hugeFile says that it is large.
type hugeFile struct{ bytes.Reader }

func (h *hugeFile) Seek(int64, int) (int64, error) { return maxFile + 1, nil }

func TestStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := read(ctx, strings.NewReader(log(okEntry)), "a.har", Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Read(t.Context(), t.TempDir(), Options{}); !errors.Is(err, ErrFormat) {
		t.Error("a folder was read:", err)
	}
}

// TestFormats tells formats by their members, whatever stands before them.
func TestFormats(t *testing.T) {
	for text, want := range map[string]format{
		`{"log":{`:                                                 harFormat,
		"\xef\xbb\xbf{\"log\":{\"entries\":[]}}":                   harFormat,
		`{"comment":"x","log":{}}`:                                 harFormat,
		`{"uri_ins":"x","hosts":{},"beacons":[]}`:                  wecFormat,
		`{"uri_ins":"x","hosts":{},"localStorage":{},"reports":1}`: wecFormat,
		`{"uri_ins":"x","hosts":{}}`:                               blacklightFormat,
		`{"uri_ins":"x","reports":{},"hosts":{}}`:                  blacklightFormat,
		`{"initialUrl":"x","finalUrl":"y","data":{`:                radarFormat,
		`{"uri_ins":"x","beacons":[`:                               wecFormat,
	} {
		s := newStream(strings.NewReader(text))
		if got, err := detect(s); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`{"initialUrl":"x","data":{}}`, `{"logs":{}}`, `{"uri_ins":"x"}`, `{"hosts":{},"reports":{}}`, `{"Log":{}}`} {
		if got, err := detect(newStream(strings.NewReader(text))); err == nil {
			t.Errorf("%s was taken for %q", text, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)*2/3])
	}
	f.Add([]byte(log(okEntry, `{"request":{"url":"https://a.test/x"},"_webSocketMessages":[{"type":"send","time":1e300}]}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := read(t.Context(), bytes.NewReader(data), "f", Options{Notices: words})
		if err != nil {
			return
		}
		if len(r.URLs) != 1 || len(r.visits) == 0 || r.State == "" || r.Import.SHA256 == "" {
			t.Errorf("urls %q, %d pages, state %q", r.URLs, len(r.visits), r.State)
		}
		ids := map[string]bool{}
		for _, v := range r.visits {
			if host(v.page.FinalURL) == "" {
				t.Errorf("page %q", v.page.FinalURL)
			}
			for _, q := range v.requests {
				if ids[q.ID] || host(q.URL) == "" || !ids[q.Chain] && q.Chain != q.ID || q.OffsetMS < 0 {
					t.Errorf("request %s of %s: %s in chain %s", q.ID, v.page.ID, q.URL, q.Chain)
				}
				ids[q.ID] = true
			}
			for _, k := range v.cookies {
				if k.Name == "" || k.Domain == "" {
					t.Errorf("cookie %q of %q", k.Name, k.Domain)
				}
			}
		}
	})
}

// FuzzEntry reads one entry between two that are sound.
func FuzzEntry(f *testing.F) {
	files, err := filepath.Glob("testdata/*.har")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var v struct {
			Log struct{ Entries []json.RawMessage }
		}
		if err := json.Unmarshal(data, &v); err != nil {
			f.Fatal(err)
		}
		for _, e := range v.Log.Entries {
			f.Add(string(e))
		}
	}
	f.Fuzz(func(t *testing.T, entry string) {
		r, err := read(t.Context(), strings.NewReader(log(okEntry, entry, okEntry)), "f", Options{Notices: words})
		if err != nil {
			t.Fatalf("a broken entry spoiled the others: %v", err)
		}
		n := 0
		for _, v := range r.visits {
			n += len(v.requests)
		}
		if n == 0 {
			t.Errorf("%d requests are left", n)
		}
	})
}
