package reports

import (
	_ "embed"
	"slices"
)

//go:embed schema/scan.schema.json
var schemaJSON []byte

// SchemaJSON returns the JSON Schema (draft 2020-12) of scan.json.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }
