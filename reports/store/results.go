package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor/reports"
	"candor/rules"
)

// Finding is a finding of a site over all its scans.
type Finding struct {
	Site        string    `json:"site"`
	Fingerprint string    `json:"fingerprint"`
	Rule        string    `json:"rule"`
	Pack        string    `json:"pack"`
	Severity    string    `json:"severity"`
	Confidence  string    `json:"confidence"`
	Outcome     string    `json:"outcome"`
	Title       string    `json:"title"`
	Message     string    `json:"message"`
	Recipients  string    `json:"recipients"` // ids, with commas
	FirstScan   string    `json:"first_scan"`
	FirstSeen   time.Time `json:"first_seen"`
	LastScan    string    `json:"last_scan"`
	LastSeen    time.Time `json:"last_seen"`
	Present     bool      `json:"present"` // in the site's last finished scan
	Suppressed  bool      `json:"suppressed"`
	Review      string    `json:"review"` // "", "confirmed", "not_an_issue", "needs_person"
	Note        string    `json:"note"`
	Owner       string    `json:"owner"`
	DueAt       time.Time `json:"due_at"`
	ReviewedBy  string    `json:"reviewed_by"`
	ReviewedAt  time.Time `json:"reviewed_at"`
}

// Reviews are what a person can say of a finding; "" takes it back.
var Reviews = []string{"", "confirmed", "not_an_issue", "needs_person"}

// severityRank is 0 for the gravest.
func severityRank(severity string) int { return max(slices.Index(rules.Severities, severity), 0) }

// Finish records the result of a worker's scan once: the scan, its findings,
// recipients and policy versions, in one change. A scan that is no longer this
// worker's is ErrLost, and nothing is recorded. state is Finished or Incomplete;
// what an incomplete scan did not see keeps its place.
func (s *Store) Finish(ctx context.Context, x Scan, state ScanState, rep *reports.Report, report, evidence string) error {
	summary, err := json.Marshal(rep.Summary)
	if err != nil {
		return fmt.Errorf("finish the scan %s: %w", x.ID, err)
	}
	now := ms(s.now())
	err = s.write(ctx, func(tx *sql.Tx) error {
		if err := s.held(ctx, tx, x, `state = ?, finished_at = ?, summary = ?, pages = ?, failure = '', rules_version = ?, report_blob = ?, evidence_blob = ?`,
			state, now, string(summary), rep.Coverage.PagesVisited+rep.Coverage.PagesFailed, rep.Tool.RulesVersion, report, evidence); err != nil {
			return err
		}
		// In the same change, so that no news is lost and none is told of a scan that
		// does not count.
		if err := s.alertResults(ctx, tx, x, state, rep); err != nil {
			return err
		}
		if state == Finished {
			for _, table := range []string{"findings", "recipients"} {
				if _, err := s.exec(ctx, tx, `UPDATE `+table+` SET present = 0 WHERE site = ?`, x.Site); err != nil {
					return err
				}
			}
		}
		if err := s.addFindings(ctx, tx, x, rep, now); err != nil {
			return err
		}
		if err := s.addRecipients(ctx, tx, x, rep, now); err != nil {
			return err
		}
		if err := s.addPolicies(ctx, tx, x, rep, now); err != nil {
			return err
		}
		return s.recount(ctx, tx, x.Site)
	})
	if err != nil {
		return fmt.Errorf("finish the scan %s: %w", x.ID, err)
	}
	return nil
}

