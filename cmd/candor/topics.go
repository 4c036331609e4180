package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// topics are help texts that belong to no command.
func topics(formats []string) []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodesText},
		{Use: "config", Short: "candor.yaml and CANDOR_ variables", Long: configText(formats)},
		{Use: "verdicts", Short: "How to read what a report says of a flow", Long: verdictsText},
	}
}

const exitCodesText = `Exit codes

  0  done, and no finding at or above --fail-on
  1  findings at or above --fail-on; for doctor: something needed is missing;
     for verify: a file differs
  2  wrong use, or something needed (a browser, a folder) is missing: the
     message says what was expected
  3  the scan is incomplete: interrupted, out of time, the start page failed,
     or fewer pages could be visited than --min-coverage asks for; with
     --new-only and for diff: too few of the earlier scan's visits were made
     again in full.
     What was collected is kept and reported. Missing evidence is never a pass.
  4  internal error

Findings come first: a scan that is incomplete and has findings at or above
--fail-on ends with 1. Without --fail-on findings do not change the code.
With --new-only, and for diff, only new findings count. Findings that an
exception suppresses do not count ('candor help exceptions').`

const verdictsText = `How to read a verdict

Each flow (which data goes to whom, for what) is held against the sentences of
the notices. The five verdicts are PoliCheck's (Andow et al., USENIX Security
2020):

  clear      a sentence names this data type and this recipient or its company
  vague      only a broader term covers it ("third parties", "information")
  ambiguous  one sentence says yes and another says no
  incorrect  a sentence says that it does not happen
  omitted    no sentence covers it

A notice that could not be read, for its language or its form, leaves a flow
not-tested, with the reason.

Each promise ("we do not sell your data") is kept, broken, not-observed or
not-testable by what was seen.

A rule's outcome is differs, matches, needs-person, not-applicable or
not-tested, each with its reason. What could not be observed is a gap, never a
pass. Severity says how much it matters, confidence how sure the sighting is:
direct (a value was seen leaving), strong (a known endpoint), indirect (only a
script was there), text-weak (words alone). The two are never merged.

A report is evidence for a person to judge. It is not legal advice.`

func configText(formats []string) string {
	var b strings.Builder
	b.WriteString(`Configuration

Every option of a scan can be written in candor.yaml, which is looked for in the
current folder, then in $XDG_CONFIG_HOME/candor (or ~/.config/candor), or named
with --config. The keys are the flags' names:

  pages: 50
  tabs: 4
  fail-on: high
  format: [html, json]
  profile: profile.yaml
  host-map:
    - '*.example.test=127.0.0.1:8443'

or as a variable, CANDOR_ and the name in capitals with "_" for "-":

  CANDOR_FAIL_ON=high CANDOR_FORMAT=html,json candor scan example.com

A flag goes before a variable, a variable before the file, the file before the
default. Unknown keys are an error with their line.

Keys:

`)
	everyFlag(formats).VisitAll(func(f *pflag.Flag) {
		if f.Name == "config" {
			return
		}
		_, text := pflag.UnquoteUsage(f)
		b.WriteString("  " + f.Name + strings.Repeat(" ", max(1, 14-len(f.Name))) + text)
		if f.DefValue != "" && f.DefValue != "false" {
			b.WriteString(" (default " + f.DefValue + ")")
		}
		b.WriteByte('\n')
	})
	b.WriteString(`
The profile is a file of its own, with what the organisation answers once.
Nothing in it is guessed:

  name: Fernhill Outdoor Ltd
  own_domains: [fernhill.test, fernhill-cdn.test]
  regions: [us-ca, eu]
  laws: [ca-ccpa, ca-oppa, eu-gdpr, eu-eprivacy]
  processors:
    - {vendor: stripe, role: processor}`)
	return b.String()
}
