package out

import (
	"bufio"
	"strings"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// showTable is novaclient's print_dict.
func (p Printer) showTable(w *bufio.Writer, properties Object, wrap int) {
	header := []string{"Property", "Value"}
	rows := [][]string{}
	for _, m := range properties {
		name := m.Key
		for _, text := range propertyRows(m.Value, wrap) {
			rows = append(rows, []string{p.clean(name), p.clean(text)})
			name = ""
		}
	}
	var g grid
	g.measure(header)
	for _, row := range rows {
		g.measure(row)
	}
	g.rule(w)
	g.row(w, header)
	g.rule(w)
	for _, row := range rows {
		g.row(w, row)
	}
	g.rule(w)
}

// propertyRows is the text of a value, one row each part: lists and objects as JSON, None as a dash. A text that holds
// a carriage return or a backslash and an n, such as a traceback in JSON, is split at the latter.
func propertyRows(value any, wrap int) []string {
	var text string
	isText, isNone := false, false
	switch v := value.(type) {
	case Cell:
		text, isText = v.Text, true
	default:
		switch v := plain(value).(type) {
		case nil:
			text, isNone = "None", true
		case string:
			text, isText = v, true
		case []any, Object:
			text, isText = JSON(v), true
		default:
			text = Text(v)
		}
	}
	if wrap > 0 {
		text, isText, isNone = pytext.Fill(text, wrap), true, false
	}
	switch {
	case isNone:
		return []string{"-"}
	case isText && (strings.Contains(text, `\n`) || strings.Contains(text, "\r")):
		text = strings.TrimFunc(strings.ReplaceAll(text, "\r", ""), pytext.Space)
		return strings.Split(text, `\n`)
	}
	return []string{text}
}
