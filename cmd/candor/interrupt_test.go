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

// TestInterruptedScan ends the real command with a real browser by a signal, in
// the middle of a page that never answers.
func TestInterruptedScan(t *testing.T) {
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
	dir := t.TempDir()
	args := []string{"scan", "https://www.shop.test/", "--host-map", server.HostMap(), "--insecure", "--out", dir + "/out", "--timeout", "10m", "--tabs", "1"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	cmd := exec.Command(asCandor(t), args...)
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
	sent := false
	for lines := bufio.NewScanner(io.TeeReader(stderr, &log)); lines.Scan(); {
		if strings.Contains(lines.Text(), "msg=page") && !sent {
			sent = true
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitIncomplete {
		t.Errorf("candor: %v, want exit code %d\n%s", err, exitIncomplete, &log)
	}
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
	if ok, err := hasBrowser(); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip("no Chromium or Chrome on this machine: the second interruption of a scan was NOT tested")
	}
	server := webtest.Start(t, webtest.MustText(`
-- www.shop.test/index.html --
<title>Shop</title><a href="/slow">Contact</a>
-- www.shop.test/slow.html --
never seen
-- www.shop.test/slow.html.headers --
delay: 10m
`))
	dir, tmp := t.TempDir(), t.TempDir()
	args := []string{"scan", "https://www.shop.test/", "--host-map", server.HostMap(), "--insecure", "--out", dir + "/out", "--timeout", "10m", "--tabs", "1"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
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
		if line := lines.Text(); strings.Contains(line, "msg=page") || strings.Contains(line, "Once more to leave") {
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