func (s *Store) addFindings(ctx context.Context, tx *sql.Tx, x Scan, rep *reports.Report, now int64) error {
	for _, f := range rep.Findings {
		_, err := s.exec(ctx, tx, `INSERT INTO findings(site, fingerprint, rule, pack, severity, severity_rank, confidence, outcome, title, message, recipients, first_scan, first_seen, last_scan, last_seen, present, suppressed)
			VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)
			ON CONFLICT(site, fingerprint) DO UPDATE SET rule = excluded.rule, pack = excluded.pack, severity = excluded.severity, severity_rank = excluded.severity_rank, confidence = excluded.confidence,
				outcome = excluded.outcome, title = excluded.title, message = excluded.message, recipients = excluded.recipients, last_scan = excluded.last_scan, last_seen = excluded.last_seen, present = 1, suppressed = excluded.suppressed`,
			x.Site, f.Fingerprint, f.Rule, f.Pack, f.Severity, severityRank(f.Severity), f.Confidence, f.Outcome, f.Title, f.Message, strings.Join(f.Recipients, ","), x.ID, now, x.ID, now, bit(f.Suppressed))
		if err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO sightings(scan, site, fingerprint, severity, suppressed) VALUES(?, ?, ?, ?, ?) ON CONFLICT(scan, fingerprint) DO NOTHING`,
			x.ID, x.Site, f.Fingerprint, f.Severity, bit(f.Suppressed)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) addRecipients(ctx context.Context, tx *sql.Tx, x Scan, rep *reports.Report, now int64) error {
	for _, v := range rep.Vendors {
		if v.Party != "third" {
			continue
		}
		_, err := s.exec(ctx, tx, `INSERT INTO recipients(site, vendor, name, entity, categories, named, first_seen, last_seen, last_scan, present) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
			ON CONFLICT(site, vendor) DO UPDATE SET name = excluded.name, entity = excluded.entity, categories = excluded.categories, named = excluded.named, last_seen = excluded.last_seen, last_scan = excluded.last_scan, present = 1`,
			x.Site, v.ID, v.Name, v.Entity, strings.Join(v.Categories, ","), bit(v.NamedInPolicy), now, now, x.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) addPolicies(ctx context.Context, tx *sql.Tx, x Scan, rep *reports.Report, now int64) error {
	for _, p := range rep.Policies {
		statements, err := json.Marshal(p.Statements)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, tx, `INSERT INTO policies(site, url, sha256, kind, title, last_updated, words, statements, first_scan, first_seen, last_scan, last_seen) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT(site, url, sha256) DO UPDATE SET last_scan = excluded.last_scan, last_seen = excluded.last_seen`,
			x.Site, p.URL, p.SHA256, p.Kind, p.Title, p.LastUpdated, p.Words, string(statements), x.ID, now, x.ID, now)
		if err != nil {
			return err
		}
	}
	return nil
}

// Query narrows a list of findings. What is empty asks nothing.
type Query struct {
	Site       string
	Sites      []string // one of these, when it is not nil
	Rule       string
	Severity   string
	Review     string
	Gone       bool // those not in the last scan too
	Suppressed bool // those that are suppressed too
	Overdue    bool // only those whose day has passed, the longest overdue first
	Owner      string
	Limit      int // at most; 0 is 200
	Offset     int
}

const findingColumns = `site, fingerprint, rule, pack, severity, confidence, outcome, title, message, recipients, first_scan, first_seen, last_scan, last_seen, present, suppressed, review, note, owner, due_at, reviewed_by, reviewed_at`

func readFinding(row func(...any) error) (Finding, error) {
	var f Finding
	var first, last, present, suppressed, due, reviewed int64
	err := row(&f.Site, &f.Fingerprint, &f.Rule, &f.Pack, &f.Severity, &f.Confidence, &f.Outcome, &f.Title, &f.Message, &f.Recipients, &f.FirstScan, &first, &f.LastScan, &last, &present, &suppressed, &f.Review, &f.Note, &f.Owner, &due, &f.ReviewedBy, &reviewed)
	f.FirstSeen, f.LastSeen, f.Present, f.Suppressed, f.DueAt, f.ReviewedAt = at(first), at(last), present != 0, suppressed != 0, at(due), at(reviewed)
	return f, err
}

// Findings lists findings, the most severe first, of those the latest.
func (s *Store) Findings(ctx context.Context, q Query) ([]Finding, error) {
	// Correlated, so that findings come in the order of an index and a page reads
	// no more than it shows.
	of, args := among(ctx, "sites.organisation")
	where := []string{"EXISTS (SELECT 1 FROM sites WHERE sites.id = findings.site AND sites.deleted_at = 0 AND " + of + ")"}
	and := func(ok bool, clause string, arg ...any) {
		if ok {
			where, args = append(where, clause), append(args, arg...)
		}
	}
	plus := "" // + keeps SQLite from an index that does not fit: few findings are overdue
	if q.Overdue {
		plus = "+"
	}
	and(!q.Gone, plus+"present = 1")
	and(!q.Suppressed, plus+"suppressed = 0")
	and(q.Site != "", "site = ?", q.Site)
	if q.Sites != nil {
		if len(q.Sites) == 0 {
			return []Finding{}, nil
		}
		in, ids := oneOf(q.Sites)
		and(true, "site"+in, ids...)
	}
	and(q.Rule != "", "rule = ?", q.Rule)
	and(q.Severity != "", "severity_rank = ? AND severity = ?", severityRank(q.Severity), q.Severity)
	and(q.Review != "", "review = ?", q.Review)
	and(q.Owner != "", "owner = ?", q.Owner)
	order := "severity_rank, last_seen DESC, site, fingerprint"
	if q.Overdue {
		and(true, "due_at > 0 AND due_at < ? AND review <> 'not_an_issue'", ms(s.now()))
		order = "due_at, " + order
	}
	if q.Limit <= 0 {
		q.Limit = 200
	}
	out := []Finding{}
	err := s.rows(ctx, s.reader(), `SELECT `+findingColumns+` FROM findings WHERE `+strings.Join(where, " AND ")+` ORDER BY `+order+` LIMIT ? OFFSET ?`, func(row func(...any) error) error {
		f, err := readFinding(row)
		out = append(out, f)
		return err
	}, append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, fmt.Errorf("list findings: %w", err)
	}
	return out, nil
}

// Finding returns one finding.
func (s *Store) Finding(ctx context.Context, site, fingerprint string) (Finding, error) {
	of, args := seen(ctx, "site")
	f, err := readFinding(s.reader().QueryRowContext(ctx, s.sql(`SELECT `+findingColumns+` FROM findings WHERE site = ? AND fingerprint = ? AND `+of), append([]any{site, fingerprint}, args...)...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Finding{}, fmt.Errorf("finding %s: %w", fingerprint, err)
	}
	return f, nil
}

// Sighting is what a scan says of a finding.
type Sighting struct {
	Scan       string    `json:"scan"`
	State      ScanState `json:"state"` // Finished, or Incomplete: then not to see it says little
	FinishedAt time.Time `json:"finished_at"`
	Seen       bool      `json:"seen"`
	Severity   string    `json:"severity"`   // then; "" when it was not seen
	Suppressed bool      `json:"suppressed"` // then
	Report     bool      `json:"report"`     // whether there is a report of the scan
}

// Sightings are what each scan of a site says of a finding since it was first
// seen, the latest first, at most limit. A scan whose results were purged says
// nothing.
func (s *Store) Sightings(ctx context.Context, f Finding, limit int) ([]Sighting, error) {
	out := []Sighting{}
	of, args := seen(ctx, "scans.site")
	err := s.rows(ctx, s.reader(), `SELECT scans.id, scans.state, scans.finished_at, scans.report_blob, sightings.fingerprint IS NOT NULL, COALESCE(sightings.severity, ''), COALESCE(sightings.suppressed, 0)
		FROM scans LEFT JOIN sightings ON sightings.scan = scans.id AND sightings.fingerprint = ?
		WHERE scans.site = ? AND scans.state IN ('finished', 'incomplete') AND scans.finished_at >= ?
			AND NOT EXISTS (SELECT 1 FROM tombstones WHERE tombstones.scan = scans.id AND tombstones.kind = 'results') AND `+of+` ORDER BY scans.finished_at DESC, scans.id DESC LIMIT ?`, func(row func(...any) error) error {
		var x Sighting
		var finished, suppressed int64
		var report string
		err := row(&x.Scan, &x.State, &finished, &report, &x.Seen, &x.Severity, &suppressed)
		x.FinishedAt, x.Suppressed, x.Report = at(finished), suppressed != 0, report != ""
		out = append(out, x)
		return err
	}, append(append([]any{f.Fingerprint, f.Site, ms(f.FirstSeen)}, args...), limit)...)
	if err != nil {
		return nil, fmt.Errorf("history of the finding %s: %w", f.Fingerprint, err)
	}
	return out, nil
}

// Review records what a person says of a finding: its Review, Note, Owner and
// DueAt.
func (s *Store) Review(ctx context.Context, actor string, f Finding) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		now := s.now().UTC()
		if err := s.one(ctx, tx, `UPDATE findings SET review = ?, note = ?, owner = ?, due_at = ?, reviewed_by = ?, reviewed_at = ? WHERE site = ? AND fingerprint = ?`,
			f.Review, f.Note, f.Owner, ms(f.DueAt), actor, ms(now), f.Site, f.Fingerprint); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "finding.review", f.Site+"/"+f.Fingerprint, map[string]string{"review": f.Review, "owner": f.Owner, "note": f.Note, "due": day(f.DueAt)})
	})
	if err != nil {
		return fmt.Errorf("review the finding %s: %w", f.Fingerprint, err)
	}
	return nil
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// Recipient is who gets data from a site.
type Recipient struct {
	Site       string    `json:"site"`
	Vendor     string    `json:"vendor"`
	Name       string    `json:"name"`
	Entity     string    `json:"entity"`
	Categories string    `json:"categories"` // with commas
	Named      bool      `json:"named_in_policy"`
	FirstSeen  time.Time `json:"first_seen"`
	LastSeen   time.Time `json:"last_seen"`
	LastScan   string    `json:"last_scan"`
	Present    bool      `json:"present"`
}

// Recipients lists who gets data: of a site, or with "" of all; by company,
// product and site.
func (s *Store) Recipients(ctx context.Context, site string) ([]Recipient, error) {
	out := []Recipient{}
	of, args := seen(ctx, "site")
	if site != "" {
		of, args = of+" AND site = ?", append(args, site)
	}
	err := s.rows(ctx, s.reader(), `SELECT site, vendor, name, entity, categories, named, first_seen, last_seen, last_scan, present FROM recipients
		WHERE site IN (SELECT id FROM sites WHERE deleted_at = 0) AND `+of+` ORDER BY entity, name, site`, func(row func(...any) error) error {
		var r Recipient
		var named, first, last, present int64
		err := row(&r.Site, &r.Vendor, &r.Name, &r.Entity, &r.Categories, &named, &first, &last, &r.LastScan, &present)
		r.Named, r.FirstSeen, r.LastSeen, r.Present = named != 0, at(first), at(last), present != 0
		out = append(out, r)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("list recipients: %w", err)
	}
	return out, nil
}

// Product is what some sites send data to.
type Product struct {
	Vendor     string
	Name       string
	Entity     string
	Categories string // with commas
	All        int    // sites
	Named      int    // of them, those whose text names it
	Sites      []Recipient
}

// Products lists who gets data, by company and product. A text narrows it to
// names that have it; a vendor to that product. Their sites are with them when
// they are no more than most in all.
func (s *Store) Products(ctx context.Context, text, vendor string, most int) ([]Product, error) {
	of, args := seen(ctx, "site")
	where := `site NOT IN (SELECT id FROM sites WHERE deleted_at <> 0) AND ` + of
	if vendor != "" {
		where, args = where+` AND vendor = ?`, append(args, vendor)
	}
	text = strings.ToLower(strings.TrimSpace(text))
	out, index, all := []Product{}, map[string]int{}, 0
	// A product's names may be those of other days on other sites. Few differ, so
	// the text is looked for in them here, not in every row.
	err := s.rows(ctx, s.reader(), `SELECT vendor, entity, name, categories, count(*), sum(named) FROM recipients WHERE `+where+` GROUP BY vendor, entity, name, categories ORDER BY vendor, entity, name, categories`, func(row func(...any) error) error {
		var p Product
		if err := row(&p.Vendor, &p.Entity, &p.Name, &p.Categories, &p.All, &p.Named); err != nil {
			return err
		}
		if !p.has(text) {
			return nil
		}
		all += p.All
		if i, known := index[p.Vendor]; known {
			was := &out[i]
			was.Entity, was.Name, was.Categories = max(was.Entity, p.Entity), max(was.Name, p.Name), max(was.Categories, p.Categories)
			was.All, was.Named = was.All+p.All, was.Named+p.Named
			return nil
		}
		index[p.Vendor], out = len(out), append(out, p)
		return nil
	}, args...)
	slices.SortFunc(out, func(a, b Product) int {
		return cmp.Or(cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Vendor, b.Vendor))
	})
	for i, p := range out {
		index[p.Vendor] = i
	}
	if err == nil && all > 0 && all <= most {
		vendors := make([]string, len(out))
		for i, p := range out {
			vendors[i] = p.Vendor
		}
		in, more := oneOf(vendors)
		err = s.rows(ctx, s.reader(), `SELECT vendor, entity, name, categories, site, named, present FROM recipients WHERE `+where+` AND vendor`+in+` ORDER BY vendor, site`, func(row func(...any) error) error {
			var r Recipient
			var named, present int64
			err := row(&r.Vendor, &r.Entity, &r.Name, &r.Categories, &r.Site, &named, &present)
			r.Named, r.Present = named != 0, present != 0
			if (Product{Vendor: r.Vendor, Entity: r.Entity, Name: r.Name, Categories: r.Categories}).has(text) {
				i := index[r.Vendor]
				out[i].Sites = append(out[i].Sites, r)
			}
			return err
		}, append(args, more...)...)
	}
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	return out, nil
}

// has reports whether a text in lower case is in a product's names; "" is in all.
func (p Product) has(text string) bool {
	return text == "" || strings.Contains(strings.ToLower(p.Name+" "+p.Entity+" "+p.Vendor+" "+p.Categories), text)
}

// Policy is a version of a notice.
type Policy struct {
	Site        string    `json:"site"`
	URL         string    `json:"url"`
	SHA256      string    `json:"sha256"`
	Kind        string    `json:"kind"`
	Title       string    `json:"title"`
	LastUpdated string    `json:"last_updated"` // as it says of itself
	Words       int       `json:"words"`
	Statements  string    `json:"statements"` // JSON, as in scan.json
	FirstScan   string    `json:"first_scan"`
	FirstSeen   time.Time `json:"first_seen"`
	LastScan    string    `json:"last_scan"`
	LastSeen    time.Time `json:"last_seen"`
}

// Policies lists the versions of a site's notices, by address, the latest first.
func (s *Store) Policies(ctx context.Context, site string) ([]Policy, error) {
	out := []Policy{}
	of, args := seen(ctx, "site")
	err := s.rows(ctx, s.reader(), `SELECT site, url, sha256, kind, title, last_updated, words, statements, first_scan, first_seen, last_scan, last_seen FROM policies WHERE site = ? AND `+of+` ORDER BY url, first_seen DESC, sha256`, func(row func(...any) error) error {
		var p Policy
		var first, last int64
		err := row(&p.Site, &p.URL, &p.SHA256, &p.Kind, &p.Title, &p.LastUpdated, &p.Words, &p.Statements, &p.FirstScan, &first, &p.LastScan, &last)
		p.FirstSeen, p.LastSeen = at(first), at(last)
		out = append(out, p)
		return err
	}, append([]any{site}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list policies: %w", err)
	}
	return out, nil
}
