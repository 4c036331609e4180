package exceptions

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"candor/reports/plain"
)

// head begins a new file.
const head = `# Findings that are left out of totals and exit codes, and why. They stay in the
# report and are counted there. Each needs a reason, a justification, an owner,
# an approver and a day on which it ends: at most 365 days after it was created,
# 30 for a critical finding. candor help exceptions says more.
exceptions:
`

// ErrPlace is wrapped by the error of Append when an entry has to be put into
// the file by hand.
var ErrPlace = errors.New("the list cannot be added to as it is written")

// Draft writes an entry as it stands in a file. What is not known yet is left
// empty, with a note; such a file is not read until it is filled in.
func Draft(e Entry, note string) string {
	values := map[string]string{"reason": e.Reason, "justification": e.Justification, "owner": e.Owner, "approver": e.Approver}
	if e.Fingerprint != "" {
		values["fingerprint"] = e.Fingerprint
	}
	for _, k := range e.lists() {
		switch n := len(*k.to); {
		case n == 1:
			values[k.name] = (*k.to)[0]
		case n > 1:
			values[k.name] = "\x00" + strings.Join(*k.to, "\x00")
		}
	}
	values["created"], values["expires"] = e.Created.Format(day), e.Expires.Format(day)
	hints := map[string]string{"reason": strings.Join(ReasonNames(), ", "), "justification": "a sentence that tells others why", "owner": "who answers for it", "approver": "who agreed to it"}
	var b strings.Builder
	if note != "" {
		fmt.Fprintf(&b, "# %s\n", strings.Join(strings.Fields(plain.Visible(note)), " "))
	}
	lead := "- "
	for _, key := range keys {
		value, ok := values[key]
		switch {
		case !ok:
			continue
		case value == "" && hints[key] != "":
			value = `"" # ` + hints[key]
		case strings.HasPrefix(value, "\x00"):
			var items []string
			for _, s := range strings.Split(value[1:], "\x00") {
				items = append(items, strconv.Quote(s))
			}
			value = "[" + strings.Join(items, ", ") + "]"
		case key != "created" && key != "expires" && key != "reason":
			value = quoted(value)
		}
		fmt.Fprintf(&b, "%s%s: %s\n", lead, key, value)
		lead = "  "
	}
	return b.String()
}

// quoted writes a text as YAML reads it back.
func quoted(s string) string {
	out, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.DoubleQuotedStyle})
	if err != nil {
		return strconv.Quote(s)
	}
	return strings.ReplaceAll(strings.TrimSuffix(string(out), "\n"), "\n", " ")
}

// Append returns the file with an entry at the end of its list. What is there
// stays as it is, byte for byte. Data may be empty: then a file is begun.
func Append(data []byte, entry string) ([]byte, error) {
	before, err := count(data)
	if err != nil {
		return nil, err
	}
	indent, ok := 2, true
	var out bytes.Buffer
	if len(bytes.TrimSpace(data)) == 0 {
		out.WriteString(head)
	} else {
		if indent, ok = listIndent(data); !ok {
			return nil, ErrPlace
		}
		out.Write(data)
		if !bytes.HasSuffix(data, []byte("\n")) {
			out.WriteByte('\n')
		}
	}
	if before > 0 {
		out.WriteByte('\n')
	}
	for line := range strings.Lines(entry) {
		out.WriteString(strings.Repeat(" ", indent) + line)
	}
	if after, err := count(out.Bytes()); err != nil || after != before+1 {
		return nil, ErrPlace
	}
	return out.Bytes(), nil
}

func list(data []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, nil
	}
	root := doc.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "exceptions" {
			return root.Content[i+1], nil
		}
	}
	return nil, nil
}

func count(data []byte) (int, error) {
	n, err := list(data)
	if err != nil || n == nil || n.Kind != yaml.SequenceNode {
		return 0, err
	}
	return len(n.Content), nil
}

// listIndent is how far the dashes of the list stand in; not ok when the list
// is written in brackets or is no list.
func listIndent(data []byte) (int, bool) {
	n, err := list(data)
	switch {
	case err != nil, n == nil:
		return 0, false
	case n.Tag == "!!null":
		return 2, true
	case n.Kind != yaml.SequenceNode, n.Style&yaml.FlowStyle != 0, len(n.Content) == 0:
		return 0, false
	}
	return n.Column - 1, true
}

// Day returns midnight UTC of the day of a time.
func Day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
