package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing/fstest"
)

// The site that speed is measured on: a shop of twenty pages as heavy as such
// pages are, with a tag manager, analytics, pixels, a banner, a frame and a
// worker of third parties, tags that wait for 2 and 4.5 s or for the visitor to
// scroll, and beacons when a page is left. All of it is written here; the hosts
// are vendors' own, so that the report has its whole work. Every address of a
// third party carries its page, so that what one visit missed can be told.
const (
	heavyHost  = "www.heavyshop.test"
	heavyPages = 20
)

// heavyPaths are the pages, the notice last.
func heavyPaths() []string {
	paths := []string{"/"}
	for _, folder := range []string{"lamps", "chairs", "tables"} {
		for _, thing := range []string{"oak", "pine", "steel", "cork", "wool", "glass"} {
			paths = append(paths, "/"+folder+"/"+thing)
		}
	}
	return append(paths, "/privacy-policy") // heavyPages in all
}

func heavySite() fs.FS {
	m := fstest.MapFS{}
	add := func(name, text string, sidecar ...string) {
		if text != "" {
			m[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if len(sidecar) > 0 {
			m[name+".headers"] = &fstest.MapFile{Data: []byte(strings.Join(sidecar, "\n") + "\n")}
		}
	}
	long := "Cache-Control: public, max-age=31536000"
	for _, p := range heavyPaths() {
		name := heavyHost + p
		if p == "/" {
			name += "index"
		}
		add(name+".html", heavyPage(p), "Content-Type: text/html; charset=utf-8", "Cache-Control: no-store", "Set-Cookie: session=s1; Path=/; HttpOnly; Secure; SameSite=Lax")
	}
	add(heavyHost+"/robots.txt", "User-agent: *\nAllow: /\n")
	add(heavyHost+"/worker.js", heavyWorker, "Content-Type: text/javascript", long)
	add(heavyHost+"/api/_any", `{"items":[3,5,8]}`, "Content-Type: application/json", "delay: 60ms")
	const cdn = "static.heavycdn.test"
	add(cdn+"/site.css", heavyCSS(), "Content-Type: text/css", long)
	add(cdn+"/app.js", heavyApp+filler(250<<10, "app"), "Content-Type: text/javascript", long)
	for i := range 24 {
		m[fmt.Sprintf("%s/img/%d.jpg", cdn, i)] = &fstest.MapFile{Data: heavyImage(uint64(i))}
		m[fmt.Sprintf("%s/img/%d.jpg.headers", cdn, i)] = &fstest.MapFile{Data: []byte(long + "\n")}
	}
	script := []string{"Content-Type: text/javascript", long}
	add("www.googletagmanager.com/gtm.js", heavyManager+filler(80<<10, "gtm"), script...)
	add("www.google-analytics.com/analytics.js", heavyAnalytics+filler(60<<10, "ga"), script...)
	add("connect.facebook.net/en_US/fbevents.js", heavyPixel+filler(60<<10, "fb"), script...)
	add("static.hotjar.com/c/hotjar-1.js", heavyReplay+filler(40<<10, "hj"), script...)
	add("cdn.cookielaw.org/scripttemplates/otSDKStub.js", heavyBanner+filler(30<<10, "ot"), script...)
	add("snap.licdn.com/li.lms-analytics/insight.min.js", heavyScrolled+filler(20<<10, "li"), script...)
	add("s.pinimg.com/ct/core.js", heavyLate+filler(20<<10, "pin"), script...)
	add("td.doubleclick.net/frame.html", heavyFrame, "Content-Type: text/html", long)
	add("td.doubleclick.net/frame.js", heavyFrameScript+filler(30<<10, "td"), script...)
	third := func(name, cookie string) {
		add(name, "", "status: 204", "cors: yes", "visitor: "+cookie, "Cache-Control: no-store", "Set-Cookie: "+cookie+"={visitor}; Path=/; Max-Age=31536000; Secure; SameSite=None")
	}
	third("www.google-analytics.com/g/collect", "ga_third")
	third("www.facebook.com/tr", "fr")
	third("content.hotjar.io/content", "hjid")
	third("geolocation.onetrust.com/cookieconsentpub/v1/geo/location", "ot")
	third("px.ads.linkedin.com/collect", "bcookie")
	third("ct.pinterest.com/v3", "_pinterest_ct")
	third("ad.doubleclick.net/activity", "IDE")
	third("api.segment.io/v1/t", "sg")
	for host, delay := range map[string]string{heavyHost: "25ms", cdn: "10ms"} {
		add(host+"/_host", "", "delay: "+delay)
	}
	for _, host := range []string{"www.googletagmanager.com", "www.google-analytics.com", "connect.facebook.net", "www.facebook.com", "static.hotjar.com",
		"content.hotjar.io", "cdn.cookielaw.org", "geolocation.onetrust.com", "snap.licdn.com", "px.ads.linkedin.com", "s.pinimg.com", "ct.pinterest.com",
		"td.doubleclick.net", "ad.doubleclick.net", "api.segment.io"} {
		add(host+"/_host", "", "delay: 35ms")
	}
	return m
}

// filler is code of about n bytes that is read but hardly run, as most of a
// library is on a page.
func filler(n int, prefix string) string {
	var s strings.Builder
	for i := 0; s.Len() < n; i++ {
		fmt.Fprintf(&s, "function %s_%d(a,b){var o={k:%d,v:String(a)+b};for(var i=0;i<o.k%%7;i++){o.v=o.v.replace(/x%d/g,'y')+i;if(o.v.length>%d){return o}}return [o,a,b].map(function(e){return e&&e.k})}\n", prefix, i, i*37%101, i, i%50+20)
	}
	return s.String()
}

func heavyCSS() string {
	var s strings.Builder
	s.WriteString("body{font:16px/1.5 sans-serif;margin:0}.grid{display:grid;grid-template-columns:repeat(4,1fr);gap:12px}img{width:100%;height:220px;object-fit:cover}footer{padding:40px}\n")
	for i := range 900 {
		fmt.Fprintf(&s, ".c%d .t%d>a:hover,.c%d[data-k=\"%d\"]{color:#%06x;padding:%dpx;border-radius:%dpx}\n", i, i%40, i, i, i*7919%0xffffff, i%20, i%8)
	}
	return s.String()
}

// heavyImage is a picture of about 60 KB.
func heavyImage(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, 480, 320))
	for y := range 320 {
		for x := range 480 {
			n := uint8(r.UintN(60))
			img.SetRGBA(x, y, color.RGBA{uint8(x/2) + n, uint8(y/2) + n, uint8(seed*9) + n, 255})
		}
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: 70}); err != nil {
		panic(err) // a buffer does not fail
	}
	return buf.Bytes()
}

