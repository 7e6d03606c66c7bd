package out

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
)

// Rows in files are their length and their values: a letter for the kind, then the value. Only the process that wrote
// a file reads it.

func appendRow(b []byte, row []any) []byte {
	b = binary.AppendUvarint(b, uint64(len(row)))
	for _, value := range row {
		b = appendCell(b, value)
	}
	return b
}

func appendCell(b []byte, value any) []byte {
	if cell, ok := value.(Cell); ok {
		b = appendSized(append(b, 'c'), cell.Text)
		value = cell.Value
	}
	switch value := plain(value).(type) {
	case bool:
		if value {
			return append(b, 't')
		}
		return append(b, 'f')
	case string:
		return appendSized(append(b, 's'), value)
	case int64:
		return binary.AppendVarint(append(b, 'i'), value)
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 'd'), math.Float64bits(value))
	case json.Number:
		return appendSized(append(b, 'n'), string(value))
	case []any:
		b = binary.AppendUvarint(append(b, 'l'), uint64(len(value)))
		for i := range value {
			b = appendCell(b, value[i])
		}
		return b
	case Object:
		b = binary.AppendUvarint(append(b, 'o'), uint64(len(value)))
		for i := range value {
			b = appendCell(appendSized(b, value[i].Key), value[i].Value)
		}
		return b
	}
	return append(b, '0')
}

func appendSized(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// readRow reads a row; io.EOF says that there is none left.
func readRow(r *bufio.Reader) ([]any, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	row := make([]any, n)
	for i := range row {
		if row[i], err = readCell(r); err != nil {
			return nil, errors.Join(io.ErrUnexpectedEOF, err)
		}
	}
	return row, nil
}

func readCell(r *bufio.Reader) (any, error) {
	kind, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	switch kind {
	case 'c':
		text, err := readSized(r)
		if err != nil {
			return nil, err
		}
		value, err := readCell(r)
		return Cell{text, value}, err
	case 't', 'f':
		return kind == 't', nil
	case 's':
		return readSized(r)
	case 'i':
		return binary.ReadVarint(r)
	case 'd':
		var bits [8]byte
		_, err := io.ReadFull(r, bits[:])
		return math.Float64frombits(binary.BigEndian.Uint64(bits[:])), err
	case 'n':
		text, err := readSized(r)
		return json.Number(text), err
	case 'l':
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, err
		}
		list := make([]any, n)
		for i := range list {
			if list[i], err = readCell(r); err != nil {
				return nil, err
			}
		}
		return list, nil
	case 'o':
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, err
		}
		object := make(Object, n)
		for i := range object {
			if object[i].Key, err = readSized(r); err != nil {
				return nil, err
			}
			if object[i].Value, err = readCell(r); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return nil, nil
}

func readSized(r *bufio.Reader) (string, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return "", err
	}
	if n <= uint64(r.Size()) {
		b, err := r.Peek(int(n))
		text := string(b)
		_, _ = r.Discard(len(b))
		return text, err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(r, b)
	return string(b), err
}

// detach is a value that keeps nothing of the reply that it was in, and about how many bytes it takes.
func detach(value any) (any, int) {
	const box = 16
	switch value := value.(type) {
	case string:
		return strings.Clone(value), box + 16 + len(value)
	case Cell:
		kept, size := detach(value.Value)
		if text, ok := kept.(string); ok && text == value.Text {
			return Cell{text, text}, size + 2*box
		}
		return Cell{strings.Clone(value.Text), kept}, size + 2*box + len(value.Text)
	case []any:
		list, size := make([]any, len(value)), box+24
		for i := range value {
			kept, n := detach(value[i])
			list[i] = kept
			size += n
		}
		return list, size
	case Object:
		object, size := make(Object, len(value)), box+24
		for i, m := range value {
			kept, n := detach(m.Value)
			object[i] = Member{strings.Clone(m.Key), kept}
			size += n + 16 + len(m.Key)
		}
		return object, size
	case json.Number:
		return json.Number(strings.Clone(string(value))), box + 16 + len(value)
	case nil, bool, int, int64, float64:
		return value, box + 8
	}
	return detach(plain(value))
}
