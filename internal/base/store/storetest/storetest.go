// Package storetest gives tests a database: a new one for each, on SQLite and,
// where PostgreSQL's programs are installed, on PostgreSQL too.
package storetest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/novalet/novalet/internal/base/store"
)

// URLs runs f as two subtests with the URL of a new, empty database: "sqlite"
// and "postgres". The latter is skipped, with the reason, where there is no
// PostgreSQL.
func URLs(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Run is URLs with the database open; it is closed when the subtest ends.
func Run(t *testing.T, f func(t *testing.T, db *store.DB)) {
	t.Helper()
	URLs(t, func(t *testing.T, url string) { f(t, Open(t, url)) })
}

// SQLite returns the URL of a new SQLite database in a temporary folder.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "cloud.db")
}

// Open opens the database at url and closes it when the test ends.
func Open(t testing.TB, url string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}
