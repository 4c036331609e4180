package reports

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"time"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/analyzer/redaction"
	"candor/crawler/evidence"
	"candor/reports/plain"
	"candor/rules"
)

// New arranges an analysis. It keeps no reference to it.
func New(a *analyzer.Analysis) *Report {
	b := builder{a: a, redactor: newRedactor(a.Meta), pages: map[string]string{}, places: map[string][]Class{}}
	for _, p := range a.Seen.Places {
		b.places[p.Page] = each(p.Classes, newClass)
	}
	for _, p := range a.Pages {
		b.pages[p.ID] = b.address(p.URL)
	}
	rep := &Report{
		Schema:     Schema,
		Notice:     Notice,
		Tool:       Tool{Name: cmp.Or(a.Meta.Tool.Name, "candor"), Version: a.Meta.Tool.Version, Commit: a.Meta.Tool.Commit, RulesVersion: a.RulesVersion, Browser: a.Meta.Browser.Product, OwnPacks: ownPacks(a)},
		ScanID:     a.Meta.ScanID,
		Bundle:     Bundle{RulesVersion: a.Meta.RulesVersion, ConfigSHA256: a.Meta.ConfigSHA256, RegionLabel: a.Meta.RegionLabel},
		Site:       b.site(),
		StartedAt:  stamp(a.Meta.StartedAt),
		FinishedAt: stamp(a.Meta.FinishedAt),
		Coverage:   b.coverage(),
		Conditions: b.conditions(),
		Import:     newImport(b.a.Meta.Import),
		Pages:      each(a.Pages, b.visit),
		Policies:   each(a.Documents, b.policy),
		Answers:    each(a.Answers, newAnswer),
		Vendors:    b.vendors(),
		Requests:   b.hosts(),
		Cookies:    b.cookies(),
		Storage:    b.storage(),
		Forms:      b.forms(),
		Behaviors:  b.behaviors(),
		Labels:     b.labels(),
		Flows:      b.flows(),
		Choices:    b.choices(),
		Effects:    b.effects(),
		Promises:   each(a.Promises, newPromise),
		Findings:   b.findings(),
		Rules:      each(a.Rules, newRule),
		Evidence:   []Sighting{},
		Changes:    noChanges(),
		Exceptions: Exceptions{Items: []Exception{}},
		SecondReader: SecondReader{
			Models: list(a.SecondReader.Models), Endpoints: list(a.SecondReader.Endpoints),
			Answered: a.SecondReader.Answered, Failed: a.SecondReader.Failed, Unasked: a.SecondReader.Unasked,
		},
	}
	rep.context()
	b.redact(rep, a)
	rep.Summary = totals(rep)
	rep.Principles = b.principles(rep)
	return rep
}

type builder struct {
	redactor
	a     *analyzer.Analysis
	pages map[string]string // id of a visit → its address

	places map[string][]Class // address → classes
}

func (b *builder) site() Site {
	s := Site{URLs: list(b.a.Meta.URLs), Entity: b.a.Entity, OwnDomains: list(b.a.Meta.OwnDomains)}
	if len(s.URLs) > 0 {
		s.URL = s.URLs[0]
		if u, err := url.Parse(s.URL); err == nil {
			s.Host = u.Hostname()
		}
	}
	return s
}

func (b *builder) coverage() Coverage {
	c := Coverage{
		Visits: len(b.a.Pages), States: words(b.a.Meta.States), Complete: b.a.Meta.Complete, Stopped: b.a.Meta.Stopped, Redacted: b.a.Meta.Redacted != "",
		Gaps: make([]Gap, 0, len(b.a.Gaps)),
	}
	loaded := map[string]bool{}
	for _, p := range b.a.Pages {
		loaded[p.URL] = loaded[p.URL] || p.Ended != "failed"
	}
	for _, ok := range loaded {
		if ok {
			c.PagesVisited++
		} else {
			c.PagesFailed++
		}
	}
	for _, g := range b.a.Gaps {
		c.Gaps = append(c.Gaps, Gap{What: g.What, Why: g.Why, Page: b.page(g.Page), State: string(g.State), Kind: g.Kind})
	}
	return c
}

