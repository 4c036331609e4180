package behavior

import (
	"candor/analyzer/flow"
	"candor/crawler/evidence"
)

// permissions finds pages that ask for the location, notifications, the camera,
// the clipboard or push messages without a visitor's doing. The call itself is
// the evidence (W3C Geolocation and the like); Candor denies all of them.
//
// Misses: what a page asks for only after a click, and permissions that the
// collector does not watch.
type permissions struct{}

func (permissions) page(s *scan, p *evidence.Page) {
	for _, what := range p.Permissions {
		kind, detail := PermissionRequest, "the page asked for the permission "+what
		if what == "geolocation" {
			kind, detail = GeolocationRequest, "the page asked for the visitor's location"
		}
		x := sighting{kind: kind, page: p.ID, state: p.State, evidence: p.ID, detail: detail, confidence: flow.Direct}
		for _, a := range p.Asked {
			if a.Permission == what {
				x.script, x.vendor = s.script(a.Stack, a.Frame)
			}
		}
		s.saw(x)
	}
}
