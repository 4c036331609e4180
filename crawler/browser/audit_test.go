package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// What pages do less often, each seen for what it is.
const seldom = `
-- www.site.test/index.html --
<!doctype html><html lang="en"><title>Seldom</title><link rel="icon" href="data:,">
<div id="frame"></div>
<form action="/join"><fieldset><legend>Age</legend><label><input type="radio" name="age" value="a"> under 18</label><label><input type="radio" name="age" value="b"> 18 or more</label></fieldset>
 <label for="mail">Your e-mail</label><input id="mail" name="mail" autocomplete="email"><select name="land" aria-label="Country"><option>France<option>Peru</select></form>
<iframe src="https://frame.other.test/frame.html"></iframe><iframe src="https://empty.other.test/empty.html"></iframe>
<script src="https://tags.vendor.test/tag.js"></script>
-- tags.vendor.test/tag.js --
function big(){fetch('/big',{method:'POST',body:new Array(200001).join('x')})}
function binary(){fetch('/binary',{method:'POST',body:new Uint8Array([0,255,254,1])})}
function multipart(){var f=new FormData();f.append('email','ann@site.test');fetch('/multipart',{method:'POST',body:f})}
function blob(){navigator.sendBeacon('/blob',new Blob(['{"k":"blob"}'],{type:'text/plain'}))}
function preflighted(){fetch('https://api.vendor.test/cors',{method:'PUT',headers:{'X-Own':'1'},body:'{"id":7}'})}
function keep(){fetch('/keepalive',{method:'POST',keepalive:true,body:'kept'})}
function store(){cookieStore.set('cs1','one');cookieStore.set({name:'cs2',value:'two',expires:Date.now()+3600e3})}
function rest(){var o=indexedDB.open('vendor-db',1);o.onupgradeneeded=function(){o.result.createObjectStore('ids',{keyPath:'k'}).put({k:'device',visitorId:'8f14e45fceea167a',seen:new Date(0),raw:new Uint8Array(3)})};
 caches.open('vendor-cache').then(function(c){c.put('https://tags.vendor.test/kept?uid=7',new Response('x'))});sessionStorage.setItem('s','1');localStorage.setItem('s','2')}
function socket(){var w=new WebSocket('wss://socket.vendor.test/ws');w.onopen=function(){for(var i=0;i<120;i++)w.send('m'+i);w.send(new Array(6001).join('y'))}}
big();binary();multipart();blob();preflighted();keep();store();rest();socket();
window.open('https://popup.other.test/quiet','_blank','noopener');
fetch('/brands?b='+encodeURIComponent(JSON.stringify({b:navigator.userAgentData.brands,a:navigator.userAgent,w:navigator.webdriver})));
navigator.permissions.query({name:'geolocation'}).then(function(p){fetch('/geolocation-'+p.state)});
setTimeout(function(){fetch('/after-4-seconds')},4500);
-- api.vendor.test/cors.headers --
cors: yes
-- www.site.test/_any --
ok
-- frame.other.test/frame.html --
<!doctype html><link rel="icon" href="data:,"><title>Frame</title><script>
cookieStore.set({name:'csf',value:'three',sameSite:'none'});
addEventListener('pagehide',function(){navigator.sendBeacon('/frame-bye','gone')});
setTimeout(function(){fetch('/frame-after-4-seconds')},4500);
</script>
-- frame.other.test/_any --
ok
-- empty.other.test/empty.html --
<!doctype html><link rel="icon" href="data:,"><title>Empty</title>
-- popup.other.test/quiet.html --
<!doctype html><link rel="icon" href="data:,"><title>Popup</title><script>fetch('/from-noopener')</script>
-- popup.other.test/_any --
ok
-- socket.vendor.test/ws.headers --
websocket: echo
`

