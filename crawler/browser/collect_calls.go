package browser

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/runtime"

	"candor/crawler/evidence"
)

// watched are the functions whose calls are reported. A breakpoint on the
// function itself sees every call, whatever the page puts in front of it, and
// leaves the page's world as it is. Setting the first one of a function in a
// process makes V8 walk the heap, one to three milliseconds; a call costs about
// 60 µs. So the list is short and set before the visit begins, what only secure
// contexts have (group: "secure") as well where the new tab's empty document is
// one; what is rare is watched from the first sign of its use on (group: "canvas"
// from the first context on, "webgl" and "webgl2" from one of their kind,
// "offscreen", "audio", "device" from the number of processors or the size of the
// memory on), and after limit calls in a document a function is watched no longer.
// To look up the functions of WebGL's classes, with their hundreds of constants,
// takes as long as all others, so they are looked up at the first context
// ("late"): one that the page replaced by then is not watched, which is a gap.
// The first of a group, but for "secure", is called without an object to see
// whether it is watched already: it must throw then, and return no promise.
var watched = []struct {
	group string
	note  string // how hook.js sums up the arguments
	api   string // for writes the kind of the write
	limit int
	find  string // the function, as an expression in a new document
}{
	{"", "write", "storage", 2000, "method('Storage', 'setItem')"},
	{"", "write", "cookie", 2000, "setter('Document', 'cookie')"},
	{"secure", "write", "cookiestore", 2000, "method('CookieStore', 'set')"},
	{"", "write", "indexeddb", 500, "method('IDBFactory', 'open')"},
	{"secure", "write", "cache", 500, "method('CacheStorage', 'open')"},
	{"", "write", "permission:geolocation", 100, "method('Geolocation', 'getCurrentPosition')"},
	{"", "write", "permission:geolocation", 100, "method('Geolocation', 'watchPosition')"},
	{"", "write", "permission:notifications", 100, "globalThis.Notification?.requestPermission"},
	{"secure", "write", "permission:camera or microphone", 100, "method('MediaDevices', 'getUserMedia')"},
	{"secure", "write", "permission:clipboard", 100, "method('Clipboard', 'readText')"},
	{"secure", "write", "permission:clipboard", 100, "method('Clipboard', 'read')"},
	{"secure", "write", "permission:push", 100, "method('PushManager', 'subscribe')"},

	{"", "meet", "Location.ancestorOrigins", 1000, "globalThis.parent && own(location, 'ancestorOrigins')?.get"},
	{"", "context", "HTMLCanvasElement.getContext", 200, "method('HTMLCanvasElement', 'getContext')"},
	{"canvas", "read", "HTMLCanvasElement.toDataURL", 50, "method('HTMLCanvasElement', 'toDataURL')"},
	{"canvas", "read", "HTMLCanvasElement.toBlob", 50, "method('HTMLCanvasElement', 'toBlob')"},
	{"canvas", "pixels", "CanvasRenderingContext2D.getImageData", 200, "method('CanvasRenderingContext2D', 'getImageData')"},
	{"canvas", "draw", "CanvasRenderingContext2D.fillText", 400, "method('CanvasRenderingContext2D', 'fillText')"},
	{"canvas", "draw", "CanvasRenderingContext2D.strokeText", 400, "method('CanvasRenderingContext2D', 'strokeText')"},
	{"canvas", "measure", "CanvasRenderingContext2D.measureText", 600, "method('CanvasRenderingContext2D', 'measureText')"},
	{"canvas", "state", "CanvasRenderingContext2D.save", 200, "method('CanvasRenderingContext2D', 'save')"},
	{"", "context", "OffscreenCanvas.getContext", 200, "method('OffscreenCanvas', 'getContext')"},
	{"offscreen", "pixels", "OffscreenCanvasRenderingContext2D.getImageData", 200, "method('OffscreenCanvasRenderingContext2D', 'getImageData')"},
	{"offscreen", "read", "OffscreenCanvas.convertToBlob", 50, "method('OffscreenCanvas', 'convertToBlob')"},
	{"offscreen", "draw", "OffscreenCanvasRenderingContext2D.fillText", 400, "method('OffscreenCanvasRenderingContext2D', 'fillText')"},
	{"offscreen", "measure", "OffscreenCanvasRenderingContext2D.measureText", 600, "method('OffscreenCanvasRenderingContext2D', 'measureText')"},
	{"offscreen", "state", "OffscreenCanvasRenderingContext2D.save", 200, "method('OffscreenCanvasRenderingContext2D', 'save')"},

	{"webgl", "parameter", "WebGLRenderingContext.getParameter", 300, "late('WebGLRenderingContext', 'getParameter')"},
	{"webgl", "call", "WebGLRenderingContext.getExtension", 200, "late('WebGLRenderingContext', 'getExtension')"},
	{"webgl", "call", "WebGLRenderingContext.getSupportedExtensions", 50, "late('WebGLRenderingContext', 'getSupportedExtensions')"},
	{"webgl", "call", "WebGLRenderingContext.getShaderPrecisionFormat", 100, "late('WebGLRenderingContext', 'getShaderPrecisionFormat')"},
	{"webgl", "pixels", "WebGLRenderingContext.readPixels", 50, "late('WebGLRenderingContext', 'readPixels')"},
	{"webgl2", "parameter", "WebGL2RenderingContext.getParameter", 300, "late('WebGL2RenderingContext', 'getParameter')"},
	{"webgl2", "call", "WebGL2RenderingContext.getExtension", 200, "late('WebGL2RenderingContext', 'getExtension')"},
	{"webgl2", "call", "WebGL2RenderingContext.getSupportedExtensions", 50, "late('WebGL2RenderingContext', 'getSupportedExtensions')"},
	{"webgl2", "call", "WebGL2RenderingContext.getShaderPrecisionFormat", 100, "late('WebGL2RenderingContext', 'getShaderPrecisionFormat')"},
	{"webgl2", "pixels", "WebGL2RenderingContext.readPixels", 50, "late('WebGL2RenderingContext', 'readPixels')"},

	{"", "audio", "OfflineAudioContext", 50, "globalThis.OfflineAudioContext"},
	{"", "audio", "AudioContext", 50, "globalThis.AudioContext"},
	{"audio", "samples", "AudioBuffer.getChannelData", 100, "method('AudioBuffer', 'getChannelData')"},
	{"audio", "call", "AudioBuffer.copyFromChannel", 100, "method('AudioBuffer', 'copyFromChannel')"},
	{"audio", "call", "BaseAudioContext.createOscillator", 100, "method('BaseAudioContext', 'createOscillator')"},
	{"audio", "call", "BaseAudioContext.createDynamicsCompressor", 100, "method('BaseAudioContext', 'createDynamicsCompressor')"},
	{"audio", "call", "OfflineAudioContext.startRendering", 50, "method('OfflineAudioContext', 'startRendering')"},
	{"audio", "call", "AnalyserNode.getFloatFrequencyData", 100, "method('AnalyserNode', 'getFloatFrequencyData')"},
	{"audio", "call", "AnalyserNode.getByteFrequencyData", 100, "method('AnalyserNode', 'getByteFrequencyData')"},

	{"", "call", "Navigator.platform", 100, "getter('Navigator', 'platform')"},
	{"", "call", "Navigator.languages", 100, "getter('Navigator', 'languages')"},
	{"", "device", "Navigator.hardwareConcurrency", 100, "getter('Navigator', 'hardwareConcurrency')"},
	{"secure", "device", "Navigator.deviceMemory", 100, "getter('Navigator', 'deviceMemory')"},
	{"device", "call", "Navigator.maxTouchPoints", 100, "getter('Navigator', 'maxTouchPoints')"},
	{"", "call", "Navigator.plugins", 100, "getter('Navigator', 'plugins')"},
	{"device", "call", "Navigator.vendor", 100, "getter('Navigator', 'vendor')"},
	{"", "call", "Screen.colorDepth", 100, "getter('Screen', 'colorDepth')"},
	{"device", "call", "Screen.availWidth", 100, "getter('Screen', 'availWidth')"},
	{"device", "call", "Intl.DateTimeFormat.resolvedOptions", 100, "Intl.DateTimeFormat.prototype.resolvedOptions"},
	{"device", "call", "NavigatorUAData.getHighEntropyValues", 50, "method('NavigatorUAData', 'getHighEntropyValues')"},
	{"device", "call", "MediaDevices.enumerateDevices", 50, "method('MediaDevices', 'enumerateDevices')"},
	{"device", "call", "Navigator.getBattery", 50, "method('Navigator', 'getBattery')"},
	{"device", "call", "SpeechSynthesis.getVoices", 50, "method('SpeechSynthesis', 'getVoices')"},

	{"", "layout", "HTMLElement.offsetWidth", 800, "getter('HTMLElement', 'offsetWidth')"},
	{"", "observe", "MutationObserver.observe", 200, "method('MutationObserver', 'observe')"},
	{"", "node", "Element.attributes", 200, "getter('Element', 'attributes')"},
	{"", "node", "Element.outerHTML", 200, "getter('Element', 'outerHTML')"},
	{"", "field", "HTMLInputElement.value", 400, "getter('HTMLInputElement', 'value')"},
	{"", "field", "HTMLTextAreaElement.value", 400, "getter('HTMLTextAreaElement', 'value')"},
}

