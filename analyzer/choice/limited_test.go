package choice

import (
	"encoding/base64"
	"strings"
	"testing"

	"candor/analyzer/flow/payload"
)

// tcf makes the core segment of a TCF string that allows these purposes by
// consent, counted from 1; from 25 on as a legitimate interest.
func tcf(version byte, purposes ...int) string {
	data := make([]byte, 30)
	data[0] = version << 2
	for _, p := range purposes {
		bit := 152 + p - 1
		data[bit/8] |= 0x80 >> (bit % 8)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func TestMark(t *testing.T) {
	for _, x := range []struct{ name, value, want string }{
		{"gcs", "G100", "gcs=G100"},
		{"gcs", "G111", ""},
		{"gcs", "G101", ""}, // analytics is allowed
		{"gcd", "13p3p3p3p5l1", "gcd=13p3p3p3p5l1"},
		{"gcd", "13q3q3q3q5l1", "gcd=13q3q3q3q5l1"},
		{"gcd", "13l3l3l3l1l1", ""}, // nothing was said
		{"gcd", "13t3q3t3t5l1", ""}, // ads are allowed
		{"npa", "1", "npa=1"},
		{"npa", "0", ""},
		{"rdp", "1", "rdp=1"},
		{"ltd", "1", "ltd=1"},
		{"dpo", "LDU", "dpo=LDU"},
		{"data_processing_options", `["LDU"]`, `data_processing_options=["LDU"]`},
		{"data_processing_options", "[]", ""},
		{"asc", "D", "asc=D"},
		{"asc", "G", ""},
		{"context.limited_data_use", "true", "context.limited_data_use=true"},
		{"us_privacy", "1YYN", "us_privacy=1YYN"},
		{"us_privacy", "1YNN", ""},
		{"us_privacy", "1---", ""},
		{"gdpr_consent", tcf(2), "gdpr_consent without a purpose"},
		{"gdpr_consent", tcf(2) + ".YAAAAAAAAAAA", "gdpr_consent without a purpose"},
		{"gdpr_consent", tcf(2, 1), ""},
		{"gdpr_consent", tcf(2, 24), ""},
		{"gdpr_consent", tcf(2, 31), ""}, // a legitimate interest
		{"gdpr_consent", tcf(1), ""},
		{"gdpr_consent", "CPokus", ""},
		{"gdpr_consent", "", ""},
		{"color", "G100", ""},
	} {
		if got := mark(payload.Pair{Name: x.name, Value: x.value}); got != x.want {
			t.Errorf("%s=%s: %q, want %q", x.name, x.value, got, x.want)
		}
	}
}

func FuzzMark(f *testing.F) {
	f.Add("gdpr_consent", tcf(2, 3))
	f.Add("gcd", "13p3p3p3p5l1")
	f.Add("us_privacy", "1YYN")
	f.Add("a.b.dpo", "LDU\x80\xff")
	f.Fuzz(func(t *testing.T, name, value string) {
		if got := mark(payload.Pair{Name: name, Value: value}); len(got) > len(name)+len(" without a purpose")+30 {
			t.Errorf("%q of %q=%q is long", got, name, value)
		} else if got != "" && !strings.HasPrefix(got, name) {
			t.Errorf("%q does not begin with %q", got, name)
		}
	})
}
