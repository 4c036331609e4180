// Package sarif renders findings as SARIF 2.1.0 (OASIS, errata 01), the format
// in which code scanning takes results.
//
// Each finding is a result with a stable fingerprint; each rule is there with
// its help, also when it found nothing; gaps and rules that were not tested are
// notifications of the run, so that missing evidence is not read as a pass.
//
// A result stands where its first page is. The address is written without its
// scheme ("www.example.com/contact"), because code scanning rejects a whole file
// with an http address in it; the address itself is the result's logical
// location. Sentences of a notice are related locations: character offsets in
// its text, which the report's folder holds beside the file.
//
// What differs is of kind "fail" with the level of its severity. What needs a
// person is of kind "review", for which the standard allows no level: its
// severity is among its properties.
//
// All text is visible characters only and bounded, and its square brackets are
// escaped where they would make a link. At most 25,000 results and 1,000
// notifications are written, the number of those left out is said.
package sarif
