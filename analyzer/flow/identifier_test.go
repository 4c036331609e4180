package flow

import (
	"strings"
	"testing"
)

func TestIdentifierLike(t *testing.T) {
	tests := []struct {
		value string
		want  bool
	}{
		{"GA1.1.842736519.1761998400", true},
		{"fb.1.1761998400123.482957103", true},
		{"8f14e45fceea167a5a36dedd4bea2543", true},
		{"0b5f2f0e-8c1b-4d6e-9f3a-2f1d0c9b8a7e", true},
		{"v1:Xy7kQ2mN9pLr4sT8", true},
		{"1761998400", false},    // a time in seconds
		{"1761998400123", false}, // in milliseconds
		{"20261101", false},
		{"1366x768", false},
		{"dark-mode-enabled", false},
		{"firefox156", false},
		{"JavaScriptEnabled", false},
		{"en-US,en;q=0.9", false},
		{"true", false},
		{"abc123", false},
		{"00000000", false},
		{"CPzHq4APzHq4AAHABBENDgCgAP_AAAAAAAYgF5wAQ", false}, // a TCF consent string
		{"necessary:true|marketing:false|8f14e45fceea167a", false},
		{"", false},
		{strings.Repeat("a1b2c3d4", 200), false},
	}
	for _, tt := range tests {
		if got := IdentifierLike(tt.value); got != tt.want {
			t.Errorf("IdentifierLike(%q) = %t, want %t", tt.value, got, tt.want)
		}
	}
}
