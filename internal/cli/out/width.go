package out

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// width is the columns a line takes on a terminal, as the wcwidth library counts them: wide characters two, combining
// ones none, the terminal's colour sequences none. A control character makes the width -1.
func width(line string) int {
	line = withoutColours(line)
	columns := 0
	for _, r := range line {
		switch {
		case r >= 0x20 && r < 0x7f:
			columns++
		case r == 0:
		case r < 0x20 || r < 0xa0:
			return -1
		case invisible(r):
		case unicode.Is(wide, r):
			columns += 2
		default:
			columns++
		}
	}
	return columns
}

// invisible says whether r takes no column: it combines with what stands before it, or is one of the format
// characters that wcwidth lists.
func invisible(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r == 0x34f, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x2063:
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me)
}

// withoutColours takes away ESC [ digits and semicolons m, and ESC ( B, as PrettyTable does before it measures.
func withoutColours(s string) string {
	if strings.IndexByte(s, 0x1b) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if n := colourLength(s[i:]); n > 0 {
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func colourLength(s string) int {
	if strings.HasPrefix(s, "\x1b(B") {
		return 3
	}
	if !strings.HasPrefix(s, "\x1b[") {
		return 0
	}
	for i := 2; i < len(s); i++ {
		if s[i] == 'm' {
			return i + 1
		}
		if s[i] != ';' && (s[i] < '0' || s[i] > '9') {
			return 0
		}
	}
	return 0
}

// Clean makes text harmless on a terminal: control characters other than newline and tab, and bytes that are no UTF-8,
// become \xNN. Text for files and pipes stays as the server sent it.
func Clean(text string) string {
	clean := func(r rune) bool { return r == '\n' || r == '\t' || !unicode.IsControl(r) }
	if utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !clean(r) }) < 0 {
		return text
	}
	b := make([]byte, 0, len(text)+8)
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			b = pytext.AppendEscape(b, rune(text[0]))
		case clean(r):
			b = append(b, text[:size]...)
		default:
			b = pytext.AppendEscape(b, r)
		}
		text = text[size:]
	}
	return string(b)
}
