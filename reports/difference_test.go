package reports_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"candor/analyzer"
	"candor/analyzer/change"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/reporttest"
)

// scene is a scan in few words. Pages are paths.
type scene struct {
	At       string   `yaml:"at"` // day; default 2026-01-01
	Host     string   `yaml:"host"`
	Rules    string   `yaml:"rules"`
	Pages    []string `yaml:"pages"`  // default /, /buy
	States   []string `yaml:"states"` // default none
	Busy     []string `yaml:"busy"`   // "/buy none": it was still busy when its time was up
	Gaps     []string `yaml:"gaps"`   // "/buy none"
	Untested []string `yaml:"untested"`
	Stopped  string   `yaml:"stopped"`
	Missing  []string `yaml:"missing"` // of another tool's recording

	Gets     []gets              `yaml:"gets"` // who gets what
	Classes  map[string]string   `yaml:"classes"`
	Cookies  []jar               `yaml:"cookies"`
	Keys     []string            `yaml:"keys"`   // local storage
	Labels   map[string][]string `yaml:"labels"` // key → sent to
	Forms    map[string][]string `yaml:"forms"`  // action path → asks for
	Does     []string            `yaml:"does"`   // "kind vendor"
	Texts    []text              `yaml:"texts"`
	Promises map[string]string   `yaml:"promises"` // quote → verdict
	Findings []string            `yaml:"findings"` // "RULE severity fingerprint recipient"
	Skipped  []string            `yaml:"rules_not_tested"`
}

type gets struct {
	Who     string   `yaml:"who"` // vendor id
	Company string   `yaml:"company"`
	Host    string   `yaml:"host"`
	What    []string `yaml:"what"` // default ip_address
	For     []string `yaml:"for"`
	On      []string `yaml:"on"` // default /
	In      []string `yaml:"in"` // default none
	Verdict string   `yaml:"verdict"`
}

type jar struct {
	Name   string   `yaml:"name"`
	Days   float64  `yaml:"days"`
	Domain string   `yaml:"domain"`
	Of     string   `yaml:"of"` // vendor of a third-party cookie
	On     []string `yaml:"on"`
}

type text struct {
	URL   string `yaml:"url"` // path; default /privacy
	Kind  string `yaml:"kind"`
	Dated string `yaml:"dated"`
	Says  []says `yaml:"says"`
}

type says struct {
	Text string   `yaml:"text"`
	Does string   `yaml:"does"`
	Not  bool     `yaml:"not"`
	Only bool     `yaml:"only"`
	Data []string `yaml:"data"`
	To   []string `yaml:"to"`
	For  []string `yaml:"for"`
}

func orList(list []string, fallback ...string) []string {
	if len(list) == 0 {
		return fallback
	}
	return list
}

