package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	neturl "net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// openSQLite opens one connection that writes and a pool that reads. With one
// writer, and every transaction taking the write lock at its start, statements
// of this process never find the file locked; the busy timeout is for others.
// WAL lets the readers go on beside the writer.
func (db *DB) openSQLite(ctx context.Context, rest string) error {
	db.engine = sqliteEngine
	path, query, _ := strings.Cut(rest, "?")
	options, err := neturl.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("the options of the database URL cannot be read: %w", err)
	}
	synchronous := "normal"
	for name, values := range options {
		switch {
		case name == "synchronous" && (values[0] == "normal" || values[0] == "full"):
			synchronous = values[0]
		default:
			return fmt.Errorf("the database URL has the option %s=%s; the only one is synchronous=normal or synchronous=full", name, values[0])
		}
	}
	if path == "" || path == ":memory:" {
		return errors.New("the database URL names no file: write sqlite:PATH, as in sqlite:/var/lib/novalet/cloud.db")
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	// SQLite would make the file readable for all; its -wal and -shm files
	// take the mode of this one.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s for the database is missing: create it first", filepath.Dir(path))
	} else if err != nil {
		return fmt.Errorf("cannot open the database file: %w", err)
	}
	if err := f.Close(); err != nil {
		return err
	}

	d := &sqlite.Driver{}
	if err := d.RegisterDeterministicScalarFunction("regexp", 2, newRegexps().match); err != nil {
		return err
	}
	dsn := func(extra string) sqliteConnector {
		u := neturl.URL{Scheme: "file", Path: path}
		return sqliteConnector{d, u.String() + "?_dqs=0&_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)" +
			"&_pragma=synchronous(" + synchronous + ")&_pragma=foreign_keys(1)&_pragma=temp_store(memory)" +
			"&_pragma=journal_size_limit(67108864)" + extra}
	}
	write := sql.OpenDB(dsn("&_txlock=immediate"))
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	db.write = newPool(write, true)
	if err := write.PingContext(ctx); err != nil {
		return fmt.Errorf("cannot open the database file %s: %w", path, err)
	}
	readers := min(max(runtime.NumCPU(), 4), 16)
	read := sql.OpenDB(dsn("&_query_only=1"))
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	db.read = newPool(read, true)
	return nil
}

// sqliteConnector opens connections of a driver of our own, so that the
// regexp function is registered without touching the process-wide driver.
type sqliteConnector struct {
	driver *sqlite.Driver
	dsn    string
}

func (c sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.driver.Open(c.dsn)
}

func (c sqliteConnector) Driver() driver.Driver { return c.driver }

// regexps is SQLite's missing regexp function with the last patterns compiled.
type regexps struct {
	mu       sync.Mutex
	compiled map[string]*regexp.Regexp
}

const maxRegexps = 64

func newRegexps() *regexps { return &regexps{compiled: map[string]*regexp.Regexp{}} }

// match is regexp(pattern, value), which SQLite calls for value REGEXP
// pattern. NULL matches nothing.
func (c *regexps) match(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	pattern, ok := args[0].(string)
	if !ok {
		return int64(0), nil
	}
	re, err := c.get(pattern)
	if err != nil {
		return nil, err
	}
	var found bool
	switch v := args[1].(type) {
	case string:
		found = re.MatchString(v)
	case []byte:
		found = re.Match(v)
	case int64, float64:
		found = re.MatchString(fmt.Sprint(v))
	}
	if found {
		return int64(1), nil
	}
	return int64(0), nil
}

func (c *regexps) get(pattern string) (*regexp.Regexp, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if re := c.compiled[pattern]; re != nil {
		return re, nil
	}
	re, err := regexp.Compile("(?i:" + pattern + ")")
	if err != nil {
		return nil, err
	}
	if len(c.compiled) >= maxRegexps {
		clear(c.compiled)
	}
	c.compiled[pattern] = re
	return re, nil
}
