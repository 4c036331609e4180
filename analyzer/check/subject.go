package check

// subject is what a comparison looks at, one by one, so that a rule can narrow
// it.
type subject string

const (
	ofNothing  subject = ""
	ofFlow     subject = "flow"
	ofVendor   subject = "vendor"
	ofCookie   subject = "cookie"
	ofStorage  subject = "storage"
	ofForm     subject = "form"
	ofLabel    subject = "label"
	ofBehavior subject = "behavior"
	ofPage     subject = "page"
)

// kind is what a parameter of a rule is.
type kind string

const (
	aText       kind = "text"
	aNumber     kind = "number"
	aTruth      kind = "truth"
	aTexts      kind = "texts"
	aSeverity   kind = "severity"
	aSeverities kind = "severities" // by group of recipients
	aGroups     kind = "groups"     // lists of texts by name
)

// params are the parameters that a comparison takes, by name.
type params map[string]kind
