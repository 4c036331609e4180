package recording

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// Blacklight collector of The Markup, inspection.json of versions 1 to 3.

type blTracker struct {
	URL   text             `json:"url"`
	Stack many[stackFrame] `json:"stack"`
	Data  struct {
		Body json.RawMessage `json:"body"`
	} `json:"data"`
}

type blCookie struct {
	jarCookie
	Kind   text `json:"type"`   // "http", "js", "both", "unknown"
	Script text `json:"script"` // where the jar could not be read
}

type blTyped struct {
	URL    text       `json:"post_request_url"`
	Data   text       `json:"post_data"`
	Kinds  many[text] `json:"match_type"`
	Values many[text] `json:"filter"`
}

type blPixel struct {
	Raw  text `json:"raw"`
	Page text `json:"pageUrl"`
}

func (r *reader) blacklight(s *stream) error {
	in, err := r.inspect(s, "uri_ins", "uri_dest", "uri_redirects", "browsing_history", "start_time", "end_time", "browser", "script", "hosts", "links", "reports")
	if err != nil {
		return err
	}
	if err := in.about("Blacklight collector"); err != nil {
		return err
	}
	var reports map[string]json.RawMessage
	in.get("reports", &reports)
	each(in, "reports.cookies", reports["cookies"], maxCookies, in.blCookie)
	each(in, "reports.third_party_trackers", reports["third_party_trackers"], maxEntries, in.blTracker)
	in.blTyped(reports["key_logging"])
	in.blRecorders(reports["session_recorders"])
	for _, list := range []string{"fb_pixel_events", "tiktok_pixel_events", "twitter_pixel_events", "google_analytics_events"} {
		each(in, "reports."+list, reports[list], 1000, func(_ int, p blPixel) string {
			address, fault := in.addressOf("raw", p.Raw)
			if address != "" && !in.known[address] {
				in.add(in.at(string(p.Page)), evidence.Request{URL: address, Type: typeByPath(address)})
			}
			return fault
		})
	}
	var hosts struct {
		Requests struct {
			First many[text] `json:"first_party"`
			Third many[text] `json:"third_party"`
		} `json:"requests"`
	}
	in.get("hosts", &hosts)
	in.onlyHosts(texts(append(slices.Clone(hosts.Requests.First), hosts.Requests.Third...)))
	in.blLinks()
	in.blGaps(reports)
	return nil
}

func (in *inspection) blCookie(_ int, c blCookie) string {
	k, fault := in.cookie(&c.jarCookie)
	if fault != "" {
		return fault
	}
	script := ""
	if host(string(c.Script)) != "" {
		script = bounded(string(c.Script), maxURL)
	}
	switch c.Kind {
	case "http":
		k.SetBy = evidence.Setter{Kind: "http", URL: script}
	case "js":
		k.SetBy = evidence.Setter{Kind: "script", URL: script}
	}
	in.visits[0].cookies = append(in.visits[0].cookies, k)
	return ""
}

func (in *inspection) blTracker(_ int, t blTracker) string {
	address, fault := in.addressOf("url", t.URL)
	if address == "" {
		return fault
	}
	q := evidence.Request{URL: address, Type: typeByPath(address)}
	if len(t.Stack) > 0 {
		q.FrameURL = bounded(string(t.Stack[0].File), maxURL)
	}
	if body := string(t.Data.Body); body != "" && body != "{}" && body != "null" && body != `""` {
		q.Method = "POST"
		setBody(&q, []byte(jsonText(t.Data.Body)))
	}
	in.add(in.at(q.FrameURL), q)
	return fault
}

// blTyped takes the requests that carried what the collector had typed.
func (in *inspection) blTyped(raw json.RawMessage) {
	var byDomain map[string]json.RawMessage
	in.part("reports.key_logging", raw, &byDomain)
	for _, domain := range slices.Sorted(maps.Keys(byDomain)) {
		each(in, "reports.key_logging."+bounded(domain, 80), byDomain[domain], 1000, func(_ int, t blTyped) string {
			address, fault := in.addressOf("post_request_url", t.URL)
			if address != "" {
				q := evidence.Request{URL: address, Method: "POST", Type: "Other"}
				setBody(&q, []byte(t.Data))
				in.add(in.visits[0], q)
				in.blCanaries(t)
			}
			return fault
		})
	}
}

