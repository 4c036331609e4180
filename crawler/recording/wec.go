package recording

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"candor/crawler/evidence"
)

// Website Evidence Collector of the EDPS, inspection.json of versions 1 and 2.

type wecLog struct {
	Stack     many[stackFrame] `json:"stack"`
	Type      text             `json:"type"`
	Timestamp text             `json:"timestamp"`
	Location  text             `json:"location"`
}

type wecCookie struct {
	jarCookie
	Log *wecLog `json:"log"`
}

type wecBeacon struct {
	URL   text    `json:"url"`
	Log   *wecLog `json:"log"`
	Times number  `json:"occurrances"` // spelt so in the file
}

type wecStored struct {
	Value json.RawMessage `json:"value"`
	Log   *wecLog         `json:"log"`
}

type wecForm struct {
	ID     text `json:"id"`
	Action text `json:"action"`
	Method text `json:"method"`
}

type wecSocket struct {
	URL      text `json:"url"`
	Messages many[struct {
		Way   text                  `json:"io"`
		Lines many[json.RawMessage] `json:"m"`
	}] `json:"messages"`
}

type collectorBrowser struct {
	Name      text                       `json:"name"`
	Version   text                       `json:"version"`
	UserAgent text                       `json:"user_agent"`
	Headers   map[string]json.RawMessage `json:"extra_headers"`
	Cookies   map[string]json.RawMessage `json:"preset_cookies"`
}

type collectorScript struct {
	Version struct {
		NPM    text `json:"npm"`
		Commit text `json:"commit"`
	} `json:"version"`
}

func (r *reader) wec(s *stream) error {
	in, err := r.inspect(s, "uri_ins", "uri_dest", "uri_redirects", "browsing_history", "start_time", "end_time", "browser", "script",
		"cookies", "localStorage", "beacons", "links", "unsafeForms", "hosts", "websockets", "websocketLog")
	if err != nil {
		return err
	}
	if err := in.about("Website Evidence Collector"); err != nil {
		return err
	}
	in.wecCookies()
	in.wecStorage()
	each(in, "beacons", in.parts["beacons"], maxEntries, in.wecBeacon)
	in.wecSockets()
	var hosts struct {
		Requests struct {
			First many[text] `json:"firstParty"`
			Third many[text] `json:"thirdParty"`
		} `json:"requests"`
	}
	in.get("hosts", &hosts)
	in.onlyHosts(texts(append(slices.Clone(hosts.Requests.First), hosts.Requests.Third...)))
	each(in, "unsafeForms", in.parts["unsafeForms"], 500, func(_ int, f wecForm) string {
		action, fault := in.addressOf("action", f.Action)
		if fault == "" && action != "" {
			v := in.visits[0]
			v.forms = append(v.forms, evidence.Form{FrameURL: v.page.FinalURL, Action: action, Method: strings.ToLower(bounded(string(f.Method), 20)), Name: bounded(string(f.ID), 200), Visible: true, Fields: []evidence.Field{}})
		}
		return fault
	})
	var links struct {
		First many[savedLink] `json:"firstParty"`
		Third many[savedLink] `json:"thirdParty"`
	}
	in.get("links", &links)
	in.links(slices.Concat(links.First, links.Third))
	in.partly("requests", "requests", "the file holds the addresses of requests that its filter lists know, one for each host and path and without method, headers and bodies; of the others it holds the host only. requests.har, which the collector writes beside it, holds more")
	in.partly("cookies", "cookies", "the cookie jar was read after the first page only; of later ones the cookies whose setting was seen")
	in.partly("storage", "browser storage", "the file holds localStorage of the page's own frame; no sessionStorage, IndexedDB, Cache Storage or storage of frames")
	in.partly("forms", "forms", "the file holds forms that post to http addresses, without their fields, and no others")
	in.cannot("labels", "labels put on visitors", "the file holds no data layers, targeting or consent strings of the page")
	in.gap("format", "workers and popups", "requests of service workers, and of windows that the page opened, are not in the file")
	return nil
}

