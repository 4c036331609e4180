package behavior

import (
	"strings"

	"candor/analyzer/flow"
)

// Thresholds of session recording.
const (
	leastAttributes = 20 // elements whose attributes were read, of a snapshot
	leastListened   = 2  // kinds of what a visitor does
)

// recordings finds scripts that record what visitors see and do. One of a vendor
// that the knowledge base lists as session replay counts when it watches the
// page; any other script when it does all of: reads the document as a whole (the
// attributes of at least 20 elements, or the HTML of the page), watches its changes (MutationObserver over a whole tree, with
// attributes or text), listens to two kinds at least of what visitors do (mouse,
// touch, scrolling, input) on the whole page, and sends bodies to another party.
// Those are the parts of recorders as Acar, Englehardt and Narayanan, "No
// boundaries: Exfiltration of personal data by session-replay scripts" (PoPETs
// 2020), describe them.
//
// Misses: recorders that sample and were off in this visit, that send through
// another script or to a server of the site's own, and those that take pictures.
type recordings struct{ actors *actors }

func (d *recordings) end(s *scan) {
	for _, x := range d.actors.all {
		watches, deep := x.watches()
		if !watches {
			continue
		}
		listens := x.listens(visitorDoes, true)
		uploads, id, vendors := x.uploads()
		if known := s.who.At(x.script).Known; known != nil && len(known.Categories) > 0 && known.Categories[0] == "session_replay" {
			confidence := flow.Indirect
			if uploads > 0 {
				confidence = flow.Strong
			} else {
				id = x.has("MutationObserver.observe").id
			}
			x.saw(s, SessionRecording, confidence, id, "a session replay script watched the page")
			continue
		}
		snapshot := x.has("Element.attributes").count >= leastAttributes || x.has("Element.outerHTML").values["HTML"]
		if !deep || !snapshot || len(listens) < leastListened || uploads == 0 {
			continue
		}
		for _, vendor := range vendors {
			s.saw(sighting{
				kind: SessionRecording, vendor: vendor, script: x.script, page: x.page, state: x.state, evidence: id, confidence: flow.Strong,
				detail: "a script read the whole page, watched its changes and what the visitor does, and sent bodies", with: listens,
			})
		}
	}
}

// watches reports whether the script watches the whole page's changes, and
// whether it sees attributes or text, too.
func (x *actor) watches() (whole, deep bool) {
	for v := range x.has("MutationObserver.observe").values {
		node, options, _ := strings.Cut(v, " ")
		if (node == "#document" || node == "HTML" || node == "BODY") && strings.Contains(options, "subtree") {
			whole = true
			deep = deep || strings.Contains(options, "attributes") || strings.Contains(options, "characterData")
		}
	}
	return whole, deep
}

// visitorDoes are the events of what visitors do, by kind.
var visitorDoes = map[string]string{
	"click": "clicks", "dblclick": "clicks", "mousedown": "clicks", "mouseup": "clicks", "pointerdown": "clicks", "pointerup": "clicks", "contextmenu": "clicks", "auxclick": "clicks",
	"mousemove": "the mouse", "mouseover": "the mouse", "pointermove": "the mouse", "drag": "the mouse", "wheel": "scrolling", "scroll": "scrolling",
	"touchstart": "touch", "touchmove": "touch", "touchend": "touch", "touchcancel": "touch",
	"input": "input", "change": "input", "keydown": "keys", "keyup": "keys", "keypress": "keys", "beforeinput": "input", "selectionchange": "selection",
	"focus": "focus", "blur": "focus",
}

// typing are the events that tell keys and what is typed while it is typed.
var typing = map[string]string{"keydown": "keys", "keyup": "keys", "keypress": "keys", "input": "input", "beforeinput": "input"}

// listens returns the kinds of events that the script listens to, on the whole
// page or also on single fields, sorted.
func (x *actor) listens(kinds map[string]string, wholePage bool) []string {
	var out []string
	for v := range x.has("EventTarget.addEventListener").values {
		target, event, _ := strings.Cut(v, " ")
		if wholePage && target != "window" && target != "#document" && target != "HTML" && target != "BODY" {
			continue
		}
		if kind := kinds[event]; kind != "" {
			out = append(out, kind)
		}
	}
	return compact(out)
}
