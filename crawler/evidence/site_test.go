package evidence

import "testing"

func TestSite(t *testing.T) {
	for host, want := range map[string]string{
		"www.example.com": "example.com", "EXAMPLE.com.": "example.com", "a.b.example.co.uk": "example.co.uk", "example.co.uk": "example.co.uk",
		"co.uk": "co.uk", "shop.github.io": "shop.github.io", "a.shop.github.io": "shop.github.io", "github.io": "github.io",
		"localhost": "localhost", "127.0.0.1": "127.0.0.1", "10.0.0.1": "10.0.0.1", "[2001:db8::1]": "[2001:db8::1]", "2001:db8::1": "2001:db8::1",
		"www.shop.test": "shop.test", "www.müller.de": "müller.de", "": "", ".": "", "..": ".",
	} {
		if got := Site(host); got != want {
			t.Errorf("Site(%q) = %q, want %q", host, got, want)
		}
	}
}
