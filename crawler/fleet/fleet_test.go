package fleet_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite"

	"candor/crawler/fleet"
	"candor/reports/store/storetest"
)

type opener func(*testing.T, fleet.Options) fleet.Fleet

func onSQLite(t *testing.T) opener {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "queue.db")+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return func(t *testing.T, o fleet.Options) fleet.Fleet {
		f, err := fleet.SQLite(t.Context(), db, o)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
}

func onPostgres(t *testing.T) opener {
	pool, err := pgxpool.New(t.Context(), storetest.Postgres(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var starting sync.WaitGroup
	for range 4 { // machines that start side by side on a new database
		starting.Go(func() {
			if _, err := fleet.Postgres(t.Context(), pool, options(fleet.Options{})); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	return func(t *testing.T, o fleet.Options) fleet.Fleet {
		f, err := fleet.Postgres(t.Context(), pool, o)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
}

// both runs a test on both databases.
func both(t *testing.T, test func(*testing.T, opener)) {
	t.Run("SQLite", func(t *testing.T) { test(t, onSQLite(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, onPostgres(t)) })
}

func options(o fleet.Options) fleet.Options {
	o.Tick, o.Limit, o.Later, o.Log = 50*time.Millisecond, time.Minute, 10*time.Millisecond, slog.New(slog.NewTextHandler(io.Discard, nil))
	if o.Next == nil {
		o.Next = func(context.Context) ([]fleet.Task, error) { return nil, nil }
	}
	return o
}

func run(t *testing.T, f fleet.Fleet) {
	t.Helper()
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// TestOne: what every tick of two machines puts in line is done by one of them at
// a time. A tick may put a task in line again that ended just then; to count it
// once is the work's.
func TestOne(t *testing.T) {
	both(t, func(t *testing.T, open opener) {
		const n = 20
		var mu sync.Mutex
		at, done, all := map[string]bool{}, map[string]bool{}, make(chan struct{})
		o := options(fleet.Options{
			Workers: 2,
			Next: func(context.Context) ([]fleet.Task, error) {
				mu.Lock()
				defer mu.Unlock()
				var out []fleet.Task
				for i := range n {
					if id := fmt.Sprint("t", i); !done[id] {
						out = append(out, fleet.Task{ID: id, Priority: 1 + i%4})
					}
				}
				return out, nil
			},
			Do: func(_ context.Context, x fleet.Task) error {
				mu.Lock()
				defer mu.Unlock()
				if at[x.ID] {
					t.Errorf("%s is worked on twice at a time", x.ID)
				}
				at[x.ID] = true
				mu.Unlock() // others may begin now
				runtime.Gosched()
				mu.Lock()
				at[x.ID] = false
				if !done[x.ID] {
					if done[x.ID] = true; len(done) == n {
						close(all)
					}
				}
				return nil
			},
		})
		run(t, open(t, o))
		run(t, open(t, o))
		<-all
	})
}

// TestNoWorkers: a machine that takes no tasks looks at what is next, too, and
// what it puts in line waits for one that takes them.
func TestNoWorkers(t *testing.T) {
	open := onSQLite(t)
	asked, done := make(chan struct{}), make(chan struct{})
	var once, end sync.Once
	run(t, open(t, options(fleet.Options{
		Next: func(context.Context) ([]fleet.Task, error) {
			once.Do(func() { close(asked) })
			return []fleet.Task{{ID: "a"}}, nil
		},
		Do: func(context.Context, fleet.Task) error { t.Error("it works"); return nil },
	})))
	<-asked
	run(t, open(t, options(fleet.Options{Workers: 1, Do: func(context.Context, fleet.Task) error {
		end.Do(func() { close(done) })
		return nil
	}})))
	<-done
}

// TestLater: a task that cannot be done just now is tried again, and one that
// fails is the next tick's.
func TestLater(t *testing.T) {
	both(t, func(t *testing.T, open opener) {
		var mu sync.Mutex
		tries, failed, ended := 0, false, make(chan struct{})
		run(t, open(t, options(fleet.Options{
			Workers: 1,
			Next: func(context.Context) ([]fleet.Task, error) {
				mu.Lock()
				defer mu.Unlock()
				if failed {
					return []fleet.Task{{ID: "b", Attempt: 1}}, nil
				}
				return []fleet.Task{{ID: "a"}, {ID: "b"}}, nil
			},
			Do: func(_ context.Context, x fleet.Task) error {
				mu.Lock()
				defer mu.Unlock()
				switch {
				case x.ID == "a":
					if tries++; tries < 3 {
						return fmt.Errorf("busy: %w", fleet.ErrLater)
					}
				case x.Attempt == 0:
					failed = true
					return errors.New("the page is gone")
				case tries >= 3:
					select {
					case <-ended:
					default:
						close(ended)
					}
				default:
					return fleet.ErrLater
				}
				return nil
			},
		})))
		<-ended
	})
}

// TestStop: a stop lets a task end in order, and ends it when time is up.
func TestStop(t *testing.T) {
	both(t, func(t *testing.T, open opener) {
		began, ended := make(chan struct{}), make(chan error, 1)
		f := open(t, options(fleet.Options{Workers: 1, Do: func(ctx context.Context, _ fleet.Task) error {
			close(began)
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return ctx.Err()
		}}))
		if err := f.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := f.Add(t.Context(), fleet.Task{ID: "x"}); err != nil {
			t.Fatal(err)
		}
		<-began
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := f.Stop(ctx); err != nil {
			t.Error(err)
		}
		if err := <-ended; err == nil {
			t.Error("the task was not told to end")
		}
	})
}
