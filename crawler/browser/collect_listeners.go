package browser

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/chromedp/cdproto/domdebugger"
	"github.com/chromedp/cdproto/runtime"

	"candor/crawler/evidence"
)

// Bounds of what is read of listeners.
const (
	maxListening   = 10 // frames that are asked
	maxScripts     = 5000
	listenersLimit = time.Second
)

// listenedNames are the first objects whose listeners are told, as hook.js
// lists them; the others are fields. The browser tells a world's listeners for
// that world's objects only, so they are the page's.
var listenedNames = []string{"window", "#document", "HTML", "BODY"}

// named remembers the address of a script of this target.
func (o *observed) named(id, url string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if url != "" && len(o.scripts) < maxScripts {
		if o.scripts == nil {
			o.scripts = map[string]string{}
		}
		o.scripts[id] = bounded(url, maxURL)
	}
}

func (o *observed) scriptURL(id string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.scripts[id]
}

// listeners notes which scripts listen to what, as rows of calls. To watch
// addEventListener itself would cost pages dear that have thousands; what was
// removed again is not seen.
func (w *window) listeners(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, listenersLimit)
	defer cancel()
	frames := w.record.present()
	var wg sync.WaitGroup
	found := make([]map[string][]string, len(frames))
	for i, f := range frames[:min(len(frames), maxListening)] {
		if f.page != 0 {
			wg.Go(func() { found[i] = f.listeners(ctx, w.context.secret+"('listened')") })
		}
	}
	wg.Wait()
	now := w.context.browser.options.Now()
	for i, f := range frames {
		for n, script := range slices.Sorted(maps.Keys(found[i])) {
			all := found[i][script]
			slices.Sort(all)
			kinds := slices.Compact(slices.Clone(all))
			c := &evidence.Call{
				Frame: f.url, Target: w.record.targetAt(f.owner, f.site, f.url), Script: script, API: "EventTarget.addEventListener",
				Count: len(all), Distinct: min(len(kinds), 200), Values: kinds[:min(len(kinds), maxValues)],
			}
			w.record.addCall(callKey{f.owner, int64(f.page), strconv.Itoa(-1 - n)}, c, now)
		}
	}
}

// listeners returns the kinds of events of a frame by the script that listens:
// "#document click".
func (f *frame) listeners(ctx context.Context, objects string) map[string][]string {
	s := f.owner.session
	res, err := invoke(ctx, s, runtime.Evaluate, runtime.EvaluateParams{Expression: objects, ContextID: f.page, Silent: new(true)})
	if err != nil || res.Result == nil || res.Result.ObjectID == "" {
		return nil
	}
	defer send(s, runtime.ReleaseObject, runtime.ReleaseObjectParams{ObjectID: res.Result.ObjectID})
	list, err := invoke(ctx, s, runtime.GetProperties, runtime.GetPropertiesParams{ObjectID: res.Result.ObjectID, OwnProperties: new(true)})
	if err != nil {
		return nil
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	out := map[string][]string{}
	for _, p := range list.Result {
		n, err := strconv.Atoi(p.Name)
		if err != nil || p.Value == nil || p.Value.ObjectID == "" {
			continue
		}
		name := "field"
		if n < len(listenedNames) {
			name = listenedNames[n]
		}
		wg.Go(func() {
			got, err := invoke(ctx, s, domdebugger.GetEventListeners, domdebugger.GetEventListenersParams{ObjectID: p.Value.ObjectID})
			send(s, runtime.ReleaseObject, runtime.ReleaseObjectParams{ObjectID: p.Value.ObjectID})
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, l := range got.Listeners {
				if script := f.owner.scriptURL(string(l.ScriptID)); script != "" && script != hookURL && len(out) < 200 {
					out[script] = append(out[script], name+" "+bounded(l.Type, 60))
				}
			}
		})
	}
	wg.Wait()
	return out
}
