package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor/reports/exceptions"
)

// Suppression takes a finding out of counts and alerts for a time.
type Suppression struct {
	ID            string    `json:"id"`
	Site          string    `json:"site"`
	Fingerprint   string    `json:"fingerprint"`
	Reason        string    `json:"reason"` // one of exceptions.ReasonNames
	Justification string    `json:"justification"`
	Owner         string    `json:"owner"`
	Approver      string    `json:"approver"`
	CreatedAt     time.Time `json:"created_at"`
	ExpiresAt     time.Time `json:"expires_at"`
}

// Suppress suppresses a finding until a day, in its site's next scans and now.
func (s *Store) Suppress(ctx context.Context, actor string, x Suppression) (Suppression, error) {
	x.ID, x.CreatedAt = s.newID(), s.now().UTC()
	err := s.write(ctx, func(tx *sql.Tx) error {
		var severity string
		err := tx.QueryRowContext(ctx, s.sql(`SELECT severity FROM findings WHERE site = ? AND fingerprint = ?`), x.Site, x.Fingerprint).Scan(&severity)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := x.Check(s.now(), severity); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO suppressions(id, site, fingerprint, reason, justification, owner, approver, created_at, expires_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			x.ID, x.Site, x.Fingerprint, x.Reason, x.Justification, x.Owner, x.Approver, ms(x.CreatedAt), ms(x.ExpiresAt)); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `UPDATE findings SET suppressed = 1 WHERE site = ? AND fingerprint = ?`, x.Site, x.Fingerprint); err != nil {
			return err
		}
		if err := s.recount(ctx, tx, x.Site); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "finding.suppress", x.Site+"/"+x.Fingerprint, map[string]string{"reason": x.Reason, "expires": x.ExpiresAt.Format(time.DateOnly), "approver": x.Approver})
	})
	if err != nil {
		return Suppression{}, fmt.Errorf("suppress the finding %s: %w", x.Fingerprint, err)
	}
	return x, nil
}

// Check says what is wrong with a suppression of a finding of this severity that
// begins now, nil when nothing is.
func (x Suppression) Check(now time.Time, severity string) error {
	days := exceptions.MaxDays
	if severity == "critical" {
		days = exceptions.MaxCriticalDays
	}
	longest := time.Duration(days) * 24 * time.Hour
	switch {
	case !slices.Contains(exceptions.ReasonNames(), x.Reason):
		return fmt.Errorf("reason %q: expected one of %s", x.Reason, strings.Join(exceptions.ReasonNames(), ", "))
	case strings.TrimSpace(x.Justification) == "":
		return fmt.Errorf("justification is missing")
	case strings.TrimSpace(x.Owner) == "" || strings.TrimSpace(x.Approver) == "":
		return fmt.Errorf("owner and approver are needed")
	case !x.ExpiresAt.After(now):
		return fmt.Errorf("it would have expired before it began")
	case x.ExpiresAt.UTC().Truncate(24*time.Hour).Sub(now) > longest: // it ends with its last day
		return fmt.Errorf("it may last %d days at most for a finding that is %s", days, severity)
	}
	return nil
}

// Suppressions lists those of a site that were not withdrawn, expired ones too,
// by when they expire.
func (s *Store) Suppressions(ctx context.Context, site string) ([]Suppression, error) {
	out := []Suppression{}
	of, args := seen(ctx, "site")
	err := s.rows(ctx, s.reader(), `SELECT id, site, fingerprint, reason, justification, owner, approver, created_at, expires_at FROM suppressions WHERE withdrawn_at = 0 AND (site = ? OR ? = '') AND `+of+` ORDER BY expires_at, id`, func(row func(...any) error) error {
		var x Suppression
		var created, expires int64
		err := row(&x.ID, &x.Site, &x.Fingerprint, &x.Reason, &x.Justification, &x.Owner, &x.Approver, &created, &expires)
		x.CreatedAt, x.ExpiresAt = at(created), at(expires)
		out = append(out, x)
		return err
	}, append([]any{site, site}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list suppressions: %w", err)
	}
	return out, nil
}

// Withdraw ends a suppression before its time: the finding is back at once.
func (s *Store) Withdraw(ctx context.Context, actor, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		now := ms(s.now())
		if err := s.one(ctx, tx, `UPDATE suppressions SET withdrawn_at = ? WHERE id = ? AND withdrawn_at = 0`, now, id); err != nil {
			return err
		}
		// Another that still holds keeps the finding where it is.
		if _, err := s.exec(ctx, tx, `UPDATE findings SET suppressed = 0 WHERE (site, fingerprint) IN (SELECT site, fingerprint FROM suppressions WHERE id = ?)
			AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.site = findings.site AND x.fingerprint = findings.fingerprint AND x.withdrawn_at = 0 AND x.expires_at > ?)`, id, now); err != nil {
			return err
		}
		var site, fingerprint string
		if err := tx.QueryRowContext(ctx, s.sql(`SELECT site, fingerprint FROM suppressions WHERE id = ?`), id).Scan(&site, &fingerprint); err != nil {
			return err
		}
		if err := s.recount(ctx, tx, site); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "suppression.withdraw", site+"/"+fingerprint, map[string]string{"suppression": id})
	})
	if err != nil {
		return fmt.Errorf("withdraw the suppression %s: %w", id, err)
	}
	return nil
}
