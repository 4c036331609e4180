package rules

import (
	"bufio"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"
)

// TestEvalCookies measures the purposes of labelled cookies that real sites set,
// which are not part of the project. An unknown purpose counts as a wrong one
// and is told apart. The interval is a bootstrap over sites.
func TestEvalCookies(t *testing.T) {
	if os.Getenv("CANDOR_EVAL") != "1" {
		t.Skip("a measurement, not a test: CANDOR_EVAL=1 runs it (make eval)")
	}
	f, err := os.Open(filepath.Join("..", "..", "shared", "eval", "cookies_labelled.jsonl"))
	if err != nil {
		t.Fatalf("eval: %v; the data lie beside the repository, in shared/eval", err)
	}
	defer f.Close()
	set := embeddedSet(t)
	bySite := make(map[string][]bool)
	by, rightBy, confused := map[Basis]int{}, map[Basis]int{}, map[string]int{}
	n, right, unknown := 0, 0, 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c struct{ Name, Domain, Site, Label string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("eval: line %d: %v", n+1, err)
		}
		rule, vendor := set.CookieFor(c.Name, c.Domain, siteOf(c.Site))
		if vendor == nil {
			vendor = set.VendorFor(strings.TrimPrefix(c.Domain, "."), "/")
		}
		purpose, basis := CookiePurpose(c.Name, rule, vendor)
		by[basis]++
		if purpose == "unknown" {
			unknown++
		}
		ok := purpose == c.Label
		if ok {
			right++
			rightBy[basis]++
		} else {
			confused[c.Label+" read as "+purpose]++
		}
		n++
		bySite[c.Site] = append(bySite[c.Site], ok)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("eval: %v", err)
	}
	for _, b := range []Basis{ByName, ByVendor} {
		t.Logf("known by %s: %d, of which right: %d", b, by[b], rightBy[b])
	}
	for _, k := range slices.Sorted(maps.Keys(confused)) {
		t.Logf("%s: %d", k, confused[k])
	}
	low, high := bootstrap(bySite)
	t.Logf("eval: cookie accuracy %.3f [%.3f, %.3f] n=%d unknown=%d bar=.85", float64(right)/float64(n), low, high, n, unknown)
}

// siteOf is the registrable domain of an address, or its host.
func siteOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if site, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname()); err == nil {
		return site
	}
	return u.Hostname()
}

// bootstrap returns the 2.5th and 97.5th percentile of the accuracy when whole
// sites are drawn with replacement, 1,000 times from a fixed seed.
func bootstrap(bySite map[string][]bool) (low, high float64) {
	sites := make([]string, 0, len(bySite))
	for site := range bySite {
		sites = append(sites, site)
	}
	slices.Sort(sites)
	random := rand.New(rand.NewPCG(1, 2))
	draws := make([]float64, 1000)
	for i := range draws {
		n, right := 0, 0
		for range sites {
			for _, ok := range bySite[sites[random.IntN(len(sites))]] {
				n++
				if ok {
					right++
				}
			}
		}
		draws[i] = float64(right) / float64(n)
	}
	slices.Sort(draws)
	return draws[25], draws[974]
}
