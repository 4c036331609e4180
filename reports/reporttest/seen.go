package reporttest

import (
	"fmt"
	"slices"

	"candor/analyzer"
	"candor/analyzer/check"
	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

type seenVendor struct {
	id, name, entity, domain string
	categories               []string
	pages, requests          int
	data                     map[string]check.Verdict
	order                    []string
	state                    int // index of the first consent state in which it was seen
}

func seenVendors() []seenVendor {
	v := func(id, name, entity, domain string, state, pages, requests int, cats []string, pairs ...string) seenVendor {
		out := seenVendor{id: id, name: name, entity: entity, domain: domain, categories: cats, pages: pages, requests: requests, state: state, data: map[string]check.Verdict{}}
		for i := 0; i < len(pairs); i += 2 {
			out.order = append(out.order, pairs[i])
			out.data[pairs[i]] = check.Verdict(pairs[i+1])
		}
		return out
	}
	c := func(s ...string) []string { return s }
	return []seenVendor{
		v("chatterbox.test", "chatterbox.test", "", "chatterbox.test", 0, 7, 44, nil, "ip_address", "omitted", "user_agent", "omitted", "page_url", "omitted", "device_identifier", "omitted"),
		v("cloudflare", "Cloudflare CDN", "Cloudflare, Inc.", "cloudflare.test", 0, 7, 61, c("cdn"), "ip_address", "vague", "user_agent", "vague"),
		v("criteo", "Criteo", "Criteo SA", "criteo.test", 2, 5, 22, c("advertising"), "ip_address", "omitted", "advertising_identifier", "incorrect", "page_url", "incorrect", "purchase_history", "omitted"),
		v("doubleclick", "Google Ads", "Google LLC", "doubleclick.test", 0, 6, 31, c("advertising"), "ip_address", "vague", "advertising_identifier", "incorrect", "page_url", "incorrect", "cookie_identifier", "incorrect"),
		v("google-analytics", "Google Analytics", "Google LLC", "google-analytics.test", 0, 7, 58, c("analytics"), "ip_address", "clear", "cookie_identifier", "clear", "page_url", "clear", "screen_properties", "vague", "language", "vague", "referrer", "vague", "interaction_events", "vague"),
		v("google-fonts", "Google Fonts", "Google LLC", "fonts.test", 0, 7, 28, c("fonts"), "ip_address", "vague", "user_agent", "vague"),
		v("gtm", "Google Tag Manager", "Google LLC", "googletagmanager.test", 0, 7, 14, c("tag_manager"), "ip_address", "vague", "page_url", "vague"),
		v("hotjar", "Hotjar", "Contentsquare SAS", "hotjar.test", 2, 7, 90, c("session_replay", "analytics"), "ip_address", "omitted", "session_recording", "omitted", "keystrokes", "omitted", "screen_properties", "omitted", "interaction_events", "omitted"),
		v("lantern-shop.test", "Lantern Shop", "Lantern Shop, Inc.", "lantern-shop.test", 0, 7, 140, nil, "name", "clear", "email", "clear", "postal_address", "clear", "payment_card", "clear", "cookie_identifier", "vague"),
		v("mailpigeon.test", "mailpigeon.test", "", "mailpigeon.test", 0, 1, 2, nil, "email", "omitted", "date_of_birth", "omitted", "ip_address", "omitted"),
		v("meta-pixel", "Meta Pixel", "Meta Platforms, Inc.", "facebook.test", 0, 6, 26, c("advertising", "social"), "ip_address", "omitted", "advertising_identifier", "incorrect", "page_url", "incorrect", "email_hash", "incorrect", "interaction_events", "ambiguous"),
		v("microsoft-ads", "Microsoft Advertising", "Microsoft Corporation", "bing.test", 2, 4, 9, c("advertising"), "ip_address", "omitted", "advertising_identifier", "incorrect", "page_url", "incorrect"),
		v("sentry", "Sentry", "Functional Software, Inc.", "sentry.test", 0, 7, 9, c("error_monitoring"), "ip_address", "vague", "user_agent", "vague", "page_url", "vague"),
		v("stripe", "Stripe", "Stripe, Inc.", "stripe.test", 0, 1, 12, c("payment"), "ip_address", "vague", "payment_card", "clear", "device_fingerprint", "omitted"),
		v("tiktok-pixel", "TikTok Pixel", "TikTok Pte. Ltd.", "tiktok.test", 2, 6, 18, c("advertising"), "ip_address", "omitted", "advertising_identifier", "incorrect", "page_url", "incorrect", "email_hash", "omitted"),
		v("youtube", "YouTube", "Google LLC", "youtube.test", 0, 1, 16, c("video"), "ip_address", "vague", "page_url", "vague", "cookie_identifier", "ambiguous"),
	}
}

func vendors(a *analyzer.Analysis) {
	var addresses []string
	for _, p := range a.Pages {
		if p.Ended != "failed" && !slices.Contains(addresses, p.URL) {
			addresses = append(addresses, p.URL)
		}
	}
	for _, v := range seenVendors() {
		party := "third"
		if v.id == "lantern-shop.test" {
			party = "first"
		}
		at := addresses[:v.pages]
		if v.pages == 1 {
			at = addresses[3:4]
		}
		a.Seen.Vendors = append(a.Seen.Vendors, flow.Vendor{ID: v.id, Name: v.name, Entity: v.entity, Categories: v.categories, Domains: []string{v.domain}, Recognized: v.id != v.domain || party == "first", Party: party, Pages: at, States: states[v.state:], Requests: v.requests})
		a.Seen.Hosts = append(a.Seen.Hosts, flow.Host{Host: "t." + v.domain, Vendor: v.id, Party: party, Requests: v.requests, Types: map[string]int{"Script": 2, "Ping": v.requests - 2}, Methods: map[string]int{"GET": 2, "POST": v.requests - 2}, Bytes: int64(v.requests) * 3100, States: states[v.state:], Pages: at, Example: "p0001.none/r" + fmt.Sprintf("%04d", len(a.Seen.Hosts)+1)})
	}
}

func flows(a *analyzer.Analysis) {
	for _, v := range seenVendors() {
		known := a.Seen.Vendors[slices.IndexFunc(a.Seen.Vendors, func(x flow.Vendor) bool { return x.ID == v.id })]
		for _, data := range v.order {
			f := flow.Flow{
				ID: "f-" + v.id + "-" + data, DataTypes: []string{data}, Recipient: flow.Recipient{Vendor: v.id, Entity: v.entity, Domain: v.domain, Party: known.Party},
				Purposes: v.categories, Channel: "request", Confidence: flow.Strong, States: known.States, Pages: known.Pages,
				Evidence: []string{fmt.Sprintf("p0001.none/r%04d", len(a.Seen.Flows)+1)},
			}
			d := check.Disclosure{Verdict: v.data[data]}
			switch d.Verdict {
			case check.Clear:
				d.Statements, d.Why = []string{clearBy(v.id)}, "The sentence names the data type and the recipient."
			case check.Vague:
				d.Statements, d.Why = []string{"d01.s0006"}, "Covered only by a broader term: "+data+" → usage data → service providers."
			case check.Incorrect:
				d.Statements, d.Why = []string{"d01.s0005"}, "The sentence says that it does not happen."
			case check.Ambiguous:
				d.Statements, d.Why = []string{"d01.s0006", "d01.s0005"}, "One sentence says that it happens, another that it does not."
			default:
				d.Candidates, d.Why = []string{"d01.s0006", "d01.s0003"}, "No sentence covers this recipient or its kind."
			}
			if data == "email_hash" || data == "cookie_identifier" {
				f.Confidence, f.Detail = flow.Direct, "The value was seen leaving in the parameter “em”."
			}
			if v.id == "mailpigeon.test" || known.Party == "first" {
				f.Channel = "form"
			}
			a.Seen.Flows = append(a.Seen.Flows, f)
			a.Disclosures[f.ID] = d
		}
	}
}

func clearBy(vendor string) string {
	return map[string]string{"stripe": "d01.s0002", "google-analytics": "d01.s0003", "lantern-shop.test": "d01.s0001"}[vendor]
}

func cookies(a *analyzer.Analysis) {
	add := func(name, domain, vendor, purpose string, days float64, by evidence.Setter, state int) {
		party := "first"
		if domain != "www.lantern-shop.test" {
			party = "third"
		}
		a.Seen.Cookies = append(a.Seen.Cookies, flow.Cookie{ID: "cookie/" + name, Name: name, Domain: domain, Path: "/", Party: party, Vendor: vendor, SetBy: by, LifetimeDays: days, Session: days == 0, HTTPOnly: by.Kind == "http", Secure: true, SameSite: "Lax", Purpose: purpose, Identifier: days > 30, States: states[state:], Pages: []string{home}, Values: []flow.Held{{Mark: fmt.Sprintf("~%08x", 0x5eed0+len(a.Seen.Cookies)), States: states[state:], Pages: []string{home}}}})
		if purpose == "unknown" {
			k := &a.Seen.Cookies[len(a.Seen.Cookies)-1]
			k.PurposeGuess, k.GuessedBy = "analytics", "its name has “uid”: visits and how pages are used"
		}
	}
	http := func(u string) evidence.Setter { return evidence.Setter{Kind: "http", URL: u} }
	add("IDE", "doubleclick.test", "doubleclick", "advertising", 390, http("https://doubleclick.test/activity;src=8812"), 0)
	add("MUID", "bing.test", "microsoft-ads", "advertising", 390, http("https://bing.test/action/0"), 2)
	add("_fbp", "www.lantern-shop.test", "meta-pixel", "advertising", 90, script("https://connect.facebook.test/en_US/fbevents.js"), 0)
	add("_ga", "www.lantern-shop.test", "google-analytics", "analytics", 730, script("https://www.google-analytics.test/g.js"), 0)
	add("_ga_X1", "www.lantern-shop.test", "google-analytics", "analytics", 395, script("https://www.google-analytics.test/g.js"), 0)
	add("_tt_enable", "www.lantern-shop.test", "tiktok-pixel", "advertising", 390, script("https://analytics.tiktok.test/i18n/pixel.js"), 2)
	add("cto_bundle", "www.lantern-shop.test", "criteo", "advertising", 395, script("https://static.criteo.test/js/ld.js"), 2)
	add("lantern_cart", "www.lantern-shop.test", "lantern-shop.test", "necessary", 0, http(home), 0)
	add("cb_uid", "chatterbox.test", "chatterbox.test", "unknown", 3650, evidence.Setter{}, 0)
}

func finish(a *analyzer.Analysis) *analyzer.Analysis {
	find := func(id, rule, severity, title, message, vendor string, data []string, statements []string, fix string, outcome check.Outcome) {
		f := check.Finding{ID: id, Rule: rule, Pack: "core", Outcome: outcome, Severity: severity, Confidence: "strong", Title: title, Message: message, Recipients: []string{vendor}, DataTypes: data, Statements: statements, Remediation: fix, Fingerprint: "fp-" + id + "-5f2a90c1d7e3"}
		for _, x := range a.Seen.Flows {
			if x.Recipient.Vendor == vendor && (len(data) == 0 || slices.Contains(data, x.DataTypes[0])) {
				f.Evidence, f.Pages, f.States = append(f.Evidence, x.ID), x.Pages, x.States
			}
		}
		a.Findings = append(a.Findings, f)
	}
	find("n01", "denied-flow", "critical", "Hashed email addresses go to Meta, which the policy says does not happen", "The policy says that email addresses are never shared with advertisers. A hash of the address typed into the newsletter form was seen leaving.", "meta-pixel", []string{"email_hash"}, []string{"d01.s0004"}, "Turn off advanced matching in the Meta Pixel, or change the sentence.", check.Differs)
	find("n02", "denied-flow", "high", "Advertising identifiers go to Google Ads before any choice", "The cookie section says that no advertising cookies are set. The cookie IDE was set on the first page, before the banner was answered.", "doubleclick", []string{"advertising_identifier", "cookie_identifier"}, []string{"d01.s0005"}, "Load the tag only after the visitor agreed, and describe it in the cookie section.", check.Differs)
	find("n03", "form-http-third-party", "high", "The newsletter form sends email and birthday to another company over http", "The form on the newsletter page posts to mailpigeon.test without https. No text mentions this company.", "mailpigeon.test", []string{"email", "date_of_birth"}, nil, "Use the https address of the list service and name it in the policy.", check.Differs)
	find("n04", "undisclosed-recipient", "high", "Hotjar records sessions and keystrokes; no text mentions it", "Session recording was seen on 7 pages after consent.", "hotjar", nil, nil, "Name Hotjar and what it records, or remove it.", check.Differs)
	find("n05", "undisclosed-recipient", "medium", "An unrecognised chat service sees every page", "chatterbox.test is not in the knowledge base and no text mentions it.", "chatterbox.test", nil, nil, "Say who this is in the profile and in the policy.", check.Differs)
	find("n06", "denied-flow", "high", "TikTok, Criteo and Microsoft receive the pages visited", "The cookie section denies it.", "tiktok-pixel", []string{"page_url"}, []string{"d01.s0005"}, "Change the sentence, or remove the tags.", check.Differs)
	find("n07", "cookie-lifetime", "medium", "_ga lives longer than the cookie table says", "Stated are 13 months; observed are 2 years.", "google-analytics", []string{"cookie_identifier"}, []string{"d01.s0007"}, "Set the lifetime in the tag's settings.", check.Differs)
	find("n08", "contradiction", "medium", "The texts say two things about sharing with partners", "One sentence says that usage data may be shared, another that partners receive nothing.", "meta-pixel", []string{"interaction_events"}, []string{"d01.s0006", "d01.s0005"}, "Choose one.", check.NeedsPerson)
	find("n09", "vague-recipient", "low", "Sentry is covered only by “service providers”", "A reader cannot tell from the text who receives errors.", "sentry", nil, []string{"d01.s0006"}, "Name it.", check.Differs)
	find("n10", "policy-age", "low", "The policy was last updated in February 2024", "Four recipients appeared since.", "hotjar", nil, nil, "Review the text.", check.NeedsPerson)
	find("n11", "cookie-table-stale", "info", "The cookie table lists a cookie that was not seen", "_old_ab was not observed in any state.", "", nil, nil, "Remove the row if the tool is gone.", check.NeedsPerson)
	find("n12", "prechecked", "medium", "A box for partners' offers is ticked beforehand", "On the newsletter form.", "mailpigeon.test", []string{"email"}, nil, "Leave the box empty.", check.Differs)
	a.Findings[9].Suppressed = true
	a.Findings[2].Evidence = append(a.Findings[2].Evidence, "p0003.none/f01")
	a.Findings[6].Evidence = append(a.Findings[6].Evidence, "cookie/_ga")
	a.Findings[2].SuggestedText = "We send our newsletter through Mail Pigeon, which receives your email address and, if you give it, your date of birth."
	a.Promises = []check.Promise{
		{Statement: "d01.s0004", Verdict: "broken", Flows: []string{"f-meta-pixel-email_hash"}, Why: "A hash of the email address was seen going to Meta Pixel."},
		{Statement: "d01.s0005", Verdict: "broken", Flows: []string{"f-doubleclick-page_url", "f-criteo-page_url", "f-tiktok-pixel-page_url"}, Why: "Six advertising products received the address of the page."},
		{Statement: "d01.s0007", Verdict: "not-testable", Why: "Deletion on the organisation's side cannot be seen from outside."},
		{Statement: "d01.s0009", Verdict: "not-observed", Why: "No page for children was found."},
	}
	for _, r := range []check.RuleOutcome{
		{ID: "contradiction", Title: "The texts agree with themselves", Outcome: check.NeedsPerson, Why: "One pair of sentences contradicts."},
		{ID: "cookie-lifetime", Title: "Cookies live as long as stated", Outcome: check.Differs, Why: "1 of 3 declared cookies lives longer."},
		{ID: "denied-flow", Title: "What the texts deny does not happen", Outcome: check.Differs, Why: "9 flows.", Owner: "marketing"},
		{ID: "form-http-third-party", Title: "Forms send over https", Outcome: check.Differs, Why: "1 of 2 forms does not."},
		{ID: "gpc", Title: "Global Privacy Control has an effect", Outcome: check.NotTested, Why: "The state “gpc” was not part of the scan."},
		{ID: "payment-https", Title: "Card fields are sent over https", Outcome: check.Matches, Why: "The one form with a card field sends over https."},
		{ID: "under-13", Title: "Pages for children carry no advertising", Outcome: check.NotApplicable, Why: "No page for children was found."},
	} {
		r.Pack, r.Severity, r.Basis = "core", "high", []rules.LegalBasis{{Text: "GDPR Art. 13(1)(e)", Status: "text_seen", Date: "2026-11"}, {Text: "ePrivacy Directive Art. 5(3)", Status: "paragraph_unverified", Date: "2026-11"}}
		r.Matters = "People rely on it: " + r.Title + "."
		r.Remediation = "Change the page, or change the notice."
		a.Rules = append(a.Rules, r)
	}
	return a
}