// about reads what the two collectors that share a layout say of a run.
func (in *inspection) about(name string) error {
	var asked, final, started, ended text
	var redirects, history many[text]
	in.get("uri_ins", &asked)
	in.get("uri_dest", &final)
	in.get("uri_redirects", &redirects)
	in.get("browsing_history", &history)
	in.get("start_time", &started)
	in.get("end_time", &ended)
	var b collectorBrowser
	in.get("browser", &b)
	in.Browser = evidence.Browser{Product: bounded(string(b.Version), 80), UserAgent: bounded(string(b.UserAgent), 300), ThirdPartyCookies: "unknown"}
	in.Browser.Headless = strings.Contains(in.Browser.Product, "Headless")
	for _, k := range slices.Sorted(maps.Keys(b.Cookies)) {
		if len(in.Preset) < 100 {
			in.Preset = append(in.Preset, bounded(k, 300))
		}
	}
	var script collectorScript
	in.get("script", &script)
	in.Import.Creator = strings.TrimSpace(name + " " + bounded(string(script.Version.NPM), 40))
	from, _ := moment(string(started))
	to, _ := moment(string(ended))
	// A destination that no page loaded is the address of an error page.
	if host(string(final)) == "" {
		final = ""
	}
	if host(string(asked)) == "" {
		if full := "http://" + string(asked); address(full) == "" && !strings.Contains(string(asked), ":") {
			asked = text(full) // the collector completes what was typed
		}
	}
	return in.pagesOf(bounded(string(asked), maxURL), redirects, bounded(string(final), maxURL), history, from, to)
}

func (in *inspection) wecCookies() {
	each(in, "cookies", in.parts["cookies"], maxCookies, func(_ int, c wecCookie) string {
		k, fault := in.cookie(&c.jarCookie)
		if fault != "" {
			return fault
		}
		page := ""
		if l := c.Log; l != nil {
			page = string(l.Location)
			k.SetBy = setBy(l)
		}
		v := in.at(page)
		v.cookies = append(v.cookies, k)
		return ""
	})
}

// setBy reads who set a cookie or key.
func setBy(l *wecLog) evidence.Setter {
	stack := stackOf(l.Stack)
	switch {
	case len(stack) == 0:
		return evidence.Setter{Kind: "unknown"}
	case l.Type == "Cookie.HTTP":
		return evidence.Setter{Kind: "http", URL: stack[0].URL}
	}
	return evidence.Setter{Kind: "script", URL: stack[0].URL, Initiators: stack}
}

func (in *inspection) wecStorage() {
	var areas map[string]map[string]wecStored
	in.get("localStorage", &areas)
	n := 0
	for _, origin := range slices.Sorted(maps.Keys(areas)) {
		if host(origin) == "" {
			in.gap("other", "localStorage of "+bounded(origin, 80), "expected an origin such as https://www.example.com")
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(areas[origin])) {
			if n++; n > maxStored {
				in.gap("bound", "further keys of localStorage", "only the first 20,000 were kept")
				return
			}
			s := areas[origin][key]
			value := jsonText(s.Value)
			item := evidence.StorageItem{Kind: "local", Origin: bounded(strings.TrimSuffix(origin, "/"), 300), Key: bounded(key, 300), Value: bounded(value, 4096), Cut: len(value) > 4096, SetBy: evidence.Setter{Kind: "unknown"}}
			page := ""
			if s.Log != nil {
				page, item.SetBy = string(s.Log.Location), setBy(s.Log)
			}
			v := in.at(page)
			v.storage = append(v.storage, item)
		}
	}
}

func (in *inspection) wecBeacon(_ int, b wecBeacon) string {
	address, fault := in.addressOf("url", b.URL)
	if address == "" {
		return fault
	}
	q := evidence.Request{URL: address, Type: typeByPath(address)}
	page := ""
	if b.Log != nil {
		if len(b.Log.Stack) > 0 {
			q.FrameURL = bounded(string(b.Log.Stack[0].File), maxURL)
		}
		page = q.FrameURL
	}
	in.add(in.at(page), q)
	return ""
}

func (in *inspection) wecSockets() {
	for _, name := range []string{"websockets", "websocketLog"} {
		var sockets map[string]wecSocket
		in.get(name, &sockets)
		for _, id := range slices.Sorted(maps.Keys(sockets)) {
			s := sockets[id]
			address, fault := in.addressOf("url", s.URL)
			if address == "" {
				in.gap("other", name+" "+bounded(id, 40), fault)
				continue
			}
			q := evidence.Request{URL: address, Type: "WebSocket", Method: "GET"}
			for _, m := range s.Messages {
				var lines []string
				for _, l := range m.Lines {
					lines = append(lines, jsonText(l))
				}
				data := strings.Join(lines, "\n")
				if len(q.Messages) >= maxMessages {
					in.cut++
					break
				}
				q.Messages = append(q.Messages, evidence.SocketMessage{Sent: m.Way == "out", Opcode: 1, Data: bounded(data, maxMessage), Cut: len(data) > maxMessage})
			}
			in.add(in.visits[0], q)
		}
	}
}

func texts(list []text) []string {
	out := make([]string, 0, len(list))
	for _, t := range list {
		out = append(out, string(t))
	}
	return out
}
