package sarif

// The part of SARIF's object model that a report fills.

type file struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type run struct {
	Tool              tool              `json:"tool"`
	AutomationDetails automationDetails `json:"automationDetails"`
	ColumnKind        string            `json:"columnKind"`
	DefaultEncoding   string            `json:"defaultEncoding"`
	Language          string            `json:"language"`
	Invocations       []invocation      `json:"invocations"`
	Results           []result          `json:"results"`
	Properties        map[string]any    `json:"properties"`
}

type tool struct {
	Driver driver `json:"driver"`
}

type driver struct {
	Name            string         `json:"name"`
	Version         string         `json:"version,omitempty"`
	FullDescription message        `json:"fullDescription"`
	Rules           []rule         `json:"rules"`
	Properties      map[string]any `json:"properties"`
}

type rule struct {
	ID                   string         `json:"id"`
	ShortDescription     message        `json:"shortDescription"`
	FullDescription      message        `json:"fullDescription"`
	Help                 message        `json:"help"`
	DefaultConfiguration configuration  `json:"defaultConfiguration"`
	Properties           map[string]any `json:"properties"`
}

type configuration struct {
	Level string `json:"level"`
}

type message struct {
	Text string `json:"text"`
}

type automationDetails struct {
	ID string `json:"id"`
}

type invocation struct {
	ExecutionSuccessful        bool           `json:"executionSuccessful"`
	StartTimeUTC               string         `json:"startTimeUtc,omitempty"`
	EndTimeUTC                 string         `json:"endTimeUtc,omitempty"`
	ExitCode                   int            `json:"exitCode"`
	ExitCodeDescription        string         `json:"exitCodeDescription,omitempty"`
	ToolExecutionNotifications []notification `json:"toolExecutionNotifications"`
}

type notification struct {
	Level          string         `json:"level"`
	Message        message        `json:"message"`
	Locations      []location     `json:"locations,omitempty"`
	AssociatedRule *ruleReference `json:"associatedRule,omitempty"`
	Properties     map[string]any `json:"properties,omitempty"`
}

type ruleReference struct {
	ID    string `json:"id"`
	Index int    `json:"index"`
}

type result struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	Kind                string            `json:"kind"`
	Level               string            `json:"level"`
	BaselineState       string            `json:"baselineState,omitempty"`
	Message             message           `json:"message"`
	Locations           []location        `json:"locations"`
	RelatedLocations    []location        `json:"relatedLocations,omitempty"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	Suppressions        []suppression     `json:"suppressions"`
	WebRequest          *webRequest       `json:"webRequest,omitempty"`
	WebResponse         *webResponse      `json:"webResponse,omitempty"`
	Properties          map[string]any    `json:"properties"`
}

type location struct {
	ID               int               `json:"id,omitempty"`
	PhysicalLocation physicalLocation  `json:"physicalLocation"`
	LogicalLocations []logicalLocation `json:"logicalLocations,omitempty"`
	Message          *message          `json:"message,omitempty"`
}

type physicalLocation struct {
	ArtifactLocation artifactLocation `json:"artifactLocation"`
	Region           *region          `json:"region,omitempty"`
}

type artifactLocation struct {
	URI string `json:"uri"`
}

type region struct {
	CharOffset int      `json:"charOffset"`
	CharLength int      `json:"charLength"`
	Snippet    *message `json:"snippet,omitempty"`
}

type logicalLocation struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type suppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status,omitempty"`
	Justification string `json:"justification,omitempty"`
}

type webRequest struct {
	Target string `json:"target"`
	Method string `json:"method,omitempty"`
}

type webResponse struct {
	StatusCode int `json:"statusCode"`
}
