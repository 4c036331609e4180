// Package alert says to people what scans found: it writes messages for e-mail,
// Slack, Teams and webhooks, and sends what the store holds ready.
//
// A message goes out when its destination's time has come, by one machine at a
// time, is tried again with growing pauses, and is given up where people see it.
// What a site, a vendor or a person wrote stays text: Slack and Teams get it in
// elements that know no markup and no mentions, e-mail is plain text with encoded
// headers, a webhook gets JSON. Messages are bounded. No address is in an error:
// it holds a secret. Connections are made by the caller's Dial, which refuses
// what it must; redirects are not followed, and answers are not read.
//
// Slack's and Teams' webhooks take one JSON value each, which is written here: the
// libraries at hand dial by themselves, follow redirects, read answers without
// bound, or write cards that Teams no longer takes. E-mail is go-mail's.
package alert

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"candor/reports/store"
)

// Options are what a sender works with.
type Options struct {
	Store *store.Store
	// Dial connects to host:port, or says why it may not.
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	Now     func() time.Time
	Version string
	Log     *slog.Logger
	// Watch is told what became of each try to send some alerts, as one of Results;
	// nil for nobody.
	Watch func(result string, alerts int)
	// Roots are whose certificates are believed; nil is the system's.
	Roots *x509.CertPool
}

// Results are what becomes of a try.
var Results = []string{"sent", "failed", "given_up"}

// Sender sends alerts. It is safe for use by several goroutines.
type Sender struct {
	Options
	client *http.Client
	kick   chan struct{}
}

const (
	// sendTime bounds one try.
	sendTime = time.Minute
	// lostTime is after how long a try of another machine is taken for lost; far more
	// than a try takes.
	lostTime = 10 * time.Minute
	// atOnce bounds the messages of one round.
	atOnce = 100
)

// New makes a sender.
func New(o Options) *Sender {
	t := &http.Transport{DialContext: o.Dial, DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 20 * time.Second, ResponseHeaderTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10}
	return &Sender{Options: o, kick: make(chan struct{}, 1), client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Start sends what is due whenever Kick is called, until stop.
func (s *Sender) Start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-s.kick:
			}
			if err := s.Deliver(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error("alerts", "err", err)
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// Kick has a sender look for what is due. It does not wait.
func (s *Sender) Kick() {
	select {
	case s.kick <- struct{}{}:
	default: // it will look anyway
	}
}

// Deliver sends what is due now.
func (s *Sender) Deliver(ctx context.Context) error {
	for range atOnce {
		b, err := s.Store.Claim(ctx, s.Now().Add(-lostTime))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.deliver(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sender) deliver(ctx context.Context, b store.Batch) error {
	base, err := s.Store.PublicURL(ctx)
	if err == nil {
		err = s.Send(ctx, b.Destination, Message{Alerts: b.Alerts, Base: base})
	}
	// What became of it is kept although the service may be stopping.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	log := s.Log.With("destination", b.Destination.ID, "alerts", len(b.Alerts))
	if err != nil {
		log.Warn("alerts were not sent", "err", err)
		s.count("failed", len(b.Alerts))
		for _, a := range b.Alerts {
			if a.Attempts >= store.MaxTries {
				s.count("given_up", 1)
			}
		}
		return s.Store.Unsent(after, b, err.Error())
	}
	log.Info("alerts were sent")
	s.count("sent", len(b.Alerts))
	err = s.Store.Sent(after, b)
	if errors.Is(err, store.ErrLost) {
		log.Warn("alerts took so long to send that another machine has them")
		return nil
	}
	return err
}

func (s *Sender) count(result string, alerts int) {
	if s.Watch != nil {
		s.Watch(result, alerts)
	}
}

// Message is what a destination is told at once.
type Message struct {
	Alerts []store.Alert
	Base   string // the dashboard's address, without a slash at its end; "" when it is not known
	Test   bool   // somebody wants to see whether it arrives
}

// ID is the same each time that the same alerts are sent.
func (m Message) ID() string {
	h := sha256.New()
	for _, a := range m.Alerts {
		fmt.Fprintf(h, "%q\n", a.ID)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Send sends a message now. Its error names no address.
func (s *Sender) Send(ctx context.Context, d store.Destination, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	if err := d.Check(); err != nil {
		return err
	}
	if m.Test {
		m.Alerts = []store.Alert{{ID: fmt.Sprintf("test-%d", s.Now().UnixMilli()), SiteName: "Candor", Kind: "test", Title: "A test", Detail: "Somebody wanted to see whether alerts arrive here. They do.", Path: "/alerts", CreatedAt: s.Now().UTC()}}
	}
	if d.Kind == store.Email {
		return s.mail(ctx, d, m)
	}
	body, err := payload(d.Kind, m, s.Now())
	if err != nil {
		return err
	}
	return s.post(ctx, d.Address, m.ID(), body)
}

// post sends JSON to a webhook.
func (s *Sender) post(ctx context.Context, address, id string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address cannot be used") // the error would repeat it
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "candor/"+s.Version)
	r.Header.Set("Idempotency-Key", id)
	resp, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("post to %s: %w", r.URL.Host, withoutAddress(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("%s answered %d %s", r.URL.Host, resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return nil
}

// withoutAddress takes away what net/http puts around an error: the whole
// address.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Bounds of one message: how many alerts it lists, and bytes of JSON, which Teams
// takes up to 28 KB of.
const (
	maxListed  = 20
	maxPayload = 24 << 10
)

// payload is what a webhook is sent. It lists fewer alerts when they are too
// large, and says how many it leaves out.
func payload(kind string, m Message, now time.Time) ([]byte, error) {
	for n := min(maxListed, len(m.Alerts)); ; n /= 2 {
		var v any
		list, more := m.Alerts[:n], len(m.Alerts)-n
		switch kind {
		case store.Slack:
			v = slackMessage(m, list, more)
		case store.Teams:
			v = teamsMessage(m, list, more)
		default:
			v = webhookMessage(m, list, more, now)
		}
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("write the message: %w", err)
		}
		if len(b) <= maxPayload || n <= 1 {
			return b, nil
		}
	}
}

// link is where an alert is shown; "" when the dashboard's address is not known.
func (m Message) link(path string) string {
	if m.Base == "" {
		return ""
	}
	return m.Base + path
}

// heading says in our own words what a message is.
func (m Message) heading() string {
	if m.Test {
		return "Candor: a test"
	}
	if len(m.Alerts) == 1 {
		return "Candor: 1 alert"
	}
	return fmt.Sprintf("Candor: %d alerts", len(m.Alerts))
}

func moreText(more int) string { return fmt.Sprintf("… and %d more on the dashboard", more) }

// label is how grave an alert is, in brackets before its title.
func label(a store.Alert) string {
	if a.Severity == "" {
		return ""
	}
	return "[" + a.Severity + "] "
}

// note stands under every message.
const note = "Evidence for a person to judge: no legal advice, and no finding that a law was broken."

// sites puts the alerts of one site, which follow each other, under its name.
func sites(list []store.Alert, site func(name string), alert func(store.Alert)) {
	last := ""
	for i, a := range list {
		if i == 0 || a.Site != last {
			site(a.SiteName)
			last = a.Site
		}
		alert(a)
	}
}

// oneLine joins parts that are there.
func oneLine(parts ...string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, " ")
}
