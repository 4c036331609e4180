package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Artefact is a kind of what a scan leaves.
type Artefact string

// The kinds, in the order in which they go. Results are a scan's figures and
// which findings it saw; a finding's own row, with when it was first and last
// seen, is kept, and so is the audit log, for ever.
const (
	Screenshots Artefact = "screenshots"
	Evidence    Artefact = "evidence"
	Reports     Artefact = "reports"
	Results     Artefact = "results"
)

// Artefacts are all kinds, in the order in which they go.
var Artefacts = []Artefact{Screenshots, Evidence, Reports, Results}

// Retention is for how many days after the end of a scan each kind is kept; 0 is
// for ever.
type Retention struct {
	Screenshots int `json:"screenshots_days"`
	Evidence    int `json:"evidence_days"`
	Reports     int `json:"reports_days"`
	Results     int `json:"results_days"`
}

// UsualRetention holds until somebody sets another.
var UsualRetention = Retention{Screenshots: 180, Evidence: 365, Reports: 730, Results: 1825}

// maxDays bounds a retention, 100 years.
const maxDays = 36500

// Days is for how long a kind is kept.
func (r Retention) Days(a Artefact) int {
	switch a {
	case Screenshots:
		return r.Screenshots
	case Evidence:
		return r.Evidence
	case Reports:
		return r.Reports
	}
	return r.Results
}

// Check says what is wrong with a retention, nil when nothing is. What a kind is
// part of or explained by is kept as long.
func (r Retention) Check() error {
	for i, a := range Artefacts {
		d := r.Days(a)
		if d < 0 || d > maxDays {
			return fmt.Errorf("%s are kept for %d days: expected 0, for ever, to %d", a, d, maxDays)
		}
		if i == 0 {
			continue
		}
		before := Artefacts[i-1]
		if b := r.Days(before); d != 0 && (b == 0 || b > d) {
			return fmt.Errorf("%s would be kept longer than %s: expected no more days than %d", before, a, d)
		}
	}
	return nil
}

// Retention returns what is set, or UsualRetention.
func (s *Store) Retention(ctx context.Context) (Retention, error) {
	r := UsualRetention
	text, err := s.setting(ctx, s.reader(), "retention")
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &r)
	}
	if err != nil {
		return Retention{}, fmt.Errorf("retention: %w", err)
	}
	return r, nil
}

// SetRetention changes for how long things are kept, from the next purge on.
func (s *Store) SetRetention(ctx context.Context, actor string, r Retention) error {
	text, err := json.Marshal(r)
	if err == nil {
		err = r.Check()
	}
	if err == nil {
		err = s.write(ctx, func(tx *sql.Tx) error {
			if err := s.set(ctx, tx, "retention", string(text)); err != nil {
				return err
			}
			return s.record(ctx, tx, actor, "retention.change", "", r)
		})
	}
	if err != nil {
		return fmt.Errorf("change the retention: %w", err)
	}
	return nil
}

