package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// MaxJSON bounds a scan.json that is read, in bytes. One of 1,000 pages with
// 1,000 findings has some 20 MB.
const MaxJSON = 256 << 20

// ReadJSON reads a scan.json of this version, which may come from anywhere. It
// is refused when it is larger than MaxJSON; what follows the document is not
// read. Fields that a file of an earlier version lacks are empty, and no list
// is null. The texts of policies are not part of it.
func ReadJSON(r io.Reader) (*Report, error) {
	in := &io.LimitedReader{R: r, N: MaxJSON + 1}
	var rep Report
	if err := json.NewDecoder(in).Decode(&rep); err != nil {
		if in.N <= 0 {
			err = fmt.Errorf("larger than %d bytes", MaxJSON)
		} else if errors.Is(err, io.EOF) {
			err = errors.New("it is empty")
		}
		return nil, fmt.Errorf("read scan.json: %w", err)
	}
	if rep.Schema != Schema {
		return nil, fmt.Errorf("read scan.json: schema is %q, this version reads %q", rep.Schema, Schema)
	}
	fill(reflect.ValueOf(&rep).Elem())
	return &rep, nil
}

// fill makes lists and maps that are null empty ones.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		switch v.Type().Elem().Kind() {
		case reflect.Struct, reflect.Slice, reflect.Map:
			for i := range v.Len() {
				fill(v.Index(i))
			}
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	}
}
