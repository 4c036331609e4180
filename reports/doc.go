// Package reports arranges an Analysis for readers. The Report is scan.json,
// version 1: every other format is made of it alone, so a saved scan.json can
// be rendered again.
//
// The package guarantees that the same Analysis gives the same bytes, that no
// list is null, and that neither cookie values nor bodies nor the values of
// query parameters of a request are in a report; those stay in the evidence
// bundle. It reports what was observed and what the texts say; the wording
// never judges the law.
//
// JSON is written here. A format that needs a package of its own is handed to
// Write as a Renderer.
package reports

// Schema is the version of scan.json.
const Schema = "candor.scan/1"

// Notice is the sentence that every report carries.
const Notice = "This report shows what an automated browser observed at the stated time and what the published texts say. " +
	"It is evidence for a person to judge. It is not legal advice, not a certification and not a finding that a law was broken."
