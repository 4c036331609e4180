package reports_test

import (
	"testing"

	"candor/reports"
)

func TestReproduce(t *testing.T) {
	rep := &reports.Report{Site: reports.Site{URL: "https://www.a.test/"}, Coverage: reports.Coverage{States: []string{"none"}}}
	for _, c := range []struct {
		pages, states []string
		want          string
	}{
		{nil, nil, "candor scan --pages 1 --states none https://www.a.test/"},
		{[]string{"https://www.a.test/x?q=1&b=$(id)"}, []string{"none", "reject"}, "candor scan --pages 1 --states none,reject 'https://www.a.test/x?q=1&b=$(id)'"},
		{[]string{"https://www.a.test/x?mail=~75cbdec6"}, nil, "candor scan --pages 1 --states none https://www.a.test/x"},
		{[]string{"javascript:alert(1)", "https://a.test/it's"}, nil, `candor scan --pages 1 --states none 'https://a.test/it'\''s'`},
	} {
		if got := reports.Reproduce(rep, reports.Finding{Pages: c.pages, States: c.states}); got != c.want {
			t.Errorf("of %q in %q: %s, want %s", c.pages, c.states, got, c.want)
		}
	}
}
