package behavior_test

import (
	"testing"

	"candor/crawler/evidence"
)

func TestBeacon(t *testing.T) {
	ping := func(body string) func(*evidence.Request) {
		return func(r *evidence.Request) {
			r.Type, r.Method, r.Status, r.PostData, r.PostBytes = "Ping", "POST", 204, body, len(body)
		}
	}
	const seen = "beacon pixel direct: a beacon was sent, which arrives even when the visitor leaves, with "
	run(t, []row{
		{"with a body", one().request("https://px.pixel.test/b", ping("clicks=3")), []string{seen + "a body"}},
		{"with what it tells in its address", one().request("https://px.pixel.test/b?uid=a81fk20dk3mq7", ping("")), []string{seen + "an identifier"}},
		{"fetch with keepalive", one().request("https://px.pixel.test/b", func(r *evidence.Request) {
			ping("t=12")(r)
			r.Type, r.Keepalive = "Fetch", true
		}), []string{seen + "a body"}},

		{"nothing in it", one().request("https://px.pixel.test/b", ping("")), nil},
		{"to the site itself", one().request(home+"b", ping("clicks=3")), nil},
		{"an ordinary fetch", one().request("https://px.pixel.test/b", func(r *evidence.Request) {
			ping("clicks=3")(r)
			r.Type = "Fetch"
		}), nil},
		{"a report of the browser", one().request("https://px.pixel.test/csp", func(r *evidence.Request) {
			ping("{}")(r)
			r.Type, r.Keepalive = "CSPViolationReport", true
		}), nil},
	})
}
