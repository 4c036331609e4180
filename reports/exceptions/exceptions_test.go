package exceptions_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"candor/reports"
	"candor/reports/exceptions"
)

var today = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

var known = exceptions.Known{
	Rules: []string{"CORE-01", "CORE-02", "CORE-03", "CORE-19"}, Packs: []string{"core", "ftcbp"}, DataTypes: []string{"email", "name", "phone"}, States: []string{"none", "reject", "accept", "gpc"},
	Nearest: func(got string, words []string) (string, bool) {
		for _, w := range words { // one letter too few
			for i := range w {
				if w[:i]+w[i+1:] == got {
					return w, true
				}
			}
		}
		return "", false
	},
}

func report(t *testing.T, findings []string) *reports.Report {
	t.Helper()
	rep := &reports.Report{Schema: reports.Schema, Vendors: []reports.Vendor{
		{ID: "hotjar", Name: "Hotjar", Entity: "Hotjar Ltd"}, {ID: "meta-pixel", Name: "Meta Pixel", Entity: "Meta Platforms, Inc."}, {ID: "tokpix", Name: "TokPix", Domains: []string{"tok.test"}},
	}}
	for _, text := range findings {
		w := strings.Fields(text)
		if len(w) != 7 {
			t.Fatalf("%q has %d words, want 7", text, len(w))
		}
		split := func(s string) []string {
			if s == "-" {
				return nil
			}
			return strings.Split(s, ",")
		}
		f := reports.Finding{ID: w[0] + "." + w[2][:8], Rule: w[0], Pack: "core", Severity: w[1], Fingerprint: w[2], Recipients: split(w[3]), DataTypes: split(w[4]), States: split(w[6])}
		for _, p := range split(w[5]) {
			f.Pages = append(f.Pages, "https://www.shop.test"+p+"?from=mail#top")
		}
		rep.Findings = append(rep.Findings, f)
	}
	return rep
}

