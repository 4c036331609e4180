package reports

import (
	"strings"

	"candor/reports/plain"
)

// Reproduce is the command that visits a finding's page again, in its states.
// Conditions of the scan that need the operator's own values, such as a host
// map or a header, are not part of it. Values that were redacted are left out
// of the address.
func Reproduce(rep *Report, f Finding) string {
	address := rep.Site.URL
	for _, p := range f.Pages {
		if plain.Link(p) != "" {
			address = p
			break
		}
	}
	if before, query, ok := strings.Cut(address, "?"); ok && strings.Contains(query, "=~") {
		address = before
	}
	states := f.States
	if len(states) == 0 {
		states = rep.Coverage.States
	}
	var b strings.Builder
	b.WriteString("candor scan --pages 1")
	if len(states) > 0 {
		b.WriteString(" --states " + quoteShell(strings.Join(states, ",")))
	}
	if rep.Conditions.AnyCertificate {
		b.WriteString(" --insecure")
	}
	return b.String() + " " + quoteShell(plain.Link(address))
}

// quoteShell makes one word of a text for a POSIX shell.
func quoteShell(s string) string {
	s = plain.Visible(s)
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:/") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
