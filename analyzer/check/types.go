// Package check compares flows with statements: each flow gets a disclosure,
// each promise the flows that keep or break it, each rule an outcome with its
// findings. One file holds one kind of comparison.
//
// Verdicts are PoliCheck's (Andow et al., USENIX Security 2020). Missing
// evidence is never a pass.
package check

import (
	"candor/crawler/evidence"
	"candor/rules"
)

// Verdict of a flow.
type Verdict string

// PoliCheck's terms.
const (
	Clear     Verdict = "clear"
	Vague     Verdict = "vague"
	Ambiguous Verdict = "ambiguous"
	Incorrect Verdict = "incorrect"
	Omitted   Verdict = "omitted"
)

// Unread is the verdict where the texts could not be read: what they say of the
// flow was not tested. It is not one of PoliCheck's.
const Unread Verdict = "not-tested"

// Disclosure is the verdict on a flow with its sentences.
type Disclosure struct {
	Verdict    Verdict  `json:"verdict"`
	Statements []string `json:"statements"` // ids of the sentences that decide it
	Candidates []string `json:"candidates"` // at most 3 nearest when none covers it
	Why        string   `json:"why"`        // one sentence, with the path term → parent → statement
}

// Promise is a denial or limit that the texts state, or a control that they
// promise, with what was seen.
type Promise struct {
	Statement string   `json:"statement"`
	Verdict   string   `json:"verdict"` // "kept", "broken", "not-observed", "not-testable"
	Flows     []string `json:"flows"`
	Why       string   `json:"why"`

	// Of a sentence that promises a control (a banner, a signal, an opt-out) and
	// need not be a statement:
	Control  string `json:"control,omitempty"` // the consent state that the control leads to
	Quote    string `json:"quote,omitempty"`
	Document string `json:"document,omitempty"` // id
	Start    int    `json:"start,omitempty"`    // code points in the document's text
	End      int    `json:"end,omitempty"`
}

// Outcome of a rule.
type Outcome string

// The outcomes.
const (
	Differs       Outcome = "differs"
	Matches       Outcome = "matches"
	NeedsPerson   Outcome = "needs-person"
	NotApplicable Outcome = "not-applicable"
	NotTested     Outcome = "not-tested"
)

// Finding is one rule's result that a person should look at.
type Finding struct {
	ID            string           `json:"id"`
	Rule          string           `json:"rule"`
	Pack          string           `json:"pack"`
	Outcome       Outcome          `json:"outcome"`
	Severity      string           `json:"severity"`
	Confidence    string           `json:"confidence"`
	Title         string           `json:"title"`
	Message       string           `json:"message"`
	Recipients    []string         `json:"recipients"` // vendor ids or domains
	DataTypes     []string         `json:"data_types"`
	Pages         []string         `json:"pages"`
	States        []evidence.State `json:"states"`
	Evidence      []string         `json:"evidence"` // flow, cookie, form or request ids
	Statements    []string         `json:"statements"`
	Remediation   string           `json:"remediation"`
	SuggestedText string           `json:"suggested_text"`
	Fingerprint   string           `json:"fingerprint"` // stable over scans: rule, recipient, data type, path pattern
	Suppressed    bool             `json:"suppressed"`
	Looks         *Looks           `json:"looks,omitempty"` // nil when nobody looked again
	Also          []string         `json:"also,omitempty"`  // rules of other packs that found the very same
}

// RuleOutcome says what became of a rule.
type RuleOutcome struct {
	ID      string  `json:"id"`
	Pack    string  `json:"pack"`
	Title   string  `json:"title"`
	Outcome Outcome `json:"outcome"`
	Why     string  `json:"why"`

	// As the rule's file says.
	Severity    string             `json:"severity"`
	Matters     string             `json:"matters"`
	Remediation string             `json:"remediation"`
	Basis       []rules.LegalBasis `json:"basis"`
	Owner       string             `json:"owner"` // who should be asked: of rules.Owners, or empty
}
