package store

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// engine is what differs between the two databases in the text of SQL.
// Everything else in this package is written once, with ? for arguments.
type engine int

const (
	sqliteEngine engine = iota
	postgresEngine
)

func (e engine) String() string {
	if e == postgresEngine {
		return "postgres"
	}
	return "sqlite"
}

// bind rewrites the ? of query to what the engine reads. A ? inside quotes is
// left alone.
func (e engine) bind(query string) string {
	if e == sqliteEngine || !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	quote := byte(0)
	for i := range len(query) {
		c := query[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '?':
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// forUpdate ends a SELECT in a transaction whose rows the transaction goes on
// to change. SQLite needs nothing: it has one writer at a time.
func (r Reader) forUpdate() string {
	if r.db.engine == postgresEngine {
		return " FOR UPDATE"
	}
	return ""
}

// among is the condition that column holds one of values, with its one
// argument: the text of the statement does not depend on how many there are.
func (r Reader) among(column string, values []string) (cond string, arg any) {
	if r.db.engine == postgresEngine {
		return column + " = ANY(?)", values
	}
	list, err := json.Marshal(values)
	if err != nil {
		panic(err) // a []string always has a JSON form
	}
	return column + " IN (SELECT value FROM json_each(?))", string(list)
}

// maxPattern bounds a regular expression that a caller sends, in bytes.
const maxPattern = 1024

// matches is the condition that column matches a caller's regular expression
// anywhere and in either case, as MySQL under a real Nova does. The pattern must be
// one that Go compiles, so neither engine is given one that backtracks.
func (r Reader) matches(column, pattern string) (cond string, arg any, err error) {
	if len(pattern) > maxPattern {
		return "", nil, fault.New(fault.BadRequest, "The regular expression for %s is longer than %d bytes.", column, maxPattern)
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return "", nil, fault.New(fault.BadRequest, "Invalid regular expression for %s: %v.", column, err)
	}
	if r.db.engine == postgresEngine {
		return column + " ~* ?", pattern, nil
	}
	return column + " REGEXP ?", pattern, nil
}
