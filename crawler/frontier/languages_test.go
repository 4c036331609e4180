package frontier_test

import (
	"testing"

	"candor/crawler/frontier"
	"candor/rules"
)

// Links as footers have them, by text or by address alone, with the words of
// the rules: which kind of notice is the likeliest, or "" for none. Below 70 a
// page is read as a notice only where nothing better names a privacy policy.
func TestNoticesInLanguages(t *testing.T) {
	s := realScorer(t)
	for _, tt := range []struct{ text, path, want string }{
		{"Privacy Policy", "/p/1", "privacy"}, {"Privacy notice", "/x", "privacy"}, {"Privacy & Cookies", "/x", "privacy"}, {"Your privacy", "/x", "privacy"},
		{"", "/legal/privacy", "privacy"}, {"More", "/privacy-policy.html", "privacy"}, {"here", "/about/PrivacyStatement.aspx", "privacy"},
		{"Datenschutz", "/x", "privacy"}, {"Datenschutzerklärung", "/x", "privacy"}, {"Datenschutzhinweise", "/x", "privacy"}, {"", "/de/datenschutz", "privacy"},
		{"Politique de confidentialité", "/x", "privacy"}, {"Confidentialité", "/x", "privacy"}, {"Protection des données personnelles", "/x", "privacy"}, {"", "/fr/politique-de-confidentialite", "privacy"},
		{"Política de privacidad", "/x", "privacy"}, {"Aviso de privacidad", "/x", "privacy"}, {"Protección de datos", "/x", "privacy"}, {"", "/es/politica-de-privacidad", "privacy"},
		{"Informativa sulla privacy", "/x", "privacy"}, {"Informativa privacy", "/x", "privacy"}, {"Privacyverklaring", "/x", "privacy"}, {"Privacybeleid", "/x", "privacy"},
		{"Política de privacidade", "/x", "privacy"}, {"Aviso de privacidade", "/x", "privacy"}, {"Polityka prywatności", "/x", "privacy"}, {"Integritetspolicy", "/x", "privacy"},
		{"Privatlivspolitik", "/x", "privacy"}, {"Personvern", "/x", "privacy"}, {"Tietosuojaseloste", "/x", "privacy"}, {"Ochrana osobních údajů", "/x", "privacy"},
		{"プライバシーポリシー", "/x", "privacy"}, {"隐私政策", "/x", "privacy"}, {"개인정보처리방침", "/x", "privacy"}, {"Политика конфиденциальности", "/x", "privacy"},

		{"Cookie Policy", "/x", "cookie"}, {"Cookies", "/x", "cookie"}, {"Cookie-Richtlinie", "/x", "cookie"}, {"Politique de cookies", "/x", "cookie"}, {"Política de cookies", "/x", "cookie"},
		{"Informativa sui cookie", "/x", "cookie"}, {"Cookieverklaring", "/x", "cookie"}, {"Polityka cookies", "/x", "cookie"}, {"", "/legal/cookie-policy", "cookie"},

		{"California Privacy Notice", "/x", "state"}, {"Your California Privacy Rights", "/x", "state"}, {"Notice at Collection", "/x", "state"}, {"CCPA", "/ccpa", "state"},
		{"Consumer Health Data Privacy Policy", "/x", "state"}, {"U.S. State Privacy Notice", "/x", "state"},
		{"Children's Privacy Policy", "/x", "children"}, {"Kids' Privacy", "/x", "children"}, {"", "/childrens-privacy-policy", "children"},
		{"Applicant Privacy Notice", "/x", "applicants"}, {"Candidate Privacy Policy", "/x", "applicants"}, {"Datenschutz für Bewerber", "/x", "applicants"}, {"Job applicant privacy notice", "/x", "applicants"},
		{"Terms of Use", "/x", "terms"}, {"Terms & Conditions", "/x", "terms"}, {"AGB", "/x", "terms"}, {"Conditions générales d'utilisation", "/x", "terms"}, {"Términos y condiciones", "/x", "terms"},

		{"Cookie settings", "/x", ""}, {"Cookie-Einstellungen", "/x", ""}, {"Gérer mes cookies", "/x", ""}, {"Privacy settings", "/x", ""}, {"Do Not Sell or Share My Personal Information", "/x", ""},
		{"Your Privacy Choices", "/x", ""}, {"Imprint", "/x", ""}, {"Privacy screens for balconies", "/shop/privacy-screens", ""}, {"Security", "/security", ""},
		{"Cookie recipes", "/recipes/cookies-with-nuts", ""}, {"How to talk about privacy with your children", "/blog/privacy-talk", ""}, {"Accept all cookies", "/x", ""},
	} {
		best, score := "", 69
		for kind, n := range s.Scores("https://www.shop.test/", frontier.Candidate{URL: "https://www.shop.test" + tt.path, Text: tt.text, Region: "footer"}) {
			if n > score || n == score && kind < best {
				best, score = kind, n
			}
		}
		if best != tt.want {
			t.Errorf("%q at %s: %q with %d, want %q", tt.text, tt.path, best, score, tt.want)
		}
	}
}

// realScorer knows the words of the rules.
func realScorer(t *testing.T) *frontier.Scorer {
	t.Helper()
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	var words []frontier.KindWords
	for _, k := range set.Terms.PolicyLinks.Kinds {
		words = append(words, frontier.KindWords{Kind: k.Kind, Texts: k.Texts, Paths: k.Paths, Not: k.Not})
	}
	return frontier.NewScorer(words)
}
