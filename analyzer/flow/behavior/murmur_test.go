package behavior

import (
	"fmt"
	"testing"
)

// The values are those that the reference implementation's verification gives.
func TestMurmur(t *testing.T) {
	for _, c := range []struct {
		text string
		seed uint32
		want string
	}{
		{"", 0, "00000000"}, {"", 1, "514e28b7"}, {"test", 0, "ba6bd213"}, {"Hello, world!", 0, "c0363e43"}, {"The quick brown fox jumps over the lazy dog", 0, "2e4ff723"},
	} {
		if got := fmt.Sprintf("%08x", murmur32([]byte(c.text), c.seed)); got != c.want {
			t.Errorf("murmur32(%q, %d) = %s, want %s", c.text, c.seed, got, c.want)
		}
	}
	for text, want := range map[string]string{
		"": "00000000000000000000000000000000", "The quick brown fox jumps over the lazy dog": "e34bbc7bbc071b6c7a433ca9c49a9347",
	} {
		h1, h2 := murmur128([]byte(text))
		if got := fmt.Sprintf("%016x%016x", h1, h2); got != want {
			t.Errorf("murmur128(%q) = %s, want %s", text, got, want)
		}
	}
}
