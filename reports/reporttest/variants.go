package reporttest

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/analyzer/choice"
	"candor/analyzer/flow/behavior"
	"candor/crawler/evidence"
)

// Attack is put into every free text of Hostile: markup, an attribute that
// ends early, a script address, an escape sequence, a text direction override
// and invalid bytes.
const Attack = "=cmd()\"'><script>alert(1)</script><img src=x onerror=alert(1)></style><!-- javascript:alert(1) \x1b[31m\x07 \u202egpj.exe {{.}} \xff\xfe"

// Names are hostile names by what they attack, for the tests of every format:
// each comes out harmless from each.
var Names = []struct{ What, Text string }{
	{"everything", Attack},
	{"markup", "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;"},
	{"formula", "=cmd|'/C calc'!A0"},
	{"formula after a tab", "\t=HYPERLINK(\"http://evil.test\",\"x\")"},
	{"plus", "+1+1"},
	{"minus", "-2+3+cmd|' /C calc'!A0"},
	{"at", "@SUM(1+1)"},
	{"carriage return", "\r=1+1"},
	{"wide formula", "＝1+1"},
	{"escape sequence", "\x1b[31mred\x1b]8;;http://evil.test\x07link\x1b]8;;\x07\x9b2J"},
	{"right to left", "\u202egpj.exe\u2066x\u2069\u200f"},
	{"NUL", "a\x00b\x01c\x0bd\x7f"},
	{"not a character", "a\ufffe\uffffb\ufeff"},
	{"invalid UTF-8", "\xff\xfe\xc3(\xed\xa0\x80"},
	{"long host", strings.Repeat("long.", 2048) + "test"},
	{"Markdown", "](http://evil.test) **b** _i_ ~~s~~ # h `code` ```fence``` | cell | <!-- c --> ![i](http://evil.test/i.png)"},
	{"block of Markdown", "\n# heading\n\n- item\n1. one\n> quote\n---\n```\nfence\n"},
	{"mention", "@octocat and @org/team, #1, GH-1, :tada:, www.evil.test, http://evil.test, a@evil.test"},
	{"end of CDATA", "]]><evil/><![CDATA["},
	{"entities", "&amp;&#60;script&#62;&xxe;<!DOCTYPE x [<!ENTITY xxe SYSTEM \"file:///etc/passwd\">]>"},
	{"workflow command", "::set-output name=x::y\n::error::z"},
	{"template", "{{.}} ${{ secrets.TOKEN }} {0} %s %n"},
	{"quotes", "\"',;\n\"\"x"},
	{"path", "../../etc/passwd"},
	{"script address", "javascript:alert(1)"},
}

// Hostile is Shop with Attack in every text that a site, a policy or a vendor
// can choose. Ids that tie records together and the words of the design stay.
func Hostile() *analyzer.Analysis { return Named(Attack) }

// Named is Shop with a hostile name in every such text.
func Named(name string) *analyzer.Analysis {
	a := Shop()
	spare := []string{"ID", "Chain", "Verdict", "Outcome", "Severity", "Confidence", "State", "States", "Party", "ActionParty", "SetterParty", "PurposeGuess", "Recognized", "Statement", "Statements", "Flows", "Candidates", "Evidence", "Vendor", "Document", "Schema", "Ended", "Example", "Terms", "Owner"}
	taint(reflect.ValueOf(a).Elem(), name, spare)
	for _, st := range a.Choices.States { // "States" is a word elsewhere
		taint(reflect.ValueOf(st.Choice), name, append(slices.Clone(spare), "Page"))
	}
	for i := range a.Pages { // one of each kind of bad address
		a.Pages[i].URL = []string{"javascript:alert(1)//" + name, "https://h.test/\"><script>" + name, "data:text/html," + name}[i%3] + fmt.Sprint(i)
		a.Pages[i].Screenshot = "../../" + name
	}
	a.Seen.Hosts[0].Host = strings.Repeat("long.", 2048) + "test"
	return a
}

