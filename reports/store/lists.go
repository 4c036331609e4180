package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"candor/rules"
)

// SiteQuery narrows and orders a list of sites. What is empty asks nothing.
type SiteQuery struct {
	Organisation string
	Text         string // in the name or the address, in any case
	Sort         SiteOrder
	Limit        int // at most
	Offset       int
}

// SiteOrder says which sites come first. Those alike come by name.
type SiteOrder string

// The orders.
const (
	ByName  SiteOrder = ""
	ByGrave SiteOrder = "grave" // the most findings that are critical or high
	ByLast  SiteOrder = "last"  // not scanned, or scanned the longest ago
	ByNext  SiteOrder = "next"  // scanned next
)

// SiteOrders are all orders.
var SiteOrders = []SiteOrder{ByName, ByGrave, ByLast, ByNext}

// lastOf is a column of the last scan of a site that ended with a result: one look
// into an index for each site.
func lastOf(column string) string {
	return `(SELECT ` + column + ` FROM scans WHERE site = sites.id AND state IN ('finished', 'incomplete') ORDER BY finished_at DESC, id DESC LIMIT 1)`
}

var siteOrders = map[SiteOrder]string{
	ByName:  ``,
	ByGrave: `(SELECT COALESCE(sum(number), 0) FROM finding_counts WHERE site = sites.id AND severity_rank < 2) DESC, `,
	ByLast:  `COALESCE(` + lastOf(`finished_at`) + `, 0), `,
	ByNext:  `COALESCE((SELECT min(next_at) FROM schedules WHERE site = sites.id AND paused = 0), 9223372036854775807), `,
}

// SiteRow is a site of a list with what came of its scans.
type SiteRow struct {
	Site
	Last  Scan      // the last with a result; zero when there was none
	Grave int       // findings that are there and not suppressed, critical or high
	Other int       // all others of them
	Next  time.Time // of its schedules; zero without one
}

// ListSites lists sites that were not deleted, and counts how many the query has
// in all.
func (s *Store) ListSites(ctx context.Context, q SiteQuery) (list []SiteRow, all int, err error) {
	where, args := among(ctx, "organisation")
	where = "deleted_at = 0 AND " + where
	if q.Organisation != "" {
		where, args = where+` AND organisation = ?`, append(args, q.Organisation)
	}
	where, args = withText(where, args, q.Text)
	list = []SiteRow{}
	err = s.reader().QueryRowContext(ctx, s.sql(`SELECT count(*) FROM sites WHERE `+where), args...).Scan(&all)
	if err == nil {
		err = s.rows(ctx, s.reader(), `SELECT `+siteColumns+` FROM sites WHERE `+where+` ORDER BY `+siteOrders[q.Sort]+`name, url, id LIMIT ? OFFSET ?`, func(row func(...any) error) error {
			x, err := readSite(row)
			list = append(list, SiteRow{Site: x})
			return err
		}, append(args, q.Limit, q.Offset)...)
	}
	if err == nil && len(list) > 0 {
		err = s.fillRows(ctx, list)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("list sites: %w", err)
	}
	return list, all, nil
}

// fillRows adds to the sites of a list what came of their scans.
func (s *Store) fillRows(ctx context.Context, list []SiteRow) error {
	of := make(map[string]*SiteRow, len(list))
	ids := make([]string, len(list))
	for i := range list {
		ids[i], of[list[i].ID] = list[i].ID, &list[i]
	}
	in, args := oneOf(ids)
	scans, err := s.scans(ctx, `id IN (SELECT `+lastOf(`id`)+` FROM sites WHERE id`+in+`)`, ``, args...)
	if err != nil {
		return err
	}
	for _, x := range scans {
		of[x.Site].Last = x
	}
	err = s.rows(ctx, s.reader(), `SELECT site, severity_rank, number FROM finding_counts WHERE site`+in, func(row func(...any) error) error {
		var site string
		var rank, n int
		err := row(&site, &rank, &n)
		if err != nil {
			return err
		}
		if rank < 2 {
			of[site].Grave += n
		} else {
			of[site].Other += n
		}
		return nil
	}, args...)
	if err != nil {
		return err
	}
	return s.rows(ctx, s.reader(), `SELECT site, min(next_at) FROM schedules WHERE paused = 0 AND site`+in+` GROUP BY site`, func(row func(...any) error) error {
		var site string
		var next int64
		if err := row(&site, &next); err != nil {
			return err
		}
		of[site].Next = at(next)
		return nil
	}, args...)
}

