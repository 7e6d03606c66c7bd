package store

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func openTemp(t testing.TB, opts ...Option) *DB {
	t.Helper()
	db, err := Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "cloud.db"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func addFlavor(t testing.TB, db *DB, id string, specs map[string]string) error {
	f := cloud.Flavor{ID: id, Name: id, ExtraSpecs: specs, CreatedAt: time.Unix(1, 0)}
	return db.Tx(t.Context(), func(tx *Tx) error { return tx.CreateFlavor(t.Context(), &f) })
}

func TestBind(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                          "SELECT 1",
		"a = ? AND b = ?":                   "a = $1 AND b = $2",
		"a = '?' AND b = ?":                 "a = '?' AND b = $1",
		`"?" = ? OR 'it''s ?' = ?`:          `"?" = $1 OR 'it''s ?' = $2`,
		strings.Repeat("?", 11):             "$1$2$3$4$5$6$7$8$9$10$11",
		"x = '" + strings.Repeat("?", 3):    "x = '???",
		"COALESCE(?, '') = ? AND \"a\" = ?": `COALESCE($1, '') = $2 AND "a" = $3`,
	} {
		if got := postgresEngine.bind(query); got != want {
			t.Errorf("%s: %s", query, got)
		}
		if got := sqliteEngine.bind(query); got != query {
			t.Errorf("SQLite's text changed: %s", got)
		}
	}
}

func TestSQLiteConstraintName(t *testing.T) {
	got := sqliteConstraint("constraint failed: UNIQUE constraint failed: keypairs.user_id, keypairs.name (2067)")
	if got != "keypairs_user_id_name" {
		t.Error(got)
	}
}

