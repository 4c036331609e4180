package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// One page that uses everything a page can send with.
const everything = `
-- www.site.test/index.html --
<!doctype html><html lang="en-GB"><title>Everything</title><link rel="icon" href="data:,">
<link rel="canonical" href="/">
<h1>Welcome</h1>
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":["Store","Pharmacy"],"makesOffer":{"@type":"Offer","itemOffered":{"@type":"Drug"}}},{"@type":"Store"}]}</script>
<script type="application/ld+json">{"@type": broken</script>
<div itemscope itemtype="https://schema.org/Person"><span itemprop="name">A. Smith</span></div>
<script src="https://tags.vendor.test/tag.js"></script>
<form action="https://forms.relay.test/submit" method="post"><h2>Write to us</h2>
 <label>E-mail <input type="email" name="email" required></label>
 <label><input type="checkbox" name="news" checked> Send me news</label>
 <input name="website" style="position:absolute;left:-5000px">
 <p>See our <a href="/privacy">privacy policy</a>.</p><button>Send</button></form>
<div id="host"></div>
<iframe src="https://frame.other.test/frame.html"></iframe>
<iframe srcdoc="<script>document.cookie='srcdoc=1'</script>"></iframe>
<div style="height:4000px"></div><div id="lazy"></div>
<footer><a href="/privacy">Privacy</a><details><summary>More</summary><a href="/folded">Your choices</a></details></footer>
<script>
 document.getElementById('host').attachShadow({mode:'open'}).innerHTML='<label>Phone <input type="tel" name="phone"></label>';
 new IntersectionObserver(function(e,o){if(e[0].isIntersecting){o.disconnect();fetch('/lazy')}}).observe(document.getElementById('lazy'));
 setTimeout(function late(){fetch('/late')},3000);
 setTimeout(function(){setTimeout(function(){new Image().src='https://px.vendor.test/later.gif'},2500)},2500);
 new Worker('/worker.js');
 try{new SharedWorker('/shared.js')}catch(e){}
 navigator.serviceWorker.register('/service.js');
 addEventListener('pagehide',function(){navigator.sendBeacon('https://px.vendor.test/bye','left the page')});
 document.addEventListener('visibilitychange',function(){navigator.sendBeacon('https://px.vendor.test/hidden')});
 var s=new WebSocket('wss://socket.vendor.test/ws');s.onopen=function(){s.send('{"hello":"socket"}')};
 window.open('https://popup.other.test/');
 navigator.geolocation.getCurrentPosition(function(){});
 alert('hello');
</script>
-- www.site.test/index.html.headers --
Set-Cookie: session=abc; HttpOnly; Secure; Path=/
Set-Cookie: visitor=v1; Max-Age=63072000; Path=/
-- www.site.test/worker.js --
fetch('/from-worker'); new Worker('/nested.js')
-- www.site.test/nested.js --
fetch('/from-nested')
-- www.site.test/shared.js --
fetch('/from-shared')
-- www.site.test/service.js --
fetch('/from-service')
-- www.site.test/_any --
ok
-- tags.vendor.test/tag.js --
function setVendorCookie(){document.cookie='_vid=vendor.123; max-age=34560000; path=/'}
setVendorCookie();
localStorage.setItem('vendor.id','abc-123');
fetch('https://px.vendor.test/hop',{method:'POST',mode:'no-cors',credentials:'include',body:'id=vendor.123'});
-- px.vendor.test/hop.headers --
redirect: https://px.partner.test/sync
status: 302
Set-Cookie: hop=1; SameSite=None; Secure; Max-Age=3600
-- px.partner.test/sync.headers --
status: 204
Set-Cookie: partner=2; SameSite=None; Secure; Max-Age=7200
-- px.vendor.test/_any --
-- frame.other.test/frame.html --
<!doctype html><title>Frame</title><script>
document.cookie='framed=1; SameSite=None; Secure; max-age=100';
sessionStorage.setItem('frame.key','x');
setTimeout(function(){fetch('/frame-late')},3000)
</script><label>Date of birth <input name="dob" type="date"></label>
-- frame.other.test/_any --
ok
-- popup.other.test/index.html --
<!doctype html><title>Popup</title><script>fetch('/from-popup')</script>
-- popup.other.test/_any --
ok
-- socket.vendor.test/ws.headers --
websocket: echo
`

