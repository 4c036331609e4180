package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"candor/rules"
)

// Kinds of destinations.
const (
	Email   = "email"   // address smtp://USER:PASSWORD@HOST:PORT/?from=ADDRESS&to=ADDRESS,ADDRESS, or smtps:// for TLS from the start
	Webhook = "webhook" // address of whatever takes JSON
	Slack   = "slack"   // address of an incoming webhook
	Teams   = "teams"   // address of a workflow's webhook
)

// DestinationKinds are all kinds of destinations.
var DestinationKinds = []string{Email, Slack, Teams, Webhook}

// Destination is who is told of what, and when.
type Destination struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Address is where alerts go. It holds a secret, so that it is shown to nobody
	// once it is kept: not by a page, the API, the audit log or the service's log.
	Address string `json:"-"`
	Where   string `json:"where"` // of the address, what is no secret

	Organisation string   `json:"organisation"` // "" for all
	Sites        []string `json:"sites"`        // ids; none for all of the organisation
	Kinds        []string `json:"kinds"`        // of alerts
	MinSeverity  string   `json:"min_severity"` // of findings

	DigestHour int    `json:"digest_hour"` // 0 to 23: all of a day at once; -1: as it comes
	Zone       string `json:"zone"`        // IANA name, of the digest and of the quiet hours
	QuietFrom  string `json:"quiet_from"`  // "22:00"; "" without quiet hours
	QuietTo    string `json:"quiet_to"`

	Paused    bool      `json:"paused"` // it is told nothing
	CreatedAt time.Time `json:"created_at"`

	closed error // why its address cannot be opened
}

// Bounds of a destination.
const (
	maxAddress    = 2000 // bytes
	maxRecipients = 20   // of an e-mail
	maxSites      = 1000
)

// Check says what is wrong with a destination, nil when nothing is. It never
// repeats the address.
func (d Destination) Check() error {
	switch {
	case d.closed != nil:
		return d.closed
	case strings.TrimSpace(d.Name) == "" || len(d.Name) > 200:
		return errors.New("the name is missing, or longer than 200 characters")
	case !slices.Contains(DestinationKinds, d.Kind):
		return fmt.Errorf("kind %q: expected one of %s", clip(d.Kind, 40), strings.Join(DestinationKinds, ", "))
	case len(d.Kinds) == 0:
		return fmt.Errorf("nothing is to be told: expected one or more of %s", strings.Join(AlertKinds, ", "))
	case !slices.Contains(rules.Severities, d.MinSeverity):
		return fmt.Errorf("severity %q: expected one of %s", clip(d.MinSeverity, 40), strings.Join(rules.Severities, ", "))
	case d.DigestHour < -1 || d.DigestHour > 23:
		return fmt.Errorf("digest hour %d: expected 0 to 23, or -1 for alerts as they come", d.DigestHour)
	case len(d.Sites) > maxSites:
		return fmt.Errorf("%d sites are named: expected %d at most", len(d.Sites), maxSites)
	}
	for _, k := range d.Kinds {
		if !slices.Contains(AlertKinds, k) {
			return fmt.Errorf("kind of alert %q: expected one of %s", clip(k, 40), strings.Join(AlertKinds, ", "))
		}
	}
	if _, err := time.LoadLocation(d.Zone); err != nil || d.Zone == "" {
		return fmt.Errorf("time zone %q is not known: expected a name such as Europe/Berlin", clip(d.Zone, 40))
	}
	if _, _, _, err := d.quiet(); err != nil {
		return err
	}
	if d.Kind == Email {
		_, err := d.Mail()
		return err
	}
	u, err := d.url()
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the address cannot be read: expected that of a webhook, such as https://hooks.example.com/…")
	}
	return nil
}

func (d Destination) url() (*url.URL, error) {
	u, err := url.Parse(d.Address)
	if err != nil || len(d.Address) > maxAddress || u.Hostname() == "" || strings.ContainsFunc(d.Address, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, errors.New("the address cannot be read") // its parser's error would repeat it
	}
	return u, nil
}

