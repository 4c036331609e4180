package behavior

import "candor/analyzer/flow"

// beacons finds what is sent so that it arrives even when the visitor leaves:
// navigator.sendBeacon and <a ping> (W3C Beacon; both are pings to Fetch), and
// fetch with keepalive, to another party, with a body or with what tells one
// visitor or page from others.
//
// Misses: beacons to a server of the site's own that passes them on, unless they
// are in a format that the knowledge base knows; those that are sent when a
// visitor really leaves, which a scan does at the end of a visit only.
type beacons struct{}

func (beacons) request(s *scan, x *flow.Exchange) {
	to, ok := receiver(x)
	if !ok || x.Type != "Ping" && !x.Keepalive || x.Type == "CSPViolationReport" || x.Type == "Document" {
		return
	}
	what := x.Tells()
	if x.PostBytes > 0 {
		what = append(what, "a body")
	}
	if len(what) == 0 {
		return
	}
	detail := "a beacon was sent, which arrives even when the visitor leaves"
	s.saw(sighting{
		kind: Beacon, vendor: to.Vendor, script: x.Script, page: x.Page, state: x.State, evidence: x.ID,
		detail: detail, with: what, confidence: flow.Direct,
	})
}
