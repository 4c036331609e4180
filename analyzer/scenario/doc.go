// Package scenario reads the stories by which rules are tested, and plays them.
//
// A scenario is a small site in a few lines of YAML: its pages, what they send
// and keep in which consent state, what its notices say, and what must become of
// one rule. It is written as evidence, as a crawl would, and analysed whole, with
// every rule and without a browser. A rule's scenarios stand beside it, in
// packs/PACK/scenarios/ID.yaml; rules/packs/README.md describes their keys.
//
// Reading is strict: an unknown key, a state that the site does not have or a
// page that it lacks is a fault with its file and line. The same file with the
// same rules gives the same result; clock and identifiers are made up and do not
// change.
//
// Limits: what a scenario does not say is not there. It shows what a rule makes
// of evidence, not that a browser would collect it.
package scenario
