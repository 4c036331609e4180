package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	cron "github.com/netresearch/go-cron"
)

// Schedule says when a site is scanned.
type Schedule struct {
	ID         string        `json:"id"`
	Site       string        `json:"site"`
	Expression string        `json:"expression"` // cron's five fields, or @daily and the like
	Zone       string        `json:"zone"`       // IANA name
	Jitter     time.Duration `json:"jitter"`     // each time is up to this much later
	Paused     bool          `json:"paused"`
	NextAt     time.Time     `json:"next_at"`
	LastAt     time.Time     `json:"last_at"`
}

// maxJitter bounds how much later a scan may begin.
const maxJitter = 24 * time.Hour

// next is the first time after t, with the part of the jitter that the
// schedule's id draws.
func (x Schedule) next(t time.Time) (time.Time, error) {
	zone, err := time.LoadLocation(x.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("time zone %q is not known: expected a name such as Europe/Berlin", x.Zone)
	}
	plan, err := cron.ParseStandard(x.Expression)
	if err != nil {
		return time.Time{}, fmt.Errorf("schedule %q: %w: expected minute, hour, day, month and weekday, such as \"30 3 * * 1\", or @daily", x.Expression, err)
	}
	if x.Jitter < 0 || x.Jitter > maxJitter {
		return time.Time{}, fmt.Errorf("jitter %v: expected 0 to %v", x.Jitter, maxJitter)
	}
	from := t.Add(-x.share()).In(zone)
	n := plan.Next(from)
	if n.IsZero() {
		return time.Time{}, fmt.Errorf("schedule %q never comes", x.Expression)
	}
	return n.Add(x.share()).UTC().Truncate(time.Millisecond), nil
}

// share is this schedule's part of the jitter, the same each time, so that sites
// of one expression are spread and each keeps its distance.
func (x Schedule) share() time.Duration {
	if x.Jitter <= 0 {
		return 0
	}
	var h uint64 = 14695981039346656037
	for _, c := range []byte(x.ID) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return time.Duration(h % uint64(x.Jitter)).Truncate(time.Millisecond) // times are kept in milliseconds
}

