package browser

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

// candidates are the executables that are looked for, real binaries before
// wrapper scripts.
var candidates = []string{
	"/usr/lib/chromium/chromium",
	"/usr/lib/chromium-browser/chromium-browser",
	"/usr/lib64/chromium-browser/chromium-browser",
	"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// preferences of a new profile. This Chromium blocks third-party cookies by
// default. A visitor's browser mostly allows them, and evidence of what sites
// do needs them allowed. Without alternate_error_pages no portal is looked for
// at a broken certificate.
const preferences = `{"profile":{"cookie_controls_mode":0,"block_third_party_cookies":false},"alternate_error_pages":{"enabled":false}}`

// ErrNotFound says that no browser is installed.
var ErrNotFound = errors.New("no Chromium or Chrome was found: install it (on Debian and Ubuntu: apt-get install chromium) or name it with --browser PATH")

// Find returns the path of a Chromium or Chrome. A given path is only checked.
func Find(path string) (string, error) {
	if path != "" {
		full, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("browser %s: %w", path, err)
		}
		return full, nil
	}
	for _, c := range candidates {
		if full, err := exec.LookPath(c); err == nil {
			return full, nil
		}
	}
	return "", ErrNotFound
}

// process is a Chromium that was started here, with its own folder for profile
// and temporary files.
type process struct {
	cmd    *exec.Cmd
	dir    string
	output *tail
	exited chan struct{}
	err    error
}

// launch starts the browser and returns the pipe to it. The process ends with
// close, never with a context: a deadline of one page must not end the scan.
func launch(o Options) (*process, chromedp.Transport, error) {
	path, err := Find(o.Path)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "candor-browser-")
	if err != nil {
		return nil, nil, fmt.Errorf("start browser: %w", err)
	}
	p := &process{dir: dir, output: &tail{max: 8 << 10}, exited: make(chan struct{})}
	t, err := p.start(path, o)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, fmt.Errorf("start browser %s: %w", path, err)
	}
	return p, t, nil
}

func (p *process) start(path string, o Options) (chromedp.Transport, error) {
	profile, tmp := filepath.Join(p.dir, "profile"), filepath.Join(p.dir, "tmp")
	if err := errors.Join(os.MkdirAll(filepath.Join(profile, "Default"), 0o700), os.MkdirAll(tmp, 0o700)); err != nil {
		return nil, err
	}
	prefs := o.preferences
	if prefs == "" {
		prefs = preferences
	}
	if err := os.WriteFile(filepath.Join(profile, "Default", "Preferences"), []byte(prefs), 0o600); err != nil {
		return nil, err
	}
	commandsR, commandsW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	eventsR, eventsW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, commandsR.Close(), commandsW.Close())
	}
	p.cmd = exec.Command(path, append(flags(o), "--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")...)
	p.cmd.ExtraFiles = []*os.File{commandsR, eventsW} // file descriptors 3 and 4
	p.cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "HOME="+p.dir)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = time.Second
	ownGroup(p.cmd)
	err = p.cmd.Start()
	commandsR.Close()
	eventsW.Close()
	if err != nil {
		return nil, errors.Join(err, commandsW.Close(), eventsR.Close())
	}
	running.Store(p, true)
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return chromedp.NewPipeConn(eventsR, commandsW), nil
}

// stop waits for the browser to end, for a short time, then kills it with its
// children and removes its folder.
func (p *process) stop(grace time.Duration) error {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
	}
	return p.kill()
}

// kill ends the browser with its children at once and removes its folder.
func (p *process) kill() error {
	killGroup(p.cmd)
	<-p.exited
	running.Delete(p)
	// A child that was just killed may still write for a moment.
	var err error
	for range 5 {
		if err = os.RemoveAll(p.dir); err == nil {
			return nil
		}
	}
	return fmt.Errorf("remove the browser's folder: %w", err)
}

// flags are the command line of a browser that looks like a visitor's, talks
// little by itself and upgrades no http address to https.
func flags(o Options) []string {
	features := []string{
		// The address bar's own pages start two renderers for each window.
		"WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "PreloadTopChromeWebUI",
		"Translate", "OptimizationHints", "MediaRouter", "InterestFeedContentSuggestions", "AutofillServerCommunication",
		"CertificateTransparencyComponentUpdater", "CalculateNativeWinOcclusion", "DialMediaRouteProvider",
		// An http start address must stay one, or http forms and mixed content vanish.
		"HttpsUpgrades", "HttpsFirstBalancedMode", "HttpsFirstBalancedModeAutoEnable", "HttpsFirstModeV2",
		"TrackingProtection3pcd", "ThirdPartyStoragePartitioning",
		// Private network checks would ask for a permission on --host-map to loopback.
		"LocalNetworkAccessChecks", "BlockInsecurePrivateNetworkRequests", "PrivateNetworkAccessSendPreflights",
		// With --disable-site-isolation-trials: see the package comment.
		"IsolateOrigins", "site-per-process",
		// A new document gets no new frame in the same process: what is watched in a
		// new tab's empty document is watched in the page's as well, and what a page
		// sends while it goes is among its own events (see outlived).
		"RenderDocument",
	}
	args := []string{
		"--headless=new", "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
		"--disable-component-update", "--disable-default-apps", "--disable-sync", "--disable-extensions",
		"--disable-client-side-phishing-detection", "--disable-domain-reliability", "--disable-breakpad",
		"--disable-hang-monitor", "--disable-popup-blocking", "--disable-prompt-on-repost", "--metrics-recording-only",
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		"--disable-ipc-flooding-protection", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic",
		"--disable-search-engine-choice-screen", "--no-pings=false", "--password-store=basic", "--use-mock-keychain",
		"--hide-scrollbars", "--mute-audio", "--force-color-profile=srgb", "--safebrowsing-disable-auto-update",
		// No navigator.webdriver: banners and tags hide from robots.
		"--disable-blink-features=AutomationControlled",
		"--disable-site-isolation-trials",
		// The tab strip's own animations, which nobody sees, take a tenth of the
		// processor; those of pages are not meant.
		"--animation-duration-scale=0",
		"--disable-features=" + strings.Join(features, ","),
		fmt.Sprintf("--window-size=%d,%d", viewportWidth, viewportHeight),
		// Without it a screen is 800 pixels wide, less than the window: no visitor's is.
		"--screen-info={1920x1080}",
		"--lang=" + firstLanguage(o.Language), "--accept-lang=" + o.Language,
	}
	if o.NoSandbox {
		args = append(args, "--no-sandbox")
	}
	if o.Insecure {
		args = append(args, "--ignore-certificate-errors")
	}
	if o.Proxy != "" {
		args = append(args, "--proxy-server="+o.Proxy)
	}
	if o.HostRules != "" {
		args = append(args, "--host-resolver-rules="+o.HostRules)
	}
	if o.UserAgent != "" {
		args = append(args, "--user-agent="+o.UserAgent)
	}
	return append(args, o.Flags...)
}

func firstLanguage(accept string) string {
	first, _, _ := strings.Cut(accept, ",")
	return first
}

// tail keeps the last bytes of the browser's own output, for the error when it
// does not start.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
	max int
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(b)
	if extra := t.buf.Len() - t.max; extra > 0 {
		t.buf.Next(extra)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.buf.String())
}
