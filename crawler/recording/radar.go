package recording

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"candor/crawler/evidence"
)

// Tracker Radar Collector of DuckDuckGo: the JSON file that it writes for each
// site.

type trcRequest struct {
	URL          text                       `json:"url"`
	Method       text                       `json:"method"`
	Type         text                       `json:"type"`
	Status       number                     `json:"status"`
	Size         number                     `json:"size"`
	RemoteIP     text                       `json:"remoteIPAddress"`
	Headers      map[string]json.RawMessage `json:"responseHeaders"`
	Failure      text                       `json:"failureReason"`
	RedirectedTo text                       `json:"redirectedTo"`
	From         text                       `json:"redirectedFrom"`
	Initiators   many[text]                 `json:"initiators"`
	PostData     text                       `json:"postData"`
}

type trcCall struct {
	Source      text            `json:"source"`
	Description text            `json:"description"`
	Arguments   json.RawMessage `json:"arguments"`
}

func (r *reader) radar(s *stream) error {
	in, err := r.inspect(s, "initialUrl", "finalUrl", "timeout", "testStarted", "testFinished", "data")
	if err != nil {
		return err
	}
	var asked, final text
	var started, finished number
	var timedOut truth
	in.get("initialUrl", &asked)
	in.get("finalUrl", &final)
	in.get("testStarted", &started)
	in.get("testFinished", &finished)
	in.get("timeout", &timedOut)
	in.Import.Creator = "Tracker Radar Collector"
	in.Browser = evidence.Browser{Product: "Chromium", ThirdPartyCookies: "unknown"}
	if err := in.pagesOf(bounded(string(asked), maxURL), nil, bounded(string(final), maxURL), nil, millis(started), millis(finished)); err != nil {
		return err
	}
	page := &in.visits[0].page
	if d := int64(finished - started); started > 0 && d > 0 && d < time.Hour.Milliseconds() {
		page.DurationMS = d
	}
	if timedOut {
		in.gap("timeout", "page "+page.URL, "the collector stopped loading it when its time was up")
	}
	var data map[string]json.RawMessage
	in.get("data", &data)
	each(in, "data.requests", data["requests"], maxEntries, in.trcRequest)
	in.trcCookies(data)
	var calls struct {
		Stats json.RawMessage `json:"callStats"`
		Saved json.RawMessage `json:"savedCalls"`
	}
	in.part("data.apis", data["apis"], &calls)
	jar := map[string][]*evidence.Cookie{}
	for i := range in.visits[0].cookies {
		k := &in.visits[0].cookies[i]
		if len(jar[k.Name]) < 50 {
			jar[k.Name] = append(jar[k.Name], k)
		}
	}
	each(in, "data.apis.savedCalls", calls.Saved, maxCookies, func(_ int, c trcCall) string { return in.trcCall(c, jar) })
	in.trcGaps(data, calls.Stats)
	return nil
}

