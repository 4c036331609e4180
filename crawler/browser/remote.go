package browser

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"

	"candor/crawler/evidence"
)

// reachTime bounds how long a browser that runs elsewhere may take to say where
// its DevTools are.
const reachTime = 10 * time.Second

// Elsewhere reports whether a path is the address of DevTools (ws, wss, http,
// https) and not an executable's.
func Elsewhere(path string) bool {
	scheme, _, ok := strings.Cut(path, "://")
	return ok && (scheme == "ws" || scheme == "wss" || scheme == "http" || scheme == "https")
}

// Endpoint returns the ws:// address of the browser behind an address of
// DevTools: http://HOST:PORT, ws://HOST:PORT, or the whole ws:// address, which
// is returned as it is. Only the first two are asked (/json/version), so that an
// error says whether somebody answers there.
func Endpoint(ctx context.Context, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return "", fmt.Errorf("%s is no address of a browser: expected ws://HOST:PORT or http://HOST:PORT", address)
	}
	secure := u.Scheme == "wss" || u.Scheme == "https"
	ws := u.Scheme == "ws" || u.Scheme == "wss"
	if ws && strings.Trim(u.Path, "/") != "" {
		return address, nil
	}
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	ask := *u
	ask.Scheme, ask.Path = "http", "/json/version"
	if secure {
		ask.Scheme = "https"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, ask.String(), nil)
	if err != nil {
		return "", err
	}
	// The address names the machine; nothing in between is asked.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return "", fmt.Errorf("the browser at %s does not answer: %w", address, err)
	}
	defer resp.Body.Close()
	var version struct {
		URL string `json:"webSocketDebuggerUrl"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&version); err != nil || resp.StatusCode != http.StatusOK || version.URL == "" {
		return "", fmt.Errorf("what answers at %s (status %d) is not a browser's DevTools", address, resp.StatusCode)
	}
	w, err := url.Parse(version.URL)
	if err != nil || w.Path == "" {
		return "", fmt.Errorf("the browser at %s names no address of its DevTools", address)
	}
	// It may be known by another name here than to itself.
	w.Host, w.Scheme = u.Host, "ws"
	if secure {
		w.Scheme = "wss"
	}
	return w.String(), nil
}

// remoteFaults says what of the options a browser that runs elsewhere cannot be
// given, since it is on its command line.
func remoteFaults(o Options) error {
	for _, f := range []struct {
		given bool
		what  string
	}{
		{o.HostRules != "", "a host mapping (--host-map, --demo)"},
		{o.Suffix != "", "a name in the user agent (--identify)"},
		{o.UserAgent != "", "a user agent"},
		{len(o.Flags) > 0, "command line flags"},
	} {
		if f.given {
			return fmt.Errorf("%s cannot be given to a browser that runs elsewhere (%s): leave it out, or scan with a browser on this machine", f.what, o.Path)
		}
	}
	return nil
}

// dialRemote connects to a browser that runs elsewhere.
func dialRemote(ctx context.Context, o Options) (chromedp.Transport, error) {
	if err := remoteFaults(o); err != nil {
		return nil, err
	}
	address, err := Endpoint(ctx, o.Path)
	if err != nil {
		return nil, err
	}
	c, err := remote.DialContext(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("connect to the browser at %s: %w", address, err)
	}
	return c, nil
}

// ErrUnguarded says that a browser would reach addresses past the guard.
var ErrUnguarded = errors.New("the browser goes around the guard")

// gathered tells the addresses that WebRTC would use by itself.
const gathered = `new Promise((done) => {
	if (!globalThis.RTCPeerConnection) return done("");
	const found = [], c = new RTCPeerConnection();
	const end = () => { c.close(); done(found.join("; ")); };
	c.onicecandidate = (e) => e.candidate ? e.candidate.candidate && found.push(e.candidate.candidate) : end();
	c.createDataChannel("candor");
	c.createOffer().then((o) => c.setLocalDescription(o), end);
	setTimeout(end, 5000);
})`

// proveGuard lets a visitor open the page that only the guard serves and gather
// what WebRTC has: a browser on another machine must come through the guard, and
// have no way beside it.
func (b *Browser) proveGuard(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c, err := b.NewContext(ctx, evidence.StateNone)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	w, err := c.open(ctx, nil)
	if err != nil {
		return err
	}
	defer w.close()
	res, err := invoke(ctx, w.main.session, page.Navigate, page.NavigateParams{URL: b.options.Guard})
	if err != nil {
		return err
	}
	ask := func(js string) (string, error) {
		v, err := value(invoke(ctx, w.main.session, runtime.Evaluate, runtime.EvaluateParams{Expression: js, ReturnByValue: new(true), AwaitPromise: new(true)}))
		if err != nil {
			return "", err
		}
		return strings.Trim(string(v.Value), `"`), nil
	}
	text := ""
	if res.ErrorText == "" {
		for !w.record.look().loaded {
			select {
			case <-w.record.changed:
			case <-ctx.Done():
				return fmt.Errorf("the guard's page did not come: %w", ctx.Err())
			}
		}
		if text, err = ask(`document.title`); err != nil {
			return err
		}
	}
	if text != GuardTitle {
		return fmt.Errorf("%w: the browser at %s does not reach it at %s (%s). A browser that runs elsewhere must reach this machine", ErrUnguarded, b.options.Path, b.options.Proxy, cmp.Or(res.ErrorText, "another page came"))
	}
	switch found, err := ask(gathered); {
	case err != nil:
		return err
	case found != "":
		return fmt.Errorf("%w by WebRTC: start the browser at %s with --force-webrtc-ip-handling-policy --webrtc-ip-handling-policy=disable_non_proxied_udp", ErrUnguarded, b.options.Path)
	}
	return nil
}

// GuardTitle is the title of the page that shows that the way is the guard's.
const GuardTitle = "Candor's guard"
