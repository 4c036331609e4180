package alert

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"candor/reports"
	"candor/reports/store"
	"candor/reports/store/storetest"
)

// evil is what a site could say to become markup or a mention.
const evil = `<!channel> <!here> @channel <@U123> <https://evil.test|click> *bold* _it_ [a](https://evil.test) <at>all</at> <b>x</b>`

const secret = "hunter2-T0K3N"

var began = time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)

func message() Message {
	return Message{Base: "https://candor.test", Alerts: []store.Alert{
		{ID: "a1", Site: "s1", SiteName: "Shop " + evil, Scan: "x1", Kind: store.NewFinding, Severity: "high", Title: "New finding: " + evil, Detail: evil, Path: "/findings/s1/f1", CreatedAt: began},
		{ID: "a2", Site: "s1", SiteName: "Shop " + evil, Scan: "x1", Kind: store.NewRecipient, Title: "New recipient: TikTok", Path: "/sites/s1", CreatedAt: began},
	}}
}

func sender(t *testing.T, s *store.Store, log io.Writer) *Sender {
	t.Helper()
	return New(Options{Store: s, Dial: (&net.Dialer{}).DialContext, Now: func() time.Time { return began }, Version: "test", Log: slog.New(slog.NewTextHandler(log, nil))})
}

// received is what a webhook got.
type received struct {
	header http.Header
	body   []byte
}

// hook is a webhook that answers with a status.
func hook(t *testing.T, status func() int) (address string, got func() []received) {
	t.Helper()
	var mu sync.Mutex
	var all []received
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		all = append(all, received{r.Header, body})
		mu.Unlock()
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status())
		fmt.Fprint(w, secret)
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/services/" + secret, func() []received {
		mu.Lock()
		defer mu.Unlock()
		return append([]received(nil), all...)
	}
}

func ok() int { return http.StatusOK }

func destination(kind, address string) store.Destination {
	return store.Destination{Name: kind, Kind: kind, Address: address, Kinds: store.AlertKinds, MinSeverity: "high", DigestHour: -1, Zone: "UTC"}
}

// texts collects the values of a key in JSON, with the types of their objects.
func texts(v any, key string, found func(object map[string]any, text string)) {
	switch v := v.(type) {
	case map[string]any:
		if s, ok := v[key].(string); ok {
			found(v, s)
		}
		for _, x := range v {
			texts(x, key, found)
		}
	case []any:
		for _, x := range v {
			texts(x, key, found)
		}
	}
}

// TestChats: what a site said is whole, in elements that know no markup.
func TestChats(t *testing.T) {
	for kind, literal := range map[string]map[string]bool{
		store.Slack: {"text": true, "link": true, "plain_text": true},
		store.Teams: {"TextRun": true},
	} {
		t.Run(kind, func(t *testing.T) {
			address, got := hook(t, ok)
			if err := sender(t, nil, t.Output()).Send(t.Context(), destination(kind, address), message()); err != nil {
				t.Fatal(err)
			}
			var sent map[string]any
			if err := json.Unmarshal(got()[0].body, &sent); err != nil {
				t.Fatal(err)
			}
			whole, links := 0, map[string]bool{}
			texts(sent, "text", func(object map[string]any, text string) {
				if strings.Contains(text, evil) {
					whole++
				}
				if kind, _ := object["type"].(string); strings.Contains(text, "evil") && !literal[kind] {
					t.Errorf("in a %q: %s", kind, text)
				}
			})
			texts(sent, "url", func(_ map[string]any, to string) { links[to] = true })
			if whole != 3 || !links["https://candor.test/findings/s1/f1"] || !links["https://candor.test/sites/s1"] {
				t.Errorf("%d texts, links %v: %s", whole, links, got()[0].body)
			}
			for to := range links {
				if !strings.HasPrefix(to, "https://candor.test/") {
					t.Errorf("a link to %s", to)
				}
			}
			if h := got()[0].header; h.Get("Content-Type") != "application/json" || h.Get("Idempotency-Key") != message().ID() {
				t.Errorf("headers %v", h)
			}
		})
	}
}

