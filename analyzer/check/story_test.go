package check_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"

	"candor/analyzer/check"
	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// story is a scene: what a notice says, what was seen, what must come of it.
// Each file in testdata is a list of them.
type story struct {
	Story   string            `yaml:"story"`
	Says    []says            `yaml:"says"`    // statements s1, s2, … of one privacy policy
	Table   []row             `yaml:"table"`   // its cookie table
	Notice  notice            `yaml:"notice"`  // what is unusual about it
	Seen    []seen            `yaml:"seen"`    // flows f1, f2, …
	Cookies []cookie          `yaml:"cookies"` // cookies c1, c2, …
	Forms   []form            `yaml:"forms"`
	Mixed   bool              `yaml:"mixed"`   // a page loads parts over http
	Missing []string          `yaml:"missing"` // of another tool's recording
	Partial []string          `yaml:"partial"`
	Regions []string          `yaml:"regions"`
	Works   map[string]string `yaml:"works_for_us"`
	Pages   map[string]string `yaml:"pages"` // address → kind of page, besides the home page

	Places  map[string][]string `yaml:"places"`  // address → classes of sensitive places
	Does    []does              `yaml:"does"`    // behaviors b1, b2, …
	Titles  map[string]string   `yaml:"titles"`  // address → title
	Links   map[string][]string `yaml:"links"`   // address → "text > address", with "hidden " before it where it is
	Facts   map[string]bool     `yaml:"facts"`   // of the profile
	Updated string              `yaml:"updated"` // the notice says
	Linked  []string            `yaml:"linked"`  // pages that link the notice
	Topics  []string            `yaml:"topics"`  // "kind: sentence"

	Verdicts map[string]string   `yaml:"verdicts"` // flow → verdict
	Why      map[string]string   `yaml:"why"`      // flow → part of the reason
	Near     map[string][]string `yaml:"nearest"`  // flow → candidates
	Promises map[string]string   `yaml:"promises"` // statement → verdict; all of them
	Rules    map[string]string   `yaml:"rules"`    // rule → outcome
	Findings []string            `yaml:"findings"` // "RULE severity recipient,…" of the named rules; all of them
	Declared map[string]string   `yaml:"declared"`
	Named    []string            `yaml:"named"`
}

type says struct {
	Text      string   `yaml:"text"`
	Actor     string   `yaml:"actor"` // default we
	Does      string   `yaml:"does"`
	Not       bool     `yaml:"not"`
	Only      bool     `yaml:"only"`
	Data      []string `yaml:"data"`
	To        []string `yaml:"to"` // "vendor:id", "company:id", "category:id" or a name
	For       []string `yaml:"for"`
	Condition string   `yaml:"if"`
	Scope     string   `yaml:"scope"`
	Days      int      `yaml:"days"`
}

type row struct {
	Name string  `yaml:"name"`
	Life string  `yaml:"life"`
	Days float64 `yaml:"days"`
}

type notice struct {
	None     bool     `yaml:"none"`
	Language string   `yaml:"language"`
	Words    int      `yaml:"words"`
	Kind     string   `yaml:"kind"`
	Unread   []string `yaml:"unread"`
	Obstacle string   `yaml:"obstacle"`
}

type seen struct {
	Data       string   `yaml:"data"`
	To         string   `yaml:"to"`      // vendor id, a domain, or "us"
	Channel    string   `yaml:"channel"` // default request
	Confidence string   `yaml:"sure"`    // default direct
	States     []string `yaml:"states"`  // default none
	Times      int      `yaml:"times"`   // default 3
	Pages      []string `yaml:"pages"`   // default the home page
}

type cookie struct {
	Name    string   `yaml:"name"`
	Vendor  string   `yaml:"vendor"`
	Purpose string   `yaml:"purpose"`
	Days    float64  `yaml:"days"`
	Third   bool     `yaml:"third"`
	States  []string `yaml:"states"`
}

type form struct {
	Page    string   `yaml:"page"` // default the home page
	Action  string   `yaml:"action"`
	Asks    []string `yaml:"asks"` // data types; "*" at the end is a required field
	Heading string   `yaml:"heading"`
	Near    string   `yaml:"near"`    // address of a notice's link
	Options []string `yaml:"options"` // of its last field
	Labels  []string `yaml:"labels"`  // of its fields, in order
	Framed  string   `yaml:"framed"`  // by a vendor
	Method  string   `yaml:"method"`  // default post
}

