package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"

	"candor/crawler/evidence"
)

const (
	// inPageLimit bounds what the page's own scripts may take to answer.
	inPageLimit = 2 * time.Second
	// maxClosedRoots bounds the closed shadow roots of a frame that are opened.
	maxClosedRoots = 50
	// maxTreeDepth bounds where they are looked for.
	maxTreeDepth = 200
)

// ErrFrameGone says that a frame is no longer there.
var ErrFrameGone = errors.New("the frame went away")

// Held is a page that is held open for somebody who acts on it. Everything that
// happens meanwhile is evidence of one visit.
type Held struct {
	window   *window
	deadline time.Time
}

// HeldFrame is a frame of a held page.
type HeldFrame struct{ ID, URL string }

// Hold visits an address, lets act work on the page, and returns what was seen
// as one visit of the kind "choice". The page is not scrolled, no form is filled
// and no timer is run ahead: it is as a person finds it. q.Budget bounds all of
// it. A page that failed is not shown to act. The error is that of act, or tells
// that the browser is lost.
func (v *Visitor) Hold(ctx context.Context, q Visit, act func(context.Context, *Held) error) (*Result, error) {
	w, err := v.take()
	if err != nil {
		return nil, err
	}
	defer v.release(w)
	now := w.context.browser.options.Now
	res := &Result{Page: evidence.Page{ID: q.ID, URL: q.URL, Kind: "choice", State: w.context.state, StartedAt: now().UTC(), Ended: "quiet"}}
	w.record.begin()
	h := &Held{window: w, deadline: time.Now().Add(q.Budget)}
	held, cancel := context.WithDeadline(ctx, h.deadline)
	defer cancel()
	w.focusable()
	failure := w.navigate(held, q, h.deadline)
	if failure == "" {
		if !w.wait(held, h.deadline, quietTime, true) {
			res.Page.Ended = "budget"
		}
		if !w.record.look().crashed {
			err = act(held, h)
			w.stepContents(ctx, q, res)
			w.leave(ctx)
		}
	}
	w.conclude(ctx, q, failure, res)
	res.Page.DurationMS = now().Sub(res.Page.StartedAt).Milliseconds()
	if lost := w.context.browser.Lost(); lost != nil {
		return res, lost
	}
	return res, errors.Join(err, ctx.Err())
}

// Frames are those that are there now, the page itself first.
func (h *Held) Frames() []HeldFrame {
	var out []HeldFrame
	for _, f := range h.window.record.present() {
		out = append(out, HeldFrame{string(f.id), bounded(f.url, maxURL)})
	}
	return out
}

func (h *Held) frame(id string) (*frame, error) {
	present := h.window.record.present()
	i := slices.IndexFunc(present, func(f frame) bool { return string(f.id) == id })
	if i < 0 {
		return nil, ErrFrameGone
	}
	return &present[i], nil
}

