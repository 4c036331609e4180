// Package evidence holds what a browser can observe, as plain versioned values,
// and the bundle in which they are kept.
//
// A bundle is a folder that is written while the scan runs, one JSON line a
// record, so that a crash leaves everything up to the last whole line. Reader
// reads it back as a stream; nothing is held whole.
//
// The package guarantees that what was written is what is read (JSON in, JSON
// out), that a bundle which was not closed says so, and that Verify finds any
// later change of a file. It judges nothing: who owns a host, what a field
// means and whether a text discloses it is the analyzer's work.
//
// It depends on the standard library and the public suffix list only.
package evidence

// Schema is the version of the bundle's format.
const Schema = "candor.evidence/1"
