package wire

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds nesting, so that a hostile body cannot exhaust the stack.
const maxDepth = 64

// SyntaxError says where a body stops being JSON.
type SyntaxError struct {
	Offset int // bytes from the start
	Text   string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at byte %d: %s", e.Offset, e.Text)
}

// scanner walks over JSON text. It is strict: no trailing commas, no control
// characters in strings, valid UTF-8 only.
type scanner struct {
	data  []byte
	pos   int
	depth int
}

func (s *scanner) fail(format string, args ...any) error {
	return &SyntaxError{s.pos, fmt.Sprintf(format, args...)}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// take skips white space and consumes c if it is next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) expect(c byte) error {
	if !s.take(c) {
		return s.fail("expected %q", c)
	}
	return nil
}

// end refuses anything but white space up to the end.
func (s *scanner) end() error {
	if s.peek() != 0 || s.pos < len(s.data) {
		return s.fail("text after the value")
	}
	return nil
}

// object calls member for every member, positioned at its value. member must
// consume the value.
func (s *scanner) object(member func(key []byte) error) error {
	return s.nested('{', '}', func() error {
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// array calls item for every item, positioned at it.
func (s *scanner) array(item func() error) error { return s.nested('[', ']', item) }

func (s *scanner) nested(open, end byte, item func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return s.fail("nested deeper than %d", maxDepth)
	}
	defer func() { s.depth-- }()
	if s.take(end) {
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if s.take(',') {
			continue
		}
		if !s.take(end) {
			return s.fail("expected ',' or %q", end)
		}
		return nil
	}
}

// str reads a string. The result may alias the input.
func (s *scanner) str() ([]byte, error) {
	if err := s.expect('"'); err != nil {
		return nil, err
	}
	start := s.pos
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return s.data[start : s.pos-1], nil
		case c == '\\' || c >= utf8.RuneSelf:
			return s.strSlow(start)
		case c < ' ':
			return nil, s.fail("control character in a string")
		}
		s.pos++
	}
	return nil, s.fail("string without an end")
}

func (s *scanner) strSlow(start int) ([]byte, error) {
	buf := append([]byte(nil), s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			s.pos++
			return buf, nil
		case c == '\\':
			r, err := s.escape()
			if err != nil {
				return nil, err
			}
			buf = utf8.AppendRune(buf, r)
		case c < ' ':
			return nil, s.fail("control character in a string")
		case c < utf8.RuneSelf:
			buf = append(buf, c)
			s.pos++
		default:
			r, n := utf8.DecodeRune(s.data[s.pos:])
			if r == utf8.RuneError && n == 1 {
				return nil, s.fail("string is not UTF-8")
			}
			buf = append(buf, s.data[s.pos:s.pos+n]...)
			s.pos += n
		}
	}
	return nil, s.fail("string without an end")
}

// escape reads one \x sequence; a lone surrogate becomes U+FFFD.
func (s *scanner) escape() (rune, error) {
	if s.pos+1 >= len(s.data) {
		return 0, s.fail("string without an end")
	}
	c := s.data[s.pos+1]
	s.pos += 2
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		r, err := s.hex4()
		if err != nil || !utf16.IsSurrogate(r) {
			return r, err
		}
		if s.pos+1 < len(s.data) && s.data[s.pos] == '\\' && s.data[s.pos+1] == 'u' {
			before := s.pos
			s.pos += 2
			low, err := s.hex4()
			if err != nil {
				return 0, err
			}
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, nil
			}
			s.pos = before
		}
		return utf8.RuneError, nil
	}
	return 0, s.fail("unknown escape in a string")
}

func (s *scanner) hex4() (rune, error) {
	if s.pos+4 > len(s.data) {
		return 0, s.fail("string without an end")
	}
	n, err := strconv.ParseUint(string(s.data[s.pos:s.pos+4]), 16, 16)
	if err != nil {
		return 0, s.fail("bad \\u escape")
	}
	s.pos += 4
	return rune(n), nil
}

// number reads a number's text.
func (s *scanner) number() ([]byte, error) {
	s.peek()
	start := s.pos
	s.skip('-')
	switch {
	case s.skip('0'):
	case s.digits() == 0:
		return nil, s.fail("expected a value")
	}
	if s.skip('.') && s.digits() == 0 {
		return nil, s.fail("number without digits after the point")
	}
	if s.skip('e') || s.skip('E') {
		if !s.skip('+') {
			s.skip('-')
		}
		if s.digits() == 0 {
			return nil, s.fail("number without an exponent")
		}
	}
	return s.data[start:s.pos], nil
}

func (s *scanner) skip(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - start
}

func (s *scanner) word(w string) bool {
	if s.peek() == w[0] && len(s.data)-s.pos >= len(w) && string(s.data[s.pos:s.pos+len(w)]) == w {
		s.pos += len(w)
		return true
	}
	return false
}

// value checks the next value whatever it is and returns its text.
func (s *scanner) value() ([]byte, error) {
	c := s.peek()
	start := s.pos
	var err error
	switch {
	case c == '{':
		err = s.object(func([]byte) error { _, err := s.value(); return err })
	case c == '[':
		err = s.array(func() error { _, err := s.value(); return err })
	case c == '"':
		_, err = s.str()
	case c == '-' || c >= '0' && c <= '9':
		_, err = s.number()
	case s.word("true") || s.word("false") || s.word("null"):
	default:
		err = s.fail("expected a value")
	}
	return s.data[start:s.pos], err
}
