package browser

import (
	"os"
	"sync"
)

// running are the browsers that were started here and are not closed yet.
var running sync.Map // *process → true

// Abandon ends every browser that was started here, at once, and removes their
// folders. It is for a program that leaves without an orderly end: without it
// the profile stays in the folder for temporary files.
func Abandon() {
	running.Range(func(key, _ any) bool {
		p := key.(*process)
		killGroup(p.cmd)
		<-p.exited
		// A child that was just killed may still write for a moment.
		for range 5 {
			if os.RemoveAll(p.dir) == nil {
				break
			}
		}
		return true
	})
}
