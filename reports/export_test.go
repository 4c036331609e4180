package reports

// For tests outside of the package.
var (
	SchemaOf = schemaOf
	Update   = update
)
