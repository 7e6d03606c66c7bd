package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxStatements bounds the statements kept per pool. Statements are written in
// code, so their number is that of the code's variants; past the bound they
// run unprepared.
const maxStatements = 1024

// pool is a set of connections with its prepared statements. On SQLite
// preparing costs more than most statements do (docs: benchmarks), and
// database/sql prepares anew each time; pgx keeps its own.
type pool struct {
	sql     *sql.DB
	prepare bool

	mu         sync.RWMutex
	statements map[string]*statement
}

// statement is a text bound for the engine, with its prepared form where the
// pool prepares.
type statement struct {
	text     string
	prepared *sql.Stmt
}

// txn is a transaction with the queries it ran unprepared.
type txn struct {
	*sql.Tx
	cold []string
}

func newPool(db *sql.DB, prepare bool) *pool {
	return &pool{sql: db, prepare: prepare, statements: map[string]*statement{}}
}

// statement returns query bound for the engine, prepared when it can be. A
// transaction holds the only connection of SQLite's writer, so preparing
// through the pool would wait for it for ever: there an unknown query is noted
// in tx.cold, and warm prepares it afterwards.
func (p *pool) statement(ctx context.Context, e engine, tx *txn, query string) (*statement, error) {
	p.mu.RLock()
	s, full := p.statements[query], len(p.statements) >= maxStatements
	p.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	s = &statement{text: e.bind(query)}
	switch {
	case full:
		return s, nil
	case !p.prepare:
	case tx != nil:
		tx.cold = append(tx.cold, query)
		return s, nil
	default:
		prepared, err := p.sql.PrepareContext(ctx, s.text)
		if err != nil {
			return nil, err
		}
		s.prepared = prepared
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.statements[query]; other != nil {
		if s.prepared != nil {
			s.prepared.Close() //nolint:errcheck // it never ran
		}
		return other, nil
	}
	p.statements[query] = s
	return s, nil
}

// warm prepares what a finished transaction ran unprepared. It is an
// optimisation: what fails here is prepared or reported on its next use.
func (p *pool) warm(ctx context.Context, e engine, cold []string) {
	for _, query := range cold {
		if _, err := p.statement(ctx, e, nil, query); err != nil {
			return
		}
	}
}

func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, s := range p.statements {
		if s.prepared != nil {
			errs = append(errs, s.prepared.Close())
		}
	}
	clear(p.statements)
	return errors.Join(append(errs, p.sql.Close())...)
}
