package wire

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Encode writes x as JSON as it looks at version v, appending to b. Nil lists
// and maps are [] and {}, nil pointers null.
func Encode(b []byte, x any, v Version) ([]byte, error) {
	value := reflect.ValueOf(x)
	return planOf(value.Type(), v).encode(b, value)
}

func encodeStruct(fields []field) func([]byte, reflect.Value) ([]byte, error) {
	return func(b []byte, v reflect.Value) ([]byte, error) {
		b = append(b, '{')
		first := true
		var err error
		for i := range fields {
			f := &fields[i]
			value := v.Field(f.index)
			if f.isOpt && !value.Field(0).Bool() || f.omit != nil && f.omit(value) {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, f.head...)
			if b, err = f.codec.encode(b, value); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
}

func encodeOpt(elem *codec) func([]byte, reflect.Value) ([]byte, error) {
	return func(b []byte, v reflect.Value) ([]byte, error) {
		if !v.Field(0).Bool() || v.Field(1).Bool() {
			return append(b, "null"...), nil
		}
		return elem.encode(b, v.Field(2))
	}
}

func encodePointer(elem *codec) func([]byte, reflect.Value) ([]byte, error) {
	return func(b []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return elem.encode(b, v.Elem())
	}
}

func encodeSlice(elem *codec) func([]byte, reflect.Value) ([]byte, error) {
	return func(b []byte, v reflect.Value) ([]byte, error) {
		b = append(b, '[')
		var err error
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = elem.encode(b, v.Index(i)); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	}
}

// encodeMap writes members sorted by key, so that the same value is always the
// same bytes.
func encodeMap(elem *codec) func([]byte, reflect.Value) ([]byte, error) {
	return func(b []byte, v reflect.Value) ([]byte, error) {
		b = append(b, '{')
		if v.Len() == 0 {
			return append(b, '}'), nil
		}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(x, y reflect.Value) int {
			if x.String() < y.String() {
				return -1
			}
			return 1
		})
		var err error
		for i, key := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, key.String()), ':')
			if b, err = elem.encode(b, v.MapIndex(key)); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
}

func encodeString(b []byte, v reflect.Value) ([]byte, error) {
	return appendString(b, v.String()), nil
}

func encodeBool(b []byte, v reflect.Value) ([]byte, error) {
	return strconv.AppendBool(b, v.Bool()), nil
}

func encodeInt(b []byte, v reflect.Value) ([]byte, error) {
	return strconv.AppendInt(b, v.Int(), 10), nil
}

// encodeFloat writes a number as Python does: 1.0 keeps its point.
func encodeFloat(b []byte, v reflect.Value) ([]byte, error) {
	f := v.Float()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return b, &json.UnsupportedValueError{Value: v, Str: strconv.FormatFloat(f, 'g', -1, 64)}
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e16 {
		return strconv.AppendFloat(b, f, 'f', 1, 64), nil
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64), nil
}

func encodeRaw(b []byte, v reflect.Value) ([]byte, error) {
	raw := v.Bytes()
	if len(raw) == 0 {
		return append(b, "null"...), nil
	}
	return append(b, raw...), nil
}

func encodeAny(b []byte, v reflect.Value) ([]byte, error) {
	out, err := json.Marshal(v.Interface())
	return append(b, out...), err
}

func encodeCustom(b []byte, v reflect.Value) ([]byte, error) {
	out, err := v.Interface().(json.Marshaler).MarshalJSON()
	return append(b, out...), err
}

// appender is a json.Marshaler that can write straight into the reply.
type appender interface {
	AppendJSON(b []byte) ([]byte, error)
}

func encodeAppender(b []byte, v reflect.Value) ([]byte, error) {
	return v.Interface().(appender).AppendJSON(b)
}

const hexDigits = "0123456789abcdef"

// appendString writes s quoted. Invalid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			b = append(append(b, s[start:i]...), `\ufffd`...)
			i++
			start = i
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}
