package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ScanState is where a scan stands.
type ScanState string

// The states. The last four are final.
const (
	Queued     ScanState = "queued"
	Running    ScanState = "running"
	Finished   ScanState = "finished"
	Incomplete ScanState = "incomplete" // finished with coverage below its threshold
	Failed     ScanState = "failed"
	Cancelled  ScanState = "cancelled"
)

// Scan is one scan of a site.
type Scan struct {
	ID           string    `json:"id"`
	Site         string    `json:"site"`
	Schedule     string    `json:"schedule"` // "" when a person asked for it
	Reason       string    `json:"reason"`   // "schedule", "person", "api"
	Priority     int       `json:"priority"` // 1 is first, 4 last
	State        ScanState `json:"state"`
	Attempt      int       `json:"attempt"`
	HandedBack   int       `json:"handed_back"` // attempts that a stopping worker handed back
	Waits        string    `json:"waits"`       // why it is in line and does not begin; "" when it is its turn
	Worker       string    `json:"worker"`
	BeatAt       time.Time `json:"beat_at"` // the worker's last sign of life
	QueuedAt     time.Time `json:"queued_at"`
	StartedAt    time.Time `json:"started_at"`
	FinishedAt   time.Time `json:"finished_at"`
	Progress     string    `json:"progress"` // JSON
	Summary      string    `json:"summary"`  // JSON: the report's totals
	Pages        int       `json:"pages"`    // visits, of a scan that ended with a result
	Failure      string    `json:"failure"`
	RulesVersion string    `json:"rules_version"`
	Report       string    `json:"report"`   // blob; "" when there is none
	Evidence     string    `json:"evidence"` // blob
}

const scanColumns = `id, site, schedule, reason, priority, state, attempt, handed_back, waits, worker, beat_at, queued_at, started_at, finished_at, progress, summary, pages, failure, rules_version, report_blob, evidence_blob`

func readScan(row func(...any) error) (Scan, error) {
	var x Scan
	var beat, queued, started, finished int64
	err := row(&x.ID, &x.Site, &x.Schedule, &x.Reason, &x.Priority, &x.State, &x.Attempt, &x.HandedBack, &x.Waits, &x.Worker, &beat, &queued, &started, &finished, &x.Progress, &x.Summary, &x.Pages, &x.Failure, &x.RulesVersion, &x.Report, &x.Evidence)
	x.BeatAt, x.QueuedAt, x.StartedAt, x.FinishedAt = at(beat), at(queued), at(started), at(finished)
	return x, err
}

// Queue asks for a scan of a site. One that waits or runs already is ErrBusy.
func (s *Store) Queue(ctx context.Context, actor string, x Scan) (Scan, error) {
	err := s.write(ctx, func(tx *sql.Tx) error {
		var err error
		x, err = s.queue(ctx, tx, actor, x)
		return err
	})
	if err != nil {
		return Scan{}, fmt.Errorf("queue a scan of the site %s: %w", x.Site, err)
	}
	return x, nil
}

func (s *Store) queue(ctx context.Context, tx *sql.Tx, actor string, x Scan) (Scan, error) {
	x.ID, x.State, x.QueuedAt, x.Priority = s.newID(), Queued, s.now().UTC(), cmp.Or(x.Priority, 2)
	if err := s.there(ctx, tx, `SELECT 1 FROM sites WHERE id = ? AND deleted_at = 0`, x.Site); err != nil {
		return x, err
	}
	switch busy, err := s.busy(ctx, tx, x.Site); {
	case err != nil:
		return x, err
	case busy:
		return x, ErrBusy
	}
	_, err := s.exec(ctx, tx, `INSERT INTO scans(id, site, schedule, reason, priority, state, queued_at) VALUES(?, ?, ?, ?, ?, ?, ?)`,
		x.ID, x.Site, x.Schedule, x.Reason, x.Priority, x.State, ms(x.QueuedAt))
	if taken(err) {
		return x, ErrBusy
	}
	if err != nil {
		return x, err
	}
	return x, s.record(ctx, tx, actor, "scan.queue", x.ID, map[string]string{"site": x.Site, "reason": x.Reason})
}

