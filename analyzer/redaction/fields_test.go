package redaction

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"candor/analyzer/flow"
	"candor/analyzer/flow/canary"
	"candor/rules"
)

// kept are the fields of records that are names, words of Candor's or of the
// browser's, or made-up. A field that is not among them must not let a value
// through: whoever adds one says here that it holds none, or rewrites it.
var kept = map[string][]string{
	"Page":     {"ID", "Kind", "State", "MIMEType", "Language", "Ended", "Security.*", "Dialogs.Type", "Permissions", "Asked.Permission", "Asked.Stack.Function", "Links.Region", "Links.Rel", "SchemaTypes", "Steps.Do"},
	"Request":  {"ID", "Page", "State", "Chain", "Method", "Type", "Target.Type", "Cookies.Name", "Cookies.Domain", "Initiator.Type", "Initiator.Stack.Function", "MIMEType", "Protocol", "RemoteIP", "Blocked.Name", "Blocked.Domain", "Blocked.Direction", "Blocked.Reasons", "Error", "MixedContent"},
	"Cookie":   {"Page", "State", "Domain", "Path", "SameSite", "PartitionKey", "SetBy.Kind", "SetBy.Initiators.Function", "SetBy.Request"},
	"Storage":  {"Page", "State", "Kind", "Origin", "SetBy.Kind", "SetBy.Initiators.Function", "SetBy.Request"},
	"Form":     {"ID", "Page", "State", "Method", "Name", "Submit", "Typed", "Fields.Name", "Fields.ID", "Fields.Type", "Fields.Label", "Fields.Placeholder", "Fields.Autocomplete", "Fields.Options"},
	"Label":    {"Page", "State", "Source", "Key"},
	"Call":     {"ID", "Page", "State", "Target.Type", "Stack.Function", "API", "Values"},
	"Choice":   {"Page", "State", "Outcome", "Platform", "Found", "Steps.Do", "Steps.Role", "Steps.Text", "Signs.Kind", "Signs.Says", "Signs.Name", "Ways.Text", "Ways.Sentence", "Ways.Outcome", "Ways.Personal", "Offer.Layers.Text", "Offer.Layers.Language", "Offer.Layers.Position", "Offer.Layers.Controls.*", "Offer.Layers.Toggles.*", "Offer.WayBack", "Offer.Vendors", "Offer.GPC"},
	"Document": {"ID", "Kind", "Title", "MIMEType", "Language", "LastModified", "LinkedFrom.Region", "Raw", "RawSHA256", "DOM", "Frames.DOM", "Page"},
	"Gap":      {"Kind", "Page", "State"},
}

const secret = "8f14e45fceea167a"

func TestEveryFieldIsLookedAt(t *testing.T) {
	x := &redactor{marks: marks{[]byte("k")}, known: map[string]bool{}, personal: map[string]bool{}, canaries: canary.New(nil), field: flow.FieldType(&rules.Terms{})}
	x.keep(secret)
	x.typed = strings.NewReplacer(secret, "~typed")
	run(t, "Page", x.page)
	run(t, "Request", x.request)
	run(t, "Cookie", x.cookie)
	run(t, "Storage", x.storage)
	run(t, "Form", x.form)
	run(t, "Label", x.label)
	run(t, "Call", x.call)
	run(t, "Choice", x.choice)
	run(t, "Document", x.document)
	run(t, "Gap", x.gap)
}

func run[T any](t *testing.T, name string, edit func(*T)) {
	t.Helper()
	var v T
	set(reflect.ValueOf(&v).Elem(), "")
	edit(&v)
	var left []string
	get(reflect.ValueOf(&v).Elem(), "", &left)
	used := map[string]bool{}
	for _, path := range left {
		i := slices.IndexFunc(kept[name], func(k string) bool {
			prefix, any := strings.CutSuffix(k, "*")
			return path == k || any && strings.HasPrefix(path, prefix)
		})
		if i < 0 {
			t.Errorf("%s.%s still holds the value", name, path)
		} else {
			used[kept[name][i]] = true
		}
	}
	for _, k := range kept[name] {
		if !used[k] {
			t.Errorf("%s.%s is said to be kept and is not there or does not hold the value", name, k)
		}
	}
}

// set writes the secret into every text; addresses and steps need their form.
func set(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.String:
		s := secret
		switch {
		case strings.HasSuffix(path, "Steps.Do"):
			s = "fill"
		case strings.HasSuffix(path, "URL") || strings.HasSuffix(path, "Frame") || strings.HasSuffix(path, "Script") || strings.HasSuffix(path, "Link") || strings.HasSuffix(path, "Action") || slices.Contains([]string{"Canonical", "LinkedFrom", "Redirects", "Mixed", "Downloads", "Popups", "LinkedFrom.Page", "Offer.WayBackMissing", "Ways.Address", "Ways.On"}, path) || strings.HasPrefix(path, "Steps.Target"):
			s = "https://a.test/?v=" + secret
		case strings.HasSuffix(path, "SetCookies") || strings.HasSuffix(path, "Line"):
			s = "n=" + secret + "; Path=/"
		case path == "Signs.Kind":
			s = "cookie"
		}
		v.SetString(s)
	case reflect.Bool:
		v.SetBool(strings.HasSuffix(path, "Sent"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		set(v.Elem(), path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		set(v.Index(0), path)
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		set(value, path)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("x-name"), value)
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			set(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."))
		}
	}
}

func get(v reflect.Value, path string, left *[]string) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); strings.Contains(s, secret) || path == "Signs.Kind" || path == "Steps.Do" {
			*left = append(*left, path)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			get(v.Elem(), path, left)
		}
	case reflect.Slice:
		for i := range v.Len() {
			get(v.Index(i), path, left)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			get(v.MapIndex(k), path, left)
		}
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			get(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), left)
		}
	}
}
