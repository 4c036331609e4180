package behavior

import (
	"slices"
	"strconv"
	"strings"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// maxActors bounds the scripts of all pages that are told apart.
const maxActors = 20_000

// actors sums up what each script of each page called and sent, for the
// detectors that look at scripts.
type actors struct {
	all    map[actorKey]*actor
	byPage map[string][]*actor
}

type actorKey struct{ page, script string }

// actor is one script of one page.
type actor struct {
	page, script string
	vendor       string // behind the script; "" when it is the site's or a host of files
	state        evidence.State
	canvases     map[canvasKey]*canvas
	called       map[string]*calls // API, without what tells workers' and documents' apart
	contents     []content
	sent         []sending
}

// canvasKey is a canvas: its number in a document of the page.
type canvasKey struct {
	frame  string
	object int
}

type canvas struct {
	width, height int
	chars         int
	colors        map[string]bool
	texts         []string
	saved, webgl  bool
	read          string // id of the call that read the picture; "" when none did
	pixels        string // … that read at least 16 × 16 pixels
	lossy         bool
}

type calls struct {
	id     string // of the first
	count  int
	values map[string]bool
	most   int // the most distinct values of one row
	rows   []*row
}

// row is what a detector needs of one record.
type row struct {
	id                     string
	count, distinct, texts int
	values                 []string
}

// content is what a read-out returned.
type content struct {
	id, api, value string
	offset         int64
}

// sending is a request of the script to another party.
type sending struct {
	id, vendor string
	body       bool
	offset     int64
	tells      bool // it carries an identifier
}

func newActors() *actors {
	return &actors{all: map[actorKey]*actor{}, byPage: map[string][]*actor{}}
}

func (a *actors) of(s *scan, page, script string, state evidence.State) *actor {
	if len(script) > 4*maxText {
		script = script[:4*maxText]
	}
	key := actorKey{page, script}
	x := a.all[key]
	if x == nil && len(a.all) < maxActors {
		x = &actor{page: page, script: script, vendor: s.vendor(script), state: state, canvases: map[canvasKey]*canvas{}, called: map[string]*calls{}}
		a.all[key] = x
		a.byPage[page] = append(a.byPage[page], x)
	}
	return x
}

// vendor is the other party behind a script, unless it only delivers files.
func (s *scan) vendor(script string) string {
	if p := s.who.At(script); p.Third() && !p.Plain {
		return p.Vendor
	}
	return ""
}

func (a *actors) call(s *scan, c *evidence.Call) {
	script := c.Script
	if script == "" {
		script = c.Frame
	}
	x := a.of(s, c.Page, script, c.State)
	if x == nil {
		return
	}
	api := strings.TrimPrefix(c.API, "Offscreen") // the same, off the screen
	api = strings.Replace(strings.TrimPrefix(api, "HTML"), "WebGL2", "WebGL", 1)
	k := x.called[api]
	if k == nil {
		k = &calls{id: c.ID, values: map[string]bool{}}
		x.called[api] = k
	}
	k.id = min(k.id, c.ID)
	k.count += c.Count
	k.most = max(k.most, c.Distinct)
	if len(k.rows) < 20 {
		k.rows = append(k.rows, &row{id: c.ID, count: c.Count, distinct: c.Distinct, texts: len(c.Texts), values: c.Values})
	}
	for _, v := range c.Values {
		if len(k.values) < 300 {
			k.values[v] = true
		}
	}
	x.draws(api, c)
	if c.Content != "" && len(x.contents) < 10 {
		x.contents = append(x.contents, content{id: c.ID, api: api, value: c.Content, offset: c.OffsetMS})
	}
	if api == "WebGLRenderingContext.getParameter" {
		for _, v := range c.Values {
			if name, card, ok := strings.Cut(v, "="); ok && name == unmaskedRenderer && len(x.contents) < 10 {
				x.contents = append(x.contents, content{id: c.ID, api: api, value: card, offset: c.OffsetMS})
			}
		}
	}
}

// draws keeps what concerns one canvas.
func (x *actor) draws(api string, c *evidence.Call) {
	name, does, _ := strings.Cut(api, ".")
	if c.Object == 0 || name != "Canvas" && name != "CanvasElement" && name != "CanvasRenderingContext2D" {
		return
	}
	key := canvasKey{c.Frame, c.Object}
	v := x.canvases[key]
	if v == nil {
		if len(x.canvases) >= 100 {
			return
		}
		v = &canvas{colors: map[string]bool{}}
		x.canvases[key] = v
	}
	switch does {
	case "getContext":
		v.webgl = v.webgl || slices.ContainsFunc(c.Values, func(t string) bool { return strings.Contains(t, "webgl") })
	case "fillText", "strokeText":
		v.width, v.height = max(v.width, c.Width), max(v.height, c.Height)
		v.chars = max(v.chars, c.Chars)
		v.texts = append(v.texts, c.Texts...)
		for _, color := range c.Values {
			v.colors[color] = true
		}
	case "save":
		v.saved = true
	case "toDataURL", "toBlob", "convertToBlob":
		v.width, v.height = max(v.width, c.Width), max(v.height, c.Height)
		v.read = first(v.read, c.ID)
		v.lossy = len(c.Values) > 0 && !slices.ContainsFunc(c.Values, func(t string) bool { return t != "image/jpeg" && t != "image/webp" })
	case "getImageData":
		if c.Width*c.Height >= leastCanvas*leastCanvas {
			v.pixels = first(v.pixels, c.ID)
		}
	}
}

// request keeps what scripts sent to others. A script sent what it, or another
// script of its vendor, is anywhere in the stack of.
func (a *actors) request(s *scan, x *flow.Exchange) {
	to, ok := receiver(x)
	if !ok {
		return
	}
	list := a.byPage[x.Page]
	if len(list) == 0 {
		return
	}
	asked, tells := false, false
	scripts, vendors := map[string]bool{x.Script: true}, map[string]bool{s.vendor(x.Script): true}
	for _, f := range x.Initiator.Stack {
		if !scripts[f.URL] {
			scripts[f.URL], vendors[s.vendor(f.URL)] = true, true
		}
	}
	for _, y := range list {
		if !scripts[y.script] && (y.vendor == "" || !vendors[y.vendor]) {
			continue
		}
		if len(y.sent) >= 50 {
			continue
		}
		if !asked {
			asked, tells = true, len(x.Tells()) > 0
		}
		y.sent = append(y.sent, sending{id: x.ID, vendor: to.Vendor, body: x.PostBytes > 0 || len(x.Messages) > 0, offset: x.OffsetMS, tells: tells})
	}
}

// saw reports something that a script did.
func (x *actor) saw(s *scan, kind Kind, confidence flow.Confidence, evidence, detail string, with ...string) {
	s.saw(sighting{
		kind: kind, vendor: s.who.At(x.script).Vendor, script: x.script, detail: detail, with: with, confidence: confidence,
		page: x.page, state: x.state, evidence: evidence,
	})
}

// has returns what was called of a function, or nothing.
func (x *actor) has(api string) calls {
	if k := x.called[api]; k != nil {
		return *k
	}
	return calls{}
}

// uploads are the bodies that the script sent to other parties.
func (x *actor) uploads() (n int, id string, vendors []string) {
	for _, q := range x.sent {
		if q.body {
			n++
			id = first(id, q.id)
			vendors = append(vendors, q.vendor)
		}
	}
	slices.Sort(vendors)
	return n, id, slices.Compact(vendors)
}

// first is the smaller of two ids, of which the former may be missing.
func first(a, b string) string {
	if a == "" {
		return b
	}
	return min(a, b)
}

// figures says how many there were at least, in steps that do not change from
// one visit to the next.
func figures(n int, steps ...int) string {
	for i := len(steps) - 1; i >= 0; i-- {
		if n >= steps[i] {
			return "at least " + strconv.Itoa(steps[i])
		}
	}
	return strconv.Itoa(n)
}
