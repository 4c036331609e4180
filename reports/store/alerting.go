package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"candor/reports"
)

// What a scan's result has of news, compared with what was known before it.

// known is what the database knows of a site before a scan's result.
type known struct {
	first      bool                // no scan of the site had a result before
	incomplete bool                // the last one was
	findings   map[string]sighting // by fingerprint
	companies  map[string]bool     // of the whole organisation
	texts      map[string]Policy   // the latest version, by address
	broken     map[string]bool     // by a promise's fingerprint
}

type sighting struct {
	rank       int
	suppressed bool
}

func (s *Store) known(ctx context.Context, tx *sql.Tx, site Site, scan string) (known, error) {
	k := known{findings: map[string]sighting{}, companies: map[string]bool{}, texts: map[string]Policy{}, broken: map[string]bool{}}
	var last ScanState
	err := tx.QueryRowContext(ctx, s.sql(`SELECT state FROM scans WHERE site = ? AND id <> ? AND state IN ('finished', 'incomplete') ORDER BY finished_at DESC, id DESC LIMIT 1`), site.ID, scan).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return k, err
	}
	k.first, k.incomplete = err != nil, last == Incomplete
	if err := s.rows(ctx, tx, `SELECT fingerprint, severity_rank, suppressed FROM findings WHERE site = ?`, func(row func(...any) error) error {
		var fp string
		var rank int
		var suppressed int64
		err := row(&fp, &rank, &suppressed)
		k.findings[fp] = sighting{rank, suppressed != 0}
		return err
	}, site.ID); err != nil {
		return k, err
	}
	if err := s.rows(ctx, tx, `SELECT DISTINCT recipients.entity, recipients.name, recipients.vendor FROM recipients JOIN sites ON sites.id = recipients.site WHERE sites.organisation = ?`, func(row func(...any) error) error {
		var entity, name, vendor string
		err := row(&entity, &name, &vendor)
		k.companies[company(entity, name, vendor)] = true
		return err
	}, site.Organisation); err != nil {
		return k, err
	}
	if err := s.rows(ctx, tx, `SELECT url, sha256, statements FROM policies WHERE site = ? ORDER BY last_seen, first_seen, sha256`, func(row func(...any) error) error {
		var p Policy
		err := row(&p.URL, &p.SHA256, &p.Statements)
		k.texts[p.URL] = p
		return err
	}, site.ID); err != nil {
		return k, err
	}
	err = s.rows(ctx, tx, `SELECT fingerprint, broken FROM promises WHERE site = ?`, func(row func(...any) error) error {
		var fp string
		var broken int64
		err := row(&fp, &broken)
		k.broken[fp] = broken != 0
		return err
	}, site.ID)
	return k, err
}

// company names who a recipient is, for comparing.
func company(entity, name, vendor string) string {
	return strings.ToLower(strings.Join(strings.Fields(cmp.Or(entity, name, vendor)), " "))
}