func millis(n number) time.Time {
	if ms := n.whole(); ms > 0 && ms < 2e14 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

func (in *inspection) trcRequest(_ int, t trcRequest) string {
	address, fault := in.addressOf("url", t.URL)
	if address == "" {
		return fault
	}
	v := in.visits[0]
	q := evidence.Request{
		URL: address, Method: strings.ToUpper(bounded(string(t.Method), 20)), Type: bounded(string(t.Type), 40), Bytes: max(t.Size.whole(), 0),
		RemoteIP: strings.Trim(bounded(string(t.RemoteIP), 60), "[]"), Error: bounded(string(t.Failure), 300), ResponseHeaders: map[string]string{},
	}
	if q.Type == "" {
		q.Type = "Other"
	}
	q.Keepalive = q.Type == "Ping"
	if status := t.Status.whole(); status >= 100 && status < 600 {
		q.Status = int(status)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
		value := jsonText(t.Headers[name])
		switch name = strings.ToLower(name); {
		case name == "set-cookie":
			for line := range strings.SplitSeq(value, "\n") {
				if line = strings.TrimSpace(line); line != "" && len(q.SetCookies) < maxLines {
					q.SetCookies = append(q.SetCookies, in.short(line, 8<<10))
				}
			}
		case slices.Contains(kept, name):
			q.ResponseHeaders[name] = in.short(value, 1000)
		}
	}
	if t.PostData != "" {
		setBody(&q, []byte(t.PostData))
	}
	// The list holds every script of the stack; which line called is not in it.
	for _, i := range t.Initiators {
		if len(q.Initiator.Stack) < maxStack && host(string(i)) != "" {
			q.Initiator.Type = "script"
			q.Initiator.Stack = append(q.Initiator.Stack, evidence.StackFrame{URL: bounded(string(i), maxURL)})
		}
	}
	if t.From != "" {
		for i := len(v.requests) - 1; i >= max(0, len(v.requests)-500); i-- {
			if from := &v.requests[i]; from.URL == string(t.From) {
				q.Chain, q.Hop = from.Chain, from.Hop+1
				break
			}
		}
	}
	if q.Type == "Document" && (address == v.page.FinalURL || address == v.page.URL) {
		q.MainFrame = true
		if address == v.page.FinalURL {
			v.page.Status = q.Status
		}
	}
	in.add(v, q)
	return fault
}

func (in *inspection) trcCookies(data map[string]json.RawMessage) {
	each(in, "data.cookies", data["cookies"], maxCookies, func(_ int, c jarCookie) string {
		k, fault := in.cookie(&c)
		if fault == "" {
			in.visits[0].cookies = append(in.visits[0].cookies, k)
		}
		return fault
	})
}

// trcCall takes what a script wrote to document.cookie: it tells who set a
// cookie of the jar, and its value and lifetime as set.
func (in *inspection) trcCall(c trcCall, jar map[string][]*evidence.Cookie) string {
	if c.Description != "Document.cookie setter" {
		return ""
	}
	var args many[text]
	if len(c.Arguments) > 0 && c.Arguments[0] == '[' {
		if fault := decode(c.Arguments, &args); fault != "" {
			return "arguments: " + fault
		}
	} else {
		args = many[text]{text(jsonText(c.Arguments))}
	}
	v := in.visits[0]
	at, err := url.Parse(v.page.FinalURL)
	if err != nil {
		return ""
	}
	for _, line := range args {
		w := writtenBy(string(line), &hop{started: v.page.StartedAt, Request: evidence.Request{URL: v.page.FinalURL}}, at)
		if w == nil {
			continue
		}
		by := evidence.Setter{Kind: "script"}
		if host(string(c.Source)) != "" {
			by.URL = bounded(string(c.Source), maxURL)
		}
		for _, k := range jar[w.name] {
			if covers(k.Domain, false, w.domain) {
				k.Value, k.LifetimeSec, k.Secure, k.SetBy = w.Value, w.LifetimeSec, w.Secure, by
			}
		}
	}
	return ""
}

func (in *inspection) trcGaps(data map[string]json.RawMessage, stats json.RawMessage) {
	v := in.visits[0]
	for _, part := range []struct{ name, kind, what string }{{"requests", "requests", "requests"}, {"cookies", "cookies", "cookies"}} {
		raw, ok := data[part.name]
		switch {
		case !ok:
			in.cannot(part.kind, part.what, "the collector was run without its collector of "+part.name)
		case string(raw) == "null":
			in.cannot(part.kind, part.what, "the collector of "+part.name+" failed")
		}
	}
	if slices.Contains(in.Import.Missing, "requests") {
		in.partly("requests", "all that requests show", "recipients and what they were sent are not in the file")
	} else {
		in.gap("format", "bodies and headers of requests", "the file holds no posted bodies, no request headers (so no referrer and no sent cookies) and no WebSocket messages")
		in.partly("requests", "what requests carried", "only their addresses are in the file")
		site := evidence.Site(host(v.page.FinalURL))
		if len(v.requests) > 0 && !slices.ContainsFunc(v.requests, func(q evidence.Request) bool { return evidence.Site(host(q.URL)) == site }) {
			in.gap("format", "first-party requests", "the file holds none: the collector was probably run with --only-3p")
		}
	}
	if !slices.Contains(in.Import.Missing, "cookies") {
		in.partly("cookies", "cookies", "the file holds names, domains, paths and lifetimes, not values and not the flags HttpOnly and Secure; a value is known only where a script was seen setting it")
	}
	in.cannot("storage", "browser storage", "the file holds none")
	in.cannot("forms", "forms", "the file holds none")
	in.cannot("labels", "labels put on visitors", "the file holds none")
	in.gap("format", "requests of service workers", "they are not in the file")
	if scripts := scriptsIn(stats); len(scripts) > 0 {
		in.gap("format", "calls of fingerprinting interfaces", fmt.Sprintf("the collector counts calls of %s; this is not taken over as evidence, since counts alone do not tell fingerprinting from other use", count(len(scripts), "script", "scripts")))
	}
}
