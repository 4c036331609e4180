// Package reporttest holds analyses for the tests of reports: a fictional
// shop's story, the same with hostile text in every field, and a large one.
// Nothing in it comes from a real site.
package reporttest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/analyzer/flow"
	"candor/analyzer/flow/behavior"
	"candor/analyzer/policy"
	"candor/crawler/evidence"
	"candor/rules"
)

const home = "https://www.lantern-shop.test/"

var states = []evidence.State{"none", "reject", "accept"}

// Shop is the story of a lamp shop: its policy denies advertising cookies that
// it sets, names its analytics, and forgets its chat and its newsletter.
func Shop() *analyzer.Analysis {
	at := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	a := &analyzer.Analysis{
		Meta: evidence.Meta{
			Schema: evidence.Schema, ScanID: "s-20261120-093000", Tool: evidence.Tool{Name: "candor", Version: "0.1.0"},
			Browser: evidence.Browser{Product: "Chrome/156.0.8078.73", Headless: true, UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
				Sandbox: true, ThirdPartyCookies: "allowed", Viewport: "1366x768", Language: "en-US,en"},
			URLs: []string{home}, OwnDomains: []string{"lantern-cdn.test"}, States: states,
			Options:   evidence.Settings{Pages: 20, Depth: 5, Tabs: 2, RespectRobots: true, PageTimeoutMS: 20000},
			StartedAt: at, FinishedAt: at.Add(214 * time.Second), Complete: true,
		},
		RulesVersion: "sha256:4f1c0a9be27d", Entity: "Lantern Shop, Inc.",
		Gaps: []evidence.Gap{
			{What: "page https://www.lantern-shop.test/account", Why: "The page asks for a log-in; nothing behind it was seen.", Kind: "http_status", Page: "https://www.lantern-shop.test/account", State: "none"},
			{What: "page https://www.lantern-shop.test/gift-finder", Why: "The page did not answer within 20 seconds.", Kind: "timeout", State: "accept"},
			{What: "the consent banner on https://careers.lantern-shop.test/", Why: "No control that refuses was found, so the state “reject” was not tested there.", Kind: "other", State: "reject"},
		},
		NamedVendors: map[string]bool{"google-analytics": true, "stripe": true, "cloudflare": true, "youtube": true, "meta-pixel": true},
		Declared:     map[string]string{"cookie/_ga": "_ga", "cookie/_ga_X1": "_ga_*", "cookie/lantern_cart": "lantern_cart"},
		Disclosures:  map[string]check.Disclosure{},
	}
	a.Pages, a.Documents = pages(at), documents()
	vendors(a)
	flows(a)
	cookies(a)
	a.Seen.Storage = []flow.StorageItem{
		{ID: "storage/1", Kind: "local", Origin: "https://www.lantern-shop.test", Key: "_hjSessionUser_31", Vendor: "hotjar", Identifier: true, SetBy: script("https://static.hotjar.test/c/hotjar-31.js"), States: states[2:], Pages: []string{home}},
		{ID: "storage/2", Kind: "indexeddb", Origin: "https://widget.chatterbox.test", Key: "chat/visitor", Vendor: "chatterbox.test", Identifier: true, SetBy: script("https://widget.chatterbox.test/w.js"), States: states, Pages: []string{home}},
		{ID: "storage/3", Kind: "local", Origin: "https://www.lantern-shop.test", Key: "theme", Vendor: "lantern-shop.test", SetBy: script(home + "app.js"), States: states, Pages: []string{home}},
	}
	a.Seen.Forms = []flow.Form{
		{ID: "p0003.none/f01", Page: "p0003.none", State: "none", Action: "http://lists.mailpigeon.test/subscribe", Method: "post", ActionParty: "third", ActionVendor: "mailpigeon.test", Heading: "Ten per cent off your first lamp", Prechecked: []string{"Send me offers from partners"},
			Fields: []flow.Field{{Name: "EMAIL", Label: "Your email", Type: "email", DataType: "email", Required: true}, {Name: "bday", Label: "Birthday", Type: "date", DataType: "date_of_birth", Sensitive: false}, {Name: "optin", Label: "Send me offers from partners", Type: "checkbox"}}},
		{ID: "p0004.none/f01", Page: "p0004.none", State: "none", Action: home + "checkout/pay", Method: "post", ActionParty: "first", Secure: true, PolicyLinkNear: home + "privacy", Heading: "Checkout",
			Fields: []flow.Field{{Name: "name", Label: "Full name", Type: "text", DataType: "name", Required: true}, {Name: "addr", Label: "Street", Type: "text", DataType: "postal_address", Required: true}, {Name: "card", Label: "Card number", Type: "text", DataType: "payment_card", Sensitive: true, Required: true}}},
	}
	a.Terms = &rules.Terms{
		DataTypes: []rules.DataType{{ID: "payment_card", Name: "payment card", Sensitive: true}, {ID: "ip_address", Name: "IP address"}},
		Principles: []rules.Principle{
			{ID: "where", Question: "Where on the site are data collected?", Ask: []string{"marketing", "product"}, Seen: "places", Answers: []string{"sources"}, Rules: []string{"CORE-16"}},
			{ID: "use", Question: "Who receives them, and for what use?", Ask: []string{"marketing", "legal"}, Seen: "uses", Answers: []string{"recipients"}, Rules: []string{"CORE-01", "CORE-02", "CORE-19"}},
			{ID: "choice", Question: "Is there a choice, and does it work and last?", Ask: []string{"engineering"}, Seen: "choices", Answers: []string{"choices"}, Rules: []string{"CORE-15"}},
			{ID: "sensitive", Question: "Are sensitive data kept out of advertising without express consent?", Ask: []string{"marketing"}, Seen: "sensitive", Answers: []string{"children"}, Packs: []string{"us-kids"}},
			{ID: "profiling", Question: "Are visitors profiled or labelled, without their name too?", Ask: []string{"marketing"}, Seen: "labels", Answers: []string{"transfers"}, Rules: []string{"CORE-04"}},
		},
	}
	people(a)
	read(a)
	a = finish(a)
	choices(a)
	return a
}

