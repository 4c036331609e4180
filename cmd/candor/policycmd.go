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
	"candor/crawler/frontier"
	"candor/reports/plain"
	"candor/rules"
)

func (c *Command) policyCommand() *cobra.Command {
	o := &options{}
	asJSON := false
	cmd := &cobra.Command{
		Use:     "policy URL|FILE",
		GroupID: "scan",
		Short:   "Only read a policy: statements, vendors, cookies",
		Long: `Policy reads one notice (HTML, PDF or text) and prints what it says: each
statement with its sentence, the vendors that it names and its cookie table.

A URL is fetched without a browser. A text that scripts put on the page is then
not seen; 'candor scan' renders it.`,
		Example: `  candor policy https://www.example.com/privacy
  candor policy saved-policy.html
  candor policy policy.pdf --json`,
		Args: args(1, 1, "one URL or FILE"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := c.configure(cmd, o); err != nil {
				return err
			}
			return c.policy(cmd.Context(), o, a[0], asJSON)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVar(&asJSON, "json", false, "as JSON")
	o.networkFlags(fs)
	o.commonFlags(fs)
	return cmd
}

func (c *Command) policy(ctx context.Context, o *options, where string, asJSON bool) error {
	in, err := o.policyInput(ctx, where)
	if err != nil {
		return err
	}
	set, err := c.Stages.Rules()
	if err != nil {
		return fmt.Errorf("load the embedded knowledge: %w", err)
	}
	doc := c.Stages.ReadPolicy(in, set)
	if asJSON {
		err = writeJSON(c.Stdout, newPolicyView(doc, set))
	} else {
		err = writePolicy(c.Stdout, newPolicyView(doc, set))
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
	Vendors     []string                   `json:"vendors"`
	Recipients  []policy.Recipient         `json:"recipients"`
	Choices     []policy.Choice            `json:"choices"`
	Statements  []policy.Statement         `json:"statements"`
	Cookies     []policy.CookieDeclaration `json:"cookie_declarations"`
	Faults      []string                   `json:"faults"`
}

func newPolicyView(d *policy.Document, set *rules.Set) *policyView {
	v := &policyView{
		URL: d.URL, Kind: d.Kind, Title: d.Title, Language: d.Language, LastUpdated: d.LastUpdated, SHA256: d.SHA256, Words: d.Words,
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

func writePolicy(w io.Writer, v *policyView) error {
	p := &printer{w: w}
	p.line("%s", plain.Terminal(cmp.Or(v.Title, v.URL), 200))
	p.line("%s", plain.Terminal(v.URL, 300))
	p.line("%s notice, language %s, last updated %s, %s, sha256 %s", orUnknown(v.Kind), orUnknown(v.Language), orUnknown(v.LastUpdated),
		count(v.Words, "word", "words"), v.SHA256[:min(12, len(v.SHA256))])
	for _, f := range v.Faults {
		p.line("note: %s", plain.Terminal(f, 300))
	}
	p.line("\nStatements: %d", len(v.Statements))
	heading := ""
	for _, s := range v.Statements {
		if s.Heading != heading {
			heading = s.Heading
			p.line("\n  %s", plain.Terminal(heading, 160))
		}
		p.line("    %s", plain.Terminal(reading(s), 300))
		p.line("      “%s”", plain.Terminal(s.Quote, 400))
	}
	p.line("\nVendors and companies named: %d", len(v.Vendors))
	for _, name := range v.Vendors {
		p.line("  %s", plain.Terminal(name, 100))
	}
	p.line("\nChoices: %d", len(v.Choices))
	for _, c := range v.Choices {
		p.line("  %-12s “%s”", strings.ReplaceAll(c.Kind, "_", " "), plain.Terminal(c.Quote, 300))
	}
	p.line("\nCookies declared: %d", len(v.Cookies))
	for _, k := range v.Cookies {
		p.line("  %-28s %-24s %-12s %s", plain.Terminal(k.Name, 60), plain.Terminal(cmp.Or(k.Provider, "–"), 40),
			cmp.Or(k.Purpose, "–"), plain.Terminal(k.Lifetime, 40))
	}
	return p.err
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
	w   io.Writer
	err error
}

func (p *printer) line(format string, a ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", a...)
	}
}
