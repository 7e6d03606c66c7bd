package out

import (
	"io"
	"strings"
)

// writeTable draws a grid as PrettyTable does with every column aligned left: cells may have several lines, a table
// without rows has its lower rule twice.
func writeTable(w io.Writer, header []string, rows [][]string) error {
	widths := make([]int, len(header))
	for i, name := range header {
		widths[i] = width(name)
	}
	for _, row := range rows {
		for i, cell := range row {
			for line := range strings.SplitSeq(cell, "\n") {
				widths[i] = max(widths[i], width(line))
			}
		}
	}
	var b strings.Builder
	var rule strings.Builder
	for _, n := range widths {
		rule.WriteString("+" + strings.Repeat("-", n+2))
	}
	rule.WriteString("+\n")
	b.WriteString(rule.String())
	writeRow(&b, header, widths)
	b.WriteString(rule.String())
	for _, row := range rows {
		writeRow(&b, row, widths)
		if b.Len() > 1<<16 {
			if _, err := io.WriteString(w, b.String()); err != nil {
				return err
			}
			b.Reset()
		}
	}
	b.WriteString(rule.String())
	_, err := io.WriteString(w, b.String())
	return err
}

func writeRow(b *strings.Builder, row []string, widths []int) {
	height := 1
	for _, cell := range row {
		height = max(height, 1+strings.Count(cell, "\n"))
	}
	if height == 1 {
		writeLine(b, row, widths)
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
		writeLine(b, line, widths)
	}
}

func writeLine(b *strings.Builder, line []string, widths []int) {
	for i, text := range line {
		b.WriteString("| ")
		b.WriteString(text)
		for range widths[i] - width(text) {
			b.WriteByte(' ')
		}
		b.WriteByte(' ')
	}
	b.WriteString("|\n")
}