func TestAmongAndMatches(t *testing.T) {
	db := openTemp(t)
	for _, id := range []string{"Alpha", "beta", "a+b"} {
		if err := addFlavor(t, db, id, nil); err != nil {
			t.Fatal(err)
		}
	}
	find := func(cond string, arg any) string {
		got, err := queryAll(t.Context(), db.Reader, value[string], "SELECT id FROM flavors WHERE "+cond+" ORDER BY id", arg)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(got, " ")
	}
	if got := find(db.among("id", []string{"beta", "a+b", "none"})); got != "a+b beta" {
		t.Error(got)
	}
	if got := find(db.among("id", nil)); got != "" {
		t.Error(got)
	}
	for pattern, want := range map[string]string{
		"^a": "Alpha a+b", "A$": "Alpha beta", `a\+b`: "a+b", "zz|bet": "beta", "": "Alpha a+b beta",
	} {
		cond, arg, err := db.matches("name", pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := find(cond, arg); got != want {
			t.Errorf("%s: %s", pattern, got)
		}
	}
	for _, bad := range []string{"(", "a**", `(a)\1`, strings.Repeat("a", maxPattern+1)} {
		if _, _, err := db.matches("name", bad); !fault.Is(err, fault.BadRequest) {
			t.Errorf("%.10s: %v", bad, err)
		}
	}
}

func TestCASExec(t *testing.T) {
	db := openTemp(t)
	if err := addFlavor(t, db, "1", nil); err != nil {
		t.Fatal(err)
	}
	err := db.Tx(t.Context(), func(tx *Tx) error {
		const swap = "UPDATE flavors SET vcpus = ? WHERE id = ? AND vcpus = ?"
		if err := tx.casExec(t.Context(), swap, 2, "1", 0); err != nil {
			t.Errorf("a swap from the right state: %v", err)
		}
		err := orTaken(tx.casExec(t.Context(), swap, 3, "1", 0), "", "Flavor %s has changed.", "1")
		if !fault.Is(err, fault.Conflict) || err.Error() != "Flavor 1 has changed." {
			t.Errorf("a swap from the wrong state: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRegexpsBounded(t *testing.T) {
	r := newRegexps()
	for i := range 10 * maxRegexps {
		if _, err := r.get(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.compiled) > maxRegexps {
		t.Errorf("%d patterns are kept", len(r.compiled))
	}
}

func TestReadersCannotWrite(t *testing.T) {
	db := openTemp(t)
	_, err := db.read.sql.ExecContext(t.Context(), "DELETE FROM flavors")
	if !fault.Is(classify(err), fault.Unavailable) {
		t.Errorf("a reader wrote: %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	db := openTemp(t)
	if _, err := db.write.sql.ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil {
		t.Fatal(err) // SQLite takes the present size for the least
	}
	err := addFlavor(t, db, "big", map[string]string{"k": strings.Repeat("x", 1<<20)})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("got %v", err)
	}
	if _, err := db.Flavor(t.Context(), "big"); !fault.Is(err, fault.NotFound) {
		t.Errorf("after a full disk: %v", err)
	}
}

func TestNewerSchemaRefused(t *testing.T) {
	path := "sqlite:" + filepath.Join(t.TempDir(), "cloud.db")
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.write.sql.ExecContext(t.Context(), "INSERT INTO schema_versions (version_id, is_applied) VALUES (9999, TRUE)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = Open(t.Context(), path); err == nil {
		db.Close() //nolint:errcheck // the test has failed already
		t.Fatal("a newer schema was accepted")
	}
	if !strings.Contains(err.Error(), "9999") {
		t.Error(err)
	}
}

func TestLogHasNoArguments(t *testing.T) {
	var out bytes.Buffer
	db := openTemp(t, WithLog(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	for range 2 { // the second is refused, and its error names the values on PostgreSQL
		addFlavor(t, db, "hunter2", map[string]string{"password": "hunter2"}) //nolint:errcheck // the log is what counts
	}
	text := out.String()
	if !strings.Contains(text, "INSERT INTO flavors") || !strings.Contains(text, "took=") {
		t.Errorf("the statement is not logged: %s", text)
	}
	if strings.Contains(text, "hunter2") {
		t.Errorf("the log holds an argument: %s", text)
	}
}

func TestStatementsAreKept(t *testing.T) {
	db := openTemp(t)
	for i := range 3 {
		if err := addFlavor(t, db, fmt.Sprint(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(db.write.statements) != 1 {
		t.Errorf("the writer keeps %d statements, want the one INSERT", len(db.write.statements))
	}
	for i := range 2 * maxStatements {
		if _, err := queryAll(t.Context(), db.Reader, value[int], fmt.Sprintf("SELECT %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(db.read.statements) > maxStatements {
		t.Errorf("%d statements are kept", len(db.read.statements))
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, kind := range []string{"new", "again"} {
		b.Run(kind, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "cloud.db")
			for i := range b.N {
				p := path
				if kind == "new" {
					p += fmt.Sprint(i)
				}
				db, err := Open(b.Context(), "sqlite:"+p)
				if err != nil {
					b.Fatal(err)
				}
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFlavor(b *testing.B) {
	db := openTemp(b)
	if err := addFlavor(b, db, "1", map[string]string{"a": "b"}); err != nil {
		b.Fatal(err)
	}
	for _, prepare := range []bool{true, false} {
		b.Run(fmt.Sprintf("prepared=%v", prepare), func(b *testing.B) {
			clear(db.read.statements)
			db.read.prepare = prepare
			for b.Loop() {
				if _, err := db.Flavor(b.Context(), "1"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFlavors1000of100000(b *testing.B) {
	db := openTemp(b)
	err := db.Tx(b.Context(), func(tx *Tx) error {
		for i := range 100_000 {
			id := fmt.Sprintf("%06d", i)
			f := cloud.Flavor{ID: id, Name: id, RAMMiB: i % 1000, ExtraSpecs: map[string]string{}, CreatedAt: time.Unix(1, 0)}
			if err := tx.CreateFlavor(b.Context(), &f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got, err := db.Flavors(b.Context(), FlavorFilter{Page: Page{Marker: "050000", Limit: 1000}}); err != nil || len(got) != 1000 {
			b.Fatal(len(got), err)
		}
	}
}

func BenchmarkTx(b *testing.B) {
	for _, mode := range []string{"normal", "full"} {
		for _, prepare := range []bool{true, false} {
			b.Run(fmt.Sprintf("synchronous=%s/prepared=%v", mode, prepare), func(b *testing.B) {
				db, err := Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "cloud.db?synchronous="+mode))
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close() //nolint:errcheck // a benchmark
				db.write.prepare = prepare
				i := 0
				for b.Loop() {
					if err := addFlavor(b, db, fmt.Sprint(i), nil); err != nil {
						b.Fatal(err)
					}
					i++
				}
			})
		}
	}
}
