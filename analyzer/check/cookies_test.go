package check

import (
	"testing"

	"candor/analyzer/policy"
)

// FuzzTable reads cookie names as tables write them: no panic, and a plain name
// declares itself.
func FuzzTable(f *testing.F) {
	for _, seed := range []string{"_ga_*", "_gat_UA-xxxx-y, _gid", "<a><b>", "[[x]]", "***", "(((", "a\x00b", "é_<id>", "__Host-x", "xx", "{"} {
		f.Add(seed, "_ga_ABC123")
	}
	f.Fuzz(func(t *testing.T, name, cookie string) {
		rows := declarations([]*policy.Document{{Cookies: []policy.CookieDeclaration{{Name: name}}}})
		if _, got := newTable(rows).declaring(cookie); got == "" && name == cookie && len(rows) > 0 && len(rows[0].names) == 1 && rows[0].names[0].text == name {
			t.Errorf("%q does not declare itself", name)
		}
	})
}

func TestTooLong(t *testing.T) {
	tests := []struct {
		observed, stated float64
		want             bool
	}{
		{400, 30, true}, {30, 30, false}, {31.5, 30, false}, {32.6, 30, true}, {383, 365, false}, {400, 365, true}, {0.5, 0, false}, {2, 0, true}, {730, 730, false},
	}
	for _, tt := range tests {
		if got := tooLong(tt.observed, tt.stated, 1.05, 1); got != tt.want {
			t.Errorf("tooLong(%g, %g) = %t", tt.observed, tt.stated, got)
		}
	}
}
