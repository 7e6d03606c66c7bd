// Package store keeps the cloud in SQLite or PostgreSQL; which one is the URL's
// choice and nobody else's business. It holds one .go file and one migration
// per resource, with hand-written SQL that both engines read: look-ups are
// methods of Reader, which DB and Tx embed, and changes are methods of Tx.
//
// flavor.go is the table to copy.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// txTries bounds how often Tx runs its function when the engine reports that
// a concurrent transaction won.
const txTries = 8

// DB is an open database with its schema up to date. Its Reader sees what is
// committed; changes go through Tx.
type DB struct {
	Reader
	engine engine
	write  *pool
	read   *pool // the same pool as write on PostgreSQL
	log    *slog.Logger
}

// Tx is a transaction. Its Reader sees the transaction's own changes.
type Tx struct {
	Reader
}

// Option changes how Open opens.
type Option func(*DB)

// WithLog logs every statement with its duration at debug level, never its
// arguments.
func WithLog(log *slog.Logger) Option { return func(db *DB) { db.log = log } }

// Open opens the database that url names and brings its schema up to date.
//
//   - sqlite:PATH is a file, made with mode 0600 when it is missing. What is
//     committed outlives the process, also kill -9. Against power failure
//     sqlite:PATH?synchronous=full makes every commit wait for the disk;
//     without it a power cut may take the last commits, and leaves the file
//     whole.
//   - postgres://... is whatever pgx reads, so the PG* variables and ~/.pgpass
//     count too.
//
// Several processes may open the same database at once. A schema newer than
// this program is refused.
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	db := &DB{log: slog.New(slog.DiscardHandler)}
	for _, o := range opts {
		o(db)
	}
	scheme, rest, _ := strings.Cut(url, ":")
	var err error
	switch scheme {
	case "sqlite":
		err = db.openSQLite(ctx, strings.TrimPrefix(rest, "//"))
	case "postgres", "postgresql":
		err = db.openPostgres(ctx, url)
	default:
		return nil, errors.New("the database URL must start with sqlite: or postgres://, as in sqlite:/var/lib/novalet/cloud.db")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.Reader = Reader{db: db, pool: db.read}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot bring the database schema up to date: %w", err), db.Close())
	}
	return db, nil
}

// Close waits for running statements and closes the database.
func (db *DB) Close() error {
	var errs []error
	if db.read != nil && db.read != db.write {
		errs = append(errs, db.read.close())
	}
	if db.write != nil {
		errs = append(errs, db.write.close())
	}
	return errors.Join(errs...)
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	return classify(db.read.sql.PingContext(ctx))
}

// Tx runs f in a transaction and commits when f returns nil. When the engine
// says that a concurrent transaction stood in the way, Tx rolls back and runs f
// again, a bounded number of times: f must not do what cannot be done twice.
// PostgreSQL runs it as read committed, so what is decided on a row that was
// read must be written with casExec or read with forUpdate; and after a failed
// statement it takes no other, so f returns the error (INSERT ... ON CONFLICT
// does not fail). Transactions do not nest: on SQLite an inner DB.Tx would wait
// for the outer for ever.
func (db *DB) Tx(ctx context.Context, f func(tx *Tx) error) error {
	pause := 2 * time.Millisecond
	for try := 1; ; try++ {
		err := db.tryTx(ctx, f)
		if err == nil || !retryable(err) {
			return classify(err)
		}
		if try == txTries {
			return fault.Wrap(err, fault.Unavailable, "The database is too busy with concurrent changes. Try again.")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause/2 + rand.N(pause)): // apart, or two losers meet again
			pause *= 2
		}
	}
}

func (db *DB) tryTx(ctx context.Context, f func(tx *Tx) error) error {
	sqlTx, err := db.write.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer sqlTx.Rollback() //nolint:errcheck // after Commit this does nothing
	tx := &txn{Tx: sqlTx}
	if err := f(&Tx{Reader{db: db, pool: db.write, tx: tx}}); err != nil {
		return err
	}
	start := time.Now()
	err = sqlTx.Commit()
	db.logStatement(ctx, "COMMIT", start, err)
	if err == nil {
		db.write.warm(ctx, db.engine, tx.cold)
	}
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err() // database/sql rolled back because the context ended
	}
	return err
}

func (db *DB) logStatement(ctx context.Context, query string, start time.Time, err error) {
	if !db.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{slog.String("sql", query), slog.Duration("took", time.Since(start))}
	if err != nil {
		attrs = append(attrs, slog.String("error", errorName(err)))
	}
	db.log.LogAttrs(ctx, slog.LevelDebug, "sql", attrs...)
}
