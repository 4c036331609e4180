package redaction_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"candor/analyzer/flow"
	"candor/analyzer/redaction"
	"candor/crawler/evidence"
	"candor/rules"
)

func knowledge(t testing.TB) *rules.Set {
	t.Helper()
	set, err := rules.LoadFS(fstest.MapFS{
		"terms/data_types.yaml": {Data: []byte("- {id: cookie_identifier, name: Cookie}\n- {id: email, name: E-mail}\n- {id: email_hash, name: Hashed e-mail}\n- {id: name, name: Name}\n- {id: page_url, name: Page}\n- {id: user_content, name: Content}\n- {id: interaction_events, name: Events}\n- {id: ip_address, name: IP}\n- {id: user_agent, name: UA}\n")},
		"terms/fields.yaml":     {Data: []byte("- {data: email, types: [email], words: [email]}\n- {data: name, words: [name, full name, fullname]}\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// What a visitor of this scan kept, typed and sent. None of it may be left.
const (
	uid      = "8f14e45fceea167a"
	gaID     = "1234598760.1793540001"
	mail     = "ann.miller@people.test"
	person   = "Annabel Millington"
	order    = "waterproof boots"
	picture  = "data:image/png;base64,iVBORw0KGgoAAA"
	theme    = "midnightblue"
	serverID = "sess-77aa88bb99cc00dd"
	made     = "quick.testfox.9a8b7c@candor-scan.test" // a made-up value
)

func bundle(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "evidence")
	w, err := evidence.Create(dir, evidence.Meta{ScanID: "t", RedactionKey: "k", URLs: []string{"https://www.shop.test/"}, Options: evidence.Settings{Redact: "all"}, StartedAt: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	const id = "p0001.none"
	raw, rawErr := w.AddBlob("notices/d01.html", []byte("<p>Write to privacy@shop.test.</p><script>var u='"+uid+"'</script>"))
	_, shotErr := w.AddBlob("screenshots/p0001.none.jpg", []byte("\xff\xd8 "+mail))
	request := func(n, url string, change func(*evidence.Request)) evidence.Request {
		q := evidence.Request{ID: id + "/" + n, Page: id, State: "none", URL: url, Method: "POST", Type: "XHR", Status: 200, Headers: map[string]string{}}
		if change != nil {
			change(&q)
		}
		return q
	}
	packed := base64.StdEncoding.EncodeToString([]byte(`{"event":"view","user":{"full_name":"` + person + `","uid":"` + uid + `"}}`))
	requests := []evidence.Request{
		request("r1", "https://track.test/p?cid="+gaID+"&fullname=Annabel&sid="+uid+"&page=2&dl=https%3A%2F%2Fwww.shop.test%2F%3Femail%3D"+mail, func(q *evidence.Request) {
			q.Cookies = []evidence.SentCookie{{Name: "id", Value: uid}}
			q.SetCookies = []string{"srv=" + serverID + "; Max-Age=9000000; Path=/; HttpOnly"}
			q.Headers["authorization"], q.Headers["referer"] = "Bearer "+serverID, "https://www.shop.test/?email="+mail
		}),
		request("r2", "https://track.test/json?data="+packed, func(q *evidence.Request) {
			q.Headers["content-type"] = "text/plain"
			q.PostData = `{"traits":{"name":"` + person + `","email":"` + mail + `"},"made":"` + made + `"}`
		}),
		request("r3", "https://other.test/s?q=waterproof+boots", func(q *evidence.Request) {
			q.Messages = []evidence.SocketMessage{{Sent: true, Opcode: 1, Data: `42["say",{"who":"` + person + `"}]`}, {Opcode: 1, Data: mail}}
		}),
	}
	cookie := func(name, domain, value string) evidence.Cookie {
		return evidence.Cookie{Page: id, State: "none", Name: name, Value: value, Domain: domain, Path: "/", LifetimeSec: 9000000, SetBy: evidence.Setter{Kind: "script", URL: "https://track.test/a.js"}}
	}
	err = errors.Join(rawErr, shotErr,
		w.AddDocument(evidence.Document{ID: "d01", URL: "https://www.shop.test/privacy", FinalURL: "https://www.shop.test/privacy", Raw: "notices/d01.html", RawSHA256: raw}),
		w.AddCanaries(evidence.Canary{Page: id, State: "none", Kind: "email", Value: made, Form: id + "/f01", Field: "email"}),
		w.AddLabels(evidence.Label{Page: id, State: "none", Source: "dataLayer", Key: "user.email", Value: mail}, evidence.Label{Page: id, State: "none", Source: "dataLayer", Key: "segment", Value: "vip"}),
		w.AddCalls(evidence.Call{ID: id + "/c1", Page: id, State: "none", API: "HTMLCanvasElement.toDataURL", Content: picture, Length: len(picture)}),
		w.AddPage(evidence.Page{ID: id, URL: "https://www.shop.test/", FinalURL: "https://www.shop.test/", State: "none", Title: "Hello " + mail, Screenshot: "screenshots/p0001.none.jpg", Ended: "quiet",
			Steps: []evidence.Step{{Line: 2, Do: "fill", Target: "#q", Value: order, URL: "https://www.shop.test/?q=waterproof+boots"}}},
			requests, []evidence.Cookie{cookie("id", "track.test", uid), cookie("_ga", "www.shop.test", "GA1.1."+gaID), cookie("theme", "www.shop.test", theme), cookie("m", "www.shop.test", made)},
			[]evidence.StorageItem{{Page: id, State: "none", Kind: "local", Origin: "https://www.shop.test", Key: "u", Value: `{"visitorId":"` + uid + `","who":"` + person + `"}`}},
			[]evidence.Form{{ID: id + "/f01", Page: id, State: "none", Fields: []evidence.Field{{Name: "csrf", Type: "hidden", Value: serverID}}}},
			[]evidence.Gap{{What: "frame https://x.test/?email=" + mail, Why: "it ended", Kind: "other", Page: id}}),
		w.Close(func(m *evidence.Meta) { m.Complete = true }))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var key = []byte("a key that nobody keeps")

func TestBundle(t *testing.T) {
	dir := bundle(t)
	set := knowledge(t)
	before := seen(t, dir, set)
	if err := redaction.Bundle(context.Background(), dir, set, key); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(dir + ".*"); len(left) > 0 {
		t.Errorf("left beside it: %v", left)
	}
	if err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		for _, secret := range []string{uid, "1234598760", "1793540001", mail, person, "Annabel", "Millington", order, "waterproof", picture, theme, serverID, "77aa88bb", `"k"`} {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s holds %q:\n%s", name, secret, data)
			}
		}
		if strings.Contains(name, "screenshots") {
			t.Errorf("there is %s", name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
	if m := r.Meta(); m.Redacted != redaction.All || m.RedactionKey != "" || !m.Complete {
		t.Errorf("meta: %+v", m)
	}
	notice, err := r.ReadFile("notices/d01.html")
	if err != nil || !strings.Contains(string(notice), "privacy@shop.test") {
		t.Errorf("notice: %s, %v", notice, err)
	}
	// Who gets which identifier is still told, and so is the made-up value.
	after := seen(t, dir, set)
	for _, want := range []string{"track.test cookie_identifier cookie strong", "track.test cookie_identifier request direct", "track.test email request direct"} {
		if !slices.Contains(before, want) || !slices.Contains(after, want) {
			t.Errorf("flow %q: before %v, after %v", want, slices.Contains(before, want), slices.Contains(after, want))
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			t.Errorf("the redacted bundle shows a flow that was not there: %s", line)
		}
	}
	if err := redaction.Bundle(context.Background(), dir, set, key); !errors.Is(err, redaction.ErrRedacted) {
		t.Errorf("again: %v", err)
	}
}

// seen lists the flows of a bundle.
func seen(t *testing.T, dir string, set *rules.Set) []string {
	t.Helper()
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	res, err := flow.Build(context.Background(), r, set, flow.NewSite(r.Meta().URLs, nil))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range res.Flows {
		out = append(out, f.Recipient.Vendor+" "+f.DataTypes[0]+" "+f.Channel+" "+string(f.Confidence))
	}
	return out
}
