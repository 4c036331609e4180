package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/target"

	"candor/crawler/evidence"
)

// permissions that are denied, so that no prompt waits for a person.
var permissions = []string{
	"geolocation", "notifications", "camera", "microphone", "midi", "clipboard-read", "clipboard-write",
	"accelerometer", "idle-detection", "storage-access", "top-level-storage-access", "window-management", "local-fonts",
}

// Context is one visitor: an isolated cookie jar and storage, in one consent
// state. Its methods may be called from several goroutines.
type Context struct {
	browser *Browser
	id      cdp.BrowserContextID
	state   evidence.State
	filling *Filling // nil when nothing is typed
	secret  string   // name of the hook, which no page can guess
	watches string   // what hook.js and arm.js watch

	sessions atomic.Int64 // that were observed

	mu       sync.Mutex
	windows  map[target.ID]*window
	waiting  map[target.ID]chan *window
	followed map[target.ID]chan *window // by the next tab of their window
	workers  map[target.ID]bool         // shared and service workers that have a session
	jar      map[cookieKey]jarred
	store    map[storageKey]string
	filled   map[string]string // forms that were filled in, each with the visit that did it
}

// NewContext makes a fresh visitor.
func (b *Browser) NewContext(ctx context.Context, state evidence.State) (*Context, error) {
	p := target.CreateBrowserContextParams{}
	if b.process == nil { // there is no command line of its own, and others use it too
		p.DisposeOnDetach = new(true)
		if b.options.Proxy != "" {
			p.ProxyServer, p.ProxyBypassList = b.options.Proxy, "<-loopback>"
		}
	}
	res, err := invoke(ctx, b.conn.root, target.CreateBrowserContext, p)
	if err != nil {
		return nil, fmt.Errorf("new visitor: %w", err)
	}
	c := &Context{
		browser: b, id: res.BrowserContextID, state: state, secret: unguessable(), watches: watchList(b.options.writesOnly),
		windows: map[target.ID]*window{}, waiting: map[target.ID]chan *window{}, followed: map[target.ID]chan *window{}, workers: map[target.ID]bool{},
		jar: map[cookieKey]jarred{}, filled: map[string]string{}, store: map[storageKey]string{},
	}
	b.mu.Lock()
	b.contexts[c.id] = c
	b.mu.Unlock()
	for _, name := range permissions {
		send(b.conn.root, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingDenied, BrowserContextID: c.id,
		})
	}
	_, err = invoke(ctx, b.conn.root, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: c.id, EventsEnabled: new(true),
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("new visitor: %w", err), c.Close(ctx))
	}
	return c, nil
}

// SetCookies puts cookies into the visitor's jar before the first page.
func (c *Context) SetCookies(ctx context.Context, cookies []*network.CookieParam) error {
	if len(cookies) == 0 {
		return nil
	}
	_, err := invoke(ctx, c.browser.conn.root, storage.SetCookies, storage.SetCookiesParams{Cookies: cookies, BrowserContextID: c.id})
	if err != nil {
		return fmt.Errorf("preset cookies: %w", err)
	}
	return nil
}

// Close ends the visitor with all windows and forgets the jar.
func (c *Context) Close(ctx context.Context) error {
	c.browser.mu.Lock()
	delete(c.browser.contexts, c.id)
	c.browser.mu.Unlock()
	_, err := invoke(ctx, c.browser.conn.root, target.DisposeBrowserContext, target.DisposeBrowserContextParams{BrowserContextID: c.id})
	if err != nil {
		return fmt.Errorf("close visitor: %w", err)
	}
	return nil
}

