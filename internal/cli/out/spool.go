package out

import (
	"bufio"
	"cmp"
	"container/heap"
	"errors"
	"io"
	"iter"
	"os"
	"runtime"
	"slices"
)

// A table needs the widths of all rows before its first line, and a sorted list all rows before its first. Rows wait in
// memory up to spoolBytes and beyond that in a temporary file, so that a list of any length takes the same memory.
const (
	spoolBytes = 2 << 20
	spoolRuns  = 512 // that are merged at once
	runBuffer  = 64 << 10
)

// spool keeps rows until they are read again, in their order or sorted (by an external merge sort). The temporary file
// is readable by its owner alone, and has no name while it is in use where the system allows that, so that it is gone
// however the process ends.
type spool struct {
	compare func(a, b []any) int // nil keeps the order
	bound   int                  // bytes in memory

	rows [][]any
	size int
	file *os.File
	end  int64
	runs []run
}

// run is a part of the file: rows in order.
type run struct{ from, to int64 }

func (s *spool) add(row []any) error {
	kept := make([]any, len(row))
	for i := range row {
		value, size := detach(row[i])
		kept[i] = value
		s.size += size
	}
	s.rows = append(s.rows, kept)
	s.size += 24
	if s.size < s.bound {
		return nil
	}
	return s.spill()
}

// spill writes the rows in memory to the file, as one run.
func (s *spool) spill() error {
	if s.file == nil {
		file, err := openSpool()
		if err != nil {
			return err
		}
		s.file = file
	}
	if len(s.runs) == spoolRuns {
		if err := s.mergeRuns(); err != nil {
			return err
		}
	}
	s.sort()
	from := s.end
	if err := s.write(Rows(s.rows...)); err != nil {
		return err
	}
	if n := len(s.runs); s.compare == nil && n > 0 {
		s.runs[n-1].to = s.end // in their order all rows are one run
	} else {
		s.runs = append(s.runs, run{from, s.end})
	}
	clear(s.rows)
	s.rows, s.size = s.rows[:0], 0
	return nil
}

// write appends rows to the file.
func (s *spool) write(rows iter.Seq2[[]any, error]) error {
	w := bufio.NewWriterSize(io.NewOffsetWriter(s.file, s.end), runBuffer)
	var b []byte
	for row, err := range rows {
		if err != nil {
			return err
		}
		b = appendRow(b[:0], row)
		s.end += int64(len(b))
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return w.Flush()
}

// mergeRuns makes all runs one, in a new file.
func (s *spool) mergeRuns() error {
	old, runs := s.file, s.runs
	file, err := openSpool()
	if err != nil {
		return err
	}
	s.file, s.end, s.runs = file, 0, nil
	err = s.write(merge(s.compare, readers(old, runs)))
	s.runs = []run{{0, s.end}}
	return errors.Join(err, closeSpool(old))
}

func (s *spool) sort() {
	if s.compare != nil {
		slices.SortStableFunc(s.rows, s.compare)
	}
}

// all yields the rows. It is called once, after the last add.
func (s *spool) all() iter.Seq2[[]any, error] {
	s.sort()
	if s.file == nil {
		return Rows(s.rows...)
	}
	sources := append(readers(s.file, s.runs), Rows(s.rows...))
	if s.compare != nil {
		return merge(s.compare, sources)
	}
	return func(yield func([]any, error) bool) {
		for _, source := range sources {
			for row, err := range source {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// close removes the file.
func (s *spool) close() error {
	file := s.file
	s.rows, s.file = nil, nil
	return closeSpool(file)
}

func openSpool() (*os.File, error) {
	file, err := os.CreateTemp("", "nova-rows-*") // mode 0600
	if err != nil {
		return nil, errors.New("there is no room for a long list: " + err.Error() + "; set TMPDIR to a folder that can be written")
	}
	if runtime.GOOS != "windows" {
		if err := os.Remove(file.Name()); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return file, nil
}

func closeSpool(file *os.File) error {
	if file == nil {
		return nil
	}
	err := file.Close()
	if runtime.GOOS == "windows" {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}

// readers read runs of a file, with less memory each the more there are.
func readers(file *os.File, runs []run) []iter.Seq2[[]any, error] {
	size := max(4<<10, min(runBuffer, spoolBytes/max(1, len(runs))))
	sources := make([]iter.Seq2[[]any, error], len(runs))
	for i, part := range runs {
		sources[i] = func(yield func([]any, error) bool) {
			r := bufio.NewReaderSize(io.NewSectionReader(file, part.from, part.to-part.from), size)
			for {
				row, err := readRow(r)
				if err == io.EOF {
					return
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
	return sources
}

// merge yields the rows of sorted sources in order; of rows that are alike those of earlier sources come first.
func merge(compare func(a, b []any) int, sources []iter.Seq2[[]any, error]) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		heads := headHeap{compare: compare}
		for i, source := range sources {
			next, stop := iter.Pull2(source)
			defer stop()
			if row, err, ok := next(); err != nil {
				yield(nil, err)
				return
			} else if ok {
				heads.heads = append(heads.heads, head{row, i, next})
			}
		}
		heap.Init(&heads)
		for len(heads.heads) > 0 {
			least := &heads.heads[0]
			if !yield(least.row, nil) {
				return
			}
			row, err, ok := least.next()
			switch {
			case err != nil:
				yield(nil, err)
				return
			case ok:
				least.row = row
				heap.Fix(&heads, 0)
			default:
				heap.Pop(&heads)
			}
		}
	}
}

// head is the next row of a source.
type head struct {
	row    []any
	source int
	next   func() ([]any, error, bool)
}

type headHeap struct {
	compare func(a, b []any) int
	heads   []head
}

func (h *headHeap) Len() int      { return len(h.heads) }
func (h *headHeap) Swap(i, j int) { h.heads[i], h.heads[j] = h.heads[j], h.heads[i] }
func (h *headHeap) Push(x any)    { h.heads = append(h.heads, x.(head)) }

func (h *headHeap) Less(i, j int) bool {
	a, b := &h.heads[i], &h.heads[j]
	return cmp.Or(h.compare(a.row, b.row), cmp.Compare(a.source, b.source)) < 0
}

func (h *headHeap) Pop() any {
	last := len(h.heads) - 1
	x := h.heads[last]
	h.heads = h.heads[:last]
	return x
}
