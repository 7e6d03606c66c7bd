package out

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawCell draws anything that a row may hold.
func drawCell(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch kind := rapid.IntRange(0, 8+depth).Draw(t, "kind"); kind {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return rapid.Int().Draw(t, "int")
		case 3:
			return rapid.Float64().Draw(t, "float")
		case 4:
			return json.Number("123456789012345678901234567890")
		case 5, 6:
			return Verbatim(rapid.SampledFrom([]any{nil, 1, 10, 9, "x", 2.5}).Draw(t, "shown"))
		case 9:
			return []any{drawCell(0).Draw(t, "item"), drawCell(0).Draw(t, "item")}
		case 10:
			return Object{{rapid.String().Draw(t, "key"), drawCell(0).Draw(t, "member")}}
		default:
			return rapid.SampledFrom([]string{"", "a", "b", "10", "9", "é", strings.Repeat("long", 50)}).Draw(t, "text")
		}
	})
}

func drawRows(t *rapid.T, columns int) [][]any {
	row := rapid.Custom(func(t *rapid.T) []any {
		row := make([]any, columns)
		for i := range row {
			row[i] = drawCell(2).Draw(t, "cell")
		}
		return row
	})
	return rapid.SliceOfN(row, 0, 60).Draw(t, "rows")
}

func encoded(rows iter.Seq2[[]any, error]) ([]string, error) {
	var all []string
	for row, err := range rows {
		if err != nil {
			return all, err
		}
		all = append(all, string(appendRow(nil, row)))
	}
	return all, nil
}

// However little memory there is, the rows come out as a stable sort of all in memory has them, or in their order.
func TestSpoolIsAStableSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t, 2)
		s := spool{bound: rapid.SampledFrom([]int{1, 100, 1000, 1 << 20}).Draw(t, "bound")}
		want := slices.Clone(rows)
		if rapid.Bool().Draw(t, "sorted") {
			s.compare = func(a, b []any) int { return strings.Compare(cellText(a[0]), cellText(b[0])) } // many are alike
			slices.SortStableFunc(want, s.compare)
		}
		for _, row := range rows {
			if err := s.add(row); err != nil {
				t.Fatal(err)
			}
			if s.compare != nil && len(s.runs) == 4 && rapid.Bool().Draw(t, "merge") {
				if err := s.mergeRuns(); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := encoded(s.all())
		wanted, _ := encoded(Rows(want...))
		if err != nil || !slices.Equal(got, wanted) {
			t.Fatalf("%v\ngot  %q\nwant %q", err, got, wanted)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	})
}

// A list is the same bytes in every format whether its rows fit into memory or not.
func TestSpooledRowsPrintAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t, 3)
		s := spool{bound: rapid.SampledFrom([]int{1, 200, 2000}).Draw(t, "bound")}
		defer func() { _ = s.close() }()
		for _, row := range rows {
			if err := s.add(row); err != nil {
				t.Fatal(err)
			}
		}
		again, err := collectRows(s.all())
		if err != nil {
			t.Fatal(err)
		}
		sortBy := rapid.SampledFrom([]string{"", "A", "C"}).Draw(t, "sort")
		for _, format := range Formats() {
			print := func(rows [][]any) string {
				var b bytes.Buffer
				l := List{Columns: []string{"A", "B", "C"}, Rows: Rows(rows...), SortBy: sortBy}
				if err := (Printer{W: &b, Format: Format(format)}).List(l); err != nil {
					t.Fatal(err)
				}
				return b.String()
			}
			if a, b := print(rows), print(again); a != b {
				t.Fatalf("%s: kept\n%s\nspooled\n%s", format, a, b)
			}
		}
	})
}

func collectRows(rows iter.Seq2[[]any, error]) ([][]any, error) {
	var all [][]any
	for row, err := range rows {
		if err != nil {
			return all, err
		}
		all = append(all, row)
	}
	return all, nil
}

// A list of 100,000 rows, in any format, sorted or not, takes no more memory than a bound far below that of its rows.
func TestListsTakeFlatMemory(t *testing.T) {
	const count, bound = 100_000, 12 << 20
	var peak uint64
	columns := []string{"ID", "Name", "Networks"}
	rows := func(yield func([]any, error) bool) {
		var page string // rows are parts of replies, which must not stay because of them
		for i := range count {
			if i%1000 == 0 {
				page = strings.Repeat(fmt.Sprintf("%08d private=10.0.0.2;", count-i), 40_000)
			}
			if i%5000 == 0 {
				runtime.GC()
				var stats runtime.MemStats
				runtime.ReadMemStats(&stats)
				peak = max(peak, stats.HeapAlloc)
			}
			if !yield([]any{page[:8], page[i%1000 : i%1000+90], page[9:150]}, nil) {
				return
			}
		}
	}
	for i, format := range Formats() {
		sortBy := []string{"Name", ""}[i%2]
		peak = 0
		err := (Printer{W: io.Discard, Format: Format(format)}).List(List{Columns: columns, Rows: rows, SortBy: sortBy})
		if err != nil || peak > bound {
			t.Errorf("%s sorted by %q: %v, %d bytes", format, sortBy, err, peak)
		}
		t.Logf("%s sorted by %q: %d KiB at most", format, sortBy, peak>>10)
	}
}

func TestSpoolLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	long := strings.Repeat("x", spoolBytes/4)
	row := func(yield func([]any, error) bool) {
		for range 20 {
			if !yield([]any{long}, nil) {
				return
			}
		}
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", entry.Name(), info, err)
			}
		}
		yield(nil, errors.New("the server went away"))
	}
	if err := (Printer{W: io.Discard}).List(List{Columns: []string{"A"}, Rows: row}); err == nil {
		t.Error("the error is lost")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
	t.Setenv("TMPDIR", dir+"/none")
	err := (Printer{W: io.Discard}).List(List{Columns: []string{"A"}, Rows: row})
	if err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("%v", err)
	}
}

func TestFilter(t *testing.T) {
	for program, want := range map[string]string{
		`.[] | .Name`: "web\nnull\n",
		`.[].ID`:      "2\n1\n",
		`length, .`:   `2` + "\n" + `[{"ID":"2","Name":"web","Networks":{"private":["10.0.0.2"]}},{"ID":1,"Name":null,"Networks":null}]` + "\n",
		`.[] | select(.Name == "web") | .Networks.private[0] + " é"`: "10.0.0.2 é\n",
		`[.[]|.ID] | @csv, halt, 1`:                                  "\"2\",1\n",
	} {
		filter, err := ParseFilter(t.Context(), program)
		if err != nil {
			t.Fatal(err)
		}
		if got := list(t, Printer{Filter: filter}, servers); got != want {
			t.Errorf("%s: got\n%s", program, got)
		}
	}
	if _, err := ParseFilter(t.Context(), `.[`); err == nil {
		t.Error("half a program was read")
	}
	if _, err := ParseFilter(t.Context(), `nothing_like_it`); err == nil || !strings.Contains(err.Error(), "nothing_like_it") {
		t.Errorf("%v", err)
	}
	filter, _ := ParseFilter(t.Context(), `.name, .id + {}`)
	var b bytes.Buffer
	err := Printer{W: &b, Filter: filter}.Show(Object{{"id", 3}, {"name", "vm"}}, 0)
	if err == nil || b.String() != "vm\n" {
		t.Errorf("%v, %q", err, b.String())
	}
}
