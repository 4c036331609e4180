package browser

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"candor/crawler/evidence"
)

// Visit asks for one visit.
type Visit struct {
	ID       string // page id: "p0001.none"
	URL      string
	Referrer string
	Budget   time.Duration // of the whole visit; default 20 s
	Document bool          // also keep the document as served and as rendered
	// Inspect looks at the page, when it has come to rest and before anything is
	// typed. It must leave it as it is. May be nil.
	Inspect func(context.Context, *Held)
}

// Result is what one visit saw. It is whole also when the page failed: then
// Page.Failure says why and the rest is what was seen until then.
type Result struct {
	Page       evidence.Page
	Requests   []evidence.Request
	Cookies    []evidence.Cookie
	Storage    []evidence.StorageItem
	Forms      []evidence.Form
	Labels     []evidence.Label
	Calls      []evidence.Call
	Canaries   []evidence.Canary
	Gaps       []evidence.Gap
	Screenshot []byte // JPEG; nil when none could be taken
	Raw        []byte // with Visit.Document: the body as served
	DOM        string // with Visit.Document: after scripts
	Frames     []FrameDOM
}

// FrameDOM is a frame of a document, rendered.
type FrameDOM struct{ URL, DOM string }

// window is a tab, in front of its window, that makes one visit.
type window struct {
	context *Context
	id      target.ID
	main    *observed
	record  *record
	follows bool     // another tab opened it
	ahead   bool     // its timers were run ahead; since then its clocks stand still
	typed   []typing // into forms, in this visit

	stepTime time.Duration // of a journey
}

func (w *window) addPopup(info *target.Info) bool {
	r := w.record
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.popups) >= maxPopups {
		r.bounds["popups"] = true
		return false
	}
	r.popups = append(r.popups, info.TargetID)
	return true
}

func (w *window) visit(ctx context.Context, q Visit) (*Result, error) {
	now := w.context.browser.options.Now
	res := &Result{Page: evidence.Page{ID: q.ID, URL: q.URL, State: w.context.state, StartedAt: now().UTC(), Ended: "quiet"}}
	w.record.begin()
	deadline := time.Now().Add(q.Budget)
	failure := w.navigate(ctx, q, deadline)
	if failure == "" {
		if !w.wait(ctx, deadline, quietTime, true) {
			res.Page.Ended = "budget"
			// Its script may run for ever; nothing could be read then.
			send(w.main.session, runtime.TerminateExecution, cdp.Empty{})
		}
		if !w.record.look().crashed && w.look(ctx, q, deadline, res) {
			w.leave(ctx)
		}
	}
	w.conclude(ctx, q, failure, res)
	res.Page.DurationMS = now().Sub(res.Page.StartedAt).Milliseconds()
	if err := w.context.browser.Lost(); err != nil {
		return res, err
	}
	return res, ctx.Err()
}

// navigate begins to load and waits until a document has come or failed. It
// returns the network error, such as "net::ERR_NAME_NOT_RESOLVED". What the
// record sees counts as much as the command's answer, which comes late: for a
// broken certificate only after the browser's own page about it.
func (w *window) navigate(ctx context.Context, q Visit, deadline time.Time) string {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	answer := make(chan string, 1)
	sendThen(w.main.session, page.Navigate, page.NavigateParams{URL: q.URL, Referrer: q.Referrer}, func(res page.NavigateResult, err error) {
		if err != nil {
			res.ErrorText = err.Error()
		}
		answer <- res.ErrorText
	})
	for {
		s := w.record.look()
		switch {
		case s.failed != "": // the document that came after it is the browser's own
			return s.failed
		case s.documents > 0:
			return ""
		}
		select {
		case text := <-answer:
			if text != "" {
				return text
			}
			answer = nil // the document comes
		case <-w.record.changed:
		case <-w.main.session.gone:
			return errDetached.Error()
		case <-ctx.Done():
			send(w.main.session, page.StopLoading, cdp.Empty{})
			return "net::ERR_TIMED_OUT"
		}
	}
}

// seen is what the frames of a page show at one time.
type seen struct {
	main   *content
	others []*content
	faults []string

	labels    []evidence.Label // of the late reading
	labelGaps []string
}