// Evaluate runs an expression in the collectors' world of a frame, waits for its
// promise and decodes the answer.
func (h *Held) Evaluate(ctx context.Context, id, expression string, answer any) error {
	f, err := h.frame(id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	res, err := f.evaluate(ctx, expression)
	if err != nil {
		return err
	}
	return answered(res, answer)
}

// EvaluateInPage runs an expression among the page's own scripts. One that takes
// too long is stopped.
func (h *Held) EvaluateInPage(ctx context.Context, id, expression string, answer any) error {
	f, err := h.frame(id)
	if err != nil {
		return err
	}
	if f.page == 0 {
		return errors.New("no script runs in the frame")
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	res, err := f.evaluateInPage(ctx, expression, inPageLimit)
	if err != nil {
		return err
	}
	return answered(res, answer)
}

func answered(res *runtime.RemoteObject, answer any) error {
	if len(res.Value) == 0 {
		return errors.New("the page answered nothing")
	}
	if err := json.Unmarshal(res.Value, answer); err != nil {
		return fmt.Errorf("read the page's answer: %w", err)
	}
	return nil
}

// Pierce makes the closed shadow roots of a frame known to what Evaluate runs
// in it, as the array globalThis.candorClosedRoots, and says how many they are.
func (h *Held) Pierce(ctx context.Context, id string) (int, error) {
	f, err := h.frame(id)
	if err != nil {
		return 0, err
	}
	if f.world == 0 {
		return 0, errors.New("the frame has no document yet")
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	s := f.owner.session
	tree, err := invoke(ctx, s, dom.GetDocument, dom.GetDocumentParams{Depth: new(int64(-1)), Pierce: new(true)})
	if err != nil {
		return 0, fmt.Errorf("look for closed shadow roots: %w", err)
	}
	document := documentOf(tree.Root, f.id, 0)
	if document == nil {
		document = tree.Root
	}
	var roots []cdp.BackendNodeID
	closedRoots(document, 0, &roots)
	if len(roots) == 0 {
		return 0, nil
	}
	var out struct{ N int }
	if err := h.Evaluate(ctx, id, `(globalThis.candorClosedRoots = [], {N: 0})`, &out); err != nil {
		return 0, err
	}
	n := 0
	for _, r := range roots {
		node, err := invoke(ctx, s, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: r, ExecutionContextID: f.world})
		if err != nil || node.Object == nil {
			continue // it went away
		}
		_, err = invoke(ctx, s, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
			FunctionDeclaration: `function () { globalThis.candorClosedRoots.push(this) }`, ObjectID: node.Object.ObjectID, Silent: new(true),
		})
		if err == nil {
			n++
		}
	}
	return n, nil
}

// documentOf finds the document of a frame in a tree with those of all frames
// of a process.
func documentOf(n *cdp.Node, id cdp.FrameID, depth int) *cdp.Node {
	if n == nil || depth > maxTreeDepth {
		return nil
	}
	if n.FrameID == id && n.ContentDocument != nil {
		return n.ContentDocument
	}
	for _, list := range [][]*cdp.Node{n.Children, n.ShadowRoots, {n.ContentDocument}} {
		for _, c := range list {
			if found := documentOf(c, id, depth+1); found != nil {
				return found
			}
		}
	}
	return nil
}

func closedRoots(n *cdp.Node, depth int, out *[]cdp.BackendNodeID) {
	if n == nil || depth > maxTreeDepth || len(*out) >= maxClosedRoots {
		return
	}
	if n.ShadowRootType == cdp.ShadowRootTypeClosed {
		*out = append(*out, n.BackendNodeID)
	}
	for _, list := range [][]*cdp.Node{n.ShadowRoots, n.Children} {
		for _, c := range list {
			closedRoots(c, depth+1, out)
		}
	}
}

// Click presses the left button of a mouse at a point of a frame's viewport.
func (h *Held) Click(ctx context.Context, id string, x, y float64) error {
	f, err := h.frame(id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	// The mouse is told where to go in the viewport of the frame's process.
	if f.id != h.window.record.frame {
		if at, err := h.ownerOf(ctx, f.owner, f.id); err == nil {
			x, y = x+at[0], y+at[1]
		}
	}
	return f.click(ctx, x, y)
}

// click moves the mouse there, presses and releases. A frame that went away by
// it took it.
func (f *frame) click(ctx context.Context, x, y float64) error {
	s := f.owner.session
	mouse := input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y}
	send(s, input.DispatchMouseEvent, mouse)
	mouse.Type, mouse.Button, mouse.ClickCount = input.DispatchMouseEventTypeMousePressed, input.MouseButtonLeft, 1
	send(s, input.DispatchMouseEvent, mouse)
	mouse.Type = input.DispatchMouseEventTypeMouseReleased
	if _, err := invoke(ctx, s, input.DispatchMouseEvent, mouse); err != nil && !errors.Is(err, errDetached) {
		return fmt.Errorf("the click was not taken: %w", err)
	}
	return nil
}

// Settle waits until the page is quiet after something was done to it, at most
// until ctx ends; it says whether it came to rest.
func (h *Held) Settle(ctx context.Context) bool {
	h.window.record.touch()
	return h.window.wait(ctx, h.deadline, quietTime, true)
}

// Await waits until something changed in the page: its tree, a request, a frame.
func (h *Held) Await(ctx context.Context) error {
	select {
	case <-h.window.record.changed:
		return nil
	case <-h.window.main.session.gone:
		return errDetached
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Goto loads an address in the window, the present one again with "", and waits
// until the page is quiet.
func (h *Held) Goto(ctx context.Context, address string) error {
	w := h.window
	w.record.again()
	if address == "" {
		address = w.record.mainURL()
	}
	if err := w.goTo(ctx, address); err != nil {
		return err
	}
	h.Settle(ctx)
	return nil
}

// URL is the address of the page.
func (h *Held) URL() string { return bounded(h.window.record.mainURL(), maxURL) }

// OffsetMS is the time since the visit began.
func (h *Held) OffsetMS() int64 { return h.window.record.since() }

// Picture takes a JPEG of an area of a frame's viewport; of the whole viewport
// of the page with nil.
func (h *Held) Picture(ctx context.Context, id string, area *evidence.Box) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, scrollLimit)
	defer cancel()
	params := page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatJpeg, Quality: new(int64(70)), OptimizeForSpeed: new(true)}
	if area != nil {
		f, err := h.frame(id)
		if err != nil {
			return nil, err
		}
		at, err := h.offset(ctx, f)
		if err != nil {
			return nil, err
		}
		params.Clip = &page.Viewport{X: area.X + at[0], Y: area.Y + at[1], Width: area.Width, Height: area.Height, Scale: 1}
	}
	res, err := invoke(ctx, h.window.main.session, page.CaptureScreenshot, params)
	if err != nil {
		return nil, fmt.Errorf("take a picture: %w", err)
	}
	return res.Data, nil
}

