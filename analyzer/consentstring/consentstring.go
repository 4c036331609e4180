// Package consentstring reads the strings in which consent tools write down what
// a visitor chose, and which they send along with requests: the TCF string of
// IAB Europe (versions 2.0 to 2.2, its core segment), the GPP string of IAB Tech
// Lab (its European section and the opt-outs of its US sections) and the
// us_privacy string.
//
// A string is what the site tells others, whatever the visitor chose; package
// check compares the two. Vendors are numbers of IAB's list, which is not part
// of Candor. What comes after the fields that are read (publishers' restrictions,
// disclosed vendors, sensitive data) is left out. Strings come from pages: each
// is bounded in length and in what is listed of it.
//
// The sections of Maryland, Indiana, Kentucky and Rhode Island are published for
// comment: they are read as IAB Tech Lab's own library writes them.
//
// Layouts: github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework
// and github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform.
package consentstring

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxLength bounds a string that is read, in bytes.
const MaxLength = 4096

// The kinds of strings.
const (
	KindTCF = "TCF"
	KindGPP = "GPP"
	KindUSP = "US Privacy"
)

// String is what a consent string says.
type String struct {
	Kind    string
	TCF     *TCF     // nil when it has none
	OptOuts []OptOut // of US sections, in their order
}

// TCF is the core of a TCF string.
type TCF struct {
	Updated         time.Time
	CMP             int   // number of the consent tool
	Purposes        []int // with consent, from 1
	Interests       []int // purposes with legitimate interest
	SpecialFeatures []int // opted into
	Vendors         []int // with consent
	VendorInterests []int // with legitimate interest
}

// Answer is what a US section says of an opt-out.
type Answer int

// The answers, by their numbers in the strings.
const (
	NotApplicable Answer = iota
	OptedOut
	NotOptedOut
)

// OptOut is what a US section says.
type OptOut struct {
	Section                    string // "usnat", "usca", …; "us_privacy"
	Sale, Sharing, Advertising Answer
}

// Read reads a string of any kind; false when it is none, or damaged.
func Read(s string) (String, bool) {
	s = strings.TrimSpace(s)
	switch {
	case len(s) < 4 || len(s) > MaxLength:
		return String{}, false
	case len(s) == 4:
		o, ok := usPrivacy(s)
		return String{Kind: KindUSP, OptOuts: []OptOut{o}}, ok
	case s[0] == 'C':
		t, ok := tcf(s)
		return String{Kind: KindTCF, TCF: t}, ok
	case s[0] == 'D':
		return gpp(s)
	}
	return String{}, false
}

// Consents reports whether a string tells that the visitor consented to a purpose
// or opted into a special feature.
func (s String) Consents() bool {
	return s.TCF != nil && len(s.TCF.Purposes)+len(s.TCF.SpecialFeatures) > 0
}

// OptedOut reports whether a US section says that the visitor opted out of sale,
// sharing or targeted advertising, and none says that they did not.
func (s String) OptedOut() bool { return s.any(OptedOut) && !s.any(NotOptedOut) }

// NotOptedOut reports whether a US section says that the visitor did not opt out.
func (s String) NotOptedOut() bool { return s.any(NotOptedOut) }

func (s String) any(a Answer) bool {
	return slices.ContainsFunc(s.OptOuts, func(o OptOut) bool { return o.Sale == a || o.Sharing == a || o.Advertising == a })
}

// Says tells in words what a string says, in a few parts without a full stop.
func (s String) Says() string {
	var parts []string
	if t := s.TCF; t != nil {
		switch {
		case len(t.Purposes) == 0:
			parts = append(parts, "no consent for any purpose")
		default:
			parts = append(parts, "consent for "+counted(t.Purposes, "purpose")+" and "+vendors(t.Vendors))
		}
		if len(t.SpecialFeatures) > 0 {
			parts = append(parts, "opted into "+counted(t.SpecialFeatures, "special feature"))
		}
		if len(t.Interests) > 0 {
			parts = append(parts, "legitimate interest for "+counted(t.Interests, "purpose")+" and "+vendors(t.VendorInterests))
		}
	}
	for _, o := range s.OptOuts {
		var said []string
		for _, x := range []struct {
			of string
			a  Answer
		}{{"sale", o.Sale}, {"sharing", o.Sharing}, {"targeted advertising", o.Advertising}} {
			switch x.a {
			case OptedOut:
				said = append(said, "opted out of "+x.of)
			case NotOptedOut:
				said = append(said, "not opted out of "+x.of)
			}
		}
		if len(said) > 0 {
			parts = append(parts, o.Section+": "+strings.Join(said, ", "))
		}
	}
	if len(parts) == 0 {
		return "nothing of a choice"
	}
	return strings.Join(parts, "; ")
}

// maxTold bounds how many numbers are told.
const maxTold = 12

func counted(list []int, noun string) string {
	if len(list) != 1 {
		noun += "s"
	}
	return noun + " " + numbers(list)
}

func vendors(list []int) string {
	switch len(list) {
	case 0:
		return "no vendor"
	case 1:
		return "one vendor (IAB number " + numbers(list) + ")"
	}
	return fmt.Sprintf("%d vendors (IAB numbers %s)", len(list), numbers(list))
}

func numbers(list []int) string {
	var out []string
	for _, n := range list[:min(len(list), maxTold)] {
		out = append(out, strconv.Itoa(n))
	}
	if len(list) > maxTold {
		return strings.Join(out, ", ") + ", …"
	}
	return strings.Join(out, ", ")
}

// usPrivacy reads IAB's US Privacy string, version 1.
func usPrivacy(s string) (OptOut, bool) {
	s = strings.ToUpper(s)
	if s[0] != '1' || strings.Trim(s[1:], "YN-") != "" {
		return OptOut{}, false
	}
	return OptOut{Section: "us_privacy", Sale: map[byte]Answer{'Y': OptedOut, 'N': NotOptedOut}[s[2]]}, true
}

// tcf reads the core segment of a TCF string.
func tcf(s string) (*TCF, bool) {
	core, _, _ := strings.Cut(s, ".")
	b, ok := newBits(core)
	if !ok || b.int(6) != 2 {
		return nil, false
	}
	t := &TCF{}
	b.int(36) // created
	t.Updated = time.UnixMilli(int64(b.int(36)) * 100).UTC()
	t.CMP = b.int(12)
	b.int(12 + 6)  // version of the tool, screen
	b.int(12 + 12) // language, version of the vendors' list
	b.int(6 + 2)   // version of the policy, two flags
	t.SpecialFeatures, t.Purposes, t.Interests = b.set(12), b.set(24), b.set(24)
	b.int(1 + 12) // purpose one's treatment, publisher's country
	t.Vendors = b.vendors()
	t.VendorInterests = b.vendors()
	return t, !b.short
}