func TestWebhook(t *testing.T) {
	address, got := hook(t, ok)
	if err := sender(t, nil, t.Output()).Send(t.Context(), destination(store.Webhook, address), message()); err != nil {
		t.Fatal(err)
	}
	var sent webhook
	if err := json.Unmarshal(got()[0].body, &sent); err != nil {
		t.Fatal(err)
	}
	if sent.Schema != "candor.alerts/1" || sent.ID != message().ID() || len(sent.Alerts) != 2 || sent.Alerts[0].Title != "New finding: "+evil || sent.Alerts[0].URL != "https://candor.test/findings/s1/f1" {
		t.Errorf("sent %+v", sent)
	}
}

// TestLarge: a message that would be too large lists less, and says so.
func TestLarge(t *testing.T) {
	m := Message{Base: "https://candor.test"}
	for i := range 500 {
		m.Alerts = append(m.Alerts, store.Alert{ID: fmt.Sprint(i), Site: fmt.Sprint(i), SiteName: strings.Repeat("<", 150), Title: strings.Repeat("<", 150), Detail: strings.Repeat("<", 300), Path: "/findings/s/f"})
	}
	for _, kind := range []string{store.Slack, store.Teams, store.Webhook} {
		body, err := payload(kind, m, began)
		if err != nil || len(body) > maxPayload || !strings.Contains(string(body), "495") {
			t.Errorf("%s: %d bytes, %v", kind, len(body), err)
		}
	}
	if text := letterText(m); !strings.Contains(text, "and 480 more") {
		t.Errorf("the letter: %s", text)
	}
}

// TestRefusals: what goes wrong is said without the address, redirects are not
// followed, and the guard is asked.
func TestRefusals(t *testing.T) {
	for status, says := range map[int]string{404: "answered 404 Not Found", 302: "answered 302 Found", 307: "answered 307", 500: "answered 500"} {
		address, got := hook(t, func() int { return status })
		err := sender(t, nil, t.Output()).Send(t.Context(), destination(store.Slack, address), message())
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), secret) || len(got()) != 1 {
			t.Errorf("%d: %v after %d requests", status, err, len(got()))
		}
	}
	s := sender(t, nil, t.Output())
	refused := errors.New("10.0.0.1 is a private network")
	s = New(Options{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, refused }, Now: s.Now, Log: s.Log})
	for _, d := range []store.Destination{destination(store.Webhook, "https://in.test/"+secret), destination(store.Email, "smtp://u:"+secret+"@in.test/?from=a@x.test&to=b@x.test"), destination(store.Email, "smtps://u:"+secret+"@in.test/?from=a@x.test&to=b@x.test")} {
		if err := s.Send(t.Context(), d, message()); err == nil || !strings.Contains(err.Error(), refused.Error()) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", d.Kind, err)
		}
	}
}

// smtpServer takes letters (RFC 5321), without TLS, from the start in TLS
// (RFC 8314) or by STARTTLS (RFC 3207).
type smtpServer struct {
	address string
	tls     *tls.Config // nil without TLS
	starts  bool        // with STARTTLS
	roots   *x509.CertPool
	logins  []string // what PLAIN said (RFC 4616)
	mu      sync.Mutex
	letters []string
	to      []string
	refuse  bool // each recipient
}

// newTLS is a server that speaks TLS; its certificate is for 127.0.0.1.
func newTLS(t *testing.T, starts bool) *smtpServer {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	return serveSMTP(t, &smtpServer{tls: &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}, starts: starts, roots: roots})
}

func newSMTP(t *testing.T) *smtpServer {
	t.Helper()
	return serveSMTP(t, &smtpServer{})
}

func serveSMTP(t *testing.T, s *smtpServer) *smtpServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				if s.tls != nil && !s.starts {
					c = tls.Server(c, s.tls)
				}
				s.talk(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		done.Wait()
	})
	return s
}

