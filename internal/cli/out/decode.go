package out

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Replies of thousands of servers are megabytes, so that a decoder of tokens would take longer than the server.

const maxDepth = 1000

// Decode reads one JSON value: nil, bool, string, int, float64, json.Number for what neither holds, []any, Object.
func Decode(data []byte) (any, error) {
	d := decoder{data: string(data)}
	value, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if d.blanks(); d.at < len(d.data) {
		return nil, errors.New("there is more behind the JSON value")
	}
	return value, nil
}

// decoder reads a text from at on. The texts it returns are parts of it.
type decoder struct {
	data string
	at   int
}

func (d *decoder) blanks() {
	for d.at < len(d.data) {
		switch d.data[d.at] {
		case ' ', '\t', '\n', '\r':
			d.at++
		default:
			return
		}
	}
}

// next is the next byte that is no blank, 0 at the end.
func (d *decoder) next() byte {
	d.blanks()
	if d.at == len(d.data) {
		return 0
	}
	return d.data[d.at]
}

func (d *decoder) fail(wanted string) error {
	if d.at >= len(d.data) {
		return errors.New("the JSON text ends where there should be " + wanted)
	}
	return fmt.Errorf("at byte %d of the JSON text there should be %s", d.at, wanted)
}

func (d *decoder) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("the JSON value is nested too deeply")
	}
	switch c := d.next(); {
	case c == '{':
		return d.object(depth)
	case c == '[':
		return d.list(depth)
	case c == '"':
		return d.text()
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	}
	for _, word := range [...]struct {
		text  string
		value any
	}{{"null", nil}, {"true", true}, {"false", false}} {
		if strings.HasPrefix(d.data[d.at:], word.text) {
			d.at += len(word.text)
			return word.value, nil
		}
	}
	return nil, d.fail("a value")
}

func (d *decoder) list(depth int) (any, error) {
	list := []any{}
	d.at++
	for d.next() != ']' {
		if len(list) > 0 {
			if d.next() != ',' {
				return nil, d.fail("a comma or ]")
			}
			d.at++
		}
		value, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	d.at++
	return list, nil
}

// linear is up to how many members a name is looked for one by one.
const linear = 64

func (d *decoder) object(depth int) (any, error) {
	object := Object{}
	var index map[string]int // of large objects, so that hostile ones stay cheap
	d.at++
	for first := true; d.next() != '}'; first = false {
		if !first {
			if d.next() != ',' {
				return nil, d.fail("a comma or }")
			}
			d.at++
		}
		if d.next() != '"' {
			return nil, d.fail("a name in quotes")
		}
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		if d.next() != ':' {
			return nil, d.fail("a colon")
		}
		d.at++
		value, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if len(object) == linear {
			index = make(map[string]int, 2*linear)
			for i := range object {
				index[object[i].Key] = i
			}
		}
		if i := object.place(name, index); i >= 0 {
			object[i].Value = value
			continue
		}
		if index != nil {
			index[name] = len(object)
		}
		object = append(object, Member{name, value})
	}
	d.at++
	return object, nil
}

// place is where the object has a member, -1 if nowhere.
func (o Object) place(name string, index map[string]int) int {
	if index != nil {
		if i, ok := index[name]; ok {
			return i
		}
		return -1
	}
	for i := range o {
		if o[i].Key == name {
			return i
		}
	}
	return -1
}

// text reads what is between quotes. Escapes and bytes that are no UTF-8 are left to encoding/json.
func (d *decoder) text() (string, error) {
	start := d.at
	plain := true
	for d.at++; d.at < len(d.data); d.at++ {
		switch c := d.data[d.at]; {
		case c == '"':
			d.at++
			if whole := d.data[start:d.at]; !plain || !utf8.ValidString(whole) {
				var text string
				err := json.Unmarshal([]byte(whole), &text)
				return text, err
			}
			return d.data[start+1 : d.at-1], nil
		case c == '\\':
			plain = false
			d.at++
		case c < ' ':
			return "", d.fail("no control character")
		}
	}
	return "", d.fail("a closing quote")
}

func (d *decoder) number() (any, error) {
	start := d.at
	whole := true
	for ; d.at < len(d.data); d.at++ {
		c := d.data[d.at]
		if c >= '0' && c <= '9' || c == '-' && d.at == start {
			continue
		}
		if !strings.ContainsRune(".eE+-", rune(c)) {
			break
		}
		whole = false
	}
	text := d.data[start:d.at]
	digits := strings.TrimPrefix(text, "-")
	if whole && digits != "" && (digits[0] != '0' || digits == "0") {
		return decodeNumber(json.Number(text)), nil
	}
	if !json.Valid([]byte(text)) {
		d.at = start
		return nil, d.fail("a number")
	}
	return decodeNumber(json.Number(text)), nil
}

func decodeNumber(n json.Number) any {
	if i, err := strconv.Atoi(string(n)); err == nil {
		return i
	}
	if strings.ContainsAny(string(n), ".eE") {
		if f, err := n.Float64(); err == nil {
			return f
		}
	}
	return n
}
