package choice

import (
	"encoding/base64"
	"regexp"
	"strings"

	"candor/analyzer/consentstring"
	"candor/analyzer/flow/payload"
)

// Requests may say themselves that their data are to be used in a restricted
// way. That they say so is seen; that their recipient does so is not, so what is
// marked needs a person.
//
// The marks are those that the vendors document: Google consent mode (gcs, gcd)
// and its ads parameters (npa, rdp, ltd), Meta's data processing options (dpo),
// Microsoft's consent mode (asc), TikTok's limited data use, and the IAB's
// us_privacy string, GPP string (opt-outs of its US sections) and TCF string (v2,
// core segment).

var (
	usPrivacy = regexp.MustCompile(`^1[YyNn-][Yy][YyNn-]$`) // the third character: the person opted out of sale
	gcd       = regexp.MustCompile(`^1\d([a-z])\d([a-z])\d([a-z])\d([a-z])\d`)
)

// denied are letters of gcd: denied by default, denied by default and by the
// visitor, denied by the visitor alone, denied after it was granted.
const denied = "pqmu"

// mark says what of a request's parameter marks restricted use, "" nothing.
func mark(p payload.Pair) string {
	if len(p.Value) > 2000 {
		return ""
	}
	name, value := strings.ToLower(p.Name), strings.TrimSpace(p.Value)
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	restricted := false
	switch name {
	case "gcs":
		restricted = value == "G100"
	case "gcd":
		if m := gcd.FindStringSubmatch(value); m != nil {
			restricted = strings.Contains(denied, m[1]) && strings.Contains(denied, m[2])
		}
	case "npa", "rdp", "ltd":
		restricted = value == "1"
	case "dpo", "data_processing_options":
		restricted = strings.Contains(value, "LDU")
	case "asc":
		restricted = value == "D"
	case "limited_data_use":
		restricted = value == "true" || value == "1"
	case "us_privacy", "usprivacy", "usp", "us_privacy_string", "ccpa", "uspconsent":
		restricted = usPrivacy.MatchString(value)
	case "gdpr_consent", "gdprconsent", "tcf", "tcstring", "consent_string", "euconsent":
		if refusesAll(value) {
			return p.Name + " without a purpose"
		}
		return ""
	case "gpp", "gpp_string":
		if s, ok := consentstring.Read(value); ok && s.OptedOut() {
			return p.Name + " with an opt-out"
		}
		return ""
	}
	if !restricted {
		return ""
	}
	if len(value) > 24 {
		value = strings.ToValidUTF8(value[:24], "") + "…"
	}
	return p.Name + "=" + value
}

// refusesAll reads the core segment of a TCF string of version 2 and reports
// whether it allows no purpose, by consent or as a legitimate interest.
// https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework
func refusesAll(s string) bool {
	core, _, _ := strings.Cut(s, ".")
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(core, "="))
	const consents, end = 152, 200 // bits: 24 purposes by consent, then 24 by legitimate interest
	if err != nil || len(data)*8 < end || data[0]>>2 != 2 {
		return false
	}
	for bit := consents; bit < end; bit++ {
		if data[bit/8]&(0x80>>(bit%8)) != 0 {
			return false
		}
	}
	return true
}