// read is what the notices say to three questions, and what a second reader
// said of two sentences.
func read(a *analyzer.Analysis) {
	d := a.Documents[0]
	says := func(i int, says string) analyzer.Passage {
		s := d.Statements[i]
		return analyzer.Passage{Document: d.ID, Passage: policy.Passage{Says: says, Quote: s.Quote, Start: s.Start, End: s.End}}
	}
	browser := says(6, "browser")
	browser.Links = d.Choices[0].Links
	a.Answers = []analyzer.Answer{
		{ID: "recipients", Question: "Who receives data, by name?", Found: true, Passages: []analyzer.Passage{says(1, "Stripe"), says(2, "Google Analytics"), says(7, "Vimeo")}, Left: 2},
		{ID: "choices", Question: "Which choices do people have, and where?", Found: true, Passages: []analyzer.Passage{browser}},
		{ID: "transfers", Question: "Are data transferred to other countries?"},
		{ID: "children", Question: "What is said of children?", NotRead: []string{"the text is Dutch, which is not read"}},
	}
	opinion := func(model, question, says, text string) analyzer.Opinion {
		return analyzer.Opinion{Question: question, Opinion: evidence.Opinion{Model: model, Endpoint: "http://127.0.0.1:11434/v1", Says: says, Text: text, AskedAt: a.Meta.FinishedAt}}
	}
	a.Opinions = map[string][]analyzer.Opinion{
		"d01.s0004": {opinion("tiny-1b", "Does the sentence cover that Meta Pixel receives this: Hashed e-mail address?", "no", "It denies sharing the address with advertisers.")},
		"d01.s0006": {opinion("tiny-1b", "Does the sentence cover that Cloudflare receives this: IP address?", "unclear", "")},
	}
	a.SecondReader = analyzer.SecondReader{Models: []string{"tiny-1b"}, Endpoints: []string{"http://127.0.0.1:11434/v1"}, Answered: 2, Failed: 1, Unasked: 3}
}