// open makes a tab for one visit: in the window of the one before, which was
// left, or in a new one. Several visits side by side need a window each, since
// a tab behind another gets no animation frames.
func (c *Context) open(ctx context.Context, before *window) (*window, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	w, err := c.follow(ctx, before)
	if w == nil && err == nil {
		w, err = c.openWindow(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open window: %w", err)
	}
	// A navigation that begins earlier would leave the first document without
	// collectors.
	select {
	case <-w.main.ready:
		return w, nil
	case <-w.main.session.gone:
		return nil, fmt.Errorf("open window: %w", errDetached)
	case <-ctx.Done():
		return nil, fmt.Errorf("open window: %w", ctx.Err())
	}
}

func (c *Context) openWindow(ctx context.Context) (*window, error) {
	res, err := invoke(ctx, c.browser.conn.root, target.CreateTarget, target.CreateTargetParams{
		URL: "about:blank", BrowserContextID: c.id, NewWindow: new(true), Width: viewportWidth, Height: viewportHeight,
	})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	w := c.windows[res.TargetID]
	ch := make(chan *window, 1)
	if w == nil {
		c.waiting[res.TargetID] = ch
	}
	c.mu.Unlock()
	if w == nil {
		select {
		case w = <-ch:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return w, nil
}

// follow opens the next tab from one that shows an empty page, as the empty
// page itself would: no command says in which window a tab is opened. The tab
// knows no opener. nil without an error says that none came.
func (c *Context) follow(ctx context.Context, before *window) (*window, error) {
	if before == nil {
		return nil, nil
	}
	ch, answered := make(chan *window, 1), make(chan error, 1)
	c.mu.Lock()
	c.followed[before.id] = ch
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.followed, before.id)
		c.mu.Unlock()
	}()
	sendThen(before.main.session, runtime.Evaluate, runtime.EvaluateParams{
		Expression: "void open('about:blank', '_blank', 'noopener')", UserGesture: new(true), Silent: new(true),
	}, func(_ runtime.EvaluateResult, err error) { answered <- err })
	limit := time.NewTimer(followLimit)
	defer limit.Stop()
	for {
		select {
		case w := <-ch:
			return w, nil
		case err := <-answered:
			if err != nil {
				return nil, nil
			}
			// The tab was made before the answer, if at all: a document may be
			// sandboxed against windows, and its empty one is then as well.
			answered = nil
			limit.Reset(followLimit / 4)
		case <-limit.C:
			return nil, nil
		case <-before.main.session.gone:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// attached sets up a target of this visitor before it runs. It is called on
// the reading goroutine.
func (c *Context) attached(ev *target.EventAttachedToTarget) {
	info := ev.TargetInfo
	switch info.Type {
	case "page":
		c.attachedPage(ev)
	case "service_worker", "shared_worker":
		c.mu.Lock()
		known := c.workers[info.TargetID]
		c.workers[info.TargetID] = true
		c.mu.Unlock()
		if known {
			release(c.browser.conn.attach(ev.SessionID, func(*session, string, jsonv2.Value) {}))
			return
		}
		c.observe(ev, func() *record { return c.recordFor(info.URL) })
	default:
		release(c.browser.conn.attach(ev.SessionID, func(*session, string, jsonv2.Value) {}))
	}
}

func (c *Context) attachedPage(ev *target.EventAttachedToTarget) {
	info := ev.TargetInfo
	c.mu.Lock()
	opener, next := c.windows[info.OpenerID], c.followed[info.OpenerID]
	delete(c.followed, info.OpenerID) // one follows
	c.mu.Unlock()
	if next == nil && info.OpenerID != "" {
		if opener != nil {
			opener.record.halts()
		}
		if opener != nil && opener.record.holdsPopup(info.URL) {
			// It stays paused until it is closed, so it asks for nothing.
			c.browser.conn.attach(ev.SessionID, func(*session, string, jsonv2.Value) {})
			c.closeTarget(info.TargetID)
			return
		}
		// A popup: its requests belong to the page that opened it.
		if opener == nil || !opener.addPopup(info) {
			release(c.browser.conn.attach(ev.SessionID, func(*session, string, jsonv2.Value) {}))
			c.closeTarget(info.TargetID)
			return
		}
		r := opener.record
		c.observe(ev, func() *record { return r })
		return
	}
	info.OpenerID = "" // the tab before is not its opener
	w := &window{context: c, id: info.TargetID, follows: next != nil}
	w.record = newRecord(c.browser.options.Now, cdp.FrameID(info.TargetID))
	w.main = c.observe(ev, func() *record { return w.record })
	c.mu.Lock()
	c.windows[info.TargetID] = w
	if next == nil {
		next = c.waiting[info.TargetID]
		delete(c.waiting, info.TargetID)
	}
	c.mu.Unlock()
	if next != nil {
		next <- w
	}
}

// recordFor finds the visit that a shared or service worker works for: one
// that shows the worker's origin, or else any that is under way.
func (c *Context) recordFor(worker string) *record {
	u, err := url.Parse(worker)
	if err != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var any *window
	for _, w := range c.windows {
		page := w.record.mainURL()
		if page == "" {
			continue
		}
		if p, err := url.Parse(page); err == nil && p.Host == u.Host {
			return w.record
		}
		if any == nil || w.id < any.id {
			any = w
		}
	}
	if any == nil {
		return nil
	}
	return any.record
}

func (c *Context) download(ev *browser.EventDownloadWillBegin) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.windows {
		if w.record.hasFrame(ev.FrameID) {
			w.record.addDownload(ev.URL)
		}
	}
}

func (c *Context) forget(w *window) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.windows, w.id)
}

func (c *Context) closeTarget(id target.ID) {
	send(c.browser.conn.root, target.CloseTarget, target.CloseTargetParams{TargetID: id})
}
