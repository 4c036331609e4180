package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"candor/crawler/browser"
)

func TestMain(m *testing.M) {
	testscript.Main(cleaned{m}, map[string]func(){"candor": main})
}

// cleaned removes what tests share after the last of them.
type cleaned struct{ *testing.M }

func (m cleaned) Run() int {
	code := m.M.Run()
	if builtDir != "" {
		_ = os.RemoveAll(builtDir) // it is temporary anyway
	}
	return code
}

// TestScripts runs testdata/script: terminal sessions, each in a folder of its
// own. A session that needs a browser is skipped where there is none, except on
// a build machine (CI=true), where that is a failure.
func TestScripts(t *testing.T) {
	demo, err := filepath.Abs(filepath.Join(repo, "testdata", "web"))
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(demo, "..", "own-rules")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("DEMO", demo)
			e.Setenv("OWN", own)
			// Chromium keeps a socket there, whose path must be short.
			e.Setenv("TMPDIR", os.TempDir())
			e.Setenv("CANDOR_REVISITS", "0") // for time; TestDemo looks again
			if os.Geteuid() == 0 {
				e.Setenv("CANDOR_NO_SANDBOX", "true")
			}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond != "browser" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			return hasBrowser()
		},
	})
}

// hasBrowser is an error on a build machine without one.
func hasBrowser() (bool, error) {
	_, err := browser.Find("")
	if err != nil && strings.EqualFold(os.Getenv("CI"), "true") {
		return false, fmt.Errorf("on a build machine a browser must be there: %w", err)
	}
	return err == nil, nil
}