func (b *builder) conditions() Conditions {
	br, o := b.a.Meta.Browser, b.a.Meta.Options
	return Conditions{
		UserAgent: br.UserAgent, Identified: br.Identified, Headless: br.Headless, Sandbox: br.Sandbox,
		ThirdPartyCookies: cmp.Or(br.ThirdPartyCookies, "unknown"), Viewport: br.Viewport, Language: br.Language,
		RespectRobots: o.RespectRobots, FillForms: o.FillForms, Journey: o.Journey, Redact: o.Redact, PageBudget: o.Pages, Depth: o.Depth, PageTimeoutMS: o.PageTimeoutMS,
		AnyCertificate: o.Insecure, HostMap: len(o.HostMap) > 0, Proxy: o.Proxy,
		ExtraHeaders: len(o.ExtraHeaders), PresetCookies: len(o.PresetCookies),
	}
}

func newImport(i *evidence.Import) Import {
	if i == nil {
		return Import{Missing: []string{}, Partial: []string{}}
	}
	return Import{Format: i.Format, Creator: i.Creator, File: i.File, SHA256: i.SHA256, Bytes: i.Bytes, Missing: list(i.Missing), Partial: list(i.Partial)}
}

func (b *builder) visit(p evidence.Page) Page {
	out := b.newPage(p)
	out.URL, out.FinalURL = b.address(p.URL), b.address(p.FinalURL)
	out.Steps = each(p.Steps, b.step)
	out.Places = list(b.places[p.URL])
	return out
}

func (b *builder) step(s evidence.Step) Step {
	out := Step{Line: s.Line, Do: s.Do, Target: b.address(s.Target), Value: s.Value, URL: b.address(s.URL), Screenshot: b.picture(s.Screenshot), Failure: s.Failure}
	if redaction.Typed(s) {
		out.Value = b.Mark(s.Value)
	}
	return out
}

func (b *builder) newPage(p evidence.Page) Page {
	return Page{
		ID: p.ID, URL: p.URL, FinalURL: p.FinalURL, Title: p.Title, Kind: p.Kind, Status: p.Status, State: string(p.State),
		Screenshot: b.picture(p.Screenshot), DurationMS: p.DurationMS, Ended: p.Ended, Failure: p.Failure, Requests: p.Requests,
	}
}

func newAnswer(a analyzer.Answer) PolicyAnswer {
	return PolicyAnswer{ID: a.ID, Question: a.Question, Found: a.Found, NotRead: list(a.NotRead), Left: a.Left, Passages: each(a.Passages, func(p analyzer.Passage) Passage {
		return Passage{Policy: p.Document, Says: p.Says, Quote: p.Quote, Links: links(p.Links), Start: p.Start, End: p.End}
	})}
}

// maxOpinion bounds the characters of an opinion, which is text from outside.
const maxOpinion = 400

func newOpinion(o analyzer.Opinion) SecondOpinion {
	return SecondOpinion{Model: plain.Cut(o.Model, 120), Question: o.Question, Says: o.Says, Text: plain.Cut(o.Text, maxOpinion), AskedAt: stamp(o.AskedAt)}
}

func (b *builder) policy(d *policy.Document) Policy {
	p := Policy{
		ID: d.ID, URL: d.URL, Kind: d.Kind, Title: d.Title, Language: d.Language, LastUpdated: d.LastUpdated,
		SHA256: d.SHA256, RawSHA256: d.RawSHA256, LinkedFrom: list(d.LinkedFrom), Words: d.Words, Faults: list(d.Faults),
		Statements: each(d.Statements, b.statement), text: d.Text,
		Reading: Reading{Words: d.Reading.Words, Sentences: d.Reading.Sentences, Minutes: d.Reading.Minutes, Formula: d.Reading.Formula, Ease: finite(d.Reading.Ease), Hedges: d.Reading.Hedges},
		Choices: each(d.Choices, func(c policy.Choice) Choice {
			return Choice{Kind: c.Kind, Quote: c.Quote, Links: links(c.Links), Start: c.Start, End: c.End}
		}),
		CookieDeclarations: each(d.Cookies, func(c policy.CookieDeclaration) CookieDeclaration {
			return CookieDeclaration{
				Name: c.Name, Provider: c.Provider, Purpose: c.Purpose, PurposeText: c.PurposeText, Lifetime: c.Lifetime,
				LifetimeDays: finite(c.LifetimeDays), Party: c.Party, Start: c.Start, End: c.End,
			}
		}),
	}
	p.TextFile = textFile(d.ID)
	return p
}

