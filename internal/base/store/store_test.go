package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// committer names the database that TestMain, run again as a child, writes to
// until it is killed.
const committer = "NOVALET_TEST_COMMITTER"

func TestMain(m *testing.M) {
	if url := os.Getenv(committer); url != "" {
		if err := commitForever(context.Background(), url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// commitForever prints the id of each flavor once it is committed.
func commitForever(ctx context.Context, url string) error {
	db, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		f := flavor(fmt.Sprint(i), fmt.Sprint(i), 1)
		if err := db.Tx(ctx, func(tx *store.Tx) error { return tx.CreateFlavor(ctx, &f) }); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

func TestCommittedSurvivesKill(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), committer+"="+url)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := -1
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if last, err = strconv.Atoi(lines.Text()); err != nil {
				t.Error(err)
			}
			if last == 50 {
				if err := cmd.Process.Kill(); err != nil {
					t.Error(err)
				}
			}
		}
		cmd.Wait() //nolint:errcheck // it was killed
		if last < 50 {
			t.Fatalf("the child ended after %d commits", last+1)
		}
		db := storetest.Open(t, url)
		got, err := db.Flavors(t.Context(), store.FlavorFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < last+1 {
			t.Errorf("%d commits were acknowledged, %d are there", last+1, len(got))
		}
	})
}

// TestConcurrency has writers that read, compute and write the same rows, and
// readers beside them: nothing is lost and nobody is told that the database is busy.
func TestConcurrency(t *testing.T) {
	const writers, rounds = 8, 20
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		create(t, db, flavor("1", "one", 1), flavor("2", "two", 1))
		g, ctx := errgroup.WithContext(t.Context())
		done := make(chan struct{})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if _, err := db.Flavors(t.Context(), store.FlavorFilter{}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for w := range writers {
			g.Go(func() error {
				for i := range rounds {
					spec := map[string]string{fmt.Sprintf("%d-%d", w, i): "x"}
					err := db.Tx(ctx, func(tx *store.Tx) error {
						if err := tx.SetFlavorExtraSpecs(ctx, "1", spec, noon); err != nil {
							return err
						}
						return tx.SetFlavorExtraSpecs(ctx, "2", spec, noon)
					})
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
		err := g.Wait()
		close(done)
		readers.Wait()
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"1", "2"} {
			f, err := db.Flavor(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.ExtraSpecs) != writers*rounds {
				t.Errorf("flavor %s has %d of %d extra specs", id, len(f.ExtraSpecs), writers*rounds)
			}
		}
	})
}

// TestDeadlockIsRetried locks two rows from both ends at once.
func TestDeadlockIsRetried(t *testing.T) {
	db := storetest.Open(t, storetest.Postgres(t)) // SQLite has one writer
	create(t, db, flavor("1", "one", 1), flavor("2", "two", 1))
	var both sync.WaitGroup
	both.Add(2)
	tries := make([]int, 2)
	g, ctx := errgroup.WithContext(t.Context())
	for i, order := range [][]string{{"1", "2"}, {"2", "1"}} {
		g.Go(func() error {
			return db.Tx(ctx, func(tx *store.Tx) error {
				tries[i]++
				if err := tx.SetFlavorExtraSpecs(ctx, order[0], map[string]string{fmt.Sprint(i): "x"}, noon); err != nil {
					return err
				}
				if tries[i] == 1 {
					both.Done()
					both.Wait()
				}
				return tx.SetFlavorExtraSpecs(ctx, order[1], map[string]string{fmt.Sprint(i): "x"}, noon)
			})
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if tries[0]+tries[1] != 3 {
		t.Errorf("the transactions ran %v times, want one of them twice", tries)
	}
}

func TestOpenAtOnce(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		var g errgroup.Group
		for range 6 {
			g.Go(func() error {
				db, err := store.Open(t.Context(), url)
				if err != nil {
					return err
				}
				_, err = db.Flavors(t.Context(), store.FlavorFilter{})
				return errors.Join(err, db.Close())
			})
		}
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestOpenRefusals(t *testing.T) {
	for url, says := range map[string]string{
		"":                              "must start with sqlite:",
		"mysql://x":                     "must start with sqlite:",
		"sqlite:":                       "names no file",
		"sqlite::memory:":               "names no file",
		"sqlite:/no/such/folder/x.db":   "/no/such/folder",
		"sqlite:/tmp/x.db?cache=shared": "cache=shared",
		"postgres://novalet:hunter2@127.0.0.1:1/x?connect_timeout=1": "cannot reach the database x",
	} {
		_, err := store.Open(t.Context(), url)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	url := storetest.SQLite(t)
	db := storetest.Open(t, url)
	create(t, db, flavor("1", "one", 1))
	path := strings.TrimPrefix(url, "sqlite:")
	for _, p := range []string{path, path + "-wal"} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", p, info.Mode())
		}
	}
}

func TestNext(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		var mu sync.Mutex
		seen := map[int64]bool{}
		g, ctx := errgroup.WithContext(t.Context())
		for range 4 {
			g.Go(func() error {
				for range 10 {
					var n int64
					err := db.Tx(ctx, func(tx *store.Tx) (err error) {
						n, err = tx.Next(ctx, store.InstanceNumbers)
						return err
					})
					if err != nil {
						return err
					}
					mu.Lock()
					if seen[n] || n < 1 {
						t.Errorf("number %d was given out twice or is not positive", n)
					}
					seen[n] = true
					mu.Unlock()
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		if !seen[1] || len(seen) != 40 {
			t.Errorf("numbers: %v", seen)
		}
	})
}

func TestTxRollsBack(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		stop := errors.New("stop")
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			f := flavor("1", "one", 1)
			if err := tx.CreateFlavor(t.Context(), &f); err != nil {
				return err
			}
			if _, err := tx.Flavor(t.Context(), "1"); err != nil {
				t.Errorf("a transaction does not see its own change: %v", err)
			}
			if _, err := db.Flavor(t.Context(), "1"); !fault.Is(err, fault.NotFound) {
				t.Errorf("others see an uncommitted change: %v", err)
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Error(err)
		}
		if _, err := db.Flavor(t.Context(), "1"); !fault.Is(err, fault.NotFound) {
			t.Errorf("after the rollback: %v", err)
		}
	})
}

func TestCanceled(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		create(t, db, flavor("1", "one", 1))
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Tx(ctx, func(tx *store.Tx) error {
			if err := tx.DeleteFlavor(ctx, "1"); err != nil {
				return err
			}
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("commit after cancel: %v", err)
		}
		if _, err := db.Flavor(t.Context(), "1"); err != nil {
			t.Errorf("a cancelled transaction took effect: %v", err)
		}
		create(t, db, flavor("2", "two", 1)) // the writer is still good
	})
}

func TestHostileText(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		f := flavor("nul", "a\x00b", 1)
		err := db.Tx(t.Context(), func(tx *store.Tx) error { return tx.CreateFlavor(t.Context(), &f) })
		if err != nil && !fault.Is(err, fault.BadRequest) {
			t.Errorf("NUL in text: %v", err)
		}
		_, err = db.Flavor(t.Context(), "\xff\xfe")
		if !fault.Is(err, fault.BadRequest) && !fault.Is(err, fault.NotFound) {
			t.Errorf("bad UTF-8: %v", err)
		}
	})
}
