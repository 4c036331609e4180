package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Kinds of alerts.
const (
	NewRecipient  = "recipient" // a company gets data that got none from the organisation's sites before
	NewFinding    = "finding"   // a finding that was not there before, at or above a severity
	BrokenPromise = "promise"   // a promise of a text is broken that was not in the scan before
	PolicyChanged = "policy"    // the text of a notice is another
	ScanFailed    = "failed"    // a scan ended without a result, or newly with too little coverage
	FirstScan     = "first"     // what the first scan of a site found, in one sentence
)

// AlertKinds are those that a destination can choose; FirstScan goes to all.
var AlertKinds = []string{NewRecipient, NewFinding, BrokenPromise, PolicyChanged, ScanFailed}

// AlertState is where an alert stands.
type AlertState string

// The states. The last three are final.
const (
	AlertWaiting AlertState = "waiting"
	AlertSending AlertState = "sending"
	AlertSent    AlertState = "sent"
	AlertGivenUp AlertState = "given_up" // tried as often as it may be
	AlertDropped AlertState = "dropped"  // its destination was removed
)

// Alert is one thing that a destination is told. Title and Detail may hold what a
// site said: one line of plain text each, bounded, never markup.
type Alert struct {
	ID          string     `json:"id"`
	Destination string     `json:"destination"`
	Site        string     `json:"site"`
	SiteName    string     `json:"site_name"`
	Scan        string     `json:"scan"`
	Kind        string     `json:"kind"`
	Severity    string     `json:"severity"` // of a finding; "" for others
	Title       string     `json:"title"`
	Detail      string     `json:"detail"`
	Path        string     `json:"path"` // of the page that shows it, on the dashboard
	State       AlertState `json:"state"`
	CreatedAt   time.Time  `json:"created_at"`
	DueAt       time.Time  `json:"due_at"`
	Attempts    int        `json:"attempts"`
	SentAt      time.Time  `json:"sent_at"`
	Failure     string     `json:"failure"` // of the last attempt

	dedupe  string // a destination is told once of what has the same
	finding string // fingerprint of the finding that it tells of too
}

// Limits of alerts.
const (
	maxTitle  = 150 // runes
	maxDetail = 300
	maxBatch  = 500
	// MaxTries is how often an alert is tried before it is given up.
	MaxTries = 8
)

// triesApart is how long after a failed try the next one comes: a minute, four,
// sixteen, … and six hours at most; the eight take about 18 hours.
func triesApart(tried int) time.Duration {
	d := time.Minute
	for range tried - 1 {
		d = min(4*d, 6*time.Hour)
	}
	return d
}

// Line makes one line of plain text of what somebody wrote: without control and
// format characters (line breaks, direction marks, what is invisible), n runes at
// most.
func Line(text string, n int) string {
	if len(text) > 16*n { // the rest would be cut anyway
		text = strings.ToValidUTF8(text[:16*n], "")
	}
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return clip(strings.Join(strings.Fields(clean), " "), n)
}