func links(of []policy.Link) []Link {
	return each(of, func(l policy.Link) Link { return Link{Address: l.Address, Text: l.Text} })
}

func (b *builder) statement(s policy.Statement) Statement {
	ids := []string{}
	for _, r := range s.RecipientRefs {
		if r.ID != "" {
			ids = append(ids, r.Kind+":"+r.ID)
		}
	}
	return Statement{
		ID: s.ID, Actor: s.Actor, Action: s.Action, Negated: s.Negated, Modality: s.Modality, DataTypes: list(s.DataTypes),
		Recipients: list(s.Recipients), RecipientIDs: ids, Purposes: list(s.Purposes), Condition: s.Condition, Scope: s.Scope,
		Only: s.Only, RetentionDays: s.RetentionDays, Choice: list(s.Choice), Links: links(s.Links), Heading: s.Heading, Quote: s.Quote, Start: s.Start, End: s.End,
		SecondOpinions: each(b.a.Opinions[s.ID], newOpinion),
	}
}

func (b *builder) vendors() []Vendor {
	out := make([]Vendor, 0, len(b.a.Seen.Vendors))
	for _, v := range b.a.Seen.Vendors {
		out = append(out, Vendor{
			ID: v.ID, Name: v.Name, Entity: v.Entity, Categories: list(v.Categories), Domains: list(v.Domains),
			Recognized: v.Recognized, Party: v.Party, Pages: b.addresses(v.Pages), States: words(v.States),
			Requests: v.Requests, NamedInPolicy: b.a.NamedVendors[v.ID], LoadedBy: each(v.LoadedBy, newLoader),
		})
	}
	return out
}

func (b *builder) hosts() []Host {
	out := make([]Host, 0, len(b.a.Seen.Hosts))
	for _, h := range b.a.Seen.Hosts {
		out = append(out, Host{
			Host: h.Host, Vendor: h.Vendor, Party: h.Party, Alias: h.Alias, Requests: h.Requests, Types: counts(h.Types), Methods: counts(h.Methods),
			Insecure: h.Insecure, Failed: h.Failed, Bytes: h.Bytes, States: words(h.States), Pages: b.addresses(h.Pages), Example: h.Example,
		})
	}
	return out
}

func (b *builder) cookies() []Cookie {
	declared := map[string]policy.CookieDeclaration{} // by name as written; the first document that lists it
	for _, d := range b.a.Documents {
		for _, c := range d.Cookies {
			if _, ok := declared[c.Name]; !ok {
				declared[c.Name] = c
			}
		}
	}
	out := make([]Cookie, 0, len(b.a.Seen.Cookies))
	for _, c := range b.a.Seen.Cookies {
		v := Cookie{
			ID: c.ID, Name: c.Name, Domain: c.Domain, Path: c.Path, Party: c.Party, Vendor: c.Vendor, SetBy: b.setter(c.SetBy),
			LifetimeDays: finite(c.LifetimeDays), Session: c.Session, HTTPOnly: c.HTTPOnly, Secure: c.Secure, SameSite: c.SameSite,
			Partitioned: c.Partitioned, SetterVendor: c.SetterVendor, SetterParty: c.SetterParty, LoadedBy: each(c.LoadedBy, newLoader), CappedDays: c.CappedDays, Purpose: c.Purpose, PurposeGuess: c.PurposeGuess, GuessedBy: c.GuessedBy, Identifier: c.Identifier, DeclaredLifetimeDays: -1,
			States: words(c.States), Pages: b.addresses(c.Pages), Values: each(c.Values, b.held), MoreValues: c.MoreValues,
		}
		if name, ok := b.a.Declared[c.ID]; ok {
			v.Declared, v.DeclaredAs = true, name
			if d, ok := declared[name]; ok {
				v.DeclaredLifetime, v.DeclaredLifetimeDays = d.Lifetime, finite(d.LifetimeDays)
			}
		}
		out = append(out, v)
	}
	return out
}