// siteOf returns a scan's site; ErrNotFound when it was deleted.
func (s *Store) siteOf(ctx context.Context, q querier, id string) (Site, error) {
	x, err := readSite(q.QueryRowContext(ctx, s.sql(`SELECT `+siteColumns+` FROM sites WHERE id = ? AND deleted_at = 0`), id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return x, err
}

// alertResults keeps the news of a scan's result for those who want them, and
// what became of its promises. It comes before the result itself is recorded.
func (s *Store) alertResults(ctx context.Context, tx *sql.Tx, x Scan, state ScanState, rep *reports.Report) error {
	site, err := s.siteOf(ctx, tx, x.Site)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	k, err := s.known(ctx, tx, site, x.ID)
	if err != nil {
		return err
	}
	promises := promisesOf(rep)
	var list []Alert
	if k.first {
		list = []Alert{firstScan(x, rep)}
	} else {
		list = slices.Concat(brokenPromises(x, k, rep, promises), newFindings(x, k, rep), newRecipients(x, site, k, rep), changedTexts(x, k, rep))
	}
	if state == Incomplete && !k.incomplete {
		list = append(list, Alert{Kind: ScanFailed, Title: "A scan is incomplete: too few pages could be visited", Detail: "What it did not see is not tested. The scan's page says what was missed.", Path: scanPath(x), dedupe: "scan/" + x.ID})
	}
	if err := s.tell(ctx, tx, site, x.ID, list); err != nil {
		return err
	}
	for _, p := range promises {
		switch p.Verdict { // one that could not be looked at stays what it was
		case "kept", "broken":
			if _, err := s.exec(ctx, tx, `INSERT INTO promises(site, fingerprint, broken, last_scan, last_seen) VALUES(?, ?, ?, ?, ?)
				ON CONFLICT(site, fingerprint) DO UPDATE SET broken = excluded.broken, last_scan = excluded.last_scan, last_seen = excluded.last_seen`, x.Site, p.fingerprint, bit(p.Verdict == "broken"), x.ID, ms(s.now())); err != nil {
				return err
			}
		}
	}
	return nil
}

// alertFailure keeps the news that a scan ended without a result.
func (s *Store) alertFailure(ctx context.Context, tx *sql.Tx, x Scan, why string) error {
	site, err := s.siteOf(ctx, tx, x.Site)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, site, x.ID, []Alert{{Kind: ScanFailed, Title: "A scan failed", Detail: why, Path: scanPath(x), dedupe: "scan/" + x.ID}})
}

func scanPath(x Scan) string { return "/scans/" + url.PathEscape(x.ID) }

func findingPath(x Scan, fingerprint string) string {
	return "/findings/" + url.PathEscape(x.Site) + "/" + url.PathEscape(fingerprint)
}

func firstScan(x Scan, rep *reports.Report) Alert {
	t := rep.Summary
	grave, all := t.BySeverity["critical"]+t.BySeverity["high"], 0
	for _, n := range t.BySeverity {
		all += n
	}
	return Alert{
		Kind: FirstScan, Title: "The first scan is there: later ones are compared with it",
		Detail: fmt.Sprintf("Findings: %d, of which critical or high: %d. Companies that get data: %d, of which no text names or covers: %d.", all, grave, t.Companies, t.UndisclosedCompanies),
		Path:   scanPath(x), dedupe: "first/" + x.Site,
	}
}

func newFindings(x Scan, k known, rep *reports.Report) []Alert {
	var out []Alert
	for _, f := range rep.Findings {
		if f.Suppressed {
			continue
		}
		was, had := k.findings[f.Fingerprint]
		title := ""
		switch rank := severityRank(f.Severity); {
		case !had:
			title = "New finding: "
		case was.suppressed:
			title = "A finding whose suppression ended: "
		case rank < was.rank:
			title = "A finding is graver: "
		default:
			continue
		}
		out = append(out, Alert{Kind: NewFinding, Severity: f.Severity, Title: title + f.Title, Detail: f.Message, Path: findingPath(x, f.Fingerprint), dedupe: "finding/" + x.Site + "/" + f.Fingerprint + "/" + f.Severity, finding: f.Fingerprint})
	}
	return out
}

func newRecipients(x Scan, site Site, k known, rep *reports.Report) []Alert {
	var out []Alert
	told := map[string]bool{}
	for _, v := range rep.Vendors {
		who := company(v.Entity, v.Name, v.ID)
		if v.Party != "third" || k.companies[who] || told[who] {
			continue
		}
		told[who] = true
		name := cmp.Or(v.Name, v.ID)
		if v.Entity != "" && !strings.EqualFold(v.Entity, name) {
			name += " (" + v.Entity + ")"
		}
		detail := "No text that was read names it."
		if v.NamedInPolicy {
			detail = "A text that was read names it."
		}
		path := "/sites/" + url.PathEscape(x.Site)
		if i := slices.IndexFunc(rep.Findings, func(f reports.Finding) bool { return !f.Suppressed && slices.Contains(f.Recipients, v.ID) }); i >= 0 {
			path = findingPath(x, rep.Findings[i].Fingerprint)
		}
		sum := sha256.Sum256([]byte(who))
		out = append(out, Alert{Kind: NewRecipient, Title: "New recipient: " + name, Detail: detail, Path: path, dedupe: "recipient/" + site.Organisation + "/" + hex.EncodeToString(sum[:])})
	}
	return out
}

func changedTexts(x Scan, k known, rep *reports.Report) []Alert {
	var out []Alert
	for _, p := range rep.Policies {
		was, had := k.texts[p.URL]
		if !had || was.SHA256 == p.SHA256 {
			continue
		}
		detail := "Another text than in the scan before."
		var older []reports.Statement
		if json.Unmarshal([]byte(was.Statements), &older) == nil { // of another version of Candor: nothing can be told
			came, went := differentQuotes(older, p.Statements), differentQuotes(p.Statements, older)
			detail = fmt.Sprintf("Sentences about data that came: %d, that went: %d.", came, went)
		}
		sum := sha256.Sum256([]byte(p.URL + "\n" + p.SHA256))
		out = append(out, Alert{Kind: PolicyChanged, Title: "The text changed: " + cmp.Or(p.Title, p.URL), Detail: detail, Path: "/sites/" + url.PathEscape(x.Site) + "/policies", dedupe: "policy/" + x.Site + "/" + hex.EncodeToString(sum[:])})
	}
	return out
}

// differentQuotes counts the sentences of b that a lacks.
func differentQuotes(a, b []reports.Statement) int {
	has, n := map[string]bool{}, 0
	for _, st := range a {
		has[st.Quote] = true
	}
	for _, st := range b {
		if !has[st.Quote] {
			has[st.Quote] = true
			n++
		}
	}
	return n
}

// promise is one of a report, with what tells it from others in later scans.
type promise struct {
	reports.Promise
	fingerprint string
}

// promisesOf are a report's promises, each once: broken if any that is worded the
// same is.
func promisesOf(rep *reports.Report) []promise {
	quotes := map[string]string{}
	for _, p := range rep.Policies {
		for _, st := range p.Statements {
			quotes[st.ID] = st.Quote
		}
	}
	var out []promise
	at := map[string]int{}
	for _, p := range rep.Promises {
		p.Quote = cmp.Or(p.Quote, quotes[p.Statement])
		if p.Quote == "" {
			continue // nothing that could be found again
		}
		sum := sha256.Sum256([]byte(strings.ToLower(strings.Join(strings.Fields(p.Quote), " ")) + "\n" + p.Control))
		fp := hex.EncodeToString(sum[:16])
		i, had := at[fp]
		switch {
		case !had:
			at[fp] = len(out)
			out = append(out, promise{p, fp})
		case p.Verdict == "broken" || p.Verdict == "kept" && out[i].Verdict != "broken":
			out[i].Promise = p
		}
	}
	return out
}

// brokenPromises are those that were not broken before. A finding about the same
// sentence is told of with it; when all such findings are suppressed, nothing is.
func brokenPromises(x Scan, k known, rep *reports.Report, promises []promise) []Alert {
	var out []Alert
	for _, p := range promises {
		if p.Verdict != "broken" || k.broken[p.fingerprint] {
			continue
		}
		a := Alert{Kind: BrokenPromise, Title: "Promise newly broken: “" + p.Quote + "”", Detail: p.Why, Path: scanPath(x), dedupe: "promise/" + x.Site + "/" + p.fingerprint + "/" + x.ID}
		about, open := 0, 0
		for _, f := range rep.Findings {
			if p.Statement == "" || !slices.Contains(f.Statements, p.Statement) {
				continue
			}
			about++
			if f.Suppressed {
				continue
			}
			if open++; open == 1 {
				a.Path, a.finding, a.Severity = findingPath(x, f.Fingerprint), f.Fingerprint, f.Severity
			}
		}
		if about == 0 || open > 0 {
			out = append(out, a)
		}
	}
	return out
}
