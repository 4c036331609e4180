package rules_test

import (
	"testing"

	"candor/rules"
)

func TestNearest(t *testing.T) {
	names := []string{"after_choice", "before_choice", "cookie_lifetime", "severity", "select", "on", "in"}
	for word, want := range map[string]string{
		"sevirity": "severity", "Severity": "severity", "serevity": "severity", "afterchoice": "after_choice", "before_choise": "before_choice",
		"selct": "select", "colour": "", "": "", "ni": "", "cookie_table": "",
	} {
		if got := rules.Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := rules.DidYouMean("colour", names[5:]); got != "; expected one of in, on" {
		t.Errorf("DidYouMean = %q", got)
	}
}
