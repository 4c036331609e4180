package browser

import (
	"context"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"

	"github.com/chromedp/cdproto/cdp"
)

// The waiting of a visit. A page is quiet when its load event has come, no
// request that matters is under way and the tree did not change for quietTime.
const (
	quietTime  = 150 * time.Millisecond
	settleTime = 60 * time.Millisecond // after scrolling
	// stalledTime is how long nothing may happen on a page whose tree is whole
	// but whose load event does not come.
	stalledTime = 1500 * time.Millisecond
	// patience bounds how long changes of the tree alone keep a loaded page
	// from being quiet: some animate for ever.
	patience = 4 * time.Second
	// timersAhead is how far pending timers are run ahead: tag managers delay
	// by 2 to 5 s.
	timersAhead = 6 * time.Second
	// timersLimit bounds the real time that this may take.
	timersLimit = 2500 * time.Millisecond
	beaconTime  = 60 * time.Millisecond
	// leaveLimit bounds going away, with the answers to what was sent then;
	// sentLimit is what it takes at most until that is sent, if it ever is: a
	// request that may not outlive its document is not.
	leaveLimit = 3 * time.Second
	sentLimit  = 500 * time.Millisecond
	// followLimit bounds opening the next tab from the present one; then a window
	// is opened.
	followLimit = 3 * time.Second
	frameLimit  = time.Second
	// lookLimit is what a page that used up its budget still gets to be read.
	lookLimit = 3 * time.Second
	// scrollLimit bounds scrolling and the picture.
	scrollLimit = 4 * time.Second
	jarLimit    = 15 * time.Second
	// overtime is what a visit may take beyond its budget.
	overtime = lookLimit + callLimit + leaveLimit + jarLimit
)

// wait returns true when the page is quiet and false when the deadline came
// first or there is nothing more to wait for.
func (w *window) wait(ctx context.Context, deadline time.Time, quiet time.Duration, load bool) bool {
	r := w.record
	document, loadedAt := 0, time.Time{}
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		s, t := r.look(), time.Now()
		if s.documents != document {
			document, loadedAt = s.documents, time.Time{}
		}
		if s.loaded && loadedAt.IsZero() {
			loadedAt = t
		}
		idle := t.Sub(s.last)
		// A page that still waits for an image that never ends is ready too.
		ready := s.loaded || !load || s.parsed && s.open == 0 && idle >= stalledTime
		switch {
		case s.tooLarge != "" || s.documents > maxDocuments:
			send(w.main.session, page.StopLoading, cdp.Empty{})
			return false
		case s.crashed || !t.Before(deadline):
			return false
		case s.halted && idle >= quiet:
			w.resume()
		case ready && s.open == 0 && idle >= quiet:
			return true
		case ready && s.open == 0 && !loadedAt.IsZero() && t.Sub(loadedAt) > patience:
			return true
		}
		next := max(quiet-idle, 10*time.Millisecond)
		if s.open > 0 || !ready {
			next = 200 * time.Millisecond // nothing tells that a request has stalled
		}
		timer.Reset(max(min(next, time.Until(deadline)), time.Millisecond))
		select {
		case <-ctx.Done():
			return false
		case <-w.main.session.gone:
			return false
		case <-r.changed:
		case <-timer.C:
		}
	}
}

// resume halts the processes of the page once more, for a moment, and lets them
// run. A new window halts its opener's process until its collectors are in place;
// of a frame of another site that comes into being meanwhile Chromium forgets to
// let it run again, so that it loads nothing and its timers stand still. To halt
// and run again reaches it too.
func (w *window) resume() {
	r := w.record
	r.mu.Lock()
	r.halted = false
	r.active()
	r.mu.Unlock()
	for _, o := range append(r.frameTargets(), w.main) {
		send(o.session, page.WaitForDebugger, cdp.Empty{})
		release(o.session)
	}
}

// runTimers lets Chromium's virtual time pass: timers that are still pending
// fire at once, and time stands still while what they fetch is under way. It
// comes last, because a page whose clock jumped is not looked at again.
// It returns false when they had not all run within timersLimit.
func (w *window) runTimers(ctx context.Context, deadline time.Time) bool {
	limit := time.Now().Add(timersLimit)
	if deadline.Before(limit) {
		limit = deadline
	}
	call, cancel := context.WithDeadline(ctx, limit)
	defer cancel()
	params := emulation.SetVirtualTimePolicyParams{
		Policy: emulation.VirtualTimePolicyPauseIfNetworkFetchesPending, Budget: new(float64(timersAhead.Milliseconds())),
		MaxVirtualTimeTaskStarvationCount: 1000,
	}
	w.ahead = true
	targets := append(w.record.frameTargets(), w.main)
	w.record.startTime(targets) // each tells of its own clock
	for _, o := range targets {
		sendThen(o.session, emulation.SetVirtualTimePolicy, params, func(_ emulation.SetVirtualTimePolicyResult, err error) {
			if err != nil {
				w.record.timeRan(o.session.id) // it went away
			}
		})
	}
	if !w.until(call, func(s state) bool { return s.running == 0 || s.crashed }) {
		return false
	}
	w.wait(ctx, limit, beaconTime, false)
	return true
}
