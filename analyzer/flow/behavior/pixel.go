package behavior

import (
	"strings"

	"candor/analyzer/flow"
)

// pixels finds images that nobody is meant to see: 1 × 1 or without content,
// from another party, and asked for with what tells one visitor or page from
// others.
//
// Fouad, Bielova, Legout and Sarafijanovic-Djukic, "Missed by Filter Lists:
// Detecting Unknown Third-Party Trackers with Invisible Pixels" (PoPETs 2020),
// take images of one pixel or without content. The evidence has no picture, so
// that its size in bytes decides, and what its request carried must say that it
// is there for that.
//
// Misses: pixels of a larger file, those that redirect before an image comes,
// those that carry values which are not known as identifiers.
type pixels struct{}

// tiny is the most that the smallest picture of a format has in bytes: one pixel
// with a palette, or a header as encoders write it.
var tiny = map[string]int64{"image/gif": 100, "image/png": 150, "image/webp": 100, "image/jpeg": 700}

func (pixels) request(s *scan, x *flow.Exchange) {
	to, ok := receiver(x)
	if !ok || x.Type != "Image" || !invisible(x) {
		return
	}
	what := x.Tells()
	if len(what) == 0 {
		return
	}
	s.saw(sighting{
		kind: TrackingPixel, vendor: to.Vendor, script: x.Script, page: x.Page, state: x.State, evidence: x.ID,
		detail: "an image of one pixel or without content was asked for", with: what, confidence: flow.Strong,
	})
}

// invisible reports whether the answer shows nothing.
func invisible(x *flow.Exchange) bool {
	if x.Status == 204 || x.Status == 205 {
		return true
	}
	kind, _, _ := strings.Cut(strings.ToLower(x.MIMEType), ";")
	return x.Status == 200 && x.BodyBytes > 0 && x.BodyBytes <= tiny[strings.TrimSpace(kind)]
}

// receiver returns who gets a request that left the browser for another party:
// the party behind its host, or the vendor in whose format it goes to a server
// of the site.
func receiver(x *flow.Exchange) (flow.Party, bool) {
	switch {
	case !x.Sent:
		return flow.Party{}, false
	case x.To.Third() && !x.To.Plain:
		return x.To, true
	case x.Meant.Vendor != "":
		return x.Meant, true
	}
	return flow.Party{}, false
}
