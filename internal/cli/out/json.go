package out

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// JSON is Python's json.dumps(value, ensure_ascii=False): ", " and ": " between, all but control characters as they are.
func JSON(value any) string { return string(jsonStyle{}.appendValue(nil, value, 0)) }

// jsonStyle is how json.dumps is called: with an indent of two, with ASCII only, without spaces.
type jsonStyle struct{ indent, ascii, compact bool }

func (s jsonStyle) appendValue(b []byte, value any, depth int) []byte {
	switch value := plain(value).(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, value)
	case string:
		return s.appendString(b, value)
	case int64:
		return strconv.AppendInt(b, value, 10)
	case float64:
		switch {
		case math.IsInf(value, 1):
			return append(b, "Infinity"...)
		case math.IsInf(value, -1):
			return append(b, "-Infinity"...)
		case math.IsNaN(value):
			return append(b, "NaN"...)
		}
		return append(b, pytext.Float(value)...)
	case json.Number:
		return append(b, value...)
	case []any:
		if len(value) == 0 {
			return append(b, "[]"...)
		}
		b = append(b, '[')
		for i := range value {
			b = s.appendBreak(b, i, depth+1)
			b = s.appendValue(b, value[i], depth+1)
		}
		return append(s.appendEnd(b, depth), ']')
	case Object:
		if len(value) == 0 {
			return append(b, "{}"...)
		}
		b = append(b, '{')
		for i := range value {
			b = s.appendBreak(b, i, depth+1)
			b = append(s.appendString(b, value[i].Key), ':')
			if !s.compact {
				b = append(b, ' ')
			}
			b = s.appendValue(b, value[i].Value, depth+1)
		}
		return append(s.appendEnd(b, depth), '}')
	}
	return b
}

// appendBreak parts item i from what stands before it.
func (s jsonStyle) appendBreak(b []byte, i, depth int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	switch {
	case s.indent:
		return s.appendEnd(b, depth)
	case i > 0 && !s.compact:
		return append(b, ' ')
	}
	return b
}

func (s jsonStyle) appendEnd(b []byte, depth int) []byte {
	if !s.indent {
		return b
	}
	b = append(b, '\n')
	for range depth {
		b = append(b, "  "...)
	}
	return b
}

func (s jsonStyle) appendString(b []byte, text string) []byte {
	b = append(b, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r < 0x20 || s.ascii && r > 0x7e && r <= 0xffff:
			b = appendUnicode(b, r)
		case s.ascii && r > 0xffff:
			b = appendUnicode(b, 0xd800+(r-0x10000)>>10)
			b = appendUnicode(b, 0xdc00+(r-0x10000)&0x3ff)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// appendUnicode is JSON's \uNNNN.
func appendUnicode(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
