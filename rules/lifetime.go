package rules

import (
	"math"
	"strconv"
	"strings"
)

// days per unit of a lifetime; a month is a twelfth of 365 days, a year 365.
var lifetimeUnits = []struct {
	suffix string
	days   float64
}{
	{"mo", 365.0 / 12}, // before "m"
	{"s", 1.0 / 86400},
	{"m", 1.0 / 1440},
	{"h", 1.0 / 24},
	{"d", 1},
	{"w", 7},
	{"y", 365},
}

// LifetimeDays reads a lifetime as the files write it: "session" is 0 days,
// else a positive number and a unit: s, m (minutes), h, d, w, mo, y. It reports
// false for anything else, the empty text included.
func LifetimeDays(s string) (days float64, ok bool) {
	if s == "session" {
		return 0, true
	}
	for _, u := range lifetimeUnits {
		number, found := strings.CutSuffix(s, u.suffix)
		if !found {
			continue
		}
		if number == "" || strings.Trim(number, "0123456789.") != "" {
			return 0, false
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || n <= 0 || math.IsInf(n, 0) {
			return 0, false
		}
		return n * u.days, true
	}
	return 0, false
}