// MailServer is how e-mail goes out, and to whom.
type MailServer struct {
	Host           string
	Port           string
	TLS            bool // from the start
	User, Password string
	From           string
	To             []string
}

// Mail reads the address of an e-mail destination.
func (d Destination) Mail() (MailServer, error) {
	const expected = "expected smtp://USER:PASSWORD@HOST:587/?from=candor@example.com&to=privacy@example.com"
	u, err := d.url()
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return MailServer{}, errors.New("the address cannot be read: " + expected)
	}
	m := MailServer{Host: u.Hostname(), Port: u.Port(), TLS: u.Scheme == "smtps", User: u.User.Username()}
	m.Password, _ = u.User.Password()
	if m.Port == "" {
		m.Port = map[bool]string{false: "587", true: "465"}[m.TLS] // RFC 8314
	}
	q := u.Query()
	from, err := mail.ParseAddress(q.Get("from"))
	if err != nil {
		return MailServer{}, errors.New("the sender's address is missing or cannot be read: " + expected)
	}
	m.From = from.Address
	for _, text := range strings.Split(strings.Join(q["to"], ","), ",") {
		to, err := mail.ParseAddress(text)
		if err != nil {
			return MailServer{}, errors.New("an address after to= is missing or cannot be read: " + expected)
		}
		m.To = append(m.To, to.Address)
	}
	if len(m.To) > maxRecipients {
		return MailServer{}, fmt.Errorf("%d addresses are named: expected %d at most", len(m.To), maxRecipients)
	}
	return m, nil
}

// where is what may be shown of an address.
func (d Destination) where() string {
	if d.closed != nil {
		return "an address that cannot be opened"
	}
	if d.Address == "" {
		return ""
	}
	if m, err := d.Mail(); err == nil && d.Kind == Email {
		return clip(strings.Join(m.To, ", ")+" by "+m.Host, 200)
	}
	u, err := d.url()
	if err != nil {
		return "…"
	}
	return clip(u.Scheme+"://"+u.Host+"/…", 200)
}

// quiet are the quiet hours as minutes of a day; ok is false without.
func (d Destination) quiet() (from, to int, ok bool, err error) {
	if d.QuietFrom == "" && d.QuietTo == "" {
		return 0, 0, false, nil
	}
	a, err1 := time.Parse("15:04", d.QuietFrom)
	b, err2 := time.Parse("15:04", d.QuietTo)
	if err1 != nil || err2 != nil || a.Equal(b) {
		return 0, 0, false, fmt.Errorf("quiet hours %q to %q: expected two times such as 22:00 and 06:30, or neither", clip(d.QuietFrom, 20), clip(d.QuietTo, 20))
	}
	return minuteOf(a), minuteOf(b), true, nil
}

func minuteOf(t time.Time) int { return t.Hour()*60 + t.Minute() }

// Due is the first time from t on at which the destination is told what is there
// at t: with a digest, the next time that the clock of its zone reaches the
// hour; within quiet hours, their end. It reads the wall clock minute by minute,
// so that a time that a change of the clock leaves out or repeats is met once.
func (d Destination) Due(t time.Time) time.Time {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		zone = time.UTC // checked when it was kept
	}
	at := t
	if d.DigestHour >= 0 {
		at = nextMinute(at, zone, func(before, now time.Time) bool {
			sameDay := before.YearDay() == now.YearDay()
			return minuteOf(now) >= d.DigestHour*60 && (!sameDay || minuteOf(before) < d.DigestHour*60)
		})
	}
	from, to, ok, err := d.quiet()
	if err != nil || !ok {
		return at
	}
	within := func(x time.Time) bool {
		m := minuteOf(x.In(zone))
		if from < to {
			return from <= m && m < to
		}
		return m >= from || m < to
	}
	if !within(at) {
		return at
	}
	return nextMinute(at, zone, func(_, now time.Time) bool { return !within(now) })
}

