package reports

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the schema and the golden files")

// schemaOf makes the JSON Schema of a type: every field is there, lists are
// never null, and the enum and doc tags are its words. Further fields are
// allowed, as the contract says.
func schemaOf(t reflect.Type) map[string]any {
	switch t.Kind() {
	case reflect.Struct:
		properties, required := map[string]any{}, []string{}
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() {
				continue
			}
			name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			s := schemaOf(f.Type)
			if words := f.Tag.Get("enum"); words != "" {
				s["enum"] = strings.Split(words, "|")
			}
			if doc := f.Tag.Get("doc"); doc != "" {
				s["description"] = doc
			}
			properties[name] = s
			if option != "omitempty" && option != "omitzero" {
				required = append(required, name)
			}
		}
		return map[string]any{"type": "object", "properties": properties, "required": required}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	panic("no schema for " + t.String())
}

func wholeSchema() []byte {
	s := schemaOf(reflect.TypeFor[Report]())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = "urn:candor:scan:1"
	s["title"] = "scan.json, version 1"
	ids := map[string]any{"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
	at(s, "flows")["items"].(map[string]any)["properties"].(map[string]any)["data_types"].(map[string]any)["items"] = ids
	sha := at(at(s, "policies")["items"].(map[string]any), "sha256")
	sha["pattern"] = "^([0-9a-f]{64})?$"
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(data, '\n')
}

func at(s map[string]any, name string) map[string]any {
	return s["properties"].(map[string]any)[name].(map[string]any)
}

// The schema is made of the types; this finds any drift between the two.
func TestSchemaMatchesTypes(t *testing.T) {
	want := wholeSchema()
	if *update {
		if err := os.WriteFile("schema/scan.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("schema/scan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("schema/scan.schema.json is not that of the types; run go test ./reports -update")
	}
}

// contract is the design's list of names; the types may have more.
var contract = map[string][]string{
	"":                             {"schema", "tool", "site", "started_at", "finished_at", "coverage", "pages", "policies", "vendors", "requests", "cookies", "storage", "forms", "behaviors", "labels", "flows", "promises", "findings", "rules", "summary"},
	"tool":                         {"version", "rules_version", "browser"},
	"site":                         {"url", "host", "entity"},
	"coverage":                     {"pages_visited", "pages_failed", "states", "gaps"},
	"coverage.gaps":                {"what", "why", "page", "state"},
	"pages":                        {"url", "final_url", "title", "status", "state", "screenshot", "duration_ms"},
	"policies":                     {"url", "kind", "title", "language", "last_updated", "sha256", "linked_from", "words", "statements", "cookie_declarations"},
	"policies.statements":          {"id", "actor", "action", "negated", "data_types", "recipients", "purposes", "condition", "retention_days", "heading", "quote", "start", "end"},
	"policies.cookie_declarations": {"name", "provider", "purpose", "lifetime", "lifetime_days"},
	"vendors":                      {"id", "name", "entity", "categories", "domains", "recognized", "pages", "states", "requests", "named_in_policy"},
	"cookies":                      {"name", "domain", "path", "party", "vendor", "set_by", "lifetime_days", "session", "http_only", "secure", "same_site", "purpose", "declared", "states", "pages"},
	"cookies.set_by":               {"kind", "url", "initiators"},
	"storage":                      {"kind", "origin", "key", "vendor", "identifier", "states"},
	"forms":                        {"page", "action", "method", "action_party", "action_vendor", "secure", "policy_link_near", "prechecked", "fields"},
	"forms.fields":                 {"name", "label", "type", "data_type", "sensitive", "required"},
	"behaviors":                    {"kind", "page", "pages", "state", "states", "script", "vendor", "confidence", "detail", "evidence", "sightings"},
	"labels":                       {"page", "source", "key", "value_redacted", "kind"},
	"flows":                        {"id", "data_types", "recipient", "purposes", "channel", "confidence", "states", "pages", "evidence", "disclosure"},
	"flows.recipient":              {"vendor", "entity", "domain", "party"},
	"flows.disclosure":             {"verdict", "statements", "candidates", "why"},
	"promises":                     {"statement", "verdict", "flows", "why"},
	"findings":                     {"id", "rule", "pack", "outcome", "severity", "confidence", "title", "message", "recipients", "data_types", "pages", "states", "evidence", "statements", "remediation", "suggested_text", "fingerprint", "suppressed"},
	"rules":                        {"id", "pack", "outcome", "why"},
	"summary":                      {"by_severity", "by_verdict", "recipients", "undisclosed_recipients"},
}

func TestSchemaHoldsContract(t *testing.T) {
	var whole map[string]any
	if err := json.Unmarshal(wholeSchema(), &whole); err != nil {
		t.Fatal(err)
	}
	for path, names := range contract {
		s := whole
		for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' }) {
			s = at(s, step)
			if items, ok := s["items"].(map[string]any); ok {
				s = items
			}
		}
		for _, name := range names {
			if _, ok := s["properties"].(map[string]any)[name]; !ok {
				t.Errorf("%q lacks the contract's field %q", path, name)
			}
		}
	}
}