func (b *builder) storage() []Storage {
	out := make([]Storage, 0, len(b.a.Seen.Storage))
	for _, s := range b.a.Seen.Storage {
		out = append(out, Storage{
			ID: s.ID, Kind: s.Kind, Origin: s.Origin, Key: s.Key, Vendor: s.Vendor, Identifier: s.Identifier,
			SetBy: b.setter(s.SetBy), SetterVendor: s.SetterVendor, SetterParty: s.SetterParty, LoadedBy: each(s.LoadedBy, newLoader), States: words(s.States), Pages: b.addresses(s.Pages), Values: each(s.Values, b.held), MoreValues: s.MoreValues,
		})
	}
	return out
}

func (b *builder) held(h flow.Held) Value {
	return Value{Hash: h.Mark, States: words(h.States), Pages: b.addresses(h.Pages)}
}

func (b *builder) forms() []Form {
	out := make([]Form, 0, len(b.a.Seen.Forms))
	for _, f := range b.a.Seen.Forms {
		v := Form{
			ID: f.ID, Page: b.page(f.Page), State: string(f.State), Heading: f.Heading, Action: f.Action, Method: f.Method,
			ActionParty: f.ActionParty, ActionVendor: f.ActionVendor, Secure: f.Secure, PolicyLinkNear: f.PolicyLinkNear,
			Prechecked: list(f.Prechecked), Typed: b.typed(f.Typed), Fields: make([]Field, 0, len(f.Fields)), Places: each(f.Classes, newClass),
			Picture: b.crop(f.ShownAt, f.Shown),
		}
		for _, x := range f.Fields {
			v.Fields = append(v.Fields, Field{Name: x.Name, Label: x.Label, Type: x.Type, DataType: x.DataType, Sensitive: x.Sensitive, Required: x.Required})
		}
		out = append(out, v)
	}
	return out
}

// crop is a part of a visit's picture. A journey's is left out: it may show what
// a person had typed.
func (b *builder) crop(visit string, s *evidence.Shown) Crop {
	i := slices.IndexFunc(b.a.Pages, func(p evidence.Page) bool { return p.ID == visit })
	if s == nil || i < 0 || len(b.a.Pages[i].Steps) > 0 {
		return Crop{}
	}
	c := Crop{
		File: b.picture(b.a.Pages[i].Screenshot), Of: Size{pixels(s.Width), pixels(s.Height)},
		X: pixels(s.Box.X), Y: pixels(s.Box.Y), Width: pixels(s.Box.Width), Height: pixels(s.Box.Height),
	}
	if !c.Shows() {
		return Crop{}
	}
	return c
}

// maxPixels bounds the sides of a picture.
const maxPixels = 20_000

// pixels are whole ones; -1 of what is out of bounds.
func pixels(f float64) int {
	if !(f >= 0 && f <= maxPixels) {
		return -1
	}
	return int(math.Round(f))
}

// Shows reports whether there is a picture and the part lies in it.
func (c Crop) Shows() bool {
	return c.File != "" && c.X >= 0 && c.Y >= 0 && c.Width > 0 && c.Height > 0 && c.Of.Width <= maxPixels && c.Of.Height <= maxPixels &&
		c.X <= c.Of.Width-c.Width && c.Y <= c.Of.Height-c.Height
}

// typed is the address of the visit in which a form was filled in.
func (b *builder) typed(visit string) string {
	if visit == "" {
		return ""
	}
	return b.page(visit)
}

func (b *builder) flows() []Flow {
	out := make([]Flow, 0, len(b.a.Seen.Flows))
	for _, f := range b.a.Seen.Flows {
		d := b.a.Disclosures[f.ID]
		out = append(out, Flow{
			ID: f.ID, DataTypes: list(f.DataTypes),
			Recipient: Recipient{Vendor: f.Recipient.Vendor, Entity: f.Recipient.Entity, Domain: f.Recipient.Domain, Party: f.Recipient.Party},
			Purposes:  list(f.Purposes), Channel: f.Channel, Confidence: string(f.Confidence), States: words(f.States),
			Pages: b.addresses(f.Pages), Evidence: list(f.Evidence), Detail: f.Detail, Places: list(f.Places), LoadedBy: each(f.LoadedBy, newLoader),
			Disclosure: Disclosure{Verdict: string(d.Verdict), Statements: list(d.Statements), Candidates: list(d.Candidates), Why: d.Why},
		})
	}
	return out
}

