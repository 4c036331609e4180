// Package tables renders a report as tables: findings, flows, cookies, vendors
// and forms, and one about the report itself. As CSV they are a file each, as
// XLSX a sheet each.
//
// No cell starts a formula: what a spreadsheet would take for one gets an
// apostrophe (OWASP, CSV Injection), in XLSX too, where cells are typed, because
// sheets are saved as CSV later. Numbers are numbers; what is not known is an
// empty cell. Text is visible characters only and bounded, and so is the number
// of rows; the table about the report says what was left out.
//
// The same report gives the same bytes: the times inside an XLSX file are those
// of the scan.
package tables
