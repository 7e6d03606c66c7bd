package out

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// Pretty is Python's pprint.pformat() of a value: on one line if it fits 80 columns, else objects, lists and long texts
// broken over lines. Members are in the order of their keys.
func Pretty(value any) string {
	var p pretty
	p.write(sortedKeys(plain(value)), 0, 0, 0)
	return p.String()
}

const prettyWidth = 80

type pretty struct{ strings.Builder }

// write writes a value from column indent on; behind it, on its last line, are to be room for after more characters.
func (p *pretty) write(value any, indent, after, level int) {
	whole := string(appendRepr(nil, value, true))
	if utf8.RuneCountInString(whole) <= prettyWidth-indent-after {
		p.WriteString(whole)
		return
	}
	level++
	switch value := value.(type) {
	case []any:
		p.items('[', ']', len(value), indent, after, func(i, indent, after int) { p.write(value[i], indent, after, level) })
	case Object:
		p.items('{', '}', len(value), indent, after, func(i, indent, after int) {
			key := pytext.Quote(value[i].Key) + ": "
			p.WriteString(key)
			p.write(value[i].Value, indent+utf8.RuneCountInString(key), after, level)
		})
	case string:
		p.text(value, indent, after, level)
	default:
		p.WriteString(whole)
	}
}

func (p *pretty) items(opening, closing byte, n, indent, after int, item func(i, indent, after int)) {
	p.WriteByte(opening)
	for i := range n {
		if i > 0 {
			p.newLine(",", indent+1)
		}
		room := 1 // for the comma
		if i == n-1 {
			room = after + 1
		}
		item(i, indent+1, room)
	}
	p.WriteByte(closing)
}

func (p *pretty) newLine(before string, indent int) {
	p.WriteString(before + "\n" + strings.Repeat(" ", indent))
}

// text writes a text as the texts of its lines, and long lines at blanks, one below the other.
func (p *pretty) text(s string, indent, after, level int) {
	if level == 1 {
		indent, after = indent+1, after+1
	}
	width := prettyWidth - indent
	var chunks []string
	lines := splitLines(s)
	for i, line := range lines {
		last := i == len(lines)-1
		room := width
		if last {
			room -= after
		}
		if quoted := pytext.Quote(line); utf8.RuneCountInString(quoted) <= room {
			chunks = append(chunks, quoted)
			continue
		}
		words := splitWords(line)
		current := ""
		for j, word := range words {
			room := width
			if last && j == len(words)-1 {
				room -= after
			}
			if utf8.RuneCountInString(pytext.Quote(current+word)) <= room {
				current += word
				continue
			}
			if current != "" {
				chunks = append(chunks, pytext.Quote(current))
			}
			current = word
		}
		if current != "" {
			chunks = append(chunks, pytext.Quote(current))
		}
	}
	if len(chunks) <= 1 {
		p.WriteString(pytext.Quote(s))
		return
	}
	if level == 1 {
		p.WriteByte('(')
	}
	for i, chunk := range chunks {
		if i > 0 {
			p.newLine("", indent)
		}
		p.WriteString(chunk)
	}
	if level == 1 {
		p.WriteByte(')')
	}
}

// splitLines parts a text behind each line break that Python knows.
func splitLines(s string) []string {
	var lines []string
	start := 0
	for i, r := range s {
		switch r {
		case '\n', '\v', '\f', '\x1c', '\x1d', '\x1e', '\u0085', '\u2028', '\u2029':
		case '\r':
			if strings.HasPrefix(s[i+1:], "\n") {
				continue
			}
		default:
			continue
		}
		end := i + utf8.RuneLen(r)
		lines = append(lines, s[start:end])
		start = end
	}
	if start < len(s) {
		lines = append(lines, s[start:])
	}
	return lines
}

// splitWords parts a line behind each run of blanks.
func splitWords(line string) []string {
	var words []string
	start, inBlanks := 0, false
	for i, r := range line {
		blank := pytext.Space(r)
		if inBlanks && !blank {
			words = append(words, line[start:i])
			start = i
		}
		inBlanks = blank
	}
	return append(words, line[start:])
}

// sortedKeys is a value with the members of its objects in order.
func sortedKeys(value any) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = sortedKeys(plain(value[i]))
		}
		return list
	case Object:
		object := slices.Clone(value)
		slices.SortStableFunc(object, func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
		for i := range object {
			object[i].Value = sortedKeys(plain(object[i].Value))
		}
		return object
	}
	return value
}