func TestStories(t *testing.T) {
	data, err := os.ReadFile("testdata/stories.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Story      string            `yaml:"story"`
		Scan       string            `yaml:"scan"`
		File       string            `yaml:"file"`
		Findings   []string          `yaml:"findings"`
		Suppressed []string          `yaml:"suppressed"`
		Back       []string          `yaml:"back"`
		Status     []string          `yaml:"status"`
		Why        map[string]string `yaml:"why"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		t.Run(s.Story, func(t *testing.T) {
			f, err := exceptions.Read("candor.exceptions.yaml", []byte(s.File), known, today)
			if err != nil {
				t.Fatal(err)
			}
			var at time.Time
			if s.Scan != "" {
				if at, err = time.Parse("2006-01-02", s.Scan); err != nil {
					t.Fatal(err)
				}
				at = at.Add(23*time.Hour + 59*time.Minute)
			}
			rep := report(t, s.Findings)
			exceptions.Apply(rep, f, at)
			exceptions.Apply(rep, f, at) // again changes nothing
			var suppressed, back, status []string
			counted := 0
			for _, x := range rep.Findings {
				switch {
				case x.Suppressed:
					suppressed = append(suppressed, x.ID)
					if x.Suppression.Why != "" || x.Suppression.Line == 0 || x.Suppression.Justification == "" || x.Suppression.Owner == "" {
						t.Errorf("%s is suppressed by %+v", x.ID, x.Suppression)
					}
				case x.Suppression.Expired:
					back = append(back, x.ID)
				}
				if rep.Open(x) {
					counted++
				}
				if part := s.Why[x.ID]; !strings.Contains(x.Suppression.Why, part) {
					t.Errorf("%s: why is %q, want a part %q", x.ID, x.Suppression.Why, part)
				}
			}
			for _, x := range rep.Exceptions.Items {
				status = append(status, x.Status)
			}
			if diff := cmp.Diff([][]string{s.Suppressed, s.Back, s.Status}, [][]string{suppressed, back, status}); diff != "" {
				t.Error(diff)
			}
			total := 0
			for _, n := range rep.Summary.BySeverity {
				total += n
			}
			if x := rep.Exceptions; x.Suppressed != len(suppressed) || x.Expired != len(back) || rep.Summary.Suppressed != len(suppressed) || total != counted || total+len(suppressed) != len(rep.Findings) {
				t.Errorf("counted %d, open %d, %+v, %+v", total, counted, rep.Exceptions, rep.Summary)
			}
		})
	}
}

const whole = "fingerprint: aaaa1111\nreason: accepted_risk\njustification: Because.\nowner: a\napprover: b\ncreated: 2026-05-01\nexpires: 2026-08-01\n"

func file(entry string) string {
	var b strings.Builder
	b.WriteString("exceptions:\n")
	lead := "  - "
	for line := range strings.Lines(entry) {
		b.WriteString(lead + line)
		lead = "    "
	}
	return b.String()
}

func TestFaults(t *testing.T) {
	change := func(from, to string) string { return file(strings.Replace(whole, from, to, 1)) }
	for name, c := range map[string]struct {
		file string
		says string
	}{
		"unknown key at the top":  {"exeptions: []\n", `f.yaml:1: unknown key "exeptions"; did you mean "exceptions"?`},
		"a list":                  {"- a\n", "f.yaml:1: expected the key exceptions"},
		"not YAML":                {"exceptions: [\n", "f.yaml: line"},
		"no list":                 {"exceptions: {a: b}\n", "f.yaml:1: expected a list"},
		"an entry that is a text": {"exceptions:\n  - CORE-01\n", "f.yaml:2: expected keys with values"},
		"unknown key":             {change("owner: a", "ower: a"), `f.yaml:5: unknown key "ower"; did you mean "owner"?`},
		"a key twice":             {change("owner: a", "reason: not_applicable"), "f.yaml:5: reason is there twice"},
		"unknown reason":          {change("accepted_risk", "accepted_rik"), `f.yaml:3: reason "accepted_rik"; did you mean "accepted_risk"?`},
		"no reason":               {change("reason: accepted_risk\n", ""), "f.yaml:2: reason is missing; expected one of false_positive"},
		"no justification":        {change("Because.", `""`), "f.yaml:4: justification is missing"},
		"no owner":                {change("owner: a\n", ""), "f.yaml:2: owner is missing"},
		"no approver":             {change("approver: b", "approver:"), "f.yaml:6: approver is missing"},
		"no end":                  {change("expires: 2026-08-01\n", ""), "f.yaml:2: expires is missing; expected a day"},
		"an end that is no day":   {change("expires: 2026-08-01", "expires: never"), `f.yaml:8: expires "never"; expected a day`},
		"31 June":                 {change("expires: 2026-08-01", "expires: 2026-06-31"), `f.yaml:8: expires "2026-06-31"`},
		"too long":                {change("expires: 2026-08-01", "expires: 2027-05-02"), "f.yaml:8: expires 2027-05-02 is 366 days after created; at most 365 are allowed, until 2027-05-01"},
		"ends before it begins":   {change("expires: 2026-08-01", "expires: 2026-04-30"), "f.yaml:8: expires 2026-04-30 is before created"},
		"created in the future":   {strings.NewReplacer("2026-05-01", "2026-11-27", "2026-08-01", "2026-12-01").Replace(file(whole)), "f.yaml:7: created 2026-11-27 lies in the future"},
		"not a fingerprint":       {change("aaaa1111", "CORE-01.aaaa1111"), `f.yaml:2: fingerprint "core-01.aaaa1111"; expected 8 to 16 hexadecimal digits`},
		"short fingerprint":       {change("aaaa1111", "aaaa"), "f.yaml:2: fingerprint"},
		"no subject":              {change("fingerprint: aaaa1111", "pack: core"), "f.yaml:2: which findings? Expected fingerprint, rule or recipient"},
		"unknown rule":            {change("fingerprint: aaaa1111", "rule: CORE-1"), `f.yaml:2: rule "CORE-1"; did you mean "CORE-01"?`},
		"unknown data type":       {change("owner: a", "owner: a\ndata_type: [email, nam]"), `f.yaml:6: data_type "nam"; did you mean "name"?`},
		"unknown state":           {change("owner: a", "owner: a\nstate: rejct"), `f.yaml:6: state "rejct"; did you mean "reject"?`},
		"every page":              {change("owner: a", `owner: a`+"\n"+`page: "/*"`), `f.yaml:6: page "/*"; expected a pattern that narrows`},
		"an alias":                {"exceptions:\n  - &a {fingerprint: aaaa1111}\n  - *a\n", "f.yaml:3: expected keys with values"},
		"long text":               {change("Because.", strings.Repeat("x", 2001)), "f.yaml:4: justification is longer than 2000 characters"},
		"too large":               {strings.Repeat("#", exceptions.MaxFile+1), "f.yaml: larger than"},
		"control characters":      {change("owner: a", `"ow\er": a`), `f.yaml:5: unknown key`},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := exceptions.Read("f.yaml", []byte(c.file), known, today)
			if err == nil || f != nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %v, want a part %q", err, c.says)
			}
			if err != nil && strings.ContainsRune(err.Error(), 0x1b) {
				t.Errorf("the error holds a control character: %q", err)
			}
		})
	}
	if f, err := exceptions.Read("f.yaml", []byte(file(whole)), known, today); err != nil || len(f.Entries) != 1 || f.Entries[0].Line != 2 {
		t.Errorf("the whole entry gives %+v, %v", f, err)
	}
	entries := strings.Repeat("  - {a: b}\n", 2001)
	if _, err := exceptions.Read("f.yaml", []byte("exceptions:\n"+entries), known, today); err == nil || !strings.Contains(err.Error(), "at most 2000") {
		t.Errorf("2,001 entries give %v", err)
	}
}

func TestPages(t *testing.T) {
	for pattern, pages := range map[string][2]string{
		"/careers/*":                      {"/careers/one /careers/", "/career /a/careers/one"},
		"/a*z":                            {"/az /abcz /a/b/zz", "/a /azb"},
		"https://www.shop.test/b/*":       {"/b/c", "/b"},
		"*.shop.test/b*":                  {"/b/c /b", "/c"},
		"https://www.shop.test/?from=ma*": {"/", "/b"},
	} {
		for i, want := range []bool{true, false} {
			for _, p := range strings.Fields(pages[i]) {
				f := exceptions.File{Entries: []exceptions.Entry{{Line: 1, Rules: []string{"R"}, Pages: []string{pattern}, Created: today, Expires: today}}}
				rep := report(t, []string{"R high aaaa1111 - - " + p + " none"})
				exceptions.Apply(rep, &f, today)
				if got := rep.Findings[0].Suppressed; got != want {
					t.Errorf("%q fits %q: %t", pattern, p, got)
				}
			}
		}
	}
}

// What Draft writes is read back as it was meant, once it is filled in, and
// what else is in the file stays byte for byte.
func TestDraft(t *testing.T) {
	e := exceptions.Entry{
		Fingerprint: "aaaa1111bbbb2222", Recipients: []string{"Ho: \"tjar\" # Ltd"}, DataTypes: []string{"email", "name"}, Reason: "accepted_risk",
		Justification: "Line one\nline two: # not a comment", Owner: "web", Approver: "privacy", Created: exceptions.Day(today), Expires: exceptions.Day(today).AddDate(0, 0, 30),
	}
	text := exceptions.Draft(e, "CORE-01: a title\u2028exceptions:\x1b[31m\n  - evil: true")
	for name, before := range map[string]string{
		"no file": "", "a comment": "# ours\nexceptions:\n", "a list": file(whole) + "# the end\n", "no indent": "exceptions:\n- " + strings.ReplaceAll(strings.TrimSpace(whole), "\n", "\n  "), "deep": "exceptions:\n      - " + strings.ReplaceAll(whole, "\n", "\n        ") + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			data, err := exceptions.Append([]byte(before), text)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(data, []byte(before)) {
				t.Errorf("what was there changed:\n%s", data)
			}
			f, err := exceptions.Read("f.yaml", data, known, today)
			if err != nil {
				t.Fatalf("%v\n%s", err, data)
			}
			got := f.Entries[len(f.Entries)-1]
			got.Line = 0
			want := e
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s\n%s", diff, data)
			}
		})
	}
	for _, before := range []string{"exceptions: []\n", "exceptions: [{a: b}]\n", "other: 1\n"} {
		if _, err := exceptions.Append([]byte(before), text); !errors.Is(err, exceptions.ErrPlace) {
			t.Errorf("%q: error is %v", before, err)
		}
	}
	e.Justification, e.Owner = "", ""
	data, err := exceptions.Append(nil, exceptions.Draft(e, ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exceptions.Read("f.yaml", data, known, today); err == nil || !strings.Contains(err.Error(), "justification is missing") || !strings.Contains(err.Error(), "owner is missing") {
		t.Errorf("a draft that is not filled in gives %v", err)
	}
}

// Whatever the file says, reading ends, its faults are printable, and applying
// it keeps the counts right.
func FuzzRead(f *testing.F) {
	data, err := os.ReadFile("testdata/stories.yaml")
	if err != nil {
		f.Fatal(err)
	}
	var stories []struct {
		File string `yaml:"file"`
	}
	if err := yaml.Unmarshal(data, &stories); err != nil {
		f.Fatal(err)
	}
	for _, s := range stories {
		f.Add([]byte(s.File))
	}
	f.Add([]byte(file(whole)))
	f.Add([]byte("exceptions: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := exceptions.Read("f.yaml", data, known, today)
		if err != nil {
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }) {
				t.Errorf("the error holds a control character: %q", err)
			}
			return
		}
		rep := report(t, []string{"CORE-01 critical aaaa1111bbbb2222 hotjar email /a none", "CORE-02 high bbbb1111bbbb2222 - - - none"})
		exceptions.Apply(rep, got, today)
		n := 0
		for _, x := range rep.Findings {
			if x.Suppressed {
				n++
			}
		}
		if n != rep.Exceptions.Suppressed || len(rep.Exceptions.Items) != len(got.Entries) {
			t.Errorf("%d suppressed, %+v", n, rep.Exceptions)
		}
		for i, e := range got.Entries {
			if e.Days() > exceptions.MaxDays || e.Days() < 0 || e.Owner == "" || e.Covers() == "" {
				t.Errorf("entry %d was taken: %+v", i, e)
			}
		}
		if _, err := exceptions.Append(data, exceptions.Draft(exceptions.Entry{Fingerprint: "aaaa1111", Created: today, Expires: today}, "note")); err != nil && !errors.Is(err, exceptions.ErrPlace) {
			t.Errorf("append: %v", err)
		}
	})
}

func TestReasonsAreThoseOfTheSchema(t *testing.T) {
	var names []string
	for _, r := range exceptions.Reasons {
		names = append(names, r.Name)
	}
	enum := `"enum": [` // in the schema, one a line
	schema := string(reports.SchemaJSON())
	at := strings.Index(schema, `"too_long"`)
	if at < 0 || !strings.Contains(schema, enum) {
		t.Fatal("the schema lacks the words of an exception")
	}
	for _, n := range names {
		if !strings.Contains(schema, fmt.Sprintf("%q", n)) {
			t.Errorf("the schema lacks %s", n)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(names)))) != 5 {
		t.Errorf("reasons are %q", names)
	}
}
