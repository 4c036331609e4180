// Candor visits a site in a real browser, records what it collects, reads what
// its notices say, and shows where the two differ.
//
//	candor scan https://www.example.com/
//
// The package only wires the others: it turns flags, variables and candor.yaml
// into the options of crawler, rules, analyzer and reports, and their results
// into text and an exit code. "candor help" teaches the rest.
//
// # Exit codes
//
//	0  done, and no finding at or above --fail-on
//	1  findings at or above --fail-on
//	2  wrong use, or something needed (a browser, a folder) is missing
//	3  the scan is incomplete: too few pages could be visited
//	4  internal error
//
// # Limits
//
// What a run shows is evidence for a person to judge, not a legal verdict. It
// saw what one browser saw at one time from one place; other visitors may be
// shown other tags.
package main
