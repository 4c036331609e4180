package draft

import (
	"strings"

	"candor/reports/words"
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

// english says lifetimes and dates as reports do.
func english() *words.Language {
	l, err := words.For(words.English)
	if err != nil {
		panic(err) // the words are part of the program, and a test reads them
	}
	return l
}
