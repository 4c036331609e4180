package alert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"candor/reports/store"
)

// mail sends a message as plain text. A password goes over TLS only.
func (s *Sender) mail(ctx context.Context, d store.Destination, m Message) error {
	to, err := d.Mail()
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(to.Port)
	if err != nil {
		return errors.New("the port of the mail server cannot be read")
	}
	msg, err := s.letter(to, m)
	if err != nil {
		return err
	}
	options := []mail.Option{mail.WithPort(port), mail.WithTimeout(sendTime), mail.WithHELO("candor"), mail.WithTLSConfig(s.tlsOf(to.Host)), mail.WithTLSPolicy(mail.TLSOpportunistic)}
	if to.User != "" {
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(to.User), mail.WithPassword(to.Password))
	}
	dial := s.Dial
	if to.TLS {
		// Not WithSSL: with a dialer of ours go-mail would then take the connection for
		// one in clear, and send no password. It looks at the connection itself when it
		// does not have to begin TLS.
		dial = overTLS(dial, s.tlsOf(to.Host))
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	// go-mail leaves the connection open when the greeting, TLS or the log-in fails.
	line := &lastConn{dial: dial}
	defer line.close()
	dial = line.connect
	client, err := mail.NewClient(to.Host, append(options, mail.WithDialContextFunc(dial))...)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", to.Host, err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		text := fmt.Sprintf("send by %s: %v", to.Host, err)
		if to.Password != "" { // whatever the server says
			text = strings.ReplaceAll(text, to.Password, "…")
		}
		return errors.New(text)
	}
	return nil
}

// tlsOf is how a mail server of this name has to show that it is it.
func (s *Sender) tlsOf(host string) *tls.Config {
	return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}
}

// overTLS has a connection begin with TLS (RFC 8314, section 3.3).
func overTLS(dial dialer, config *tls.Config) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		t := tls.Client(c, config)
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		return t, nil
	}
}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// lastConn keeps the connection that it made, to close it.
type lastConn struct {
	dial dialer
	conn net.Conn
}

func (l *lastConn) connect(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := l.dial(ctx, network, address)
	if err == nil {
		l.conn = c
	}
	return c, err
}

func (l *lastConn) close() {
	if l.conn != nil {
		_ = l.conn.Close() // most often it is closed already
	}
}

func (s *Sender) letter(to store.MailServer, m Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.FromFormat("Candor", to.From); err != nil {
		return nil, fmt.Errorf("the sender's address: %w", err)
	}
	if err := msg.To(to.To...); err != nil {
		return nil, fmt.Errorf("the addresses that it goes to: %w", err)
	}
	msg.Subject(subject(m))
	msg.SetDateWithValue(s.Now())
	_, domain, _ := strings.Cut(to.From, "@")
	msg.SetMessageIDWithValue(m.ID() + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	msg.SetBodyString(mail.TypeTextPlain, letterText(m))
	return msg, nil
}

// subject names the one site that a message is about.
func subject(m Message) string {
	about := m.Alerts[0].SiteName
	for _, a := range m.Alerts {
		if a.Site != m.Alerts[0].Site {
			return m.heading()
		}
	}
	if m.Test {
		return m.heading()
	}
	return store.Line(m.heading()+" about "+about, 120)
}

// letterText lists alerts; each stands on lines of its own.
func letterText(m Message) string {
	var b strings.Builder
	list, more := m.Alerts, 0
	if len(list) > maxListed {
		list, more = m.Alerts[:maxListed], len(m.Alerts)-maxListed
	}
	sites(list, func(name string) { fmt.Fprintf(&b, "%s\n\n", name) }, func(a store.Alert) {
		fmt.Fprintf(&b, "- %s%s\n", label(a), a.Title)
		for _, line := range []string{a.Detail, m.link(a.Path)} {
			if line != "" {
				fmt.Fprintf(&b, "  %s\n", line)
			}
		}
		b.WriteString("\n")
	})
	if more > 0 {
		fmt.Fprintf(&b, "%s\n\n", oneLine(moreText(more), m.link("/alerts")))
	}
	fmt.Fprintf(&b, "-- \n%s\n", oneLine("Candor", m.link("/alerts")))
	b.WriteString(note + "\n")
	return b.String()
}
