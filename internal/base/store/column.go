package store

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// Columns have types that both engines know: TEXT, INTEGER (32 bits), BIGINT,
// DOUBLE PRECISION, BOOLEAN. Times are BIGINT microseconds since 1970 UTC, and
// documents are TEXT that holds JSON.

// micros is how a time is stored. The zero time is NULL.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// fromMicros is the time of a stored number of microseconds.
func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// intoTime scans microseconds into t; NULL is the zero time.
func intoTime(t *time.Time) sql.Scanner { return timeScanner{t} }

type timeScanner struct{ t *time.Time }

func (s timeScanner) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*s.t = time.Time{}
	case int64:
		*s.t = fromMicros(v)
	default:
		return fmt.Errorf("a time is stored as a number of microseconds, this column holds %T", src)
	}
	return nil
}

// JSON stores what V points to as a JSON document in a TEXT column: an
// argument and a destination for Scan alike. NULL leaves *V as it is.
type JSON[T any] struct{ V *T }

// asJSON is JSON for v, with its type inferred.
func asJSON[T any](v *T) JSON[T] { return JSON[T]{v} }

// Value implements driver.Valuer.
func (j JSON[T]) Value() (driver.Value, error) {
	text, err := json.Marshal(j.V)
	return string(text), err
}

// Scan implements sql.Scanner.
func (j JSON[T]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		if v == "null" { // json would leave *V as it is too, and look at it for longer
			return nil
		}
		return json.Unmarshal([]byte(v), j.V)
	case []byte:
		return json.Unmarshal(v, j.V)
	default:
		return fmt.Errorf("a document is stored as text, this column holds %T", src)
	}
}