func taint(v reflect.Value, name string, spare []string) {
	switch v.Kind() {
	case reflect.Pointer:
		taint(v.Elem(), name, spare)
	case reflect.String:
		if v.CanSet() && v.Type() != reflect.TypeFor[behavior.Kind]() && v.Type() != reflect.TypeFor[choice.Class]() {
			v.SetString(name)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			word := f.Name == "Says" && v.Type() == reflect.TypeFor[evidence.Opinion]() // one of three, or the analyzer drops it
			if f.IsExported() && !word && !slices.Contains(spare, f.Name) && f.Type.PkgPath() != "time" {
				taint(v.Field(i), name, spare)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			taint(v.Index(i), name, spare)
		}
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.String {
			for _, k := range v.MapKeys() {
				v.SetMapIndex(k, reflect.ValueOf(name).Convert(v.Type().Elem()))
			}
		} else if v.Type().Elem() == reflect.TypeFor[check.Disclosure]() {
			for _, k := range v.MapKeys() {
				d := v.MapIndex(k).Interface().(check.Disclosure)
				d.Why = name
				v.SetMapIndex(k, reflect.ValueOf(d))
			}
		} else if v.Type().Elem().Kind() == reflect.Slice {
			for _, k := range v.MapKeys() {
				taint(v.MapIndex(k), name, spare)
			}
		}
	}
}

// Large is Shop with n findings, each on a flow of its own.
func Large(n int) *analyzer.Analysis {
	a := Shop()
	flow, finding := a.Seen.Flows[0], a.Findings[0]
	a.Findings = nil
	for i := range n {
		f := flow
		f.ID = fmt.Sprintf("f-large-%05d", i)
		f.Recipient.Vendor = a.Seen.Vendors[i%len(a.Seen.Vendors)].ID
		f.Recipient.Party = a.Seen.Vendors[i%len(a.Seen.Vendors)].Party
		f.Evidence = []string{fmt.Sprintf("p0001.none/r%04d", i%60+1)}
		a.Seen.Flows = append(a.Seen.Flows, f)
		a.Disclosures[f.ID] = a.Disclosures[flow.ID]
		x := finding
		x.ID, x.Evidence, x.Severity = fmt.Sprintf("n%05d", i), []string{f.ID, f.Evidence[0]}, []string{"high", "medium", "low"}[i%3]
		a.Findings = append(a.Findings, x)
	}
	return a
}

// Log is the requests that Shop's flows point at.
type Log struct{}

// Requests yields them.
func (Log) Requests() iter.Seq2[evidence.Request, error] {
	return func(yield func(evidence.Request, error) bool) {
		for i := range 60 {
			r := evidence.Request{
				ID: fmt.Sprintf("p0001.none/r%04d", i+1), Page: "p0001.none", State: "none", Method: "POST", Type: "Ping", Status: 204, PostBytes: 212, PostData: "em=secret-hash",
				URL:       fmt.Sprintf("https://t%d.tracker.test/collect?v=2&cid=secret-id-%d&dl=https%%3A%%2F%%2Fwww.lantern-shop.test%%2F", i%15, i),
				Cookies:   []evidence.SentCookie{{Name: "IDE"}},
				Initiator: evidence.Initiator{Type: "script", Stack: []evidence.StackFrame{{Function: "send", URL: "https://www.google-analytics.test/g.js?id=G-LAMP", Line: 1, Column: 99}, {URL: "https://www.googletagmanager.test/gtm.js?id=GTM-LAMP", Line: 88, Column: 12}}},
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Recorded is Shop as another tool's recording would give it.
func Recorded() *analyzer.Analysis {
	a := Shop()
	a.Meta.Import = &evidence.Import{
		Format: "HAR 1.2", Creator: "WebInspector 537.36", File: "shop.har", SHA256: strings.Repeat("0f", 32), Bytes: 2 << 20,
		Missing: []string{"forms", "storage"}, Partial: []string{"cookies"},
	}
	a.Seen.Storage, a.Seen.Forms = nil, nil
	return a
}
