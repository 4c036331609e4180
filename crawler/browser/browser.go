// Package browser visits addresses in Chrome and records what the page does:
// one collect_*.go for each kind of evidence.
//
// Guarantees: every target of a page (workers, shared and service workers,
// popups, and the frames of other sites where a browser that runs elsewhere
// isolates them) is paused until the collectors are attached, and a frame's
// first script is theirs, so no early request is missed; what Chromium itself
// sends is never recorded, because evidence comes from the page's own targets;
// every visit ends within its budget and returns what was seen until then, with
// a reason.
//
// Sites are not isolated: frames of other sites share the page's process, as in
// other collectors, which makes a visit of a page with many of them cheaper by
// a seventh. What they do is recorded with their address and as of a target of
// their own ("iframe"); the visitors of different states share no process. A
// frame that never rests holds its page up, which is a gap. Chromium's sandbox
// is not touched.
//
// Limits: media streams are recorded as requests only; Web Storage written by
// property assignment has no known writer, and the stack of a writer ends where
// it was called by the event loop; what a fetch with keepalive sends looks like
// any other fetch; of the objects that pages tell their tags by, members that are
// computed when they are read are not; fields in closed shadow roots are not read; a bot wall or
// CAPTCHA is reported and never gone round.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"candor/crawler/evidence"
)

// The window of a common laptop.
const (
	viewportWidth  = 1366
	viewportHeight = 768
)

// Options say how to start or reach a browser.
type Options struct {
	Path      string            // executable, or where DevTools of one that runs elsewhere are: ws://… or http://…; "" looks for one
	NoSandbox bool              // run without Chromium's sandbox; needed as root
	Insecure  bool              // accept any certificate
	Proxy     string            // as Chromium's --proxy-server; loopback goes through it too where the browser runs elsewhere
	Guard     string            // address of the page that only the proxy serves; a browser that runs elsewhere must come to it and have no way beside it
	UserAgent string            // "" is the visitor's: Chromium's own without "Headless"
	Suffix    string            // added to the user agent, such as "Candor/1.0"
	Language  string            // Accept-Language; default "en-US,en"
	HostRules string            // as Chromium's --host-resolver-rules
	Headers   map[string]string // sent with every request of the pages
	Flags     []string          // further command line flags
	Now       func() time.Time  // default time.Now

	preferences string // JSON of the profile, for tests; "" is what evidence needs
	writesOnly  bool   // watch no calls but writes and permissions, for benchmarks
	unwatched   bool   // watch no calls and have no debugger, for benchmarks
}

// ErrRoot says that Chromium's sandbox does not work for root.
var ErrRoot = errors.New("the sandbox of Chromium does not work for root: run Candor as another user, or pass --no-sandbox to go without (the report states it)")

// Browser is one running Chromium. Its methods may be called from several
// goroutines.
type Browser struct {
	options Options
	conn    *conn
	process *process // nil when it runs elsewhere
	info    evidence.Browser

	mu       sync.Mutex
	contexts map[cdp.BrowserContextID]*Context
}

// Start starts a browser, or connects to one that runs elsewhere, and probes how
// it treats third-party cookies. The browser lives until Close;
// ctx bounds the start only.
func Start(ctx context.Context, o Options) (*Browser, error) {
	if o.Language == "" {
		o.Language = "en-US,en"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &Browser{options: o, contexts: map[cdp.BrowserContextID]*Context{}}
	transport, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	b.conn = newConn(transport)
	b.conn.root.handler = b.event
	go b.conn.run()
	if err := b.prepare(ctx); err != nil {
		if b.process != nil {
			if out := b.process.output.String(); out != "" {
				err = fmt.Errorf("%w\n%s", err, out)
			}
		}
		return nil, errors.Join(fmt.Errorf("start browser: %w", err), b.Close())
	}
	return b, nil
}

func (b *Browser) connect(ctx context.Context) (chromedp.Transport, error) {
	o := &b.options
	if Elsewhere(o.Path) {
		return dialRemote(ctx, *o)
	}
	if os.Geteuid() == 0 && !o.NoSandbox {
		return nil, ErrRoot
	}
	path, err := Find(o.Path)
	if err != nil {
		return nil, err
	}
	o.Path = path
	if o.UserAgent == "" {
		if o.UserAgent, err = visitorAgent(ctx, path); err != nil {
			return nil, err
		}
	}
	if o.Suffix != "" {
		o.UserAgent += " " + o.Suffix
	}
	p, t, err := launch(*o)
	if err != nil {
		return nil, err
	}
	b.process = p
	return t, nil
}

// visitorAgent is the user agent of the same Chromium with a window. It must
// be known before the start: an override by command leaves the first request
// of a service worker with the headless one.
func visitorAgent(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", path, err)
	}
	major := ""
	for _, word := range strings.Fields(string(out)) {
		if v, _, ok := strings.Cut(word, "."); ok && strings.Trim(v, "0123456789") == "" {
			major = v
			break
		}
	}
	if major == "" {
		return "", fmt.Errorf("%s --version: no version in %q", path, strings.TrimSpace(string(out)))
	}
	return "Mozilla/5.0 (" + agentPlatform + ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" + major + ".0.0.0 Safari/537.36", nil
}

