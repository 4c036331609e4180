// Package change compares two scans of a site in the two things that rules and
// reports both need: who receives what, and what the texts claim.
//
// Recipients are compared by company, so that a vendor's new host is no new
// recipient. Claims are matched by what they mean and only then by their words.
// Order does not matter to the comparison and its results are sorted, so that
// the same two scans always give the same changes. Both sides may come from
// anywhere: what is compared pairwise is bounded.
package change

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// Scan is what a comparison needs of a scan.
type Scan struct {
	ID         string
	Started    string // RFC 3339, UTC
	Entity     string // the organisation, as its profile says; "" when not stated
	Recipients []Recipient
	Visits     []Visit // in full
	Texts      []Text
	Claims     []Claim
	Hosts      Hosts // by which the later scan's addresses are those of this one
}

// Visit is a page that was visited in full in one state.
type Visit struct {
	Page  string // as PageKey gives it
	State string
}

// Recipient is a company that was seen to receive data, or a domain whose
// company is not known.
type Recipient struct {
	Key      string // see Company
	Name     string
	Data     []string
	Purposes []string
	Visits   []Visit // where it was seen, pages times states
}

// Text is a notice.
type Text struct {
	ID          string
	URL         string
	Kind        string
	SHA256      string
	LastUpdated string // "2026-03-01"; "" when the text gives no date
	Read        bool   // its sentences could be read
}

// Load is one visit of a page, as evidence.Page has it.
type Load struct{ Page, State, Ended string }

// Gap is what could not be observed on a page; without a state in all of them.
type Gap struct{ Page, State, Why string }

// Looked returns the visits that were made, each with what keeps it from being
// full: "" for nothing. A page that was visited several times is full when each
// of its visits is. Untested are states that tell nothing, with the reason.
// Pages are as PageKey gives them.
func Looked(loads []Load, untested map[string]string, gaps []Gap) map[Visit]string {
	missed := make(map[Visit]string, len(gaps))
	for _, g := range gaps {
		missed[Visit{g.Page, g.State}] = "there is a gap: " + strings.TrimSuffix(g.Why, ".")
	}
	out := make(map[Visit]string, len(loads))
	for _, l := range loads {
		at := Visit{l.Page, l.State}
		why := ""
		switch {
		case l.Ended == "failed":
			why = "it could not be visited"
		case l.Ended == "budget":
			why = "it was still busy when its time was up"
		case untested[l.State] != "":
			why = "the state was not tested: " + strings.TrimSuffix(untested[l.State], ".")
		}
		out[at] = cmp.Or(out[at], why, missed[at], missed[Visit{Page: at.Page}])
	}
	return out
}

// Full returns the visits that nothing keeps from being full, sorted.
func Full(looked map[Visit]string) []Visit {
	var out []Visit
	for at, why := range looked {
		if why == "" {
			out = append(out, at)
		}
	}
	slices.SortFunc(out, func(a, b Visit) int {
		return cmp.Or(cmp.Compare(a.Page, b.Page), cmp.Compare(a.State, b.State))
	})
	return out
}

// Company is the key by which a recipient is compared: the company's name, or
// what else is known of it.
func Company(entity, vendor string) string {
	return strings.ToLower(strings.Join(strings.Fields(cmp.Or(entity, vendor)), " "))
}

// Hosts are names that stand for each other, such as those of a staging site
// for those of production.
type Hosts []Pair

// Pair says that Host is to be taken for Is. Both may start with "*.", which
// stands for everything below.
type Pair struct{ Host, Is string }

// Host returns the name that a host is compared by. The first pair that fits
// decides.
func (h Hosts) Host(host string) string {
	for _, p := range h {
		if host == p.Host {
			return p.Is
		}
		if tail, ok := strings.CutPrefix(p.Host, "*"); ok {
			if head, below := strings.CutSuffix(host, tail); below && head != "" {
				return head + strings.TrimPrefix(p.Is, "*")
			}
		}
	}
	return host
}

// Address returns an address with the host that it is compared by.
func (h Hosts) Address(address string) string {
	if len(h) == 0 {
		return address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	to := h.Host(u.Hostname())
	if to == u.Hostname() {
		return address
	}
	u.Host = to // a port belongs to the host that is left behind
	return u.String()
}

// PageKey is what a page is known by in both scans: host and path. Schemes,
// queries and fragments differ between visits of what is one page to a reader,
// and values in them are redacted with a key of their scan.
func (h Hosts) PageKey(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		head, _, _ := strings.Cut(address, "?")
		return head
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return h.Host(strings.ToLower(u.Hostname())) + path
}

// Sorted returns each word once, in order.
func Sorted(words []string) []string {
	out := slices.Clone(words)
	slices.Sort(out)
	return slices.Compact(out)
}

// Missing returns what is in list and not in from, sorted, each once.
func Missing(list, from []string) []string {
	return slices.DeleteFunc(Sorted(list), func(s string) bool { return slices.Contains(from, s) })
}
