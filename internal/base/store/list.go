package store

import (
	"context"
	"strings"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// selection builds the SELECT of a list: conditions that are there or not, an
// order, a page. Texts come from code, never from callers; callers' values are
// arguments.
type selection struct {
	base  string // SELECT ... FROM ..., without WHERE
	conds []string
	args  []any
	order string
	limit int
}

// where adds a condition; all must hold.
func (s *selection) where(cond string, args ...any) {
	s.conds = append(s.conds, cond)
	s.args = append(s.args, args...)
}

// statement returns the text and its arguments.
func (s *selection) statement() (string, []any) {
	var b strings.Builder
	b.WriteString(s.base)
	for i, c := range s.conds {
		if i == 0 {
			b.WriteString(" WHERE (")
		} else {
			b.WriteString(" AND (")
		}
		b.WriteString(c)
		b.WriteByte(')')
	}
	if s.order != "" {
		b.WriteString(" ORDER BY " + s.order)
	}
	args := s.args
	if s.limit > 0 {
		b.WriteString(" LIMIT ?")
		args = append(args[:len(args):len(args)], s.limit)
	}
	return b.String(), args
}

// Page is which part of a list the caller wants.
type Page struct {
	Sort   []Sort // the list's own order comes after it
	Marker string // the id of the last item the caller has; "" starts at the first
	Limit  int    // at most so many; 0 is all
}

// Sort is one sort key, by its API name.
type Sort struct {
	Key  string
	Desc bool
}

// keyset says how a table is paged. Columns maps each API sort key to a column
// or expression that is never NULL (the engines sort NULL differently); id is
// the unique column that markers name and that decides last.
type keyset struct {
	table   string
	id      string
	columns map[string]string
	initial []Sort // the order when the caller asks for none
}

// page adds p to s. An unknown sort key or marker is a fault.BadRequest. The
// page goes by values, not by offset, so that rows added or deleted meanwhile
// shift nothing; with all keys in one direction an index on them serves it.
func (k keyset) page(ctx context.Context, r Reader, s *selection, p Page) error {
	keys := p.Sort
	if len(keys) == 0 {
		keys = k.initial
	}
	var columns []string
	var desc []bool
	seenID := false
	for _, key := range keys {
		column, ok := k.columns[key.Key]
		if !ok {
			return fault.New(fault.BadRequest, "The sort key %q is not one of this list.", key.Key)
		}
		columns, desc = append(columns, column), append(desc, key.Desc)
		if column == k.id {
			seenID = true
			break // it is unique: what follows cannot matter
		}
	}
	if !seenID {
		columns, desc = append(columns, k.id), append(desc, len(desc) > 0 && desc[len(desc)-1])
	}
	order := make([]string, len(columns))
	for i, c := range columns {
		order[i] = c
		if desc[i] {
			order[i] += " DESC"
		}
	}
	s.order, s.limit = strings.Join(order, ", "), p.Limit
	if p.Marker == "" {
		return nil
	}
	last, err := queryOne(ctx, r, func(rw row) ([]any, error) {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		return values, rw.Scan(into...)
	}, "SELECT "+strings.Join(columns, ", ")+" FROM "+k.table+" WHERE "+k.id+" = ?", p.Marker)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.BadRequest, "Marker %s could not be found.", p.Marker)
	} else if err != nil {
		return err
	}
	cond, args := after(columns, desc, last)
	s.where(cond, args...)
	return nil
}

// after is the condition that a row comes after last in the order of columns.
func after(columns []string, desc []bool, last []any) (string, []any) {
	uniform := true
	for _, d := range desc {
		uniform = uniform && d == desc[0]
	}
	if uniform {
		return "(" + strings.Join(columns, ", ") + ") " + beyond(desc[0]) + " (" + marks(len(columns)) + ")", last
	}
	// a > ? OR (a = ? AND (b < ? OR (b = ? AND c > ?)))
	var b strings.Builder
	var args []any
	for i, c := range columns {
		b.WriteString(c + " " + beyond(desc[i]) + " ?")
		args = append(args, last[i])
		if i < len(columns)-1 {
			b.WriteString(" OR (" + c + " = ? AND (")
			args = append(args, last[i])
		}
	}
	b.WriteString(strings.Repeat("))", len(columns)-1))
	return b.String(), args
}

func beyond(desc bool) string {
	if desc {
		return "<"
	}
	return ">"
}

// marks is n argument marks: "?, ?, ?".
func marks(n int) string {
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
}