// offset is where a frame's viewport begins in the page: its clip is of the
// page, not of the viewport.
func (h *Held) offset(ctx context.Context, f *frame) (at [2]float64, err error) {
	var scrolled [2]float64
	main, err := h.frame(string(h.window.record.frame))
	if err != nil {
		return at, err
	}
	if err := h.Evaluate(ctx, string(main.id), `[scrollX, scrollY]`, &scrolled); err != nil {
		return at, err
	}
	if f.id == main.id {
		return scrolled, nil
	}
	at, err = h.ownerOf(ctx, h.window.main, f.id)
	return [2]float64{at[0] + scrolled[0], at[1] + scrolled[1]}, err
}

// ownerOf is where the element stands that shows a frame, in the viewport of the
// target that the element is in. It fails for the outermost frame of a target.
func (h *Held) ownerOf(ctx context.Context, of *observed, id cdp.FrameID) (at [2]float64, err error) {
	s := of.session
	owner, err := invoke(ctx, s, dom.GetFrameOwner, dom.GetFrameOwnerParams{FrameID: id})
	if err != nil {
		return at, fmt.Errorf("find the frame's place: %w", err)
	}
	box, err := invoke(ctx, s, dom.GetBoxModel, dom.GetBoxModelParams{BackendNodeID: owner.BackendNodeID})
	if err != nil {
		return at, fmt.Errorf("find the frame's place: %w", err)
	}
	if box.Model == nil || len(box.Model.Content) < 2 {
		return at, errors.New("the frame is not shown")
	}
	return [2]float64{box.Model.Content[0], box.Model.Content[1]}, nil
}

// Cookies are the names and values in the visitor's jar now.
func (h *Held) Cookies(ctx context.Context) ([]evidence.SentCookie, error) {
	c := h.window.context
	res, err := invoke(ctx, c.browser.conn.root, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: c.id})
	if err != nil {
		return nil, fmt.Errorf("read cookies: %w", err)
	}
	var out []evidence.SentCookie
	for _, k := range res.Cookies {
		if k != nil {
			out = append(out, evidence.SentCookie{Name: bounded(k.Name, 300), Value: bounded(k.Value, 4096), Domain: k.Domain})
		}
	}
	slices.SortFunc(out, func(a, b evidence.SentCookie) int {
		return slices.Compare([]string{a.Domain, a.Name, a.Value}, []string{b.Domain, b.Name, b.Value})
	})
	return out, nil
}
