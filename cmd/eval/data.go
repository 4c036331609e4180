package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor/analyzer/policy"
	"candor/rules"
)

// maxLine bounds one line of the labelled data, in bytes.
const maxLine = 64 << 20

// lines decodes a file of JSON lines. A file that is missing gives an error
// that wraps fs.ErrNotExist.
func lines[T any](m *measurement, name string) ([]T, error) {
	f, err := os.Open(filepath.Join(m.dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []T
	sc := bufio.NewScanner(f)
	sc.Buffer(make([]byte, 1<<20), maxLine)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, len(out)+1, err)
		}
		out = append(out, v)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

func noSpace(s string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c == '*' || c == '_' || c == 0xa0 || c == '\u200b' || c == '\u00ad' || c == '`' {
			return -1
		}
		return c
	}, s)
}

// segmented is a policy that was read whole, with its statements by segment.
type segmented struct {
	id         string
	doc        *policy.Document
	statements [][]policy.Statement
	recipients [][]policy.RecipientRef
	choices    [][]string
	topics     []map[string]bool
	lifetimes  [][]int        // days, of the cookies that are declared in lines and rows
	aside      []map[int]bool // starts of sentences that speak of other things than practices with data
}

// readSegments reads the segments of a policy as one text and finds the
// segment of each statement by its quote.
func readSegments(set *rules.Set, id, url string, segs []string, join string) *segmented {
	doc := policy.Read(policy.Input{ID: id, URL: url, MIMEType: "text/plain; charset=utf-8", Raw: []byte(strings.Join(segs, join))}, set)
	return assign(id, doc, segs)
}

func assign(id string, doc *policy.Document, segs []string) *segmented {
	s := &segmented{id: id, doc: doc, statements: make([][]policy.Statement, len(segs)), recipients: make([][]policy.RecipientRef, len(segs)), choices: make([][]string, len(segs)), topics: make([]map[string]bool, len(segs)), lifetimes: make([][]int, len(segs)), aside: make([]map[int]bool, len(segs))}
	for i := range s.topics {
		s.topics[i], s.aside[i] = map[string]bool{}, map[int]bool{}
	}
	bare := make([]string, len(segs))
	for i, x := range segs {
		bare[i] = noSpace(x)
	}
	home := homes(doc, bare)
	where := func(start int) int {
		for k, b := range doc.Blocks {
			if start >= b.Start && start <= b.End {
				return home[k]
			}
		}
		return -1
	}
	for _, st := range doc.Statements {
		if i := where(st.Start); i >= 0 {
			s.statements[i] = append(s.statements[i], st)
		}
	}
	for _, x := range doc.Choices {
		if i := where(x.Start); i >= 0 {
			s.aside[i][x.Start] = true
			s.choices[i] = append(s.choices[i], x.Kind+": "+x.Quote)
		}
	}
	for _, x := range doc.Topics {
		if i := where(x.Start); i >= 0 {
			s.topics[i][x.Kind] = true
			if besides(x.Kind) {
				s.aside[i][x.Start] = true
			}
		}
	}
	for _, x := range doc.Cookies {
		if i := where(x.Start); i >= 0 && x.LifetimeDays > 0 {
			s.lifetimes[i] = append(s.lifetimes[i], max(1, int(x.LifetimeDays+0.5)))
		}
	}
	for _, x := range doc.Recipients {
		if i := where(x.Start); i >= 0 {
			s.recipients[i] = append(s.recipients[i], x.RecipientRef)
		}
	}
	return s
}

// besides reports whether sentences on a topic speak of other things than
// practices with data.
func besides(topic string) bool {
	return !slices.Contains([]string{"tracking", "profiling", "merger", "applicants"}, topic)
}

// homes finds the segment of each block: in order, the one that is the block
// before one that holds it.
func homes(doc *policy.Document, bare []string) []int {
	text := []rune(doc.Text)
	out := make([]int, len(doc.Blocks))
	at := 0
	taken := make([]bool, len(bare)) // a cell or a line may stand there again and again
	for k, b := range doc.Blocks {
		q := noSpace(string(text[b.Start:b.End]))
		out[k] = -1
		for _, same := range []bool{true, false} {
			for i := max(0, at-6); i < len(bare) && i < at+12 && out[k] < 0; i++ {
				if !same && (i < at || i > at+4) {
					continue
				}
				if same && bare[i] == q && !taken[i] || !same && strings.Contains(bare[i], q) {
					out[k] = i
					taken[i] = same
				}
			}
		}
		for i := 0; i < len(bare) && out[k] < 0; i++ {
			if strings.Contains(bare[i], q) {
				out[k] = i
			}
		}
		if out[k] >= at {
			at = out[k]
		}
	}
	return out
}