func TestSeldom(t *testing.T) {
	t.Parallel()
	b, srv := start(t, webtest.MustText(seldom))
	v := visitor(t, b)
	res := see(t, v, Visit{URL: "https://www.site.test/", Budget: time.Minute})
	if res.Page.Ended != "quiet" {
		t.Fatalf("the visit ended %q, gaps %v", res.Page.Ended, res.Gaps)
	}

	t.Run("every request that the server got is recorded", func(t *testing.T) {
		for _, q := range srv.Log() {
			url := strings.Replace(q.URL, "https://socket", "wss://socket", 1)
			if strings.HasSuffix(q.Host, ".test") && !slices.ContainsFunc(res.Requests, func(r evidence.Request) bool { return r.Method == q.Method && r.URL == url }) {
				t.Errorf("not recorded: %s %s", q.Method, q.URL)
			}
		}
	})
	t.Run("late, from frames and popups without an opener", func(t *testing.T) {
		for _, path := range []string{"/after-4-seconds", "/frame-after-4-seconds", "/frame-bye", "/from-noopener"} {
			if find(res.Requests, path) == nil {
				t.Errorf("%s is not recorded", path)
			}
		}
	})
	t.Run("bodies", func(t *testing.T) {
		if q := find(res.Requests, "/big"); q == nil || q.PostBytes != 200000 || !q.PostCut || len(q.PostData) != maxPostData {
			t.Errorf("a large body: %d bytes, cut %v, kept %d", q.PostBytes, q.PostCut, len(q.PostData))
		}
		if q := find(res.Requests, "/binary"); q == nil || !q.PostBase64 || q.PostData != "AP/+AQ==" {
			t.Errorf("a binary body: %+v", q)
		}
		for path, want := range map[string]string{"/multipart": "ann@site.test", "/blob": `{"k":"blob"}`, "/keepalive": "kept"} {
			if q := find(res.Requests, path); q == nil || !strings.Contains(q.PostData, want) {
				t.Errorf("the body of %s is not recorded: %+v", path, q)
			}
		}
	})
	t.Run("the script of a request that needed a preflight", func(t *testing.T) {
		i := slices.IndexFunc(res.Requests, func(q evidence.Request) bool { return q.Method == "PUT" })
		if i < 0 || len(res.Requests[i].Initiator.Stack) == 0 || res.Requests[i].Initiator.Stack[0].Function != "preflighted" || res.Requests[i].Status != 200 {
			t.Errorf("%+v", res.Requests)
		}
	})
	t.Run("sockets are bounded", func(t *testing.T) {
		q := find(res.Requests, "/ws")
		if q == nil || len(q.Messages) != maxMessages || !slices.ContainsFunc(res.Gaps, func(g evidence.Gap) bool { return g.Kind == "bound" && strings.HasPrefix(g.What, "WebSocket") }) {
			t.Errorf("%d messages, gaps %v", len(q.Messages), res.Gaps)
		}
	})
	t.Run("who wrote what", func(t *testing.T) {
		const tag, frame = "https://tags.vendor.test/tag.js", "https://frame.other.test/frame.html"
		got := map[string]string{}
		for _, k := range res.Cookies {
			got["cookie "+k.Name] = fmt.Sprintf("%s %s %d", k.SetBy.URL, k.Value, k.LifetimeSec/600)
		}
		for _, s := range res.Storage {
			got[s.Kind+" "+s.Key] = s.SetBy.URL + " " + s.Value
		}
		for name, want := range map[string]string{
			"cookie cs1": tag + " one 0", "cookie cs2": tag + " two 5", "cookie csf": frame + " three 0",
			"local s": tag + " 2", "session s": tag + " 1", "indexeddb vendor-db": tag + ` {"ids":{"device":{"k":"device","visitorId":"8f14e45fceea167a","seen":"1970-01-01T00:00:00.000Z","raw":"(binary, 3 bytes)"}}}`,
			"cache vendor-cache": tag + ` ["https://tags.vendor.test/kept?uid=7"]`,
		} {
			if got[name] != want {
				t.Errorf("%s: %q, want %q", name, got[name], want)
			}
		}
	})
	t.Run("forms", func(t *testing.T) {
		if len(res.Forms) == 0 || len(res.Forms[0].Fields) != 3 {
			t.Fatalf("%+v", res.Forms)
		}
		f := res.Forms[0].Fields
		if f[0].Label != "Age" || len(f[0].Options) != 2 || f[1].Label != "Your e-mail" || f[1].Autocomplete != "email" || f[2].Label != "Country" || !slices.Equal(f[2].Options, []string{"France", "Peru"}) {
			t.Errorf("%+v", f)
		}
	})
	t.Run("it looks like a visitor's browser", func(t *testing.T) {
		i := slices.IndexFunc(res.Requests, func(q evidence.Request) bool { return strings.Contains(q.URL, "/brands?") })
		if i < 0 {
			t.Fatal("the page did not tell")
		}
		if q := res.Requests[i]; strings.Contains(q.URL, "Headless") || !strings.Contains(q.URL, "%22w%22%3Afalse") {
			t.Errorf("the page sees %s", q.URL)
		}
		for _, q := range srv.Log() {
			for name := range q.Header {
				if strings.HasSuffix(q.Host, ".test") && strings.Contains(q.Header.Get(name), "Headless") {
					t.Errorf("%s sends %s: %s", q.URL, name, q.Header.Get(name))
				}
			}
		}
		if find(res.Requests, "/geolocation-denied") == nil {
			t.Error("geolocation is not denied")
		}
	})
	if res := see(t, v, Visit{URL: "https://frame.other.test/frame.html"}); res.Page.Ended != "quiet" {
		t.Errorf("the next page ended %q: %v", res.Page.Ended, res.Gaps)
	}
}

