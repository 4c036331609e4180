package policy

import "strings"

// Roles of a table's columns.
const (
	colNone = iota
	colData
	colPurpose
	colWho
	colKeep
	colExamples
	colCollected
	colSold
	colShared
	colSource
)

var columnWords = []struct {
	role  int
	words []string
}{
	{colSold, []string{"sold", "sell", "sale"}},
	{colWho, []string{"recipient", "third part", "disclosed to", "shared with", "share with", "disclose to", "with whom", "to whom", "parties", "who we share", "whom we"}},
	{colKeep, []string{"retention", "how long", "storage period", "kept for"}},
	{colSource, []string{"source"}},
	{colPurpose, []string{"purpose", "why we", "how we use", "reason", "use of"}},
	{colExamples, []string{"example", "description", "details"}},
	{colCollected, []string{"collected", "do we collect"}},
	{colShared, []string{"shared", "disclosed"}},
	{colData, []string{"categor", "personal information", "personal data", "type of data", "types of data", "data", "information"}},
}

func dataColumns(head []string) []int {
	roles := make([]int, len(head))
	for i, h := range head {
		low := strings.ToLower(h)
		for _, c := range columnWords {
			for _, w := range c.words {
				if strings.Contains(low, w) && roles[i] == colNone {
					roles[i] = c.role
				}
			}
		}
		if roles[i] == colCollected && (strings.Contains(low, "information collected") || strings.Contains(low, "data collected") || strings.Contains(low, "categories")) {
			roles[i] = colData
		}
		if roles[i] == colPurpose && strings.Contains(low, "categories of") && strings.Contains(low, "information") && !strings.Contains(low, "purpose") {
			roles[i] = colData
		}
	}
	return roles
}

// row reads a row of a table of data, purposes, recipients and retention, as
// notices under Californian and European law print them.
func (r *reader) row(i int, self map[string]bool) {
	p := r.body[i]
	if p.header || len(p.columns) == 0 {
		r.plainRow(i, self)
		return
	}
	roles := dataColumns(p.columns)
	has := false
	for _, role := range roles {
		has = has || role == colData
	}
	if !has || r.cookieTable(p.table) {
		r.plainRow(i, self)
		return
	}
	row := Statement{Actor: "we", Action: actCollect}
	var fromData, fromExamples []string
	var who []RecipientRef
	answers := map[int]string{}
	keep := ""
	for c, cell := range p.cells {
		if c >= len(roles) || cell == "" {
			continue
		}
		if notApplicable(cell) {
			continue
		}
		s := r.lex.sentence(cell, 0, self)
		switch roles[c] {
		case colData:
			fromData = append(fromData, s.ids(mData, 0)...)
		case colExamples:
			fromExamples = append(fromExamples, s.ids(mData, 0)...)
		case colPurpose:
			row.Purposes = append(row.Purposes, s.ids(mFor, 0)...)
		case colWho:
			who = append(who, s.refs(0)...)
			answers[colWho] = yesNo(cell)
		case colKeep:
			keep = cell
		case colCollected, colSold, colShared:
			answers[roles[c]] = yesNo(cell)
		}
	}
	row.DataTypes = r.tidy(append(fromData, fromExamples...))
	if len(row.DataTypes) == 0 {
		return
	}
	at := spot{block: i, span: span{0, len(p.text)}, text: p.text, self: self}
	row.Negated = answers[colCollected] == "no"
	r.add(at, row)
	if row.Negated {
		return
	}
	if len(who) > 0 {
		share := row
		share.Action, share.RecipientRefs = actShare, who
		r.add(at, share)
	}
	if a := answers[colSold]; a != "" {
		sold := row
		sold.Action, sold.Negated, sold.Purposes = actSell, a == "no", nil
		r.add(at, sold)
	}
	if keep != "" {
		kept := row
		kept.Action, kept.Purposes, kept.RetentionDays, kept.Condition = actRetain, nil, retentionDays(keep), keep
		if kept.RetentionDays > 0 {
			kept.Condition = ""
		}
		r.add(at, kept)
	}
}

// plainRow reads the sentences in the cells of any other table, and the
// vendors that a cookie table names.
func (r *reader) plainRow(i int, self map[string]bool) {
	p := r.body[i]
	if p.header || r.cookieTable(p.table) {
		return
	}
	for _, sp := range splitSentences(p.text) {
		at := r.sentenceIn(i, sp, self)
		if p.lang == "" || p.lang == "en" {
			r.emit(at, r.lex.sentence(at.text, 0, self), false)
		}
	}
}

// notApplicable reports whether a cell says that its column does not apply.
func notApplicable(cell string) bool {
	return in(strings.ToLower(strings.Trim(cell, " .–—-")), "", "n/a", "na", "not applicable", "not collected", "nobody", "does not apply")
}

func yesNo(cell string) string {
	switch w := strings.ToLower(strings.Trim(firstWord(strings.TrimSpace(cell)), ".")); w {
	case "yes", "no":
		return w
	case "none", "never":
		return "no"
	}
	if strings.HasPrefix(cell, "✓") || strings.HasPrefix(cell, "✔") {
		return "yes"
	}
	return ""
}
