package html

import (
	"strings"

	"candor/reports"
)

// scoreView is a score with its sums in words.
type scoreView struct {
	S       reports.Score
	Shown   bool   // something was tested
	Got, Of string // weights, of which halves may count
}

func (l *language) score(s reports.Score) *scoreView {
	half := func(n int) string { return strings.TrimSuffix(l.Decimal(float64(n)/2, 1), l.must("lang.mark")+"0") }
	return &scoreView{S: s, Shown: s.Value >= 0, Got: half(s.Got), Of: half(s.Of)}
}
