package tables

import (
	"fmt"
	"strings"

	"candor/reports"
)

// Bounds.
const (
	maxRows = 100_000 // of a table
	maxCell = 8000    // characters; a spreadsheet takes 32,767
	maxList = 50      // items of a list in one cell
)

// table is a head and rows. A cell is a string, an int, a float64, a bool, or
// nil when it is not known.
type table struct {
	name    string
	columns []column
	rows    [][]any
	left    int // rows beyond the bound
}

type column struct {
	name  string
	width float64 // characters, of a sheet
	wrap  bool
}

func (t *table) add(cells ...any) {
	if len(t.rows) >= maxRows {
		t.left++
		return
	}
	t.rows = append(t.rows, cells)
}

// makers are the tables in their order, after the one about the report.
var makers = []struct {
	name string
	make func(*reader) *table
}{
	{"findings", (*reader).findings}, {"flows", (*reader).flows}, {"cookies", (*reader).cookies}, {"vendors", (*reader).vendors}, {"forms", (*reader).forms},
}

// build makes all tables of a report.
func build(rep *reports.Report) []*table {
	r := newReader(rep)
	out := []*table{nil}
	for _, m := range makers {
		out = append(out, m.make(r))
	}
	out[0] = about(rep, out[1:])
	return out
}

// about says what the tables are of, and what they lack.
func about(rep *reports.Report, others []*table) *table {
	t := &table{name: "about", columns: []column{{"what", 24, false}, {"value", 100, true}}}
	t.add("site", rep.Site.URL)
	t.add("organisation", rep.Site.Entity)
	t.add("scan", rep.ScanID)
	t.add("started", rep.StartedAt)
	t.add("finished", rep.FinishedAt)
	t.add("complete", rep.Coverage.Complete)
	t.add("consent states", list(rep.Coverage.States))
	t.add("pages visited", rep.Coverage.PagesVisited)
	t.add("pages failed", rep.Coverage.PagesFailed)
	t.add("gaps", len(rep.Coverage.Gaps))
	t.add("candor", rep.Tool.Version)
	t.add("rules", rep.Tool.RulesVersion)
	t.add("browser", rep.Tool.Browser)
	if id := rep.Changes.Against.ScanID; id != "" {
		t.add("compared with the scan", id)
	}
	if rep.Bundle.Root != "" {
		t.add("evidence, SHA-256 of its manifest", rep.Bundle.Root)
	}
	if rep.Bundle.RegionLabel != "" {
		t.add("region", rep.Bundle.RegionLabel)
	}
	t.add("notice", reports.Notice)
	for _, s := range reports.Answer(rep) {
		t.add("answer", s)
	}
	for _, o := range others {
		if o.left > 0 {
			t.add(o.name+" left out", o.left)
		}
	}
	return t
}

// reader looks up what rows of several tables need.
type reader struct {
	rep    *reports.Report
	quotes map[string]string // statement → its sentence
	named  map[string]string // vendor → its name
	owners map[string]string // rule → who is to be asked
}

func newReader(rep *reports.Report) *reader {
	r := &reader{rep: rep, quotes: map[string]string{}, named: map[string]string{}, owners: map[string]string{}}
	for _, p := range rep.Policies {
		for _, s := range p.Statements {
			r.quotes[s.ID] = s.Quote
		}
	}
	for _, v := range rep.Vendors {
		r.named[v.ID] = v.Name
	}
	for _, x := range rep.Rules {
		r.owners[x.ID] = x.Owner
	}
	return r
}

func (r *reader) sentences(ids []string) string {
	var out []string
	for _, id := range ids {
		if q := r.quotes[id]; q != "" {
			out = append(out, "“"+q+"”")
		}
	}
	return list(out)
}

func (r *reader) vendor(id string) string {
	if n := r.named[id]; n != "" {
		return n
	}
	return id
}

func (r *reader) findings() *table {
	t := &table{name: "findings", columns: []column{
		{"id", 18, false}, {"severity", 10, false}, {"confidence", 11, false}, {"outcome", 13, false}, {"rule", 12, false}, {"pack", 12, false},
		{"title", 50, true}, {"message", 60, true}, {"recipients", 24, false}, {"data_types", 24, false}, {"pages", 40, false}, {"number_of_pages", 10, false},
		{"states", 20, false}, {"statements", 14, false}, {"sentences", 60, true}, {"evidence", 24, false}, {"remediation", 50, true}, {"suggested_text", 50, true},
		{"owner", 14, false}, {"fingerprint", 20, false}, {"new", 6, false}, {"first_seen", 20, false}, {"last_seen", 20, false},
		{"suppressed", 10, false}, {"exception_reason", 18, false}, {"exception_until", 14, false},
	}}
	for _, f := range r.rep.Findings {
		var fresh any
		if r.rep.Changes.Against.ScanID != "" {
			fresh = f.New
		}
		t.add(f.ID, f.Severity, f.Confidence, f.Outcome, f.Rule, f.Pack, f.Title, f.Message, list(f.Recipients), list(f.DataTypes), list(f.Pages), len(f.Pages),
			list(f.States), list(f.Statements), r.sentences(f.Statements), list(f.Evidence), f.Remediation, f.SuggestedText,
			r.owners[f.Rule], f.Fingerprint, fresh, f.FirstSeen, f.LastSeen, f.Suppressed, f.Suppression.Reason, f.Suppression.Expires)
	}
	return t
}

