package evidence

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"iter"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var began = time.Date(2026, 11, 24, 8, 15, 0, 123e6, time.UTC)

// filled returns a T in which no field is zero, fields that are added later
// included. Two seeds give different values.
func filled[T any](seed int) T {
	var v T
	fill(reflect.ValueOf(&v).Elem(), &seed)
	return v
}

func fill(v reflect.Value, n *int) {
	*n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = began.Add(time.Duration(*n) * time.Second)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("<%d> ünï \u2028 \"\n\x00", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + .5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic("evidence has a field of kind " + v.Kind().String() + ": teach fill about it")
	}
}

// visit is what one page leaves, with records that name it.
type visit struct {
	page     Page
	requests []Request
	cookies  []Cookie
	storage  []StorageItem
	forms    []Form
	gaps     []Gap
}

func newVisit(n int) visit {
	id := fmt.Sprintf("p%04d.none", n)
	v := visit{
		filled[Page](1000 * n), []Request{filled[Request](1000*n + 100), filled[Request](1000*n + 200)}, []Cookie{filled[Cookie](1000*n + 300)},
		[]StorageItem{filled[StorageItem](1000*n + 400)}, []Form{filled[Form](1000*n + 500)}, []Gap{filled[Gap](1000*n + 600)},
	}
	v.page.ID = id
	for i := range v.requests {
		v.requests[i].ID, v.requests[i].Page = fmt.Sprintf("%s/r%04d", id, i+1), id
	}
	v.cookies[0].Page, v.storage[0].Page, v.forms[0].Page, v.gaps[0].Page = id, id, id, id
	return v
}

func (v visit) add(w *Writer) error {
	return w.AddPage(v.page, v.requests, v.cookies, v.storage, v.forms, v.gaps)
}

func create(t *testing.T) (*Writer, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "evidence")
	w, err := Create(dir, Meta{ScanID: "scan", URLs: []string{"https://www.shop.test/"}, StartedAt: began})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(nil) })
	return w, dir
}

