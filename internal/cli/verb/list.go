package verb

import (
	"iter"
	"slices"
	"strings"

	"github.com/novalet/novalet/internal/cli/out"
)

// Column is a column of a list. With neither Key nor Value it shows the member named like it, in lower case and with _
// for blanks.
type Column struct {
	Name  string
	Key   string
	Value func(o out.Object) any
}

// Columns are columns that show the members of their names.
func Columns(names ...string) []Column {
	columns := make([]Column, len(names))
	for i, name := range names {
		columns[i].Name = name
	}
	return columns
}

// value is what the column shows: nothing for a member that is not there.
func (c *Column) value(o out.Object) any {
	if c.Value != nil {
		return c.Value(o)
	}
	key := c.Key
	if key == "" {
		key = strings.ReplaceAll(strings.ToLower(c.Name), " ", "_")
	}
	value, ok := o.Get(key)
	if !ok {
		return ""
	}
	return value
}

// List prints objects as a table; sortBy is a column's name, or "" for their own order.
func (e *Env) List(columns []Column, items []out.Object, sortBy string) error {
	return e.Stream(columns, Items(items), sortBy, nil)
}

// Stream prints objects as a table as they come: those that --where chooses, in the columns that -o names. What both
// may name is what the subject knows, or with a nil subject the columns and the first object's members.
func (e *Env) Stream(columns []Column, items iter.Seq2[out.Object, error], sortBy string, subject *Subject) error {
	if subject == nil {
		subject = &Subject{What: "these things", Columns: columns}
	}
	if e.Where != nil {
		items = e.Where.Choose(items, subject)
	}
	if len(e.Print.Columns) == 0 {
		return e.print(columns, items, sortBy)
	}
	return WithFirst(items, func(first out.Object, all iter.Seq2[out.Object, error]) error {
		more, err := subject.further(columns, e.Print.Columns, first)
		if err != nil {
			return err
		}
		return e.print(slices.Concat(columns, more), all, sortBy)
	})
}

func (e *Env) print(columns []Column, items iter.Seq2[out.Object, error], sortBy string) error {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	rows := func(yield func([]any, error) bool) {
		for item, err := range items {
			if err != nil {
				yield(nil, err)
				return
			}
			row := make([]any, len(columns))
			for i := range columns {
				row[i] = columns[i].value(item)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return e.Print.List(out.List{Columns: names, Rows: rows, SortBy: sortBy})
}

// WithFirst calls do with the first item, nil if there is none, and an iterator over all of them that is used once.
func WithFirst(items iter.Seq2[out.Object, error], do func(first out.Object, all iter.Seq2[out.Object, error]) error) error {
	next, stop := iter.Pull2(items)
	defer stop()
	first, err, ok := next()
	if err != nil {
		return err
	}
	return do(first, func(yield func(out.Object, error) bool) {
		for item, err := first, error(nil); ok; item, err, ok = next() {
			if !yield(item, err) {
				return
			}
		}
	})
}
