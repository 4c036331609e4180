package analyzer_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"candor/analyzer"
	"candor/crawler/evidence"
	"candor/rules"
)

// choiceStory is a shop that is visited in several consent states: what it sends
// in which, what its banner offers, what its policy promises, and what must come
// of it. Each file in testdata/choices is a list of them.
type choiceStory struct {
	Story   string            `yaml:"story"`
	States  map[string]string `yaml:"states"` // state → outcome of its choice; "" is no record
	Why     map[string]string `yaml:"why"`    // state → reason of the record
	Pages   []string          `yaml:"pages"`  // paths; default / and /lamps
	Failed  []string          `yaml:"failed"` // "state path"
	Sends   []sends           `yaml:"sends"`
	Cookies []sets            `yaml:"cookies"`
	Offer   *offer            `yaml:"offer"`
	Says    []string          `yaml:"says"` // paragraphs of the privacy policy
	Regions []string          `yaml:"regions"`
	Laws    []string          `yaml:"laws"`

	Effects  map[string]string `yaml:"effects"`  // "kind id" → "state class, …"
	Flows    map[string]string `yaml:"flows"`    // "data vendor" → states in which it was seen
	Promises map[string]string `yaml:"promises"` // start of a sentence → verdict; all of them when given
	Because  map[string]string `yaml:"because"`  // start of a sentence → part of the reason
	Rules    map[string]string `yaml:"rules"`    // rule → outcome
	Findings []string          `yaml:"findings"` // "RULE severity outcome recipient,…" of the named rules; all of them
	Reasons  map[string]string `yaml:"reasons"`  // rule → part of the reason
}

// sends is a request. In its address and body $ID stands for an identifier of the
// state's visitor and $ANY for one of each request.
type sends struct {
	URL    string            `yaml:"url"`
	Type   string            `yaml:"type"` // default Ping
	Cookie map[string]string `yaml:"cookie"`
	In     []string          `yaml:"in"`    // states
	On     []string          `yaml:"on"`    // paths; default all pages
	Early  []string          `yaml:"early"` // states in whose choosing visits it is sent before the click
	Late   []string          `yaml:"late"`  // … after it
}

type sets struct {
	Name   string   `yaml:"name"`
	Value  string   `yaml:"value"`
	Domain string   `yaml:"domain"` // default the shop's
	Days   int      `yaml:"days"`   // default 90
	In     []string `yaml:"in"`     // states: set on the first page
	Made   []string `yaml:"made"`   // states: there after the visit that made the choice
}

// offer is the first layer of a banner, and whether there is a second.
type offer struct {
	Controls []string `yaml:"controls"` // "role[ link][ WIDTHxHEIGHT][ contrast N][ stands N][ out]: text"
	Second   []string `yaml:"second"`
	Toggles  []string `yaml:"toggles"` // "on: label", "off: label", "locked: label"
	Accept   int      `yaml:"accept"`  // clicks
	Reject   int      `yaml:"reject"`
	Wall     bool     `yaml:"wall"`
	WayBack  []string `yaml:"way_back"`
	Missing  []string `yaml:"missing"`
	Vendors  []string `yaml:"vendors"`
	GPC      string   `yaml:"gpc"`
}

const shopHome = "https://www.lantern-shop.test"

// embedded is what the program is built with.
var embedded = sync.OnceValues(rules.Load)

func (s *choiceStory) states() []evidence.State {
	var out []evidence.State
	for _, st := range evidence.States() {
		if _, ok := s.States[string(st)]; ok {
			out = append(out, st)
		}
	}
	return out
}

