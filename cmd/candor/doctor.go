package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor/crawler/browser"
	"candor/reports/plain"
)

// tryLimit bounds the start of a browser in doctor.
const tryLimit = 30 * time.Second

func (c *Command) doctorCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "doctor",
		GroupID: "setup",
		Short:   "Check that what a scan needs is here, and say what to do if not",
		Long: `Doctor looks for a browser, starts it, and checks its sandbox, fonts, the folder
for temporary files and the embedded knowledge. Exit code 1: something that a
scan needs is missing. What to run stands below each fault.`,
		Example: `  candor doctor
  candor doctor --browser /opt/chrome/chrome
  candor doctor --no-sandbox                 as root, in a container`,
		Args: args(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			return c.doctor(cmd.Context(), o)
		},
	}
	cmd.Flags().SortFlags = false
	o.browserFlags(cmd.Flags())
	o.commonFlags(cmd.Flags())
	return cmd
}

// checkup is the result of one check. An advice without fault is a remark.
type checkup struct {
	name   string
	found  string
	advice []string
	fault  bool
}

func (c *Command) doctor(ctx context.Context, o *options) error {
	faults := 0
	for check := range c.checkups(ctx, o) {
		mark := "ok  "
		switch {
		case check.fault:
			mark = "NO  "
			faults++
		case len(check.advice) > 0:
			mark = "note"
		}
		fmt.Fprintf(c.Stdout, "%s  %-10s %s\n", mark, check.name, plain.Terminal(check.found, 300))
		for _, line := range check.advice {
			fmt.Fprintf(c.Stdout, "                 → %s\n", plain.Terminal(line, 300))
		}
	}
	if faults > 0 {
		fmt.Fprintf(c.Stdout, "\nA scan would not work yet: %s to mend.\n", count(faults, "thing", "things"))
		return &exitError{code: exitFindings}
	}
	fmt.Fprintf(c.Stdout, "\nReady: candor scan https://www.example.com/\n")
	return nil
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// checkups yields each result as it is known.
func (c *Command) checkups(ctx context.Context, o *options) func(func(checkup) bool) {
	return func(yield func(checkup) bool) {
		found := c.checkBrowser(ctx, o)
		if !yield(found) {
			return
		}
		if !found.fault && !yield(c.checkStart(ctx, o)) {
			return
		}
		_ = yield(checkFonts(fontDirs(c.environ()))) && yield(checkTemp()) && yield(c.checkKnowledge())
	}
}

// reachLimit bounds a connection to a browser that runs elsewhere.
const reachLimit = 5 * time.Second

func (c *Command) checkBrowser(ctx context.Context, o *options) checkup {
	if address, ok := remote(o.browser); ok {
		var d net.Dialer
		ctx, cancel := context.WithTimeout(ctx, reachLimit)
		defer cancel()
		conn, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			return checkup{"browser", o.browser + ": " + err.Error(), []string{"start the browser there with --remote-debugging-port, or leave --browser out"}, true}
		}
		return checkup{name: "browser", found: o.browser, fault: conn.Close() != nil}
	}
	path, err := c.Stages.FindBrowser(o.browser, true) // whether it starts is tried next
	if err != nil {
		return checkup{"browser", err.Error(), installAdvice(runtime.GOOS, c.installed), true}
	}
	return checkup{name: "browser", found: path}
}

