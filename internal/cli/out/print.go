package out

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// Format is a way to print a list or an object.
type Format string

// The formats. Table is novaclient's; JSON, YAML, CSV and Value are those of openstack commands; JSONLines is an
// object a line.
const (
	FormatTable     Format = "table"
	FormatJSON      Format = "json"
	FormatYAML      Format = "yaml"
	FormatCSV       Format = "csv"
	FormatValue     Format = "value"
	FormatJSONLines Format = "jsonl"
)

// Formats are the names for --format.
func Formats() []string { return []string{"table", "json", "yaml", "csv", "value", "jsonl"} }

// Printer is where and how to print.
type Printer struct {
	W        io.Writer
	Format   Format   // "" is FormatTable
	Columns  []string // the columns or properties to print, in that order; all when empty
	Filter   *Filter  // prints what it makes of the JSON instead
	Terminal bool     // W is a terminal: server data is cleaned of what controls it
}

// List is a table of things, one a row.
type List struct {
	Columns []string
	// Rows yields rows with a value for each column. An error ends the list and is returned by Print.
	Rows iter.Seq2[[]any, error]
	// SortBy is the column to sort by as novaclient does: by its text, ties by the whole row; "" keeps the order.
	SortBy string
}

// Rows is what List.Rows wants, of rows at hand.
func Rows(rows ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// List prints a list. Rows are printed as they come, but for tables and sorted lists: these wait for all rows, in
// memory if they are few and else in a temporary file.
func (p Printer) List(l List) (err error) {
	chosen, err := choose(p.Columns, l.Columns)
	if err != nil {
		return err
	}
	names := pick(l.Columns, chosen)
	w := bufio.NewWriterSize(p.W, 1<<16)
	writer, err := p.listWriter(w, names)
	if err != nil {
		return err
	}
	rows := l.Rows
	table, isTable := writer.(*tableList)
	if isTable || l.SortBy != "" {
		kept := spool{bound: spoolBytes}
		defer func() { err = errors.Join(err, kept.close()) }()
		if l.SortBy != "" {
			column := slices.Index(l.Columns, l.SortBy)
			if column < 0 {
				return errors.New("the column to sort by is not in the list")
			}
			kept.compare = func(a, b []any) int { return compareRows(a, b, column) }
		}
		for row, err := range rows {
			if err != nil {
				return err
			}
			if isTable {
				table.grid.measure(p.cells(pick(row, chosen)))
			}
			if err := kept.add(row); err != nil {
				return err
			}
		}
		rows = kept.all()
	}
	if err := writer.begin(); err != nil {
		return err
	}
	for row, err := range rows {
		if err == nil {
			err = writer.row(pick(row, chosen))
		}
		if err != nil {
			return errors.Join(err, w.Flush())
		}
	}
	return errors.Join(writer.end(), w.Flush())
}

func (p Printer) listWriter(w *bufio.Writer, names []string) (listWriter, error) {
	if p.Filter != nil {
		return &filteredList{filter: p.Filter, p: p, w: w, names: names}, nil
	}
	switch p.Format {
	case FormatTable, "":
		g := &grid{}
		g.measure(names)
		return &tableList{p: p, w: w, names: names, grid: g}, nil
	case FormatJSON:
		return &jsonList{w: w, names: names}, nil
	case FormatJSONLines:
		return &jsonLinesList{w: w, names: names}, nil
	case FormatYAML:
		return &yamlList{w: w, names: names}, nil
	case FormatCSV:
		return &csvList{p: p, w: w, names: names}, nil
	case FormatValue:
		return &valueList{p: p, w: w}, nil
	}
	return nil, p.Format.unknown()
}

// listWriter is one format of a list.
type listWriter interface {
	begin() error
	row(values []any) error
	end() error
}

// Show prints one object: as novaclient's table of Property and Value, sorted by property, or in a machine format in
// the order given. Wrap above zero fills the table's values to that many characters.
func (p Printer) Show(object Object, wrap int) error {
	properties := slices.Clone(object)
	if (p.Format == FormatTable || p.Format == "") && p.Filter == nil {
		slices.SortStableFunc(properties, func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
	}
	names := make([]string, len(properties))
	for i := range properties {
		names[i] = properties[i].Key
	}
	chosen, err := choose(p.Columns, names)
	if err != nil {
		return err
	}
	properties = pick(properties, chosen)
	w := bufio.NewWriter(p.W)
	if p.Filter != nil {
		return errors.Join(p.Filter.print(p, w, Native(properties)), w.Flush())
	}
	switch p.Format {
	case FormatTable, "":
		p.showTable(w, properties, wrap)
	case FormatJSON:
		_, err = w.Write(append(jsonStyle{indent: true, ascii: true}.appendValue(nil, properties, 0), '\n'))
	case FormatJSONLines:
		_, err = w.Write(append(jsonStyle{compact: true, ascii: true}.appendValue(nil, properties, 0), '\n'))
	case FormatYAML:
		err = writeYAML(w, properties, false)
	case FormatCSV:
		err = p.showCSV(w, properties)
	case FormatValue:
		for _, m := range properties {
			_, _ = w.WriteString(p.clean(Text(m.Value)) + "\n") // the error stays in w for Flush
		}
	default:
		err = p.Format.unknown()
	}
	return errors.Join(err, w.Flush())
}

// Timing is a call and how long it took, for --timings.
type Timing struct {
	URL     string
	Seconds float64
}

// Timings prints the table of --timings with its total.
func (p Printer) Timings(timings []Timing) error {
	rows := make([][]any, 0, len(timings)+1)
	total := 0.0
	for _, t := range timings {
		rows = append(rows, []any{t.URL, t.Seconds})
		total += t.Seconds
	}
	rows = append(rows, []any{"Total", total})
	return p.List(List{Columns: []string{"url", "seconds"}, Rows: Rows(rows...)})
}

func (f Format) unknown() error {
	return errors.New("the format " + pytext.Quote(string(f)) + " is unknown; use one of " + strings.Join(Formats(), ", "))
}

func (p Printer) clean(text string) string {
	if p.Terminal {
		return Clean(text)
	}
	return text
}

// choose is the indexes of the columns wanted, in the order wanted; nil for all.
func choose(wanted, names []string) ([]int, error) {
	var chosen []int
	for _, w := range wanted {
		i := IndexName(names, w)
		if i < 0 {
			return nil, errors.New("there is no column " + pytext.Quote(w) + "; the columns are " + strings.Join(names, ", "))
		}
		if !slices.Contains(chosen, i) {
			chosen = append(chosen, i)
		}
	}
	return chosen, nil
}

// IndexName is where a name stands among names, -1 if nowhere. In any case, and with _ or - for a blank, it means the
// same column: task_state is Task State.
func IndexName(names []string, name string) int {
	if i := slices.Index(names, name); i >= 0 {
		return i
	}
	name = blanks.Replace(name)
	return slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(blanks.Replace(n), name) })
}

var blanks = strings.NewReplacer("_", " ", "-", " ")

func pick[S ~[]E, E any](list S, chosen []int) S {
	if chosen == nil {
		return list
	}
	picked := make(S, len(chosen))
	for i, n := range chosen {
		picked[i] = list[n]
	}
	return picked
}

// compareRows orders rows by a column, then by all columns from the first.
func compareRows(a, b []any, column int) int {
	if c := compareCells(a[column], b[column]); c != 0 {
		return c
	}
	return slices.CompareFunc(a, b, compareCells)
}

// compareCells compares what PrettyTable would: texts, and the values of cells that show them as they are.
func compareCells(a, b any) int {
	x, aShown := a.(Cell)
	y, bShown := b.(Cell)
	if aShown && bShown && x.Text == Text(x.Value) && y.Text == Text(y.Value) {
		return compareValues(x.Value, y.Value)
	}
	return strings.Compare(cellText(a), cellText(b))
}

// cellText is what a list shows of a value: None is a dash, a carriage return would break the table.
func cellText(value any) string {
	switch value := value.(type) {
	case nil:
		return "-"
	case Cell:
		return value.Text
	}
	return strings.ReplaceAll(Text(value), "\r", "")
}
