package scenario_test

import (
	"context"
	"testing"

	"candor/analyzer/scenario"
)

// BenchmarkRun is one scenario: write, read, analyse with every rule, compare.
func BenchmarkRun(b *testing.B) {
	set, _ := load(b)
	list, err := scenario.Read("example.yaml", example(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := list[0].Run(context.Background(), set, "CORE-01"); err != nil {
			b.Fatal(err)
		}
	}
}
