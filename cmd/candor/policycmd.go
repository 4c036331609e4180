package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/crawler/frontier"
	"candor/reports/plain"
	"candor/rules"
)

func (c *Command) policyCommand() *cobra.Command {
	o := &options{}
	asJSON, question := false, ""
	cmd := &cobra.Command{
		Use:     "policy URL|FILE",
		GroupID: "scan",
		Short:   "Only read a policy: statements, vendors, cookies",
		Long: `Policy reads one notice (HTML, PDF or text; English, German, French or
Spanish) and prints what it says: the answers to what privacy teams ask, each
with its sentences or "not found in the text", then every statement, the vendors
named, the choices with their links and the cookie table.

--question answers one: ` + wrapped(policy.QuestionIDs(), 60) + `.
With it --second-reader URL asks a language model behind an OpenAI-compatible
endpoint of each of its sentences whether it answers the question so. Sentence
and question leave this machine, nothing else; the opinion is printed below the
sentence and changes nothing. A key is read from ` + secondReaderKey + ` only.

A URL is fetched without a browser. A text that scripts put on the page is then
not seen; 'candor scan' renders it.`,
		Example: `  candor policy https://www.example.com/privacy
  candor policy saved-policy.html
  candor policy policy.html --question retention
  candor policy policy.html --question sale --second-reader http://127.0.0.1:11434/v1 --second-reader-model NAME
  candor policy policy.pdf --json`,
		Args: args(1, 1, "one URL or FILE"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			if question != "" && !slices.Contains(policy.QuestionIDs(), question) {
				return usage("--question %s: no such question; there are %s", question, strings.Join(policy.QuestionIDs(), ", "))
			}
			if question == "" && o.second.endpoint != "" && cmd.Flags().Changed("second-reader") {
				return usage("--second-reader is asked about one --question; there are %s", strings.Join(policy.QuestionIDs(), ", "))
			}
			return c.policy(cmd.Context(), o, a[0], asJSON, question)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVar(&asJSON, "json", false, "as JSON")
	fs.StringVar(&question, "question", "", "answer only this `QUESTION`")
	o.networkFlags(fs)
	o.secondReaderFlags(fs)
	o.commonFlags(fs)
	return cmd
}

func (c *Command) policy(ctx context.Context, o *options, where string, asJSON bool, question string) error {
	so, ask, err := c.asks(o)
	if err != nil {
		return err
	}
	in, err := o.policyInput(ctx, where)
	if err != nil {
		return err
	}
	set, err := c.Stages.Rules()
	if err != nil {
		return fmt.Errorf("load the embedded knowledge: %w", err)
	}
	doc := c.Stages.ReadPolicy(in, set)
	v := newPolicyView(doc, set)
	one := slices.IndexFunc(v.Answers, func(a policy.Answer) bool { return a.ID == question })
	var heard map[int]evidence.Opinion
	if one >= 0 && ask {
		if heard, err = c.opinionsOn(ctx, so, v.Answers[one]); err != nil {
			return err
		}
	}
	switch {
	case one >= 0 && asJSON && ask:
		err = writeJSON(c.Stdout, withOpinions(v.Answers[one], heard))
	case one >= 0 && asJSON:
		err = writeJSON(c.Stdout, v.Answers[one])
	case one >= 0:
		p := &printer{w: c.Stdout, colour: c.Colour}
		for _, f := range v.Faults {
			p.line("note: %s", plain.Terminal(f, 300))
		}
		p.answer(v.Answers[one], len(v.Answers[one].Passages), heard)
		if left := len(v.Answers[one].Passages) - len(heard); ask && left > 0 {
			p.line("    a second reader was not asked about %s", count(left, "sentence", "sentences"))
		}
		err = p.err
	case asJSON:
		err = writeJSON(c.Stdout, v)
	default:
		err = writePolicy(&printer{w: c.Stdout, colour: c.Colour}, v)
	}
	if err == nil && doc.Words == 0 {
		return &exitError{exitIncomplete, fmt.Errorf("no text was found in %s", where)}
	}
	return err
}

// policyInput is a notice that the person named, for the reader of policies.
func (o *options) policyInput(ctx context.Context, where string) (policy.Input, error) {
	got, err := o.named(ctx, where)
	if err != nil {
		return policy.Input{}, err
	}
	return policy.Input{ID: "d01", URL: got.url, MIMEType: got.mimeType, Language: got.language, Raw: got.data}, nil
}

// errFetch says that an address could not be fetched, which is no wrong use.
var errFetch = errors.New("the policy could not be fetched")

// named reads a file that is there, else fetches an address.
func (o *options) named(ctx context.Context, where string) (*fetched, error) {
	f, err := os.Open(where)
	switch {
	case err == nil:
		defer f.Close()
		raw, err := io.ReadAll(io.LimitReader(f, maxNotice+1))
		if err != nil {
			return nil, &exitError{exitUsage, err}
		}
		if len(raw) > maxNotice {
			return nil, usage("%s is larger than %d MB", where, maxNotice>>20)
		}
		full, err := filepath.Abs(where)
		if err != nil {
			return nil, err
		}
		return &fetched{url: (&url.URL{Scheme: "file", Path: filepath.ToSlash(full)}).String(), data: raw}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, &exitError{exitUsage, err}
	}
	if !strings.Contains(where, "://") && !strings.ContainsAny(where, "./") {
		return nil, usage("%s: no such file; for an address write https://%s", where, where)
	}
	address, err := frontier.Complete(where)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	got, err := o.fetch(ctx, address)
	if err != nil {
		return nil, &exitError{exitIncomplete, fmt.Errorf("%w: %w", errFetch, err)}
	}
	return got, nil
}

// policyView is what the command prints of a document.
type policyView struct {
	URL         string                     `json:"url"`
	Kind        string                     `json:"kind"`
	Title       string                     `json:"title"`
	Language    string                     `json:"language"`
	LastUpdated string                     `json:"last_updated"`
	SHA256      string                     `json:"sha256"`
	Words       int                        `json:"words"`
	Reading     policy.Reading             `json:"reading"`
	Answers     []policy.Answer            `json:"answers"`
	Vendors     []string                   `json:"vendors"`
	Recipients  []policy.Recipient         `json:"recipients"`
	Choices     []policy.Choice            `json:"choices"`
	Statements  []policy.Statement         `json:"statements"`
	Cookies     []policy.CookieDeclaration `json:"cookie_declarations"`
	Faults      []string                   `json:"faults"`
}

func newPolicyView(d *policy.Document, set *rules.Set) *policyView {
	v := &policyView{
		URL: d.URL, Kind: d.Kind, Title: d.Title, Language: d.Language, LastUpdated: d.LastUpdated, SHA256: d.SHA256, Words: d.Words, Reading: d.Reading, Answers: policy.Answers(d, set),
		Vendors: []string{}, Statements: append([]policy.Statement{}, d.Statements...),
		Recipients: append([]policy.Recipient{}, d.Recipients...), Choices: append([]policy.Choice{}, d.Choices...),
		Cookies: append([]policy.CookieDeclaration{}, d.Cookies...), Faults: append([]string{}, d.Faults...),
	}
	for _, x := range d.Recipients {
		if name := recipientName(x.RecipientRef, set); name != "" {
			v.Vendors = append(v.Vendors, name)
		}
	}
	for _, s := range d.Statements {
		for _, ref := range s.RecipientRefs {
			if name := recipientName(ref, set); name != "" {
				v.Vendors = append(v.Vendors, name)
			}
		}
	}
	slices.Sort(v.Vendors)
	v.Vendors = slices.Compact(v.Vendors)
	return v
}

// recipientName is the name of a recipient that the text names; "" for kinds of
// recipients.
func recipientName(ref policy.RecipientRef, set *rules.Set) string {
	switch ref.Kind {
	case "vendor":
		if v := set.Vendor(ref.ID); v != nil {
			return v.Name
		}
	case "company":
		if k := set.Company(ref.ID); k != nil {
			return k.Name
		}
	case "category":
		return ""
	}
	return ref.Text
}

func writePolicy(p *printer, v *policyView) error {
	p.line("%s", p.in(strong, plain.Terminal(cmp.Or(v.Title, v.URL), 200)))
	p.line("%s", plain.Terminal(v.URL, 300))
	p.line("%s notice, language %s, last updated %s, %s, sha256 %s", orUnknown(v.Kind), orUnknown(v.Language), orUnknown(v.LastUpdated),
		count(v.Words, "word", "words"), v.SHA256[:min(12, len(v.SHA256))])
	for _, f := range v.Faults {
		p.line("note: %s", plain.Terminal(f, 300))
	}
	p.line("%s", readingLine(v.Reading))
	p.line("\n%s", p.in(strong, "Answers"))
	for _, a := range v.Answers {
		p.answer(a, answersShown, nil)
	}
	p.line("\n%s %d", p.in(strong, "Statements:"), len(v.Statements))
	heading := ""
	for _, s := range v.Statements {
		if s.Heading != heading {
			heading = s.Heading
			p.line("\n  %s", plain.Terminal(heading, 160))
		}
		said := plain.Terminal(reading(s), 300)
		if s.Negated {
			said = p.in(yellow, said)
		}
		p.line("    %s", said)
		p.line("      %s", p.in(cyan, "“"+plain.Terminal(s.Quote, 400)+"”"))
	}
	p.line("\nVendors and companies named: %d", len(v.Vendors))
	for _, name := range v.Vendors {
		p.line("  %s", plain.Terminal(name, 100))
	}
	p.line("\nChoices: %d", len(v.Choices))
	for _, c := range v.Choices {
		p.line("  %-12s “%s”", strings.ReplaceAll(c.Kind, "_", " "), plain.Terminal(c.Quote, 300))
		p.links("    ", c.Links)
	}
	p.line("\nCookies declared: %d", len(v.Cookies))
	for _, k := range v.Cookies {
		p.line("  %-28s %-24s %-12s %s", plain.Terminal(k.Name, 60), plain.Terminal(cmp.Or(k.Provider, "–"), 40),
			cmp.Or(k.Purpose, "–"), plain.Terminal(k.Lifetime, 40))
	}
	return p.err
}

// answersShown is how many passages of each answer are printed when all are.
const answersShown = 3

// answer prints a question with the passages that answer it, and what a second
// reader said of them.
func (p *printer) answer(a policy.Answer, shown int, heard map[int]evidence.Opinion) {
	p.line("\n  %s", p.in(strong, a.Question))
	switch {
	case !a.Found && a.NotRead != "":
		p.line("    %s", p.in(yellow, "not tested: "+plain.Terminal(a.NotRead, 200)))
		return
	case !a.Found:
		p.line("    %s", p.in(yellow, "not found in the text"))
		return
	}
	for i, x := range a.Passages[:min(shown, len(a.Passages))] {
		if x.Says != "" {
			p.line("    %s", plain.Terminal(x.Says, 200))
		}
		if x.Quote != x.Says {
			p.line("      %s", p.in(cyan, "“"+plain.Terminal(x.Quote, 300)+"”"))
		}
		p.links("      ", x.Links)
		if o, ok := heard[i]; ok {
			p.opinion(o)
		}
	}
	if left := len(a.Passages) + a.Left - shown; left > 0 {
		p.line("    and %d more: --question %s", left, a.ID)
	}
}

func (p *printer) links(indent string, links []policy.Link) {
	for _, l := range links {
		if l.Text == "" || l.Text == l.Address {
			p.line("%s→ %s", indent, plain.Terminal(l.Address, 300))
		} else {
			p.line("%s→ %s (%s)", indent, plain.Terminal(l.Address, 300), plain.Terminal(l.Text, 80))
		}
	}
}

// readingLine says how long and how hard a text is.
func readingLine(r policy.Reading) string {
	if r.Words == 0 {
		return "no sentences to read"
	}
	line := fmt.Sprintf("%s in %s, about %s to read", count(r.Words, "word", "words"), count(r.Sentences, "sentence", "sentences"), count(max(r.Minutes, 1), "minute", "minutes"))
	if r.Formula != "" {
		line += fmt.Sprintf(", reading ease %.1f (%s; about 60 is plain prose)", r.Ease, r.Formula)
	}
	return line + fmt.Sprintf(", %s", count(r.Hedges, "hedging word", "hedging words"))
}

// wrapped joins words with commas in lines of at most a width.
func wrapped(words []string, width int) string {
	var b strings.Builder
	line := 0
	for i, w := range words {
		if i > 0 {
			b.WriteByte(',')
			if line+len(w) > width {
				b.WriteByte('\n')
				line = 0
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteString(w)
		line += len(w) + 2
	}
	return b.String()
}

// reading puts a statement in a line: "we · not share · email → advertising
// partners · for marketing · unless you consent".
func reading(s policy.Statement) string {
	action := s.Action
	if s.Negated {
		action = "not " + action
	}
	parts := []string{s.Actor, action}
	what := strings.Join(s.DataTypes, ", ")
	if len(s.Recipients) > 0 {
		what += " → " + strings.Join(s.Recipients, ", ")
	}
	parts = append(parts, what)
	if len(s.Purposes) > 0 {
		parts = append(parts, "for "+strings.Join(s.Purposes, ", "))
	}
	if s.Condition != "" {
		parts = append(parts, s.Condition)
	}
	if s.Scope != "" {
		parts = append(parts, "scope "+s.Scope)
	}
	if s.RetentionDays > 0 {
		parts = append(parts, fmt.Sprintf("kept %d days", s.RetentionDays))
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return strings.TrimSpace(p) == "" })
	return strings.Join(parts, " · ")
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return plain.Terminal(s, 40)
}

// printer keeps the first error of several lines.
type printer struct {
	w      io.Writer
	colour bool
	err    error
}

// Colours of terminals (ECMA-48, SGR).
const (
	strong = "1"
	yellow = "33"
	cyan   = "36"
)

// in is a text in a colour, on terminals that show them.
func (p *printer) in(colour, text string) string {
	if !p.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p *printer) line(format string, a ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", a...)
	}
}
