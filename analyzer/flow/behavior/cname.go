package behavior

import (
	"slices"

	"candor/analyzer/flow"
)

// cloaks finds trackers behind a name of the site's own: DNS says that the host is
// an alias (CNAME) of a name that the knowledge base has as a tracker's, so that
// browsers and blockers take it for the site, and the site's cookies go there.
//
// Dao, Mazel and Fukuda, "CNAME Cloaking-Based Tracking on the Web" (IEEE TNSM
// 2021), and Dimova, Acar, Olejnik, Joosen and Van Goethem, "The CNAME of the
// Game" (PoPETs 2021), match the last name with lists of trackers; here every name
// of the chain counts.
//
// Hosts that serve the site's pages are not counted: a shop on a shop system is
// hosted there. Misses: trackers that are not known, those that the site's DNS
// names by their address, and own servers that pass on.
type cloaks struct{}

// watching are categories of vendors whose hiding is told.
var watching = []string{
	"ab_testing", "advertising", "affiliate", "analytics", "cdp", "data_broker", "email_marketing", "identity", "personalization",
	"session_replay", "social", "tag_manager",
}

func (cloaks) request(s *scan, x *flow.Exchange) {
	if x.To.Alias == "" || x.To.Known == nil || !slices.ContainsFunc(x.To.Known.Categories, func(c string) bool { return slices.Contains(watching, c) }) {
		return
	}
	var with []string
	if len(x.Cookies) > 0 && x.Sent {
		with = append(with, "cookies of the site")
	}
	script := x.Script
	if x.Type == "Script" {
		script = x.URL // the tracker's own, which the page asks for under the site's name
	}
	s.saw(sighting{
		kind: CNAMECloaking, vendor: x.To.Vendor, script: script, page: x.Page, state: x.State, evidence: x.ID, confidence: flow.Direct, with: with,
		detail: x.Host + ", a name of the site's own, is an alias of " + x.To.Alias + ", where requests go",
	})
}