// Bounds of what one visit records of calls.
const (
	maxCalls    = 1000
	maxRealms   = 40  // frames of one process that are watched; each makes V8 walk the heap
	maxContexts = 300 // documents and workers that are asked for their last counts
	maxValues   = 200
	maxTexts    = 10
	maxContent  = 32 << 10
	tellLimit   = time.Second
)

// watchList writes the list for hook.js and arm.js.
func watchList(writesOnly bool) string {
	var b strings.Builder
	for _, f := range watched {
		if !writesOnly || f.note == "write" {
			fmt.Fprintf(&b, "  watch(%q, %q, %q, %d, %s);\n", f.group, f.note, f.api, f.limit, f.find)
		}
	}
	return b.String()
}

// hook is the script that watches in the targets of a session. A breakpoint
// belongs to a session, and several may share a process, so its condition says
// whose it is.
func (c *Context) hook(session int64) string {
	return fmt.Sprintf(hookJS, c.secret, session, c.watches, maxRealms, findJS, c.condition(session, "g[i]"))
}

// arm is the script that sets the first breakpoints ahead of the visit.
func (c *Context) arm(session int64) string {
	return fmt.Sprintf(armJS, c.watches, findJS, c.condition(session, "number"))
}

// condition is the expression of a breakpoint's condition; number is the
// expression of the function's number. The first one that a function gets in a
// session stays.
func (c *Context) condition(session int64, number string) string {
	return fmt.Sprintf(`"typeof %[1]s==='function'&&%[1]s(%[2]d,"+%[3]s+",arguments,this)"`, c.secret, session, number)
}

