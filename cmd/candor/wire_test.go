package main

import (
	"errors"
	"os"
	"testing"

	"candor/crawler/browser"
)

func TestFindBrowser(t *testing.T) {
	if got, err := findBrowser("ws://127.0.0.1:9222/devtools/browser/x", false); err != nil || got != "ws://127.0.0.1:9222/devtools/browser/x" {
		t.Errorf("a running browser: %q, %v", got, err)
	}
	if _, err := findBrowser("./nowhere", true); err == nil {
		t.Error("a browser that is not there was found")
	}
	program, err := os.Executable() // any program will do: it is not started
	if err != nil {
		t.Fatal(err)
	}
	if got, err := findBrowser(program, true); err != nil || got != program {
		t.Errorf("without the sandbox: %q, %v", got, err)
	}
	if _, err := findBrowser(program, false); errors.Is(err, browser.ErrRoot) != (os.Geteuid() == 0) {
		t.Errorf("with the sandbox, as user %d: %v", os.Geteuid(), err)
	}
}