// people is what says most of a visitor: labels, sensitive places, and what was
// typed and left.
func people(a *analyzer.Analysis) {
	meta := flow.Recipient{Vendor: "meta-pixel", Entity: "Meta Platforms, Inc.", Domain: "facebook.test", Party: flow.Third}
	a.Seen.Leaks = []flow.Leak{
		{ID: "l-1", Kind: "email", DataType: "email_hash", Chain: []string{"lower case", "SHA-256"}, Detail: "email, SHA-256 of lower case, in parameter udff[em]", Recipient: meta, Channel: "request", Script: "https://connect.facebook.test/en_US/fbevents.js", Direct: true, States: states[2:], Pages: []string{home + "newsletter"}, Evidence: []string{"p0003.accept/r0007"}, Sightings: 1},
		{ID: "l-2", Kind: "name", DataType: "name", Chain: []string{"as typed"}, Detail: "name, as typed, in parameter draft", Recipient: flow.Recipient{Vendor: "lantern-shop.test", Party: flow.First}, Channel: "request", Direct: true, States: states[:1], Pages: []string{home + "checkout"}},
	}
	by := []flow.Loader{{Manager: "google-tag-manager", Container: "GTM-LAMP", Scripts: []string{"https://www.googletagmanager.test/gtm.js?id=GTM-LAMP", "https://connect.facebook.test/en_US/fbevents.js"}}}
	for i, v := range a.Seen.Vendors {
		if v.ID == "meta-pixel" {
			a.Seen.Vendors[i].LoadedBy = by
		}
	}
	for i, f := range a.Seen.Flows {
		if f.Recipient.Vendor == "meta-pixel" && f.Channel == "request" {
			a.Seen.Flows[i].LoadedBy = by
		}
	}
	for i, c := range a.Seen.Cookies {
		if c.Name == "_fbp" {
			k := &a.Seen.Cookies[i]
			k.SetterVendor, k.SetterParty, k.LoadedBy, k.LifetimeDays, k.CappedDays, k.Partitioned = "meta-pixel", flow.Third, by, 730, 400, true
		}
	}
	a.Behaviors = []behavior.Behavior{
		{ID: "b-1", Kind: behavior.GeolocationRequest, Confidence: flow.Direct, Detail: "the page asked for the visitor's location", States: states[:1], Pages: []string{home + "contact"}, Evidence: []string{"p0006.none"}, Sightings: 1},
		{ID: "b-2", Kind: behavior.TrackingPixel, Script: "https://connect.facebook.test/en_US/fbevents.js", Vendor: "meta-pixel", Confidence: flow.Strong, Detail: "an image of one pixel or without content was asked for, with the page's address", States: states, Pages: []string{home, home + "checkout"}, Evidence: []string{"p0001.none/r0007", "p0004.none/r0007"}, Sightings: 9},
	}
	a.Seen.Labels = []flow.Label{
		{ID: "k-1", Source: "dataLayer", Key: "user.segment", Value: "bargain-hunter", Kind: "segment", SentTo: []string{"google-analytics", "meta-pixel"}, Pages: []string{home, home + "lamps/desk"}, States: states},
		{ID: "k-2", Source: "local storage", Key: "crm.churn_risk", Value: "high", Kind: "churn", SentTo: []string{}, Pages: []string{home}, States: states[:1]},
	}
	signals := []flow.Signal{{Source: "address", Text: "checkout"}, {Source: "field", Text: "payment_card"}, {Source: "title", Text: "checkout"}}
	a.Seen.Places = []flow.Place{{Page: home + "checkout", Classes: []flow.Class{{Class: "checkout", Signals: signals}}}}
	a.Seen.Forms[1].Classes = a.Seen.Places[0].Classes
	for i, f := range a.Seen.Flows {
		if slices.Contains(f.Pages, home+"checkout") {
			a.Seen.Flows[i].Places = []string{"checkout"}
		}
	}
}

func pages(at time.Time) []evidence.Page {
	var out []evidence.Page
	for i, p := range []struct{ path, title, kind string }{
		{"", "Lantern Shop: lamps that last", "home"}, {"lamps/desk", "Desk lamps", "product"}, {"newsletter", "Newsletter", "form"}, {"checkout", "Checkout", "checkout"},
		{"privacy", "Privacy policy", "policy"}, {"contact", "Contact", "contact"}, {"blog/led-or-halogen", "LED or halogen?", "blog"}, {"gift-finder", "Gift finder", "other"},
	} {
		for _, s := range states {
			id := fmt.Sprintf("p%04d.%s", i+1, s)
			page := evidence.Page{ID: id, URL: home + p.path, FinalURL: home + p.path, Title: p.title, Kind: p.kind, State: s, Status: 200, DurationMS: 1200 + int64(i)*140, Ended: "quiet", StartedAt: at, Screenshot: "screenshots/" + id + ".png", Requests: 30 + i}
			if p.path == "gift-finder" {
				page.Ended, page.Failure, page.Status, page.Screenshot, page.FinalURL, page.Title, page.Requests = "failed", "The page did not answer within 20 seconds.", 0, "", "", "", 0
			}
			out = append(out, page)
		}
	}
	return out
}