func TestVisitSeesEverything(t *testing.T) {
	b, srv := start(t, webtest.MustText(everything))
	if got := b.Info(); got.ThirdPartyCookies != "allowed" || strings.Contains(got.UserAgent, "Headless") {
		t.Errorf("the browser presents itself as %+v", got)
	}
	c, err := b.NewContext(t.Context(), evidence.StateNone)
	if err != nil {
		t.Fatal(err)
	}
	v := c.NewVisitor(t.Context())
	defer v.Close()
	res := see(t, v, Visit{URL: "https://www.site.test/", Document: true})
	if res.Page.Ended != "quiet" || len(res.Gaps) > 0 {
		t.Fatalf("the visit ended %q, gaps %v", res.Page.Ended, res.Gaps)
	}

	t.Run("every request that the server got is recorded", func(t *testing.T) {
		seen := map[string]int{}
		for _, q := range res.Requests {
			seen[q.Method+" "+strings.Replace(q.URL, "wss:", "https:", 1)]++
		}
		for _, q := range srv.Log() {
			if !strings.HasSuffix(q.Host, ".test") {
				continue // what Chromium says by itself is not the page's
			}
			key := q.Method + " " + strings.Replace(q.URL, "wss:", "https:", 1)
			if seen[key] == 0 {
				t.Errorf("not recorded: %s", key)
			}
			seen[key]--
		}
		for key, n := range seen {
			if n > 0 {
				t.Errorf("recorded %d more of %s than the server got", n, key)
			}
		}
	})
	t.Run("targets", func(t *testing.T) {
		for path, target := range map[string]string{
			"/from-worker": "worker", "/from-nested": "worker", "/from-shared": "shared_worker", "/from-service": "service_worker",
			"/frame-late": "iframe", "/from-popup": "page", "/late": "page", "/lazy": "page", "/later.gif": "page", "/bye": "page", "/hidden": "page",
		} {
			q := find(res.Requests, path)
			if q == nil || q.Target.Type != target {
				t.Errorf("%s: %+v, want from a %s", path, q, target)
			}
		}
	})
	t.Run("redirect chain, body, initiator", func(t *testing.T) {
		hop, sync := find(res.Requests, "/hop"), find(res.Requests, "/sync")
		if hop == nil || sync == nil {
			t.Fatal("the chain is not recorded")
		}
		if hop.Status != 302 || sync.Status != 204 || sync.Chain != hop.ID || sync.Hop != 1 {
			t.Errorf("hop %d, sync %d of chain %s hop %d, want 302 and 204 of %s hop 1", hop.Status, sync.Status, sync.Chain, sync.Hop, hop.ID)
		}
		if hop.PostData != "id=vendor.123" || len(hop.SetCookies) != 1 || len(sync.SetCookies) != 1 {
			t.Errorf("body %q, cookies %q and %q", hop.PostData, hop.SetCookies, sync.SetCookies)
		}
		if len(hop.Initiator.Stack) == 0 || hop.Initiator.Stack[0].URL != "https://tags.vendor.test/tag.js" {
			t.Errorf("initiator %+v, want tag.js", hop.Initiator)
		}
		if bye := find(res.Requests, "/bye"); bye.PostData != "left the page" || bye.Method != "POST" {
			t.Errorf("the beacon of leaving is %+v", bye)
		}
		ws := find(res.Requests, "/ws")
		if ws.Type != "WebSocket" || ws.Status != 101 || len(ws.Messages) != 2 || ws.Messages[0].Data != `{"hello":"socket"}` || !ws.Messages[0].Sent || ws.Messages[1].Sent {
			t.Errorf("the socket is %+v", ws)
		}
	})
	t.Run("cookies and who set them", func(t *testing.T) {
		got := map[string]string{}
		for _, k := range res.Cookies {
			got[k.Name] = fmt.Sprintf("%s %s %s %d %v", k.Domain, k.SetBy.Kind, k.SetBy.URL, k.LifetimeSec, k.HTTPOnly)
		}
		for name, want := range map[string]string{
			"session": "www.site.test http https://www.site.test/ 0 true",
			"visitor": "www.site.test http https://www.site.test/ 63072000 false",
			"_vid":    "www.site.test script https://tags.vendor.test/tag.js 34560000 false",
			"hop":     "px.vendor.test http https://px.vendor.test/hop 3600 false",
			"partner": "px.partner.test http https://px.partner.test/sync 7200 false",
			"framed":  "frame.other.test script https://frame.other.test/frame.html 100 false",
			"srcdoc":  "www.site.test script about:srcdoc 0 false",
		} {
			if got[name] != want {
				t.Errorf("%s: %q, want %q", name, got[name], want)
			}
		}
		vid := slices.IndexFunc(res.Cookies, func(k evidence.Cookie) bool { return k.Name == "_vid" })
		if vid < 0 || len(res.Cookies[vid].SetBy.Initiators) == 0 || res.Cookies[vid].SetBy.Initiators[0].Function != "setVendorCookie" {
			t.Error("the stack of _vid does not begin in setVendorCookie")
		}
	})
	t.Run("storage", func(t *testing.T) {
		got := map[string]string{}
		for _, s := range res.Storage {
			got[s.Kind+" "+s.Key] = s.Origin + " " + s.SetBy.URL
		}
		if got["local vendor.id"] != "https://www.site.test https://tags.vendor.test/tag.js" {
			t.Errorf("vendor.id: %q", got["local vendor.id"])
		}
		if got["session frame.key"] != "https://frame.other.test https://frame.other.test/frame.html" {
			t.Errorf("frame.key: %q", got["session frame.key"])
		}
	})
	t.Run("forms", func(t *testing.T) {
		fields := map[string]evidence.Field{}
		for _, f := range res.Forms {
			for _, x := range f.Fields {
				fields[x.Name] = x
			}
		}
		f := res.Forms[0]
		if f.Action != "https://forms.relay.test/submit" || f.Method != "post" || f.Heading != "Write to us" || f.PolicyLink != "https://www.site.test/privacy" {
			t.Errorf("the form is %+v", f)
		}
		if s := f.Shown; s == nil || s.Width != viewportWidth || s.Height <= 0 || s.Box.Width < 40 || s.Box.X+s.Box.Width > s.Width || s.Box.Y+s.Box.Height > s.Height {
			t.Errorf("the picture shows it at %+v", s)
		}
		if e := fields["email"]; e.Type != "email" || e.Label != "E-mail" || !e.Required || !e.Visible {
			t.Errorf("email is %+v", e)
		}
		if !fields["news"].Checked || fields["website"].Visible || fields["phone"].Label != "Phone" || fields["dob"].Type != "date" {
			t.Errorf("news %+v, website %+v, phone %+v, dob %+v", fields["news"], fields["website"], fields["phone"], fields["dob"])
		}
	})
	t.Run("what the page says of its subject", func(t *testing.T) {
		if got, want := res.Page.Headings, []string{"Welcome", "Write to us"}; !slices.Equal(got, want) {
			t.Errorf("headings %q, want %q", got, want)
		}
		if got, want := res.Page.SchemaTypes, []string{"Store", "Pharmacy", "Offer", "Drug", "https://schema.org/Person"}; !slices.Equal(got, want) {
			t.Errorf("schema.org types %q, want %q", got, want)
		}
	})
	t.Run("the page itself", func(t *testing.T) {
		p := res.Page
		if p.Title != "Everything" || p.Language != "en-GB" || p.Status != 200 || p.Security == nil || p.Security.Protocol == "" {
			t.Errorf("page %+v", p)
		}
		if len(p.Dialogs) != 1 || p.Dialogs[0].Message != "hello" || !slices.Contains(p.Permissions, "geolocation") || len(p.Popups) != 1 {
			t.Errorf("dialogs %v, permissions %v, popups %v", p.Dialogs, p.Permissions, p.Popups)
		}
		footer := slices.ContainsFunc(p.Links, func(l evidence.Link) bool {
			return l.URL == "https://www.site.test/privacy" && l.Region == "footer" && !l.Hidden
		})
		if !slices.ContainsFunc(p.Links, func(l evidence.Link) bool { return l.URL == "https://www.site.test/folded" && l.Hidden }) {
			t.Errorf("a link that is folded away: links %v", p.Links)
		}
		if !footer || len(res.Screenshot) < 2000 || !strings.Contains(res.DOM, "Phone") || !strings.Contains(string(res.Raw), "Welcome") {
			t.Errorf("links %v, screenshot %d bytes, DOM %d, raw %d", p.Links, len(res.Screenshot), len(res.DOM), len(res.Raw))
		}
	})
}

