package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"candor/rules"
)

// Answer is what a text says to one question that privacy teams ask of a
// policy. The question's words are English in every language; the passages are
// the text's own.
type Answer struct {
	ID       string    `json:"id"`       // one of QuestionIDs
	Question string    `json:"question"` // in words
	Found    bool      `json:"found"`    // false: not found in the text, or not tested
	NotRead  string    `json:"not_read"` // why the text, or a part of it, was not read, so that what is not found may be there
	Passages []Passage `json:"passages"` // in the order of the text
	Left     int       `json:"left"`     // passages beyond those listed
}

// Passage is a sentence that answers, with what it says in short.
type Passage struct {
	Says  string `json:"says,omitempty"`
	Quote string `json:"quote"`
	Links []Link `json:"links,omitempty"`
	Start int    `json:"start"` // code points in the document's text
	End   int    `json:"end"`
}

// maxPassages bounds the passages of an answer.
const maxPassages = 100

// question is how an answer is found in what was read.
type question struct {
	id, words string
	topics    []string                        // kinds of Topic
	statement func(*asker, *Statement) string // what a statement says to it; "" is nothing
	more      func(*asker) []Passage          // from elsewhere
}

// asker holds what the questions look at.
type asker struct {
	doc *Document
	set *rules.Set
}

func taking(st *Statement) bool {
	return (st.Action == actCollect || st.Action == actProvide || st.Action == actRetain || st.Action == actUse) && !st.Negated
}