func (b *Browser) prepare(ctx context.Context) error {
	version, err := invoke(ctx, b.conn.root, browser.GetVersion, cdp.Empty{})
	if err != nil {
		return err
	}
	b.info = evidence.Browser{
		Product: version.Product, Headless: true, UserAgent: version.UserAgent, Identified: b.options.Suffix != "",
		Sandbox: !b.options.NoSandbox, ThirdPartyCookies: "unknown",
		Viewport: fmt.Sprintf("%dx%d", viewportWidth, viewportHeight), Language: b.options.Language,
	}
	if _, err := invoke(ctx, b.conn.root, target.SetAutoAttach, autoAttach("browser_ui", "browser", "tab", "iframe", "worker", "other")); err != nil {
		return err
	}
	if b.options.Guard != "" && Elsewhere(b.options.Path) {
		if err := b.proveGuard(ctx); err != nil {
			return err
		}
	}
	b.info.ThirdPartyCookies = b.probeThirdPartyCookies(ctx)
	return nil
}

// autoAttach pauses every new target, except those of the excluded types.
func autoAttach(exclude ...string) target.SetAutoAttachParams {
	p := target.SetAutoAttachParams{AutoAttach: true, WaitForDebuggerOnStart: true, Flatten: new(true)}
	for _, t := range exclude {
		p.Filter = append(p.Filter, target.Filter{{Type: t, Exclude: true}}...)
	}
	p.Filter = append(p.Filter, target.Filter{{}}...)
	return p
}

// Info says which browser it is and how it presents itself.
func (b *Browser) Info() evidence.Browser { return b.info }

// Lost returns why the connection ended, or nil while it works.
func (b *Browser) Lost() error { return b.conn.lost() }

// Close ends the browser and removes its files.
func (b *Browser) Close() error {
	if b.process == nil {
		// Visitors that are still there end with the connection; so that their
		// windows are gone when this returns, they are ended now.
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if b.conn.lost() == nil {
			b.each(func(c *Context) { _ = c.Close(ctx) })
		}
		return b.conn.close()
	}
	if b.conn.lost() == nil {
		send(b.conn.root, browser.Close, cdp.Empty{})
	}
	err := b.process.stop(3 * time.Second)
	_ = b.conn.close() // its far end is gone
	return err
}

// event handles what the browser reports about all targets.
func (b *Browser) event(method string, params jsonv2.Value) {
	switch method {
	case target.AttachedToTarget.Method:
		var ev target.EventAttachedToTarget
		if decode(params, &ev) == nil && ev.TargetInfo != nil {
			b.attached(&ev)
		}
	case target.DetachedFromTarget.Method:
		var ev target.EventDetachedFromTarget
		if decode(params, &ev) == nil {
			b.conn.detach(ev.SessionID)
		}
	case browser.DownloadWillBegin.Method:
		var ev browser.EventDownloadWillBegin
		if decode(params, &ev) == nil {
			b.each(func(c *Context) { c.download(&ev) })
		}
	}
}

func (b *Browser) attached(ev *target.EventAttachedToTarget) {
	b.mu.Lock()
	c := b.contexts[ev.TargetInfo.BrowserContextID]
	b.mu.Unlock()
	if c == nil {
		// A target of the browser's own context: let it run, unobserved.
		s := b.conn.attach(ev.SessionID, func(*session, string, jsonv2.Value) {})
		release(s)
		return
	}
	c.attached(ev)
}

func (b *Browser) each(do func(*Context)) {
	b.mu.Lock()
	contexts := make([]*Context, 0, len(b.contexts))
	for _, c := range b.contexts {
		contexts = append(contexts, c)
	}
	b.mu.Unlock()
	for _, c := range contexts {
		do(c)
	}
}
