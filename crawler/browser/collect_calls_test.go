package browser

import (
	"slices"
	"strings"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// calling is a page that calls in every kind of target.
const calling = `
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Calls</title>
<script src="/print.js"></script>
<iframe src="https://frame.other.test/"></iframe>
<iframe src="/same.html"></iframe>
<iframe srcdoc="<script>navigator.hardwareConcurrency; navigator.vendor</script>"></iframe>
<label>E-mail <input name="email" id="mail" onfocus="1"></label>
<script>
 addEventListener('scroll', function () {}); document.addEventListener('click', function () {}); document.getElementById('mail').addEventListener('input', function () {});
 var f = document.createElement('iframe'); document.body.append(f);
 var c = f.contentWindow.document.createElement('canvas'); // before the frame has any document of its own
 f.contentWindow.HTMLCanvasElement.prototype.toDataURL.call(c);
 new Worker('/worker.js');
 navigator.serviceWorker.register('/service.js');
 document.getElementById('mail').value;
</script>
-- www.site.test/print.js --
(function print() {
 var c = document.createElement('canvas'); c.width = 200; c.height = 40;
 var x = c.getContext('2d');
 x.fillStyle = '#f60'; x.fillText('Cwm fjord', 2, 15); x.fillStyle = '#069'; x.fillText('bank glyphs', 4, 17);
 for (var i = 0; i < 60; i++) { x.font = '12px Font' + i; x.measureText('mmm') }
 x.getImageData(0, 0, 100, 20);
 window.dataURL = c.toDataURL();
 var g = document.createElement('canvas').getContext('webgl');
 if (g) { g.getExtension('WEBGL_debug_renderer_info'); window.card = g.getParameter(37446) }
 var a = new OfflineAudioContext(1, 5000, 44100), o = a.createOscillator(); o.connect(a.destination); o.start(0);
 a.startRendering().then(function (b) { b.getChannelData(0) });
 for (var j = 0; j < 5; j++) navigator.platform;
 navigator.hardwareConcurrency;
 new Intl.DateTimeFormat().resolvedOptions();
 new MutationObserver(function () {}).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
 document.documentElement.outerHTML;
 var s = document.createElement('span'); s.style.fontFamily = 'Arial,monospace'; document.documentElement.append(s); s.offsetWidth; document.documentElement.offsetWidth;
})();
-- www.site.test/same.html --
<!doctype html><script>navigator.deviceMemory</script>
-- www.site.test/worker.js --
navigator.platform; var c = new OffscreenCanvas(50, 20), x = c.getContext('2d'); x.fillText('worker', 1, 1); c.convertToBlob()
-- www.site.test/service.js --
navigator.languages
-- www.site.test/_any --
-- frame.other.test/index.html --
<!doctype html><script>screen.colorDepth; indexedDB.open('x')</script>
-- frame.other.test/_any --
`

func rowOf(calls []evidence.Call, api, frame string) evidence.Call {
	i := slices.IndexFunc(calls, func(c evidence.Call) bool { return c.API == api && strings.HasSuffix(c.Frame, frame) })
	if i < 0 {
		return evidence.Call{}
	}
	return calls[i]
}

func TestCalls(t *testing.T) {
	b, _ := start(t, webtest.MustText(calling))
	res := see(t, visitor(t, b), Visit{URL: "https://www.site.test/"})
	if res.Page.Ended != "quiet" || len(res.Gaps) > 0 {
		t.Fatalf("the visit ended %q, gaps %v", res.Page.Ended, res.Gaps)
	}
	const print = "https://www.site.test/print.js"
	for _, c := range []struct {
		frame, target, api, script string
		count, object, chars       int
		size                       [2]int
		values                     string // of which there is one, or all
	}{
		{".test/", "page", "HTMLCanvasElement.getContext", print, 1, 1, 0, [2]int{200, 40}, "2d"},
		{".test/", "page", "CanvasRenderingContext2D.fillText", print, 2, 1, 19, [2]int{200, 40}, "#ff6600 #006699"},
		{".test/", "page", "CanvasRenderingContext2D.measureText", print, 60, 0, 1, [2]int{}, ""},
		{".test/", "page", "CanvasRenderingContext2D.getImageData", print, 1, 1, 0, [2]int{100, 20}, ""},
		{".test/", "page", "HTMLCanvasElement.toDataURL", print, 1, 1, 0, [2]int{200, 40}, ""},
		{".test/", "page", "OfflineAudioContext", print, 1, 0, 0, [2]int{}, "1"},
		{".test/", "page", "BaseAudioContext.createOscillator", print, 1, 0, 0, [2]int{}, ""},
		{".test/", "page", "OfflineAudioContext.startRendering", print, 1, 0, 0, [2]int{}, ""},
		{".test/", "page", "Navigator.platform", print, 5, 0, 0, [2]int{}, ""},
		{".test/", "page", "Intl.DateTimeFormat.resolvedOptions", print, 1, 0, 0, [2]int{}, ""},
		{".test/", "page", "MutationObserver.observe", print, 1, 0, 0, [2]int{}, "#document subtree childList attributes characterData"},
		{".test/", "page", "Element.outerHTML", print, 1, 0, 0, [2]int{}, "HTML"},
		{".test/", "page", "HTMLElement.offsetWidth", print, 1, 0, 0, [2]int{}, "Arial, monospace"},
		{".test/", "page", "HTMLInputElement.value", "https://www.site.test/", 1, 0, 0, [2]int{}, " email"},
		{".test/", "page", "EventTarget.addEventListener", "https://www.site.test/", 4, 0, 0, [2]int{}, "#document click field focus field input window scroll"},
		{"about:blank", "page", "HTMLCanvasElement.toDataURL", "https://www.site.test/", 1, 1, 0, [2]int{300, 150}, ""},
		{"about:srcdoc", "page", "Navigator.hardwareConcurrency", "about:srcdoc", 1, 0, 0, [2]int{}, ""},
		{"/same.html", "page", "Navigator.deviceMemory", "https://www.site.test/same.html", 1, 0, 0, [2]int{}, ""},
		{"frame.other.test/", "iframe", "Screen.colorDepth", "https://frame.other.test/", 1, 0, 0, [2]int{}, ""},
		{"/worker.js", "worker", "Navigator.platform", "https://www.site.test/worker.js", 1, 0, 0, [2]int{}, ""},
		{"/worker.js", "worker", "OffscreenCanvasRenderingContext2D.fillText", "https://www.site.test/worker.js", 1, 1, 5, [2]int{50, 20}, "#000000"},
		{"/worker.js", "worker", "OffscreenCanvas.convertToBlob", "https://www.site.test/worker.js", 1, 1, 0, [2]int{50, 20}, ""},
		{"/service.js", "service_worker", "Navigator.languages", "https://www.site.test/service.js", 1, 0, 0, [2]int{}, ""},
	} {
		got := rowOf(res.Calls, c.api, c.frame)
		values := strings.Join(got.Values, " ")
		if got.Script != c.script || got.Target.Type != c.target || got.Count != c.count || got.Object != c.object || got.Chars != c.chars ||
			got.Width != c.size[0] || got.Height != c.size[1] || c.values != "" && values != strings.TrimSpace(c.values) && values != c.values {
			t.Errorf("%s in %s: %+v", c.api, c.frame, got)
		}
	}
	if m := rowOf(res.Calls, "CanvasRenderingContext2D.measureText", ".test/"); m.Distinct != 60 || len(m.Values) != 60 || m.Values[59] != "12px Font59" {
		t.Errorf("fonts measured: %d, %d of them told", m.Distinct, len(m.Values))
	}
	if u := rowOf(res.Calls, "HTMLCanvasElement.toDataURL", ".test/"); u.Length < 500 || len(u.Content) != u.Length || !strings.HasPrefix(u.Content, "data:image/png;base64,") || len(u.Stack) == 0 || u.Stack[0].Function != "print" {
		t.Errorf("the picture that was read has %d characters, %.40q, by %v", u.Length, u.Content, u.Stack)
	}
	if a := rowOf(res.Calls, "AudioBuffer.getChannelData", ".test/"); a.Length != 5000 || !strings.Contains(a.Content, ".") {
		t.Errorf("samples: %d, sum %q", a.Length, a.Content)
	}
	if p := rowOf(res.Calls, "WebGLRenderingContext.getParameter", ".test/"); p.Count != 1 || !strings.HasPrefix(p.Values[0], "37446=") {
		t.Errorf("graphics card: %+v", p)
	}
}

// A page that changes everything that the collector could lean on behaves as
// without it, and is still seen.
func TestCallsCannotBeNoticedOrBroken(t *testing.T) {
	b, _ := start(t, webtest.MustText(`
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>?</title><body><script>
 var call = Reflect.apply, noticed = '', told = function (w) { return function () { noticed += w + ', '; throw w } }, push = function (w) { noticed += w + ', ' };
 var native = CanvasRenderingContext2D.prototype.fillText, source = Function.prototype.toString;
 var title = Object.getOwnPropertyDescriptor(Document.prototype, 'title').set, create = document.createElement.bind(document), test = RegExp.prototype.test.bind(/^data:image/), ours = RegExp.prototype.test.bind(/^k[0-9a-f]{8}|candor/), frozen = [Object.prototype, Array.prototype, Function.prototype, Error];
 Error.prepareStackTrace = told('prepareStackTrace'); Error.stackTraceLimit = 3;
 JSON.stringify = told('stringify'); Array.prototype.map = told('map'); Array.prototype.toJSON = told('toJSON'); Array.prototype[Symbol.iterator] = told('iterator');
 String.prototype.slice = told('slice'); String.prototype.indexOf = told('indexOf'); Function.prototype.call = told('call'); Function.prototype.apply = told('apply');
 WeakMap.prototype.get = told('weak'); WeakMap.prototype.set = told('weak'); Reflect.apply = told('reflect'); Reflect.getOwnPropertyDescriptor = told('reflect');
 ['canvas', 'fillStyle', 'font'].forEach(function (n) { Object.defineProperty(CanvasRenderingContext2D.prototype, n, { get: told(n), set: function () {} }) });
 HTMLCanvasElement.prototype.toDataURL = (function (f, call) { return function toDataURL() { return call(f, this, []) } })(HTMLCanvasElement.prototype.toDataURL, call);
 Object.defineProperty(HTMLCanvasElement.prototype, 'width', { get: told('width') });
 WebGLRenderingContext.prototype.getParameter = told('getParameter');
 Element.prototype.getAttribute = told('getAttribute'); Object.defineProperty(Node.prototype, 'nodeName', { get: told('nodeName') });
 var define = Object.defineProperty, freeze = Object.freeze;
 'get set 0 1 2 name count hits webgl cut'.split(' ').forEach(function (n) {
  var d = Object.create(null); d.configurable = true; d.get = told('get ' + n); d.set = told('set ' + n);
  define(Object.prototype, n, d);
 });
 for (var i = 0; i < 4; i++) freeze(frozen[i]);
 var c = create('canvas'), x = c.getContext('2d');
 x.fillText('text', 1, 10);
 try { x.fillText({ toString: function () { return 'object' } }, 1, 10) } catch (e) { push('argument ' + e) }
 var url = c.toDataURL();
 var g = create('canvas').getContext('webgl'); g.getExtension('WEBGL_debug_renderer_info');
 new MutationObserver(function () {}).observe(document, { get subtree() { return true }, get childList() { return true } });
 document.documentElement.outerHTML;
 for (var k in window) if (ours(k)) push(k);
 if (source.bind(native)() !== 'function fillText() { [native code] }') push('source');
 if (!test(url)) push('url');
 if (Error.stackTraceLimit !== 3) push('limit');
 title.bind(document)(noticed || 'unnoticed');
</script>`))
	res := see(t, visitor(t, b), Visit{URL: "https://www.site.test/"})
	if res.Page.Title != "unnoticed" {
		t.Errorf("the page noticed: %s", res.Page.Title)
	}
	for _, api := range []string{
		"HTMLCanvasElement.getContext", "CanvasRenderingContext2D.fillText", "HTMLCanvasElement.toDataURL", "WebGLRenderingContext.getExtension", "MutationObserver.observe", "Element.outerHTML",
	} {
		if rowOf(res.Calls, api, "/").Count == 0 {
			t.Errorf("%s was not seen", api)
		}
	}
}

// Pages that call without end keep their time, the calls are counted up to a
// bound, and what is beyond is a gap.
func TestManyCalls(t *testing.T) {
	b, _ := start(t, webtest.MustText(`
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Calls</title><script>
 var c = document.createElement('canvas'), x = c.getContext('2d'), start = performance.now();
 for (var i = 0; i < 1000000; i++) { x.measureText('a'); navigator.platform }
 document.title = 'took ' + (performance.now() - start);
 screen.colorDepth;
</script>
-- frames.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Frames</title><script>
 for (var i = 0; i < 60; i++) { var f = document.createElement('iframe'); document.documentElement.append(f); f.contentWindow.navigator.platform; f.remove() }
 navigator.plugins;
</script>
-- spin.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Spins</title><script>new Worker('/spin.js'); navigator.plugins</script>
-- spin.test/spin.js --
navigator.platform; for (;;) navigator.languages;
`))
	v := visitor(t, b)
	res := see(t, v, Visit{URL: "https://www.site.test/"})
	m, p := rowOf(res.Calls, "CanvasRenderingContext2D.measureText", ".test/"), rowOf(res.Calls, "Navigator.platform", ".test/")
	if res.Page.Ended != "quiet" || m.Count != 600 || !m.Cut || p.Count != 100 || !p.Cut {
		t.Errorf("ended %s, %q: measured %d times (cut: %v), the platform read %d times (cut: %v)", res.Page.Ended, res.Page.Title, m.Count, m.Cut, p.Count, p.Cut)
	}
	if rowOf(res.Calls, "Screen.colorDepth", ".test/").Count != 1 {
		t.Error("what came after the million calls was not seen")
	}
	if len(res.Gaps) != 1 || res.Gaps[0].Kind != "bound" || !strings.Contains(res.Gaps[0].What, "CanvasRenderingContext2D.measureText, Navigator.platform") {
		t.Errorf("gaps %v", res.Gaps)
	}
	t.Log(res.Page.Title)

	res = see(t, v, Visit{URL: "https://frames.test/"})
	n := 0
	for _, c := range res.Calls {
		if c.Frame == "about:blank" && c.API == "Navigator.platform" {
			n += c.Count
		}
	}
	if res.Page.Ended != "quiet" || n != maxRealms || rowOf(res.Calls, "Navigator.plugins", ".test/").Count != 1 {
		t.Errorf("ended %s with gaps %v, %d of 60 frames were watched", res.Page.Ended, res.Gaps, n)
	}
	if len(res.Gaps) != 1 || !strings.Contains(res.Gaps[0].What, "the frames after the first 40") {
		t.Errorf("gaps %v", res.Gaps)
	}

	res = see(t, v, Visit{URL: "https://spin.test/", Budget: 6 * time.Second})
	if w := rowOf(res.Calls, "Navigator.languages", "/spin.js"); w.Count != 100 || !w.Cut {
		t.Errorf("the worker that spins: %+v", w)
	}
	if rowOf(res.Calls, "Navigator.plugins", ".test/").Count != 1 {
		t.Errorf("ended %s, gaps %v, calls %v", res.Page.Ended, res.Gaps, res.Calls)
	}
}

// TestReplacedBeforeUse: what is looked up only when it is first used is not
// taken from the page, which notices nothing, and the gap says what was missed.
func TestReplacedBeforeUse(t *testing.T) {
	t.Parallel()
	b, _ := start(t, webtest.MustText(`
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Replaced</title><script>
let noticed = 0;
const notice = (o) => new Proxy(o, new Proxy({}, { get: (_, trap) => { noticed++; return Reflect[trap]; } }));
WebGLRenderingContext.prototype.getParameter = function getParameter() { noticed++; };
WebGLRenderingContext.prototype.readPixels = WebGLRenderingContext.prototype.getExtension.bind(null);
globalThis.WebGL2RenderingContext = notice(WebGL2RenderingContext);
Function.prototype.toString = function () { noticed++; return ''; };
noticed = 0;
document.createElement('canvas').getContext('webgl');
document.createElement('canvas').getContext('webgl2');
addEventListener('load', () => setTimeout(() => fetch('/noticed-' + noticed), 50));
</script>
-- www.site.test/_any --
`))
	res := see(t, visitor(t, b), Visit{URL: "https://www.site.test/"})
	if find(res.Requests, "/noticed-0") == nil {
		t.Errorf("the page noticed something: %+v", res.Requests)
	}
	if len(res.Gaps) != 1 {
		t.Fatalf("gaps %+v, want one", res.Gaps)
	}
	for api, want := range map[string]bool{
		"WebGLRenderingContext.getParameter": true, "WebGLRenderingContext.readPixels": true, "WebGL2RenderingContext.getExtension": true,
		"WebGLRenderingContext.getExtension": false, "CanvasRenderingContext2D.fillText": false,
	} {
		if got := strings.Contains(res.Gaps[0].What, api); got != want || !strings.Contains(res.Gaps[0].Why, "replaced") {
			t.Errorf("%s is missed: %v, want %v: %+v", api, got, want, res.Gaps[0])
		}
	}
}
