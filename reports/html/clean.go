package html

import (
	"encoding/json"
	"fmt"
	"reflect"

	"candor/reports"
	"candor/reports/plain"
)

// clean returns a copy of the report in which every text is visible characters
// only and bounded, so that no template can forget it.
func clean(rep *reports.Report) (*reports.Report, error) {
	data, err := json.Marshal(rep)
	if err != nil {
		return nil, fmt.Errorf("copy report: %w", err)
	}
	var out reports.Report
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("copy report: %w", err)
	}
	scrub(reflect.ValueOf(&out).Elem())
	return &out, nil
}

func scrub(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(plain.Cut(plain.Visible(v.String()), maxText))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				scrub(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			scrub(v.Index(i))
		}
	case reflect.Map: // of counts: only the keys are texts, and no template shows them
	}
}