func documents() []*policy.Document {
	text, docs := strings.Builder{}, []*policy.Document{}
	d := &policy.Document{ID: "d01", URL: home + "privacy", Kind: "privacy", Title: "Lantern Shop Privacy Policy", Language: "en", LastUpdated: "2024-02-01", LinkedFrom: []string{home}, Words: 2140, SHA256: strings.Repeat("ab12", 16), RawSHA256: strings.Repeat("cd34", 16)}
	for i, s := range []policy.Statement{
		{Action: "collect", DataTypes: []string{"name", "email", "postal_address", "payment_card"}, Purposes: []string{"service"}, Heading: "What we collect › Orders", Quote: "When you order, we collect your name, email address, delivery address and card details."},
		{Action: "share", DataTypes: []string{"payment_card"}, Recipients: []string{"Stripe"}, RecipientRefs: []policy.RecipientRef{{Kind: "vendor", ID: "stripe", Text: "Stripe"}}, Purposes: []string{"payment"}, Heading: "Who receives it › Payment", Quote: "Card payments are handled by Stripe."},
		{Action: "share", DataTypes: []string{"ip_address", "cookie_identifier", "page_url"}, Recipients: []string{"Google Analytics"}, RecipientRefs: []policy.RecipientRef{{Kind: "vendor", ID: "google-analytics", Text: "Google Analytics"}}, Purposes: []string{"analytics"}, Heading: "Who receives it › Analytics", Quote: "We use Google Analytics, which receives your IP address, a cookie identifier and the pages that you visit."},
		{Action: "sell", Negated: true, DataTypes: []string{"email"}, Heading: "Our promises", Quote: "We never share your email address with advertisers."},
		{Action: "place_cookies", Negated: true, Recipients: []string{"advertising partners"}, RecipientRefs: []policy.RecipientRef{{Kind: "category", ID: "advertising_partners", Text: "advertising partners"}}, Purposes: []string{"advertising"}, Heading: "Cookies", Quote: "No advertising cookies are set on our site, and our advertising partners do not receive information about the pages that you visit with us."},
		{Action: "share", DataTypes: []string{"usage_data"}, Recipients: []string{"service providers"}, RecipientRefs: []policy.RecipientRef{{Kind: "category", ID: "service_providers", Text: "service providers"}}, Heading: "Who receives it", Quote: "We may share usage data with service providers who help us to run the site."},
		{Action: "retain", DataTypes: []string{"cookie_identifier"}, RetentionDays: 390, Heading: "How long we keep it", Quote: "Analytics identifiers are deleted after 13 months."},
		{Action: "share", DataTypes: []string{"ip_address"}, Recipients: []string{"Vimeo"}, RecipientRefs: []policy.RecipientRef{{Kind: "vendor", ID: "vimeo", Text: "Vimeo"}}, Heading: "Videos", Quote: "Some product pages show videos from Vimeo, which sees your IP address."},
		{Action: "collect", Negated: true, DataTypes: []string{"child_data"}, Scope: "children", Heading: "Children", Quote: "We do not knowingly collect data from children under 13."},
	} {
		s.ID, s.Document, s.URL, s.Actor = fmt.Sprintf("d01.s%04d", i+1), d.ID, d.URL, "we"
		s.Start = len([]rune(text.String()))
		s.End = s.Start + len([]rune(s.Quote))
		text.WriteString(s.Quote + "\n")
		d.Statements = append(d.Statements, s)
	}
	d.Cookies = []policy.CookieDeclaration{
		{Name: "_ga", Provider: "Google", Purpose: "analytics", PurposeText: "Tells visitors apart", Lifetime: "13 months", LifetimeDays: 395},
		{Name: "_ga_*", Provider: "Google", Purpose: "analytics", PurposeText: "Keeps the session's state", Lifetime: "13 months", LifetimeDays: 395},
		{Name: "lantern_cart", Provider: "Lantern Shop", Purpose: "necessary", PurposeText: "Remembers the basket", Lifetime: "Session", LifetimeDays: 0},
		{Name: "_old_ab", Provider: "Splitly", Purpose: "functional", PurposeText: "Tests", Lifetime: "", LifetimeDays: -1},
	}
	d.Reading = policy.Reading{Words: 1930, Sentences: 92, Minutes: 8, Formula: "Flesch reading ease", Ease: 38.4, Hedges: 41}
	d.Choices = []policy.Choice{{Kind: "browser", Quote: "Analytics identifiers are deleted after 13 months.", Links: []policy.Link{{Address: home + "cookies#settings", Text: "cookie settings"}},
		Start: d.Statements[6].Start, End: d.Statements[6].End}}
	d.Text = text.String()
	docs = append(docs, d)
	return append(docs, &policy.Document{ID: "d02", URL: home + "terms.pdf", Kind: "terms", Title: "Terms of sale", Language: "en", Words: 812, SHA256: strings.Repeat("ef56", 16), LinkedFrom: []string{home + "checkout"}, Text: "Terms of sale.\n", Faults: []string{"Page 3 holds only a picture; its text could not be read."}})
}

func script(u string) evidence.Setter {
	return evidence.Setter{Kind: "script", URL: u, Initiators: []evidence.StackFrame{{URL: u, Line: 1, Column: 4211}, {URL: "https://www.googletagmanager.test/gtm.js?id=GTM-LAMP", Line: 88, Column: 12}}}
}