// callKey is a row of one document or worker.
type callKey struct {
	owner   *observed
	context int64
	row     string // as the document's hook names it, which is unguessable
}

// hooked is a document or worker in which hook.js runs.
type hooked struct {
	owner   *observed
	context int64
}

func (r *record) addHooked(o *observed, context int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.hooked) < maxContexts {
		r.hooked = append(r.hooked, hooked{o, context})
	} else if what := "documents and workers that are asked what they called"; !r.bounds[what] {
		r.bounds[what] = true
		o.watchNoFurther()
	}
}

// addCall notes a row of a document or worker, whose earlier state it replaces.
func (r *record) addCall(key callKey, c *evidence.Call, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.calls[key]; old != nil {
		c.OffsetMS = old.OffsetMS
		if c.Content == "" {
			c.Content = old.Content
		}
		*old = *c
		return
	}
	if len(r.calls) >= maxCalls {
		r.bounds["rows of what scripts called"] = true
		return
	}
	c.OffsetMS = max(at.Sub(r.started).Milliseconds(), 0)
	r.calls[key] = c
	r.callOrder = append(r.callOrder, c)
}

// unwatched notes that a function was called so often that it is no longer
// watched.
func (r *record) unwatched(api string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if api == "frames" {
		api = fmt.Sprintf("the frames after the first %d", maxRealms)
		if !slices.Contains(r.cut, api) {
			r.cut = append(r.cut, api)
		}
		return
	}
	for _, f := range watched {
		if f.api == api && f.note == "write" {
			r.bounds["cookie and storage writes"] = true
			return
		} else if f.api == api && !slices.Contains(r.cut, api) {
			r.cut = append(r.cut, api)
		}
	}
}

