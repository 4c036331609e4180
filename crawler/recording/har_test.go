package recording

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"candor/crawler/evidence"
)

// line makes a HAR entry of a short text: second, address and what is said of
// it, as in "3 https://a.test/ dest=document".
func line(t *testing.T, s string) string {
	t.Helper()
	words := strings.Fields(s)
	request, response, entry, headers, answers := "", `"status":200,"content":{"mimeType":"text/html"}`, "", "", ""
	for _, w := range words[2:] {
		key, value, _ := strings.Cut(w, "=")
		header := fmt.Sprintf(`,{"name":%q,"value":%q}`, key, value)
		switch key {
		case "dest":
			headers += fmt.Sprintf(`,{"name":"Sec-Fetch-Dest","value":%q}`, value)
		case "referer", "sec-purpose", "sec-gpc", "cookie":
			headers += header
		case "to":
			response = fmt.Sprintf(`"status":302,"redirectURL":%q,"content":{"mimeType":""}`, value)
		case "status":
			response = fmt.Sprintf(`"status":%s,"content":{"mimeType":"text/html"}`, value)
		case "mime":
			response = fmt.Sprintf(`"status":200,"content":{"mimeType":%q}`, value)
		case "set-cookie", "non-authoritative-reason":
			answers += header
		case "page":
			entry += fmt.Sprintf(`,"pageref":%q`, value)
		case "type":
			entry += fmt.Sprintf(`,"_resourceType":%q`, value)
		case "by":
			entry += fmt.Sprintf(`,"_initiator":{"type":"script","stack":{"callFrames":[{"url":%q}]}}`, value)
		case "method":
			request += fmt.Sprintf(`,"method":%q`, value)
		default:
			t.Fatalf("what is %q?", w)
		}
	}
	return fmt.Sprintf(`{"startedDateTime":"2026-11-24T08:15:%02sZ","request":{"url":%q,"headers":[{"name":"x","value":""}%s]%s},"response":{%s,"headers":[{"name":"x","value":""}%s]}%s}`,
		words[0], words[1], headers, request, response, answers, entry)
}