// Third-party cookies may be blocked by a policy of the machine. The probe says so, and
// each blocked cookie is recorded with its reason.
func TestBlockedCookies(t *testing.T) {
	t.Parallel()
	_, srv := start(t, nil)
	srv.Handle("*.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if strings.HasPrefix(r.Host, "px.") {
			w.Header().Set("Set-Cookie", "third=1; SameSite=None; Secure")
			return
		}
		w.Header().Add("Set-Cookie", "__Host-bad=1; Path=/x; Secure")
		w.Header().Add("Set-Cookie", "insecure=1; SameSite=None")
		w.Header().Add("Set-Cookie", "other=1; Domain=elsewhere.test")
		for i := range 150 {
			w.Header().Add("Set-Cookie", fmt.Sprintf("c%d=1", i))
		}
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><img src="https://px.vendor.test/i.gif">`)
	}))
	b, err := Start(t.Context(), Options{NoSandbox: os.Geteuid() == 0, Suffix: "Candor/1.0", Flags: srv.ChromeFlags(), preferences: `{"profile":{"cookie_controls_mode":1,"block_third_party_cookies":true}}`})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got := b.Info(); got.ThirdPartyCookies != "blocked" || !got.Identified || !strings.HasSuffix(got.UserAgent, " Candor/1.0") {
		t.Errorf("the browser presents itself as %+v", got)
	}
	res := see(t, visitor(t, b), Visit{URL: "https://www.site.test/"})
	reasons := map[string]string{}
	for _, q := range res.Requests {
		for _, k := range q.Blocked {
			data, _ := json.Marshal(k.Reasons)
			reasons[k.Name] = k.Direction + " " + string(data)
		}
	}
	for _, name := range []string{"third", "__Host-bad", "insecure", "other"} {
		if !strings.HasPrefix(reasons[name], `response ["`) {
			t.Errorf("%s: blocked as %q", name, reasons[name])
		}
	}
	if n := len(res.Requests[0].SetCookies); n != 153 {
		t.Errorf("%d Set-Cookie lines are recorded, want 153", n)
	}
}

// A cookie that a page deletes and that a script makes again of what it kept
// elsewhere is recorded anew, and so is the script that asks for a permission.
func TestRevivedCookie(t *testing.T) {
	t.Parallel()
	b, srv := start(t, nil)
	srv.Handle("www.site.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		tag := `<script src="https://tags.vendor.test/tag.js"></script>`
		if r.URL.Path == "/refuse" {
			tag = `<script>document.cookie='uid=; max-age=0; path=/';document.cookie='brief=; max-age=0; path=/'</script>`
		}
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,">`+tag)
	}))
	srv.Handle("tags.vendor.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `function keep(){var id=localStorage.getItem('uid.copy')||'k3f9a20c7be14d6f';localStorage.setItem('uid.copy',id);document.cookie='uid='+id+'; max-age=9999; path=/'}
keep();document.cookie='brief='+Date.now()+'; path=/';navigator.geolocation.getCurrentPosition(function(){})`)
	}))
	c := visitor(t, b)
	for _, step := range []struct {
		path string
		want string
	}{{"/", "brief uid"}, {"/refuse", ""}, {"/", "brief uid again"}, {"/", "brief"}} {
		res := see(t, c, Visit{URL: "https://www.site.test" + step.path})
		var got []string
		for _, k := range res.Cookies {
			name := k.Name
			if k.Revived {
				name += " again"
				if k.SetBy.URL != "https://tags.vendor.test/tag.js" {
					t.Errorf("%s was made again by %q", k.Name, k.SetBy.URL)
				}
			}
			got = append(got, name)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != step.want {
			t.Errorf("%s: cookies %q, want %q", step.path, got, step.want)
		}
		if step.path == "/" && (len(res.Page.Asked) != 1 || len(res.Page.Asked[0].Stack) == 0 || res.Page.Asked[0].Stack[0].URL != "https://tags.vendor.test/tag.js") {
			t.Errorf("%s: asked for %+v, want the location by the vendor's script", step.path, res.Page.Asked)
		}
	}
}