// busy reports whether a scan of a site waits or runs.
func (s *Store) busy(ctx context.Context, q querier, site string) (bool, error) {
	err := s.there(ctx, q, `SELECT 1 FROM scans WHERE site = ? AND state IN ('queued', 'running')`, site)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Scan returns a scan.
func (s *Store) Scan(ctx context.Context, id string) (Scan, error) {
	of, args := seen(ctx, "site")
	x, err := readScan(s.reader().QueryRowContext(ctx, s.sql(`SELECT `+scanColumns+` FROM scans WHERE id = ? AND `+of), append([]any{id}, args...)...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Scan{}, fmt.Errorf("scan %s: %w", id, err)
	}
	return x, nil
}

// Scans returns the latest scans of a site, at most limit; of all sites with "".
func (s *Store) Scans(ctx context.Context, site string, limit int) ([]Scan, error) {
	return s.scans(ctx, `(site = ? OR ? = '')`, `ORDER BY queued_at DESC, id DESC LIMIT `+strconv.Itoa(limit), site, site)
}

// Open returns the scans that wait or run, the first in line first.
func (s *Store) Open(ctx context.Context) ([]Scan, error) {
	return s.scans(ctx, `state IN ('queued', 'running')`, `ORDER BY priority, queued_at, id`)
}

// Waiting counts the scans that wait and that run, and says when the first of those
// that wait was asked for; zero when none waits.
func (s *Store) Waiting(ctx context.Context) (queued, running int, since time.Time, err error) {
	err = s.rows(ctx, s.reader(), `SELECT state, count(*), min(queued_at) FROM scans WHERE state IN ('queued', 'running') GROUP BY state`, func(row func(...any) error) error {
		var state ScanState
		var n int
		var first int64
		err := row(&state, &n, &first)
		if state == Queued {
			queued, since = n, at(first)
		} else {
			running = n
		}
		return err
	})
	if err != nil {
		return 0, 0, time.Time{}, fmt.Errorf("count the scans that wait: %w", err)
	}
	return queued, running, since, nil
}

func (s *Store) scans(ctx context.Context, where, order string, args ...any) ([]Scan, error) {
	out := []Scan{}
	of, more := seen(ctx, "site")
	err := s.rows(ctx, s.reader(), `SELECT `+scanColumns+` FROM scans WHERE `+where+` AND `+of+` `+order, func(row func(...any) error) error {
		x, err := readScan(row)
		out = append(out, x)
		return err
	}, append(args, more...)...)
	if err != nil {
		return nil, fmt.Errorf("list scans: %w", err)
	}
	return out, nil
}

// Begin gives a scan that waits to a worker, for the attempt after the given
// number of earlier ones. It begins once: a scan that is not in line for that
// attempt is ErrLost. While another scan of its host runs, it stays in line:
// ErrHostBusy; so it does while its organisation has used its quota up: ErrQuota.
// Scan.Waits says which.
func (s *Store) Begin(ctx context.Context, id string, earlier int, worker string) (Scan, error) {
	now := ms(s.now())
	err := s.write(ctx, func(tx *sql.Tx) error {
		if s.pool != nil { // two scans of one host would not see each other begin
			if _, err := tx.ExecContext(ctx, `LOCK TABLE scans IN SHARE ROW EXCLUSIVE MODE`); err != nil {
				return err
			}
		}
		if err := s.there(ctx, tx, `SELECT 1 FROM scans WHERE id = ? AND attempt = ? AND state = 'queued'`, id, earlier); err != nil {
			return err
		}
		err := s.there(ctx, tx, `SELECT 1 FROM scans JOIN sites ON sites.id = scans.site WHERE scans.state = 'running' AND sites.host = (SELECT sites.host FROM sites JOIN scans ON scans.site = sites.id WHERE scans.id = ?) AND scans.id <> ?`, id, id)
		switch {
		case err == nil:
			return ErrHostBusy
		case !errors.Is(err, ErrNotFound):
			return err
		}
		if err := s.withinQuota(ctx, tx, id); err != nil {
			return err
		}
		return s.one(ctx, tx, `UPDATE scans SET state = 'running', worker = ?, attempt = attempt + 1, beat_at = ?, started_at = ?, progress = '{}', waits = '' WHERE id = ? AND attempt = ? AND state = 'queued'`, worker, now, now, id, earlier)
	})
	switch {
	case errors.Is(err, ErrNotFound):
		err = ErrLost
	case errors.Is(err, ErrHostBusy), errors.Is(err, ErrQuota):
		err = errors.Join(err, s.waits(ctx, id, err))
	}
	if err != nil {
		return Scan{}, fmt.Errorf("begin the scan %s: %w", id, err)
	}
	return s.Scan(ctx, id)
}

// Lost puts a running scan back in line whose worker gave no sign of life since
// the scan was read, or ends it when it was tried as often as it may be. When it
// gave one, or the scan does not run any more, that is ErrLost.
func (s *Store) Lost(ctx context.Context, x Scan, attempts int) (ended bool, err error) {
	const is, why = ` WHERE id = ? AND attempt = ? AND beat_at = ? AND state = 'running'`, "its worker was lost, as often as a scan is tried"
	ended = x.Tries() >= attempts
	err = s.write(ctx, func(tx *sql.Tx) error {
		if !ended {
			return s.one(ctx, tx, `UPDATE scans SET state = 'queued', worker = '', failure = ?`+is, "its worker was lost", x.ID, x.Attempt, ms(x.BeatAt))
		}
		if err := s.one(ctx, tx, `UPDATE scans SET state = 'failed', finished_at = ?, failure = ?`+is, ms(s.now()), why, x.ID, x.Attempt, ms(x.BeatAt)); err != nil {
			return err
		}
		return s.alertFailure(ctx, tx, x, why)
	})
	if errors.Is(err, ErrNotFound) {
		err = ErrLost
	}
	if err != nil {
		return false, fmt.Errorf("the lost scan %s: %w", x.ID, err)
	}
	return ended, nil
}

// Progress is how far a scan is, as its worker says it; Scan.Progress holds it as
// JSON.
type Progress struct {
	Pages int    `json:"pages"` // visits that ended
	Of    int    `json:"of"`    // that are planned so far
	State string `json:"state"` // the consent state of the last one
	Doing string `json:"doing"` // in words, or an address
}

// Beat says that a worker still works on a scan, and how far it is. ErrLost says
// that it should stop.
func (s *Store) Beat(ctx context.Context, x Scan, p Progress) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("scan %s: %w", x.ID, err)
	}
	return s.held(ctx, s.db, x, `beat_at = ?, progress = ?`, ms(s.now()), string(text))
}

