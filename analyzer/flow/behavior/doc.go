// Package behavior finds what scripts do beyond sending what a page gives them:
// pixels and beacons, the asking for permissions, and the other kinds of Kinds.
//
// A Finder observes the evidence while flow.Build reads it, so that each stream
// is read once. It asks a closed set of detectors, one file for each kind; a
// detector keeps what it must to decide, and nothing of a record after its call.
//
// Guarantees: each behavior points at the evidence that proves it, names the
// script and the vendor where they are known, and says in its detail by which
// heuristic it was told. The same evidence gives the same behaviors in the same
// order, whatever the order of records within a stream, up to the bounds. Memory
// follows the number of scripts and vendors, not of requests: at most maxFound
// behaviors are told apart.
//
// Limits: the heuristics are published ones with known misses; the table in
// CONTRIBUTING.md says them kind by kind. That nothing was found does not mean
// that nothing happens.
package behavior

import (
	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// Kind is a kind of behavior.
type Kind string

// The kinds.
const (
	CanvasFingerprinting    Kind = "canvas_fingerprinting"
	WebGLFingerprinting     Kind = "webgl_fingerprinting"
	AudioFingerprinting     Kind = "audio_fingerprinting"
	FontFingerprinting      Kind = "font_fingerprinting"
	NavigatorFingerprinting Kind = "navigator_fingerprinting"
	SessionRecording        Kind = "session_recording"
	KeystrokeCapture        Kind = "keystroke_capture"
	FormLeakBeforeSubmit    Kind = "form_leak_before_submit" // found by flow, as its leaks
	CookieSync              Kind = "cookie_sync"
	CNAMECloaking           Kind = "cname_cloaking"
	EvercookieRespawn       Kind = "evercookie_respawn"
	Beacon                  Kind = "beacon"
	TrackingPixel           Kind = "tracking_pixel"
	GeolocationRequest      Kind = "geolocation_request"
	PermissionRequest       Kind = "permission_request" // of anything but the location
	FingerprintExfiltration Kind = "fingerprint_exfiltration"
)

// Kinds are all kinds, in the order in which reports list them.
var Kinds = []Kind{
	FormLeakBeforeSubmit, KeystrokeCapture, SessionRecording,
	FingerprintExfiltration, CanvasFingerprinting, WebGLFingerprinting, AudioFingerprinting, FontFingerprinting, NavigatorFingerprinting,
	CookieSync, EvercookieRespawn, CNAMECloaking, GeolocationRequest, PermissionRequest, Beacon, TrackingPixel,
}

// Behavior is one thing that one script did for one vendor, with where it was
// seen.
type Behavior struct {
	ID         string
	Kind       Kind
	Script     string // its address; of a script in a page, the first such page; "" when not known
	Vendor     string // as in flows: vendor id, or registrable domain; "" when not known
	Confidence flow.Confidence
	Detail     string           // in plain words, with the heuristic
	States     []evidence.State // in the order of reports
	Pages      []string         // addresses, sorted
	Evidence   []string         // at most 20 ids, the first of each page: calls ("p0001.none/c03"), requests, cookies, or the visit itself
	Sightings  int
	Seen       []flow.Sighted `json:"-"` // the visits in which it was seen
}
