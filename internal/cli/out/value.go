// Package out prints what commands answer: tables byte for byte as novaclient's (PrettyTable), and the formats of
// openstack commands (json, yaml, csv, value) with jsonl beside them. Values keep their JSON types until they are
// printed. Nothing on a terminal is printed raw that could control it.
package out

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/novalet/novalet/internal/cli/pytext"
)

// A value is nil, bool, string, int, int64, float64, json.Number, []any, []string, Object, map[string]any,
// map[string]string or a Cell. Anything else, such as an API type, is taken as its JSON.

// Object is a JSON object with its members in order.
type Object []Member

// Member is one property of an Object.
type Member struct {
	Key   string
	Value any
}

// Cell is a value that a table shows in a text of its own, as novaclient's formatters do. Machine formats print Value.
type Cell struct {
	Text  string
	Value any
}

// Verbatim is a Cell whose text is the value as Python prints it: nil is None where a bare nil would be "-".
func Verbatim(value any) Cell { return Cell{Text(value), value} }

// Get is the value of a member.
func (o Object) Get(key string) (value any, ok bool) {
	for i := range o {
		if o[i].Key == key {
			return o[i].Value, true
		}
	}
	return nil, false
}

// UnmarshalJSON keeps the order of the members.
func (o *Object) UnmarshalJSON(data []byte) error {
	value, err := Decode(data)
	if err != nil {
		return err
	}
	object, ok := value.(Object)
	if !ok && value != nil {
		return errors.New("a JSON object is expected")
	}
	*o = object
	return nil
}

// MarshalJSON writes the members in order.
func (o Object) MarshalJSON() ([]byte, error) {
	return jsonStyle{compact: true}.appendValue(nil, o, 0), nil
}

// plain is value as one of the kinds that printing knows: nil, bool, string, int64, float64, json.Number, []any, Object.
func plain(value any) any {
	switch value := value.(type) {
	case nil, bool, string, int64, float64, []any, Object:
		return value
	case int:
		return int64(value)
	case json.Number:
		switch n := decodeNumber(value).(type) {
		case int:
			return int64(n)
		default:
			return n
		}
	case Cell:
		return plain(value.Value)
	case []string:
		list := make([]any, len(value))
		for i := range value {
			list[i] = value[i]
		}
		return list
	case map[string]any:
		return sorted(value)
	case map[string]string:
		return sorted(value)
	}
	data, err := json.Marshal(value)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	decoded, err := Decode(data)
	if err != nil {
		return string(data)
	}
	return plain(decoded)
}

func sorted[V any](m map[string]V) Object {
	object := make(Object, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		object = append(object, Member{key, m[key]})
	}
	return object
}

// Text is Python's str() of a value: None, True, 1.0, a list and an object in Python's notation.
func Text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	return string(appendRepr(nil, plain(value), false))
}

// appendRepr is Python's repr; with quotes false a text at the top is bare.
func appendRepr(b []byte, value any, quotes bool) []byte {
	switch value := plain(value).(type) {
	case nil:
		return append(b, "None"...)
	case bool:
		if value {
			return append(b, "True"...)
		}
		return append(b, "False"...)
	case string:
		if !quotes {
			return append(b, value...)
		}
		return append(b, pytext.Quote(value)...)
	case int64:
		return strconv.AppendInt(b, value, 10)
	case float64:
		return append(b, pytext.Float(value)...)
	case json.Number:
		return append(b, value...)
	case []any:
		b = append(b, '[')
		for i := range value {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendRepr(b, value[i], true)
		}
		return append(b, ']')
	case Object:
		b = append(b, '{')
		for i := range value {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(append(b, pytext.Quote(value[i].Key)...), ": "...)
			b = appendRepr(b, value[i].Value, true)
		}
		return append(b, '}')
	}
	return b
}

// compareValues orders values as Python's sort does where it can, and kinds by rank where it would fail.
func compareValues(a, b any) int {
	a, b = plain(a), plain(b)
	x, aIsNumber := number(a)
	y, bIsNumber := number(b)
	switch {
	case aIsNumber && bIsNumber:
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case a == nil || b == nil || aIsNumber || bIsNumber:
		return rank(a) - rank(b)
	}
	return strings.Compare(Text(a), Text(b))
}

func rank(v any) int {
	if v == nil {
		return 0
	}
	if _, ok := number(v); ok {
		return 1
	}
	return 2
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v)
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}
