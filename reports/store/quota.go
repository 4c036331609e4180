package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ErrQuota says that a scan waits because its organisation has used what it may.
var ErrQuota = errors.New("the organisation's quota is used up")

// Quota is what an organisation may use of the service; 0 is no limit. A day is
// the last 24 hours.
type Quota struct {
	ScansPerDay int `json:"scans_per_day"`
	ScansAtOnce int `json:"scans_at_once"`
	PagesPerDay int `json:"pages_per_day"`
}

// maxQuota bounds each figure.
const maxQuota = 100_000_000

// Check says what is wrong with a quota, nil when nothing is.
func (q Quota) Check() error {
	for _, n := range []int{q.ScansPerDay, q.ScansAtOnce, q.PagesPerDay} {
		if n < 0 || n > maxQuota {
			return fmt.Errorf("%d: expected 0, no limit, to %d", n, maxQuota)
		}
	}
	return nil
}

// SetQuota changes what an organisation may use, from the next scan on.
func (s *Store) SetQuota(ctx context.Context, actor, organisation string, q Quota) error {
	err := q.Check()
	if err == nil {
		err = s.write(ctx, func(tx *sql.Tx) error {
			if err := s.one(ctx, tx, `UPDATE organisations SET scans_per_day = ?, scans_at_once = ?, pages_per_day = ? WHERE id = ?`, q.ScansPerDay, q.ScansAtOnce, q.PagesPerDay, organisation); err != nil {
				return err
			}
			return s.record(ctx, tx, actor, "quota.change", organisation, q)
		})
	}
	if err != nil {
		return fmt.Errorf("change the quota of %s: %w", organisation, err)
	}
	return nil
}

// withinQuota says why a scan may not begin, with ErrQuota. The caller sees to it
// that no other begins meanwhile.
func (s *Store) withinQuota(ctx context.Context, tx *sql.Tx, scan string) error {
	var org string
	var q Quota
	err := tx.QueryRowContext(ctx, s.sql(`SELECT organisations.id, scans_per_day, scans_at_once, pages_per_day FROM scans JOIN sites ON sites.id = scans.site JOIN organisations ON organisations.id = sites.organisation WHERE scans.id = ?`), scan).
		Scan(&org, &q.ScansPerDay, &q.ScansAtOnce, &q.PagesPerDay)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // the scan is not there either
	}
	if err != nil {
		return err
	}
	since := ms(s.now().Add(-24 * time.Hour))
	for _, c := range []struct {
		most  int
		what  string
		query string
		args  []any
	}{
		{q.ScansAtOnce, "scans at once", `SELECT count(*) FROM scans JOIN sites ON sites.id = scans.site WHERE sites.organisation = ? AND scans.state = 'running'`, []any{org}},
		{q.ScansPerDay, "scans in 24 hours", `SELECT count(*) FROM scans JOIN sites ON sites.id = scans.site WHERE sites.organisation = ? AND scans.started_at > ? AND scans.id <> ?`, []any{org, since, scan}},
		{q.PagesPerDay, "pages in 24 hours", `SELECT COALESCE(sum(pages), 0) FROM scans JOIN sites ON sites.id = scans.site WHERE sites.organisation = ? AND scans.finished_at > ?`, []any{org, since}},
	} {
		if c.most == 0 {
			continue
		}
		var used int
		if err := tx.QueryRowContext(ctx, s.sql(c.query), c.args...).Scan(&used); err != nil {
			return err
		}
		if used >= c.most {
			return fmt.Errorf("%w: %d of %d %s", ErrQuota, used, c.most, c.what)
		}
	}
	return nil
}

// waits notes why a scan that is in line does not begin.
func (s *Store) waits(ctx context.Context, id string, why error) error {
	text := why.Error()
	_, err := s.exec(ctx, s.db, `UPDATE scans SET waits = ? WHERE id = ? AND state = 'queued' AND waits <> ?`, text, id, text)
	return err
}
