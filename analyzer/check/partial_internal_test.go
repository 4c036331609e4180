package check

import "testing"

// TestEveryComparisonSaysWhatItRestsOn: otherwise it would take what another
// tool's recording lacks for something that did not happen.
func TestEveryComparisonSaysWhatItRestsOn(t *testing.T) {
	for name := range comparisons {
		if len(restsOn[name]) == 0 {
			t.Errorf("%s is not in restsOn", name)
		}
	}
	for name := range restsOn {
		if comparisons[name].compare == nil {
			t.Errorf("restsOn has %q, which is no comparison", name)
		}
	}
}
