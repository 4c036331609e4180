package browser

import "sync"

// running are the browsers that were started here and are not closed yet.
var running sync.Map // *process → true

// Abandon ends every browser that was started here, at once, and removes their
// folders. It is for a program that leaves without an orderly end: without it
// the profile stays in the folder for temporary files.
func Abandon() {
	running.Range(func(key, _ any) bool {
		_ = key.(*process).kill() // the program ends; there is nobody to tell
		return true
	})
}
