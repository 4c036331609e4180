// Package store keeps what outlives a scan: organisations, sites, schedules,
// scans with their findings, recipients and policy versions, suppressions, and
// an audit log; in SQLite within one file, or in PostgreSQL when several
// machines share it. River's queue lives in the same database.
//
// It guarantees that every change is whole or not at all, that a scan's results
// are recorded once however often they are handed in, that a site has one scan
// that waits or runs, and that the audit log is only added to, each entry with
// the hash of the one before. The clock and ids come in as parameters. It keeps
// no evidence: bundles and reports are blobs, whose names it holds.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// What callers tell apart.
var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrExists says that there is such a row already.
	ErrExists = errors.New("exists already")
	// ErrBusy says that the site has a scan that waits or runs.
	ErrBusy = errors.New("a scan of this site waits or runs already")
	// ErrHostBusy says that another site's scan of the same host runs.
	ErrHostBusy = errors.New("a scan of this host runs already")
	// ErrLost says that a scan is another worker's, or is no longer open.
	ErrLost = errors.New("the scan is no longer this worker's")
)

// Store is a database. It is safe for use by several goroutines.
type Store struct {
	db    *sql.DB
	ro    *sql.DB         // SQLite's readers; nil for PostgreSQL
	moves *goose.Provider // of the tables
	path  string          // of SQLite's file
	pool  *pgxpool.Pool   // of PostgreSQL; nil for SQLite
	now   func() time.Time
	newID func() string
	keys  *Keys // nil: nothing can be sealed or opened
}

// Options are what a store does not make up itself.
type Options struct {
	Now   func() time.Time
	NewID func() string // unique, without order
	Keys  *Keys         // seal secrets; without them no destination can be added or told anything
}

// Open opens a database and brings its tables up to date. The address is
// postgres://… or the path of an SQLite file, which is made when it is missing.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	s := &Store{now: o.Now, newID: o.NewID, keys: o.Keys}
	var err error
	if isPostgres(address) {
		err = s.openPostgres(ctx, address)
	} else {
		err = s.openSQLite(ctx, strings.TrimPrefix(address, "sqlite:"))
	}
	if err == nil {
		err = s.migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", Redacted(address), err), s.Close())
	}
	return s, nil
}

func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// Redacted is an address without its password.
func Redacted(address string) string {
	if !isPostgres(address) {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return "postgres://…"
	}
	return u.Redacted()
}

// openSQLite opens a file for one writer at a time: transactions that write take
// the lock when they begin, and wait for it.
func (s *Store) openSQLite(ctx context.Context, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	s.path = filepath.ToSlash(path)
	open := func(q url.Values, connections int) (*sql.DB, error) {
		db, err := sql.Open("sqlite", "file:"+s.path+"?"+q.Encode())
		if err == nil {
			db.SetMaxOpenConns(connections)
			db.SetMaxIdleConns(connections)
		}
		return db, err
	}
	var err error
	if s.db, err = open(url.Values{"_pragma": {"journal_mode(WAL)", "busy_timeout(10000)", "foreign_keys(1)", "synchronous(NORMAL)"}, "_txlock": {"immediate"}}, 1); err != nil {
		return err
	}
	if err := s.db.PingContext(ctx); err != nil {
		return err
	}
	// Beside the one writer, which River's driver wants, pages are read from what
	// was last committed, so that nobody waits for a scan that is being recorded.
	s.ro, err = open(url.Values{"_pragma": {"busy_timeout(10000)", "query_only(1)"}}, 4)
	return err
}

// reader is where to read what no change depends on.
func (s *Store) reader() *sql.DB {
	if s.ro != nil {
		return s.ro
	}
	return s.db
}

func (s *Store) openPostgres(ctx context.Context, address string) error {
	c, err := pgxpool.ParseConfig(address)
	if err != nil {
		return errors.New("the address cannot be read: expected postgres://USER:PASSWORD@HOST:PORT/NAME")
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
		return err
	}
	s.db = stdlib.OpenDBFromPool(s.pool)
	return s.db.PingContext(ctx)
}

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	if s.pool != nil {
		dialect = goose.DialectPostgres
	}
	// Files land in the order in which they are finished, not in that of their numbers.
	o := []goose.ProviderOption{goose.WithAllowOutofOrder(true)}
	if s.pool != nil { // machines that start side by side
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		o = append(o, goose.WithSessionLocker(locker))
	}
	if s.moves, err = goose.NewProvider(dialect, s.db, files, o...); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := s.moves.Up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	return nil
}

// UpToDate reports whether the tables are those that this program was built with.
func (s *Store) UpToDate(ctx context.Context) (bool, error) {
	list, err := s.moves.Status(ctx)
	if err != nil {
		return false, fmt.Errorf("look at the tables' version: %w", err)
	}
	for _, m := range list {
		if m.State != goose.StateApplied {
			return false, nil
		}
	}
	return true, nil
}

// Close lets the database go.
func (s *Store) Close() error {
	var err error
	if s.ro != nil {
		err = s.ro.Close()
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// Pool is PostgreSQL's pool, which the queue shares; nil with SQLite.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// DB is the database, which the queue shares with SQLite.
func (s *Store) DB() *sql.DB { return s.db }

// querier is a database or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// write runs a change whole or not at all.
func (s *Store) write(ctx context.Context, change func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := change(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// sql writes a statement with ? as the database wants its parameters.
func (s *Store) sql(query string) string {
	if s.pool == nil {
		return query
	}
	var b strings.Builder
	n := 0
	for {
		before, after, more := strings.Cut(query, "?")
		b.WriteString(before)
		if !more {
			return b.String()
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}

func (s *Store) exec(ctx context.Context, q querier, query string, args ...any) (int64, error) {
	res, err := q.ExecContext(ctx, s.sql(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// one changes one row, or says that there is none.
func (s *Store) one(ctx context.Context, q querier, query string, args ...any) error {
	n, err := s.exec(ctx, q, query, args...)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// rows reads every row by scan.
func (s *Store) rows(ctx context.Context, q querier, query string, scan func(row func(...any) error) error, args ...any) error {
	rows, err := q.QueryContext(ctx, s.sql(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// taken reports whether an error says that a unique value is there already.
func taken(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var state interface{ SQLState() string }
	return errors.As(err, &state) && state.SQLState() == "23505"
}

// ms is a time as it is stored; the zero time is 0.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
