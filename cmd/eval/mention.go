package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"candor/analyzer/policy"
)

// mentionLabels are the labels of the mention task for each term.
var mentionLabels = map[string]string{
	"email": "Contact_E_Mail_Address", "phone": "Contact_Phone_Number", "postal_address": "Contact_Postal_Address", "zip_code": "Contact_ZIP", "password": "Contact_Password",
	"location": "Location", "approximate_location": "Location", "precise_location": "Location", "cookie_identifier": "Identifier_Cookie_or_similar_Tech",
	"ip_address": "Identifier_IP_Address", "device_identifier": "Identifier_Device_ID", "advertising_identifier": "Identifier_Ad_ID", "age": "Demographic_Age",
	"date_of_birth": "Demographic_Age", "gender": "Demographic_Gender", "address_book": "Contact_Address_Book",
}

// mentions: kinds of data that a segment names as such.
func mentions(m *measurement) error {
	c := newTally()
	measured := map[string]bool{"Contact_City": true}
	for _, l := range mentionLabels {
		measured[l] = true
	}
	type item struct {
		Text  string
		Label []string
	}
	list, err := lines[item](m, "app350.jsonl")
	if err != nil {
		return err
	}
	for i, s := range list {
		id := fmt.Sprint("block ", i/40) // the file names no policies; neighbours belong together
		doc := policy.Read(policy.Input{ID: id, MIMEType: "text/plain", Language: "en", Raw: []byte(s.Text)}, m.set)
		got := map[string]bool{}
		for _, named := range policy.NamedData(doc.Text, m.set) {
			if l := mentionLabel(named.ID, string([]rune(doc.Text)[named.Start:named.End])); l != "" {
				got[l] = true
			}
		}
		want := map[string]bool{}
		for _, l := range s.Label {
			if measured[l] {
				want[l] = true
			}
			if strings.HasPrefix(l, "Location_") {
				want["Location"] = true
			}
		}
		for _, l := range slices.Sorted(maps.Keys(measured)) {
			switch {
			case got[l] && want[l]:
				c.right(id)
			case got[l]:
				c.wrong(id)
				m.mistake("mention", id, "FALSE %s <- %.400s", l, s.Text)
			case want[l]:
				c.missed(id)
				m.mistake("mention", id, "MISSED %s <- %.400s", l, s.Text)
			}
		}
	}
	m.figure("mention", "F1", c, f1)
	return nil
}

// mentionLabel is the label of a named kind of data. The corpus has a label of
// its own for a city, and none for a country or region that is told: its
// Location is where a device is.
func mentionLabel(id, words string) string {
	l := mentionLabels[id]
	if id != "approximate_location" {
		return l
	}
	switch words := strings.ToLower(words); {
	case strings.Contains(words, "city"):
		return "Contact_City"
	case strings.Contains(words, "country"), strings.Contains(words, "region"):
		return ""
	}
	return l
}