// blCanaries takes the addresses that the collector typed. What else it typed
// is not told apart by kind in the file.
func (in *inspection) blCanaries(t blTyped) {
	if !slices.Contains(t.Kinds, "plaintext") {
		return // the values are hashes
	}
	v := in.visits[0]
	for _, value := range t.Values {
		k := evidence.Canary{Kind: "email", Value: bounded(string(value), 200)}
		if strings.Count(k.Value, "@") == 1 && len(v.canaries) < 20 && !slices.Contains(v.canaries, k) {
			v.canaries = append(v.canaries, k)
		}
	}
}

// blRecorders takes the requests for scripts of session recorders.
func (in *inspection) blRecorders(raw json.RawMessage) {
	var byPattern map[string]json.RawMessage
	in.part("reports.session_recorders", raw, &byPattern)
	for _, pattern := range slices.Sorted(maps.Keys(byPattern)) {
		each(in, "reports.session_recorders."+bounded(pattern, 80), byPattern[pattern], 1000, func(_ int, t text) string {
			address, fault := in.addressOf("url", t)
			if address != "" && !in.known[address] {
				in.add(in.visits[0], evidence.Request{URL: address, Type: typeByPath(address)})
			}
			return fault
		})
	}
}

// part decodes what is inside a member.
func (in *inspection) part(where string, raw json.RawMessage, v any) {
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	if fault := decode(raw, v); fault != "" {
		in.gap("other", where, fault)
	}
}

func (in *inspection) blLinks() {
	var links struct {
		First many[savedLink] `json:"first_party"`
		Third many[savedLink] `json:"third_party"`
	}
	in.get("links", &links)
	in.links(slices.Concat(links.First, links.Third))
}

func (in *inspection) blGaps(reports map[string]json.RawMessage) {
	if len(reports) == 0 {
		in.gap("other", "reports", "the file holds no reports: only the hosts that were asked")
	}
	if _, ok := reports["cookies"]; ok {
		in.partly("cookies", "cookies", "the collector empties the cookie jar before each page: the file holds the cookies of its last page")
	} else {
		in.cannot("cookies", "cookies", "the file holds no cookies")
	}
	in.partly("requests", "requests", "the file holds the addresses of requests that its filter lists know; of the others it holds the host only. requests.har, which the collector writes beside it, holds more")
	in.cannot("storage", "browser storage", "the file holds none")
	in.cannot("forms", "forms", "the file holds no forms; the collector fills in those that it finds, so that requests may carry what it typed")
	in.cannot("labels", "labels put on visitors", "the file holds no data layers, targeting or consent strings of the page")
	in.gap("format", "workers and popups", "requests of workers, and of windows that the page opened, are not in the file")
	for _, name := range []string{"canvas_fingerprinters", "canvas_font_fingerprinters", "behaviour_event_listeners", "fingerprintable_api_calls"} {
		if scripts := scriptsIn(reports[name]); len(scripts) > 0 {
			in.gap("format", strings.ReplaceAll(name, "_", " "), fmt.Sprintf("the collector reports %s, such as %s; this is not taken over as evidence, since the calls that it rests on are not in the file", count(len(scripts), "script", "scripts"), scripts[0]))
		}
	}
}

// scriptsIn lists the addresses in a report, which stand as names or in lists.
func scriptsIn(raw json.RawMessage) []string {
	found := map[string]bool{}
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	var walk func(v any, depth int)
	walk = func(v any, depth int) {
		if depth > 6 || len(found) > 1000 {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				if host(k) != "" {
					found[bounded(k, 200)] = true
				}
				walk(inner, depth+1)
			}
		case []any:
			for _, inner := range v {
				walk(inner, depth+1)
			}
		case string:
			if host(v) != "" {
				found[bounded(v, 200)] = true
			}
		}
	}
	walk(v, 0)
	return slices.Sorted(maps.Keys(found))
}
