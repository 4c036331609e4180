package draft

import (
	"fmt"
	"strings"
	"time"
)

// plainWords are types of data as a notice says them to a reader.
var plainWords = map[string]string{
	"ip_address": "your IP address", "user_agent": "which browser and device you use", "device_identifier": "an identifier of your device", "cookie_identifier": "an identifier in a cookie",
	"advertising_identifier": "an advertising identifier", "device_fingerprint": "a fingerprint of your device", "page_url": "the addresses of the pages you visit", "browsing_history": "the pages you visit",
	"referrer": "the page you came from", "search_query": "what you search for", "interaction_events": "what you click and do on our pages", "session_recording": "a recording of your visit",
	"keystrokes": "what you type", "screen_properties": "the size of your screen", "time_zone": "your time zone", "language": "your language", "approximate_location": "roughly where you are",
	"precise_location": "where exactly you are", "name": "your name", "email": "your e-mail address", "email_hash": "a hash of your e-mail address", "phone": "your phone number", "phone_hash": "a hash of your phone number",
	"postal_address": "your postal address", "zip_code": "your postal code", "date_of_birth": "your date of birth", "age": "your age", "gender": "your gender", "password": "your password", "payment_card": "your card's details",
	"bank_account": "your bank account", "government_id": "an official identity number", "health": "data about your health", "purchase_history": "what you buy", "user_content": "what you write to us",
	"file_upload": "files that you upload", "photo": "a photo of you", "social_profile": "your social media profile", "inferred_profile": "what is inferred about you", "employment": "data about your work", "education": "data about your education", "income": "your income",
	"child_data": "data about a child", "ethnicity": "your ethnic origin", "religion": "your religion", "political_opinion": "your political opinions", "sexual_orientation": "your sexual orientation", "biometric": "biometric data",
}

func said(id string) string {
	if s, ok := plainWords[id]; ok {
		return s
	}
	return strings.ReplaceAll(id, "_", " ")
}

// span says a number of days.
func span(days float64) string {
	say := func(n float64, unit string) string {
		text := strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
		if text == "1" {
			return "1 " + unit
		}
		return text + " " + unit + "s"
	}
	switch {
	case days*24*60 < 120:
		return say(max(1, float64(int(days*24*60+0.5))), "minute")
	case days < 2:
		return say(float64(int(days*24+0.5)), "hour")
	case days < 90:
		return say(float64(int(days+0.5)), "day")
	case days < 700:
		return say(float64(int(days/30.44+0.5)), "month")
	}
	return say(days/365.25, "year")
}

func day(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.UTC().Format("2 January 2006")
}