// replaced notes that a function could not be watched from the first sign of its
// use on, because the page had put another in its place.
func (r *record) replaced(api string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range watched {
		if f.api == api && !slices.Contains(r.hidden, api) {
			r.hidden = append(r.hidden, api)
		}
	}
}

// callGap says which functions were called more often than is counted, and which
// were not watched.
func (r *record) callGap(q Visit, state evidence.State) (gaps []evidence.Gap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range []struct {
		apis      []string
		why, kind string
	}{
		{r.cut, "they were so many that watching on would slow the page", "bound"},
		{r.hidden, "the page had replaced what it calls before it was used for the first time", "other"},
	} {
		if len(g.apis) > 0 {
			slices.Sort(g.apis)
			gaps = append(gaps, evidence.Gap{What: "calls of " + strings.Join(g.apis, ", ") + " by " + q.URL, Why: g.why, Kind: g.kind, Page: q.ID, State: state})
		}
	}
	return gaps
}

// takeCalls returns the calls in the order in which they came.
func (r *record) takeCalls(page string, state evidence.State) []evidence.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]evidence.Call, 0, len(r.callOrder))
	for i, c := range r.callOrder {
		c.ID, c.Page, c.State = fmt.Sprintf("%s/c%04d", page, i+1), page, state
		out = append(out, *c)
	}
	return out
}

// tellCalls asks every document and worker for what it has not told yet.
func (w *window) tellCalls(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	r := w.record
	r.mu.Lock()
	all := r.hooked
	r.mu.Unlock()
	var answers sync.WaitGroup
	for _, h := range all {
		answers.Go(func() {
			_, _ = invoke(ctx, h.owner.session, runtime.Evaluate, runtime.EvaluateParams{
				Expression: w.context.secret + "('tell')", ContextID: runtime.ExecutionContextID(h.context), Silent: new(true),
			}) // it may be gone, or too busy: what it told before stays
		})
	}
	answers.Wait()
}

// parseCall reads a row as hook.js tells it: kind, address and origin of the
// document, stack of the first call, then the row. All of it is made of what
// the page passed.
func parseCall(payload string) (row, origin string, c *evidence.Call, ok bool) {
	f := strings.Split(payload, "\u0001")
	if len(f) != 18 || f[0] != "call" {
		return "", "", nil, false
	}
	numbers := make([]int, len(f))
	for _, i := range []int{7, 8, 9, 10, 11, 12, 13, 14} {
		n, err := strconv.Atoi(f[i])
		if err != nil || n < 0 {
			return "", "", nil, false
		}
		numbers[i] = n
	}
	c = &evidence.Call{
		Frame: bounded(f[1], maxURL), Stack: parseStack(f[3]), API: bounded(f[5], 100), Script: bounded(f[6], maxURL),
		Count: numbers[7], Cut: numbers[8] == 1, Object: numbers[9], Width: numbers[10], Height: numbers[11],
		Chars: numbers[12], Distinct: numbers[13], Length: numbers[14],
		Texts: set(f[15], maxTexts), Values: set(f[16], maxValues), Content: bounded(f[17], maxContent),
	}
	return bounded(f[4], 60), bounded(f[2], maxURL), c, true
}

func set(s string, limit int) []string {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, "\u0002")
	for i := range parts {
		parts[i] = bounded(parts[i], 1000)
	}
	return parts[:min(len(parts), limit)]
}