var questions = []question{
	{id: "data", words: "Which data are collected?", statement: func(a *asker, st *Statement) string {
		if !taking(st) || len(st.DataTypes) == 0 || len(st.DataTypes) == 1 && st.DataTypes[0] == "information" {
			return ""
		}
		return a.data(st.DataTypes)
	}},
	{id: "not_collected", words: "Which data are said not to be collected?", statement: func(a *asker, st *Statement) string {
		if !st.Negated || st.Actor != "we" || st.Action != actCollect && st.Action != actUse && st.Action != actRetain {
			return ""
		}
		return "not: " + a.data(st.DataTypes) + given(st)
	}},
	{id: "sources", words: "Where do the data come from?", statement: func(a *asker, st *Statement) string {
		switch {
		case st.Negated:
			return ""
		case st.Actor == "user" && st.Action == actProvide:
			return "from the person: " + a.data(st.DataTypes)
		case st.Action == actCollect && st.Actor == "third_party":
			return "collected by others: " + a.data(st.DataTypes)
		}
		return ""
	}},
	{id: "recipients", words: "Who receives data, by name?", more: func(a *asker) []Passage { return a.receivers(false) }},
	{id: "recipient_kinds", words: "Which kinds of recipient receive data?", more: func(a *asker) []Passage { return a.receivers(true) }},
	{id: "not_shared", words: "What is said not to be shared?", statement: func(a *asker, st *Statement) string {
		if !st.Negated || !handsOut[st.Action] && st.Action != actLet || st.Action == actSell {
			return ""
		}
		if st.Actor != "we" && st.Actor != "third_party" {
			return ""
		}
		return "not: " + a.data(st.DataTypes) + arrow(st.Recipients) + given(st)
	}},
	{id: "purposes", words: "What are the data used for?", statement: func(a *asker, st *Statement) string {
		if st.Negated || len(st.Purposes) == 0 {
			return ""
		}
		names := []string{}
		for _, p := range st.Purposes {
			name := p
			if a.set != nil && a.set.Terms != nil {
				if t := a.set.Terms.Purpose(p); t != nil {
					name = t.Name
				}
			}
			names = append(names, name)
		}
		return strings.Join(names, ", ")
	}},
	{id: "sale", words: "Are data sold, or shared for advertising?", statement: func(a *asker, st *Statement) string {
		switch {
		case st.Action == actSell:
			return not(st) + "sold: " + a.data(st.DataTypes) + arrow(st.Recipients)
		case handsOut[st.Action] && (slices.Contains(st.Purposes, "advertising") || slices.Contains(st.Recipients, "advertising_partners") || slices.Contains(st.Recipients, "advertising_networks")):
			return not(st) + "shared for advertising: " + a.data(st.DataTypes) + arrow(st.Recipients)
		}
		return ""
	}},
	{id: "profiling", words: "Are profiles made, or decisions taken automatically?", topics: []string{"profiling"}, statement: func(a *asker, st *Statement) string {
		if slices.Contains(st.Purposes, "profiling") || slices.Contains(st.DataTypes, "inferred_profile") {
			return not(st) + "profiling"
		}
		return ""
	}},
	{id: "tracking", words: "Which tracking technologies are used?", topics: []string{"tracking"}, statement: func(a *asker, st *Statement) string {
		if st.Action == actCookies || slices.Contains(st.DataTypes, "device_fingerprint") || slices.Contains(st.DataTypes, "session_recording") {
			return not(st) + a.data(st.DataTypes)
		}
		return ""
	}, more: func(a *asker) []Passage {
		text := []rune(a.doc.Text)
		var out []Passage
		for _, c := range a.doc.Cookies {
			if c.End > len(text) || c.Start >= c.End {
				continue
			}
			says := "cookie " + c.Name
			if c.Purpose != "" {
				says += ", " + c.Purpose
			}
			if c.Lifetime != "" {
				says += ", " + c.Lifetime
			}
			out = append(out, Passage{Says: says, Quote: string(text[c.Start:c.End]), Start: c.Start, End: c.End})
		}
		return out
	}},
	{id: "retention", words: "How long are data kept?", statement: func(a *asker, st *Statement) string {
		days, rule := st.Keeping()
		switch {
		case st.Negated:
			return ""
		case days > 0:
			return fmt.Sprintf("%s: %d days", a.data(st.DataTypes), days)
		case rule != "":
			return a.data(st.DataTypes) + ": " + rule
		}
		return ""
	}},
	{id: "choices", words: "Which choices do people have, and where?", more: func(a *asker) []Passage {
		var out []Passage
		for _, c := range a.doc.Choices {
			out = append(out, Passage{Says: strings.ReplaceAll(c.Kind, "_", " "), Quote: c.Quote, Links: c.Links, Start: c.Start, End: c.End})
		}
		return out
	}},
	{id: "consent", words: "What depends on consent?", statement: func(a *asker, st *Statement) string {
		if !slices.Contains(st.Choice, "opt_in") && !consented(st.Condition) {
			return ""
		}
		return strings.TrimSpace(not(st) + strings.ReplaceAll(st.Action, "_", " ") + " " + a.data(st.DataTypes))
	}, more: func(a *asker) []Passage {
		var out []Passage
		for _, c := range a.doc.Choices {
			if c.Kind == "opt_in" {
				out = append(out, Passage{Quote: c.Quote, Links: c.Links, Start: c.Start, End: c.End})
			}
		}
		return out
	}},
	{id: "withdrawal", words: "How is consent withdrawn?", topics: []string{"consent_withdrawal"}},
	{id: "rights", words: "Which rights do people have, and how are they used?", topics: []string{"rights"}},
	{id: "do_not_track", words: "What happens at a Do Not Track signal?", topics: []string{"do_not_track"}},
	{id: "global_privacy_control", words: "What happens at a Global Privacy Control signal?", topics: []string{"global_privacy_control"}},
	{id: "children", words: "What is said of children?", topics: []string{"children"}, statement: func(a *asker, st *Statement) string {
		if st.Scope != "children" {
			return ""
		}
		return strings.TrimSpace(not(st) + strings.ReplaceAll(st.Action, "_", " ") + " " + a.data(st.DataTypes))
	}},
	{id: "sensitive_data", words: "Which sensitive data are spoken of?", statement: func(a *asker, st *Statement) string {
		var found []string
		for _, id := range st.DataTypes {
			if a.set == nil || a.set.Terms == nil {
				break
			}
			if d := a.set.Terms.DataType(id); d != nil && d.Sensitive && id != "child_data" {
				found = append(found, id)
			}
		}
		if len(found) == 0 {
			return ""
		}
		return not(st) + strings.ReplaceAll(st.Action, "_", " ") + ": " + a.data(found)
	}},
	{id: "applicants", words: "What is said of applicants and employees?", topics: []string{"applicants"}, statement: func(a *asker, st *Statement) string {
		if st.Scope != "applicants" && st.Scope != "employees" {
			return ""
		}
		return strings.TrimSpace(not(st) + strings.ReplaceAll(st.Action, "_", " ") + " " + a.data(st.DataTypes))
	}},
	{id: "security", words: "How are data protected?", topics: []string{"security"}, statement: func(a *asker, st *Statement) string {
		if st.Action != actProtect {
			return ""
		}
		return not(st) + "protect " + a.data(st.DataTypes)
	}},
	{id: "transfers", words: "Are data transferred to other countries?", topics: []string{"transfers"}, statement: func(a *asker, st *Statement) string {
		if st.Action != actTransfer {
			return ""
		}
		return not(st) + "transfer " + a.data(st.DataTypes)
	}},
	{id: "regions", words: "What is said to people of one region?", topics: []string{"region"}},
	{id: "changes", words: "How are changes of the policy made known?", topics: []string{"changes"}},
	{id: "merger", words: "What happens at a merger or sale of the business?", topics: []string{"merger"}},
	{id: "contact", words: "Who is responsible, and how are they reached?", topics: []string{"contact"}},
}

// QuestionIDs are the ids of the questions, in the order in which they are
// answered; "effective_date" is the last.
func QuestionIDs() []string {
	var out []string
	for _, q := range questions {
		out = append(out, q.id)
	}
	return append(out, "effective_date")
}

