package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"candor/analyzer/policy"
)

func TestCookieTables(t *testing.T) {
	table := func(heads string, rows ...string) string {
		var b strings.Builder
		b.WriteString("<h2>Cookies</h2><table><tr>")
		for _, h := range strings.Split(heads, "|") {
			b.WriteString("<th>" + h + "</th>")
		}
		b.WriteString("</tr>")
		for _, r := range rows {
			b.WriteString("<tr><td>" + strings.ReplaceAll(r, "|", "</td><td>") + "</td></tr>")
		}
		return b.String() + "</table>"
	}
	for _, c := range []struct {
		name, html string
		want       []string // name, provider, purpose, days, party
	}{
		{"four columns", table("Name|Provider|Purpose|Duration", "_ga|Google|Statistics|2 years", "sid|Lantern|Keeps you signed in (necessary)|Session"),
			[]string{"_ga|Google|analytics|730|", "sid|Lantern|necessary|0|"}},
		{"wildcards and several names in a cell", table("Cookie|Duration|Purpose", "_ga_*, _gid|24 hours|Analytics", "_hjSession{site}|30 minutes|Analytics"),
			[]string{"_ga_*||analytics|1|", "_gid||analytics|1|", "_hjSession{site}||analytics|0.0208|"}},
		{"names on lines of their own", table("Cookie|Duration|Purpose", "a_id<br>b_id|1 week|Marketing"), []string{"a_id||advertising|7|", "b_id||advertising|7|"}},
		{"party and class", table("Cookie name|Category|First or third party|Lifespan", "uid|Targeting|Third party|13 months", "lang|Functional|First party|1 year"),
			[]string{"uid||advertising|395|third", "lang||functional|365|first"}},
		{"a lifetime without a number", table("Cookie|Purpose|Expiry", "keep_me|Functional|Persistent"), []string{"keep_me||functional|-1|"}},
		{"German", table("Name|Anbieter|Zweck|Laufzeit", "_pk_id|Matomo|Statistik|13 Monate", "PHPSESSID|Lampenladen|Notwendig|Sitzung"), []string{"_pk_id|Matomo|analytics|395|", "PHPSESSID|Lampenladen|necessary|0|"}},
		{"French", table("Nom du cookie|Émetteur|Finalité|Durée de conservation", "_gcl_au|Google|Publicité|90 jours"), []string{"_gcl_au|Google|advertising|90|"}},
		{"no heads but names and spans", "<table><tr><td>Cookie</td><td>Purpose</td><td>Duration</td></tr><tr><td>_ga</td><td>Statistics</td><td>1 year</td></tr></table>", []string{"_ga||analytics|365|"}},
		{"a head behind the text of the page", table(strings.Repeat("This page tells how we set them. ", 20)+"Cookie|Description|Lifespan", "sid_1; sid_2|Keeps you signed in (necessary)|7 days"), []string{"sid_1||necessary|7|", "sid_2||necessary|7|"}},
		{"opening hours are no cookies", table("Name|Hours", "Leeds|9 to 5", "York|10 to 4"), nil},
		{"people are no cookies", table("Name|Role|Since", "Maria|Director|2 years", "Tom|Clerk|1 year"), nil},
		{"kinds of data are no cookies", table("Type of data|Purpose|Retention", "E-mail address|Newsletter|2 years", "IP address|Security|7 days"), nil},
		{"a definition list", "<h2>Marketing</h2><dl><dt>_fbp</dt><dd>Cookie of Meta, 90 days.</dd></dl>", []string{"_fbp||advertising|90|"}},
		{"a definition list of words is none", "<dl><dt>Cookie</dt><dd>A small file that a site keeps for 30 days.</dd><dt>Controller</dt><dd>Who decides.</dd></dl>", nil},
		{"a labelled list", "<h2>Statistics</h2><ul><li>Acme<ul><li><b>Cookies:</b> ac_id, visitor</li><li><b>Provider:</b> Acme</li><li><b>Duration:</b> 30 days</li></ul></li><li>Bolt<ul><li>Name: bolt_1</li><li>Purpose: Advertising</li></ul></li></ul><p>We look through this list twice a year and bring it up to date.</p>",
			[]string{"ac_id|Acme|analytics|30|", "visitor|Acme|analytics|30|", "bolt_1||analytics|-1|"}},
		{"a line a cookie", "<h2>Cookies</h2><p>_lamp_id, unique token, sessional, Lets the shop keep notes about your visit (page, time).</p><p>basket, unique token, persistent for 2 weeks, Keeps what is in your basket.</p>",
			[]string{"_lamp_id|||0|", "basket|||14|"}},
		{"lines that are no cookies", "<p>Lamps, unique pieces, persistent for 2 weeks, are sold here.</p><p>Bulbs, spare ones, last 2 years, are sold here too.</p>", nil},
		{"a labelled list of people", "<ul><li>Name: Maria</li><li>Company: Lantern</li><li>Time: 2 years</li></ul>", nil},
		{"heads that leave no doubt", table("Cookie name|Purpose|Duration", "Acme Tag Manager : campaign cookies|Counts clicks|1 day"), []string{"campaign|||1|"}},
		{"a consent platform's list", `<div class="ot-sdk-cookie-policy-group">Targeting Cookies</div><ul class="ot-host-list"><li class="ot-host-info"><div>Name</div><div>_uetsid</div><div>Host</div><div>bing.com</div><div>Duration</div><div>1 day</div></li></ul>`,
			[]string{"_uetsid|bing.com|advertising|1|"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := policy.Read(policy.Input{ID: "d01", MIMEType: "text/html; charset=utf-8", Raw: []byte("<main><h1>Cookie policy</h1><p>These cookies are set when you visit the shop and look around in it for a while.</p>" + c.html + "</main>")}, set(t))
			checkOffsets(t, doc)
			var got []string
			for _, k := range doc.Cookies {
				got = append(got, fmt.Sprintf("%s|%s|%s|%.3g|%s", k.Name, k.Provider, k.Purpose, k.LifetimeDays, k.Party))
			}
			if g, w := strings.Join(got, "\n"), strings.Join(c.want, "\n"); g != w {
				t.Errorf("cookies\n%s\nwant\n%s", g, w)
			}
		})
	}
}