// look scrolls, takes the picture, lets the timers that are still pending run
// and reads what the page shows. It returns false when the page does not answer.
func (w *window) look(ctx context.Context, q Visit, deadline time.Time, res *Result) bool {
	limit := time.Now().Add(lookLimit)
	if res.Page.Ended == "quiet" && deadline.After(limit) {
		limit = deadline
	}
	ctx, cancel := context.WithDeadline(ctx, limit)
	defer cancel()
	if len(w.record.openPopups()) > 0 {
		// A popup took the foreground, and a hidden tab is neither painted nor
		// does it see itself scrolled.
		send(w.main.session, page.BringToFront, cdp.Empty{})
	}
	want := wants{Links: true, DOM: q.Document}
	var s seen
	for {
		document := w.record.look().documents
		w.scroll(ctx)
		w.record.touch()
		w.wait(ctx, deadline, settleTime, false)
		s = w.show(ctx, want, res)
		// A page that went on meanwhile is looked at where it arrived.
		if next := w.record.look(); s.main != nil || next.documents == document || next.documents > maxDocuments || !w.wait(ctx, deadline, quietTime, true) {
			break
		}
	}
	if s.main != nil && q.Inspect != nil {
		q.Inspect(ctx, &Held{window: w, deadline: limit})
	}
	if s.main != nil {
		w.fill(ctx, q, s, res)
		whole := w.later(ctx, deadline, &want, &s)
		// A form that comes late is filled as well, and what that sets off is seen.
		if whole && w.fill(ctx, q, s, res) {
			whole = w.later(ctx, deadline, &want, &s)
		}
		if !whole && res.Page.Ended == "quiet" { // of a page that was busy a gap tells already
			s.faults = append(s.faults, "its timers were run ahead and had not all come when the time for that was up: what fires later was not seen")
		}
	}
	w.tellCalls(ctx)
	w.listeners(ctx)
	w.tell(ctx, q, s, res)
	return s.main != nil
}

// later lets the pending timers run and reads the page again. It returns false
// when they had not all run.
func (w *window) later(ctx context.Context, deadline time.Time, want *wants, s *seen) bool {
	whole := w.runTimers(ctx, deadline)
	want.Late = true
	if late := w.read(ctx, *want); late.main != nil {
		late.main.keep(s.main)
		s.main, s.others = late.main, append(late.others, s.others...)
		s.labels, s.labelGaps = late.labels, late.labelGaps
	}
	return whole
}

// show takes the picture and reads the frames side by side.
func (w *window) show(ctx context.Context, want wants, res *Result) (s seen) {
	var both sync.WaitGroup
	var fault error
	both.Go(func() { res.Screenshot, fault = w.screenshot(ctx) })
	both.Go(func() { s = w.read(ctx, want) })
	both.Wait()
	if fault != nil && s.main != nil {
		s.faults = append(s.faults, "no picture could be taken: "+bounded(fault.Error(), 200))
	}
	return s
}

// tell files what was read.
func (w *window) tell(ctx context.Context, q Visit, s seen, res *Result) {
	for _, f := range s.faults {
		res.Gaps = append(res.Gaps, evidence.Gap{What: "content of " + q.URL, Why: f, Kind: "timeout", Page: q.ID, State: w.context.state})
	}
	others := unique(s.others)
	contents := others
	if main := s.main; main != nil {
		contents = append([]*content{main}, others...)
		p := &res.Page
		p.Title, p.Language, p.Canonical, p.TextWords, p.Links = main.Title, main.Lang, main.Canonical, main.Words, main.Links
		p.Headings, p.SchemaTypes = main.Headings, main.Schema
		res.DOM = main.DOM
		if main.MoreLinks > 0 {
			res.Gaps = append(res.Gaps, evidence.Gap{What: fmt.Sprintf("%d links of %s", main.MoreLinks, q.URL), Why: "one visit reads 2,000 links", Kind: "bound", Page: q.ID, State: w.context.state})
		}
		if wall := botWall(main); wall != "" {
			p.Failure = wall
		}
	}
	w.record.mu.Lock()
	writes := append([]*write(nil), w.record.writes...)
	w.record.mu.Unlock()
	res.Storage = w.context.storageItems(q.ID, contents, writes)
	w.tellLabels(q, s.labels, s.labelGaps, res)
	res.Forms = forms(q.ID, w.context.state, contents)
	w.tellCanaries(q, contents, res)
	if q.Document {
		for _, c := range others {
			if c.DOM != "" && c.Words > 0 {
				res.Frames = append(res.Frames, FrameDOM{URL: c.URL, DOM: c.DOM})
			}
		}
		w.body(ctx, q, s.main, res)
	}
}

// scroll goes down once and up again, so that tags that wait for it load.
func (w *window) scroll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, scrollLimit)
	defer cancel()
	const down = `(async () => {
		const frame = () => new Promise((r) => { requestAnimationFrame(() => r()); setTimeout(r, 50); });
		const height = Math.min(document.documentElement.scrollHeight, 30000);
		for (let y = innerHeight; y < height && y < innerHeight * 12; y += Math.max(innerHeight, height / 6)) { scrollTo(0, y); await frame(); }
		scrollTo(0, height); await frame(); scrollTo(0, 0); await frame();
	})()`
	if frames := w.record.present(); len(frames) > 0 {
		_, _ = frames[0].evaluate(ctx, down) // reading the page will say what is wrong with it
	}
}

func (w *window) screenshot(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, scrollLimit)
	defer cancel()
	res, err := invoke(ctx, w.main.session, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatJpeg, Quality: new(int64(55)), OptimizeForSpeed: new(true),
	})
	if err != nil {
		return nil, err
	}
	return res.Data, nil
}

