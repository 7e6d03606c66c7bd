package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// pgConns bounds the connections of one process; pgIdleConns is how many stay
// open, pgIdleTime for how long.
const (
	pgConns     = 20
	pgIdleConns = 8
	pgIdleTime  = 5 * time.Minute
)

// openPostgres opens one pool for reading and writing. pgx keeps prepared
// statements per connection itself.
func (db *DB) openPostgres(ctx context.Context, url string) error {
	db.engine = postgresEngine
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("the database URL cannot be read: %w", err) // pgx hides the password
	}
	for name, value := range map[string]string{
		"application_name":                    "novalet",
		"idle_in_transaction_session_timeout": "60000", // ms: a lost process must not hold its locks
	} {
		if _, set := cfg.RuntimeParams[name]; !set {
			cfg.RuntimeParams[name] = value
		}
	}
	conns := stdlib.OpenDB(*cfg)
	conns.SetMaxOpenConns(pgConns)
	conns.SetMaxIdleConns(pgIdleConns)
	conns.SetConnMaxIdleTime(pgIdleTime)
	db.write = newPool(conns, false)
	db.read = db.write
	if err := conns.PingContext(ctx); err != nil {
		return fmt.Errorf("cannot reach the database %s on %s: %w", cfg.Database, cfg.Host, err)
	}
	return nil
}