func (r *reader) flows() *table {
	t := &table{name: "flows", columns: []column{
		{"id", 14, false}, {"data_types", 24, false}, {"recipient", 24, false}, {"company", 24, false}, {"domain", 24, false}, {"party", 8, false},
		{"purposes", 20, false}, {"verdict", 12, false}, {"why", 50, true}, {"sentences", 60, true}, {"nearest_sentences", 60, true}, {"channel", 10, false},
		{"confidence", 11, false}, {"states", 20, false}, {"pages", 40, false}, {"number_of_pages", 10, false}, {"sensitive_places", 18, false},
		{"loaded_by", 24, false}, {"detail", 40, true}, {"evidence", 24, false},
	}}
	for _, f := range r.rep.Flows {
		t.add(f.ID, list(f.DataTypes), r.vendor(f.Recipient.Vendor), f.Recipient.Entity, f.Recipient.Domain, f.Recipient.Party,
			list(f.Purposes), f.Disclosure.Verdict, f.Disclosure.Why, r.sentences(f.Disclosure.Statements), r.sentences(f.Disclosure.Candidates), f.Channel,
			f.Confidence, list(f.States), list(f.Pages), len(f.Pages), list(f.Places), loaders(f.LoadedBy), f.Detail, list(f.Evidence))
	}
	return t
}

func (r *reader) cookies() *table {
	t := &table{name: "cookies", columns: []column{
		{"name", 24, false}, {"domain", 24, false}, {"path", 8, false}, {"party", 8, false}, {"vendor", 24, false}, {"purpose", 12, false}, {"purpose_guess", 12, false}, {"guessed_by", 30, false},
		{"identifier", 10, false}, {"set_by", 8, false}, {"set_by_url", 40, false}, {"setter", 24, false}, {"setter_party", 10, false}, {"loaded_by", 24, false},
		{"session", 8, false}, {"lifetime_days", 12, false}, {"kept_days", 12, false}, {"declared", 10, false}, {"declared_as", 16, false},
		{"declared_lifetime", 18, false}, {"declared_lifetime_days", 12, false}, {"http_only", 10, false}, {"secure", 8, false}, {"same_site", 10, false},
		{"partitioned", 10, false}, {"states", 20, false}, {"pages", 40, false}, {"number_of_pages", 10, false},
	}}
	for _, c := range r.rep.Cookies {
		kept := any(nil)
		if c.CappedDays > 0 {
			kept = c.CappedDays
		}
		t.add(c.Name, c.Domain, c.Path, c.Party, r.vendor(c.Vendor), c.Purpose, c.PurposeGuess, c.GuessedBy, c.Identifier, c.SetBy.Kind, c.SetBy.URL, r.vendor(c.SetterVendor), c.SetterParty, loaders(c.LoadedBy),
			c.Session, days(c.LifetimeDays), kept, c.Declared, c.DeclaredAs, c.DeclaredLifetime, days(c.DeclaredLifetimeDays), c.HTTPOnly, c.Secure, c.SameSite,
			c.Partitioned, list(c.States), list(c.Pages), len(c.Pages))
	}
	return t
}

func (r *reader) vendors() *table {
	t := &table{name: "vendors", columns: []column{
		{"id", 20, false}, {"name", 26, false}, {"company", 26, false}, {"party", 8, false}, {"recognized", 10, false}, {"categories", 20, false},
		{"domains", 30, false}, {"named_in_policy", 14, false}, {"requests", 10, false}, {"number_of_pages", 10, false}, {"states", 20, false},
		{"loaded_by", 24, false}, {"pages", 40, false},
	}}
	for _, v := range r.rep.Vendors {
		t.add(v.ID, v.Name, v.Entity, v.Party, v.Recognized, list(v.Categories), list(v.Domains), v.NamedInPolicy, v.Requests, len(v.Pages), list(v.States),
			loaders(v.LoadedBy), list(v.Pages))
	}
	return t
}

// forms has a row for each field, and one for a form without.
func (r *reader) forms() *table {
	t := &table{name: "forms", columns: []column{
		{"form", 18, false}, {"page", 40, false}, {"state", 10, false}, {"heading", 30, false}, {"action", 40, false}, {"method", 8, false},
		{"action_party", 12, false}, {"recipient", 24, false}, {"secure", 8, false}, {"policy_link_near", 30, false}, {"prechecked", 30, false},
		{"typed_on", 30, false}, {"sensitive_places", 18, false},
		{"field", 18, false}, {"label", 26, false}, {"type", 10, false}, {"data_type", 18, false}, {"sensitive", 10, false}, {"required", 10, false},
	}}
	for _, f := range r.rep.Forms {
		places := make([]string, len(f.Places))
		for i, p := range f.Places {
			places[i] = p.Class
		}
		row := []any{f.ID, f.Page, f.State, f.Heading, f.Action, f.Method, f.ActionParty, r.vendor(f.ActionVendor), f.Secure, f.PolicyLinkNear, list(f.Prechecked), f.Typed, list(places)}
		for _, x := range f.Fields {
			t.add(append(row[:len(row):len(row)], x.Name, x.Label, x.Type, x.DataType, x.Sensitive, x.Required)...)
		}
		if len(f.Fields) == 0 {
			t.add(append(row[:len(row):len(row)], nil, nil, nil, nil, nil, nil)...)
		}
	}
	return t
}

// days is a lifetime; below 0 it is not known.
func days(d float64) any {
	if d < 0 {
		return nil
	}
	return d
}

func loaders(of []reports.Loader) string {
	var out []string
	for _, l := range of {
		if l.Container != "" {
			out = append(out, l.Container)
		} else {
			out = append(out, l.Manager)
		}
	}
	return list(out)
}

// list is a list in one cell.
func list(items []string) string {
	if left := len(items) - maxList; left > 0 {
		return strings.Join(items[:maxList], "; ") + fmt.Sprintf("; and %d more", left)
	}
	return strings.Join(items, "; ")
}