func (s scene) report() *reports.Report {
	host := cmp.Or(s.Host, "www.shop.test")
	address := func(paths []string) []string {
		var out []string
		for _, p := range paths {
			out = append(out, "https://"+host+p)
		}
		return out
	}
	states := orList(s.States, "none")
	at := cmp.Or(s.At, "2026-01-01") + "T08:00:00Z"
	rep := &reports.Report{
		Schema: reports.Schema, ScanID: "s-" + at, StartedAt: at, Tool: reports.Tool{RulesVersion: cmp.Or(s.Rules, "r1")},
		Site:     reports.Site{URL: "https://" + host + "/", URLs: []string{"https://" + host + "/"}, Host: host},
		Coverage: reports.Coverage{States: states, Complete: s.Stopped == "", Stopped: s.Stopped},
		Import:   reports.Import{Missing: s.Missing},
	}
	for _, st := range states {
		for i, p := range orList(s.Pages, "/", "/buy") {
			page := reports.Page{ID: fmt.Sprintf("p%04d.%s", i, st), URL: "https://" + host + p, State: st, Ended: "quiet"}
			if slices.Contains(s.Busy, p+" "+st) {
				page.Ended = "budget"
			}
			rep.Pages = append(rep.Pages, page)
		}
		rep.Choices = append(rep.Choices, reports.StateChoice{State: st, Tested: !slices.Contains(s.Untested, st), Why: "No banner was found."})
	}
	for _, g := range s.Gaps {
		p, st, _ := strings.Cut(g, " ")
		rep.Coverage.Gaps = append(rep.Coverage.Gaps, reports.Gap{What: "something", Why: "It was not looked at.", Page: "https://" + host + p, State: st})
	}
	for i, g := range s.Gets {
		on, in := address(orList(g.On, "/")), orList(g.In, "none")
		rep.Vendors = append(rep.Vendors, reports.Vendor{ID: g.Who, Name: g.Who, Entity: g.Company, Domains: []string{cmp.Or(g.Host, g.Who)}, Party: "third", Recognized: g.Company != "", Pages: on, States: in})
		for j, data := range orList(g.What, "ip_address") {
			rep.Flows = append(rep.Flows, reports.Flow{ID: fmt.Sprintf("f%d.%d", i, j), DataTypes: []string{data}, Recipient: reports.Recipient{Vendor: g.Who, Entity: g.Company, Party: "third"}, Purposes: g.For, States: in, Pages: on, Disclosure: reports.Disclosure{Verdict: cmp.Or(g.Verdict, "clear")}})
		}
	}
	for who, class := range s.Classes {
		vendor, state, _ := strings.Cut(who, " ")
		rep.Effects = append(rep.Effects, reports.Effect{Kind: "vendor", ID: vendor, Vendor: vendor, Party: "third", States: []reports.EffectState{{State: state, Class: class, Pages: address([]string{"/"})}}})
	}
	for i, c := range s.Cookies {
		k := reports.Cookie{ID: fmt.Sprintf("c%d", i), Name: c.Name, Domain: cmp.Or(c.Domain, host), Party: "first", LifetimeDays: c.Days, Pages: address(orList(c.On, "/")), States: []string{"none"}}
		if c.Of != "" {
			k.Party, k.Vendor = "third", c.Of
		}
		rep.Cookies = append(rep.Cookies, k)
	}
	for _, key := range s.Keys {
		rep.Storage = append(rep.Storage, reports.Storage{ID: key, Kind: "local", Key: key, Origin: "https://" + host, Pages: address([]string{"/"}), States: []string{"none"}})
	}
	for key, to := range s.Labels {
		rep.Labels = append(rep.Labels, reports.Label{Key: key, Source: "dataLayer", SentTo: to, Pages: address([]string{"/"}), States: []string{"none"}})
	}
	for action, asks := range s.Forms {
		f := reports.Form{ID: action, Page: "https://" + host + "/", State: "none", Action: "https://" + host + action, Method: "post"}
		for _, data := range asks {
			f.Fields = append(f.Fields, reports.Field{Name: data, DataType: data})
		}
		rep.Forms = append(rep.Forms, f)
	}
	for _, d := range s.Does {
		kind, vendor, _ := strings.Cut(d, " ")
		rep.Behaviors = append(rep.Behaviors, reports.Behavior{ID: d, Kind: kind, Vendor: vendor, Pages: address([]string{"/"}), States: []string{"none"}})
	}
	s.tell(rep, host, address)
	return rep
}

// tell adds what is read and judged.
func (s scene) tell(rep *reports.Report, host string, address func([]string) []string) {
	for i, x := range s.Texts {
		p := reports.Policy{ID: fmt.Sprintf("d%02d", i+1), URL: "https://" + host + cmp.Or(x.URL, "/privacy"), Kind: cmp.Or(x.Kind, "privacy"), LastUpdated: x.Dated, LinkedFrom: address([]string{"/"})}
		for j, w := range x.Says {
			p.Statements = append(p.Statements, reports.Statement{ID: fmt.Sprintf("%s.s%d", p.ID, j+1), Actor: "we", Action: w.Does, Negated: w.Not, Only: w.Only, DataTypes: w.Data, Recipients: w.To, Purposes: w.For, Quote: w.Text})
			p.SHA256 += w.Text
			if v, ok := s.Promises[w.Text]; ok {
				rep.Promises = append(rep.Promises, reports.Promise{Statement: fmt.Sprintf("%s.s%d", p.ID, j+1), Verdict: v, Why: "Why."})
			}
		}
		rep.Policies = append(rep.Policies, p)
	}
	outcomes := map[string]string{"R-1": "matches", "R-2": "matches"}
	for _, f := range s.Findings {
		w := append(strings.Fields(f), "", "")
		rep.Findings = append(rep.Findings, reports.Finding{ID: w[0] + "." + w[2], Rule: w[0], Outcome: "differs", Severity: w[1], Confidence: "direct", Title: "Something is to be looked at", Fingerprint: w[2], Recipients: strings.Fields(w[3]), Pages: address([]string{"/"}), States: []string{"none"}})
		outcomes[w[0]] = "differs"
	}
	for _, r := range s.Skipped {
		outcomes[r] = "not-tested"
	}
	for _, id := range []string{"R-1", "R-2"} {
		rep.Rules = append(rep.Rules, reports.Rule{ID: id, Outcome: outcomes[id], Why: "The page was not there."})
	}
}

