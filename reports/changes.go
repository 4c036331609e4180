package reports

// Changes is what differs from an earlier scan of the same site. Recipients are
// compared by company: a vendor's new host is no new recipient.
type Changes struct {
	Against  ScanRef   `json:"against" doc:"The earlier scan; its scan_id is empty when none was given, and then nothing was compared."`
	History  []ScanRef `json:"history" doc:"Scans before that one that were given too, oldest first. With them something is gone when two scans in a row did not see it."`
	NewOnly  bool      `json:"new_only" doc:"Findings that the earlier scans have too are left out of totals, lists and the exit code."`
	Hosts    []HostMap `json:"hosts" doc:"Hosts of one scan that stand for those of the other, such as staging for production."`
	Limits   []string  `json:"limits" doc:"What keeps the two scans from being compared whole: other rules, states or pages, an incomplete scan."`
	Repeated int       `json:"visits_repeated" doc:"Addresses times consent states that both scans visited in full."`
	Earlier  int       `json:"visits_earlier" doc:"Those that the earlier scan visited."`
	Remarks  []Remark  `json:"remarks" doc:"What the changes come to, such as a practice that changed under the same text."`
	Count    []Tally   `json:"count" doc:"By topic, in the order of items; topics without a change are left out."`
	Items    []Change  `json:"items" doc:"By topic, what weighs most first."`
	Left     int       `json:"left" doc:"Changes beyond those listed."`
}

// ScanRef names a scan that was compared with.
type ScanRef struct {
	ScanID       string   `json:"scan_id"`
	URL          string   `json:"url"`
	StartedAt    string   `json:"started_at" doc:"RFC 3339, UTC; empty when not known."`
	Version      string   `json:"version" doc:"Of the tool."`
	RulesVersion string   `json:"rules_version"`
	States       []string `json:"states"`
	Complete     bool     `json:"complete"`
	Policies     []string `json:"policies" doc:"SHA-256 of the texts."`
	Companies    int      `json:"companies" doc:"That received data."`
	Undisclosed  int      `json:"undisclosed_companies" doc:"Of those, the ones not found in the texts."`
	Urgent       int      `json:"urgent" doc:"Findings of high severity or above that were not suppressed."`
}

// HostMap says that a host of either scan stands for another.
type HostMap struct {
	Host string `json:"host" doc:"A host, or *.domain for all below it."`
	Is   string `json:"is"`
}

// Remark is what several changes come to together.
type Remark struct {
	Kind string `json:"kind" enum:"practice_changed_text_same|practice_same_text_weaker|practice_and_text_changed|date_changed_text_same|text_changed_date_same|nothing_changed"`
	Text string `json:"text" doc:"One sentence."`
}

// Tally counts the changes of a topic.
type Tally struct {
	Topic        string `json:"topic"`
	New          int    `json:"new"`
	Changed      int    `json:"changed"`
	Gone         int    `json:"gone"`
	NotSeenAgain int    `json:"not_seen_again"`
	SeenAgain    int    `json:"seen_again"`
}

// Change is one thing that differs between two scans.
type Change struct {
	Topic     string   `json:"topic" enum:"recipient|data_type|flow|choice|behavior|cookie|storage|label|form|notice|statement|promise|finding"`
	Kind      string   `json:"kind" enum:"new|changed|gone|not_seen_again|seen_again" doc:"not_seen_again: the new scan did not look where it was seen, or once is not enough to tell; why says it. seen_again: an older scan had it, the last one did not."`
	Direction string   `json:"direction" enum:"weaker|wider|stronger|narrower|" doc:"Of texts, promises, choices and cookies: for the visitor. A denial that went is weaker; a use that the text states now and did not before is wider."`
	Key       string   `json:"key" doc:"What it was matched by; the same in the next comparison."`
	Name      string   `json:"name" doc:"As a reader knows it."`
	Before    string   `json:"before" doc:"In the earlier scan; empty of what is new."`
	After     string   `json:"after" doc:"In this scan; empty of what is gone."`
	Why       string   `json:"why" doc:"One sentence: what tells it, and what it is not sure of."`
	OnNew     bool     `json:"on_new_pages" doc:"New, but seen only where the earlier scan did not look: it may have been there."`
	Recipient string   `json:"recipient" doc:"Company, where one is meant."`
	DataTypes []string `json:"data_types"`
	Severity  string   `json:"severity" enum:"critical|high|medium|low|info|" doc:"Of findings."`
	Pages     []string `json:"pages" doc:"At most 20; of the scan that saw it."`
	States    []string `json:"states"`
	Old       []string `json:"old" doc:"Its ids in the earlier scan."`
	New       []string `json:"new" doc:"Its ids in this scan."`
	Edits     []Edit   `json:"edits" doc:"Of texts: from before to after, word by word."`
}

// Edit is a piece of text that stayed, came or went.
type Edit struct {
	Do   string `json:"do" enum:"keep|add|remove"`
	Text string `json:"text"`
}

func noChanges() Changes {
	return Changes{
		Against: ScanRef{States: []string{}, Policies: []string{}}, History: []ScanRef{}, Hosts: []HostMap{}, Limits: []string{},
		Remarks: []Remark{}, Count: []Tally{}, Items: []Change{},
	}
}
