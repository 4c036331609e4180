package policy_test

import (
	"fmt"
	"slices"
	"testing"

	"candor/analyzer/policy"
)

// TestChoiceLinks holds where the choices of a text lead: links of markup, of
// Markdown and written out, in the sentence before those of its block.
func TestChoiceLinks(t *testing.T) {
	for _, c := range []struct {
		name string
		in   policy.Input
		want []string // kind: address text, …
	}{
		{"in the sentence", policy.Input{MIMEType: "text/html", Raw: []byte(`<p>You can opt out of our newsletter <a href="/stop?x=1#now">on this page</a>. Read <a href="/more">more</a> about it.</p>`)},
			[]string{"opt_out: https://shop.test/stop?x=1#now on this page; "}},
		{"in the block", policy.Input{MIMEType: "text/html", Raw: []byte(`<p>You can opt out of our newsletter. Use <a href="https://choice.test/">the form</a>.</p>`)},
			[]string{"opt_out: https://choice.test/ the form; "}},
		{"two of the same words", policy.Input{MIMEType: "text/html", Raw: []byte(`<p>Read <a href="/a">here</a>. You may opt out <a href="/b">here</a>.</p>`)},
			[]string{"opt_out: https://shop.test/b here; "}},
		{"a base", policy.Input{MIMEType: "text/html", Raw: []byte(`<html><head><base href="https://other.test/x/"></head><body><p>You may opt out <a href="y">here</a>.</p>`)},
			[]string{"opt_out: https://other.test/x/y here; "}},
		{"what leads nowhere", policy.Input{MIMEType: "text/html", Raw: []byte(`<p>You may opt out <a href="javascript:void(0)">here</a> or <a href="">there</a> or <a href="data:text/html,x">so</a> or <a name="n">not</a>.</p>`)},
			[]string{"opt_out: "}},
		{"by mail", policy.Input{MIMEType: "text/html", Raw: []byte(`<p>To opt out, please write to <a href="mailto:stop@shop.test">us</a>.</p>`)},
			[]string{"opt_out: mailto:stop@shop.test us; "}},
		{"written out", policy.Input{MIMEType: "text/plain", Raw: []byte("You can opt out of this at https://choice.test/opt-out, or www.choices.test/x.")},
			[]string{"opt_out: https://choice.test/opt-out https://choice.test/opt-out; https://www.choices.test/x www.choices.test/x; "}},
		{"Markdown", policy.Input{MIMEType: "text/markdown", Raw: []byte("You can opt out of our newsletter [on **this** page](/stop \"Stop\").")},
			[]string{"opt_out: https://shop.test/stop on this page; "}},
		{"German", policy.Input{MIMEType: "text/html", Language: "de", Raw: []byte(`<html lang="de"><p>Sie können den Newsletter jederzeit <a href="/abmelden">hier abbestellen</a>.</p>`)},
			[]string{"opt_out: https://shop.test/abmelden hier abbestellen; "}},
	} {
		c.in.ID, c.in.URL = "d01", "https://shop.test/privacy"
		doc := policy.Read(c.in, set(t))
		checkOffsets(t, doc)
		var got []string
		for _, x := range doc.Choices {
			line := x.Kind + ": "
			for _, l := range x.Links {
				line += fmt.Sprintf("%s %s; ", l.Address, l.Text)
			}
			got = append(got, line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	doc := policy.Read(policy.Input{ID: "d01", URL: "https://shop.test/privacy", MIMEType: "text/html",
		Raw: []byte(`<p>We share your e-mail address with advertisers unless you opt out <a href="/stop">here</a>.</p>`)}, set(t))
	if len(doc.Statements) == 0 || !slices.Contains(doc.Statements[0].Choice, "opt_out") || len(doc.Statements[0].Links) != 1 || doc.Statements[0].Links[0].Address != "https://shop.test/stop" {
		t.Errorf("the statement carries %+v", doc.Statements)
	}
}
