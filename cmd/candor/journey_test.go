package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor/crawler"
)

func TestReadJourney(t *testing.T) {
	env := map[string]string{"SHOP_USER": "anna@example.com", "SHOP_PASSWORD": "s3cret", "SHORT": "ab"}
	read := func(text string) (*crawler.Journey, error) {
		file := filepath.Join(t.TempDir(), "journey.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return readJourney(file, env)
	}
	j, err := read(`# to the orders
steps:
  - goto: https://www.example.com/login
  - fill: {field: "#email", value: "${env:SHOP_USER}"}
  - fill: {field: "text=Password", value: "${env:SHOP_PASSWORD}"}
  - fill: {field: "#shop", value: "north"}
  - select: {field: select, option: Orders}
  - press: Enter
  - goto: /orders
  - screenshot:
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []crawler.Step{
		{Line: 3, Do: "goto", Target: "https://www.example.com/login"},
		{Line: 4, Do: "fill", Target: "#email", Value: "anna@example.com", Shown: "${env:SHOP_USER}"},
		{Line: 5, Do: "fill", Target: "text=Password", Value: "s3cret", Shown: "${env:SHOP_PASSWORD}"},
		{Line: 6, Do: "fill", Target: "#shop", Value: "north"},
		{Line: 7, Do: "select", Target: "select", Value: "Orders"},
		{Line: 8, Do: "press", Target: "Enter"},
		{Line: 9, Do: "goto", Target: "/orders"},
		{Line: 10, Do: "screenshot"},
	}
	if len(j.Steps) != len(want) || len(j.Secrets) != 2 || j.File != "journey.yaml" {
		t.Fatalf("read %+v", j)
	}
	for i := range want {
		if j.Steps[i] != want[i] {
			t.Errorf("step %d is %+v, want %+v", i+1, j.Steps[i], want[i])
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"", "expected steps, such as"},
		{"step:\n  - goto: /", `journey.yaml:1: unknown key "step"; did you mean "steps"?`},
		{"steps:\n  - click: '#a'", "journey.yaml:2: step 1 (click): the first step goes to a page: expected goto"},
		{"steps:\n  - goto: www.example.com", "journey.yaml:2: step 1 (goto): expected an address that begins with https://"},
		{"steps:\n  - goto: file:///etc/passwd", "journey.yaml:2: step 1 (goto): expected an address"},
		{"steps:\n  - goto: https://a.test/\n  - clik: '#a'", `journey.yaml:3: step 2: there is no step "clik"; did you mean "click"?`},
		{"steps:\n  - goto: https://a.test/\n  - click", "journey.yaml:3: step 2: expected one of goto, click"},
		{"steps:\n  - goto: https://a.test/\n  - fill: x", "journey.yaml:3: step 2 (fill): expected {field: …, value: …}"},
		{"steps:\n  - goto: https://a.test/\n  - fill: {field: x}", "journey.yaml:3: step 2 (fill): expected both field and value"},
		{"steps:\n  - goto: https://a.test/\n  - fill: {field: x, value: '${env:MISSING}'}", "journey.yaml:3: step 2 (fill): the variable MISSING is not set"},
		{"steps:\n  - goto: https://a.test/\n  - fill: {field: x, value: '${env:SHORT}'}", "the variable SHORT is not set, or shorter"},
		{"steps:\n  - goto: https://a.test/\n  - press: F13", "journey.yaml:3: step 2 (press): expected one of ArrowDown"},
		{"steps:\n  - goto: https://a.test/\n  - click: '${env:SHOP_USER}'", "values of the environment are for fill and select alone"},
	} {
		if _, err := read(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
}

func FuzzReadJourney(f *testing.F) {
	f.Add("steps:\n  - goto: https://a.test/\n  - fill: {field: x, value: '${env:A}'}")
	f.Add("steps: [{goto: https://a.test/}, {select: {field: a, option: b}}, {press: Enter}]")
	f.Add("steps: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "j.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if j, err := readJourney(file, map[string]string{"A": "secret"}); err == nil && (len(j.Steps) == 0 || j.Steps[0].Do != "goto") {
			t.Errorf("%q is read as %+v", text, j)
		}
	})
}
