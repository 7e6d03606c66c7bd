package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"math/bits"
	"reflect"
	"strconv"
	"strings"
)

// Decode reads JSON as it looks at version v into x, a pointer, and refuses
// what the contract does not have: unknown members, wrong types, values out of
// their rules. Errors are *SyntaxError and *Invalid.
func Decode(data []byte, x any, v Version) error { return decodeAll(data, x, v, true) }

// DecodeLenient reads a reply: members the contract does not know are passed
// over, and rules are not asked.
func DecodeLenient(data []byte, x any, v Version) error { return decodeAll(data, x, v, false) }

func decodeAll(data []byte, x any, v Version, strict bool) error {
	value := reflect.ValueOf(x).Elem()
	return decodeWith(planOf(value.Type(), v), data, value, strict)
}

func decodeWith(c *codec, data []byte, value reflect.Value, strict bool) error {
	d := &decoder{scanner: scanner{data: data}, strict: strict}
	if err := c.decode(d, value); err != nil {
		// A value out of the rules in a text that is no JSON at all is a
		// syntax error first, as for a reader that parses before it validates.
		check := scanner{data: data}
		if _, syntax := check.value(); syntax != nil {
			return syntax
		}
		if syntax := check.end(); syntax != nil {
			return syntax
		}
		return err
	}
	return d.end()
}

type decoder struct {
	scanner
	strict bool
}

// wrongType consumes the next value and says that it is not what it should be.
func (d *decoder) wrongType(want string) error {
	raw, err := d.value()
	if err != nil {
		return err
	}
	return &Invalid{Value: shorten(raw), Text: shorten(raw) + " is not of type '" + want + "'"}
}

// refuse puts the refused value into an error that speaks of it.
func refuse(err error, raw []byte) error {
	e, ok := err.(*Invalid)
	if !ok || e.Value != "" || e.Path != "" {
		return err
	}
	switch {
	case strings.HasPrefix(e.Text, "is ") || strings.HasPrefix(e.Text, "has "):
		e.Value = shorten(raw)
		e.Text = "'" + strings.Trim(e.Value, `"`) + "' " + e.Text
	case strings.HasPrefix(e.Text, "An invalid"):
		e.Value = shorten(raw)
	}
	return err
}

// lenientNull handles null for a reply and reports whether it was one.
func (d *decoder) lenientNull() bool { return !d.strict && d.word("null") }