// TestDifferenceStories reads what must be told of two or more scans: each line
// of want is "topic kind direction: name", all of them in order; why and
// remarks are parts of what is said.
func TestDifferenceStories(t *testing.T) {
	var all []struct {
		Story   string            `yaml:"story"`
		Older   []scene           `yaml:"older"`
		Before  scene             `yaml:"before"`
		After   scene             `yaml:"after"`
		Hosts   map[string]string `yaml:"hosts"`
		Want    []string          `yaml:"want"`
		Why     map[string]string `yaml:"why"` // name → part of the reason
		Now     map[string]string `yaml:"now"` // name → part of "before ⇒ after"
		Remarks []string          `yaml:"remarks"`
		Limits  []string          `yaml:"limits"`
		New     []string          `yaml:"new_findings"`
		Since   map[string]string `yaml:"since"` // finding → day
	}
	data, err := os.ReadFile("testdata/differences.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		t.Run(s.Story, func(t *testing.T) {
			o := reports.Comparison{Broader: func(a, b string) bool { return a == b }}
			for from, to := range s.Hosts {
				o.Hosts = append(o.Hosts, change.Pair{Host: from, Is: to})
			}
			earlier := []*reports.Report{s.Before.report()}
			for _, x := range s.Older {
				earlier = append(earlier, x.report())
			}
			rep := s.After.report()
			if err := rep.Since(earlier, o); err != nil {
				t.Fatal(err)
			}
			got, by := []string{}, map[string]reports.Change{}
			for _, c := range rep.Changes.Items {
				line := c.Topic + " " + c.Kind
				if c.Direction != "" {
					line += " " + c.Direction
				}
				got = append(got, line+": "+c.Name)
				by[c.Name] = c
				t.Logf("%s: %s | %s ⇒ %s | %s", line, c.Name, c.Before, c.After, c.Why)
			}
			if diff := gocmp.Diff(append([]string{}, s.Want...), got); diff != "" {
				t.Error(diff)
			}
			for name, part := range s.Why {
				if c := by[name]; !strings.Contains(c.Why, part) {
					t.Errorf("%s: why is %q, want a part %q", name, c.Why, part)
				}
			}
			for name, part := range s.Now {
				if c := by[name]; !strings.Contains(c.Before+" ⇒ "+c.After, part) {
					t.Errorf("%s: %q ⇒ %q, want a part %q", name, c.Before, c.After, part)
				}
			}
			var remarks []string
			for _, r := range rep.Changes.Remarks {
				remarks = append(remarks, r.Kind)
				t.Log(r.Text)
			}
			if s.Remarks != nil && !slices.Equal(remarks, s.Remarks) {
				t.Errorf("remarks are %q, want %q", remarks, s.Remarks)
			}
			for _, l := range s.Limits {
				if !slices.ContainsFunc(rep.Changes.Limits, func(s string) bool { return strings.Contains(s, l) }) {
					t.Errorf("no limit says %q: %q", l, rep.Changes.Limits)
				}
			}
			var fresh []string
			for _, f := range rep.Findings {
				if f.New {
					fresh = append(fresh, f.ID)
				}
				if day, ok := s.Since[f.ID]; ok && !strings.HasPrefix(f.FirstSeen, day) {
					t.Errorf("%s was first seen on %s, want %s", f.ID, f.FirstSeen, day)
				}
			}
			if s.New != nil && !slices.Equal(fresh, s.New) {
				t.Errorf("new findings are %q, want %q", fresh, s.New)
			}
			same, err := reports.Difference(s.After.report(), []*reports.Report{s.After.report()}, o)
			if err != nil || len(same.Items) != 0 {
				t.Errorf("a scan differs from itself: %+v", same.Items)
			}
			again, err := reports.Difference(s.After.report(), earlier, o)
			if err != nil || string(asJSON(t, again)) != string(asJSON(t, rep.Changes)) {
				t.Error("the same scans give other changes")
			}
		})
	}
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The shop's whole report, and one with hostile text in every field.
func TestDifferenceOfWholeReports(t *testing.T) {
	for name, a := range map[string]*reports.Report{"shop": reports.New(reporttest.Shop()), "hostile": reports.New(reporttest.Hostile())} {
		same, err := reports.Difference(a, []*reports.Report{a}, reports.Comparison{})
		if err != nil || len(same.Items) != 0 || len(same.Remarks) != 1 || same.Remarks[0].Kind != "nothing_changed" {
			t.Errorf("%s differs from itself: %+v %v", name, same, err)
		}
	}
	rep := reports.New(reporttest.Hostile())
	if err := rep.Since([]*reports.Report{reports.New(reporttest.Shop())}, reports.Comparison{}); err != nil {
		t.Fatal(err)
	}
	if len(rep.Changes.Items) == 0 {
		t.Error("nothing differs")
	}
	for _, c := range rep.Changes.Items {
		for _, s := range []string{c.Name, c.Before, c.After, c.Why} {
			if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x202e || r == 0x7f }) {
				t.Errorf("%s %s holds a control character: %q", c.Topic, c.Kind, s)
			}
		}
	}
	if _, err := reports.Difference(rep, nil, reports.Comparison{}); err == nil {
		t.Error("nothing to compare with is no error")
	}
}