func find(requests []evidence.Request, path string) *evidence.Request {
	for i := range requests {
		if strings.HasSuffix(requests[i].URL, path) {
			return &requests[i]
		}
	}
	return nil
}

// A page that replaces what collectors usually hook must behave as without
// Candor, must not notice it, and must still be seen.
func TestPageCannotNoticeOrBreak(t *testing.T) {
	b, _ := start(t, webtest.MustText(`
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>?</title><script>
 var before = Object.getOwnPropertyNames(window).filter(function(n){return /^k[0-9a-f]{8}|candor/i.test(n)}).join();
 var native = Object.getOwnPropertyDescriptor(Document.prototype,'cookie').set;
 var source = Function.prototype.toString.call(native)+Function.prototype.toString.call(Storage.prototype.setItem);
 JSON.stringify=function(){throw 1}; Array.prototype.map=function(){throw 2}; String.prototype.slice=function(){throw 3};
 Function.prototype.call=function(){throw 4}; Array.prototype.push=function(){throw 5};
 Object.defineProperty(Document.prototype,'cookie',{set:function(v){native.apply(this,[v+'; max-age=60'])},get:function(){return 'mine'}});
 document.cookie='wrapped=1';
 window.result={names:before,source:source,webdriver:navigator.webdriver,cookie:document.cookie,stack:(function(){try{null.x}catch(e){return e.stack}})()};
 document.title=[before===''?'':'names '+before,source==='function set cookie() { [native code] }function setItem() { [native code] }'?'':source,navigator.webdriver===false?'':'webdriver '+navigator.webdriver,screen.width>=outerWidth&&screen.height>=outerHeight&&outerHeight>innerHeight?'':'screen '+[screen.width,screen.height,outerWidth,outerHeight,innerHeight],document.cookie==='mine'?'':'cookie',/candor/.test(window.result.stack)?'stack':''].join('')||'unnoticed';
</script>`))
	res := see(t, visitor(t, b), Visit{URL: "https://www.site.test/"})
	if res.Page.Title != "unnoticed" {
		t.Errorf("the page noticed: %s", res.Page.Title)
	}
	if len(res.Cookies) != 1 || res.Cookies[0].Name != "wrapped" || res.Cookies[0].LifetimeSec != 60 || res.Cookies[0].SetBy.Kind != "script" {
		t.Errorf("cookies %+v", res.Cookies)
	}
}

func TestHTTPStaysHTTP(t *testing.T) {
	b, _ := start(t, webtest.MustText(`
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Plain</title><form action="http://www.site.test/send" method="post"><input name="q"></form>
-- secure.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Mixed</title><script src="http://cdn.test/script.js"></script>
-- cdn.test/_any --
`))
	v := visitor(t, b)
	if res := see(t, v, Visit{URL: "http://www.site.test/"}); res.Page.FinalURL != "http://www.site.test/" || res.Page.Title != "Plain" || res.Forms[0].Action != "http://www.site.test/send" {
		t.Errorf("page %+v, forms %+v", res.Page, res.Forms)
	}
	if res := see(t, v, Visit{URL: "https://secure.test/"}); !slices.Equal(res.Page.Mixed, []string{"http://cdn.test/script.js"}) {
		t.Errorf("mixed content was not noticed: %+v, %+v", find(res.Requests, "script.js"), res.Page.Mixed)
	}
}
