package consentstring

import (
	"strings"
	"testing"
)

// pack writes bits in base64url digits, as the strings do.
func pack(bits string) string {
	bits = strings.ReplaceAll(bits, " ", "")
	for len(bits)%6 != 0 {
		bits += "0"
	}
	var out strings.Builder
	for ; bits != ""; bits = bits[6:] {
		n := 0
		for _, c := range bits[:6] {
			n = n<<1 | int(c-'0')
		}
		out.WriteByte(digits[n])
	}
	return out.String()
}

// core is a TCF core with special features, purposes, interests and the lists of vendors.
func core(features, purposes, interests, vendors, vendorInterests string) string {
	pad := func(s string, n int) string { return s + strings.Repeat("0", n-len(s)) }
	return pack("000010" + strings.Repeat("0", 36+36) + "000000001010" + strings.Repeat("0", 152-6-72-12-12) + pad(features, 12) + pad(purposes, 24) + pad(interests, 24) + strings.Repeat("0", 13) + vendors + vendorInterests)
}

const noVendors = "0000000000000000 0"

func TestRead(t *testing.T) {
	bitfield := "0000000000000110 0 010100"
	ranges := "0000001000000000 1 000000000010 0 0000000000000111 1 0000000100000000 0000000100000001"
	given := core("01", "101", "01", bitfield, ranges)
	refused := core("", "", "", noVendors, noVendors)
	for _, tt := range []struct {
		name, text, want string
		consents, out    bool
	}{
		{"consent", given, "consent for purposes 1, 3 and 2 vendors (IAB numbers 2, 4); opted into special feature 2; legitimate interest for purpose 2 and 3 vendors (IAB numbers 7, 256, 257)", true, false},
		{"more segments", given + ".YAAAAAAAAAAA", "consent for purposes 1, 3 and 2 vendors (IAB numbers 2, 4); opted into special feature 2; legitimate interest for purpose 2 and 3 vendors (IAB numbers 7, 256, 257)", true, false},
		{"refused", refused, "no consent for any purpose", false, false},
		{"published example", "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA", "no consent for any purpose", false, false},
		{"in a GPP string", "DBABMA~" + given, "consent for purposes 1, 3 and 2 vendors (IAB numbers 2, 4); opted into special feature 2; legitimate interest for purpose 2 and 3 vendors (IAB numbers 7, 256, 257)", true, false},
		{"published GPP", "DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN", "no consent for any purpose; us_privacy: not opted out of sale", false, false},
		{"usnat opted out", header(7) + "~" + pack("000001 010101010101 010101 0000"), "usnat: opted out of sale, opted out of sharing, opted out of targeted advertising", false, true},
		{"usca did not", header(8) + "~" + pack("000001 010101 1010 00000000") + ".YA", "usca: not opted out of sale, not opted out of sharing", false, false},
		{"usut mixed", header(11) + "~" + pack("000001 01010101 0110"), "usut: opted out of sale, not opted out of targeted advertising", false, false},
		{"an unknown section", header(30) + "~BAAA", "nothing of a choice", false, false},
		{"a draft's header", header(24) + "~" + pack("011000 000001 000000 011011") + ".BRVg", "nothing of a choice", false, false},
		{"several states", "DBADh46e~BAQAAABA.QA~BAQAABA~BAgAAAEA.QA~BAQAAAQA.QA~BAQAAAQA.QA", "usca: opted out of sale; usva: opted out of sale; usct: not opted out of sale; ustn: opted out of sale; usmn: opted out of sale", false, false},
		{"us_privacy", "1YYN", "us_privacy: opted out of sale", false, true},
		{"us_privacy, no", "1ynn", "us_privacy: not opted out of sale", false, false},
		{"us_privacy, none", "1---", "nothing of a choice", false, false},
	} {
		s, ok := Read(tt.text)
		if !ok || s.Says() != tt.want || s.Consents() != tt.consents || s.OptedOut() != tt.out {
			t.Errorf("%s: %q, %t, consents %t, opted out %t; want %q", tt.name, s.Says(), ok, s.Consents(), s.OptedOut(), tt.want)
		}
	}
	for _, text := range []string{
		"", "1YYX", "2YYN", "CONSENT", "CPXxRfAPXxRfAAfKABENB", given[:40], "${GDPR_CONSENT_755}", "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "DBABMA", "DBABMA~", "DBABMA~x~y", "D~", "DBAAAA", header(7) + "~B",
		header(7) + "~" + pack("000001 010101010101 110101"), core("", "1", "", "0000000000000110 1 000000000001 0 0000000000001111", noVendors), strings.Repeat("C", MaxLength+1),
	} {
		if s, ok := Read(text); ok && text != "DBAAAA" {
			t.Errorf("%q was read: %+v", text, s)
		}
	}
}

