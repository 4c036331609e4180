package crawler

import (
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The values of a scan are the same whenever it is asked, no other scan's, and
// what forms take. What is never typed has none.
func TestCanaryValues(t *testing.T) {
	a, again, b := Fill{Seed: "shop.test-1"}.filling(), Fill{Seed: "shop.test-1"}.filling(), Fill{Seed: "shop.test-2"}.filling()
	patterns := map[string]string{
		"email": `^candor[a-z]{8}@candor\.example\.com$`, "name": `^Test[a-z]{6} Candor[a-z]{6}$`, "username": `^candor[a-z]{8}$`, "phone": `^\+1[2-9]\d\d55501\d\d$`,
		"postal_address": `^[1-9]\d{3} Candor[a-z]{6} Street$`, "date_of_birth": `^19[5-9]\d-0[1-9]-(1[3-9]|2\d)$`, "password": `^Candor-[a-z]{8}-\d{4}$`,
		"user_content": `privacy test by Candor, reference [a-z]{10}$`, "health": `^Candor test [a-z]{10}$`, "employment": `^Candor test [a-z]{10}$`,
	}
	values := map[string]string{}
	for kind, pattern := range patterns {
		v := a.Value(kind)
		if !regexp.MustCompile(pattern).MatchString(v) {
			t.Errorf("%s is %q", kind, v)
		}
		if v != again.Value(kind) {
			t.Errorf("%s is %q and then %q", kind, v, again.Value(kind))
		}
		if v == b.Value(kind) {
			t.Errorf("two scans have the same %s: %q", kind, v)
		}
		for other, w := range values {
			if strings.Contains(v, w) || strings.Contains(w, v) {
				t.Errorf("%s %q cannot be told from %s %q", kind, v, other, w)
			}
		}
		values[kind] = v
	}
	if _, err := mail.ParseAddress(a.Value("email")); err != nil {
		t.Error(err)
	}
	if _, err := time.Parse("2006-01-02", a.Value("date_of_birth")); err != nil {
		t.Error(err)
	}
	for _, kind := range []string{"", "payment_card", "bank_account", "government_id", "file_upload", "search_query", "age", "unknown"} {
		if v := a.Value(kind); v != "" {
			t.Errorf("%q is typed as %q", kind, v)
		}
	}
}
