package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// interruptScan runs the real command with a real browser on a site of which one
// page never answers, sends a signal at each line of the log that at accepts,
// and expects the exit code of an incomplete scan. It returns the folder for
// temporary files that the command had.
func interruptScan(t *testing.T, out string, at func(line string) bool) (tmp string) {
	t.Helper()
	if ok, err := hasBrowser(); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip("no Chromium or Chrome on this machine: the interruption of a scan was NOT tested")
	}
	server := webtest.Start(t, webtest.MustText(`
-- www.shop.test/index.html --
<title>Shop</title><a href="/slow">Contact</a>
-- www.shop.test/slow.html --
never seen
-- www.shop.test/slow.html.headers --
delay: 10m
`))
	args := []string{"scan", "https://www.shop.test/", "--host-map", server.HostMap(), "--insecure", "--out", out, "--timeout", "10m", "--tabs", "1", "--states", "none"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	// A short name, because the path of Chromium's socket must fit.
	tmp, err := os.MkdirTemp("", "i")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tmp) })
	cmd := exec.Command(asCandor(t), args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer guard.Stop()
	var log strings.Builder
	for lines := bufio.NewScanner(io.TeeReader(stderr, &log)); lines.Scan(); {
		if at(lines.Text()) {
			if err := cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitIncomplete {
		t.Errorf("candor: %v, want exit code %d\n%s", err, exitIncomplete, &log)
	}
	return tmp
}

// TestInterruptedScan ends the real command with a real browser by a signal, in
// the middle of a page that never answers.
func TestInterruptedScan(t *testing.T) {
	dir := t.TempDir()
	sent := false
	interruptScan(t, dir+"/out", func(line string) bool {
		first := strings.Contains(line, "msg=page") && !sent
		sent = sent || first
		return first
	})
	m := meta(t, dir+"/out")
	if m.Complete || m.Stopped != "interrupted" {
		t.Errorf("bundle: complete %v, stopped %q", m.Complete, m.Stopped)
	}
	r, err := evidence.Open(dir + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	kept := false
	for page, err := range r.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		kept = kept || page.URL == "https://www.shop.test/" && page.Ended != "failed"
	}
	if !kept {
		t.Error("the page that was visited before the signal is not in the bundle")
	}
	if _, err := os.Stat(dir + "/out/index.html"); err != nil {
		t.Error(err)
	}
}

// TestInterruptedTwice leaves at once, with nothing left behind: neither the
// browser nor its folder.
func TestInterruptedTwice(t *testing.T) {
	dir, sent := t.TempDir(), 0
	tmp := interruptScan(t, dir+"/out", func(line string) bool {
		now := strings.Contains(line, "msg=page") || strings.Contains(line, "Once more to leave")
		if now {
			sent++
		}
		return now
	})
	if sent < 2 {
		t.Fatalf("the scan ended after %d signals, so the second was not tested", sent)
	}
	left, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		t.Errorf("left behind: %s", e.Name())
	}
	if _, err := os.Stat(dir + "/out/evidence/pages.jsonl"); err != nil {
		t.Error(err)
	}
}