// writtenBy are strings that IAB Tech Lab's own library, @iabgpp/cmpapi 3.2.0,
// writes for each US section when every notice was given, the visitor opted out
// of sale, and did not opt out of sharing and targeted advertising.
var writtenBy = []struct{ section, text string }{
	{"usnat", "DBABLA~CVVaAAAAAABA.QA"}, {"usca", "DBABBg~BVYAAABA.QA"}, {"usva", "DBABRg~BVYAABA"}, {"usco", "DBABJg~BVYAAEA.QA"},
	{"usut", "DBABFg~BVWAAAQA"}, {"usct", "DBABVg~BVYAAAEA.QA"}, {"usfl", "DBABAw~BVYAAABA"}, {"usmt", "DBABQw~BVYAAABA.QA"},
	{"usor", "DBABIw~BVYAAAABAA.QA"}, {"ustx", "DBABEw~BVYAAAQA.QA"}, {"usde", "DBABUw~BVYAAAABAA.QA"}, {"usia", "DBABCw~BVWAAAQA.QA"},
	{"usne", "DBABSw~BVYAAAQA.QA"}, {"usnh", "DBABKw~BVYAAABA.QA"}, {"usnj", "DBABAYA~BVYAAAAAQA.QA"}, {"ustn", "DBABQYA~BVYAAAQA.QA"},
	{"usmn", "DBABIYA~BVYAAAQA.QA"}, {"usmd", "DBABEYA~BRVg.QA"}, {"usin", "DBABUYA~BRVg.AAA"}, {"usky", "DBABCYA~BRVg.AAA"}, {"usri", "DBABSYA~BRVg.AAA"},
}

func TestUSSections(t *testing.T) {
	if len(writtenBy) != len(layouts) {
		t.Errorf("%d strings for %d sections", len(writtenBy), len(layouts))
	}
	for _, tt := range writtenBy {
		want := OptOut{Section: tt.section, Sale: OptedOut, Advertising: NotOptedOut}
		switch tt.section {
		case "usnat":
			want.Sharing = NotOptedOut
		case "usca":
			want.Sharing, want.Advertising = NotOptedOut, NotApplicable
		}
		if s, ok := Read(tt.text); !ok || len(s.OptOuts) != 1 || s.OptOuts[0] != want {
			t.Errorf("%s: %+v, %t", tt.text, s.OptOuts, ok)
		}
	}
}

// header is a GPP header with one section.
func header(id int) string {
	fib := []int{1, 2, 3, 5, 8, 13, 21}
	code := ""
	for i := len(fib) - 1; i >= 0; i-- {
		switch {
		case fib[i] <= id:
			id -= fib[i]
			code = "1" + code
		case code != "":
			code = "0" + code
		}
	}
	return pack("000011 000001 000000000001 0 " + code + "1")
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"1YNN", "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA", "DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN", header(7) + "~BVVVkkkkkpFY.Y", "DB____~_", "C" + strings.Repeat("_", 200)} {
		f.Add(s)
	}
	for _, w := range writtenBy {
		f.Add(w.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Read(s)
		if len(got.Says()) > 2000 {
			t.Errorf("%q says %d bytes", s, len(got.Says()))
		}
		if ok && got.Kind == "" {
			t.Errorf("%q is of no kind", s)
		}
	})
}