// body keeps the main document as it was served.
func (w *window) body(ctx context.Context, q Visit, shown *content, res *Result) {
	r := w.record
	r.mu.Lock()
	var main *entry
	for _, e := range r.entries {
		if e.mainFrame {
			main = e
		}
	}
	var length int64
	if main != nil {
		length = main.lastHop().BodyBytes
	}
	r.mu.Unlock()
	why := "the browser no longer has them"
	if main != nil {
		ctx, cancel := context.WithTimeout(ctx, bodyLimit)
		defer cancel()
		var body textBody
		if err := main.session.Call(ctx, network.GetResponseBody.Method, network.GetResponseBodyParams{RequestID: main.reqID}, &body); err == nil {
			label := ""
			if shown != nil {
				label = shown.Charset
			}
			var exact bool
			if res.Raw, exact = asServed(body.bytes(), label, length); exact || body.Base64Encoded {
				return
			}
			why = fmt.Sprintf("they are not of their charset (%.40s); the text is kept as the browser read it", label)
		}
	}
	res.Gaps = append(res.Gaps, evidence.Gap{What: "bytes of " + q.URL, Why: why, Kind: "other", Page: q.ID, State: w.context.state})
}

// conclude turns the record into evidence.
func (w *window) conclude(ctx context.Context, q Visit, failure string, res *Result) {
	r, p := w.record, &res.Page
	res.Requests = r.finish(q.ID, w.context.state)
	res.Calls = r.takeCalls(q.ID, w.context.state)
	res.Gaps = append(res.Gaps, r.callGap(q, w.context.state)...)
	r.mu.Lock()
	writes := r.writes
	walls := map[string]time.Time{}
	for _, e := range r.entries {
		for _, h := range e.hops {
			walls[h.ID] = h.wall
		}
	}
	p.FinalURL, p.MIMEType = bounded(r.url, maxURL), r.mime
	p.Dialogs, p.Permissions, p.Asked, p.Downloads, p.Popups = r.dialogs, r.asked, r.asks, r.downloads, r.popupURLs
	p.Requests, p.Skipped = len(res.Requests), r.skipped
	how := ending{failure: failure, documents: r.documents, tooLarge: r.tooLarge, crashed: r.crashed}
	faults := r.faults
	for what := range r.bounds {
		res.Gaps = append(res.Gaps, evidence.Gap{What: what + " of " + q.URL, Why: "there were more than one visit records", Kind: "bound", Page: q.ID, State: p.State})
	}
	how.incomplete = w.mainDocument(p)
	r.mu.Unlock()
	if r.skipped > 0 {
		res.Gaps = append(res.Gaps, evidence.Gap{What: fmt.Sprintf("%d requests of %s", r.skipped, q.URL), Why: fmt.Sprintf("one visit records %d requests", maxRequests), Kind: "bound", Page: q.ID, State: p.State})
	}
	for _, f := range faults {
		res.Gaps = append(res.Gaps, evidence.Gap{What: "content of " + q.URL, Why: f, Kind: "crash", Page: q.ID, State: p.State})
	}
	// The jar is read also when the visit was stopped. The browser answers, so
	// this waits for a machine that is busy, not for the page.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jarLimit)
	defer cancel()
	cookies, err := w.context.cookies(ctx, q.ID, res.Requests, writes, walls, false)
	if err != nil {
		kind := "other"
		if errors.Is(err, context.DeadlineExceeded) {
			kind = "timeout"
		}
		res.Gaps = append(res.Gaps, evidence.Gap{What: "cookies after " + q.URL, Why: err.Error(), Kind: kind, Page: q.ID, State: p.State})
	}
	res.Cookies = cookies
	judge(q, p, how, res)
}

// mainDocument fills in what the response of the page's own document says, and
// returns why it came incomplete. The caller holds the record's lock.
func (w *window) mainDocument(p *evidence.Page) (incomplete string) {
	for _, e := range w.record.entries {
		if !e.mainFrame {
			continue
		}
		p.Redirects = nil
		for _, h := range e.hops {
			if h != e.lastHop() {
				p.Redirects = append(p.Redirects, h.URL)
			}
		}
		h := e.lastHop()
		p.Status, incomplete = h.Status, h.Error
		if h.MIMEType != "" {
			p.MIMEType = h.MIMEType
		}
		p.Security = nil
		if d := h.security; d != nil {
			p.Security = &evidence.Security{
				Protocol: d.Protocol, Cipher: d.Cipher, Issuer: bounded(d.Issuer, 200), Subject: bounded(d.SubjectName, 200),
				ValidTo: time.Unix(int64(d.ValidTo), 0).UTC(),
			}
		}
	}
	for _, e := range w.record.entries {
		if h := e.lastHop(); h.MixedContent != "" && len(p.Mixed) < 100 {
			p.Mixed = append(p.Mixed, h.URL)
		}
	}
	return incomplete
}

// Rest returns the cookies of the jar that no visit accounted for, once all
// visits are over.
func (c *Context) Rest(ctx context.Context, pageID string) ([]evidence.Cookie, error) {
	return c.cookies(ctx, pageID, nil, nil, nil, true)
}
