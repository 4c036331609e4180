package check

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"candor/analyzer/flow"
)

// Said is what a template of suggested_text can name. Each is a phrase for the
// middle of a sentence; what is not known is a request in brackets, for a person
// to fill in.
type Said struct {
	Recipients string // "Google Analytics (Google LLC) and Hotjar"
	DataTypes  string // "IP address and cookie identifiers"
	Purposes   string // "analytics and advertising"
	Site       string // "lantern-shop.test"
	Entity     string // the organisation, as its profile names it
	Pages      string // "the page /apply" or "3 pages, /apply among them"
}

// Bounds of a template of suggested_text.
const (
	maxTemplate   = 4000 // bytes
	maxSuggestion = 4000 // bytes
)

// said are the phrases for a finding.
func (m *Matcher) said(f *Finding) Said {
	s := Said{Recipients: "[name the recipients]", DataTypes: "[name the kinds of data]", Purposes: "[state the purpose]", Site: m.in.Site, Entity: cmp.Or(m.in.Entity, "[name of the organisation]"), Pages: "this site"}
	if len(f.Recipients) > 0 {
		var names []string
		for _, id := range f.Recipients {
			r := flow.Recipient{Vendor: id}
			if v := m.vendors[id]; v != nil {
				r.Entity = v.Entity
			}
			names = append(names, m.vendorName(r))
		}
		s.Recipients = list(names)
	}
	if len(f.DataTypes) > 0 {
		s.DataTypes = m.dataNames(f.DataTypes)
	}
	if ids := union(m.evidenceFlows(f), func(f *flow.Flow) []string { return f.Purposes }); len(ids) > 0 {
		s.Purposes = m.purposePhrase(ids)
	}
	if n := len(f.Pages); n == 1 {
		s.Pages = "the page " + f.Pages[0]
	} else if n > 1 {
		s.Pages = fmt.Sprintf("%d pages, %s among them", n, f.Pages[0])
	}
	return s
}

// purposePhrase are purposes as in a sentence.
func (m *Matcher) purposePhrase(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = strings.ReplaceAll(id, "_", " ")
		if p := m.in.Set.Terms.Purpose(id); p != nil && p.Name != "" {
			names[i] = inSentence(p.Name)
		}
	}
	return list(names)
}

// suggestion fills in a template. Templates can put in the fields of Said and
// choose with if, else and with; loops and functions but comparisons are errors.
func suggestion(text string, said Said) (string, error) {
	t, err := readTemplate(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&bounded{&b, maxSuggestion}, said); err != nil {
		return "", templateError(err)
	}
	return strings.TrimSpace(b.String()), nil
}

func readTemplate(text string) (*template.Template, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("the template has %d bytes; expected at most %d", len(text), maxTemplate)
	}
	t, err := template.New("suggested_text").Parse(text)
	if err != nil {
		return nil, templateError(err)
	}
	if len(t.Templates()) > 1 {
		return nil, errors.New("a template defines another one; expected text with fields")
	}
	return t, plainTemplate(t.Root)
}

// templateError leaves out the name of the template and its line, which the
// fault tells.
func templateError(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	text = strings.TrimPrefix(text, "template: suggested_text:")
	if i := strings.Index(text, "can't evaluate field "); i >= 0 {
		name, _, _ := strings.Cut(text[i+len("can't evaluate field "):], " ")
		return fmt.Errorf("unknown field .%s; expected one of .Recipients, .DataTypes, .Purposes, .Site, .Entity, .Pages", name)
	}
	return errors.New(strings.TrimLeft(text, "0123456789: "))
}

var comparisonWords = []string{"and", "eq", "ne", "not", "or"}

// plainTemplate refuses what could take long or make much.
func plainTemplate(node parse.Node) error {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, c := range n.Nodes {
			if err := plainTemplate(c); err != nil {
				return err
			}
		}
	case *parse.TextNode, *parse.CommentNode:
	case *parse.ActionNode:
		return plainPipe(n.Pipe)
	case *parse.IfNode:
		return errors.Join(plainPipe(n.Pipe), plainTemplate(n.List), plainTemplate(n.ElseList))
	case *parse.WithNode:
		return errors.Join(plainPipe(n.Pipe), plainTemplate(n.List), plainTemplate(n.ElseList))
	default:
		return fmt.Errorf("%q is not allowed; expected fields, if, else and with", strings.TrimSpace(fmt.Sprint(n)))
	}
	return nil
}

func plainPipe(p *parse.PipeNode) error {
	for _, c := range p.Cmds {
		for _, a := range c.Args {
			switch a := a.(type) {
			case *parse.FieldNode, *parse.StringNode, *parse.DotNode, *parse.BoolNode:
			case *parse.PipeNode:
				if err := plainPipe(a); err != nil {
					return err
				}
			case *parse.IdentifierNode:
				if !slices.Contains(comparisonWords, a.Ident) {
					return fmt.Errorf("function %q is not allowed; expected one of %s", a.Ident, strings.Join(comparisonWords, ", "))
				}
			default:
				return fmt.Errorf("%q is not allowed; expected fields such as .Recipients", fmt.Sprint(a))
			}
		}
	}
	return nil
}

// bounded fails when more than left bytes are written.
type bounded struct {
	w    io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, fmt.Errorf("the text is longer than %d bytes", maxSuggestion)
	}
	return b.w.Write(p)
}
