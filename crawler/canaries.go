package crawler

import (
	"crypto/sha256"
	"fmt"
	"time"

	"candor/crawler/browser"
	"candor/crawler/evidence"
)

// Fill says how forms are filled in. See browser.Filling for what is never done.
type Fill struct {
	// Seed makes the values: the same seed gives the same ones. The scan's id.
	Seed string
	// Kind returns the data type that a control asks for, "" when it is not known.
	Kind func(*evidence.Form, *evidence.Field) string
}

// filling makes the values of a scan. They can be told from what people enter, at
// a glance and by a search, and they are nobody's: the address is below
// example.com (RFC 2606), which takes no mail and which validators accept; the
// number is one of those that the North American numbering plan keeps for
// fiction (555-0100 to 555-0199).
//
// Payment cards, bank accounts, identity numbers, files, searches and choices
// get none.
func (f Fill) filling() browser.Filling {
	v := fakes{seed: f.Seed}
	values := map[string]string{
		"email":          "candor" + v.word("email", 4) + "@candor.example.com",
		"name":           "Test" + v.word("first name", 3) + " Candor" + v.word("last name", 3),
		"username":       "candor" + v.word("username", 4),
		"phone":          "+1" + phoneAreas[v.number("area", len(phoneAreas))] + "55501" + fmt.Sprintf("%02d", v.number("phone", 100)),
		"postal_address": fmt.Sprintf("%d Candor%s Street", 1000+v.number("house", 9000), v.word("street", 3)),
		"date_of_birth":  time.Date(1950+v.number("year", 45), time.Month(1+v.number("month", 9)), 13+v.number("day", 16), 0, 0, 0, 0, time.UTC).Format("2006-01-02"),
		"password":       "Candor-" + v.word("password", 4) + fmt.Sprintf("-%04d", v.number("password", 10000)),
		"user_content":   "This is a privacy test by Candor, reference " + v.word("text", 5),
	}
	// What is only a text to a form says what it was asked for.
	for _, kind := range []string{
		"health", "sexual_orientation", "ethnicity", "religion", "political_opinion", "employment", "education", "child_data", "social_profile", "professional_information",
	} {
		values[kind] = "Candor test " + v.word(kind, 5)
	}
	return browser.Filling{Kind: f.Kind, Value: func(kind string) string { return values[kind] }}
}

// phoneAreas are area codes of the North American numbering plan.
var phoneAreas = []string{"202", "206", "212", "213", "303", "305", "312", "404", "415", "503", "512", "602", "612", "617", "702", "713", "801", "904", "916", "972"}

// fakes draws from a seed.
type fakes struct{ seed string }

func (f fakes) draw(what string) [32]byte {
	return sha256.Sum256([]byte("candor canary\x00" + f.seed + "\x00" + what))
}

// number is at least 0 and below n.
func (f fakes) number(what string, n int) int {
	sum := f.draw(what)
	return (int(sum[0])<<16 | int(sum[1])<<8 | int(sum[2])) % n
}

// word is a word of that many syllables that means nothing.
func (f fakes) word(what string, syllables int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	sum := f.draw(what)
	var out []byte
	for i := range syllables {
		out = append(out, consonants[int(sum[2*i])%len(consonants)], vowels[int(sum[2*i+1])%len(vowels)])
	}
	return string(out)
}