// remote returns the host and port of a browser that runs elsewhere.
func remote(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || !browser.Elsewhere(s) || u.Hostname() == "" {
		return "", false
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"ws": "80", "wss": "443", "http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port), true
}

// checkStart starts the browser as a scan would.
func (c *Command) checkStart(ctx context.Context, o *options) checkup {
	ctx, cancel := context.WithTimeout(ctx, tryLimit)
	defer cancel()
	info, err := c.Stages.TryBrowser(ctx, o.browser, o.noSandbox)
	if err != nil {
		advice := []string{"run it by hand to see more: BROWSER --headless --dump-dom about:blank"}
		switch {
		case strings.Contains(err.Error(), "Socket path too long"):
			advice = []string{"set TMPDIR to a folder with a shorter path, such as /tmp"}
		case os.Geteuid() == 0 && !o.noSandbox:
			advice = []string{
				"Chromium's sandbox does not work for root: run candor as another user,",
				"or go without it: candor doctor --no-sandbox, the same for scan; or set CANDOR_NO_SANDBOX=true",
			}
		}
		return checkup{"start", err.Error(), advice, true}
	}
	check := checkup{name: "start", found: info.Product + ", sandbox on, third-party cookies " + info.ThirdPartyCookies}
	if !info.Sandbox {
		check.found = info.Product + ", sandbox off, third-party cookies " + info.ThirdPartyCookies
		check.advice = append(check.advice, "scan only sites that you trust without the sandbox, or run as another user than root; reports say that it was off")
	}
	if info.ThirdPartyCookies == "blocked" {
		check.advice = append(check.advice, "the browser blocks third-party cookies, so a scan would see fewer than a visitor's browser has")
	}
	return check
}

// installAdvice is what to run for a browser on this system.
func installAdvice(goos string, installed func(string) bool) []string {
	type way struct{ tool, command string }
	ways := []way{
		{"apt-get", "sudo apt-get install -y chromium fonts-dejavu fonts-noto-core"},
		{"dnf", "sudo dnf install -y chromium dejavu-sans-fonts google-noto-sans-fonts"},
		{"apk", "sudo apk add chromium font-dejavu font-noto"},
		{"pacman", "sudo pacman -S --needed chromium ttf-dejavu noto-fonts"},
		{"zypper", "sudo zypper install -y chromium dejavu-fonts google-noto-sans-fonts"},
		{"brew", "brew install --cask chromium"},
	}
	advice := []string{"or name one: --browser PATH"}
	for _, w := range ways {
		if installed(w.tool) && (w.tool == "brew") == (goos == "darwin") {
			return append([]string{w.command}, advice...)
		}
	}
	return append([]string{"install Chromium or Google Chrome with the system's package manager"}, advice...)
}

func (c *Command) installed(tool string) bool {
	return slices.ContainsFunc(filepath.SplitList(c.environ()["PATH"]), func(dir string) bool {
		info, err := os.Stat(filepath.Join(dir, tool))
		return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
	})
}

// fontDirs are where fonts live.
func fontDirs(env map[string]string) []string {
	if runtime.GOOS == "darwin" {
		return []string{"/System/Library/Fonts", "/Library/Fonts"}
	}
	dirs := []string{"/usr/share/fonts", "/usr/local/share/fonts"}
	if home := env["HOME"]; home != "" {
		dirs = append(dirs, filepath.Join(home, ".fonts"), filepath.Join(home, ".local/share/fonts"))
	}
	return dirs
}

// checkFonts looks for at least one font: without any, pages are boxes in the
// screenshots, and their scripts measure text that has no size.
func checkFonts(dirs []string) checkup {
	const enough = 1
	found := 0
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil // a folder that is not there or not ours holds no font for us
			}
			switch strings.ToLower(filepath.Ext(d.Name())) {
			case ".ttf", ".otf", ".ttc", ".pfb", ".woff2":
				found++
			}
			return nil
		})
	}
	if found < enough {
		return checkup{"fonts", "no font in " + strings.Join(dirs, ", "),
			[]string{"install some, such as fonts-dejavu and fonts-noto-core; screenshots would hold boxes for letters"}, true}
	}
	return checkup{name: "fonts", found: count(found, "file", "files")}
}

// checkTemp writes where the browser will keep its profile.
func checkTemp() checkup {
	dir := os.TempDir()
	f, err := os.CreateTemp(dir, "candor-doctor-*")
	if err == nil {
		_, err = f.WriteString("candor")
		err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return checkup{"tmp", err.Error(), []string{"set TMPDIR to a folder that can be written"}, true}
	}
	return checkup{name: "tmp", found: dir + " can be written"}
}

func (c *Command) checkKnowledge() checkup {
	set, err := c.Stages.Rules()
	if err != nil {
		return checkup{"knowledge", err.Error(), []string{"candor rules check"}, true}
	}
	return checkup{name: "knowledge", found: fmt.Sprintf("%d rules, %d vendors, %s", len(set.Rules), len(set.Vendors), set.Version)}
}
