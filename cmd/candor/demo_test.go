package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"candor/analyzer/check"
	"candor/reports"
)

var update = flag.Bool("update", false, "write the tables of findings of testdata/web/README.md anew")

// story is testdata/web/README.md: what Candor has to say of the demo
// organisation, as tables that a person reads too.
type story struct{ text string }

func readStory(t *testing.T) story {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repo, "testdata", "web", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return story{string(data)}
}

// section is the text below a heading.
func (s story) section(t *testing.T, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s.text, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("the story has no section %q", heading)
	}
	body, _, _ := strings.Cut(rest, "\n## ")
	return body
}

// table returns the rows of the table below a heading, without its head.
func (s story) table(t *testing.T, heading string) [][]string {
	t.Helper()
	var rows [][]string
	for line := range strings.Lines(s.section(t, heading)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			continue
		}
		var row []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			row = append(row, strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
	if len(rows) < 3 {
		t.Fatalf("the story's table %q is empty", heading)
	}
	return rows[2:]
}

// scanDemo runs the command and returns the report that it wrote.
func scanDemo(t *testing.T, out string, args ...string) *reports.Report {
	t.Helper()
	args = append([]string{"scan", "--demo", filepath.Join(repo, "testdata", "web"), "--out", out, "--quiet"}, args...)
	if !slices.Contains(args, "--states") {
		args = append(args, "--states", "none")
	}
	if !slices.Contains(args, "--revisits") { // for time
		args = append(args, "--revisits", "0")
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	runCandor(t, exitOK, args...)
	rep, err := readReport(out)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// runCandor runs a command line with the real stages.
func runCandor(t *testing.T, want int, args ...string) {
	t.Helper()
	runStages(t, wired(), want, args...)
}

func runStages(t *testing.T, stages Stages, want int, args ...string) {
	t.Helper()
	var stderr bytes.Buffer
	c := &Command{Stdout: io.Discard, Stderr: &stderr, Environ: []string{}, Now: time.Now, Random: rand.Reader, Stages: stages}
	if code := c.Run(context.Background(), args); code != want {
		t.Fatalf("candor %s: exit code %d, want %d; it said %s", strings.Join(args, " "), code, want, &stderr)
	}
}

// TestDemo scans the demo organisation with a real browser, as "make scan" does,
// and holds what comes out against its story.
func TestDemo(t *testing.T) {
	if ok, err := hasBrowser(); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip("no Chromium or Chrome on this machine: the demo organisation was NOT scanned")
	}
	s, dir := readStory(t), t.TempDir()
	one := filepath.Join(dir, "one")
	rep := scanDemo(t, one, "--revisits", "1")

	t.Run("looks", func(t *testing.T) {
		n := 0
		for _, f := range rep.Findings {
			if f.Looks.Of > 0 {
				n++
			}
			if f.Looks.Of != f.Looks.Seen || f.Looks.Of > 2 {
				t.Errorf("%s %s of severity %s was seen %+v", f.Rule, f.Recipients, f.Severity, f.Looks)
			}
		}
		if n < 15 {
			t.Errorf("%d findings were looked at again", n)
		}
	})
	t.Run("coverage", func(t *testing.T) {
		c := rep.Coverage
		if !c.Complete || c.PagesVisited != 20 || c.PagesFailed != 0 || len(c.Gaps) != 0 || len(rep.Policies) != 5 {
			t.Errorf("coverage = %+v with %d notices, want 20 pages, 5 notices and no gap", c, len(rep.Policies))
		}
	})
	t.Run("flows", func(t *testing.T) { s.flows(t, rep) })
	t.Run("behaviours", func(t *testing.T) { s.behaviours(t, rep) })
	t.Run("promises", func(t *testing.T) { s.promises(t, rep) })
	t.Run("findings", func(t *testing.T) { s.findings(t, rep) })
	t.Run("places", func(t *testing.T) { s.places(t, rep) })
	t.Run("absent", func(t *testing.T) { s.absent(t, rep) })
	t.Run("redacted", func(t *testing.T) {
		for _, name := range []string{"scan.json", "index.html"} {
			data, err := os.ReadFile(filepath.Join(one, name))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(data, []byte("sam.carter")) || !bytes.Contains(data, []byte("email=~")) {
				t.Errorf("%s shows the e-mail address of the confirmation page's address", name)
			}
		}
	})
	t.Run("words", func(t *testing.T) { ownWords(t, rep, filepath.Join(one, "index.html")) })
	t.Run("readme", func(t *testing.T) { sampleInReadme(t, rep) })
	t.Run("schema", func(t *testing.T) { validate(t, filepath.Join(one, "scan.json")) })
	t.Run("verify", func(t *testing.T) { runCandor(t, exitOK, "verify", one) })
	t.Run("analyze", func(t *testing.T) {
		again := filepath.Join(dir, "again")
		runCandor(t, exitOK, "analyze", one, "--out", again, "--quiet")
		for _, name := range []string{"scan.json", "index.html"} {
			sameFile(t, filepath.Join(one, name), filepath.Join(again, name))
		}
		runCandor(t, exitOK, "report", again, "--quiet", "--format", "md,sarif,junit,csv,draft,draft-md")
		wordsOfFiles(t, again)
		runCandor(t, exitFindings, "analyze", one, "--out", filepath.Join(dir, "failing"), "--fail-on", "critical", "--quiet")
	})
	t.Run("once more", func(t *testing.T) {
		two := scanDemo(t, filepath.Join(dir, "two"), "--tabs", "3")
		known := map[string]string{}
		for _, f := range rep.Findings {
			if rule := known[f.Fingerprint]; rule != "" {
				t.Errorf("a finding of %s and one of %s have the fingerprint %s", rule, f.Rule, f.Fingerprint)
			}
			known[f.Fingerprint] = f.Rule
		}
		if a, b := fingerprints(rep), fingerprints(two); !slices.Equal(a, b) {
			t.Errorf("two scans give other findings:\n%s\nand\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	})
}

// flows compares every flow with the story's table, which is complete.
func (s story) flows(t *testing.T, rep *reports.Report) {
	want, got := map[string]string{}, map[string]string{}
	for _, row := range s.table(t, "Every flow") {
		for data := range strings.SplitSeq(row[2], ", ") {
			key := row[0] + " " + data
			if want[key] != "" {
				t.Errorf("the story has %s twice", key)
			}
			want[key] = row[1]
		}
	}
	for _, f := range rep.Flows {
		key, verdict := f.Recipient.Vendor+" "+f.DataTypes[0], string(f.Disclosure.Verdict)
		if old := got[key]; old != "" && old != verdict {
			t.Errorf("%s is %s in one channel and %s in another", key, old, verdict)
		}
		got[key] = verdict
		if want[key] != verdict {
			t.Errorf("%s (%s) is %s, the story says %q; %s", key, f.Channel, verdict, want[key], f.Disclosure.Why)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] == "" {
			t.Errorf("%s was not seen, the story says %s", key, want[key])
		}
	}
}

// behaviours compares what scripts did with the story's table, which is complete.
func (s story) behaviours(t *testing.T, rep *reports.Report) {
	var want, got []string
	for _, row := range s.table(t, "Behaviours") {
		for who := range strings.SplitSeq(row[1], ", ") {
			want = append(want, row[0]+" "+who)
		}
	}
	for _, b := range rep.Behaviors {
		got = append(got, b.Kind+" "+b.Vendor)
	}
	slices.Sort(want)
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("behaviours\n  %s\nthe story says\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func (s story) promises(t *testing.T, rep *reports.Report) {
	quotes := map[string]string{}
	for _, p := range rep.Policies {
		for _, st := range p.Statements {
			quotes[st.ID] = st.Quote
		}
	}
	var want, got []string
	for _, row := range s.table(t, "Promises") {
		want = append(want, row[0]+": "+row[1])
	}
	for _, p := range rep.Promises {
		got = append(got, p.Verdict+": "+cmp.Or(quotes[p.Statement], p.Quote))
	}
	if !slices.Equal(got, want) {
		t.Errorf("promises\n  %s\nthe story says\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func (s story) findings(t *testing.T, rep *reports.Report) {
	var want, got []string
	for _, row := range s.table(t, "Findings") {
		want = append(want, strings.Join(row, " | "))
	}
	for _, f := range rep.Findings {
		got = append(got, fmt.Sprintf("%s | %s | %s | %s | %s", f.Rule, strings.Join(f.Recipients, ", "), strings.Join(f.DataTypes, ", "), f.Severity, f.Outcome))
	}
	if *update {
		s.write(t, "Findings", got)
	} else if !slices.Equal(got, want) {
		t.Errorf("findings\n| %s |\nthe story says\n| %s |", strings.Join(got, " |\n| "), strings.Join(want, " |\n| "))
	}
}

// write puts other rows into the table below a heading of the story's file.
func (s story) write(t *testing.T, heading string, rows []string) {
	t.Helper()
	name := filepath.Join(repo, "testdata", "web", "README.md")
	text := readStory(t).text
	start := strings.Index(text, "\n## "+heading+"\n")
	if start < 0 {
		t.Fatalf("the story has no section %q", heading)
	}
	head := start + strings.Index(text[start:], "\n|---")
	first := head + 1 + strings.IndexByte(text[head+1:], '\n') + 1
	end := first
	for strings.HasPrefix(text[end:], "|") {
		end += strings.IndexByte(text[end:], '\n') + 1
	}
	var table strings.Builder
	for _, r := range rows {
		table.WriteString("| " + r + " |\n")
	}
	if err := os.WriteFile(name, []byte(text[:first]+table.String()+text[end:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

// places compares the classes of the visited pages with the story's table.
func (s story) places(t *testing.T, rep *reports.Report) {
	var want, got []string
	for _, row := range s.table(t, "Sensitive places") {
		want = append(want, strings.Join(row, " | "))
	}
	for _, p := range rep.Pages {
		for _, c := range p.Places {
			got = append(got, fmt.Sprintf("%s | %s | %s", strings.TrimPrefix(p.URL, "https://"), c.Class, strings.Join(c.Signals, ", ")))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("sensitive places\n| %s |\nthe story says\n| %s |", strings.Join(got, " |\n| "), strings.Join(want, " |\n| "))
	}
}

var quoted = regexp.MustCompile("`([a-z0-9._-]+)`")

// absent checks that what pages only name is nowhere in the results.
func (s story) absent(t *testing.T, rep *reports.Report) {
	names := quoted.FindAllStringSubmatch(s.section(t, "What must not be there"), -1)
	if len(names) < 5 {
		t.Fatalf("the story names only %d things that must not be there", len(names))
	}
	for _, n := range names {
		for _, h := range rep.Requests {
			if h.Host == n[1] {
				t.Errorf("a request went to %s", n[1])
			}
		}
		for _, f := range rep.Flows {
			if f.DataTypes[0] == n[1] {
				t.Errorf("a flow of %s to %s", n[1], f.Recipient.Vendor)
			}
		}
	}
	for _, v := range rep.Vendors {
		if v.Party == "third" && slices.ContainsFunc(v.Domains, func(d string) bool { return strings.HasPrefix(d, "fernhill") }) {
			t.Errorf("%s counts as a third party", v.ID)
		}
	}
}

// ownWords: neither the findings, outcomes and answers nor the page itself say what
// is for a person to say, outside what they quote.
func ownWords(t *testing.T, rep *reports.Report, page string) {
	said := map[string]string{"terminal": reports.Summary(rep, "", 0)}
	for _, f := range rep.Findings {
		said["finding "+f.ID] = strings.Join([]string{f.Title, f.Message, f.Remediation, f.SuggestedText}, " ")
	}
	for _, r := range rep.Rules {
		said["rule "+r.ID] = r.Title + " " + r.Why
	}
	for _, p := range rep.Principles {
		said["principle "+p.ID] = p.Question + " " + p.Why
	}
	for _, f := range rep.Flows {
		said["flow "+f.ID] = f.Disclosure.Why
	}
	for _, p := range rep.Promises {
		said["promise "+p.Statement] = p.Why
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	doc.Find("q, blockquote, mark, code, style, script").Remove()
	notice := strings.Join(strings.Fields(reports.Notice), " ")
	said["page"] = strings.ReplaceAll(strings.Join(strings.Fields(doc.Find("body").Text()), " "), notice, "")
	if len(said) < 100 {
		t.Errorf("only %d texts were looked at", len(said))
	}
	for where, text := range said {
		if w := check.ForbiddenWord(text); w != "" {
			i := strings.Index(text, w)
			t.Errorf("%s says %q: …%s…", where, w, text[max(0, i-80):min(len(text), i+80)])
		}
	}
}

// wordsOfFiles looks for forbidden words in each file of text outside quotes. In
// scan.json and index.html ownWords looks, which can tell quotes of them apart.
func wordsOfFiles(t *testing.T, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, e := range entries {
		if e.IsDir() || slices.Contains([]string{"scan.json", "index.html"}, e.Name()) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		looked++
		text := quotation.ReplaceAllString(strings.ReplaceAll(strings.Join(strings.Fields(string(data)), " "), reports.Notice, ""), "")
		if at := check.Forbidden.FindStringIndex(text); at != nil {
			t.Errorf("%s says …%s…", e.Name(), text[max(0, at[0]-80):min(len(text), at[1]+80)])
		}
	}
	if looked < 8 {
		t.Errorf("only %d files were looked at", looked)
	}
}

var quotation = regexp.MustCompile(`“[^”]*”`)

// sampleInReadme holds the output that README shows against that of the scan.
func sampleInReadme(t *testing.T, rep *reports.Report) {
	readme, err := os.ReadFile(filepath.Join(repo, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for line := range strings.Lines(reports.Summary(rep, "", 0)) {
		want.WriteString(strings.TrimRight("    "+line, " \n") + "\n")
	}
	if !strings.Contains(string(readme), want.String()) {
		t.Errorf("README does not show what a scan of the demo ends with:\n%s", &want)
	}
}

func validate(t *testing.T, file string) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(reports.SchemaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("scan.schema.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("scan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	scan, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(scan); err != nil {
		t.Error(err)
	}
}

func sameFile(t *testing.T, a, b string) {
	t.Helper()
	one, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	two, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Errorf("%s and %s differ", a, b)
	}
}

// fingerprints are what a later scan is compared by, with what a person reads
// first.
func fingerprints(rep *reports.Report) []string {
	var out []string
	for _, f := range rep.Findings {
		out = append(out, fmt.Sprintf("%s %s %s %s %s", f.Fingerprint, f.Rule, f.Severity, f.Outcome, strings.Join(f.Recipients, ",")))
	}
	return out
}