// What the analyzer is told of an earlier scan is the same, whether it comes of
// the scan's report or of its evidence.
func TestSnapshotIsThatOfTheAnalysis(t *testing.T) {
	hosts := change.Hosts{{Host: "www.lantern-shop.test", Is: "staging.test"}}
	for name, a := range map[string]*analyzer.Analysis{"shop": reporttest.Shop(), "empty": {}, "large": reporttest.Large(20)} {
		if diff := gocmp.Diff(a.Snapshot(hosts), reports.New(a).Snapshot(hosts), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: (-analysis +report)\n%s", name, diff)
		}
	}
	recorded := reporttest.Shop()
	recorded.Meta.Import = &evidence.Import{Format: "har", Partial: []string{"requests"}}
	if n := len(recorded.Snapshot(nil).Visits) + len(reports.New(recorded).Snapshot(nil).Visits); n != 0 {
		t.Errorf("a recording of a part tells of %d visits what it did not see", n)
	}
}

// vast is a report on 1,000 pages in three states with 100 recipients, each on
// every page, 1,000 flows, 500 cookies and 1,000 findings.
func vast() *reports.Report {
	rep := reports.New(reporttest.Large(1000))
	page, vendor, flow, cookie := rep.Pages[0], rep.Vendors[0], rep.Flows[0], rep.Cookies[0]
	rep.Pages, rep.Vendors, rep.Flows, rep.Cookies = nil, nil, nil, nil
	var addresses []string
	for i := range 1000 {
		addresses = append(addresses, fmt.Sprintf("https://www.lantern-shop.test/shelf/%d", i))
		for _, s := range rep.Coverage.States {
			page.ID, page.URL, page.State = fmt.Sprintf("p%04d.%s", i, s), addresses[i], s
			rep.Pages = append(rep.Pages, page)
		}
	}
	for i := range 100 {
		vendor.ID, vendor.Name, vendor.Entity, vendor.Party, vendor.Pages, vendor.States = fmt.Sprintf("v%d", i), fmt.Sprintf("Vendor %d", i), fmt.Sprintf("Company %d", i), "third", addresses, rep.Coverage.States
		rep.Vendors = append(rep.Vendors, vendor)
	}
	for i := range 1000 {
		flow.ID, flow.Recipient = fmt.Sprintf("f%d", i), reports.Recipient{Vendor: fmt.Sprintf("v%d", i%100), Entity: fmt.Sprintf("Company %d", i%100), Party: "third"}
		flow.DataTypes, flow.Pages, flow.States = []string{fmt.Sprintf("kind_%d", i/100)}, addresses, rep.Coverage.States
		rep.Flows = append(rep.Flows, flow)
	}
	for i := range 500 {
		cookie.ID, cookie.Name, cookie.Pages, cookie.States = fmt.Sprintf("c%d", i), fmt.Sprintf("name-%c%c", 'a'+i%26, 'a'+i/26), addresses, rep.Coverage.States
		rep.Cookies = append(rep.Cookies, cookie)
	}
	return rep
}

// Two scans of 1,000 pages between which a tenth of everything went.
func BenchmarkDifference(b *testing.B) {
	before, now := vast(), vast()
	now.Vendors, now.Flows, now.Cookies, now.Findings = now.Vendors[10:], now.Flows[100:], now.Cookies[50:], now.Findings[100:]
	for b.Loop() {
		c, err := reports.Difference(now, []*reports.Report{before}, reports.Comparison{})
		if err != nil || len(c.Items) < 160 {
			b.Fatal(len(c.Items), err)
		}
	}
	b.ReportMetric(float64(len(before.Pages)), "visits")
}