// Answers answers every question from what was read of a document. A question
// whose answer is not found in the text is among them, without passages.
func Answers(d *Document, set *rules.Set) []Answer {
	a := &asker{doc: d, set: set}
	out := make([]Answer, 0, len(questions)+1)
	for _, q := range questions {
		out = append(out, a.answer(q))
	}
	date := Answer{ID: "effective_date", Question: "When was the text last changed?", NotRead: a.notRead(), Passages: []Passage{}}
	if d.LastUpdated != "" {
		date.Found = true
		date.Passages = append(date.Passages, Passage{Says: d.LastUpdated, Quote: d.LastUpdated})
	}
	return append(out, date)
}

func (a *asker) answer(q question) Answer {
	out := Answer{ID: q.id, Question: q.words, NotRead: a.notRead(), Passages: []Passage{}}
	var list []Passage
	if q.statement != nil {
		for i := range a.doc.Statements {
			st := &a.doc.Statements[i]
			if says := q.statement(a, st); says != "" {
				list = append(list, Passage{Says: says, Quote: st.Quote, Links: st.Links, Start: st.Start, End: st.End})
			}
		}
	}
	if q.more != nil {
		list = append(list, q.more(a)...)
	}
	for _, t := range a.doc.Topics {
		if slices.Contains(q.topics, t.Kind) {
			list = append(list, Passage{Quote: t.Quote, Start: t.Start, End: t.End})
		}
	}
	slices.SortStableFunc(list, func(x, y Passage) int { return cmp.Compare(x.Start, y.Start) })
	for _, p := range list {
		if n := len(out.Passages); n > 0 && out.Passages[n-1].Start == p.Start && out.Passages[n-1].Quote == p.Quote {
			last := &out.Passages[n-1]
			if p.Says != "" && last.Says != p.Says && !strings.Contains("; "+last.Says+"; ", "; "+p.Says+"; ") {
				last.Says = strings.TrimPrefix(last.Says+"; "+p.Says, "; ")
			}
			if len(last.Links) == 0 {
				last.Links = p.Links
			}
			continue
		}
		if len(out.Passages) == maxPassages {
			out.Left++
			continue
		}
		out.Passages = append(out.Passages, p)
	}
	out.Found = len(out.Passages) > 0
	return out
}

// notRead says why a text, or a part of it, was not read; "" when all was.
func (a *asker) notRead() string {
	switch {
	case a.doc.Obstacle != "":
		return a.doc.Obstacle
	case a.doc.Words == 0:
		return "no text was found"
	case len(a.doc.Unread) == 0:
		return ""
	case a.doc.Unread[0] == a.doc.Language:
		return "the text is " + languageName(a.doc.Language) + ", which is not read"
	}
	return "a part of the text is " + languageName(a.doc.Unread[0]) + ", which is not read"
}

// receivers are who gets data: those of statements that hand them out or let
// somebody in, and those of lists and headings.
func (a *asker) receivers(kinds bool) []Passage {
	var out []Passage
	add := func(ref RecipientRef, quote string, start, end int) {
		if (ref.Kind == "category") == kinds {
			out = append(out, Passage{Says: a.recipient(ref), Quote: quote, Start: start, End: end})
		}
	}
	for _, st := range a.doc.Statements {
		if st.Negated {
			continue
		}
		for _, ref := range st.RecipientRefs {
			add(ref, st.Quote, st.Start, st.End)
		}
	}
	for _, x := range a.doc.Recipients {
		add(x.RecipientRef, x.Quote, x.Start, x.End)
	}
	return out
}

// recipient is how a recipient is called: by its own name, or by that of its kind.
func (a *asker) recipient(ref RecipientRef) string {
	if a.set == nil {
		return ref.Text
	}
	switch ref.Kind {
	case "vendor":
		if v := a.set.Vendor(ref.ID); v != nil {
			return v.Name
		}
	case "company":
		if c := a.set.Company(ref.ID); c != nil {
			return c.Name
		}
	case "category":
		if a.set.Terms != nil {
			if r := a.set.Terms.Recipient(ref.ID); r != nil {
				return r.Name
			}
		}
	}
	return ref.Text
}

// data names kinds of data.
func (a *asker) data(ids []string) string {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		name := strings.ReplaceAll(id, "_", " ")
		if a.set != nil && a.set.Terms != nil {
			if d := a.set.Terms.DataType(id); d != nil {
				name = d.Name
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func not(st *Statement) string {
	if st.Negated {
		return "not "
	}
	return ""
}

func arrow(recipients []string) string {
	if len(recipients) == 0 {
		return ""
	}
	return " → " + strings.ReplaceAll(strings.Join(recipients, ", "), "_", " ")
}

// given are the words of a statement's condition, for whom and where it holds.
func given(st *Statement) string {
	out := ""
	if st.Condition != "" {
		out = " (" + st.Condition + ")"
	}
	if st.Scope != "" {
		out += " (of " + strings.ReplaceAll(st.Scope, "_", " ") + ")"
	}
	return out
}

var consentAsked = lazily(`(?i)consent|permission|opt[- ]?in|agree|authori[sz]|einwillig|zustimm|erlaubnis|accord|autorisation|consentimiento|autorización`)

func consented(condition string) bool { return consentAsked.get().MatchString(condition) }
