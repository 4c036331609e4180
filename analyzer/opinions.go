package analyzer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/check"
	"candor/analyzer/flow"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// Question is what a second reader may be asked about a sentence. It is asked
// where the rules leave something open: a flow that the texts say and deny, one
// that only a broader term covers, a finding that needs a person.
type Question struct {
	ID        string // of the words and the sentence: the same in every analysis
	Statement string // id
	Text      string // to be answered with yes or no
	Heading   string
	Sentence  string
}

// Opinion is what a second reader answered. No verdict rests on it.
type Opinion struct {
	Question string
	evidence.Opinion
}

// SecondReader sums up what second readers were asked.
type SecondReader struct {
	Models    []string // that answered or failed to
	Endpoints []string
	Answered  int
	Failed    int
	Unasked   int // questions that no model was asked
}

// maxNamed is how many kinds of data one question names.
const maxNamed = 6

// questions are what may be asked, what is most open first.
func (a *Analysis) questions(set *rules.Set) []Question {
	q := asking{a: a, set: set, statements: map[string]*policy.Statement{}, asked: map[string]bool{}}
	for _, d := range a.Documents {
		for i := range d.Statements {
			q.statements[d.Statements[i].ID] = &d.Statements[i]
		}
	}
	q.flows(check.Ambiguous)
	for _, f := range a.Findings {
		if f.Outcome == check.NeedsPerson && !f.Suppressed {
			for _, id := range f.Statements {
				q.reading(id)
			}
		}
	}
	q.flows(check.Vague)
	return q.out
}

type asking struct {
	a          *Analysis
	set        *rules.Set
	statements map[string]*policy.Statement
	asked      map[string]bool
	out        []Question
}

// flows asks of the sentences behind one verdict, once for each recipient: a
// vague flow's nearest one, and both of an ambiguous flow.
func (q *asking) flows(v check.Verdict) {
	type key struct{ statement, vendor, domain, party string }
	data := map[key][]string{}
	var order []key
	for i := range q.a.Seen.Flows {
		f := &q.a.Seen.Flows[i]
		d := q.a.Disclosures[f.ID]
		if d.Verdict != v {
			continue
		}
		most := 1
		if v == check.Ambiguous {
			most = 2
		}
		for _, id := range d.Statements[:min(most, len(d.Statements))] {
			k := key{id, f.Recipient.Vendor, f.Recipient.Domain, f.Recipient.Party}
			if data[k] == nil {
				order = append(order, k)
			}
			if name := q.data(f.DataTypes[0]); !slices.Contains(data[k], name) {
				data[k] = append(data[k], name)
			}
		}
	}
	for _, k := range order {
		names := data[k]
		what := strings.Join(names[:min(maxNamed, len(names))], ", ")
		if k.party == flow.First {
			q.ask(k.statement, fmt.Sprintf("Does the sentence cover that the organisation collects this: %s?", what))
		} else {
			q.ask(k.statement, fmt.Sprintf("Does the sentence cover that %s receives this: %s?", q.vendor(k.vendor, k.domain), what))
		}
	}
}

// reading asks whether a sentence says what was read of it.
func (q *asking) reading(id string) {
	st := q.statements[id]
	if st == nil {
		return
	}
	does := "does"
	if st.Negated {
		does = "does not"
	}
	who := map[string]string{"we": "the organisation", "third_party": "a third party", "user": "the person"}[st.Actor]
	if who == "" {
		who = st.Actor
	}
	text := fmt.Sprintf("%s %s %s", who, does, strings.ReplaceAll(st.Action, "_", " "))
	var names []string
	for _, d := range st.DataTypes {
		names = append(names, q.data(d))
	}
	if len(names) > 0 {
		text += " " + strings.Join(names[:min(maxNamed, len(names))], ", ")
	}
	if len(st.Recipients) > 0 {
		text += " to " + strings.ReplaceAll(strings.Join(st.Recipients[:min(maxNamed, len(st.Recipients))], ", "), "_", " ")
	}
	if st.Condition != "" {
		text += ", " + st.Condition
	}
	q.ask(id, fmt.Sprintf("Is this what the sentence says: %s?", text))
}

func (q *asking) ask(statement, text string) {
	st := q.statements[statement]
	if st == nil {
		return
	}
	sum := sha256.Sum256([]byte(text + "\x00" + st.Heading + "\x00" + st.Quote))
	x := Question{ID: hex.EncodeToString(sum[:8]), Statement: statement, Text: text, Heading: st.Heading, Sentence: st.Quote}
	if !q.asked[x.ID] {
		q.asked[x.ID] = true
		q.out = append(q.out, x)
	}
}

func (q *asking) data(id string) string {
	if d := q.set.Terms.DataType(id); d != nil && d.Name != "" {
		return d.Name
	}
	return strings.ReplaceAll(id, "_", " ")
}

func (q *asking) vendor(id, domain string) string {
	for i := range q.a.Seen.Vendors {
		if v := &q.a.Seen.Vendors[i]; v.ID == id && v.Name != "" {
			return v.Name
		}
	}
	if domain != "" {
		return domain
	}
	return id
}

// hear takes in what second readers answered: opinions beside their sentences,
// failures as gaps. Answers to what is no longer asked are left out.
func (a *Analysis) hear(r *evidence.Reader) error {
	byQuestion := map[string][]evidence.Opinion{}
	for o, err := range r.Opinions() {
		if err != nil {
			return err
		}
		byQuestion[o.About] = append(byQuestion[o.About], o)
	}
	a.Opinions = map[string][]Opinion{}
	if len(byQuestion) == 0 {
		return nil
	}
	s := &a.SecondReader
	for _, q := range a.Questions {
		heard := byQuestion[q.ID]
		if len(heard) == 0 {
			s.Unasked++
		}
		for _, o := range heard {
			s.Models, s.Endpoints = append(s.Models, o.Model), append(s.Endpoints, o.Endpoint)
			if o.Failure == "" && !slices.Contains([]string{"yes", "no", "unclear"}, o.Says) {
				o.Failure = "the saved answer is none of yes, no and unclear"
			}
			if o.Failure == "" {
				s.Answered++
				a.Opinions[q.Statement] = append(a.Opinions[q.Statement], Opinion{Question: q.Text, Opinion: o})
				continue
			}
			s.Failed++
			a.Gaps = append(a.Gaps, evidence.Gap{What: "second opinion of " + o.Model + " on statement " + q.Statement, Why: o.Failure, Kind: "second_reader"})
		}
	}
	slices.Sort(s.Models)
	slices.Sort(s.Endpoints)
	s.Models, s.Endpoints = slices.Compact(s.Models), slices.Compact(s.Endpoints)
	if s.Unasked > 0 {
		a.Gaps = append(a.Gaps, evidence.Gap{What: "second opinions", Why: fmt.Sprintf("%d further questions were not asked, because of the bound on their number or of an endpoint that stopped answering", s.Unasked), Kind: "second_reader"})
	}
	a.sortGaps()
	return nil
}