func (s *smtpServer) talk(c net.Conn) {
	defer c.Close()
	fmt.Fprint(c, "220 mail.test\r\n")
	secret := s.tls != nil && !s.starts
	for in := bufio.NewReader(c); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		s.mu.Lock()
		answer := "250 ok"
		switch verb {
		case "EHLO":
			switch {
			case secret:
				answer = "250-mail.test\r\n250 AUTH PLAIN"
			case s.tls != nil:
				answer = "250-mail.test\r\n250 STARTTLS"
			}
		case "STARTTLS":
			fmt.Fprint(c, "220 go on\r\n")
			over := tls.Server(c, s.tls)
			c, in, secret = over, bufio.NewReader(over), true
			s.mu.Unlock()
			continue
		case "AUTH":
			s.logins = append(s.logins, strings.TrimSpace(line))
			answer = "235 welcome"
		case "RCPT":
			s.to = append(s.to, strings.TrimSpace(line))
			if s.refuse {
				answer = "550 no such mailbox"
			}
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			var letter strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				letter.WriteString(strings.TrimPrefix(line, "."))
			}
			s.letters = append(s.letters, letter.String())
		case "QUIT":
			answer = "221 bye"
		}
		s.mu.Unlock()
		fmt.Fprint(c, answer+"\r\n")
		if verb == "QUIT" {
			return
		}
	}
}

func TestMail(t *testing.T) {
	srv := newSMTP(t)
	d := destination(store.Email, "smtp://"+srv.address+"/?from=candor@fernhill.test&to=dpo@fernhill.test,web@fernhill.test")
	s := sender(t, nil, t.Output())
	if err := s.Send(t.Context(), d, message()); err != nil {
		t.Fatal(err)
	}
	if len(srv.letters) != 1 || len(srv.to) != 2 {
		t.Fatalf("%d letters to %v", len(srv.letters), srv.to)
	}
	letter, err := mail.ReadMessage(strings.NewReader(srv.letters[0]))
	if err != nil {
		t.Fatal(err)
	}
	h := letter.Header
	about, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || !strings.HasPrefix(about, "Candor: 2 alerts about Shop <!channel>") || h.Get("Message-Id") != "<"+message().ID()+"@fernhill.test>" || h.Get("Auto-Submitted") != "auto-generated" || h.Get("Bcc") != "" {
		t.Errorf("subject %q, headers %v, %v", about, h, err)
	}
	if kind, _, err := mime.ParseMediaType(h.Get("Content-Type")); err != nil || kind != "text/plain" {
		t.Errorf("it is %s", kind)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	if err != nil || !strings.Contains(text, "- [high] New finding: "+evil+"\n  "+evil+"\n  https://candor.test/findings/s1/f1\n") {
		t.Errorf("it says %s", text)
	}
	// A password is not sent in clear.
	d.Address = "smtp://candor:" + secret + "@" + srv.address + "/?from=candor@fernhill.test&to=dpo@fernhill.test"
	if err := s.Send(t.Context(), d, message()); err == nil || !strings.Contains(strings.ToUpper(err.Error()), "STARTTLS") || strings.Contains(err.Error(), secret) {
		t.Errorf("without TLS: %v", err)
	}
	srv.mu.Lock()
	srv.refuse = true
	srv.mu.Unlock()
	d.Address = "smtp://" + srv.address + "/?from=candor@fernhill.test&to=nobody@fernhill.test"
	if err := s.Send(t.Context(), d, message()); err == nil || !strings.Contains(err.Error(), "no such mailbox") {
		t.Errorf("an address that is refused: %v", err)
	}
}

// TestMailOverTLS: a password goes to a server that shows who it is, and to no
// other.
func TestMailOverTLS(t *testing.T) {
	for scheme, starts := range map[string]bool{"smtps": false, "smtp": true} {
		srv := newTLS(t, starts)
		d := destination(store.Email, scheme+"://candor:"+secret+"@"+srv.address+"/?from=candor@fernhill.test&to=dpo@fernhill.test")
		s := sender(t, nil, t.Output())
		if err := s.Send(t.Context(), d, message()); err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), secret) {
			t.Errorf("%s to a server that nobody vouches for: %v", scheme, err)
		}
		trusting := New(Options{Dial: s.Dial, Now: s.Now, Log: s.Log, Roots: srv.roots})
		if err := trusting.Send(t.Context(), d, message()); err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
		srv.mu.Lock()
		want := "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00candor\x00"+secret))
		if len(srv.letters) != 1 || len(srv.logins) != 1 || srv.logins[0] != want {
			t.Errorf("%s: %d letters after the log-ins %q", scheme, len(srv.letters), srv.logins)
		}
		srv.mu.Unlock()
	}
}