// AddSchedule adds a schedule. One that cannot be read, or a zone that is not
// known, is an error that says what is expected.
func (s *Store) AddSchedule(ctx context.Context, actor string, x Schedule) (Schedule, error) {
	x.ID = s.newID()
	var err error
	if x.NextAt, err = x.next(s.now()); err != nil {
		return Schedule{}, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		if err := s.there(ctx, tx, `SELECT 1 FROM sites WHERE id = ? AND deleted_at = 0`, x.Site); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO schedules(id, site, expression, zone, jitter_ms, paused, next_at) VALUES(?, ?, ?, ?, ?, ?, ?)`,
			x.ID, x.Site, x.Expression, x.Zone, x.Jitter.Milliseconds(), bit(x.Paused), ms(x.NextAt)); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "schedule.add", x.ID, map[string]string{"site": x.Site, "expression": x.Expression, "zone": x.Zone})
	})
	if err != nil {
		return Schedule{}, fmt.Errorf("add a schedule: %w", err)
	}
	return x, nil
}

// DeleteSchedule takes a schedule away.
func (s *Store) DeleteSchedule(ctx context.Context, actor, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := s.one(ctx, tx, `DELETE FROM schedules WHERE id = ?`, id); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "schedule.delete", id, nil)
	})
	if err != nil {
		return fmt.Errorf("delete the schedule %s: %w", id, err)
	}
	return nil
}

// PauseSchedule stops a schedule or lets it go on, from now.
func (s *Store) PauseSchedule(ctx context.Context, actor, id string, paused bool) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		list, err := s.schedules(ctx, tx, `WHERE id = ?`, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNotFound
		}
		// What was missed while it was paused is not made up.
		next, err := list[0].next(s.now())
		if err != nil {
			return err
		}
		if err := s.one(ctx, tx, `UPDATE schedules SET paused = ?, next_at = ? WHERE id = ?`, bit(paused), ms(next), id); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, map[bool]string{true: "schedule.pause", false: "schedule.resume"}[paused], id, map[string]string{"site": list[0].Site})
	})
	if err != nil {
		return fmt.Errorf("pause or resume the schedule %s: %w", id, err)
	}
	return nil
}

// Times are the next n times of a schedule after t, none while it is paused.
func (x Schedule) Times(t time.Time, n int) []time.Time {
	out := []time.Time{}
	for range n {
		next, err := x.next(t)
		if x.Paused || err != nil {
			return out
		}
		out, t = append(out, next), next
	}
	return out
}

// Schedule returns a schedule.
func (s *Store) Schedule(ctx context.Context, id string) (Schedule, error) {
	of, args := seen(ctx, "site")
	list, err := s.schedules(ctx, s.reader(), `WHERE id = ? AND `+of, append([]any{id}, args...)...)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %s: %w", id, err)
	}
	return list[0], nil
}

// Schedules lists the schedules of a site, or of all with "", by what comes next.
func (s *Store) Schedules(ctx context.Context, site string) ([]Schedule, error) {
	of, args := seen(ctx, "site")
	return s.schedules(ctx, s.reader(), `WHERE (site = ? OR ? = '') AND `+of+` ORDER BY next_at, id`, append([]any{site, site}, args...)...)
}

const scheduleColumns = `schedules.id, site, expression, zone, jitter_ms, schedules.paused, next_at, last_at`

func readSchedule(row func(...any) error) (Schedule, error) {
	var x Schedule
	var jitter, paused, next, last int64
	err := row(&x.ID, &x.Site, &x.Expression, &x.Zone, &jitter, &paused, &next, &last)
	x.Jitter, x.Paused, x.NextAt, x.LastAt = time.Duration(jitter)*time.Millisecond, paused != 0, at(next), at(last)
	return x, err
}

func (s *Store) schedules(ctx context.Context, q querier, where string, args ...any) ([]Schedule, error) {
	out := []Schedule{}
	err := s.rows(ctx, q, `SELECT `+scheduleColumns+` FROM schedules `+where, func(row func(...any) error) error {
		x, err := readSchedule(row)
		out = append(out, x)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	return out, nil
}

// Due queues a scan for each schedule whose time has come and sets its next
// time, one change a schedule. A time that was missed while nothing ran is made
// up once, not as often as it was missed. A site that is paused, or whose scan
// waits or runs, is passed over. A schedule that cannot be read stands in no
// other's way. It returns the scans that it queued.
func (s *Store) Due(ctx context.Context) ([]Scan, error) {
	now := s.now()
	faults := s.setBack(ctx, now)
	due, err := s.schedules(ctx, s.reader(), `WHERE paused = 0 AND next_at <= ? ORDER BY next_at, id LIMIT 500`, ms(now))
	if err != nil {
		return nil, err
	}
	out := []Scan{}
	for _, x := range due {
		next, err := x.next(now)
		if err != nil { // the zone data of another version: tried again, never lost
			faults = errors.Join(faults, fmt.Errorf("schedule %s: %w", x.ID, err))
			continue
		}
		var queued Scan
		err = s.write(ctx, func(tx *sql.Tx) error {
			// Another leader may have been here: the time is taken only once.
			n, err := s.exec(ctx, tx, `UPDATE schedules SET next_at = ?, last_at = ? WHERE id = ? AND next_at = ?`, ms(next), ms(now), x.ID, ms(x.NextAt))
			if err != nil || n == 0 {
				return err
			}
			err = s.there(ctx, tx, `SELECT 1 FROM sites WHERE id = ? AND deleted_at = 0 AND paused = 0`, x.Site)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			if busy, err := s.busy(ctx, tx, x.Site); err != nil || busy {
				return err
			}
			queued, err = s.queue(ctx, tx, "schedule", Scan{Site: x.Site, Schedule: x.ID, Reason: "schedule", Priority: 3})
			return err
		})
		switch {
		case errors.Is(err, ErrBusy): // somebody asked at this very moment; the next tick passes over it
		case err != nil:
			return out, fmt.Errorf("schedule %s: %w", x.ID, err)
		case queued.ID != "":
			out = append(out, queued)
		}
	}
	return out, faults
}

// setBack gives schedules a time again whose last one lies ahead: the clock was
// ahead then, and they would not come until it is there.
func (s *Store) setBack(ctx context.Context, now time.Time) error {
	ahead, err := s.schedules(ctx, s.reader(), `WHERE paused = 0 AND last_at > ? ORDER BY id LIMIT 500`, ms(now))
	for _, x := range ahead {
		next, fault := x.next(now)
		if fault == nil {
			_, fault = s.exec(ctx, s.db, `UPDATE schedules SET next_at = ?, last_at = ? WHERE id = ? AND next_at = ?`, ms(next), ms(now), x.ID, ms(x.NextAt))
		}
		if fault != nil {
			err = errors.Join(err, fmt.Errorf("schedule %s: %w", x.ID, fault))
		}
	}
	return err
}

// Check says what is wrong with a schedule, nil when nothing is.
func (x Schedule) Check(now time.Time) error {
	_, err := x.next(now)
	return err
}
