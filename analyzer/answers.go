package analyzer

import (
	"slices"

	"candor/analyzer/policy"
	"candor/rules"
)

// Answer is what all notices together say to one question that privacy teams
// ask of a policy: what one notice leaves out another may say.
type Answer struct {
	ID       string // one of policy.QuestionIDs
	Question string
	Found    bool
	NotRead  []string  // why notices, or parts of them, were not read: what is not found may stand there
	Passages []Passage // in the order of the notices
	Left     int       // passages beyond those listed
}

// Passage is a sentence of a notice that answers.
type Passage struct {
	Document string // id
	policy.Passage
}

// maxPassages bounds the passages of one answer; every statement of a notice is
// listed with the notice.
const maxPassages = 30

// answers puts the answers of single notices together.
func answers(docs []*policy.Document, set *rules.Set) []Answer {
	var out []Answer
	for i, d := range docs {
		for j, one := range policy.Answers(d, set) {
			if i == 0 {
				out = append(out, Answer{ID: one.ID, Question: one.Question})
			}
			a := &out[j]
			if one.NotRead != "" && !slices.Contains(a.NotRead, one.NotRead) {
				a.NotRead = append(a.NotRead, one.NotRead)
			}
			a.Found = a.Found || one.Found
			a.Left += one.Left
			room := min(len(one.Passages), maxPassages-len(a.Passages))
			for _, p := range one.Passages[:room] {
				a.Passages = append(a.Passages, Passage{Document: d.ID, Passage: p})
			}
			a.Left += len(one.Passages) - room
		}
	}
	return out
}