func token(parts ...string) string {
	h := fnv.New64a()
	fmt.Fprint(h, strings.Join(parts, "\x00"))
	return fmt.Sprintf("a%016xe", h.Sum64())
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// write makes a bundle of the story, as a crawl would.
func (s *choiceStory) write(t *testing.T) *evidence.Reader {
	t.Helper()
	dir := t.TempDir()
	w, err := evidence.Create(dir, evidence.Meta{ScanID: "scan", RedactionKey: "key", URLs: []string{shopHome + "/"}, States: s.states(), StartedAt: started})
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	check(err)
	if s.Pages == nil {
		s.Pages = []string{"/", "/lamps"}
	}
	for _, st := range s.states() {
		s.choose(w, st, check)
		if o := s.States[string(st)]; o == evidence.ChoiceNotTested || o == evidence.ChoiceNoBanner && st != evidence.StateNone {
			continue
		}
		for i, path := range s.Pages {
			id := fmt.Sprintf("p%04d.%s", i+1, st)
			p := evidence.Page{ID: id, URL: shopHome + path, FinalURL: shopHome + path, State: st, Status: 200, StartedAt: started, Ended: "quiet", Depth: min(i, 1)}
			if slices.Contains(s.Failed, string(st)+" "+path) {
				p.Ended, p.Failure = "failed", "timeout"
				check(w.AddPage(p, nil, nil, nil, nil, nil))
				continue
			}
			var cookies []evidence.Cookie
			if i == 0 {
				cookies = s.cookies(id, st, func(k sets) []string { return k.In })
			}
			check(w.AddPage(p, s.requests(id, st, path, 100, func(x sends) []string { return x.In }), cookies, nil, nil, nil))
		}
	}
	if len(s.Says) > 0 {
		sum, err := w.AddBlob("documents/d01.html", []byte(s.policy()))
		check(err)
		check(w.AddDocument(evidence.Document{ID: "d01", URL: shopHome + "/privacy", FinalURL: shopHome + "/privacy", Kind: "privacy", MIMEType: "text/html", Language: "en", Status: 200, Raw: "documents/d01.html", RawSHA256: sum, DOM: "documents/d01.html"}))
	}
	check(w.Close(nil))
	r, err := evidence.Open(dir)
	check(err)
	t.Cleanup(func() { r.Close() })
	return r
}

// choose writes the visit that brought the state about.
func (s *choiceStory) choose(w *evidence.Writer, st evidence.State, check func(error)) {
	outcome := s.States[string(st)]
	if outcome == "" {
		return
	}
	id := "k0001." + string(st)
	c := evidence.Choice{Page: id, State: st, Outcome: outcome, Why: s.Why[string(st)], Platform: "test"}
	click := func(role string, at int64) {
		c.Steps = append(c.Steps, evidence.ChoiceStep{Do: "click", Role: role, OffsetMS: at})
	}
	switch {
	case outcome != evidence.ChoiceTaken && outcome != evidence.ChoiceNotTested:
	case st == evidence.StateWithdraw:
		click("accept", 500)
		click("reopen", 2000)
		click("reject", 2500)
	case st == evidence.StateOptOut:
		c.Steps = append(c.Steps, evidence.ChoiceStep{Do: "click", OffsetMS: 1000})
	case st == evidence.StateAccept || st == evidence.StateReject:
		click(string(st), 1000)
	}
	if s.Offer != nil {
		c.Offer = s.Offer.evidence()
	}
	check(w.AddChoices(c))
	late := int64(3000)
	requests := append(s.requests(id, st, "", 100, func(x sends) []string { return x.Early }), s.requests(id, st, "", late, func(x sends) []string { return x.Late })...)
	check(w.AddPage(evidence.Page{ID: id, URL: shopHome + "/", FinalURL: shopHome + "/", Kind: "choice", State: st, Status: 200, StartedAt: started, Ended: "quiet", Depth: 1},
		requests, s.cookies(id, st, func(k sets) []string { return k.Made }), nil, nil, nil))
}

func (s *choiceStory) requests(id string, st evidence.State, path string, offset int64, states func(sends) []string) []evidence.Request {
	var out []evidence.Request
	for i, x := range s.Sends {
		if !slices.Contains(states(x), string(st)) || path != "" && x.On != nil && !slices.Contains(x.On, path) {
			continue
		}
		fill := func(text string) string {
			return strings.NewReplacer("$ID", token(string(st)), "$ANY", token(string(st), path, fmt.Sprint(i))).Replace(text)
		}
		r := evidence.Request{ID: fmt.Sprintf("%s/r%04d.%d", id, i+1, offset), Page: id, State: st, URL: fill(x.URL), Method: "GET", Type: or(x.Type, "Ping"), Status: 200, OffsetMS: offset}
		for name, value := range x.Cookie {
			r.Cookies = append(r.Cookies, evidence.SentCookie{Name: name, Value: fill(value), Domain: evidence.Site(strings.Split(x.URL, "/")[2])})
		}
		out = append(out, r)
	}
	return out
}

func (s *choiceStory) cookies(id string, st evidence.State, states func(sets) []string) []evidence.Cookie {
	var out []evidence.Cookie
	for _, k := range s.Cookies {
		if slices.Contains(states(k), string(st)) {
			out = append(out, evidence.Cookie{Page: id, State: st, Name: k.Name, Value: strings.ReplaceAll(k.Value, "$ID", token(string(st))), Domain: or(k.Domain, "lantern-shop.test"), Path: "/",
				LifetimeSec: int64(max(k.Days, 1)) * 86400, Expires: started.AddDate(0, 0, max(k.Days, 1)), SetBy: evidence.Setter{Kind: "script", URL: shopHome + "/app.js"}})
		}
	}
	return out
}

func (s *choiceStory) policy() string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><title>Privacy policy</title></head><body><main><h1>Privacy policy</h1>
<p>This policy says what the Lantern shop does with information about its visitors. It was last updated on 1 March 2026. We wrote it so that everybody who buys lamps from us can read in a few minutes what happens when they look at our pages, order something or write to us.</p>
<h2>What we collect</h2><p>We collect your name, your email address and your postal address when you place an order.</p><h2>Your choices</h2>`)
	for _, p := range s.Says {
		b.WriteString("<p>" + p + "</p>\n")
	}
	b.WriteString(`<h2>Questions</h2><p>If you have a question about this policy or about what we know of you, write to us at any time. We answer within two weeks, and we will gladly explain anything that this text leaves open. The shop is run by four people in a small town, and one of them will read what you write.</p></main></body></html>`)
	return b.String()
}

// evidence reads the short form of an offer.
func (o *offer) evidence() *evidence.Offer {
	out := &evidence.Offer{AcceptClicks: o.Accept, RejectClicks: o.Reject, Wall: o.Wall, WayBack: o.WayBack, WayBackMissing: o.Missing, Vendors: o.Vendors, GPC: o.GPC}
	layer := func(lines []string) evidence.OfferLayer {
		l := evidence.OfferLayer{Text: "We use cookies.", Language: "en", Position: "bottom", Covers: 0.2, Box: evidence.Box{Width: 1366, Height: 200}}
		for _, line := range lines {
			head, text, _ := strings.Cut(line, ": ")
			c := evidence.OfferControl{Text: text, Kind: "button", Box: evidence.Box{Width: 160, Height: 40}, FontPX: 16, FontWeight: 400, Contrast: 7, StandsOut: 5, InView: true}
			words := strings.Fields(head)
			c.Role = words[0]
			for i, w := range words[1:] {
				switch {
				case w == "link":
					c.Kind = "link"
				case w == "out":
					c.InView = false
				case w == "contrast":
					fmt.Sscan(words[i+2], &c.Contrast)
				case w == "stands":
					fmt.Sscan(words[i+2], &c.StandsOut)
				case strings.Contains(w, "x"):
					fmt.Sscanf(w, "%fx%f", &c.Box.Width, &c.Box.Height)
				}
			}
			l.Controls = append(l.Controls, c)
		}
		return l
	}
	out.Layers = append(out.Layers, layer(o.Controls))
	if len(o.Second)+len(o.Toggles) > 0 {
		l := layer(o.Second)
		for _, line := range o.Toggles {
			how, label, _ := strings.Cut(line, ": ")
			l.Toggles = append(l.Toggles, evidence.OfferToggle{Label: label, On: how != "off", Locked: how == "locked"})
		}
		out.Layers = append(out.Layers, l)
	}
	return out
}

func TestChoiceStories(t *testing.T) {
	set, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/choices/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var stories []choiceStory
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

func (s *choiceStory) test(t *testing.T, set *rules.Set) {
	if len(s.Effects)+len(s.Promises)+len(s.Rules) == 0 {
		t.Fatal("the story expects nothing")
	}
	a, err := analyzer.Analyze(context.Background(), s.write(t), set, analyzer.Profile{Regions: s.Regions, Laws: s.Laws})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range s.Effects {
		kind, id, _ := strings.Cut(key, " ")
		got := "nothing of the kind"
		for _, e := range a.Choices.Effects {
			if e.Kind == kind && (e.ID == id || e.Name == id) {
				got = ""
				for _, x := range e.In {
					got += fmt.Sprintf(", %s %s", x.State, x.Class)
				}
				got = strings.TrimPrefix(got, ", ")
			}
		}
		if got != want {
			t.Errorf("%s: %s\nwant %s", key, got, want)
		}
	}
	for key, want := range s.Flows {
		got := "nothing of the kind"
		for _, f := range a.Seen.Flows {
			if f.DataTypes[0]+" "+f.Recipient.Vendor == key && f.Channel == "request" {
				got = fmt.Sprint(f.States)
			}
		}
		if got != want {
			t.Errorf("%s was seen in %s, want %s", key, got, want)
		}
	}
	s.testPromises(t, a)
	s.testRules(t, a)
}

func (s *choiceStory) testPromises(t *testing.T, a *analyzer.Analysis) {
	if s.Promises == nil {
		return
	}
	met := map[string]bool{}
	for _, p := range a.Promises {
		quote := p.Quote
		for _, d := range a.Documents {
			for _, st := range d.Statements {
				if st.ID == p.Statement {
					quote = st.Quote
				}
			}
		}
		t.Logf("promise %s (%s): %s %s", p.Statement, quote, p.Verdict, p.Why)
		found := false
		for start, want := range s.Promises {
			if strings.HasPrefix(quote, start) {
				found, met[start] = true, true
				if p.Verdict != want {
					t.Errorf("%q is %s, want %s; %s", quote, p.Verdict, want, p.Why)
				}
				if part := s.Because[start]; !strings.Contains(p.Why, part) {
					t.Errorf("%q: why = %q, want a part %q", quote, p.Why, part)
				}
			}
		}
		if !found {
			t.Errorf("unexpected promise %q: %s %s", quote, p.Verdict, p.Why)
		}
	}
	for start := range s.Promises {
		if !met[start] {
			t.Errorf("%q is no promise", start)
		}
	}
}

func (s *choiceStory) testRules(t *testing.T, a *analyzer.Analysis) {
	for _, o := range a.Rules {
		if want := s.Rules[o.ID]; want != "" && string(o.Outcome) != want {
			t.Errorf("%s: %s, want %s; %s", o.ID, o.Outcome, want, o.Why)
		}
		if part := s.Reasons[o.ID]; !strings.Contains(o.Why, part) {
			t.Errorf("%s: why = %q, want a part %q", o.ID, o.Why, part)
		}
	}
	var found []string
	for _, f := range a.Findings {
		if s.Rules[f.Rule] != "" {
			found = append(found, fmt.Sprintf("%s %s %s %s", f.Rule, f.Severity, f.Outcome, strings.Join(f.Recipients, ",")))
			t.Logf("%s %s: %s — %s", f.Rule, f.Outcome, f.Title, f.Message)
		}
		text := strings.ToLower(f.Title + f.Message + f.Remediation)
		for _, word := range []string{"violat", "illegal", "unlawful", "complian", "certified", "breach"} {
			if strings.Contains(text, word) {
				t.Errorf("%s says %q: %s", f.Rule, word, text)
			}
		}
		if f.Message == "" || f.Title == "" || f.Fingerprint == "" || f.Confidence == "" {
			t.Errorf("%s has gaps: %+v", f.Rule, f)
		}
	}
	slices.Sort(found)
	if want := slices.Sorted(slices.Values(s.Findings)); s.Rules != nil && !slices.Equal(found, want) {
		t.Errorf("findings = %q, want %q", found, want)
	}
}
