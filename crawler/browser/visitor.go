package browser

import (
	"context"
	"time"
)

// Visitor makes visits one after the other, each in a tab of its own. Tabs
// follow one another in the visitor's window: a window costs more than a tab,
// and of several tabs in one window only the one in front is painted.
type Visitor struct {
	context *Context
	ctx     context.Context // of its windows: the visitor's life, not one visit's
	first   chan opened     // nil when it was taken
	last    *window         // made the last visit and went to an empty page; nil for none
	failed  error
}

type opened struct {
	window *window
	err    error
}

// NewVisitor prepares a visitor's first window. Several visitors of one
// context share its cookies, like windows of one browser.
func (c *Context) NewVisitor(ctx context.Context) *Visitor {
	v := &Visitor{context: c, ctx: ctx, first: make(chan opened, 1)}
	go func() {
		w, err := c.open(ctx, nil)
		v.first <- opened{w, err}
	}()
	return v
}

// Closed returns a visitor whose visits all fail with err.
func Closed(err error) *Visitor {
	return &Visitor{failed: err}
}

// Close closes the visitor's window.
func (v *Visitor) Close() {
	if v.first != nil {
		v.last = (<-v.first).window
		v.first = nil
	}
	v.closeLast()
}

func (v *Visitor) closeLast() {
	if v.last != nil {
		v.last.close()
		v.last = nil
	}
}

// take gives a tab for one visit, which ends with release.
func (v *Visitor) take() (*window, error) {
	if v.failed != nil {
		return nil, v.failed
	}
	if v.first != nil {
		o := <-v.first
		v.first = nil
		return o.window, o.err
	}
	w, err := v.context.open(v.ctx, v.last)
	v.closeLast() // not before: a window ends with its last tab
	return w, err
}

// release ends a visit's tab, or keeps it for the next one to follow.
func (v *Visitor) release(w *window) {
	w.end()
	if s := w.record.look(); s.left && !s.crashed {
		v.last = w
		return
	}
	w.close()
}

// Visit visits one address. The error is not nil only when the browser is lost
// or ctx ended; what a page does wrong is in the result.
func (v *Visitor) Visit(ctx context.Context, q Visit) (*Result, error) {
	w, err := v.take()
	if err != nil {
		return nil, err
	}
	if q.Budget <= 0 {
		q.Budget = 20 * time.Second
	}
	res, err := w.visit(ctx, q)
	if err == nil && w.follows && w.closedItself() {
		// A page may close a tab that a script opened, and no other: it is visited
		// in a window of its own, where it stays as in a visitor's.
		v.release(w)
		if w, err = v.context.open(v.ctx, nil); err != nil {
			return nil, err
		}
		res, err = w.visit(ctx, q)
	}
	v.release(w)
	return res, err
}

func (w *window) closedItself() bool {
	select {
	case <-w.main.session.gone:
		return !w.record.look().crashed
	default:
		return false
	}
}

// end ends the visit: what comes from now on is not its evidence, and what the
// page opened is closed.
func (w *window) end() {
	w.context.forget(w)
	for _, id := range w.record.openPopups() {
		w.context.closeTarget(id)
	}
}

func (w *window) close() {
	w.end()
	w.context.closeTarget(w.id)
}
