package verb

import (
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
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	rows := func(yield func([]any, error) bool) {
		for _, item := range items {
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