// setting is the value of a setting, "" when it is not set.
func (s *Store) setting(ctx context.Context, q querier, name string) (string, error) {
	var value string
	err := q.QueryRowContext(ctx, s.sql(`SELECT value FROM settings WHERE name = ?`), name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}

func (s *Store) set(ctx context.Context, q querier, name, value string) error {
	_, err := s.exec(ctx, q, `INSERT INTO settings(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// Turn takes a turn at something that one machine of all does once in a while,
// and reports whether it is this one's: it is when nobody took one since.
func (s *Store) Turn(ctx context.Context, what string, every time.Duration) (bool, error) {
	mine := false
	now := s.now()
	err := s.write(ctx, func(tx *sql.Tx) error {
		// The row is there before it is asked for, so that two machines wait for each other.
		if _, err := s.exec(ctx, tx, `INSERT INTO settings(name, value) VALUES(?, '0') ON CONFLICT(name) DO NOTHING`, "turn."+what); err != nil {
			return err
		}
		n, err := s.exec(ctx, tx, `UPDATE settings SET value = ? WHERE name = ? AND CAST(value AS BIGINT) <= ?`, fmt.Sprint(ms(now)), "turn."+what, ms(now.Add(-every)))
		mine = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take a turn at %s: %w", what, err)
	}
	return mine, nil
}

// due are the scans of which a kind is kept no longer. The newest finished scan of
// a site and its newest scan with a result, which the next one is compared with,
// keep everything while the site is there.
const due = `scans.state NOT IN ('queued', 'running') AND scans.finished_at > 0 AND scans.finished_at < ?
	AND NOT EXISTS (SELECT 1 FROM tombstones WHERE tombstones.scan = scans.id AND tombstones.kind = ?)
	AND (scans.site IN (SELECT id FROM sites WHERE deleted_at > 0) OR scans.state NOT IN ('finished', 'incomplete') OR (
		EXISTS (SELECT 1 FROM scans n WHERE n.site = scans.site AND n.state IN ('finished', 'incomplete') AND (n.finished_at > scans.finished_at OR n.finished_at = scans.finished_at AND n.id > scans.id))
		AND (scans.state <> 'finished' OR EXISTS (SELECT 1 FROM scans n WHERE n.site = scans.site AND n.state = 'finished' AND (n.finished_at > scans.finished_at OR n.finished_at = scans.finished_at AND n.id > scans.id)))))`

// has narrows due to scans that have something of a kind.
func (a Artefact) has() string {
	switch a {
	case Screenshots, Evidence:
		return ` AND scans.evidence_blob <> ''`
	case Reports:
		return ` AND scans.report_blob <> ''`
	}
	return ""
}

func (s *Store) until(r Retention, a Artefact) (before int64, ever bool) {
	days := r.Days(a)
	return ms(s.now().AddDate(0, 0, -days)), days == 0
}

// Overdue counts what a purge would take away, by kind.
func (s *Store) Overdue(ctx context.Context, r Retention) (map[Artefact]int64, error) {
	out := map[Artefact]int64{}
	for _, a := range Artefacts {
		before, ever := s.until(r, a)
		if ever {
			continue
		}
		var n int64
		if err := s.reader().QueryRowContext(ctx, s.sql(`SELECT count(*) FROM scans WHERE `+due+a.has()), before, string(a)).Scan(&n); err != nil {
			return nil, fmt.Errorf("look for what is kept too long: %w", err)
		}
		if n > 0 {
			out[a] = n
		}
	}
	return out, nil
}

// Tombstone says that something of a scan is taken away: from BuriedAt on it is
// gone for readers, at DoneAt nothing was left of it.
type Tombstone struct {
	Scan     string    `json:"scan"`
	Kind     Artefact  `json:"kind"`
	BuriedAt time.Time `json:"buried_at"`
	DoneAt   time.Time `json:"done_at"`
	Report   string    `json:"-"` // blobs, while they are there
	Evidence string    `json:"-"`
}

// Bury writes a tombstone for everything that is kept no longer. What it stands
// for is still there: Buried lists it, and Purged says that it is gone.
func (s *Store) Bury(ctx context.Context, r Retention) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, a := range Artefacts {
			before, ever := s.until(r, a)
			if ever {
				continue
			}
			if _, err := s.exec(ctx, tx, `INSERT INTO tombstones(scan, kind, buried_at) SELECT scans.id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM scans WHERE `+due+a.has()+` ON CONFLICT(scan, kind) DO NOTHING`,
				string(a), ms(s.now()), before, string(a)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark what is kept too long: %w", err)
	}
	return nil
}

// Buried lists at most limit tombstones of what is not gone yet.
func (s *Store) Buried(ctx context.Context, limit int) ([]Tombstone, error) {
	return s.tombstones(ctx, `tombstones.done_at = 0 ORDER BY scans.finished_at, scan, kind LIMIT ?`, limit)
}

// Tombstones are those of a scan.
func (s *Store) Tombstones(ctx context.Context, scan string) ([]Tombstone, error) {
	return s.tombstones(ctx, `scan = ? ORDER BY buried_at, kind`, scan)
}

func (s *Store) tombstones(ctx context.Context, where string, args ...any) ([]Tombstone, error) {
	out := []Tombstone{}
	err := s.rows(ctx, s.reader(), `SELECT scan, kind, buried_at, done_at, report_blob, evidence_blob FROM tombstones JOIN scans ON scans.id = tombstones.scan WHERE `+where, func(row func(...any) error) error {
		var t Tombstone
		var buried, done int64
		err := row(&t.Scan, &t.Kind, &buried, &done, &t.Report, &t.Evidence)
		t.BuriedAt, t.DoneAt = at(buried), at(done)
		out = append(out, t)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("list what was purged: %w", err)
	}
	return out, nil
}

// Purged records that the blobs of tombstones are gone, takes the rows away that
// they stand for, and adds one entry to the audit log with how many of each kind
// it were. What another has recorded does not count again.
func (s *Store) Purged(ctx context.Context, actor string, list []Tombstone) (map[Artefact]int64, error) {
	counts := map[Artefact]int64{}
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, t := range list {
			n, err := s.exec(ctx, tx, `UPDATE tombstones SET done_at = ? WHERE scan = ? AND kind = ? AND done_at = 0`, ms(s.now()), t.Scan, string(t.Kind))
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			counts[t.Kind]++
			var changes []string
			switch t.Kind {
			case Evidence:
				changes = []string{`UPDATE scans SET evidence_blob = '' WHERE id = ?`}
			case Reports:
				changes = []string{`UPDATE scans SET report_blob = '' WHERE id = ?`}
			case Results:
				changes = []string{`DELETE FROM sightings WHERE scan = ?`, `UPDATE scans SET summary = '{}', progress = '{}' WHERE id = ?`}
			}
			for _, c := range changes {
				if _, err := s.exec(ctx, tx, c, t.Scan); err != nil {
					return err
				}
			}
		}
		if len(counts) == 0 {
			return nil
		}
		return s.record(ctx, tx, actor, "purge", "", counts)
	})
	if err != nil {
		return nil, fmt.Errorf("record a purge: %w", err)
	}
	return counts, nil
}

// PurgeAlerts takes away what was said to destinations, or dropped, longer ago than
// results are kept, and returns how many alerts it were.
func (s *Store) PurgeAlerts(ctx context.Context, actor string, r Retention) (int64, error) {
	before, ever := s.until(r, Results)
	if ever {
		return 0, nil
	}
	var n int64
	err := s.write(ctx, func(tx *sql.Tx) error {
		var err error
		n, err = s.exec(ctx, tx, `DELETE FROM alerts WHERE created_at < ? AND state NOT IN (?, ?)`, before, AlertWaiting, AlertSending)
		if err != nil || n == 0 {
			return err
		}
		return s.record(ctx, tx, actor, "purge", "", map[string]int64{"alerts": n})
	})
	if err != nil {
		return 0, fmt.Errorf("purge alerts: %w", err)
	}
	return n, nil
}