func open(t *testing.T, dir string) *Reader {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func all[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// firstError is the error that ends a sequence, with the number of records
// before it.
func firstError[T any](seq iter.Seq2[T, error]) (int, error) {
	n := 0
	for _, err := range seq {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same[T any](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		g, _ := json.MarshalIndent(got, "", " ")
		w, _ := json.MarshalIndent(want, "", " ")
		t.Errorf("%s: read %s\nwrote %s", what, g, w)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	w, dir := create(t)
	visits := []visit{newVisit(1), newVisit(2), newVisit(3)}
	var want visit
	var pages []Page
	for _, v := range visits {
		must(t, v.add(w))
		pages = append(pages, v.page)
		want.requests, want.cookies = append(want.requests, v.requests...), append(want.cookies, v.cookies...)
		want.storage, want.forms, want.gaps = append(want.storage, v.storage...), append(want.forms, v.forms...), append(want.gaps, v.gaps...)
	}
	late, gap, doc := filled[Cookie](7000), filled[Gap](8000), filled[Document](9000)
	late.Page = visits[2].page.ID
	must(t, w.AddCookies(late))
	must(t, w.AddGap(gap))
	canaries, labels, calls := []Canary{filled[Canary](9100), filled[Canary](9200)}, []Label{filled[Label](9300)}, []Call{filled[Call](9400), filled[Call](9450)}
	must(t, w.AddCanaries(canaries...))
	must(t, w.AddLabels(labels...))
	must(t, w.AddCalls(calls...))
	other, early := filled[Document](9500), doc
	early.LinkedFrom = early.LinkedFrom[:1]
	for _, d := range []Document{early, other, doc} {
		must(t, w.AddDocument(d))
	}
	sum, err := w.AddBlob("documents/d01.raw", []byte("bytes as served \xff\x00"))
	must(t, err)
	if again, err := w.AddBlob("documents/d01.raw", []byte("bytes as served \xff\x00")); err != nil || again != sum {
		t.Errorf("the same blob again: %q, %v", again, err)
	}
	meta := filled[Meta](20)
	must(t, w.Close(func(m *Meta) { *m = meta }))
	must(t, w.Close(func(m *Meta) { m.Complete = false }))

	for _, folder := range []string{dir, filepath.Dir(dir)} { // the bundle, and the report folder around it
		r := open(t, folder)
		same(t, "pages", all(t, r.Pages()), pages)
		same(t, "requests", all(t, r.Requests()), want.requests)
		same(t, "cookies", all(t, r.Cookies()), append(slices.Clone(want.cookies), late))
		same(t, "storage", all(t, r.Storage()), want.storage)
		same(t, "forms", all(t, r.Forms()), want.forms)
		same(t, "gaps", all(t, r.Gaps()), append(slices.Clone(want.gaps), gap))
		same(t, "canaries", all(t, r.Canaries()), canaries)
		same(t, "labels", all(t, r.Labels()), labels)
		same(t, "calls", all(t, r.Calls()), calls)
		same(t, "documents", all(t, r.Documents()), []Document{doc, other})
		want := meta
		want.Schema = Schema // whatever finish made of it
		same(t, "meta", []Meta{r.Meta()}, []Meta{want})
		if data, err := r.ReadFile("documents/d01.raw"); err != nil || string(data) != "bytes as served \xff\x00" || hash(data) != sum {
			t.Errorf("blob %q, %v", data, err)
		}
		if err := r.Verify(); err != nil {
			t.Error(err)
		}
		for range r.Requests() {
			break // a reader may stop early
		}
	}
}

// A bundle of a version that knew no canaries, labels or calls has none.
func TestBundleWithoutLaterStreams(t *testing.T) {
	w, dir := create(t)
	must(t, newVisit(1).add(w))
	must(t, w.Close(nil))
	for _, name := range later {
		must(t, os.Remove(filepath.Join(dir, name)))
	}
	r := open(t, dir)
	if c, l, k := all(t, r.Canaries()), all(t, r.Labels()), all(t, r.Calls()); len(c)+len(l)+len(k) > 0 {
		t.Errorf("canaries %v, labels %v, calls %v", c, l, k)
	}
	if _, err := firstError(r.Forms()); err != nil {
		t.Error(err)
	}
}

// What is on the disk when AddPage has returned is the page's whole evidence.
func TestEvidenceIsOnDiskWhenAPageIsDone(t *testing.T) {
	w, dir := create(t)
	for n := 1; n <= 3; n++ {
		v := newVisit(n)
		must(t, v.add(w))
		if _, err := w.AddBlob("screenshots/"+v.page.ID+".jpg", []byte{byte(n)}); err != nil {
			t.Fatal(err)
		}
		r := open(t, dir) // another process may look while the scan runs
		m := r.Meta()
		if m.Complete || m.ScanID != "scan" || m.Schema != Schema {
			t.Errorf("while it runs: %+v", m)
		}
		if pages := all(t, r.Pages()); len(pages) != n || !reflect.DeepEqual(pages[n-1], v.page) {
			t.Errorf("after page %d there are %d pages", n, len(pages))
		}
		if got := all(t, r.Requests()); len(got) != 2*n || !reflect.DeepEqual(got[2*n-2:], v.requests) {
			t.Errorf("after page %d there are %d requests", n, len(got))
		}
		if data, err := r.ReadFile("screenshots/" + v.page.ID + ".jpg"); err != nil || len(data) != 1 {
			t.Errorf("screenshot: %v, %v", data, err)
		}
		if err := r.Verify(); err == nil || !strings.Contains(err.Error(), "not closed") {
			t.Errorf("verify: %v", err)
		}
	}
	must(t, w.Update(func(m *Meta) { m.Browser.Product = "Chrome/156" }))
	if got := open(t, dir).Meta().Browser.Product; got != "Chrome/156" {
		t.Errorf("after Update: %q", got)
	}
}

func TestRecordsOfAPageStayTogether(t *testing.T) {
	w, dir := create(t)
	var wg sync.WaitGroup
	for n := 1; n <= 40; n++ {
		wg.Go(func() {
			if err := newVisit(n).add(w); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, w.Close(func(m *Meta) { m.Complete = true }))
	r := open(t, dir)
	pages, requests := all(t, r.Pages()), all(t, r.Requests())
	if len(pages) != 40 || len(requests) != 80 {
		t.Fatalf("%d pages, %d requests", len(pages), len(requests))
	}
	for i, p := range pages {
		for j, q := range requests[2*i : 2*i+2] {
			if q.ID != fmt.Sprintf("%s/r%04d", p.ID, j+1) {
				t.Errorf("request %d after page %d is %s, of another page than %s", j, i, q.ID, p.ID)
			}
		}
	}
}

func TestSameEvidenceSameBytes(t *testing.T) {
	write := func(blobs []string) string {
		w, dir := create(t)
		for n := 1; n <= 3; n++ {
			must(t, newVisit(n).add(w))
		}
		for _, b := range blobs {
			if _, err := w.AddBlob(b, []byte(b)); err != nil {
				t.Fatal(err)
			}
		}
		must(t, w.Close(func(m *Meta) { m.Complete, m.FinishedAt = true, began.Add(time.Minute) }))
		return dir
	}
	blobs := []string{"screenshots/b.jpg", "documents/a.raw", "screenshots/a.jpg"}
	a := write(blobs)
	slices.Reverse(blobs)
	b := write(blobs)
	seen := 0
	must(t, fs.WalkDir(os.DirFS(a), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		seen++
		x, err := os.ReadFile(filepath.Join(a, name))
		must(t, err)
		y, err := os.ReadFile(filepath.Join(b, name))
		if err != nil || string(x) != string(y) {
			t.Errorf("%s differs between two equal scans: %v", name, err)
		}
		return nil
	}))
	if seen != len(streams)+len(blobs)+2 {
		t.Errorf("%d files", seen)
	}
}

func TestWriterRefuses(t *testing.T) {
	w, dir := create(t)
	if _, err := Create(dir, Meta{}); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a folder in use: %v", err)
	}
	for _, name := range []string{"", "a", "meta.json", "../a/b", "/etc/passwd", "a/../../b", "a//b", "./a/b", `a\..\b`, "pages.jsonl/b"} {
		if _, err := w.AddBlob(name, nil); err == nil {
			t.Errorf("blob %q was taken", name)
		}
	}
	if _, err := w.AddBlob("a/b", []byte("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddBlob("a/b", []byte("2")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("another content under the same name: %v", err)
	}
	if _, err := w.AddBlob("a/big", make([]byte, maxBlob+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a blob that no reader takes: %v", err)
	}
	must(t, w.Close(nil))
	if err := newVisit(1).add(w); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a page after the end: %v", err)
	}
	if _, err := w.AddBlob("a/c", nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a blob after the end: %v", err)
	}
	if err := open(t, dir).Verify(); err != nil {
		t.Errorf("what was refused left something behind: %v", err)
	}
}

// A record that no reader takes costs only itself.
func TestRecordsThatCannotBeKept(t *testing.T) {
	w, dir := create(t)
	v := newVisit(1)
	v.requests[0].PostData = strings.Repeat("x", maxLine)
	v.cookies[0].Expires = time.Date(math.MaxInt16, 1, 1, 0, 0, 0, 0, time.UTC) // RFC 3339 ends in the year 9999
	must(t, v.add(w))
	must(t, w.AddCookies(v.cookies[0]))
	big := filled[Page](5000)
	big.Title = strings.Repeat("x", maxLine)
	if err := w.AddPage(big, nil, nil, nil, nil, nil); err == nil {
		t.Error("a page's own record that cannot be kept is no error")
	}
	must(t, w.Close(func(m *Meta) { m.Complete = true }))
	r := open(t, dir)
	same(t, "pages", all(t, r.Pages()), []Page{v.page})
	same(t, "requests", all(t, r.Requests()), v.requests[1:])
	same(t, "cookies", all(t, r.Cookies()), nil)
	var got []string
	for _, g := range all(t, r.Gaps())[1:] {
		got = append(got, g.What+"|"+g.Kind+"|"+g.Page+"|"+g.Why)
	}
	want := []string{
		"a record of requests|bound|p0001.none|it could not be kept: it has 8 MB, and a record may have 8",
		"a record of cookies|bound|p0001.none|it could not be kept: json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]",
		"a record of cookies|bound||it could not be kept: json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]",
	}
	same(t, "gaps", got, want)
}

// A secret is in no file of the bundle, however it is escaped there.
func TestRedact(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	w, err := Create(dir, Meta{})
	if err != nil {
		t.Fatal(err)
	}
	const secret = `p"a/s+s wörd`
	w.Redact(secret, "${env:P}")
	w.Redact("abc", "${env:SHORT}") // too short to be told from chance
	nested, _ := json.Marshal(map[string]string{"p": secret})
	q := Request{
		ID: "p1/r1", URL: "https://a.test/?p=" + url.QueryEscape(secret), PostData: string(nested),
		Headers: map[string]string{"authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("u:"+secret)), "x": "abc"},
	}
	if err := w.AddPage(Page{ID: "p1", Title: secret}, []Request{q}, nil, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddBlob("documents/d.html", []byte("<p>"+html.EscapeString(secret)+"</p>")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
	for p, err := range r.Pages() {
		if err != nil || p.Title != "${env:P}" {
			t.Errorf("title %q, %v", p.Title, err)
		}
	}
	for q, err := range r.Requests() {
		if err != nil || q.URL != "https://a.test/?p=${env:P}" || q.PostData != `{"p":"${env:P}"}` || !strings.Contains(q.Headers["authorization"], "${env:P}") || q.Headers["x"] != "abc" {
			t.Errorf("request %+v, %v", q, err)
		}
	}
	if data, err := r.ReadFile("documents/d.html"); err != nil || string(data) != "<p>${env:P}</p>" {
		t.Errorf("document %q, %v", data, err)
	}
}
