package storetest

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/novalet/novalet/internal/base/store"
)

// Env names the variable with the URL of a PostgreSQL to use instead of a
// private one; its user must be allowed to create databases.
const Env = "NOVALET_TEST_POSTGRES"

// startTimeout bounds how long the private server may take to answer.
const startTimeout = 60 * time.Second

var errNoPostgres = errors.New("PostgreSQL is not installed (no initdb and postgres in PATH or /usr/lib/postgresql/*/bin), and " + Env + " is not set")

// server is the PostgreSQL of this test binary, started by the first test that
// asks. It ends with the process, however that ends: see start.
var server = sync.OnceValues(start)

// Postgres returns the URL of a new PostgreSQL database, which is dropped when
// the test ends. It skips the test where there is no PostgreSQL.
func Postgres(t testing.TB) string {
	t.Helper()
	s, err := server()
	if errors.Is(err, errNoPostgres) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	url, drop, err := s.create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return url
}

// postgres is a running server that makes databases.
type postgres struct {
	admin *neturl.URL // of a database to connect to for CREATE DATABASE
	alive *os.File    // closing it, or dying, stops a private server

	mu       sync.Mutex
	template string // a database with the schema, copied for each test
	made     int
}

func start() (*postgres, error) {
	if given := os.Getenv(Env); given != "" {
		u, err := neturl.Parse(given)
		if err != nil {
			return nil, fmt.Errorf("%s is not a URL: %w", Env, err)
		}
		return &postgres{admin: u}, nil
	}
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "novalet-pg")
	if err != nil {
		return nil, err
	}
	s, err := launch(bin, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// launch makes a cluster in dir and starts it under a shell that holds the
// read end of a pipe. When this process ends, also by kill -9, the pipe closes
// and the shell stops the server and removes dir; no test has to do it.
func launch(bin, dir string) (*postgres, error) {
	attr, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "novalet", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	logFile, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer logFile.Close() //nolint:errcheck // the child has its own
	stop, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stop.Close() //nolint:errcheck // the child has its own
	cmd := exec.Command("/bin/sh", "-c", `"$0" "$@" </dev/null & pid=$!
read -r _
kill -INT "$pid"; wait "$pid"; cd /; rm -rf "`+dir+`"`,
		filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-h", "", "-F",
		"-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB",
		"-c", "max_connections=200", "-c", "autovacuum=off", "-c", "deadlock_timeout=20ms")
	cmd.Dir, cmd.SysProcAttr = dir, attr
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stop, logFile, logFile
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, alive.Close())
	}
	s := &postgres{alive: alive, admin: &neturl.URL{
		Scheme: "postgres", User: neturl.User("novalet"), Path: "/postgres",
		RawQuery: neturl.Values{"host": {dir}, "sslmode": {"disable"}}.Encode(),
	}}
	if err := s.wait(); err != nil {
		text, _ := os.ReadFile(logFile.Name())
		return nil, errors.Join(fmt.Errorf("the private PostgreSQL does not answer: %w\n%s", err, text), alive.Close())
	}
	return s, nil
}

func (s *postgres) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		err := s.exec(ctx, "SELECT 1")
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

const cLocale = " TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'"

// create makes a database. On the private server it is a copy of one with the
// schema, which is quicker than migrating; on a given server that one would
// stay behind.
func (s *postgres) create() (url string, drop func() error, err error) {
	ctx := context.Background()
	s.mu.Lock()
	defer s.mu.Unlock()
	prefix := fmt.Sprintf("novalet_test_%d_", os.Getpid())
	from := cLocale
	if s.alive != nil {
		if s.template == "" {
			if err := s.makeTemplate(ctx, prefix+"template"); err != nil {
				return "", nil, err
			}
		}
		from = " TEMPLATE " + s.template
	}
	s.made++
	name := prefix + strconv.Itoa(s.made)
	if err := s.exec(ctx, "CREATE DATABASE "+name+from); err != nil {
		return "", nil, err
	}
	return s.url(name), func() error { return s.exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)") }, nil
}

func (s *postgres) makeTemplate(ctx context.Context, name string) error {
	if err := s.exec(ctx, "CREATE DATABASE "+name+cLocale); err != nil {
		return err
	}
	db, err := store.Open(ctx, s.url(name))
	if err != nil {
		return err
	}
	s.template = name
	return db.Close()
}

func (s *postgres) url(database string) string {
	u := *s.admin
	u.Path = "/" + database
	return u.String()
}

func (s *postgres) exec(ctx context.Context, query string) error {
	cfg, err := pgx.ParseConfig(s.admin.String())
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*cfg)
	defer db.Close() //nolint:errcheck // one statement, its error is what counts
	_, err = db.ExecContext(ctx, query)
	return err
}

// findBinaries returns the folder with initdb and postgres, the newest where
// there are several.
func findBinaries() (string, error) {
	var dirs []string
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is sound
	slices.Reverse(installed)
	for _, dir := range append(dirs, installed...) {
		_, err1 := os.Stat(filepath.Join(dir, "initdb"))
		_, err2 := os.Stat(filepath.Join(dir, "postgres"))
		if err1 == nil && err2 == nil {
			return dir, nil
		}
	}
	return "", errNoPostgres
}

// unprivileged returns how to start PostgreSQL, which refuses to run as root:
// as its own user or nobody then, who is given dir.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C on the tests is not for it
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody: %w", err)
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, int(uid), int(gid))
}