func heavyPage(path string) string {
	var s strings.Builder
	n := len(path) + int(path[len(path)-1]) // which of the pictures
	paths := heavyPaths()
	fmt.Fprintf(&s, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Heavy shop %s</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="https://static.heavycdn.test/site.css">
<script>window.PAGE=%q;window.dataLayer=[{event:"view",page:PAGE}]</script>
<script async src="https://www.googletagmanager.com/gtm.js?id=GTM-HEAVY"></script>
<script async src="https://cdn.cookielaw.org/scripttemplates/otSDKStub.js"></script></head><body><header><nav>`, path, path)
	for _, p := range paths {
		fmt.Fprintf(&s, `<a href="%s">Page %s</a> `, p, p)
	}
	s.WriteString(`<a href="/privacy-policy">Privacy policy</a></nav></header><main><h1>Things for the house</h1><div class="grid">`)
	for i := range 16 {
		lazy := ""
		if i >= 8 {
			lazy = ` loading="lazy"`
		}
		fmt.Fprintf(&s, `<article class="c%d" data-k="%d"><a href="%s"><img src="https://static.heavycdn.test/img/%d.jpg" alt="A thing"%s></a><h2>Thing %d</h2><p>%s</p></article>`,
			i, i, paths[i%18+1], (n+i*5)%24, lazy, i, strings.Repeat("It is sturdy, plain and made to be mended. ", 6))
	}
	s.WriteString(`</div>`)
	if path == "/privacy-policy" {
		s.WriteString(`<h2>Privacy policy</h2><p>Last updated: 1 October 2026</p><p>We collect your name, email address and IP address when you order.</p>
<p>We use Google Analytics to understand how visitors use our site.</p><p>We do not sell your personal information.</p><p>We share cookie identifiers with advertising partners.</p>`)
		for i := range 60 {
			fmt.Fprintf(&s, "<h3>%d. Further matters</h3><p>We keep order records for %d years. You may ask us for a copy of your data.</p>", i+2, i%9+1)
		}
	}
	s.WriteString(`<form action="/subscribe" method="post"><label>Email <input type="email" name="email" autocomplete="email"></label><button>Subscribe</button></form></main>
<footer id="end"><p>Heavy shop Ltd</p></footer><script src="https://static.heavycdn.test/app.js"></script></body></html>`)
	return s.String()
}

const (
	heavyApp = `(function(){
var main=document.querySelector("main");
for(var i=0;i<250;i++){var d=document.createElement("div");d.className="c"+i+" t"+i%40;d.innerHTML="<a href=\"/lamps/oak\">Also seen "+i+"</a>";main.appendChild(d)}
var x=0;for(var j=0;j<2e6;j++){x=(x*31+j)%1000003}localStorage.setItem("visits",String(x));
document.cookie="cart=empty; path=/; max-age=86400";
fetch("/api/recommendations?page="+encodeURIComponent(PAGE)).then(function(r){return r.json()}).then(function(o){
  o.items.forEach(function(k){var m=new Image();m.src="https://static.heavycdn.test/img/"+k+".jpg";main.appendChild(m)})});
var w=new Worker("/worker.js");w.postMessage(PAGE);
})();
`
	heavyWorker = `onmessage=function(e){
  var p=encodeURIComponent(e.data);
  fetch("/api/stock?page="+p).then(function(r){return r.json()}).then(function(){
    fetch("https://api.segment.io/v1/t?page="+p,{method:"POST",mode:"cors",credentials:"include",body:"{\"event\":\"stock\"}"});
  });
};
`
	heavyManager = `(function(){
function tag(src){var s=document.createElement("script");s.async=true;s.src=src;document.head.appendChild(s)}
tag("https://www.google-analytics.com/analytics.js");
tag("https://connect.facebook.net/en_US/fbevents.js");
var f=document.createElement("iframe");f.width=f.height=1;f.src="https://td.doubleclick.net/frame.html#"+encodeURIComponent(PAGE);document.documentElement.appendChild(f);
setTimeout(function(){tag("https://static.hotjar.com/c/hotjar-1.js")},2000);
setTimeout(function(){tag("https://s.pinimg.com/ct/core.js")},4500);
var seen=false;addEventListener("scroll",function(){if(!seen&&scrollY>200){seen=true;tag("https://snap.licdn.com/li.lms-analytics/insight.min.js")}});
})();
`
	heavyAnalytics = `(function(){
var id=(document.cookie.match(/_ga=([^;]+)/)||[])[1]||"GA1.1.1234567890.1760000000";
document.cookie="_ga="+id+"; path=/; max-age=63072000";
var u="https://www.google-analytics.com/g/collect?v=2&tid=G-HEAVY&cid="+id+"&dl="+encodeURIComponent(PAGE);
fetch(u+"&en=page_view",{method:"POST",mode:"no-cors",credentials:"include",keepalive:true});
addEventListener("scroll",function h(){removeEventListener("scroll",h);navigator.sendBeacon(u+"&en=scroll")});
addEventListener("pagehide",function(){navigator.sendBeacon(u+"&en=user_engagement")});
})();
`
	heavyPixel = `(function(){document.cookie="_fbp=fb.1.1760000000000.1234567890; path=/; max-age=7776000";
new Image().src="https://www.facebook.com/tr?id=1&ev=PageView&dl="+encodeURIComponent(PAGE);
setTimeout(function(){new Image().src="https://www.facebook.com/tr?id=1&ev=Microdata&dl="+encodeURIComponent(PAGE)},500)})();
`
	heavyReplay = `(function(){document.cookie="_hjSessionUser_1=abcdef0123456789; path=/; max-age=31536000";
fetch("https://content.hotjar.io/content?page="+encodeURIComponent(PAGE),{method:"POST",mode:"cors",credentials:"include",body:document.title})})();
`
	heavyBanner = `(function(){fetch("https://geolocation.onetrust.com/cookieconsentpub/v1/geo/location?page="+encodeURIComponent(PAGE),{mode:"cors",credentials:"include"}).then(function(){
if(document.cookie.indexOf("OptanonAlertBoxClosed")>=0)return;
var keep=function(groups,chosen){document.cookie="OptanonConsent=isGpcEnabled=0&interactionCount="+chosen+"&groups="+encodeURIComponent(groups)+"; path=/; max-age=31536000"};keep("C0001:1,C0002:0,C0003:0,C0004:0",0);
var d=document.createElement("div");d.id="onetrust-banner-sdk";d.style.cssText="position:fixed;bottom:0;left:0;right:0;background:#fff;padding:20px";
d.innerHTML="<p>We use cookies.</p><button id=onetrust-reject-all-handler>Reject all</button><button id=onetrust-accept-btn-handler>Accept all</button>";document.body.appendChild(d);
[].forEach.call(d.querySelectorAll("button"),function(b){b.onclick=function(){var all=b.id.indexOf("accept")>0?1:0;keep("C0001:1,C0002:"+all+",C0003:"+all+",C0004:"+all,1);
document.cookie="OptanonAlertBoxClosed="+encodeURIComponent(new Date(Date.now()).toISOString())+"; path=/; max-age=31536000";d.remove()}})})})();
`
	heavyScrolled = `new Image().src="https://px.ads.linkedin.com/collect?pid=1&url="+encodeURIComponent(PAGE);
`
	heavyLate = `document.cookie="_pin_unauth=abcdef; path=/; max-age=31536000";new Image().src="https://ct.pinterest.com/v3?tid=1&event=pagevisit&url="+encodeURIComponent(PAGE);
`
	heavyFrame       = `<!doctype html><title>Frame</title><script src="/frame.js"></script>`
	heavyFrameScript = `localStorage.setItem("seen","1");new Image().src="https://ad.doubleclick.net/activity?src=1&u="+location.hash.slice(1);
setTimeout(function(){new Image().src="https://ad.doubleclick.net/activity?src=2&u="+location.hash.slice(1)},700);
`
)
