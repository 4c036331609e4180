package store

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrNotEmpty says that a database which is to be filled holds something.
var ErrNotEmpty = errors.New("the database is not empty")

// maxRow bounds one row of a dump, in bytes.
const maxRow = 64 << 20

// Version is the number of the newest migration of the tables.
func (s *Store) Version(ctx context.Context) (int64, error) {
	v, err := s.moves.GetDBVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("the tables' version: %w", err)
	}
	return v, nil
}

// tables are Candor's own, each after those that it refers to. River's queue is
// none of them: it is made anew from the scans that are open.
func (s *Store) tables(ctx context.Context, q querier) ([]string, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid` // as they were made
	if s.pool != nil {
		query = `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY oid`
	}
	var out []string
	err := s.rows(ctx, q, query, func(row func(...any) error) error {
		var name string
		err := row(&name)
		if !strings.HasPrefix(name, "sqlite_") && !strings.HasPrefix(name, "river_") && !strings.HasPrefix(name, "goose_") {
			out = append(out, name)
		}
		return err
	})
	return out, err
}

// snapshot is a view of the whole database at one time, beside which others write.
func (s *Store) snapshot(ctx context.Context) (_ *sql.Tx, end func() error, err error) {
	db, o := s.db, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	shut := func() error { return nil }
	if s.pool == nil { // another connection, which does not ask for the writer's lock
		if db, err = sql.Open("sqlite", "file:"+s.path+"?mode=ro&_pragma=busy_timeout(10000)"); err != nil {
			return nil, nil, err
		}
		shut, o = db.Close, nil
	}
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return nil, nil, errors.Join(err, shut())
	}
	return tx, func() error { return errors.Join(tx.Rollback(), shut()) }, nil
}

// Dump writes every table as it is at one time, while others may write: a line of
// JSON with its columns, then one for each row. It is the same for every kind of
// database.
func (s *Store) Dump(ctx context.Context, open func(table string) (io.WriteCloser, error)) (err error) {
	tx, end, err := s.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("dump the database: %w", err)
	}
	defer func() { err = errors.Join(err, end()) }()
	tables, err := s.tables(ctx, tx)
	for _, t := range tables {
		if err == nil {
			err = dumpTable(ctx, tx, t, open)
		}
		if err != nil {
			return fmt.Errorf("dump the table %s: %w", t, err)
		}
	}
	return err
}

func dumpTable(ctx context.Context, tx *sql.Tx, table string, open func(string) (io.WriteCloser, error)) (err error) {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM `+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	w, err := open(table)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(columns); err != nil {
		return err
	}
	values, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		to[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		for i, v := range values {
			switch v.(type) {
			case nil, int64, string:
			default:
				return fmt.Errorf("the column %s holds a %T", columns[i], v)
			}
		}
		if err := enc.Encode(values); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), out.Flush())
}

// Load fills the database with the tables of a dump, whole or not at all. One
// that holds anything is ErrNotEmpty, unless what it holds is to be replaced.
// Columns that the dump lacks, which are newer, keep their defaults; a table or a
// column that this program does not know is an error.
func (s *Store) Load(ctx context.Context, actor string, replace bool, names []string, open func(table string) (io.ReadCloser, error)) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		tables, err := s.tables(ctx, tx)
		if err != nil {
			return err
		}
		for _, n := range names {
			if !slices.Contains(tables, n) {
				return fmt.Errorf("the table %q is not known: it was written by a newer version of Candor", n)
			}
		}
		for _, t := range slices.Backward(tables) {
			err := s.there(ctx, tx, `SELECT 1 FROM `+t+` LIMIT 1`)
			switch {
			case errors.Is(err, ErrNotFound):
				continue
			case err != nil:
				return err
			case !replace:
				return ErrNotEmpty
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+t); err != nil {
				return err
			}
		}
		for _, t := range tables {
			if !slices.Contains(names, t) {
				continue
			}
			if err := s.loadTable(ctx, tx, t, open); err != nil {
				return fmt.Errorf("the table %s: %w", t, err)
			}
		}
		return s.record(ctx, tx, actor, "restore", "", nil)
	})
	if err != nil {
		return fmt.Errorf("restore the database: %w", err)
	}
	return nil
}

func (s *Store) loadTable(ctx context.Context, tx *sql.Tx, table string, open func(string) (io.ReadCloser, error)) error {
	r, err := open(table)
	if err != nil {
		return err
	}
	defer r.Close()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxRow)
	var columns []string
	var insert *sql.Stmt
	for lines.Scan() {
		if columns == nil {
			if err := json.Unmarshal(lines.Bytes(), &columns); err != nil {
				return err
			}
			if insert, err = s.insert(ctx, tx, table, columns); err != nil {
				return err
			}
			defer insert.Close()
			continue
		}
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.UseNumber()
		var values []any
		if err := d.Decode(&values); err != nil {
			return err
		}
		if len(values) != len(columns) {
			return fmt.Errorf("a row has %d values for %d columns", len(values), len(columns))
		}
		for i, v := range values {
			switch x := v.(type) {
			case nil, string:
			case json.Number:
				if values[i], err = x.Int64(); err != nil {
					return err
				}
			default:
				return fmt.Errorf("a row holds a %T", v)
			}
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return lines.Err()
}

// insert prepares a statement for columns, of which each must be one of the
// table's: their names come from a file.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, table string, columns []string) (*sql.Stmt, error) {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		return nil, err
	}
	known, err := rows.Columns()
	if err := errors.Join(err, rows.Close()); err != nil {
		return nil, err
	}
	for i, c := range columns {
		if !slices.Contains(known, c) || slices.Contains(columns[:i], c) {
			return nil, fmt.Errorf("the column %q is not known: it was written by a newer version of Candor", c)
		}
	}
	if len(columns) == 0 {
		return nil, errors.New("no columns")
	}
	return tx.PrepareContext(ctx, s.sql(`INSERT INTO `+table+`(`+strings.Join(columns, ", ")+`) VALUES(`+strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")+`)`))
}

// Empty reports whether no table holds a row.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	tables, err := s.tables(ctx, s.db)
	for _, t := range tables {
		err := s.there(ctx, s.db, `SELECT 1 FROM `+t+` LIMIT 1`)
		if !errors.Is(err, ErrNotFound) {
			return false, err
		}
	}
	return err == nil, err
}
