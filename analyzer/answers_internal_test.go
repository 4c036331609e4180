package analyzer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"candor/analyzer/check"
	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

func notice(t *testing.T, set *rules.Set, id, language, body string) *policy.Document {
	t.Helper()
	text := "<html lang=" + language + "><title>Notice</title><main><h1>Notice</h1>" + body + "</main></html>"
	return policy.Read(policy.Input{ID: id, URL: "https://www.example.test/" + id, Kind: "privacy", MIMEType: "text/html", Language: language, Raw: []byte(text)}, set)
}

// TestAnswersOfAllNotices: what one notice leaves out another answers, and a
// notice that was not read keeps a question open.
func TestAnswersOfAllNotices(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	one := notice(t, set, "d01", "en", "<p>We collect your email address when you order a lamp from us.</p><p>This notice is for everybody who visits our shop and who wants to know what we do.</p>")
	two := notice(t, set, "d02", "en", "<p>We keep your email address for 30 days after you close your account with our shop.</p><p>We collect your name.</p>")
	dutch := notice(t, set, "d03", "nl", "<p>Wij verzamelen uw naam en uw e-mailadres wanneer u bij ons een lamp bestelt en bewaren deze gegevens zolang als dat nodig is voor onze administratie.</p>")
	find := func(list []Answer, id string) Answer {
		i := slices.IndexFunc(list, func(a Answer) bool { return a.ID == id })
		if i < 0 {
			t.Fatalf("no question %s", id)
		}
		return list[i]
	}
	got := answers([]*policy.Document{one, two}, set)
	if ids := policy.QuestionIDs(); len(got) != len(ids) || got[0].ID != ids[0] || got[len(got)-1].ID != ids[len(ids)-1] {
		t.Fatalf("%d questions", len(got))
	}
	if a := find(got, "retention"); !a.Found || len(a.Passages) != 1 || a.Passages[0].Document != "d02" || !strings.Contains(a.Passages[0].Quote, "30 days") {
		t.Errorf("retention: %+v", a)
	}
	if a := find(got, "data"); len(a.Passages) != 3 || a.Passages[0].Document != "d01" || a.Passages[1].Document != "d02" || a.Passages[2].Document != "d02" {
		t.Errorf("data: %+v", a)
	}
	if a := find(got, "transfers"); a.Found || len(a.NotRead) != 0 {
		t.Errorf("transfers: %+v", a)
	}
	if a := find(answers([]*policy.Document{one, dutch}, set), "transfers"); a.Found || len(a.NotRead) != 1 || !strings.Contains(a.NotRead[0], "Dutch") {
		t.Errorf("transfers, with a notice that was not read: %+v", a)
	}
	var many strings.Builder
	for i := range 40 {
		fmt.Fprintf(&many, "<p>We collect your name in room %d of our shop.</p>", i)
	}
	if a := find(answers([]*policy.Document{notice(t, set, "d01", "en", many.String()), two}, set), "data"); len(a.Passages) != maxPassages || len(a.Passages)+a.Left != 42 {
		t.Errorf("%d passages and %d more", len(a.Passages), a.Left)
	}
	if got := answers(nil, set); len(got) != 0 {
		t.Errorf("without a notice: %v", got)
	}
}

// TestQuestionsForASecondReader: what is most open comes first, a sentence is
// asked about once for each recipient, and what is clear is not asked.
func TestQuestionsForASecondReader(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	third := flow.Recipient{Vendor: "nightowl.test", Domain: "nightowl.test", Party: flow.Third}
	a := &Analysis{
		Documents: []*policy.Document{{Statements: []policy.Statement{
			{ID: "s1", Actor: "we", Action: "share", DataTypes: []string{"information"}, Quote: "We share information."},
			{ID: "s2", Actor: "we", Action: "share", Negated: true, DataTypes: []string{"email"}, Recipients: []string{"third_parties"}, Condition: "for money", Quote: "We do not share it."},
			{ID: "s3", Actor: "we", Action: "collect", Quote: "We collect."},
		}}},
		Disclosures: map[string]check.Disclosure{
			"f1": {Verdict: check.Vague, Statements: []string{"s1", "s3"}}, "f2": {Verdict: check.Vague, Statements: []string{"s1"}},
			"f3": {Verdict: check.Ambiguous, Statements: []string{"s2", "s1"}}, "f4": {Verdict: check.Clear, Statements: []string{"s3"}},
			"f5": {Verdict: check.Vague, Statements: []string{"gone"}},
		},
		Findings: []check.Finding{
			{Outcome: check.NeedsPerson, Statements: []string{"s2"}}, {Outcome: check.Differs, Statements: []string{"s3"}},
			{Outcome: check.NeedsPerson, Suppressed: true, Statements: []string{"s3"}},
		},
	}
	for _, f := range []struct{ id, data string }{{"f1", "ip_address"}, {"f2", "email"}, {"f3", "email"}, {"f4", "email"}, {"f5", "email"}} {
		a.Seen.Flows = append(a.Seen.Flows, flow.Flow{ID: f.id, DataTypes: []string{f.data}, Recipient: third})
	}
	email, ip := set.Terms.DataType("email").Name, set.Terms.DataType("ip_address").Name
	var got []string
	a.Questions = a.questions(set)
	for _, q := range a.Questions {
		got = append(got, q.Statement+" "+q.Text)
	}
	want := []string{
		"s2 Does the sentence cover that nightowl.test receives this: " + email + "?",
		"s1 Does the sentence cover that nightowl.test receives this: " + email + "?",
		"s2 Is this what the sentence says: the organisation does not share " + email + " to third parties, for money?",
		"s1 Does the sentence cover that nightowl.test receives this: " + ip + ", " + email + "?",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestHear: answers stand with their statements, failures and what was not
// asked are gaps, and a saved answer that is none is not shown as one.
func TestHear(t *testing.T) {
	dir := t.TempDir()
	w, err := evidence.Create(dir, evidence.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a := &Analysis{Questions: []Question{{ID: "q1", Statement: "s1", Text: "Is it so?"}, {ID: "q2", Statement: "s2"}, {ID: "q3", Statement: "s3"}, {ID: "q4", Statement: "s4"}}}
	if err := a.hear(r); err != nil || len(a.Gaps) != 0 || len(a.SecondReader.Models) != 0 {
		t.Errorf("of nothing: %v, %+v", err, a.Gaps)
	}
	if err := evidence.AddOpinions(dir, []evidence.Opinion{
		{About: "q1", Model: "m", Says: "yes", Question: "another question"}, {About: "q1", Model: "n", Says: "no"},
		{About: "q2", Model: "m", Failure: "no answer within 1s"}, {About: "q3", Model: "m", Says: "certainly"}, {About: "old", Model: "m", Says: "yes"},
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.hear(r); err != nil {
		t.Fatal(err)
	}
	if o := a.Opinions["s1"]; len(a.Opinions) != 1 || len(o) != 2 || o[0].Model != "m" || o[0].Opinion.Says != "yes" || o[0].Question != "Is it so?" || o[1].Model != "n" {
		t.Errorf("opinions %+v", a.Opinions)
	}
	if s := a.SecondReader; s.Answered != 2 || s.Failed != 2 || s.Unasked != 1 || !slices.Equal(s.Models, []string{"m", "n"}) {
		t.Errorf("sum %+v", s)
	}
	if len(a.Gaps) != 3 || a.Gaps[0].What != "second opinion of m on statement s2" || a.Gaps[2].What != "second opinions" {
		t.Errorf("gaps %+v", a.Gaps)
	}
}