// Fail ends a worker's scan without a result.
func (s *Store) Fail(ctx context.Context, x Scan, why string) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		if err := s.held(ctx, tx, x, `state = 'failed', finished_at = ?, failure = ?`, ms(s.now()), why); err != nil {
			return err
		}
		return s.alertFailure(ctx, tx, x, why)
	})
}

// Return puts a worker's scan back in line, for another attempt.
func (s *Store) Return(ctx context.Context, x Scan, why string) error {
	return s.held(ctx, s.db, x, `state = 'queued', worker = '', failure = ?`, why)
}

// HandBack puts a scan back in line whose worker stops. It is not held against
// the scan.
func (s *Store) HandBack(ctx context.Context, x Scan, why string) error {
	return s.held(ctx, s.db, x, `state = 'queued', worker = '', failure = ?, handed_back = handed_back + 1`, why)
}

// Tries is how often a scan was tried, without attempts that were handed back.
func (x Scan) Tries() int { return x.Attempt - x.HandedBack }

// Waits says why a scan in line is not begun yet. It is no attempt.
func (s *Store) Waits(ctx context.Context, id, why string) error {
	if _, err := s.exec(ctx, s.db, `UPDATE scans SET waits = ? WHERE id = ? AND state = 'queued' AND waits <> ?`, why, id, why); err != nil {
		return fmt.Errorf("scan %s: %w", id, err)
	}
	return nil
}

// held changes a scan that is still this worker's, in this attempt.
func (s *Store) held(ctx context.Context, q querier, x Scan, set string, args ...any) error {
	err := s.one(ctx, q, `UPDATE scans SET `+set+` WHERE id = ? AND worker = ? AND attempt = ? AND state = 'running'`, append(args, x.ID, x.Worker, x.Attempt)...)
	if errors.Is(err, ErrNotFound) {
		err = ErrLost
	}
	if err != nil {
		return fmt.Errorf("scan %s: %w", x.ID, err)
	}
	return nil
}

// Cancel ends a scan that waits or runs; its worker learns of it with its next
// beat. One that is final stays as it is: ErrLost.
func (s *Store) Cancel(ctx context.Context, actor, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		err := s.one(ctx, tx, `UPDATE scans SET state = 'cancelled', finished_at = ? WHERE id = ? AND state IN ('queued', 'running')`, ms(s.now()), id)
		if errors.Is(err, ErrNotFound) {
			return ErrLost
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "scan.cancel", id, nil)
	})
	if err != nil {
		return fmt.Errorf("cancel the scan %s: %w", id, err)
	}
	return nil
}

// LastScan returns the last scan of a site that ended with a result; zero when
// none did.
func (s *Store) LastScan(ctx context.Context, site string) (Scan, error) {
	list, err := s.scans(ctx, `id = (SELECT `+lastOf(`id`)+` FROM sites WHERE id = ?)`, ``, site)
	if err != nil || len(list) == 0 {
		return Scan{}, err
	}
	return list[0], nil
}
