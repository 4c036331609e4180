package policy_test

import (
	"slices"
	"strings"
	"testing"

	"candor/analyzer/policy"
)

// TestNamedData holds which kinds of data a sentence names, and which words only
// look as if they did.
func TestNamedData(t *testing.T) {
	for sentence, want := range map[string]string{
		`Our servers note the Internet Protocol ("IP") address of each guest.`:            "ip_address",
		`They note the Media Access Control (MAC) address of your lamp.`:                  "device_identifier",
		`We keep the unique identifier of your device and an ID for advertising.`:         "device_identifier advertising_identifier",
		`We read your contacts, photos and messages.`:                                     "address_book photo user_content",
		`You may send a lamp to your contacts.`:                                           "",
		`Lamps are held to the law of the state or country where they are sold.`:          "",
		`We ask for your country of residence.`:                                           "approximate_location",
		`We note your name and country of residence.`:                                     "name approximate_location",
		`We tell you of it by some other means, such as email.`:                           "",
		`You get a Lampyard email once a week, and email alerts.`:                         "",
		`Your orders hold a phone number and an email address.`:                           "phone email",
		`The app wants your phone's storage and runs on a mobile phone or tablet.`:        "",
		`You can change your password in the shop.`:                                       "",
		`We ask for a password and the answer to a secret question.`:                      "password",
		`The list may hold your device name, your geographic position and your surname.`:  "device_information location name",
		`An IP address is a unique address of a tablet.`:                                  "ip_address",
		`Our rooms have password protection and a password-only door.`:                    "",
		`We find people whom you know by your phone book or the contacts on your device.`: "address_book",
	} {
		var got []string
		for _, n := range policy.NamedData(sentence, set(t)) {
			if !slices.Contains(got, n.ID) {
				got = append(got, n.ID)
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q names %q, want %q", sentence, s, want)
		}
	}
}

// What "this data" includes is taken in as the sentence before says, also when
// a later part of the list speaks of use.
func TestThisDataIncludes(t *testing.T) {
	doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/plain", Language: "en", Raw: []byte(
		"When a lamp breaks we collect data on your tablet that we call Log Data. This Log Data may include your IP address, the settings of the lamp when using our shop, and your time zone.")}, set(t))
	for _, st := range doc.Statements {
		if st.Action == "collect" && slices.Contains(st.DataTypes, "ip_address") && slices.Contains(st.DataTypes, "time_zone") {
			return
		}
	}
	t.Errorf("the list is not read as collected: %+v", doc.Statements)
}

// Where a statement's data stand: those of its own verb only, and the broad
// word that its list explains among them.
func TestPlacesOfData(t *testing.T) {
	doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/plain", Language: "en", Raw: []byte(
		"We collect information such as your name; your e-mail address, and we sell lamps to those who gave us their name. We share your information with florists.")}, set(t))
	var got []string
	for _, st := range doc.Statements {
		for _, d := range st.Data {
			got = append(got, st.Action+" "+string([]rune(doc.Text)[d.Start:d.End]))
		}
	}
	if want := []string{"collect information", "collect your name", "collect e-mail address", "share your information"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