// SiteNames are the names of sites by id, of those that were not deleted; nil is
// of all.
func (s *Store) SiteNames(ctx context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if ids != nil && len(ids) == 0 {
		return out, nil
	}
	where, args := among(ctx, "organisation")
	if ids != nil {
		in, more := oneOf(ids)
		where, args = where+` AND id`+in, append(args, more...)
	}
	err := s.rows(ctx, s.reader(), `SELECT id, name FROM sites WHERE deleted_at = 0 AND `+where, func(row func(...any) error) error {
		var id, name string
		err := row(&id, &name)
		out[id] = name
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("names of sites: %w", err)
	}
	return out, nil
}

// oneOf is a condition that a column holds one of some values, of which there is
// at least one.
func oneOf(values []string) (string, []any) {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return " IN (?" + strings.Repeat(", ?", len(values)-1) + ")", args
}

// withText narrows a condition to sites that have a text in their name or address,
// in any case.
func withText(where string, args []any, text string) (string, []any) {
	if text = strings.ToLower(strings.TrimSpace(text)); text == "" {
		return where, args
	}
	return where + ` AND lower(sites.name || ' ' || sites.url) LIKE ? ESCAPE '!'`, append(args, likeText(text))
}

// likeText is a pattern of LIKE, with ! as its escape, for what has a text in it.
func likeText(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
}

// ScheduleRow is a schedule of a list, with its site's name and organisation.
type ScheduleRow struct {
	Schedule
	Name         string
	Organisation string
}

// ListSchedules lists schedules by what comes next, those that are paused last,
// and counts how many there are in all. A text narrows them to sites that have it
// in their name or address.
func (s *Store) ListSchedules(ctx context.Context, text string, limit, offset int) (list []ScheduleRow, all int, err error) {
	where, args := among(ctx, "sites.organisation")
	where, args = withText(where, args, text)
	from := ` FROM schedules JOIN sites ON sites.id = schedules.site WHERE ` + where
	list = []ScheduleRow{}
	err = s.reader().QueryRowContext(ctx, s.sql(`SELECT count(*)`+from), args...).Scan(&all)
	if err == nil {
		err = s.rows(ctx, s.reader(), `SELECT `+scheduleColumns+`, sites.name, sites.organisation`+from+` ORDER BY schedules.paused, next_at, schedules.id LIMIT ? OFFSET ?`, func(row func(...any) error) error {
			var r ScheduleRow
			var err error
			r.Schedule, err = readSchedule(func(to ...any) error { return row(append(to, &r.Name, &r.Organisation)...) })
			list = append(list, r)
			return err
		}, append(args, limit, offset)...)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("list schedules: %w", err)
	}
	return list, all, nil
}

// FirstOpen returns the first scans that wait or run, those that run first, at
// most limit, and counts them all.
func (s *Store) FirstOpen(ctx context.Context, limit int) (list []Scan, all int, err error) {
	of, args := seen(ctx, "site")
	err = s.reader().QueryRowContext(ctx, s.sql(`SELECT count(*) FROM scans WHERE state IN ('queued', 'running') AND `+of), args...).Scan(&all)
	if err != nil {
		return nil, 0, fmt.Errorf("count the scans that wait or run: %w", err)
	}
	if all == 0 {
		return []Scan{}, 0, nil
	}
	list, err = s.scans(ctx, `state IN ('queued', 'running')`, `ORDER BY state DESC, priority, queued_at, id LIMIT `+strconv.Itoa(limit))
	return list, all, err
}

// recount counts a site's findings anew.
func (s *Store) recount(ctx context.Context, tx *sql.Tx, site string) error {
	if _, err := s.exec(ctx, tx, `DELETE FROM finding_counts WHERE site = ?`, site); err != nil {
		return err
	}
	_, err := s.exec(ctx, tx, `INSERT INTO finding_counts(site, severity_rank, number) SELECT site, severity_rank, count(*) FROM findings WHERE site = ? AND present = 1 AND suppressed = 0 GROUP BY site, severity_rank`, site)
	return err
}

// CountFindings counts the findings that are there and not suppressed, by
// severity; of a site, or of all with "".
func (s *Store) CountFindings(ctx context.Context, site string) (map[string]int, error) {
	out := map[string]int{}
	of, args := seen(ctx, "site")
	if site != "" {
		of, args = of+` AND site = ?`, append(args, site)
	}
	err := s.rows(ctx, s.reader(), `SELECT severity_rank, sum(number) FROM finding_counts WHERE `+of+` GROUP BY severity_rank`, func(row func(...any) error) error {
		var rank, n int
		err := row(&rank, &n)
		if rank >= 0 && rank < len(rules.Severities) {
			out[rules.Severities[rank]] = n
		}
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("count findings: %w", err)
	}
	return out, nil
}