func decodeStruct(fields []field) func(*decoder, reflect.Value) error {
	byName := make(map[string]int, len(fields))
	var required uint64
	for i, f := range fields {
		byName[f.name] = i
		if f.required {
			required |= 1 << i
		}
	}
	return func(d *decoder, v reflect.Value) error {
		if d.lenientNull() {
			return nil
		}
		if d.peek() != '{' {
			return d.wrongType("object")
		}
		var seen uint64
		err := d.object(func(key []byte) error {
			i, known := byName[string(key)]
			if !known {
				if d.strict {
					name := string(key)
					if _, err := d.value(); err != nil {
						return err
					}
					return &Invalid{Text: "Additional properties are not allowed ('" + shorten([]byte(name)) + "' was unexpected)"}
				}
				_, err := d.value()
				return err
			}
			f := &fields[i]
			if i < 64 {
				seen |= 1 << i
			}
			d.peek()
			start := d.pos
			if err := f.codec.decode(d, v.Field(f.index)); err != nil {
				err = refuse(err, d.data[start:d.pos])
				if e, ok := err.(*Invalid); ok && f.rules.secret {
					e.Value, e.Text = "", "is not a valid value"
				}
				return within(err, f.name)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if missing := required &^ seen; d.strict && missing != 0 {
			return &Invalid{Text: "'" + fields[bits.TrailingZeros64(missing)].name + "' is a required property"}
		}
		return nil
	}
}

func decodeOpt(elem *codec, r *rules) func(*decoder, reflect.Value) error {
	return func(d *decoder, v reflect.Value) error {
		if d.peek() == 'n' && (!d.strict || r.null) {
			if !d.word("null") {
				return d.fail("expected a value")
			}
			v.Field(0).SetBool(true)
			v.Field(1).SetBool(true)
			v.Field(2).SetZero()
			return nil
		}
		v.Field(0).SetBool(true)
		v.Field(1).SetBool(false)
		return elem.decode(d, v.Field(2))
	}
}

func decodePointer(elem *codec) func(*decoder, reflect.Value) error {
	return func(d *decoder, v reflect.Value) error {
		if d.word("null") {
			v.SetZero()
			return nil
		}
		value := reflect.New(v.Type().Elem())
		v.Set(value)
		return elem.decode(d, value.Elem())
	}
}

func decodeSlice(elem *codec, r *rules) func(*decoder, reflect.Value) error {
	return func(d *decoder, v reflect.Value) error {
		if d.lenientNull() {
			return nil
		}
		if d.peek() != '[' {
			return d.wrongType("array")
		}
		v.SetLen(0)
		if err := d.array(func() error {
			n := v.Len()
			v.Grow(1)
			v.SetLen(n + 1)
			v.Index(n).SetZero()
			d.peek()
			start := d.pos
			if err := elem.decode(d, v.Index(n)); err != nil {
				return within(refuse(err, d.data[start:d.pos]), "["+strconv.Itoa(n)+"]")
			}
			return nil
		}); err != nil {
			return err
		}
		if !d.strict {
			return nil
		}
		return r.length(v.Len(), "items")
	}
}

func decodeMap(elem *codec, r *rules) func(*decoder, reflect.Value) error {
	keys := formats[r.keys]
	return func(d *decoder, v reflect.Value) error {
		if d.lenientNull() {
			return nil
		}
		if d.peek() != '{' {
			return d.wrongType("object")
		}
		v.Set(reflect.MakeMap(v.Type()))
		if err := d.object(func(key []byte) error {
			name := string(key)
			if d.strict {
				if r.keyMax > 0 && (name == "" || len([]rune(name)) > r.keyMax) {
					return within(&Invalid{Text: "is a key of the wrong length: 1 to " + strconv.Itoa(r.keyMax) + " characters"}, shorten(key))
				}
				if keys.ok != nil && !keys.ok(name) {
					return &Invalid{Text: "'" + shorten(key) + "' " + keys.text}
				}
			}
			value := reflect.New(v.Type().Elem()).Elem()
			d.peek()
			start := d.pos
			err := elem.decode(d, value)
			text := value
			if text.Kind() == reflect.Pointer && !text.IsNil() {
				text = text.Elem()
			}
			if err == nil && d.strict && r.valMax > 0 && text.Kind() == reflect.String && len([]rune(text.String())) > r.valMax {
				err = &Invalid{Text: "is too long: at most " + strconv.Itoa(r.valMax) + " characters"}
			}
			if err != nil {
				return within(refuse(err, d.data[start:d.pos]), shorten(key))
			}
			v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), value)
			return nil
		}); err != nil {
			return err
		}
		if !d.strict {
			return nil
		}
		return r.length(v.Len(), "members")
	}
}

func decodeString(r *rules) func(*decoder, reflect.Value) error {
	return func(d *decoder, v reflect.Value) error {
		if d.peek() != '"' {
			if d.lenientNull() {
				return nil
			}
			if !d.strict || r.loose {
				if raw, err := d.value(); err != nil || len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
					v.SetString(string(raw))
					return err
				} else if !d.strict {
					return &Invalid{Value: shorten(raw), Text: "is not a string"}
				} else {
					return &Invalid{Value: shorten(raw), Text: shorten(raw) + " is not of type 'string'"}
				}
			}
			return d.wrongType("string")
		}
		text, err := d.str()
		if err != nil {
			return err
		}
		v.SetString(string(text))
		if !d.strict {
			return nil
		}
		return r.text(v.String())
	}
}