func newPromise(p check.Promise) Promise {
	return Promise{Statement: p.Statement, Verdict: p.Verdict, Flows: list(p.Flows), Why: p.Why, Control: p.Control, Quote: p.Quote, Document: p.Document, Start: p.Start, End: p.End}
}

func newRule(r check.RuleOutcome) Rule {
	return Rule{ID: r.ID, Pack: r.Pack, Title: r.Title, Outcome: string(r.Outcome), Why: r.Why,
		Owner: r.Owner, Severity: r.Severity, Matters: r.Matters, Remediation: r.Remediation, Basis: each(r.Basis, func(x rules.LegalBasis) Basis { return Basis{Text: x.Text, Status: x.Status, Date: x.Date} })}
}

func (b *builder) findings() []Finding {
	out := make([]Finding, 0, len(b.a.Findings))
	for _, f := range b.a.Findings {
		out = append(out, Finding{
			ID: f.ID, Rule: f.Rule, Pack: f.Pack, Outcome: string(f.Outcome), Severity: f.Severity, Confidence: f.Confidence,
			Title: f.Title, Message: f.Message, Recipients: list(f.Recipients), DataTypes: list(f.DataTypes),
			Pages: b.addresses(f.Pages), States: words(f.States), Evidence: list(f.Evidence), Statements: list(f.Statements),
			Remediation: f.Remediation, SuggestedText: f.SuggestedText, Fingerprint: f.Fingerprint, Suppressed: f.Suppressed,
			FirstSeen: stamp(b.a.Meta.StartedAt), LastSeen: stamp(b.a.Meta.StartedAt), Looks: looks(f.Looks), Also: list(f.Also),
		})
	}
	slices.SortStableFunc(out, func(x, y Finding) int {
		return cmp.Or(
			cmp.Compare(rank(Severities, x.Severity), rank(Severities, y.Severity)),
			cmp.Compare(rank(confidences, x.Confidence), rank(confidences, y.Confidence)),
			cmp.Compare(x.ID, y.ID))
	})
	return out
}

func looks(l *check.Looks) Looks {
	if l == nil {
		return Looks{}
	}
	return Looks(*l)
}

// addresses turns ids of visits into addresses, each once and in order. What
// is no id is an address.
func (b *builder) addresses(pages []string) []string {
	out := make([]string, 0, len(pages))
	seen := make(map[string]bool, len(pages))
	for _, p := range pages {
		if p = b.page(p); !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

func (b *builder) page(id string) string {
	if address, ok := b.pages[id]; ok {
		return address
	}
	return b.address(id)
}

func newLoader(l flow.Loader) Loader {
	return Loader{Manager: l.Manager, Container: l.Container, Scripts: each(l.Scripts, func(s string) string { return plain.Middle(plain.Redact(s), maxAddress) })}
}

func (b *builder) setter(s evidence.Setter) Setter {
	out := Setter{Kind: cmp.Or(s.Kind, "unknown"), URL: b.address(s.URL), Initiators: []string{}}
	for _, f := range s.Initiators {
		if address := b.address(f.URL); address != "" && !slices.Contains(out.Initiators, address) {
			out.Initiators = append(out.Initiators, address)
		}
	}
	return out
}

// list copies a list and is never nil.
func list[T any](in []T) []T { return append(make([]T, 0, len(in)), in...) }

func words[T ~string](in []T) []string {
	return each(in, func(s T) string { return string(s) })
}

func each[S, T any](in []S, f func(S) T) []T {
	out := make([]T, 0, len(in))
	for _, s := range in {
		out = append(out, f(s))
	}
	return out
}

func counts(in map[string]int) map[string]int {
	out := make(map[string]int, len(in))
	for k, v := range in {
		out[k] = v
	}
	return out
}

// finite replaces what JSON cannot hold.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return -1
	}
	return f
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// rank is the place of a word in an order; an unknown word comes last.
func rank(order []string, word string) int {
	if i := slices.Index(order, word); i >= 0 {
		return i
	}
	return len(order)
}

func ownPacks(a *analyzer.Analysis) []OwnPack {
	out := []OwnPack{}
	for _, o := range a.OwnPacks {
		out = append(out, OwnPack{Pack: o.Pack, Title: o.Title, Folder: o.Folder, Rules: o.Rules})
	}
	return out
}
