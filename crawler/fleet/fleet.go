// Package fleet runs scans over time and over machines: a queue of River jobs in
// the database that all workers share, and one tick, which whoever leads runs:
// it asks what is to be done now and puts it in line. What a job does, and what
// there is to do, are injected: the package knows neither scans nor pages.
//
// It guarantees that a task is worked on by one worker at a time, that a task
// whose worker was killed is put in line again by the tick (the caller's Next
// finds it by its missing heartbeat), and that a stop lets running tasks hand
// back what they have. A task may run more than once over all; whoever does the
// work makes it count once.
package fleet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// Task is one attempt at a piece of work.
type Task struct {
	ID       string `json:"id"`
	Attempt  int    `json:"attempt"` // attempts before this one; with ID it is in line once
	Priority int    `json:"-"`       // 1 is first, 4 last
}

// Kind names River's jobs.
func (Task) Kind() string { return "scan" }

// ErrLater says that a task cannot be done just now, and is to be tried again
// after a while without counting as an attempt.
var ErrLater = errors.New("later")

// Options are what a fleet does and how.
type Options struct {
	Workers int // tasks at a time on this machine; 0 takes none, but ticks and puts in line
	// Do does a task. Its context ends when the fleet stops or Limit is over. An
	// error is logged; what becomes of the task is the next tick's to say.
	Do func(context.Context, Task) error
	// Next returns what is to be in line now; what is there already stays once.
	Next  func(context.Context) ([]Task, error)
	Tick  time.Duration // between two looks at what is next
	Limit time.Duration // of one task
	Later time.Duration // until a task that cannot be done just now is tried again
	Log   *slog.Logger
}

// Fleet is this machine's part.
type Fleet interface {
	// Start begins to work, and to tick where this machine leads.
	Start(context.Context) error
	// Stop takes no more tasks, and waits for those that run; when its context
	// ends, theirs are ended first.
	Stop(context.Context) error
	// Add puts tasks in line at once, without waiting for a tick.
	Add(context.Context, ...Task) error
}

// Postgres makes the part of a fleet that shares a PostgreSQL database, and
// brings the queue's tables up to date.
func Postgres(ctx context.Context, pool *pgxpool.Pool, o Options) (f Fleet, err error) {
	// River's migrations do not bear each other: machines that start side by side
	// follow each other here. The lock ends with its connection.
	lock, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close(context.WithoutCancel(ctx))) }()
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrating); err != nil {
		return nil, fmt.Errorf("wait for another machine to open the queue: %w", err)
	}
	return open[pgx.Tx](ctx, riverpgxv5.New(pool), o)
}

// migrating is the number of the lock for the queue's migrations; another than
// that for the tables'.
const migrating int64 = 0x63616e646f72 // "candor"

// SQLite makes a fleet of one machine, with its database.
func SQLite(ctx context.Context, db *sql.DB, o Options) (Fleet, error) {
	return open[*sql.Tx](ctx, riversqlite.New(db), o)
}

type fleet[T any] struct {
	client *river.Client[T]
	o      Options
}

// tick is the job by which the leader asks what is next.
type tick struct{}

func (tick) Kind() string { return "tick" }

// unfinished are the states of jobs that are still to be done. One that ended may be put in
// line again.
var unfinished = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled}

const (
	tasks = "tasks"
	ticks = "ticks"
)

func open[T any](ctx context.Context, driver riverdriver.Driver[T], o Options) (Fleet, error) {
	log := slog.New(quieter{o.Log.Handler()})
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err == nil {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("bring the queue's tables up to date: %w", err)
	}
	f := &fleet[T]{o: o}
	workers := river.NewWorkers()
	c := &river.Config{
		Logger: log, JobTimeout: o.Limit, RescueStuckJobsAfter: o.Limit + time.Hour, MaxAttempts: 1,
		// River runs what is in line; what is done again is the tick's to say.
		CompletedJobRetentionPeriod: time.Hour, DiscardedJobRetentionPeriod: time.Hour, CancelledJobRetentionPeriod: time.Hour,
	}
	if err := river.AddWorkerSafely(workers, river.WorkFunc(f.do)); err != nil {
		return nil, err
	}
	if err := river.AddWorkerSafely(workers, river.WorkFunc(f.next)); err != nil {
		return nil, err
	}
	c.Workers = workers
	// A machine that takes no tasks ticks, too: what is due does not depend on
	// somebody being there to work on it.
	c.Queues = map[string]river.QueueConfig{ticks: {MaxWorkers: 1}}
	if o.Workers > 0 {
		c.Queues[tasks] = river.QueueConfig{MaxWorkers: o.Workers}
	}
	c.PeriodicJobs = []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(o.Tick), func() (river.JobArgs, *river.InsertOpts) {
		// Not unique: the tick of a machine that was killed would stand in the way
		// of all others until it is rescued.
		return tick{}, &river.InsertOpts{Queue: ticks}
	}, &river.PeriodicJobOpts{RunOnStart: true})}
	if f.client, err = river.NewClient(driver, c); err != nil {
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	return f, nil
}

func (f *fleet[T]) do(ctx context.Context, job *river.Job[Task]) error {
	err := f.o.Do(ctx, job.Args)
	switch {
	case errors.Is(err, ErrLater):
		return river.JobSnooze(f.o.Later)
	case err != nil:
		return river.JobCancel(err)
	}
	return nil
}

func (f *fleet[T]) next(ctx context.Context, _ *river.Job[tick]) error {
	list, err := f.o.Next(ctx)
	if err != nil {
		return river.JobCancel(err) // the next tick asks again
	}
	return f.Add(ctx, list...)
}

func (f *fleet[T]) Start(ctx context.Context) error { return f.client.Start(ctx) }

func (f *fleet[T]) Stop(ctx context.Context) error {
	err := f.client.Stop(ctx)
	if err != nil && ctx.Err() != nil {
		return f.client.StopAndCancel(context.WithoutCancel(ctx))
	}
	return err
}

func (f *fleet[T]) Add(ctx context.Context, list ...Task) error {
	if len(list) == 0 {
		return nil
	}
	jobs := make([]river.InsertManyParams, len(list))
	for i, t := range list {
		jobs[i] = river.InsertManyParams{Args: t, InsertOpts: &river.InsertOpts{Queue: tasks, Priority: min(max(t.Priority, 1), 4), UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}}
	}
	if _, err := f.client.InsertMany(ctx, jobs); err != nil {
		return fmt.Errorf("put in line: %w", err)
	}
	return nil
}

// quieter leaves out what River says of its own running.
type quieter struct{ slog.Handler }

func (q quieter) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

func (q quieter) WithAttrs(a []slog.Attr) slog.Handler { return quieter{q.Handler.WithAttrs(a)} }

func (q quieter) WithGroup(name string) slog.Handler { return quieter{q.Handler.WithGroup(name)} }
