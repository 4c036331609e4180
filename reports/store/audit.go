package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Entry is one line of the audit log.
type Entry struct {
	Seq      int64     `json:"seq"` // from 1, without gaps
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Action   string    `json:"action"` // "site.add", "finding.review", …
	Object   string    `json:"object"` // id
	Detail   string    `json:"detail"` // JSON
	Previous string    `json:"previous"`
	Hash     string    `json:"hash"` // SHA-256 over all the others, hex
}

func (e Entry) sum() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%d\n%q\n%q\n%q\n%q\n%s", e.Seq, ms(e.At), e.Actor, e.Action, e.Object, e.Detail, e.Previous)
	return hex.EncodeToString(h.Sum(nil))
}

// record adds an entry in the transaction of what it is about, so that neither
// is there without the other.
func (s *Store) record(ctx context.Context, tx *sql.Tx, actor, action, object string, detail any) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	if s.pool != nil { // one writer of the chain at a time; SQLite has only one
		if _, err := tx.ExecContext(ctx, `LOCK TABLE audit IN EXCLUSIVE MODE`); err != nil {
			return err
		}
	}
	e := Entry{At: s.now().UTC().Truncate(time.Millisecond), Actor: actor, Action: action, Object: object, Detail: string(text)}
	err = tx.QueryRowContext(ctx, `SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`).Scan(&e.Seq, &e.Previous)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	e.Seq++
	_, err = s.exec(ctx, tx, `INSERT INTO audit(seq, at, actor, action, object, detail, previous, hash) VALUES(?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Seq, ms(e.At), e.Actor, e.Action, e.Object, e.Detail, e.Previous, e.sum())
	return err
}

// Record adds an entry about something that changes nothing else here, such as a
// log-in.
func (s *Store) Record(ctx context.Context, actor, action, object string, detail any) error {
	if err := s.write(ctx, func(tx *sql.Tx) error { return s.record(ctx, tx, actor, action, object, detail) }); err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	return nil
}

// Audit returns at most limit entries with numbers below before (all with 0),
// the latest first.
func (s *Store) Audit(ctx context.Context, before int64, limit int) ([]Entry, error) {
	out := []Entry{}
	err := s.rows(ctx, s.reader(), `SELECT seq, at, actor, action, object, detail, previous, hash FROM audit WHERE seq < ? OR ? = 0 ORDER BY seq DESC LIMIT ?`, func(row func(...any) error) error {
		e, err := readEntry(row)
		out = append(out, e)
		return err
	}, before, before, limit)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return out, nil
}

// AuditOf returns what was done with one thing, the latest first, at most limit.
func (s *Store) AuditOf(ctx context.Context, object string, limit int) ([]Entry, error) {
	out := []Entry{}
	err := s.rows(ctx, s.reader(), `SELECT seq, at, actor, action, object, detail, previous, hash FROM audit WHERE object = ? ORDER BY seq DESC LIMIT ?`, func(row func(...any) error) error {
		e, err := readEntry(row)
		out = append(out, e)
		return err
	}, object, limit)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return out, nil
}

func readEntry(row func(...any) error) (Entry, error) {
	var e Entry
	var when int64
	err := row(&e.Seq, &when, &e.Actor, &e.Action, &e.Object, &e.Detail, &e.Previous, &e.Hash)
	e.At = at(when)
	return e, err
}

// CheckAudit reads the whole chain and returns how many entries it has, and the
// number of the first that does not fit, 0 when all do.
func (s *Store) CheckAudit(ctx context.Context) (entries, broken int64, err error) {
	previous := ""
	err = s.rows(ctx, s.reader(), `SELECT seq, at, actor, action, object, detail, previous, hash FROM audit ORDER BY seq`, func(row func(...any) error) error {
		e, err := readEntry(row)
		entries++
		if broken == 0 && (e.Seq != entries || e.Previous != previous || e.Hash != e.sum()) {
			broken = e.Seq
		}
		previous = e.Hash
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("audit log: %w", err)
	}
	return entries, broken, nil
}

// AuditCheck is what the last look at the whole chain said.
type AuditCheck struct {
	At      time.Time `json:"at"` // zero when nobody has looked yet
	Entries int64     `json:"entries"`
	Broken  int64     `json:"broken"` // the first that does not fit; 0 when all do
}

// KeepAuditCheck checks the whole chain and keeps what it says, for AuditChecked.
func (s *Store) KeepAuditCheck(ctx context.Context) (AuditCheck, error) {
	c := AuditCheck{At: s.now().UTC()}
	var err error
	if c.Entries, c.Broken, err = s.CheckAudit(ctx); err != nil {
		return AuditCheck{}, err
	}
	text, err := json.Marshal(c)
	if err == nil {
		err = s.set(ctx, s.db, "audit.checked", string(text))
	}
	if err != nil {
		return AuditCheck{}, fmt.Errorf("audit log: %w", err)
	}
	return c, nil
}

// AuditChecked returns what the last kept look at the chain said.
func (s *Store) AuditChecked(ctx context.Context) (AuditCheck, error) {
	var c AuditCheck
	text, err := s.setting(ctx, s.reader(), "audit.checked")
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &c)
	}
	if err != nil {
		return AuditCheck{}, fmt.Errorf("audit log: %w", err)
	}
	return c, nil
}
