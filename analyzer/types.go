// Package analyzer makes an Analysis of saved evidence: flows, statements,
// disclosures, promises and findings. It works offline and is repeatable: the
// same evidence with the same rules and profile gives the same Analysis.
package analyzer

import (
	"candor/analyzer/check"
	"candor/analyzer/choice"
	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

// Profile is what an organisation answers once. Nothing in it is guessed.
type Profile struct {
	Name       string          `yaml:"name" mapstructure:"name"`
	OwnDomains []string        `yaml:"own_domains" mapstructure:"own_domains"`
	Regions    []string        `yaml:"regions" mapstructure:"regions"`       // "us", "us-ca", "eu", "uk", …
	Laws       []string        `yaml:"laws" mapstructure:"laws"`             // ids of rule packs that apply; when there are any they decide
	Facts      map[string]bool `yaml:"facts" mapstructure:"facts"`           // ids of rules/terms/profile_facts.yaml
	Processors []Processor     `yaml:"processors" mapstructure:"processors"` // who works for the organisation
}

// Processor is a vendor that works on the organisation's behalf.
type Processor struct {
	Vendor string `yaml:"vendor" mapstructure:"vendor"` // vendor id, or a domain
	Role   string `yaml:"role" mapstructure:"role"`     // "processor", "service_provider", "joint_controller", "business_associate"
}

// Analysis is everything that can be said of a scan.
type Analysis struct {
	Meta         evidence.Meta
	RulesVersion string
	OwnPacks     []rules.Own     // of the organisation's own, beside the embedded ones
	Entity       string          // the organisation: from the profile; "" when not stated
	Pages        []evidence.Page // without Links, in order of ID
	Gaps         []evidence.Gap
	Documents    []*policy.Document
	Seen         flow.Result
	Behaviors    []behavior.Behavior         // by kind, vendor and script
	Choices      choice.Result               // what came of the states, and of everything in them
	NamedVendors map[string]bool             // vendor id → the texts name it or its company
	Declared     map[string]string           // cookie id → name in the cookie table that declares it
	Disclosures  map[string]check.Disclosure // flow id →
	Promises     []check.Promise
	Findings     []check.Finding
	Rules        []check.RuleOutcome
	Answers      []Answer             // of all notices together, in the order of policy.QuestionIDs; none without a notice
	Questions    []Question           // that a second reader may be asked, what is most open first
	Opinions     map[string][]Opinion // statement id → what second readers said; in no verdict
	SecondReader SecondReader
	Terms        *rules.Terms // what words mean, principles among them; not to be changed
}
