//go:build unix

package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A named pipe has no end and, without a writer, no beginning.
func TestPipesAreNotWaitedFor(t *testing.T) {
	dir := closedBundle(t)
	pages := filepath.Join(dir, pagesFile)
	must(t, os.Remove(pages))
	must(t, syscall.Mkfifo(pages, 0o600))
	r := open(t, dir)
	if _, err := firstError(r.Pages()); err == nil || !strings.Contains(err.Error(), "it is no regular file") {
		t.Error(err)
	}
	if err := r.Verify(); err == nil || err.Error() != "verify pages.jsonl: it is no regular file" {
		t.Error(err)
	}
}
