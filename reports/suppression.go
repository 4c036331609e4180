package reports

// Exceptions is what people decided not to have counted: the entries of
// candor.exceptions.yaml, and what each of them does to this report.
type Exceptions struct {
	File       string      `json:"file" doc:"Name of the file; empty when there is none."`
	At         string      `json:"at" doc:"The day, UTC, for which expiry was judged: that of the scan's start."`
	Suppressed int         `json:"suppressed" doc:"Findings that are left out of totals and the exit code."`
	Expired    int         `json:"expired" doc:"Findings that an expired exception once suppressed; they count again."`
	Unused     int         `json:"unused" doc:"Exceptions that no finding matches."`
	Items      []Exception `json:"items" doc:"In the order of the file."`
}

// Exception is one entry of the file. Of what selects findings, all that is
// given must match.
type Exception struct {
	Line          int      `json:"line"`
	Fingerprint   string   `json:"fingerprint"`
	Rule          string   `json:"rule"`
	Pack          string   `json:"pack"`
	Recipient     string   `json:"recipient" doc:"Company, vendor or domain."`
	DataType      string   `json:"data_type"`
	Page          string   `json:"page" doc:"Pattern of addresses."`
	State         string   `json:"state"`
	Reason        string   `json:"reason" enum:"false_positive|accepted_risk|planned_fix|processor_contract|not_applicable"`
	Justification string   `json:"justification"`
	Owner         string   `json:"owner"`
	Approver      string   `json:"approver"`
	Created       string   `json:"created" doc:"YYYY-MM-DD."`
	Expires       string   `json:"expires" doc:"YYYY-MM-DD: the last day on which it holds, UTC."`
	Status        string   `json:"status" enum:"used|unused|expired|too_long|not_applied" doc:"too_long: it would suppress a critical finding for more than the 30 days that are allowed, and does not. not_applied: the day of the scan is not known."`
	Findings      []string `json:"findings" doc:"Ids of the findings that it matches."`
}

// Suppression is the exception behind a finding that does not count, or that
// counts again.
type Suppression struct {
	Line          int    `json:"line" doc:"Of the exceptions file; 0 when no exception matches."`
	Reason        string `json:"reason" enum:"false_positive|accepted_risk|planned_fix|processor_contract|not_applicable|"`
	Justification string `json:"justification"`
	Owner         string `json:"owner"`
	Approver      string `json:"approver"`
	Created       string `json:"created"`
	Expires       string `json:"expires"`
	Expired       bool   `json:"expired" doc:"The exception held until expires; the finding is back and counts."`
	Why           string `json:"why" doc:"Why an exception that matches does not suppress; empty when it does."`
}

// Open reports whether a finding counts: it is not suppressed and, where only
// what is new was asked for, the earlier scans do not have it. Formats show
// what is open first and count nothing else.
func (rep *Report) Open(f Finding) bool {
	return !f.Suppressed && (f.New || !rep.Changes.NewOnly)
}
