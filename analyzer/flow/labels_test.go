package flow

import (
	"testing"

	"candor/rules"
)

func embeddedBuilder(t testing.TB) *builder {
	t.Helper()
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	return newBuilder(set, NewSite([]string{"https://www.shop.test/"}, nil))
}

// TestLabelKinds reads keys as sites and tags name them. The near misses are
// keys of the same words that say nothing of a person.
func TestLabelKinds(t *testing.T) {
	b := embeddedBuilder(t)
	for _, tt := range []struct{ key, value, want string }{
		{"user.segment", "bargain-hunter", "segment"},
		{"visitorSegment", "vip", "segment"},
		{"audience_ids", "12,77", "segment"},
		{"traits.customAudience", "spring", "segment"},
		{"ksg", "r1abc,r2def", "segment"},
		{"up.loyalty_tier", "gold", "persona"},
		{"persona", "soccer-mum", "persona"},
		{"customerType", "returning", "persona"},
		{"isVip", "true", "persona"},
		{"ltv", "1250", "lifetime_value"},
		{"upn.lifetime_value", "1250", "lifetime_value"},
		{"rfm_segment", "champion", "lifetime_value"},
		{"custom.churn_risk", "high", "churn"},
		{"churnScore", "0.83", "churn"},
		{"purchase_propensity", "0.4", "propensity"},
		{"inMarket", "suv", "propensity"},
		{"household_income", "75-100k", "income"},
		{"hhi", "3", "income"},
		{"ageGroup", "35-44", "age_group"},
		{"user.age_range", "35-44", "age_group"},
		{"leadScore", "72", "lead_score"},
		{"lead.grade", "B", "lead_score"},
		{"cohort", "2026-w44", "cohort"},
		{"brandAffinity", "acme", "interest"},
		{"interests", "boots", "interest"},
		{"lifeStage", "empty-nest", "household"},
		{"credit_band", "fair", "credit_risk"},
		{"patient_segment", "diabetes", "health_inference"},
		{"kundengruppe", "stammkunde", "persona"},

		{"replay_recording.segment_id", "0", ""},
		{"sentryReplaySession.segmentId", "1", ""},
		{"segment_write_key", "Xy7k", ""},
		{"path.segment", "shoes", ""},
		{"auth0.audience", "shop-api", ""},
		{"audience", "https://api.shop.test/", ""},
		{"interest_rate", "3.9", ""},
		{"ApplicationGatewayAffinity", "8f14e45f", ""},
		{"lead_generation", "x", ""},
		{"pageGeneration", "static", ""},
		{"max_ltv", "80", ""},
		{"seg", "1", ""}, // Google Analytics: the session was engaged
		{"sentiment", "good", ""},
		{"scoreboard", "7", ""},
		{"score", "7", ""},
		{"type", "new", ""},
		{"persona", "false", ""},
		{"segment", "", ""},
		{"segment", "null", ""},
		{"interestingness", "9", ""},
		{"user.id", "77", ""},
		{"churnzero", "loaded", ""},
	} {
		got := ""
		if k := b.labelled.kind(tt.key); k != nil && k.fits(tt.value) {
			got = k.rule.Kind
		}
		if got != tt.want {
			t.Errorf("%s = %s: kind %q, want %q", tt.key, tt.value, got, tt.want)
		}
	}
}

func TestRedacted(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"vip", "vip"},
		{"35-44", "35-44"},
		{"0.83", "0.83"},
		{"jo@example.org", "(14 characters with an @)"},
		{"8f14e45fceea167a5a36dedd4bea2543", "(a hash)"},
		{"u-8f14e45fceea167a", "(18 characters that look unique)"},
		{"sports,travel,cooking,gardening,diy,home", "(a list of 6)"},
		{"a long text that somebody wrote into a field", "(44 characters)"},
	} {
		if got := redacted(tt.value); got != tt.want {
			t.Errorf("redacted(%q) = %q, want %q", tt.value, got, tt.want)
		}
	}
}

// FuzzLabel reads hostile keys and values.
func FuzzLabel(f *testing.F) {
	f.Add("user.segment", "vip")
	f.Add("a.b.c.d.churnRisk", `{"x":1}`)
	f.Add("\xff..", "\x00")
	b := embeddedBuilder(f)
	f.Fuzz(func(t *testing.T, key, value string) {
		if k := b.labelled.kind(key); k != nil && k.fits(value) && len(redacted(value)) > 4*maxShown+40 {
			t.Errorf("%q is shown as %q", value, redacted(value))
		}
	})
}
