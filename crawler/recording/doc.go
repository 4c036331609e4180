// Package recording turns recordings of other tools into evidence: HAR 1.2
// files of browsers' developer tools, and the JSON of Website Evidence
// Collector, Blacklight collector and Tracker Radar Collector.
//
// The format is told by the content. A file is untrusted: its size, depth,
// counts and values are bounded, and an entry that cannot be used becomes a gap
// that names its number and what was expected, while the rest is kept.
//
// What a format cannot tell is a gap, and is listed in the bundle's meta data as
// missing or partial, so that its absence is never taken for a pass. The same
// file with the same options gives the same evidence.
//
// The package judges nothing and has no network.
package recording
