package out

import (
	"bufio"
	"strings"
)

// grid draws a table as PrettyTable does with every column aligned left: cells may have several lines, a table without
// rows has its lower rule twice. It is drawn when all cells have been measured. Errors stay in the writer for Flush.
type grid struct{ widths []int }

func (g *grid) measure(cells []string) {
	if g.widths == nil {
		g.widths = make([]int, len(cells))
	}
	for i, cell := range cells {
		for {
			line, rest, more := strings.Cut(cell, "\n")
			g.widths[i] = max(g.widths[i], width(line))
			if !more {
				break
			}
			cell = rest
		}
	}
}

func (g *grid) rule(w *bufio.Writer) {
	for _, n := range g.widths {
		_, _ = w.WriteString("+--")
		repeat(w, '-', n)
	}
	_, _ = w.WriteString("+\n")
}

func (g *grid) row(w *bufio.Writer, row []string) {
	height := 1
	for _, cell := range row {
		height = max(height, 1+strings.Count(cell, "\n"))
	}
	if height == 1 {
		g.line(w, row)
		return
	}
	cells := make([][]string, len(row))
	for i, cell := range row {
		cells[i] = strings.Split(cell, "\n")
	}
	line := make([]string, len(row))
	for y := range height {
		for i := range cells {
			line[i] = ""
			if y < len(cells[i]) {
				line[i] = cells[i][y]
			}
		}
		g.line(w, line)
	}
}

func (g *grid) line(w *bufio.Writer, line []string) {
	for i, text := range line {
		_, _ = w.WriteString("| ")
		_, _ = w.WriteString(text)
		repeat(w, ' ', g.widths[i]-width(text)+1)
	}
	_, _ = w.WriteString("|\n")
}

func repeat(w *bufio.Writer, c byte, n int) {
	for range n {
		_ = w.WriteByte(c)
	}
}