// TestPages checks how entries become pages. Each page is "address → final:
// requests"; a request is its address with the number of its hop.
func TestPages(t *testing.T) {
	for name, tc := range map[string]struct {
		pages   string // "id second title"
		entries []string
		options Options
		want    []string
		gap     string
	}{
		"one page": {
			entries: []string{"0 https://a.test/ dest=document", "1 https://b.test/x.js mime=text/javascript"},
			want:    []string{"https://a.test/ → https://a.test/: https://a.test/ https://b.test/x.js"},
		},
		"a redirect is one page": {
			entries: []string{"0 http://a.test/ dest=document to=https://www.a.test/", "1 https://www.a.test/ dest=document"},
			want:    []string{"http://a.test/ → https://www.a.test/: http://a.test/ https://www.a.test/+1"},
		},
		"HSTS sends nothing": {
			entries: []string{"0 http://a.test/ dest=document to=https://a.test/ non-authoritative-reason=HSTS", "1 https://a.test/ dest=document"},
			want:    []string{"https://a.test/ → https://a.test/: https://a.test/"},
		},
		"a relative redirect, and one that was not followed": {
			entries: []string{"0 https://a.test/ dest=document to=/home", "1 https://a.test/home dest=document", "2 https://p.test/ to=https://q.test/"},
			want:    []string{"https://a.test/ → https://a.test/home: https://a.test/ https://a.test/home+1 https://p.test/"},
		},
		"the same address long after is another request": {
			entries: []string{"0 https://a.test/ dest=document", "1 https://p.test/1 to=https://p.test/2 type=image", "45 https://p.test/2 type=image mime=image/gif"},
			want:    []string{"https://a.test/ → https://a.test/: https://a.test/ https://p.test/1 https://p.test/2"},
		},
		"pages of the file": {
			pages:   `p1 0 https://a.test/,p2 5 https://a.test/b`,
			entries: []string{"0 https://a.test/ page=p1 dest=document", "5 https://a.test/b page=p2 dest=document", "6 https://x.test/p page=p1 type=ping", "7 https://x.test/q type=ping"},
			want:    []string{"https://a.test/ → https://a.test/: https://a.test/ https://x.test/p", "https://a.test/b → https://a.test/b: https://a.test/b https://x.test/q"},
		},
		"one name for two documents": {
			pages:   `p1 0 Lamps`,
			entries: []string{"0 https://a.test/ page=p1 dest=document", "1 https://x.test/1 page=p1 type=ping", "5 https://a.test/b page=p1 dest=document", "6 https://x.test/2 page=p1 type=ping"},
			want:    []string{"https://a.test/ → https://a.test/: https://a.test/ https://x.test/1", "https://a.test/b → https://a.test/b: https://a.test/b https://x.test/2"},
		},
		"frames and prefetches are no pages": {
			entries: []string{"0 https://a.test/ dest=document", "1 https://a.test/frame dest=iframe", "2 https://a.test/next dest=document sec-purpose=prefetch"},
			want:    []string{"https://a.test/ → https://a.test/: https://a.test/ https://a.test/frame https://a.test/next"},
		},
		"without Sec-Fetch-Dest the first document is the page": {
			entries: []string{"0 http://a.test/", "1 http://a.test/frame", "2 http://b.test/x.png mime=image/png"},
			want:    []string{"http://a.test/ → http://a.test/: http://a.test/ http://a.test/frame http://b.test/x.png"},
		},
		"the order of the file does not matter": {
			entries: []string{"1 https://b.test/x.js mime=text/javascript", "0 https://a.test/ dest=document"},
			want:    []string{"https://a.test/ → https://a.test/: https://a.test/ https://b.test/x.js"},
		},
		"the recording began late": {
			pages:   `p1 0 https://a.test/`,
			entries: []string{"1 https://b.test/x.js page=p1 mime=text/javascript"},
			want:    []string{"https://a.test/ → https://a.test/: https://b.test/x.js"},
		},
		"only the referrer names the page": {
			entries: []string{"1 https://b.test/x.js mime=text/javascript referer=https://a.test/shop"},
			want:    []string{"https://a.test/shop → https://a.test/shop: https://b.test/x.js"},
		},
		"another site's page is left out": {
			entries: []string{"0 https://a.test/ dest=document", "1 https://login.test/ dest=document", "2 https://t.test/x type=ping", "3 https://www.a.test/in dest=document"},
			want:    []string{"https://a.test/ → https://a.test/: https://a.test/", "https://www.a.test/in → https://www.a.test/in: https://www.a.test/in"},
			gap:     "pages of login.test: another site's, with 2 requests",
		},
		"an own domain's page stays": {
			entries: []string{"0 https://a.test/ dest=document", "1 https://login.test/ dest=document"}, options: Options{OwnDomains: []string{"login.test"}},
			want: []string{"https://a.test/ → https://a.test/: https://a.test/", "https://login.test/ → https://login.test/: https://login.test/"},
		},
		"the site that is meant": {
			entries: []string{"0 https://search.test/?q=a dest=document", "1 https://a.test/ dest=document"}, options: Options{URL: "https://www.a.test/"},
			want: []string{"https://a.test/ → https://a.test/: https://a.test/"}, gap: "pages of search.test",
		},
		"extensions are not the site": {
			entries: []string{"0 https://a.test/ dest=document", "1 https://h.test/x type=fetch by=chrome-extension://abc/c.js", "2 moz-extension://abc/y type=script", "3 https://t.test/x type=fetch by=https://a.test/a.js"},
			want:    []string{"https://a.test/ → https://a.test/: https://a.test/ https://t.test/x"}, gap: "1 request was made by extensions",
		},
		"a page that failed": {
			entries: []string{"0 https://a.test/ dest=document status=0", "1 https://a.test/b dest=document"},
			want:    []string{"https://a.test/ failed: https://a.test/", "https://a.test/b → https://a.test/b: https://a.test/b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var pages, entries []string
			for p := range strings.SplitSeq(tc.pages, ",") {
				if w := strings.SplitN(p, " ", 3); len(w) == 3 {
					pages = append(pages, fmt.Sprintf(`{"id":%q,"startedDateTime":"2026-11-24T08:15:%02sZ","title":%q}`, w[0], w[1], w[2]))
				}
			}
			for _, e := range tc.entries {
				entries = append(entries, line(t, e))
			}
			r, err := take(t, fmt.Sprintf(`{"log":{"pages":[%s],"entries":[%s]}}`, strings.Join(pages, ","), strings.Join(entries, ",")), tc.options)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range r.visits {
				text := v.page.URL + " → " + v.page.FinalURL
				if v.page.Ended == "failed" {
					text = v.page.URL + " failed"
				}
				text += ":"
				for _, q := range v.requests {
					text += " " + q.URL
					if q.Hop > 0 {
						text += fmt.Sprint("+", q.Hop)
					}
				}
				got = append(got, text)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("pages\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tc.want, "\n  "))
			}
			if !slices.ContainsFunc(r.gaps, func(g evidence.Gap) bool { return strings.Contains(g.What+": "+g.Why, tc.gap) }) {
				t.Errorf("no gap says %q: %v", tc.gap, r.gaps)
			}
		})
	}
	_, err := take(t, log(okEntry), Options{URL: "https://other.test/"})
	if !errors.Is(err, errNoPage) || !strings.Contains(err.Error(), "no page of other.test; it holds pages of a.test") {
		t.Errorf("a site that is not there: %v", err)
	}
}

func TestStates(t *testing.T) {
	gpc := func(entries ...string) string {
		var lines []string
		for _, e := range entries {
			lines = append(lines, line(t, e))
		}
		return log(lines...)
	}
	both := gpc("0 https://a.test/ dest=document sec-gpc=1", "1 https://a.test/b dest=document sec-gpc=1")
	one := gpc("0 https://a.test/ dest=document sec-gpc=1", "1 https://a.test/b dest=document")
	for name, tc := range map[string]struct {
		text  string
		state evidence.State
		want  evidence.State
		gap   string
	}{
		"not said":               {one, "", evidence.StateNone, "it is taken as none"},
		"the browser sent it":    {both, "", evidence.StateGPC, ""},
		"said":                   {one, evidence.StateAccept, evidence.StateAccept, ""},
		"said, and sent as well": {both, evidence.StateAccept, evidence.StateAccept, "although the state"},
		"said and sent":          {both, evidence.StateGPC, evidence.StateGPC, ""},
	} {
		r, err := take(t, tc.text, Options{State: tc.state})
		if err != nil {
			t.Fatal(err)
		}
		told := ""
		for _, g := range r.gaps {
			if g.What == "consent state" {
				told = g.Why
			}
		}
		if r.State != tc.want || (tc.gap == "") != (told == "") || !strings.Contains(told, tc.gap) {
			t.Errorf("%s: %s, told %q", name, r.State, told)
		}
	}
}

// TestSentCookies checks what is made of cookies that went with requests: name,
// domain, whether of the host alone, path, lifetime and setter.
func TestSentCookies(t *testing.T) {
	for name, tc := range map[string]struct {
		entries []string
		want    []string
	}{
		"set before": {
			[]string{"0 https://a.test/ set-cookie=id=1;Max-Age=60;Path=/", "1 https://a.test/x.js mime=text/javascript cookie=id=1"},
			[]string{"id=1 a.test host / 60s http https://a.test/"},
		},
		"set for the site": {
			[]string{"0 https://www.a.test/ set-cookie=id=1;Domain=a.test;Path=/", "1 https://cdn.a.test/x.js mime=text/javascript cookie=id=1"},
			[]string{"id=1 a.test site / session http https://www.a.test/"},
		},
		"changed by a script since": {
			[]string{"0 https://a.test/ set-cookie=id=1;Max-Age=60;Path=/", "1 https://a.test/x.js mime=text/javascript cookie=id=2"},
			[]string{"id=2 a.test host / 60s unknown "},
		},
		"there before the recording": {
			[]string{"0 https://a.test/ cookie=id=1"},
			[]string{"id=1 a.test host / unknown unknown "},
		},
		"there before, and set again": {
			[]string{"0 https://a.test/ cookie=id=1 set-cookie=id=1;Domain=a.test;Max-Age=60;Path=/"},
			[]string{"id=1 a.test site / 60s unknown "},
		},
		"sent to two hosts of a site": {
			[]string{"0 https://a.test/", "1 https://x.b.test/ cookie=id=1", "2 https://y.b.test/ cookie=id=1"},
			[]string{"id=1 b.test site / unknown unknown "},
		},
		"alike on two sites by chance": {
			[]string{"0 https://a.test/", "1 https://x.b.test/ cookie=id=1", "2 https://x.c.test/ cookie=id=1"},
			[]string{"id=1 x.b.test host / unknown unknown ", "id=1 x.c.test host / unknown unknown "},
		},
		"set on another path": {
			[]string{"0 https://a.test/shop/a set-cookie=id=1;Max-Age=60", "1 https://a.test/other cookie=id=1"},
			[]string{"id=1 a.test host / unknown unknown "},
		},
		"deleted": {
			[]string{"0 https://a.test/ set-cookie=id=;Max-Age=0;Path=/"},
			nil,
		},
		"set and never sent": {
			[]string{"0 https://a.test/ set-cookie=id=1;Max-Age=60;Path=/"},
			nil,
		},
	} {
		var lines []string
		for _, e := range tc.entries {
			lines = append(lines, line(t, e))
		}
		r, err := take(t, log(lines...), Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []string
		for _, v := range r.visits {
			for _, k := range v.cookies {
				scope, life := "site", "unknown"
				if k.HostOnly {
					scope = "host"
				}
				if k.Session {
					life = "session"
				} else if k.LifetimeSec > 0 {
					life = fmt.Sprint(k.LifetimeSec, "s")
				}
				got = append(got, fmt.Sprintf("%s=%s %s %s %s %s %s %s", k.Name, k.Value, k.Domain, scope, k.Path, life, k.SetBy.Kind, k.SetBy.URL))
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// TestPosted checks that a body comes out as it was sent.
func TestPosted(t *testing.T) {
	for name, tc := range map[string]struct{ post, headers, want string }{
		"text":                  {`"text":"a=1&b=2"`, ``, "a=1&b=2"},
		"text goes first":       {`"text":"a=1","params":[{"name":"a","value":"2"}]`, ``, "a=1"},
		"parameters":            {`"params":[{"name":"a b","value":"x&y"},{"name":"c","value":""}]`, ``, "a+b=x%26y&c="},
		"escaped parameters":    {`"params":[{"name":"a","value":"jo%40mail.test"}]`, ``, "a=jo%40mail.test"},
		"a per cent sign":       {`"params":[{"name":"a","value":"50% off"}]`, ``, "a=50%25+off"},
		"base64":                {`"text":"YT0x","encoding":"base64"`, ``, "a=1"},
		"base64 that is none":   {`"text":"a=1","encoding":"base64"`, ``, "a=1"},
		"parts of a form":       {`"params":[{"name":"email","value":"jo@mail.test"}]`, `{"name":"Content-Type","value":"multipart/form-data; boundary=XX"}`, "--XX\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\njo@mail.test\r\n--XX--\r\n"},
		"nothing":               {`"text":""`, ``, ""},
		"parameters of no list": {`"params":"a=1","text":"b=2"`, ``, "b=2"},
	} {
		entry := strings.Replace(okEntry, `"headers":[]`, `"headers":[`+tc.headers+`],"postData":{`+tc.post+`}`, 1)
		r, err := take(t, log(entry), Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := r.visits[0].requests[0].PostData; got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// TestResourceTypes: what the recorder says goes first, then what the request
// tells, then what came back.
func TestResourceTypes(t *testing.T) {
	for s, want := range map[string]string{
		"0 https://a.test/ type=xhr": "XHR", "0 https://a.test/ type=csp-violation-report": "CSPViolationReport", "0 https://a.test/ type=Document": "Document",
		"0 https://a.test/ dest=script": "Script", "0 https://a.test/ dest=empty": "Fetch", "0 https://a.test/ type=odd dest=image": "Image",
		"0 wss://a.test/": "WebSocket", "0 https://a.test/": "Document", "0 https://a.test/ mime=application/json": "XHR", "0 https://a.test/ mime=text/css": "Stylesheet",
		"0 https://a.test/ mime=image/gif": "Image", "0 https://a.test/ mime=font/woff2": "Font", "0 https://a.test/ mime=application/x-font-ttf": "Font",
		"0 https://a.test/ mime=text/javascript": "Script", "0 https://a.test/ mime=video/mp4": "Media", "0 https://a.test/ mime=application/octet-stream": "Other",
	} {
		r, err := take(t, log(okEntry, line(t, s)), Options{URL: "https://a.test/"})
		if err != nil {
			t.Fatal(err)
		}
		requests := r.visits[0].requests
		if len(r.visits) > 1 {
			requests = r.visits[1].requests
		}
		got := ""
		for _, q := range requests {
			if q.Method == "" { // the line's: it says none
				got = q.Type
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}

// BenchmarkHAR reads a file as developer tools write it: entries with bodies.
func BenchmarkHAR(b *testing.B) {
	entry := strings.Replace(okEntry, `"mimeType":"text/html"`, `"mimeType":"text/javascript","text":"`+strings.Repeat(`function a(b){return \"b\"}\n`, 2000)+`"`, 1)
	entries := []string{okEntry}
	for i := range 2000 {
		entries = append(entries, strings.Replace(entry, "https://a.test/", fmt.Sprintf("https://h%d.test/%d.js", i%50, i), 1))
	}
	text := log(entries...)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := take(b, text, Options{})
		if err != nil || len(r.visits[0].requests) != 2001 {
			b.Fatal(err)
		}
	}
}
