package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// Reader is where look-ups are methods: db.Flavor(ctx, id) sees what is
// committed, tx.Flavor(ctx, id) also what the transaction did. What only looks
// things up takes a Reader.
type Reader struct {
	db   *DB
	pool *pool
	tx   *txn // nil outside a transaction
}

// row is what a scan function reads: the current row of a result.
type row interface {
	Scan(dest ...any) error
}

// queryAll runs query and returns what scan makes of each row; no rows are an
// empty result.
func queryAll[T any](ctx context.Context, r Reader, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := r.each(ctx, func(rw row) error {
		v, err := scan(rw)
		all = append(all, v)
		return err
	}, query, args...)
	return all, err
}

// queryOne runs query and returns what scan makes of its first row. No row is
// a fault.NotFound that orMissing gives its sentence.
func queryOne[T any](ctx context.Context, r Reader, scan func(row) (T, error), query string, args ...any) (T, error) {
	var one T
	found := false
	err := r.each(ctx, func(rw row) (err error) {
		if !found {
			found = true
			one, err = scan(rw)
		}
		return err
	}, query, args...)
	if err == nil && !found {
		err = errMissing
	}
	return one, err
}

// value is the scan function for one column.
func value[T any](rw row) (v T, err error) {
	err = rw.Scan(&v)
	return v, err
}

// each runs query and calls f with each row.
func (r Reader) each(ctx context.Context, f func(row) error, query string, args ...any) error {
	start := time.Now()
	err := r.run(ctx, f, query, args)
	r.db.logStatement(ctx, query, start, err)
	return classify(err)
}

func (r Reader) run(ctx context.Context, f func(row) error, query string, args []any) (err error) {
	rows, err := r.rows(ctx, query, args)
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r Reader) rows(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	s, err := r.pool.statement(ctx, r.db.engine, r.tx, query)
	switch {
	case err != nil:
		return nil, err
	case s.prepared != nil && r.tx != nil:
		return r.tx.StmtContext(ctx, s.prepared).QueryContext(ctx, args...)
	case s.prepared != nil:
		return s.prepared.QueryContext(ctx, args...)
	case r.tx != nil:
		return r.tx.QueryContext(ctx, s.text, args...)
	default:
		return r.pool.sql.QueryContext(ctx, s.text, args...)
	}
}

// exec runs a change and returns how many rows it touched.
func (tx *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	start := time.Now()
	n, err := tx.runExec(ctx, query, args)
	tx.db.logStatement(ctx, query, start, err)
	return n, classify(err)
}

func (tx *Tx) runExec(ctx context.Context, query string, args []any) (int64, error) {
	s, err := tx.pool.statement(ctx, tx.db.engine, tx.tx, query)
	if err != nil {
		return 0, err
	}
	var res sql.Result
	if s.prepared != nil {
		res, err = tx.tx.StmtContext(ctx, s.prepared).ExecContext(ctx, args...)
	} else {
		res, err = tx.tx.ExecContext(ctx, s.text, args...)
	}
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// execOne runs a change of one row by its key. No such row is a
// fault.NotFound that orMissing gives its sentence.
func (tx *Tx) execOne(ctx context.Context, query string, args ...any) error {
	n, err := tx.exec(ctx, query, args...)
	if err == nil && n == 0 {
		return errMissing
	}
	return err
}

// casExec runs a change whose WHERE names the state it starts from. When no
// row is in that state it is a fault.Conflict that orTaken gives its sentence:
// another got there first.
func (tx *Tx) casExec(ctx context.Context, query string, args ...any) error {
	n, err := tx.exec(ctx, query, args...)
	if err == nil && n == 0 {
		return errStale
	}
	return err
}

var (
	errMissing = fault.New(fault.NotFound, "There is no such row.")
	errStale   = fault.New(fault.Conflict, "It has been changed meanwhile. Look again and retry.")
)

// orMissing gives a "no such row" its sentence and passes other errors on.
func orMissing(err error, format string, args ...any) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, format, args...)
	}
	return err
}