func clip(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

// tell keeps alerts about a site for every destination that wants them, each thing
// once; nothing when the site is silenced or deleted.
func (s *Store) tell(ctx context.Context, tx *sql.Tx, site Site, scan string, list []Alert) error {
	if len(list) == 0 {
		return nil
	}
	if silent, err := s.silent(ctx, tx, site.ID); err != nil || silent {
		return err
	}
	all, err := s.destinations(ctx, tx, `WHERE deleted_at = 0 AND paused = 0 ORDER BY id`)
	if err != nil {
		return err
	}
	now := s.now()
	for _, d := range all {
		if !d.covers(site) {
			continue
		}
		due := ms(d.Due(now))
		told := map[string]bool{} // fingerprints
		for _, a := range list {
			if !d.wants(a) || told[a.finding] {
				continue
			}
			if a.finding != "" {
				told[a.finding] = true
			}
			if _, err := s.exec(ctx, tx, `INSERT INTO alerts(id, destination, organisation, site, scan, kind, severity, title, detail, path, dedupe, state, created_at, due_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(destination, dedupe) DO NOTHING`,
				s.newID(), d.ID, site.Organisation, site.ID, scan, a.Kind, a.Severity, Line(a.Title, maxTitle), Line(a.Detail, maxDetail), a.Path, a.dedupe, AlertWaiting, ms(now), due); err != nil {
				return err
			}
		}
	}
	return nil
}

const alertColumns = `alerts.id, alerts.destination, alerts.site, sites.name, alerts.scan, alerts.kind, alerts.severity, alerts.title, alerts.detail, alerts.path, alerts.state, alerts.created_at, alerts.due_at, alerts.attempts, alerts.sent_at, alerts.failure`

func (s *Store) alerts(ctx context.Context, q querier, where string, args ...any) ([]Alert, error) {
	out := []Alert{}
	err := s.rows(ctx, q, `SELECT `+alertColumns+` FROM alerts JOIN sites ON sites.id = alerts.site `+where, func(row func(...any) error) error {
		var a Alert
		var created, due, sent int64
		err := row(&a.ID, &a.Destination, &a.Site, &a.SiteName, &a.Scan, &a.Kind, &a.Severity, &a.Title, &a.Detail, &a.Path, &a.State, &created, &due, &a.Attempts, &sent, &a.Failure)
		a.SiteName = Line(a.SiteName, maxTitle)
		a.CreatedAt, a.DueAt, a.SentAt = at(created), at(due), at(sent)
		out = append(out, a)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	return out, nil
}

// Alerts lists the latest alerts, at most limit, past the first offset; in one
// state, or in all with "".
func (s *Store) Alerts(ctx context.Context, state AlertState, limit, offset int) ([]Alert, error) {
	seen, args := seen(ctx, "alerts.site")
	return s.alerts(ctx, s.reader(), `WHERE (alerts.state = ? OR ? = '') AND `+seen+` ORDER BY alerts.created_at DESC, alerts.id DESC LIMIT ? OFFSET ?`, slices.Concat([]any{string(state), string(state)}, args, []any{limit, offset})...)
}

// Batch is what one destination is told at once.
type Batch struct {
	Claim       string
	Destination Destination
	Alerts      []Alert // by site and scan, the oldest scan first
}

// Claim takes what is due for one destination, for one try by one machine; with
// nothing due it is ErrNotFound. What a machine claimed before lost, and never
// said what became of, is due again: it may have been killed before it sent, so
// that its message may come a second time, with the same id.
func (s *Store) Claim(ctx context.Context, lost time.Time) (Batch, error) {
	b := Batch{Claim: s.newID()}
	err := s.write(ctx, func(tx *sql.Tx) error {
		now := ms(s.now())
		const vanished = "the machine that sent it was lost"
		if _, err := s.exec(ctx, tx, `UPDATE alerts SET state = CASE WHEN attempts >= ? THEN ? ELSE ? END, failure = ?, claim = '' WHERE state = ? AND claimed_at < ?`,
			MaxTries, string(AlertGivenUp), string(AlertWaiting), vanished, AlertSending, ms(lost)); err != nil {
			return err
		}
		var id string
		err := tx.QueryRowContext(ctx, s.sql(`SELECT alerts.destination FROM alerts JOIN destinations ON destinations.id = alerts.destination
			WHERE alerts.state = ? AND alerts.due_at <= ? AND destinations.paused = 0 AND destinations.deleted_at = 0 ORDER BY alerts.due_at, alerts.destination LIMIT 1`), AlertWaiting, now).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		// Another machine that is here at the same time waits for these rows, and then
		// finds them taken.
		n, err := s.exec(ctx, tx, `UPDATE alerts SET state = ?, claim = ?, claimed_at = ?, attempts = attempts + 1 WHERE state = ? AND id IN
			(SELECT id FROM alerts WHERE destination = ? AND state = ? AND due_at <= ? ORDER BY created_at, id LIMIT ?)`, AlertSending, b.Claim, now, AlertWaiting, id, AlertWaiting, now, maxBatch)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		list, err := s.destinations(ctx, tx, `WHERE id = ?`, id)
		if err != nil {
			return err
		}
		b.Destination = list[0]
		b.Alerts, err = s.alerts(ctx, tx, `WHERE alerts.claim = ? AND alerts.state = ? ORDER BY alerts.created_at, alerts.site, alerts.id`, b.Claim, AlertSending)
		return err
	})
	if err != nil {
		return Batch{}, fmt.Errorf("look for alerts to send: %w", err)
	}
	slices.SortStableFunc(b.Alerts, func(x, y Alert) int {
		if x.Scan != y.Scan { // scans keep their order
			return 0
		}
		if d := slices.Index(alertOrder, x.Kind) - slices.Index(alertOrder, y.Kind); d != 0 || x.Kind != NewFinding {
			return d
		}
		return severityRank(x.Severity) - severityRank(y.Severity)
	})
	return b, nil
}

// alertOrder is how alerts of one scan follow each other.
var alertOrder = []string{FirstScan, ScanFailed, BrokenPromise, NewFinding, NewRecipient, PolicyChanged}

// Sent says that a batch reached its destination. When it is another machine's by
// now, it is ErrLost.
func (s *Store) Sent(ctx context.Context, b Batch) error {
	n, err := s.exec(ctx, s.db, `UPDATE alerts SET state = ?, sent_at = ?, failure = '', claim = '' WHERE claim = ? AND state = ?`, AlertSent, ms(s.now()), b.Claim, AlertSending)
	if err == nil && n == 0 {
		err = ErrLost
	}
	if err != nil {
		return fmt.Errorf("alerts that were sent: %w", err)
	}
	return nil
}

// Unsent says that a batch did not reach its destination, and why. It is tried
// again after a while, outside quiet hours, or given up, which the audit log says.
func (s *Store) Unsent(ctx context.Context, b Batch, why string) error {
	now, why := s.now(), Line(why, maxDetail)
	err := s.write(ctx, func(tx *sql.Tx) error {
		givenUp := 0
		quiet := b.Destination
		quiet.DigestHour = -1
		for _, a := range b.Alerts {
			state, due := AlertWaiting, quiet.Due(now.Add(triesApart(a.Attempts)))
			if a.Attempts >= MaxTries {
				state, due = AlertGivenUp, a.DueAt
			}
			n, err := s.exec(ctx, tx, `UPDATE alerts SET state = ?, due_at = ?, failure = ?, claim = '' WHERE id = ? AND claim = ? AND state = ?`, state, ms(due), why, a.ID, b.Claim, AlertSending)
			if err != nil {
				return err
			}
			if state == AlertGivenUp {
				givenUp += int(n)
			}
		}
		if givenUp == 0 {
			return nil
		}
		return s.record(ctx, tx, "alerts", "alert.give_up", b.Destination.ID, map[string]any{"alerts": givenUp, "why": why})
	})
	if err != nil {
		return fmt.Errorf("alerts that were not sent: %w", err)
	}
	return nil
}

// SendAgain puts an alert that was given up in line again.
func (s *Store) SendAgain(ctx context.Context, actor, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := s.one(ctx, tx, `UPDATE alerts SET state = ?, due_at = ?, attempts = 0 WHERE id = ? AND state = ? AND destination IN (SELECT id FROM destinations WHERE deleted_at = 0)`, AlertWaiting, ms(s.now()), id, AlertGivenUp); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "alert.again", id, nil)
	})
	if err != nil {
		return fmt.Errorf("send the alert %s again: %w", id, err)
	}
	return nil
}