// nextMinute is the first full minute after t of which so holds, given it and the
// one before; t itself if there is none within two days.
func nextMinute(t time.Time, zone *time.Location, so func(before, now time.Time) bool) time.Time {
	before := t.Truncate(time.Minute)
	for range 48 * 60 {
		now := before.Add(time.Minute)
		if so(before.In(zone), now.In(zone)) {
			return now.UTC()
		}
		before = now
	}
	return t
}

// covers reports whether a destination is told of a site.
func (d Destination) covers(site Site) bool {
	return (d.Organisation == "" || d.Organisation == site.Organisation) && (len(d.Sites) == 0 || slices.Contains(d.Sites, site.ID))
}

// wants reports whether a destination is told of such a thing. What a first scan
// found is told to all.
func (d Destination) wants(a Alert) bool {
	if a.Kind == FirstScan {
		return true
	}
	return slices.Contains(d.Kinds, a.Kind) && (a.Kind != NewFinding || severityRank(a.Severity) <= severityRank(d.MinSeverity))
}

// AddDestination adds a destination. A name that is taken is ErrExists.
func (s *Store) AddDestination(ctx context.Context, actor string, d Destination) (Destination, error) {
	if err := d.Check(); err != nil {
		return Destination{}, err
	}
	d.ID, d.CreatedAt, d.Where = s.newID(), s.now().UTC(), d.where()
	sealed, err := s.keys.seal(d.ID, d.Address)
	if err != nil {
		return Destination{}, err
	}
	d.Sites = append([]string{}, d.Sites...)
	slices.Sort(d.Kinds)
	sites, err := json.Marshal(d.Sites)
	if err != nil {
		return Destination{}, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		if d.Organisation != "" {
			if err := s.there(ctx, tx, `SELECT 1 FROM organisations WHERE id = ?`, d.Organisation); err != nil {
				return fmt.Errorf("organisation %s: %w", clip(d.Organisation, 40), err)
			}
		}
		for _, site := range d.Sites {
			if err := s.there(ctx, tx, `SELECT 1 FROM sites WHERE id = ? AND deleted_at = 0 AND (organisation = ? OR ? = '')`, site, d.Organisation, d.Organisation); err != nil {
				return fmt.Errorf("site %s: %w", clip(site, 40), err)
			}
		}
		_, err := s.exec(ctx, tx, `INSERT INTO destinations(id, name, kind, address, organisation, sites, kinds, min_severity, digest_hour, zone, quiet_from, quiet_to, paused, created_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			d.ID, d.Name, d.Kind, sealed, d.Organisation, string(sites), strings.Join(d.Kinds, ","), d.MinSeverity, d.DigestHour, d.Zone, d.QuietFrom, d.QuietTo, bit(d.Paused), ms(d.CreatedAt))
		if taken(err) {
			return ErrExists
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "destination.add", d.ID, map[string]any{"name": d.Name, "kind": d.Kind, "where": d.Where, "kinds": d.Kinds})
	})
	if err != nil {
		return Destination{}, fmt.Errorf("add the destination %q: %w", clip(d.Name, 40), err)
	}
	return d, nil
}

// Destinations are all, by name.
func (s *Store) Destinations(ctx context.Context) ([]Destination, error) {
	return s.destinations(ctx, s.reader(), `WHERE deleted_at = 0 ORDER BY name, id`)
}

// Destination returns one, with its address.
func (s *Store) Destination(ctx context.Context, id string) (Destination, error) {
	list, err := s.destinations(ctx, s.reader(), `WHERE deleted_at = 0 AND id = ?`, id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Destination{}, fmt.Errorf("destination %s: %w", id, err)
	}
	return list[0], nil
}

func (s *Store) destinations(ctx context.Context, q querier, where string, args ...any) ([]Destination, error) {
	out := []Destination{}
	err := s.rows(ctx, q, `SELECT id, name, kind, address, organisation, sites, kinds, min_severity, digest_hour, zone, quiet_from, quiet_to, paused, created_at FROM destinations `+where, func(row func(...any) error) error {
		var d Destination
		var sites, kinds string
		var paused, created int64
		if err := row(&d.ID, &d.Name, &d.Kind, &d.Address, &d.Organisation, &sites, &kinds, &d.MinSeverity, &d.DigestHour, &d.Zone, &d.QuietFrom, &d.QuietTo, &paused, &created); err != nil {
			return err
		}
		d.Address, d.closed = s.keys.open(d.ID, d.Address)
		d.Kinds, d.Paused, d.CreatedAt, d.Where = strings.Split(kinds, ","), paused != 0, at(created), d.where()
		out = append(out, d)
		return json.Unmarshal([]byte(sites), &out[len(out)-1].Sites)
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("list destinations: %w", err)
	}
	return out, nil
}

// PauseDestination lets a destination rest, or ends its rest. While it rests it
// is told nothing: what waits goes on waiting, what happens is not kept for it.
func (s *Store) PauseDestination(ctx context.Context, actor, id string, paused bool) error {
	action := map[bool]string{true: "destination.pause", false: "destination.resume"}[paused]
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := s.one(ctx, tx, `UPDATE destinations SET paused = ? WHERE id = ? AND deleted_at = 0`, bit(paused), id); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, action, id, nil)
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", action, id, err)
	}
	return nil
}

// DeleteDestination removes a destination and its secret. What waits for it is
// dropped; what was said stays in the log.
func (s *Store) DeleteDestination(ctx context.Context, actor, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := s.one(ctx, tx, `UPDATE destinations SET deleted_at = ?, address = '' WHERE id = ? AND deleted_at = 0`, ms(s.now()), id); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `UPDATE alerts SET state = ?, failure = ? WHERE destination = ? AND state = ?`, AlertDropped, "its destination was removed", id, AlertWaiting); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "destination.delete", id, nil)
	})
	if err != nil {
		return fmt.Errorf("remove the destination %s: %w", id, err)
	}
	return nil
}

// Silence says that nobody is to be told anything about a site, or that again.
func (s *Store) Silence(ctx context.Context, actor, site string, silent bool) error {
	action := map[bool]string{true: "site.silence", false: "site.alert"}[silent]
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := s.there(ctx, tx, `SELECT 1 FROM sites WHERE id = ? AND deleted_at = 0`, site); err != nil {
			return err
		}
		query := `DELETE FROM silenced WHERE site = ?`
		if silent {
			query = `INSERT INTO silenced(site) VALUES(?) ON CONFLICT(site) DO NOTHING`
		}
		if _, err := s.exec(ctx, tx, query, site); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, action, site, nil)
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", action, site, err)
	}
	return nil
}

// Silent reports whether nobody is told anything about a site.
func (s *Store) Silent(ctx context.Context, site string) (bool, error) {
	return s.silent(ctx, s.reader(), site)
}

func (s *Store) silent(ctx context.Context, q querier, site string) (bool, error) {
	err := s.there(ctx, q, `SELECT 1 FROM silenced WHERE site = ?`, site)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// publicURL is the setting that holds the dashboard's address.
const publicURL = "public_url"

// PublicURL is the address by which people reach the dashboard, without a slash
// at its end; "" until it is known.
func (s *Store) PublicURL(ctx context.Context) (string, error) {
	var v string
	err := s.reader().QueryRowContext(ctx, s.sql(`SELECT value FROM settings WHERE name = ?`), publicURL).Scan(&v)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the dashboard's address: %w", err)
	}
	return v, nil
}

// SetPublicURL keeps the address by which people reach the dashboard, for the
// links of alerts that any machine may send.
func (s *Store) SetPublicURL(ctx context.Context, address string) error {
	_, err := s.exec(ctx, s.db, `INSERT INTO settings(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value`, publicURL, strings.TrimSuffix(address, "/"))
	if err != nil {
		return fmt.Errorf("keep the dashboard's address: %w", err)
	}
	return nil
}
