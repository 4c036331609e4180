package behavior_test

import (
	"testing"

	"candor/crawler/evidence"
)

// cookie adds a cookie that the browser keeps after the last page.
func (s *scene) cookie(domain, name, value, setter string) *scene {
	p := s.pages[len(s.pages)-1]
	s.cookies = append(s.cookies, evidence.Cookie{
		Page: p.ID, State: p.State, Name: name, Value: value, Domain: domain, Path: "/", Expires: started.AddDate(1, 0, 0),
		SetBy: evidence.Setter{Kind: "script", URL: setter},
	})
	return s
}

func (s *scene) store(kind, origin, key, value, setter string) *scene {
	p := s.pages[len(s.pages)-1]
	s.storage = append(s.storage, evidence.StorageItem{Page: p.ID, State: p.State, Kind: kind, Origin: origin, Key: key, Value: value, SetBy: evidence.Setter{Kind: "script", URL: setter}})
	return s
}

func TestCookieSync(t *testing.T) {
	const (
		id     = "k3f9a20c7be14d6f"
		script = "https://js.pixel.test/tag.js"
		shop   = "https://www.shop.test"
	)
	own := func() *scene { return one().cookie("pixel.test", "uid", id, "") }
	passed := func() *scene { return one().cookie("shop.test", "_pix", "px.1."+id, script) }
	const direct = "cookie_sync adharbor.test direct: an identifier of Pixel Ads, which it keeps in the cookie uid, was sent to adharbor.test"
	session := one()
	session.cookie("pixel.test", "uid", id, "").cookies[0].Session = true
	both := own().cookie("adharbor.test", "partner", id, "")
	run(t, []row{
		{"in the address", own().request("https://x.adharbor.test/match?partner_uid="+id, nil), []string{direct}},
		{"in the path", own().request("https://x.adharbor.test/match/pixel/"+id+"/done", nil), []string{direct}},
		{"in a body", own().request("https://x.adharbor.test/match", func(r *evidence.Request) {
			r.Method, r.Type, r.PostData = "POST", "Fetch", `{"ids":[{"source":"pixel","id":"`+id+`"}]}`
		}), []string{direct}},
		{"beside others", own().request("https://x.adharbor.test/match?ids=0~v1~"+id, nil), []string{direct}},
		{"in the address of a frame", own().request("https://x.adharbor.test/f.js", func(r *evidence.Request) {
			r.Type, r.Headers = "Script", map[string]string{"referer": "https://frame.pixel.test/sync?" + id}
		}), []string{direct}},
		{"by a script that is asked for", own().request("https://x.adharbor.test/match.js?uid="+id, func(r *evidence.Request) { r.Type = "Script" }), []string{direct}},
		{"kept on the site's domain", passed().request("https://x.adharbor.test/match?pid="+id, nil),
			[]string{"cookie_sync adharbor.test strong: an identifier of Pixel Ads, which it keeps in the cookie _pix, was sent to adharbor.test"}},
		{"kept in local storage", one().store("local", shop, "pixstate", `{"visitorId":"`+id+`"}`, script).request("https://x.adharbor.test/match?pid="+id, nil),
			[]string{"cookie_sync adharbor.test strong: an identifier of Pixel Ads, which it keeps in local storage under pixstate, was sent to adharbor.test"}},

		{"to its own party", own().request("https://px.pixel.test/p?uid="+id, nil), nil},
		{"to another domain of its company", one().cookie("pixel.test", "uid", id, "").request("https://cdn.assets.test/p?uid="+id, nil), nil},
		{"to the site", own().request(home+"log?uid="+id, nil), nil},
		{"the site's own identifier", one().cookie("shop.test", "visitor", id, home+"app.js").request("https://x.adharbor.test/match?uid="+id, nil), nil},
		{"the site keeps it too", own().cookie("shop.test", "visitor", id, home+"app.js").request("https://x.adharbor.test/match?uid="+id, nil), nil},
		{"the receiver keeps it too", both.request("https://x.adharbor.test/match?uid="+id, nil), nil},
		{"a session's identifier", session.request("https://x.adharbor.test/match?uid="+id, nil), nil},
		{"an account number that its script is loaded with", passed().request("https://js.pixel.test/tag.js?account="+id, func(r *evidence.Request) { r.Type = "Script" }).
			request("https://x.adharbor.test/e?partner_account="+id, nil), nil},
		{"what stands in the page's address", (&scene{}).page("p0001.none", func(p *evidence.Page) { p.FinalURL = home + "?click=" + id }).
			cookie("shop.test", "_pixclick", id, script).request("https://x.adharbor.test/e?click="+id, nil), nil},
		{"a date, a version and a short number", one().cookie("pixel.test", "a", "20261101", "").cookie("pixel.test", "b", "12.4.100.2", "").cookie("pixel.test", "c", "48151623", "").
			request("https://x.adharbor.test/e?d=20261101&v=12.4.100.2&n=48151623", nil), nil},
		{"a consent string", one().cookie("pixel.test", "euconsent", "CPzHq4APzHq4AAKAfAENAuCsAP_gAAAAAAAANnwAAAAA", "").
			request("https://x.adharbor.test/e?gdpr_consent=CPzHq4APzHq4AAKAfAENAuCsAP_gAAAAAAAANnwAAAAA", nil), nil},
		{"in a cookie of the receiver's own", own().request("https://x.adharbor.test/e", func(r *evidence.Request) {
			r.Cookies = []evidence.SentCookie{{Name: "x", Value: id, Domain: "adharbor.test"}}
		}), nil},
		{"a request that was blocked", own().request("https://x.adharbor.test/match?uid="+id, func(r *evidence.Request) { r.Error, r.Status = "net::ERR_BLOCKED_BY_CLIENT", 0 }), nil},
	})
}
