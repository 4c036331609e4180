package check

import (
	"fmt"
	"slices"
	"strings"

	"candor/analyzer/flow"
	"candor/rules"
)

var (
	// Cookies that keep somebody logged in.
	sessionName = newPhrase(`(?i)^(?:phpsessid|jsessionid|asp\.net_sessionid|\.aspxauth|\.aspnetcore\..*|connect\.sid|sid|sess|session|sessionid|session_id|session-id|_session|.*_session|.*_session_id|laravel_session|ci_session|cfid|cftoken|auth|auth_token|authtoken|access_token|refresh_token|jwt|remember_token|remember_me|wordpress_logged_in_.*|sessid|ssid|login_token)$`)
	// Cookies that scripts read by design.
	readByDesign = newPhrase(`(?i)csrf|xsrf|nonce`)
)

// hygiene finds cookies of a session that anybody on the way or any script can
// read, and pages whose whole address goes to third parties as the referring page:
// one finding for each. Params:
//
//	cookies_severity, address_severity
func hygiene(m *Matcher, r *rules.Rule) result {
	var res result
	weak, parts, sessions := []flow.Cookie{}, []string{}, 0
	for _, c := range m.in.Seen.Cookies {
		if c.Party != flow.First || c.Vendor != "" && c.SetterParty != flow.First || !sessionName.MatchString(c.Name) || readByDesign.MatchString(c.Name) {
			continue
		}
		sessions++
		var lacks []string
		if !c.Secure {
			lacks = append(lacks, "Secure")
		}
		// What a script of the page wrote cannot be HttpOnly, and is the page's to read.
		if !c.HTTPOnly && c.SetBy.Kind != "script" {
			lacks = append(lacks, "HttpOnly")
		}
		if len(lacks) > 0 {
			weak, parts = append(weak, c), append(parts, c.Name+" without "+list(lacks))
		}
	}
	if len(weak) > 0 {
		f := m.cookieFinding(param(r, "cookies_severity", "medium"), "", weak)
		f.DataTypes = nil
		f.Title = "Cookies of a session lack flags that protect them"
		f.Message = fmt.Sprintf("Observed: %s. Without Secure they also go over http, without HttpOnly any script on the page reads them.", list(shorten(parts, 5)))
		f.Fingerprint = fingerprint(r.ID, m.in.Site, "cookies")
		res.findings = append(res.findings, f)
	}
	told := m.flows(func(f *flow.Flow) bool {
		return f.Recipient.Party == flow.Third && f.Channel == "request" && f.Confidence == flow.Direct && f.DataTypes[0] == "page_url" && f.Detail == "Referer header"
	})
	if len(told) > 0 {
		f := group{flows: told}.finding(param(r, "address_severity", "low"))
		f.Recipients = union(told, func(f *flow.Flow) []string { return []string{f.Recipient.Vendor} })
		var names []string
		for _, g := range byRecipient(told) {
			names = append(names, m.calling(g.recipient()))
		}
		slices.Sort(names)
		f.Title = "Whole addresses of pages go to third parties as the referring page"
		f.Message = fmt.Sprintf("Observed %s: the Referer header with the path of the page goes to %s. A Referrer-Policy of the site lets it.", seenOn(f.Pages, ""), list(shorten(names, 6)))
		f.Fingerprint = fingerprint(r.ID, m.in.Site, "referrer")
		res.findings = append(res.findings, f)
	}
	if len(res.findings) > 0 {
		return res
	}
	var why []string
	if sessions > 0 {
		why = append(why, countOf(sessions, "The %d cookies of a session have", "The one cookie of a session has")+" the flags that protect them")
	} else {
		why = append(why, "No cookie with the name of a session was seen")
	}
	return result{outcome: Matches, why: strings.Join(append(why, "no page's whole address went to a third party in the Referer header"), ", and ") + "."}
}
