package arg

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// Type converts the text of an argument. The error's text follows "argument NAME: " in the usage error.
type Type func(text string) (any, error)

// Int is Python's int(): an int, spaces around it and single underscores between its digits allowed.
func Int(text string) (any, error) {
	n, err := strconv.ParseInt(number(text), 10, 64)
	if err != nil {
		return nil, invalid("int", text)
	}
	return int(n), nil
}

// Float is Python's float(): a float64, also inf and nan.
func Float(text string) (any, error) {
	f, ok := parseFloat(text)
	if !ok {
		return nil, invalid("float", text)
	}
	return f, nil
}

// PositiveFloat is a float64 above zero, for --timeout.
func PositiveFloat(text string) (any, error) {
	f, ok := parseFloat(text)
	if !ok {
		return nil, errors.New(text + " must be a float")
	}
	if f <= 0 || math.IsNaN(f) {
		return nil, errors.New(text + " must be greater than 0")
	}
	return f, nil
}

// Bool is oslo.utils' strict bool_from_string: a bool from 1/t/true/on/y/yes and 0/f/false/off/n/no in any case.
func Bool(text string) (any, error) {
	b, ok := parseBool(text)
	if !ok {
		return nil, invalid("<lambda>", text)
	}
	return b, nil
}

// KeyValue checks for key=value and keeps the text; Pair takes it apart.
func KeyValue(text string) (any, error) {
	if !strings.Contains(text, "=") {
		return nil, errors.New("'" + text + "' is not in the format of 'key=value'")
	}
	return text, nil
}

// Pair is the key and the value of a KeyValue text, parted at its first equals sign.
func Pair(text string) (key, value string) {
	key, value, _ = strings.Cut(text, "=")
	return key, value
}

func invalid(kind, text string) error {
	return errors.New("invalid " + kind + " value: " + pytext.Quote(text))
}

// number is text without what Python allows in numbers and Go does not; "" when it is no number in Python.
func number(text string) string {
	s := strings.TrimFunc(text, pytext.Space)
	if !strings.Contains(s, "_") {
		return s
	}
	for i := range len(s) {
		if s[i] == '_' && (i == 0 || i == len(s)-1 || !digit(s[i-1]) || !digit(s[i+1])) {
			return ""
		}
	}
	return strings.ReplaceAll(s, "_", "")
}

func parseFloat(text string) (float64, bool) {
	s := number(text)
	if strings.ContainsAny(s, "xXpP") { // Go reads hexadecimal floats, Python does not
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || math.IsInf(f, 0) && errors.Is(err, strconv.ErrRange)
}

func parseBool(text string) (value, ok bool) {
	switch strings.ToLower(strings.TrimFunc(text, pytext.Space)) {
	case "1", "t", "true", "on", "y", "yes":
		return true, true
	case "0", "f", "false", "off", "n", "no":
		return false, true
	}
	return false, false
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
