package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// SQLSTATE codes of PostgreSQL that mean something to us
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const (
	pgUniqueViolation     = "23505"
	pgForeignKeyViolation = "23503"
	pgSerialization       = "40001"
	pgDeadlock            = "40P01"
	pgLockNotAvailable    = "55P03"
	pgDiskFull            = "53100"
	pgTooManyConnections  = "53300"
	pgReadOnly            = "25006"
	pgAdminShutdown       = "57P01"
	pgCannotConnectNow    = "57P03"
	pgUntranslatable      = "22P05"
	pgBadEncoding         = "22021"
	pgBadRegexp           = "2201B"
)

// constraintError is a broken unique or foreign key constraint. Name is the
// constraint's: all of ours are named table_column[_column...], which is also
// what SQLite's message says of them.
type constraintError struct {
	name       string // "" for SQLite's foreign keys: it does not say which
	foreignKey bool
	cause      error
}

func (e *constraintError) Error() string { return e.cause.Error() }
func (e *constraintError) Unwrap() error { return e.cause }

// classify makes a fault of the errors of both engines that have a meaning for
// the caller, and passes all others on: those are logged 500s.
func classify(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return classifyPostgres(err, pg)
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return classifySQLite(err, lite)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &network) {
		return fault.Wrap(err, fault.Unavailable, "The database cannot be reached. Try again later.")
	}
	return err
}

const (
	msgUnique   = "There is one like it already."
	msgForeign  = "It is in use, or what it refers to does not exist."
	msgDiskFull = "The database's disk is full. Nothing was changed; make room and try again."
	msgReadOnly = "The database is read-only. Nothing was changed."
	msgBusy     = "The database is busy. Try again later."
	msgText     = "Text must be valid UTF-8 without NUL characters."
)

func classifyPostgres(err error, pg *pgconn.PgError) error {
	switch pg.Code {
	case pgUniqueViolation:
		return fault.Wrap(&constraintError{pg.ConstraintName, false, err}, fault.Conflict, msgUnique)
	case pgForeignKeyViolation:
		return fault.Wrap(&constraintError{pg.ConstraintName, true, err}, fault.Conflict, msgForeign)
	case pgDiskFull:
		return fault.Wrap(err, fault.Unavailable, msgDiskFull)
	case pgReadOnly:
		return fault.Wrap(err, fault.Unavailable, msgReadOnly)
	case pgTooManyConnections, pgAdminShutdown, pgCannotConnectNow, pgLockNotAvailable:
		return fault.Wrap(err, fault.Unavailable, msgBusy)
	case pgUntranslatable, pgBadEncoding:
		return fault.Wrap(err, fault.BadRequest, msgText)
	case pgBadRegexp:
		return fault.Wrap(err, fault.BadRequest, "The regular expression is not valid.")
	}
	return err
}

func classifySQLite(err error, lite *sqlite.Error) error {
	switch lite.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fault.Wrap(&constraintError{sqliteConstraint(lite.Error()), false, err}, fault.Conflict, msgUnique)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fault.Wrap(&constraintError{"", true, err}, fault.Conflict, msgForeign)
	}
	switch lite.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return fault.Wrap(err, fault.Unavailable, msgDiskFull)
	case sqlite3.SQLITE_READONLY:
		return fault.Wrap(err, fault.Unavailable, msgReadOnly)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault.Wrap(err, fault.Unavailable, msgBusy)
	}
	return err
}

// sqliteConstraint returns the name of the unique constraint in a message like
// "UNIQUE constraint failed: keypairs.user_id, keypairs.name (2067)":
// keypairs_user_id_name.
func sqliteConstraint(message string) string {
	_, list, ok := strings.Cut(message, "UNIQUE constraint failed: ")
	if !ok {
		return ""
	}
	list, _, _ = strings.Cut(list, " (")
	var name strings.Builder
	for i, column := range strings.Split(list, ", ") {
		table, column, _ := strings.Cut(column, ".")
		if i == 0 {
			name.WriteString(table)
		}
		name.WriteString("_" + column)
	}
	return name.String()
}

// orTaken gives a broken unique constraint, or with "" for its name a lost
// compare-and-swap, its sentence and passes other errors on.
func orTaken(err error, constraint, format string, args ...any) error {
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	var c *constraintError
	if errors.As(err, &c) && !c.foreignKey && c.name == constraint || err == errStale && constraint == "" {
		return fault.New(fault.Conflict, format, args...)
	}
	return err
}

// orOrphan gives a broken foreign key its sentence and passes other errors on:
// what the row refers to does not exist, or what is deleted is referred to.
func orOrphan(err error, kind fault.Kind, format string, args ...any) error {
	var c *constraintError
	if errors.As(err, &c) && c.foreignKey {
		return fault.New(kind, format, args...)
	}
	return err
}

// retryable reports whether a transaction that failed with err may do better
// when run again.
func retryable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == pgSerialization || pg.Code == pgDeadlock
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
	}
	return false
}

// errorName says what went wrong without the values a message may quote.
func errorName(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return "SQLSTATE " + pg.Code
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return fmt.Sprintf("SQLite code %d", lite.Code())
	}
	return fmt.Sprintf("%T", err)
}
