package browser

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// A page and a frame of another site that say goodbye in each way there is.
const goodbyes = `
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Goodbye</title><iframe src="https://frame.other.test/frame.html"></iframe><script>
addEventListener('pagehide',function(){
 navigator.sendBeacon('https://px.vendor.test/passed-on','visit over');
 fetch('https://px.vendor.test/kept',{method:'PUT',mode:'cors',keepalive:true,body:'kept'});
 fetch('/given-up',{method:'POST',body:'given up'});
 new Image().src='https://px.vendor.test/picture.gif';
});
document.addEventListener('visibilitychange',function(){navigator.sendBeacon('https://px.vendor.test/hidden','hidden')});
</script>
-- www.site.test/_any --
ok
-- px.vendor.test/passed-on.headers --
redirect: https://px.partner.test/again?id=7
status: 302
Set-Cookie: hop=1; SameSite=None; Secure; Max-Age=3600
-- px.partner.test/again.headers --
redirect: /sync?id=7
status: 307
-- px.partner.test/sync.headers --
status: 204
Set-Cookie: partner=2; SameSite=None; Secure; Max-Age=7200
-- px.vendor.test/kept.headers --
cors: yes
-- px.vendor.test/_any --
-- frame.other.test/frame.html --
<!doctype html><link rel="icon" href="data:,"><title>Frame</title><script>
addEventListener('pagehide',function(){navigator.sendBeacon('/frame-bye','gone')});
</script>
-- frame.other.test/_any --
ok
`

func TestGoodbyes(t *testing.T) {
	t.Parallel()
	b, srv := start(t, webtest.MustText(goodbyes))
	res := see(t, visitor(t, b), Visit{URL: "https://www.site.test/"})
	if res.Page.Ended != "quiet" || len(res.Gaps) > 0 {
		t.Fatalf("the visit ended %q, gaps %v", res.Page.Ended, res.Gaps)
	}
	for path, want := range map[string]struct {
		method, body, from string
		status             int
	}{
		"/passed-on":   {"POST", "visit over", "page", 302},
		"/again":       {"GET", "", "page", 307},
		"/sync":        {"GET", "", "page", 204},
		"/kept":        {"PUT", "kept", "page", 200},
		"/picture.gif": {"GET", "", "page", 200},
		"/hidden":      {"POST", "hidden", "page", 200},
		"/frame-bye":   {"POST", "gone", "iframe", 200},
	} {
		i := slices.IndexFunc(res.Requests, func(q evidence.Request) bool { return q.Method == want.method && strings.Contains(q.URL, path) })
		if i < 0 {
			t.Errorf("%s %s is not recorded", want.method, path)
			continue
		}
		if q := &res.Requests[i]; q.PostData != want.body || q.Target.Type != want.from || q.Status != want.status || q.Error != "" {
			t.Errorf("%s: %s %q from a %s, status %d %q, want %+v", path, q.Method, q.PostData, q.Target.Type, q.Status, q.Error, want)
		}
	}
	if first, last := find(res.Requests, "/passed-on"), find(res.Requests, "/sync?id=7"); first != nil && last != nil {
		if last.Chain != first.ID || last.Hop != 2 || last.URL != "https://px.partner.test/sync?id=7" {
			t.Errorf("the end of the chain %s is %s of %s, hop %d", first.ID, last.URL, last.Chain, last.Hop)
		}
		if len(first.SetCookies) != 1 || len(last.SetCookies) != 1 {
			t.Errorf("cookies of the chain: %q and %q", first.SetCookies, last.SetCookies)
		}
	}
	got := map[string]bool{}
	for _, q := range srv.Log() {
		got[q.Method+" "+q.URL] = true
	}
	for _, q := range res.Requests {
		switch got := got[q.Method+" "+q.URL]; {
		case got && q.Error != "":
			t.Errorf("%s %s came, and is recorded with the error %q", q.Method, q.URL, q.Error)
		case !got && q.Error == "" && !strings.HasSuffix(q.URL, "/given-up"): // that may have been under way
			t.Errorf("%s %s is recorded and did not come", q.Method, q.URL)
		}
	}
}

// TestGivenUp: a request that its document took along is recorded as aborted
// when the network stack never saw it, and as sent when it did; it is waited for
// only if it may outlive the document.
func TestGivenUp(t *testing.T) {
	sent := []*network.EventRequestWillBeSentExtraInfo{{}}
	for _, tt := range []struct {
		kind     network.ResourceType
		sent     []*network.EventRequestWillBeSentExtraInfo
		underway int
		want     string
	}{
		{network.ResourceTypeFetch, nil, 0, "net::ERR_ABORTED"},
		{network.ResourceTypeFetch, sent, 1, ""},
		{network.ResourceTypeScript, sent, 0, ""},
	} {
		r := newRecord(time.Now, "main")
		r.leave()
		o := &observed{info: target.Info{Type: "page", TargetID: "main"}, session: &session{id: "s"}}
		r.add(o, "1", &hop{Request: evidence.Request{URL: "https://www.site.test/given-up", Type: string(tt.kind)}})
		r.finished("1", -1, "net::ERR_ABORTED")
		for _, ev := range tt.sent {
			ev.RequestID = "1"
			r.sentExtra(ev)
		}
		if s := r.look(); s.farewells != 1 || s.underway != tt.underway {
			t.Errorf("%s: %d farewells, of them %d under way", tt.kind, s.farewells, s.underway)
		}
		if got := r.finish("p0001.none", evidence.StateNone); len(got) != 1 || got[0].Error != tt.want {
			t.Errorf("%s, sent %d times: %+v, want the error %q", tt.kind, len(tt.sent), got, tt.want)
		}
	}
}
