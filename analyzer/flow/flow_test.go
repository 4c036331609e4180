package flow_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"candor/analyzer/flow"
	"candor/crawler/evidence"
	"candor/rules"
)

// knowledge is a small knowledge base in which every vendor is invented.
func knowledge(t testing.TB) *rules.Set {
	t.Helper()
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	source := "sources: [{name: test, date: 2026-11}]\n"
	set, err := rules.LoadFS(fstest.MapFS{
		"companies/pixelco.yaml": file("id: pixelco\nname: Pixel Co Inc.\naliases: [Pixel Co]\n" + source),
		"companies/shop.yaml":    file("id: shop\nname: Shop AG\ndomains: [shop.test]\n" + source),
		"trackers/pixel.yaml": file("id: pixel\nname: Pixel Ads\ncompany: pixelco\ncategories: [advertising]\npurposes: [advertising]\n" +
			"domains: [pixel.test]\nreceives: [ip_address, cookie_identifier, interaction_events, email]\n" +
			"params: [{name: em, data: email}, {name: ev, data: interaction_events}, {name: dl, data: page_url}]\n" +
			"cookies: [{name: _px, purpose: advertising, lifetime: 90d}]\nstorage: [{name: pxStore, purpose: advertising}]\n" + source),
		"trackers/fontbox.yaml":   file("id: fontbox\nname: Fontbox\ncompany: pixelco\ncategories: [fonts]\npurposes: [service]\ndomains: [fontbox.test]\nreceives: [ip_address, user_agent, page_url]\n" + source),
		"trackers/shopstats.yaml": file("id: shopstats\nname: Shop Stats\ncompany: shop\ncategories: [analytics]\npurposes: [analytics]\ndomains: [stats.shop.test]\n" + source),
		"trackers/tagman.yaml":    file("id: tagman\nname: Tag Man\ncompany: pixelco\ncategories: [tag_manager]\npurposes: [service]\ndomains: [tagman.test]\ncontainers: [\"*/container.js?id={TM-*}\"]\nreceives: [ip_address]\n" + source),
		"trackers/errwatch.yaml":  file("id: errwatch\nname: Error Watch\ncompany: pixelco\ncategories: [error_monitoring]\npurposes: [service]\ndomains: [errwatch.test]\nreceives: [ip_address]\n" + source),
		"terms/data_types.yaml": file(`
- {id: information, name: Information, abstract: true}
- {id: ip_address, name: IP address, parents: [information]}
- {id: user_agent, name: Browser type, parents: [information]}
- {id: cookie_identifier, name: Cookie identifier, parents: [information]}
- {id: interaction_events, name: Events, parents: [information]}
- {id: page_url, name: Page address, parents: [information]}
- {id: email, name: E-mail address, parents: [information]}
- {id: email_hash, name: Hashed e-mail address, parents: [information]}
- {id: phone, name: Phone number, parents: [information]}
- {id: postal_address, name: Postal address, parents: [information]}
- {id: approximate_location, name: Approximate location, parents: [information]}
- {id: inferred_profile, name: Inferred profile, parents: [information]}
- {id: health, name: Health, sensitive: true, parents: [information]}
`),
		"terms/purposes.yaml": file("- {id: advertising, name: Advertising}\n- {id: analytics, name: Analytics}\n- {id: service, name: Service}\n"),
		"terms/labels.yaml": file(`
- {kind: lead_score, name: Score, words: [lead score]}
- {kind: segment, name: Segment, words: [segment, visitor segment], not: [segment key]}
`),
		"terms/fields.yaml": file(`
- {data: email, autocomplete: [email], types: [email], words: [email, e-mail]}
- {data: phone, types: [tel], words: [phone, phone number]}
- {data: health, words: [reason for visit]}
- {data: postal_address, words: [street]}
- {data: approximate_location, words: [town]}
`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// scan is a bundle in the making.
type scan struct {
	pages    []evidence.Page
	requests []evidence.Request
	cookies  []evidence.Cookie
	storage  []evidence.StorageItem
	forms    []evidence.Form
	canaries []evidence.Canary
	labels   []evidence.Label
}

var started = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func (s *scan) page(id string, state evidence.State) {
	s.pages = append(s.pages, evidence.Page{ID: id, URL: "https://www.shop.test/" + id[:5], FinalURL: "https://www.shop.test/" + id[:5], State: state, StartedAt: started, Status: 200})
}

func (s *scan) request(page, url string, change func(*evidence.Request)) {
	state := evidence.State(page[6:])
	r := evidence.Request{ID: fmt.Sprintf("%s/r%04d", page, len(s.requests)), Page: page, State: state, URL: url, Method: "GET", Type: "Image", Status: 200}
	if change != nil {
		change(&r)
	}
	s.requests = append(s.requests, r)
}

func (s *scan) write(t testing.TB) *evidence.Reader {
	t.Helper()
	dir := t.TempDir()
	w, err := evidence.Create(dir, evidence.Meta{ScanID: "t", URLs: []string{"https://www.shop.test/"}, StartedAt: started})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.AddCanaries(s.canaries...), w.AddLabels(s.labels...)); err != nil {
		t.Fatal(err)
	}
	for i, p := range s.pages {
		var err error
		if i == 0 {
			err = w.AddPage(p, s.requests, s.cookies, s.storage, s.forms, nil)
		} else {
			err = w.AddPage(p, nil, nil, nil, nil, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(func(m *evidence.Meta) { m.Complete = true }); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func (s *scan) build(t testing.TB, own ...string) flow.Result {
	t.Helper()
	if len(s.pages) == 0 {
		s.page("p0001.none", evidence.StateNone)
	}
	r := s.write(t)
	res, err := flow.Build(context.Background(), r, knowledge(t), flow.NewSite(r.Meta().URLs, own))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// lines writes flows as "vendor data channel confidence".
func lines(res flow.Result) []string {
	var out []string
	for _, f := range res.Flows {
		out = append(out, fmt.Sprintf("%s %s %s %s", f.Recipient.Vendor, f.DataTypes[0], f.Channel, f.Confidence))
	}
	slices.Sort(out)
	return out
}

const uniqueID = "8f14e45fceea167a"

func TestRequestFlows(t *testing.T) {
	always := []string{"ip_address request direct", "user_agent request direct"}
	tests := []struct {
		name   string
		url    string
		change func(*evidence.Request)
		vendor string
		want   []string // besides always
		not    bool     // not even always
	}{
		{name: "unknown third party shows under its registrable domain", url: "https://a.b.stranger.test/x.png", vendor: "stranger.test"},
		{name: "first party requests are no flows", url: "https://cdn.shop.test/x.png", vendor: "", not: true},
		{name: "the company's own product on its own domain stays first party", url: "https://stats.shop.test/hit?event=buy", vendor: "", not: true},
		{name: "an IP address is its own recipient", url: "http://192.0.2.7:8080/x", vendor: "192.0.2.7"},
		{name: "a data address contacts nobody", url: "data:image/png;base64,xx", not: true},
		{name: "script only is indirect, and what visitors type is not inferred", url: "https://pixel.test/lib.js", vendor: "pixel",
			change: func(r *evidence.Request) { r.Type = "Script" },
			want:   []string{"cookie_identifier request indirect", "interaction_events request indirect"}},
		{name: "an event is strong", url: "https://pixel.test/tr", vendor: "pixel",
			change: func(r *evidence.Request) { r.Method, r.Type = "POST", "Ping" },
			want:   []string{"cookie_identifier request strong", "interaction_events request strong"}},
		{name: "a vendor's parameter is direct", url: "https://pixel.test/tr?ev=Purchase&em=jo%40example.org", vendor: "pixel",
			want: []string{"cookie_identifier request strong", "email request direct", "interaction_events request direct"}},
		{name: "a hash in an e-mail parameter is a hashed e-mail", url: "https://pixel.test/tr?em=" + strings.Repeat("ab", 32), vendor: "pixel",
			want: []string{"cookie_identifier request strong", "email_hash request direct", "interaction_events request strong"}},
		{name: "an empty e-mail parameter is nothing", url: "https://stranger.test/x?em=&email=null", vendor: "stranger.test"},
		{name: "fonts get what every request carries", url: "https://fontbox.test/a.woff2", vendor: "fontbox",
			change: func(r *evidence.Request) {
				r.Headers = map[string]string{"referer": "https://www.shop.test/cart/7"}
			}},
		{name: "a full referrer is the page's address", url: "https://stranger.test/x", vendor: "stranger.test",
			change: func(r *evidence.Request) {
				r.Headers = map[string]string{"referer": "https://www.shop.test/cart/7"}
			},
			want: []string{"page_url request direct"}},
		{name: "an origin-only referrer is not the page's address", url: "https://stranger.test/x", vendor: "stranger.test",
			change: func(r *evidence.Request) { r.Headers = map[string]string{"referer": "https://www.shop.test/"} },
			want:   []string{"referrer request direct"}},
		{name: "somebody else's address is no page address", url: "https://stranger.test/x?url=https%3A%2F%2Fother.test%2Fpage", vendor: "stranger.test"},
		{name: "a script of the page is no page", url: "https://stranger.test/x?file=https%3A%2F%2Fwww.shop.test%2Fapp.js", vendor: "stranger.test"},
		{name: "search words in the page's address", url: "https://stranger.test/x?u=https%3A%2F%2Fwww.shop.test%2Fs%3Fq%3Dred%2Bshoes%26cid%3D12345678", vendor: "stranger.test",
			want: []string{"page_url request direct", "search_query request direct"}},
		{name: "an identifying cookie that was sent", url: "https://stranger.test/x", vendor: "stranger.test",
			change: func(r *evidence.Request) {
				r.Cookies = []evidence.SentCookie{{Name: "uid", Value: uniqueID, Domain: ".stranger.test"}}
			},
			want: []string{"cookie_identifier request direct"}},
		{name: "a setting in a cookie identifies nobody", url: "https://stranger.test/x", vendor: "stranger.test",
			change: func(r *evidence.Request) {
				r.Cookies = []evidence.SentCookie{{Name: "lang", Value: "en-US", Domain: "stranger.test"}, {Name: "seen", Value: "1761998400"}, {Name: "size", Value: "1366x768"}}
			}},
		{name: "JSON body, nested and base64", url: "https://stranger.test/x", vendor: "stranger.test",
			change: func(r *evidence.Request) {
				r.Method = "POST"
				r.PostData = `{"user":{"email":"jo@example.org","phone":"+49 30 1234567"},"ctx":"eyJ0aW1lem9uZSI6IkV1cm9wZS9CZXJsaW4ifQ==","screen":"1366x768"}`
			},
			want: []string{"email request direct", "phone request direct", "screen_properties request direct", "time_zone request direct"}},
		{name: "form body", url: "https://stranger.test/x", vendor: "stranger.test",
			change: func(r *evidence.Request) {
				r.Method, r.PostData = "POST", "lat=52.5163&lon=13.3777&locale=de-DE"
			},
			want: []string{"language request direct", "precise_location request direct"}},
		{name: "few decimals are a rough place", url: "https://stranger.test/x?lat=52.5", vendor: "stranger.test", want: []string{"approximate_location request direct"}},
		{name: "WebSocket text that was sent", url: "wss://stranger.test/x", vendor: "stranger.test",
			change: func(r *evidence.Request) {
				r.Type = "WebSocket"
				r.Messages = []evidence.SocketMessage{{Sent: true, Opcode: 1, Data: `{"email":"jo@example.org"}`}, {Sent: false, Opcode: 1, Data: `{"gclid":"x0123456789abcdefghij"}`}}
			},
			want: []string{"email request direct"}},
		{name: "click ids", url: "https://stranger.test/x?gclid=Cj0KCQiA1234567890abc", vendor: "stranger.test", want: []string{"advertising_identifier request direct"}},
		{name: "a cache buster is no identifier", url: "https://stranger.test/x?z=183746501928&v=ab12cd34ef", vendor: "stranger.test"},
		{name: "a label put on the visitor", url: "https://stranger.test/x?segment=young-family&lead_score=0.62", vendor: "stranger.test", want: []string{"inferred_profile request direct"}},
		{name: "an audience that a token is for is no label", url: "https://stranger.test/x?audience=https%3A%2F%2Fapi.other.test%2F&seg=0", vendor: "stranger.test"},
		{name: "a request from the cache sends nothing", url: "https://stranger.test/x", not: true, change: func(r *evidence.Request) { r.FromCache = true }},
		{name: "a request whose answer was blocked had been sent", url: "https://stranger.test/x?uid=" + uniqueID, vendor: "stranger.test",
			change: func(r *evidence.Request) { r.Status, r.Error = 204, "net::ERR_BLOCKED_BY_ORB" },
			want:   []string{"cookie_identifier request direct"}},
		{name: "a blocked request sends nothing", url: "https://stranger.test/x", not: true,
			change: func(r *evidence.Request) { r.Status, r.Error = 0, "net::ERR_BLOCKED_BY_CSP" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s scan
			s.request("p0001.none", tt.url, tt.change)
			var want []string
			if !tt.not {
				for _, w := range append(slices.Clone(always), tt.want...) {
					want = append(want, tt.vendor+" "+w)
				}
			}
			slices.Sort(want)
			if got := lines(s.build(t)); !slices.Equal(got, want) {
				t.Errorf("flows\n got  %s\n want %s", strings.Join(got, "\n      "), strings.Join(want, "\n      "))
			}
		})
	}
}

// TestPersistentIdentifier checks identifiers that nothing on the page keeps: the
// same on each page of a visitor, another one for the next.
func TestPersistentIdentifier(t *testing.T) {
	ids := []string{uniqueID, "1679091c5a880faf"}
	for _, tt := range []struct {
		name  string
		value func(state, page int) string
		want  bool
	}{
		{"an identifier", func(state, _ int) string { return ids[state] }, true},
		{"the site's account", func(int, int) string { return ids[0] }, false},
		{"a new one for each page", func(state, page int) string { return fmt.Sprintf("%sz%d", ids[state], page) }, false},
		{"a time", func(state, _ int) string { return fmt.Sprint(1761998400 + state) }, false},
		{"a word", func(state, _ int) string { return []string{"firstvisit", "secondvisit"}[state] }, false},
		{"an identifier in one state only", func(state, page int) string { return []string{ids[0], fmt.Sprint(page)}[state] }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s scan
			for i, state := range []evidence.State{evidence.StateNone, evidence.StateAccept} {
				for page := range 3 {
					id := fmt.Sprintf("p%04d.%s", page+1, state)
					s.page(id, state)
					s.request(id, "https://stranger.test/x?w="+tt.value(i, page), nil)
				}
			}
			got := slices.Contains(lines(s.build(t)), "stranger.test cookie_identifier request direct")
			if got != tt.want {
				t.Errorf("identifier = %t, want %t", got, tt.want)
			}
		})
	}
}

// TestRelay checks requests in a vendor's format to a server of the site's own:
// the vendor is named, and it is said that the passing on was not seen.
func TestRelay(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, url string
		want      []string
	}{
		{"Google Analytics by the site's own server", "https://sst.shop.test/g/collect?v=2&tid=G-ABCDEF&cid=842736519.1761998400&en=page_view",
			[]string{"google-analytics cookie_identifier request strong", "google-analytics interaction_events request strong"}},
		{"Matomo on the site's own server goes nowhere", "https://www.shop.test/matomo.php?idsite=1&_id=" + uniqueID, nil},
		{"Matomo on an agency's server", "https://stats.agency.test/matomo.php?idsite=1&_id=" + uniqueID,
			[]string{"agency.test cookie_identifier request direct", "agency.test ip_address request direct", "agency.test user_agent request direct"}},
		{"an agency that takes Google Analytics", "https://t.agency.test/g/collect?v=2&tid=G-ABCDEF&en=page_view",
			[]string{"agency.test interaction_events request direct", "agency.test ip_address request direct", "agency.test user_agent request direct", "google-analytics interaction_events request strong"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s scan
			s.page("p0001.none", evidence.StateNone)
			s.request("p0001.none", tt.url, nil)
			r := s.write(t)
			res, err := flow.Build(context.Background(), r, set, flow.NewSite(r.Meta().URLs, nil))
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(res); !slices.Equal(got, tt.want) {
				t.Errorf("flows = %q, want %q", got, tt.want)
			}
			for _, f := range res.Flows {
				if f.Recipient.Vendor == "google-analytics" && !strings.Contains(f.Detail, "which may pass it on") {
					t.Errorf("detail = %q", f.Detail)
				}
			}
		})
	}
}

func TestFailedRequestIsIndirect(t *testing.T) {
	var s scan
	s.request("p0001.none", "https://gone.test/x?email=jo@example.org", func(r *evidence.Request) { r.Status, r.Error = 0, "net::ERR_NAME_NOT_RESOLVED" })
	want := []string{"gone.test ip_address request indirect", "gone.test user_agent request indirect"}
	if got := lines(s.build(t)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStartAddressThatMoved(t *testing.T) {
	for _, tt := range []struct {
		name, final, linked string
		flows               int
	}{
		{"to another site", "https://shop.example/", "", 0},
		{"to a vendor", "https://pixel.test/login", "", 2},
		{"a linked page that moved", "https://shop.example/", "https://www.shop.test/", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s scan
			s.page("p0001.none", evidence.StateNone)
			s.pages[0].FinalURL, s.pages[0].LinkedFrom = tt.final, tt.linked
			s.request("p0001.none", "https://img.shop.example/x.png", nil)
			if got := lines(s.build(t)); len(got) != tt.flows {
				t.Errorf("flows = %q, want %d", got, tt.flows)
			}
		})
	}
}

func TestOwnDomains(t *testing.T) {
	var s scan
	s.request("p0001.none", "https://img.shop-static.test/x.png", nil)
	if got := lines(s.build(t, "shop-static.test")); len(got) != 0 {
		t.Errorf("a domain of the profile gives flows: %q", got)
	}
	if got := lines(s.build(t)); len(got) != 2 {
		t.Errorf("without the profile it is a third party, got %q", got)
	}
}

func TestCookies(t *testing.T) {
	jar := func(name, value, domain string, change func(*evidence.Cookie)) evidence.Cookie {
		c := evidence.Cookie{Page: "p0001.none", State: evidence.StateNone, Name: name, Value: value, Domain: domain, Path: "/", Expires: started.Add(400 * 24 * time.Hour), SetBy: evidence.Setter{Kind: "unknown"}}
		if change != nil {
			change(&c)
		}
		return c
	}
	script := func(url string) func(*evidence.Cookie) {
		return func(c *evidence.Cookie) { c.SetBy = evidence.Setter{Kind: "script", URL: url} }
	}
	tests := []struct {
		name   string
		cookie evidence.Cookie
		send   string // address of a request
		want   string // party vendor purpose identifier days
		flows  []string
	}{
		{"own identifier", jar("visitor", uniqueID, "www.shop.test", nil), "", "first - unknown true 400", []string{"shop.test cookie_identifier cookie strong"}},
		{"own setting", jar("theme", "dark-mode", "www.shop.test", nil), "", "first - unknown false 400", nil},
		{"session identifiers end with the session", jar("PHPSESSID", uniqueID, "www.shop.test", func(c *evidence.Cookie) { c.Session, c.Expires = true, time.Time{} }), "", "first - necessary false 0", nil},
		{"known name, value not sent", jar("_px", uniqueID, "shop.test", script("https://pixel.test/lib.js")), "https://pixel.test/lib.js", "first pixel advertising true 400",
			[]string{"pixel cookie_identifier cookie indirect"}},
		{"known name, value sent", jar("_px", "px.1.1761998400000."+uniqueID, "shop.test", nil), "https://pixel.test/tr?i=" + uniqueID, "first pixel advertising true 400",
			[]string{"pixel cookie_identifier cookie strong", "pixel cookie_identifier request direct"}},
		{"a member of an object in base64 is sent", jar("_px", url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(`{"id":"`+uniqueID+`","created":1761998400000}`))), "shop.test", nil), "https://pixel.test/tr?i=" + uniqueID, "first pixel advertising true 400",
			[]string{"pixel cookie_identifier cookie strong", "pixel cookie_identifier request direct"}},
		{"known name but nobody contacted", jar("_px", uniqueID, "shop.test", nil), "", "first pixel advertising true 400", []string{"shop.test cookie_identifier cookie strong"}},
		{"a third party's script", jar("zz", uniqueID, "shop.test", script("https://cdn.stranger.test/t.js")), "https://cdn.stranger.test/t.js", "first stranger.test unknown true 400",
			[]string{"stranger.test cookie_identifier cookie indirect"}},
		{"a third party's cookie", jar("zz", uniqueID, "stranger.test", nil), "", "third stranger.test unknown true 400", []string{"stranger.test cookie_identifier cookie strong"}},
		{"a lifetime that a recording does not know", jar("visitor", uniqueID, "www.shop.test", func(c *evidence.Cookie) { c.Expires = time.Time{} }), "", "first - unknown true -1",
			[]string{"shop.test cookie_identifier cookie strong"}},
		{"lifetime as set goes before the browser's cap", jar("visitor", uniqueID, "www.shop.test", func(c *evidence.Cookie) { c.LifetimeSec = 730 * 86400 }), "", "first - unknown true 730",
			[]string{"shop.test cookie_identifier cookie strong"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s scan
			s.cookies = []evidence.Cookie{tt.cookie}
			if tt.send != "" {
				s.request("p0001.none", tt.send, func(r *evidence.Request) {
					if !strings.Contains(r.URL, "?") {
						r.Type = "Script"
					}
				})
			}
			res := s.build(t)
			c := res.Cookies[0]
			vendor := c.Vendor
			if vendor == "" {
				vendor = "-"
			}
			if got := fmt.Sprintf("%s %s %s %t %g", c.Party, vendor, c.Purpose, c.Identifier, c.LifetimeDays); got != tt.want {
				t.Errorf("cookie = %s, want %s", got, tt.want)
			}
			if (c.PurposeGuess != "") != (c.GuessedBy != "") || c.PurposeGuess != "" && c.Purpose != "unknown" {
				t.Errorf("purpose %s, a guess %q by %q", c.Purpose, c.PurposeGuess, c.GuessedBy)
			}
			var got []string
			for _, l := range lines(res) {
				if strings.Contains(l, "cookie_identifier") && (!strings.HasSuffix(l, "request indirect")) {
					got = append(got, l)
				}
			}
			if !slices.Equal(got, tt.flows) {
				t.Errorf("flows = %q, want %q", got, tt.flows)
			}
		})
	}
}

func TestSameValueForTwoVisitorsIsNoIdentifier(t *testing.T) {
	for _, second := range []string{uniqueID, "1679091c5a880faf"} {
		var s scan
		s.page("p0001.none", evidence.StateNone)
		s.page("p0001.accept", evidence.StateAccept)
		for i, v := range []string{uniqueID, second} {
			p := s.pages[i]
			s.cookies = append(s.cookies, evidence.Cookie{Page: p.ID, State: p.State, Name: "build", Value: v, Domain: "shop.test", Path: "/", Expires: started.Add(time.Hour * 9999)})
		}
		if got, want := s.build(t).Cookies[0].Identifier, second != uniqueID; got != want {
			t.Errorf("second value %s: identifier = %t, want %t", second, got, want)
		}
	}
}

func TestSetCookieLines(t *testing.T) {
	var s scan
	s.request("p0001.none", "https://t.stranger.test/a/b", func(r *evidence.Request) {
		r.SetCookies = []string{
			"keep=" + uniqueID + "; Max-Age=63072000; Domain=stranger.test; Path=/; Secure; SameSite=None",
			"gone=; Max-Age=0", "old=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "refused=" + uniqueID + "; Max-Age=100000", "\x00broken",
		}
		r.Blocked = []evidence.BlockedCookie{{Name: "refused", Direction: "response"}}
	})
	res := s.build(t)
	if len(res.Cookies) != 1 {
		t.Fatalf("cookies = %+v", res.Cookies)
	}
	c := res.Cookies[0]
	if c.Name != "keep" || c.LifetimeDays != 730 || c.Domain != "stranger.test" || !c.Secure || c.SameSite != "None" || c.SetBy.Kind != "http" || c.Party != flow.Third {
		t.Errorf("cookie = %+v", c)
	}
}

func TestStorage(t *testing.T) {
	item := func(kind, key, value string) evidence.StorageItem {
		return evidence.StorageItem{Page: "p0001.none", State: evidence.StateNone, Kind: kind, Origin: "https://www.shop.test", Key: key, Value: value, SetBy: evidence.Setter{Kind: "script", URL: "https://pixel.test/lib.js"}}
	}
	tests := []struct {
		name string
		item evidence.StorageItem
		id   bool
	}{
		{"plain id", item("local", "pxStore", uniqueID), true},
		{"id in JSON", item("local", "pxStore", `{"visitorId":"`+uniqueID+`","theme":"dark"}`), true},
		{"settings in JSON", item("local", "pxStore", `{"theme":"dark","cart":["`+uniqueID+`"]}`), false},
		{"tab only", item("session", "pxStore", uniqueID), false},
		{"consent", item("local", "pxStore", "consent-accepted-2026"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := scan{storage: []evidence.StorageItem{tt.item}}
			s.request("p0001.none", "https://pixel.test/lib.js", func(r *evidence.Request) { r.Type = "Script" })
			got := s.build(t).Storage[0]
			if got.Identifier != tt.id || got.Vendor != "pixel" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestForms(t *testing.T) {
	s := scan{forms: []evidence.Form{
		{ID: "p0001.none/f01", Page: "p0001.none", State: evidence.StateNone, Action: "https://www.shop.test/contact", Method: "post", Visible: true, Fields: []evidence.Field{
			{Name: "e", Type: "text", Autocomplete: "section-a email", Label: "Phone", Visible: true},
			{Name: "contact_phone", Type: "text", Visible: true},
			{Name: "reason", Type: "textarea", Label: "Reason for your visit / reason for visit", Visible: true},
			{Name: "email2", Type: "text", Label: "Leave this field empty", Visible: false},
			{Name: "email3", Type: "email", Visible: false},
			{Name: "email4", Type: "hidden", Value: "x"},
			{Name: "news", Type: "checkbox", Label: "Newsletter", Checked: true, Visible: true},
			{Name: "by_email", Type: "checkbox", Label: "Answer by e-mail", Visible: true},
			{Name: "reachable", Type: "select", Label: "Which phone do you have?", Visible: true},
			{Name: "go", Type: "submit", Visible: true},
		}},
		{ID: "p0001.none/f02", Page: "p0001.none", State: evidence.StateNone, Action: "http://lists.pixel.test/join", Method: "post", Visible: true, Fields: []evidence.Field{{Type: "email", Visible: true}}},
		{ID: "p0001.none/f03", Page: "p0001.none", State: evidence.StateNone, Visible: false, Fields: []evidence.Field{{Name: "phone", Type: "tel", Label: "Phone", Visible: false}}},
	}}
	res := s.build(t)
	want := []string{"pixel email form strong", "shop.test email form strong", "shop.test health form strong", "shop.test phone form strong"}
	if got := lines(res); !slices.Equal(got, want) {
		t.Errorf("flows = %q, want %q", got, want)
	}
	if f := res.Forms[0]; f.ActionParty != flow.First || !f.Secure || !slices.Equal(f.Prechecked, []string{"Newsletter"}) || !f.Fields[2].Sensitive || f.Fields[3].DataType != "" {
		t.Errorf("first form = %+v", f)
	}
	if f := res.Forms[1]; f.ActionVendor != "pixel" || f.Secure {
		t.Errorf("second form = %+v", f)
	}
}

// A form is shown where the first visit whose picture has it saw it, in whatever
// order the visits come.
func TestFormShown(t *testing.T) {
	form := func(visit string, s *evidence.Shown) evidence.Form {
		return evidence.Form{ID: visit + "/f01", Page: visit, State: evidence.StateNone, Action: "https://www.shop.test/contact", Method: "post", Fields: []evidence.Field{{Name: "e", Type: "email", Visible: true}}, Shown: s}
	}
	forms := []evidence.Form{form("p0001.none", nil), form("p0001.reject", &evidence.Shown{Width: 3}), form("p0001.accept", &evidence.Shown{Width: 2})}
	for range 2 {
		s := scan{forms: forms}
		for _, state := range []evidence.State{evidence.StateNone, evidence.StateReject, evidence.StateAccept} {
			s.page("p0001."+string(state), state)
		}
		res := s.build(t)
		if f := res.Forms[0]; f.ShownAt != "p0001.accept" || f.Shown.Width != 2 || len(res.Forms) != 1 {
			t.Errorf("%+v", res.Forms)
		}
		slices.Reverse(forms)
	}
}

// TestTown tells a town beside a street from one that stands alone.
func TestTown(t *testing.T) {
	town := evidence.Field{Name: "town", Type: "text", Visible: true}
	s := scan{forms: []evidence.Form{
		{ID: "p0001.none/f01", Page: "p0001.none", State: evidence.StateNone, Action: "https://www.shop.test/order", Visible: true, Fields: []evidence.Field{{Name: "street", Type: "text", Visible: true}, town}},
		{ID: "p0001.none/f02", Page: "p0001.none", State: evidence.StateNone, Action: "https://www.shop.test/stores", Visible: true, Fields: []evidence.Field{town}},
	}}
	res := s.build(t)
	if res.Forms[0].Fields[1].DataType != "postal_address" || res.Forms[1].Fields[0].DataType != "approximate_location" {
		t.Errorf("forms = %+v", res.Forms)
	}
}

// TestOrder shuffles every stream: the result must stay the same.
func TestOrder(t *testing.T) {
	s := manyPages(30, 20)
	for i := range 3 {
		s.canaries = append(s.canaries, evidence.Canary{Page: fmt.Sprintf("p%04d.none", i+1), State: evidence.StateNone, Kind: "email", Value: "jo@example.org", Field: fmt.Sprint(i)})
	}
	if len(s.build(t).Leaks) == 0 {
		t.Fatal("the canary was not found")
	}
	want, err := json.Marshal(s.build(t))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		rng.Shuffle(len(s.requests), func(i, j int) { s.requests[i], s.requests[j] = s.requests[j], s.requests[i] })
		rng.Shuffle(len(s.cookies), func(i, j int) { s.cookies[i], s.cookies[j] = s.cookies[j], s.cookies[i] })
		rng.Shuffle(len(s.canaries), func(i, j int) { s.canaries[i], s.canaries[j] = s.canaries[j], s.canaries[i] })
		rng.Shuffle(len(s.forms), func(i, j int) { s.forms[i], s.forms[j] = s.forms[j], s.forms[i] })
		rng.Shuffle(len(s.pages), func(i, j int) { s.pages[i], s.pages[j] = s.pages[j], s.pages[i] })
		got, err := json.Marshal(s.build(t))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatal("another order of records gives another result")
		}
	}
}

func manyPages(pages, requests int) *scan {
	s := &scan{}
	for i := range pages {
		id := fmt.Sprintf("p%04d.none", i+1)
		s.page(id, evidence.StateNone)
		for j := range requests {
			host := []string{"www.shop.test", "pixel.test", "fontbox.test", fmt.Sprintf("h%d.stranger%d.test", j, j%25)}[j%4]
			s.request(id, fmt.Sprintf("https://%s/p%d?ev=View&em=jo%%40example.org&dl=https%%3A%%2F%%2Fwww.shop.test%%2F%s&z=%d", host, j, id, i*j), func(r *evidence.Request) {
				r.Headers = map[string]string{"referer": "https://www.shop.test/", "user-agent": strings.Repeat("Mozilla ", 15), "accept": "*/*"}
				r.Initiator = evidence.Initiator{Type: "script", Stack: []evidence.StackFrame{{URL: "https://www.shop.test/app.js", Function: "load", Line: j, Column: 3}}}
				r.SetCookies = []string{fmt.Sprintf("c%d=%08x%08x; Max-Age=%d", j%5, i*7919, j*104729+77, 1000000+i*j)}
			})
		}
		s.cookies = append(s.cookies, evidence.Cookie{Page: id, State: evidence.StateNone, Name: "_px", Value: fmt.Sprintf("%016x", 7919*(i+99)), Domain: "shop.test", Path: "/", Expires: started.Add(90 * 24 * time.Hour), SetBy: evidence.Setter{Kind: "script", URL: "https://pixel.test/lib.js"}})
		s.forms = append(s.forms, evidence.Form{ID: id + "/f01", Page: id, State: evidence.StateNone, Action: "https://www.shop.test/news", Method: "post", Visible: true, Fields: []evidence.Field{{Type: "email", Label: "E-mail", Visible: true}}})
	}
	return s
}
