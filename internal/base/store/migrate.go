package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// migrations holds one file per resource, in SQL that both engines read:
// portable column types (column.go), every unique constraint named
// table_column[_column...], no engine's own functions. A file that has been
// released is never changed; the next number is.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrateTries bounds how often a process that lost the race to migrate a new
// SQLite file looks again.
const migrateTries = 5

// migrate brings the schema up to date. Of several processes that start at
// once, one does it: PostgreSQL has a session lock for that; on SQLite the
// loser's transaction fails, and then it finds the work done.
func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true),
		goose.WithAllowOutofOrder(true), // branches add files side by side
		goose.WithSlog(db.log),
		goose.WithTableName("schema_versions"),
	}
	tries := migrateTries
	if db.engine == postgresEngine {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60), lock.WithUnlockTimeout(1, 10))
		if err != nil {
			return err
		}
		dialect, tries = goose.DialectPostgres, 1
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db.write.sql, files, options...)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		_, err = provider.Up(ctx)
		if err == nil || try == tries || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return err
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > known {
		return fmt.Errorf("it has schema version %d and this program knows versions up to %d: use the newer novalet that wrote it", have, known)
	}
	if db.engine == postgresEngine {
		return db.createSequences(ctx)
	}
	return nil
}

// createSequences makes PostgreSQL's sequences where they are missing. The
// look before avoids a lock on the catalogue at every start.
func (db *DB) createSequences(ctx context.Context) error {
	for _, s := range sequences {
		var there bool
		if err := db.write.sql.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", s.object()).Scan(&there); err != nil {
			return err
		}
		if there {
			continue
		}
		// Two processes may both find it missing; IF NOT EXISTS may still
		// collide, which the second look tells apart from failure.
		_, err := db.write.sql.ExecContext(ctx, "CREATE SEQUENCE IF NOT EXISTS "+s.object())
		if err != nil {
			if e := db.write.sql.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", s.object()).Scan(&there); e != nil || !there {
				return err
			}
		}
	}
	return nil
}