func decodeBool(r *rules) func(*decoder, reflect.Value) error {
	return func(d *decoder, v reflect.Value) error {
		switch {
		case d.word("true"):
			v.SetBool(true)
			return nil
		case d.word("false"):
			v.SetBool(false)
			return nil
		case d.lenientNull():
			return nil
		case r.loose && d.peek() == '"':
			text, err := d.str()
			if err != nil {
				return err
			}
			value, ok := LooseBool(string(text))
			if !ok {
				return &Invalid{Text: "is not a boolean"}
			}
			v.SetBool(value)
			return nil
		}
		return d.wrongType("boolean")
	}
}

func decodeInt(r *rules) func(*decoder, reflect.Value) error {
	return func(d *decoder, v reflect.Value) error {
		c := d.peek()
		var text []byte
		var err error
		switch {
		case c == '-' || c >= '0' && c <= '9':
			text, err = d.number()
		case c == '"' && (r.loose || !d.strict):
			text, err = d.str()
			if err == nil && len(text) == 0 && !d.strict {
				return nil // the empty string that Nova writes for no swap
			}
			if err == nil && d.strict && !plainNumber(text, false) {
				return &Invalid{Text: "is not an integer"}
			}
		case d.lenientNull():
			return nil
		default:
			return d.wrongType("integer")
		}
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			f, ferr := strconv.ParseFloat(string(text), 64)
			switch {
			case ferr == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 && !bytes.ContainsAny(text, "_xX"):
				n = int64(f)
			case ferr == nil && f != math.Trunc(f) || ferr != nil && c == '"':
				return &Invalid{Text: "is not an integer"}
			default:
				return &Invalid{Text: "is out of range"}
			}
		}
		if v.OverflowInt(n) {
			return &Invalid{Text: "is out of range"}
		}
		v.SetInt(n)
		if !d.strict {
			return nil
		}
		return r.number(n)
	}
}

func decodeFloat(r *rules) func(*decoder, reflect.Value) error {
	return func(d *decoder, v reflect.Value) error {
		c := d.peek()
		var text []byte
		var err error
		switch {
		case c == '-' || c >= '0' && c <= '9':
			text, err = d.number()
		case c == '"' && (r.loose || !d.strict):
			if text, err = d.str(); err == nil && len(text) == 0 && !d.strict {
				return nil
			}
			if err == nil && d.strict && !plainNumber(text, true) {
				return &Invalid{Text: "is not a number"}
			}
		case d.lenientNull():
			return nil
		default:
			return d.wrongType("number")
		}
		if err != nil {
			return err
		}
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return &Invalid{Text: "is not a number in range"}
		}
		v.SetFloat(f)
		if !d.strict {
			return nil
		}
		if r.min != nil && f < float64(*r.min) {
			return &Invalid{Text: "is less than the minimum of " + strconv.FormatInt(*r.min, 10)}
		}
		if r.max != nil && f > float64(*r.max) {
			return &Invalid{Text: "is greater than the maximum of " + strconv.FormatInt(*r.max, 10)}
		}
		return nil
	}
}

// plainNumber reports whether a string is a number as a request may write one:
// digits, perhaps with a sign and a fraction, as the schema has it.
func plainNumber(text []byte, fraction bool) bool {
	text = bytes.TrimPrefix(text, []byte("-"))
	whole, part, pointed := bytes.Cut(text, []byte("."))
	return digitsOnly(whole) && (!pointed || fraction && digitsOnly(part))
}

func digitsOnly(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}

func decodeRaw(d *decoder, v reflect.Value) error {
	raw, err := d.value()
	if err != nil {
		return err
	}
	v.SetBytes(bytes.Clone(raw))
	return nil
}

// decodeAny reads any value; numbers stay json.Number, so that nothing is lost.
func decodeAny(d *decoder, v reflect.Value) error {
	raw, err := d.value()
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var x any
	if err := dec.Decode(&x); err != nil {
		return d.fail("%v", err)
	}
	if x != nil {
		v.Set(reflect.ValueOf(x))
	}
	return nil
}

func decodeCustom(d *decoder, v reflect.Value) error {
	raw, err := d.value()
	if err != nil {
		return err
	}
	if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(raw); err != nil {
		if _, ok := err.(*Invalid); ok {
			return err
		}
		return &Invalid{Text: err.Error()}
	}
	return nil
}
