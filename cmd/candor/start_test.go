package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"candor/rules"
)

// maxInit bounds what packages make at start, before any command is known, in
// bytes of heap: the knowledge and other large things load when they are
// needed. A program within it answers --help in a few milliseconds.
const maxInit = 6 << 20

// asCandor is this test's program under the name of the command; TestMain then
// runs main.
func asCandor(tb testing.TB) string {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	name := filepath.Join(tb.TempDir(), "candor")
	if err := os.Symlink(self, name); err != nil {
		tb.Fatal(err)
	}
	return name
}

// builtCandor is the command as it is shipped, built once; TestMain removes it.
// The tests' own program holds what tests need, too.
func builtCandor(tb testing.TB) string {
	tb.Helper()
	name, err := built()
	if err != nil {
		tb.Fatal(err)
	}
	return name
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "candor-test-")
	if err != nil {
		return "", err
	}
	builtDir = dir
	name := filepath.Join(dir, "candor")
	// With plain flags, since go vet has compiled the packages so.
	build := exec.Command("go", "build", "-o", name, ".")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return name, nil
})

var builtDir string

var initLine = regexp.MustCompile(`(?m)^init (\S+) @.* clock, (\d+) bytes, \d+ allocs$`)

func TestStartIsLight(t *testing.T) {
	cmd := exec.Command(builtCandor(t), "--help")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	lines := initLine.FindAllStringSubmatch(stderr.String(), -1)
	if len(lines) < 10 {
		t.Fatalf("the trace names %d packages only:\n%s", len(lines), &stderr)
	}
	total := 0
	for _, m := range lines {
		bytes, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		total += bytes
		if bytes > maxInit/4 {
			t.Errorf("%s makes %d bytes at start", m[1], bytes)
		}
	}
	if total > maxInit {
		t.Errorf("packages make %d bytes at start, more than %d:\n%s", total, maxInit, &stderr)
	}
	t.Logf("%d bytes in %d packages", total, len(lines))
}

func TestHelpLoadsNoKnowledge(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"scan", "--help"}, {"help", "config"}, {"version"}, {"__complete", "scan", "--fail-on", ""}, {"scan", "--pages", "0"}} {
		s := newSession(t)
		s.Stages.Rules = func() (*rules.Set, error) {
			t.Errorf("%v loads the knowledge", args)
			return nil, errors.New("not wanted")
		}
		s.run(args...)
	}
}

// BenchmarkHelp is the time of candor --help, the start of the process
// included.
func BenchmarkHelp(b *testing.B) {
	name := builtCandor(b)
	for b.Loop() {
		if err := exec.Command(name, "--help").Run(); err != nil {
			b.Fatal(err)
		}
	}
}