// TestDeliver: two scans of a site, and what arrives; a receiver that is down for
// a while gets it later, once.
func TestDeliver(t *testing.T) {
	var mu sync.Mutex
	now, n, status := began, 0, http.StatusServiceUnavailable
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "candor.db"), store.Options{Keys: storetest.Keys(t), Now: clock, NewID: func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("id%03d", n)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	org, err := s.AddOrganisation(ctx, "test", "Fernhill")
	check(err)
	site, err := s.AddSite(ctx, "test", store.Site{Organisation: org.ID, URL: "https://shop.test/", Host: "shop.test", Name: "Shop"})
	check(err)
	check(s.SetPublicURL(ctx, "https://candor.test/"))
	address, got := hook(t, func() int {
		mu.Lock()
		defer mu.Unlock()
		return status
	})
	_, err = s.AddDestination(ctx, "test", destination(store.Webhook, address))
	check(err)
	scan := func(rep *reports.Report) {
		t.Helper()
		q, err := s.Queue(ctx, "test", store.Scan{Site: site.ID})
		check(err)
		x, err := s.Begin(ctx, q.ID, 0, "w1")
		check(err)
		check(s.Finish(ctx, x, store.Finished, rep, "", ""))
	}
	var log strings.Builder
	mail := sender(t, s, &log)
	mail.Now = clock
	scan(&reports.Report{})
	check(mail.Deliver(ctx))
	check(mail.Deliver(ctx)) // not due again yet
	if len(got()) != 1 {
		t.Fatalf("%d tries", len(got()))
	}
	scan(&reports.Report{Vendors: []reports.Vendor{{ID: "tiktok", Name: "TikTok", Entity: "TikTok Ltd", Party: "third"}}})
	mu.Lock()
	now, status = now.Add(2*time.Minute), http.StatusOK
	mu.Unlock()
	check(mail.Deliver(ctx))
	check(mail.Deliver(ctx))
	all := got()
	if len(all) != 2 {
		t.Fatalf("%d messages", len(all))
	}
	var sent webhook
	check(json.Unmarshal(all[1].body, &sent))
	kinds := []string{}
	for _, a := range sent.Alerts {
		kinds = append(kinds, a.Kind+" "+a.URL)
	}
	scans, err := s.Scans(ctx, site.ID, 2)
	check(err)
	if want := []string{"first https://candor.test/scans/" + scans[1].ID, "recipient https://candor.test/sites/" + site.ID}; !reflect.DeepEqual(kinds, want) {
		t.Errorf("sent %v, want %v", kinds, want)
	}
	if strings.Contains(log.String(), secret) || !strings.Contains(log.String(), "answered 503") {
		t.Errorf("the log says %s", &log)
	}
	list, err := s.Alerts(ctx, store.AlertSent, 10, 0)
	check(err)
	if len(list) != 2 || list[1].Attempts != 2 {
		t.Errorf("the alerts are %+v", list)
	}
}

// TestKick: a sender that runs sends what is due when it is told to look.
func TestKick(t *testing.T) {
	address, got := hook(t, ok)
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "candor.db"), store.Options{Keys: storetest.Keys(t), Now: time.Now, NewID: func() func() string { n := 0; return func() string { n++; return fmt.Sprint(n) } }()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	org, err := s.AddOrganisation(t.Context(), "test", "Fernhill")
	if err != nil {
		t.Fatal(err)
	}
	site, err := s.AddSite(t.Context(), "test", store.Site{Organisation: org.ID, URL: "https://shop.test/", Name: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddDestination(t.Context(), "test", destination(store.Slack, address)); err != nil {
		t.Fatal(err)
	}
	q, err := s.Queue(t.Context(), "test", store.Scan{Site: site.ID})
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Begin(t.Context(), q.ID, 0, "w1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fail(t.Context(), x, "the browser does not start"); err != nil {
		t.Fatal(err)
	}
	mail := sender(t, s, t.Output())
	mail.Now = time.Now
	stop := mail.Start(t.Context())
	mail.Kick()
	deadline := time.After(2 * time.Minute)
	for len(got()) == 0 {
		select {
		case <-deadline:
			t.Fatal("nothing was sent")
		case <-time.After(5 * time.Millisecond):
		}
	}
	stop()
	if list, err := s.Alerts(context.Background(), store.AlertSent, 10, 0); err != nil || len(list) != 1 {
		t.Errorf("sent %+v, %v", list, err)
	}
}