type does struct {
	Kind  string   `yaml:"kind"`
	By    string   `yaml:"by"`    // vendor id, or "" for the site
	Sure  string   `yaml:"sure"`  // default direct
	Pages []string `yaml:"pages"` // default the home page
}

// knowledge is the terms and rules of the project with invented vendors.
func knowledge(t testing.TB) *rules.Set {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, pattern := range []string{"terms/*.yaml", "packs/*/*.yaml"} {
		files, err := filepath.Glob(filepath.Join("../../rules", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel("../../rules", name)
			if err != nil {
				t.Fatal(err)
			}
			fsys[filepath.ToSlash(rel)] = &fstest.MapFile{Data: data}
		}
	}
	source := "\nsources: [{name: test, date: 2026-11}]\n"
	add := func(name, text string) { fsys[name] = &fstest.MapFile{Data: []byte(text + source)} }
	add("companies/umbrella.yaml", "id: umbrella\nname: Umbrella Holding\naliases: [Umbrella]")
	add("companies/pixelco.yaml", "id: pixelco\nname: PixelCo Inc.\naliases: [PixelCo]\nparent: umbrella")
	add("companies/other.yaml", "id: other\nname: Other Ltd")
	for _, v := range []struct{ id, name, company, category, purpose string }{
		{"pixel", "Pixel Ads", "pixelco", "advertising", "advertising"},
		{"measure", "Measure", "pixelco", "analytics", "analytics"},
		{"adnet", "AdNet", "other", "advertising", "advertising"},
		{"bidder", "Bidder", "other", "advertising", "advertising"},
		{"guard", "Guard", "other", "bot_defence", "security"},
		{"replay", "Replay", "other", "session_replay", "analytics"},
		{"fontbox", "Fontbox", "other", "fonts", "service"},
		{"payfast", "PayFast", "other", "payment", "payment"},
		{"mailer", "Mailer", "other", "email_marketing", "marketing"},
	} {
		add("trackers/"+v.id+".yaml", fmt.Sprintf("id: %s\nname: %s\ncompany: %s\ncategories: [%s]\npurposes: [%s]\ndomains: [%s.test]", v.id, v.name, v.company, v.category, v.purpose, v.id))
	}
	set, err := rules.LoadFS(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// scanned is when the stories' scans began.
var scanned = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func (s *story) input(set *rules.Set) check.Input {
	in := check.Input{Site: "shop.test", Set: set, Profile: rules.Answers{Regions: s.Regions, Facts: s.Facts}, Processors: s.Works, At: scanned, Links: map[string]check.PageLinks{}}
	in.Missing, in.Partial = s.Missing, s.Partial
	in.Recorded = len(s.Missing)+len(s.Partial) > 0
	in.Pages = []evidence.Page{{ID: "p0001.none", URL: "https://shop.test/", State: evidence.StateNone, Ended: "quiet"}}
	for i, address := range slices.Sorted(maps.Keys(s.Pages)) {
		in.Pages = append(in.Pages, evidence.Page{ID: fmt.Sprintf("p%04d.none", i+2), URL: address, Kind: s.Pages[address], State: evidence.StateNone, Ended: "quiet"})
	}
	reader := check.NewLinkReader(set)
	for i := range in.Pages {
		p := &in.Pages[i]
		p.Title, p.Depth = s.Titles[p.URL], min(i, 1)
		if list, ok := s.Links[p.URL]; ok {
			links := []evidence.Link{{Text: "Lamps", URL: "https://shop.test/lamps"}}
			for _, l := range list {
				l, hidden := strings.CutPrefix(l, "hidden ")
				text, address, _ := strings.Cut(l, " > ")
				links = append(links, evidence.Link{Text: text, URL: "https://shop.test" + address, Hidden: hidden, Region: "footer"})
			}
			in.Links[p.ID] = reader.Read(links)
		}
	}
	if s.Mixed {
		in.Pages[0].Mixed = []string{"http://shop.test/old.js"}
	}
	if !s.Notice.None {
		in.Documents = []*policy.Document{s.document()}
	}
	vendors := map[string]bool{}
	for i, f := range s.Seen {
		one := f.flow(i, set)
		for _, p := range one.Pages {
			one.Places = append(one.Places, s.Places[p]...)
		}
		in.Seen.Flows = append(in.Seen.Flows, one)
		if f.To != "us" {
			vendors[f.To] = true
		}
	}
	for _, b := range s.Does {
		if b.By != "" {
			vendors[b.By] = true
		}
	}
	for i, c := range s.Cookies {
		in.Seen.Cookies = append(in.Seen.Cookies, c.cookie(i))
		if c.Vendor != "" {
			vendors[c.Vendor] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(vendors)) {
		v := flow.Vendor{ID: id, Name: id, Party: flow.Third, Domains: []string{id}, Categories: []string{}}
		if known := set.Vendor(id); known != nil {
			v.Name, v.Entity, v.Company, v.Categories, v.Recognized = known.Name, set.CompanyOf(known).Name, known.Company, known.Categories, true
			v.Domains = []string{id + ".test"}
		}
		in.Seen.Vendors = append(in.Seen.Vendors, v)
	}
	for _, address := range slices.Sorted(maps.Keys(s.Places)) {
		place := flow.Place{Page: address}
		for _, class := range s.Places[address] {
			place.Classes = append(place.Classes, flow.Class{Class: class})
		}
		in.Seen.Places = append(in.Seen.Places, place)
	}
	for i, b := range s.Does {
		out := behavior.Behavior{ID: fmt.Sprintf("b%d", i+1), Kind: behavior.Kind(b.Kind), Vendor: b.By, Script: "https://" + or(b.By, "shop") + ".test/fp.js", Confidence: flow.Confidence(or(b.Sure, "direct")), Sightings: 3,
			States: []evidence.State{evidence.StateNone}, Pages: b.Pages, Evidence: []string{"p0001.none/c01"}, Detail: "what " + b.Kind + " is"}
		if len(b.Pages) == 0 {
			out.Pages = []string{"https://shop.test/"}
		}
		in.Behaviors = append(in.Behaviors, out)
	}
	for i, f := range s.Forms {
		out := flow.Form{ID: fmt.Sprintf("p0001.none/f%02d", i+1), Page: or(f.Page, "https://shop.test/"), State: evidence.StateNone, Action: f.Action, Method: or(f.Method, "post"), FramedBy: f.Framed, ActionParty: flow.First, Secure: strings.HasPrefix(f.Action, "https:")}
		out.Heading, out.PolicyLinkNear = f.Heading, f.Near
		for j, data := range f.Asks {
			data, required := strings.CutSuffix(data, "*")
			field := flow.Field{Name: data, DataType: data, Required: required}
			if j < len(f.Labels) {
				field.Label = f.Labels[j]
			}
			if j == len(f.Asks)-1 {
				field.Options = f.Options
			}
			out.Fields = append(out.Fields, field)
		}
		in.Seen.Forms = append(in.Seen.Forms, out)
	}
	return in
}

func (s *story) document() *policy.Document {
	d := &policy.Document{ID: "d01", URL: "https://shop.test/privacy", Kind: "privacy", Language: "en", Words: 900}
	if s.Notice.Language != "" {
		d.Language = s.Notice.Language
	}
	d.Unread, d.Obstacle = s.Notice.Unread, s.Notice.Obstacle
	if s.Notice.Kind != "" {
		d.Kind = s.Notice.Kind
	}
	if s.Notice.Words > 0 {
		d.Words = s.Notice.Words
	}
	d.LastUpdated, d.LinkedFrom = s.Updated, s.Linked
	for _, t := range s.Topics {
		kind, text, _ := strings.Cut(t, ": ")
		d.Topics = append(d.Topics, policy.Topic{Kind: kind, Quote: text, Start: len([]rune(d.Text)), End: len([]rune(d.Text + text))})
		d.Text += text + "\n"
	}
	for i, w := range s.Says {
		st := policy.Statement{ID: fmt.Sprintf("s%d", i+1), Actor: w.Actor, Action: w.Does, Negated: w.Not, Only: w.Only, DataTypes: w.Data, Purposes: w.For, Condition: w.Condition, Scope: w.Scope, RetentionDays: w.Days, Quote: w.Text, Document: "d01"}
		if st.Actor == "" {
			st.Actor = "we"
		}
		for _, to := range w.To {
			kind, id, ok := strings.Cut(to, ":")
			if !ok {
				kind, id = "named", ""
			}
			st.Recipients = append(st.Recipients, to)
			st.RecipientRefs = append(st.RecipientRefs, policy.RecipientRef{Kind: kind, ID: id, Text: to})
		}
		d.Statements = append(d.Statements, st)
		d.Text += w.Text + "\n"
	}
	for _, r := range s.Table {
		days := r.Days
		if r.Life == "" && days == 0 {
			days = -1
		}
		d.Cookies = append(d.Cookies, policy.CookieDeclaration{Name: r.Name, Lifetime: r.Life, LifetimeDays: days})
	}
	return d
}

func states(names []string) []evidence.State {
	if len(names) == 0 {
		return []evidence.State{evidence.StateNone}
	}
	var out []evidence.State
	for _, n := range names {
		out = append(out, evidence.State(n))
	}
	return out
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func (f seen) flow(i int, set *rules.Set) flow.Flow {
	out := flow.Flow{
		ID: fmt.Sprintf("f%d", i+1), DataTypes: []string{f.Data}, Channel: or(f.Channel, "request"), Confidence: flow.Confidence(or(f.Confidence, "direct")),
		Sightings: f.Times, States: states(f.States), Pages: []string{"https://shop.test/"}, Evidence: []string{fmt.Sprintf("p0001.none/r%04d", i)}, Purposes: []string{},
	}
	if out.Sightings == 0 {
		out.Sightings = 3
	}
	if len(f.Pages) > 0 {
		out.Pages = f.Pages
	}
	if f.To == "us" {
		out.Recipient = flow.Recipient{Vendor: "shop.test", Domain: "shop.test", Party: flow.First}
		return out
	}
	out.Recipient = flow.Recipient{Vendor: f.To, Domain: f.To, Party: flow.Third}
	if v := set.Vendor(f.To); v != nil {
		out.Recipient.Domain, out.Recipient.Entity, out.Purposes = f.To+".test", set.CompanyOf(v).Name, v.Purposes
	}
	return out
}

func (c cookie) cookie(i int) flow.Cookie {
	out := flow.Cookie{ID: fmt.Sprintf("c%d", i+1), Name: c.Name, Domain: "shop.test", Party: flow.First, Vendor: c.Vendor, Purpose: or(c.Purpose, "unknown"), LifetimeDays: c.Days, Session: c.Days == 0, States: states(c.States), Pages: []string{"https://shop.test/", "https://shop.test/b"}}
	if c.Third {
		out.Party, out.Domain = flow.Third, c.Vendor+".test"
	}
	return out
}

func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	set := knowledge(t)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var stories []story
		dec := yaml.NewDecoder(bytes.NewReader(data))
		dec.KnownFields(true)
		if err := dec.Decode(&stories); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, s := range stories {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml")+"/"+s.Story, func(t *testing.T) { s.test(t, set) })
		}
	}
}

func (s *story) test(t *testing.T, set *rules.Set) {
	if s.Promises == nil && len(s.Verdicts)+len(s.Rules)+len(s.Findings)+len(s.Declared)+len(s.Named) == 0 {
		t.Fatal("the story expects nothing")
	}
	m := check.New(s.input(set))
	disclosed := m.Disclose()
	for f, want := range s.Verdicts {
		if got := disclosed[f]; string(got.Verdict) != want {
			t.Errorf("%s is %s, want %s; %s", f, got.Verdict, want, got.Why)
		}
	}
	for f, want := range s.Why {
		if got := disclosed[f].Why; !strings.Contains(got, want) {
			t.Errorf("%s: why = %q, want a part %q", f, got, want)
		}
	}
	for f, want := range s.Near {
		if got := disclosed[f].Candidates; !slices.Equal(got, want) {
			t.Errorf("%s: candidates = %q, want %q", f, got, want)
		}
	}
	if s.Promises != nil {
		got := map[string]string{}
		for _, p := range m.Promises() {
			got[p.Statement] = p.Verdict
			t.Logf("promise %s: %s %s", p.Statement, p.Verdict, p.Why)
		}
		if !maps.Equal(got, s.Promises) {
			t.Errorf("promises = %v, want %v", got, s.Promises)
		}
	}
	s.testRules(t, m)
	if s.Declared != nil && !maps.Equal(m.Declared(), s.Declared) {
		t.Errorf("declared = %v, want %v", m.Declared(), s.Declared)
	}
	if s.Named != nil {
		var got []string
		for v, named := range m.NamedVendors() {
			if named {
				got = append(got, v)
			}
		}
		if slices.Sort(got); !slices.Equal(got, s.Named) {
			t.Errorf("named = %q, want %q", got, s.Named)
		}
	}
}

func (s *story) testRules(t *testing.T, m *check.Matcher) {
	findings, outcomes := m.Run()
	got := map[string]string{}
	for _, o := range outcomes {
		got[o.ID] = string(o.Outcome)
		if o.Why == "" {
			t.Errorf("%s has no reason", o.ID)
		}
	}
	for id, want := range s.Rules {
		if got[id] != want {
			t.Errorf("%s: %s, want %s", id, got[id], want)
		}
	}
	var found []string
	for _, f := range findings {
		if s.Rules[f.Rule] != "" {
			found = append(found, fmt.Sprintf("%s %s %s", f.Rule, f.Severity, strings.Join(f.Recipients, ",")))
			t.Logf("%s %s: %s", f.Rule, f.Outcome, f.Message)
		}
		checkWording(t, f)
	}
	slices.Sort(found)
	if want := slices.Sorted(slices.Values(s.Findings)); s.Rules != nil && !slices.Equal(found, want) {
		t.Errorf("findings = %q, want %q", found, want)
	}
}

// checkWording keeps verdicts of law out of what the rules say.
func checkWording(t *testing.T, f check.Finding) {
	t.Helper()
	text := strings.ToLower(f.Title + f.Message + f.Remediation + f.SuggestedText)
	for _, word := range []string{"violat", "illegal", "unlawful", "complian", "certified", "breach"} {
		if strings.Contains(text, word) {
			t.Errorf("%s says %q: %s", f.Rule, word, text)
		}
	}
	if f.Message == "" || f.Title == "" || f.Fingerprint == "" || f.Confidence == "" || f.Recipients == nil || f.Evidence == nil {
		t.Errorf("%s has gaps: %+v", f.Rule, f)
	}
	if (f.Severity == "critical" || f.Severity == "high") && f.Confidence == string(flow.Indirect) {
		t.Errorf("%s: %s with indirect confidence", f.Rule, f.Severity)
	}
}

// TestRepeatable runs every story twice and compares the bytes.
func TestRepeatable(t *testing.T) {
	set := knowledge(t)
	s := story{Says: []says{{Text: "We never share personal data.", Does: "share", Not: true, Data: []string{"personal_information"}}}}
	for i := range 40 {
		s.Seen = append(s.Seen, seen{Data: []string{"cookie_identifier", "email", "ip_address"}[i%3], To: []string{"pixel", "adnet", "bidder", "stranger.test"}[i%4]})
	}
	var first []byte
	for range 5 {
		m := check.New(s.input(set))
		findings, outcomes := m.Run()
		got, err := json.Marshal([]any{findings, outcomes, m.Disclose(), m.Promises(), m.NamedVendors()})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !bytes.Equal(got, first) {
			t.Fatal("two runs differ")
		}
	}
}

// TestRulesHaveComparisons keeps the packs and the comparisons together.
func TestRulesHaveComparisons(t *testing.T) {
	set := knowledge(t)
	_, outcomes := check.New((&story{}).input(set)).Run()
	if len(outcomes) != len(set.Rules) {
		t.Errorf("%d outcomes for %d rules", len(outcomes), len(set.Rules))
	}
	for _, o := range outcomes {
		if strings.Contains(o.Why, "no comparison") {
			t.Errorf("%s: %s", o.ID, o.Why)
		}
	}
}
