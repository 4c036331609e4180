package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Organisation owns sites.
type Organisation struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	Quota
}

// Site is what is scanned again and again.
type Site struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	URL          string    `json:"url"`
	Host         string    `json:"host"` // registrable domain: scans of one do not run side by side
	Name         string    `json:"name"`
	Options      string    `json:"options"` // JSON; what it means is the command's
	Profile      string    `json:"profile"` // YAML, as in a profile file
	Paused       bool      `json:"paused"`
	CreatedAt    time.Time `json:"created_at"`
}

// AddOrganisation adds an organisation. A name that is taken is ErrExists.
func (s *Store) AddOrganisation(ctx context.Context, actor, name string) (Organisation, error) {
	o := Organisation{ID: s.newID(), Name: name, CreatedAt: s.now().UTC()}
	err := s.write(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, s.sql(`SELECT count(*) FROM organisations WHERE name = ?`), name).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return ErrExists
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO organisations(id, name, created_at) VALUES(?, ?, ?)`, o.ID, o.Name, ms(o.CreatedAt)); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "organisation.add", o.ID, map[string]string{"name": name})
	})
	if err != nil {
		return Organisation{}, fmt.Errorf("add the organisation %q: %w", name, err)
	}
	return o, nil
}

// RenameOrganisation gives an organisation another name. One that is taken is
// ErrExists.
func (s *Store) RenameOrganisation(ctx context.Context, actor, id, name string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, s.sql(`SELECT count(*) FROM organisations WHERE name = ? AND id <> ?`), name, id).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return ErrExists
		}
		if err := s.one(ctx, tx, `UPDATE organisations SET name = ? WHERE id = ?`, name, id); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "organisation.rename", id, map[string]string{"name": name})
	})
	if err != nil {
		return fmt.Errorf("rename the organisation %s: %w", id, err)
	}
	return nil
}

// Organisations are all, by name.
func (s *Store) Organisations(ctx context.Context) ([]Organisation, error) {
	out := []Organisation{}
	of, args := among(ctx, "id")
	err := s.rows(ctx, s.reader(), `SELECT id, name, created_at, scans_per_day, scans_at_once, pages_per_day FROM organisations WHERE `+of+` ORDER BY name, id`, func(row func(...any) error) error {
		var o Organisation
		var created int64
		err := row(&o.ID, &o.Name, &created, &o.ScansPerDay, &o.ScansAtOnce, &o.PagesPerDay)
		o.CreatedAt = at(created)
		out = append(out, o)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return out, nil
}

const siteColumns = `id, organisation, url, host, name, options, profile, paused, created_at`

func readSite(row func(...any) error) (Site, error) {
	var x Site
	var paused, created int64
	err := row(&x.ID, &x.Organisation, &x.URL, &x.Host, &x.Name, &x.Options, &x.Profile, &paused, &created)
	x.Paused, x.CreatedAt = paused != 0, at(created)
	return x, err
}

// AddSite adds a site. An address that the organisation has already is
// ErrExists; an organisation that is not there is ErrNotFound.
func (s *Store) AddSite(ctx context.Context, actor string, x Site) (Site, error) {
	x.ID, x.CreatedAt, x.Options = s.newID(), s.now().UTC(), cmp.Or(x.Options, "{}")
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := s.there(ctx, tx, `SELECT 1 FROM organisations WHERE id = ?`, x.Organisation); err != nil {
			return err
		}
		_, err := s.exec(ctx, tx, `INSERT INTO sites(`+siteColumns+`) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			x.ID, x.Organisation, x.URL, x.Host, x.Name, x.Options, x.Profile, bit(x.Paused), ms(x.CreatedAt))
		if taken(err) {
			return ErrExists
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "site.add", x.ID, map[string]string{"url": x.URL})
	})
	if err != nil {
		return Site{}, fmt.Errorf("add the site %s: %w", x.URL, err)
	}
	return x, nil
}

func (s *Store) there(ctx context.Context, q querier, query string, args ...any) error {
	var one int
	err := q.QueryRowContext(ctx, s.sql(query), args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Site returns a site that was not deleted.
func (s *Store) Site(ctx context.Context, id string) (Site, error) {
	of, args := among(ctx, "organisation")
	x, err := readSite(s.reader().QueryRowContext(ctx, s.sql(`SELECT `+siteColumns+` FROM sites WHERE id = ? AND deleted_at = 0 AND `+of), append([]any{id}, args...)...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Site{}, fmt.Errorf("site %s: %w", id, err)
	}
	return x, nil
}

// Sites are those that were not deleted, by name and address; of one
// organisation, or of all with "".
func (s *Store) Sites(ctx context.Context, organisation string) ([]Site, error) {
	out := []Site{}
	of, args := among(ctx, "organisation")
	err := s.rows(ctx, s.reader(), `SELECT `+siteColumns+` FROM sites WHERE deleted_at = 0 AND (organisation = ? OR ? = '') AND `+of+` ORDER BY name, url, id`, func(row func(...any) error) error {
		x, err := readSite(row)
		out = append(out, x)
		return err
	}, append([]any{organisation, organisation}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	return out, nil
}

// ChangeSite changes a site's name, options, profile and whether it is paused.
func (s *Store) ChangeSite(ctx context.Context, actor string, x Site) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := s.one(ctx, tx, `UPDATE sites SET name = ?, options = ?, profile = ?, paused = ? WHERE id = ? AND deleted_at = 0`, x.Name, cmp.Or(x.Options, "{}"), x.Profile, bit(x.Paused), x.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "site.change", x.ID, map[string]any{"name": x.Name, "paused": x.Paused})
	})
	if err != nil {
		return fmt.Errorf("change the site %s: %w", x.ID, err)
	}
	return nil
}

// DeleteSite takes a site out of every list and ends its open scan. Its history
// stays until it is purged.
func (s *Store) DeleteSite(ctx context.Context, actor, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		now := ms(s.now())
		if err := s.one(ctx, tx, `UPDATE sites SET deleted_at = ? WHERE id = ? AND deleted_at = 0`, now, id); err != nil {
			return err
		}
		for _, also := range []string{`DELETE FROM schedules WHERE site = ?`, `UPDATE findings SET present = 0 WHERE site = ?`, `DELETE FROM finding_counts WHERE site = ?`, `UPDATE recipients SET present = 0 WHERE site = ?`} {
			if _, err := s.exec(ctx, tx, also, id); err != nil {
				return err
			}
		}
		if _, err := s.exec(ctx, tx, `UPDATE scans SET state = ?, finished_at = ?, failure = ? WHERE site = ? AND state IN ('queued', 'running')`, Cancelled, now, "the site was deleted", id); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "site.delete", id, nil)
	})
	if err != nil {
		return fmt.Errorf("delete the site %s: %w", id, err)
	}
	return nil
}
