package out

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"math/big"

	"github.com/itchyny/gojq"
)

// Filter is a jq program that is run on what FormatJSON would print. Texts among its results are printed bare, as jq -r
// does, and all else as compact JSON, a line each.
type Filter struct {
	ctx  context.Context // ends a program that does not end
	code *gojq.Code
	each bool // the program begins with .[] | so that rows pass one by one; code is what follows
}

// ParseFilter reads a jq program. Its runs end with ctx.
func ParseFilter(ctx context.Context, program string) (*Filter, error) {
	query, err := gojq.Parse(program)
	if err != nil {
		return nil, errors.New("--jq does not read as a jq program: " + err.Error())
	}
	f := &Filter{ctx: ctx}
	if query.Op == gojq.OpPipe && len(query.Patterns) == 0 && len(query.FuncDefs) == 0 && query.Left.String() == ".[]" {
		f.each, query = true, query.Right
	}
	if f.code, err = gojq.Compile(query); err != nil {
		return nil, errors.New("--jq cannot be run: " + err.Error())
	}
	return f, nil
}

// print writes the results of one run on a value that Native made.
func (f *Filter) print(p Printer, w *bufio.Writer, input any) error {
	results := f.code.RunWithContext(f.ctx, input)
	for {
		value, more := results.Next()
		if !more {
			return nil
		}
		var text string
		switch value := value.(type) {
		case error:
			var halt *gojq.HaltError
			if errors.As(value, &halt) && halt.Value() == nil {
				return nil
			}
			return errors.Join(errors.New("--jq: "+value.Error()), f.ctx.Err())
		case string:
			text = value
		default:
			data, err := gojq.Marshal(value)
			if err != nil {
				return err
			}
			text = string(data)
		}
		if _, err := w.WriteString(p.clean(text) + "\n"); err != nil {
			return err
		}
	}
}

// Native is a value as encoding/json would decode it, for languages that work on values: nil, bool, string, int,
// float64, *big.Int for what neither holds, []any, map[string]any.
func Native(value any) any {
	switch value := plain(value).(type) {
	case int64:
		return int(value)
	case json.Number:
		if whole, ok := new(big.Int).SetString(string(value), 10); ok {
			return whole
		}
		f, _ := value.Float64()
		return f
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = Native(value[i])
		}
		return list
	case Object:
		m := make(map[string]any, len(value))
		for i := range value {
			m[value[i].Key] = Native(value[i].Value)
		}
		return m
	default:
		return value
	}
}

type filteredList struct {
	filter *Filter
	p      Printer
	w      *bufio.Writer
	names  []string
	items  []any
}

func (f *filteredList) begin() error { return nil }

func (f *filteredList) row(values []any) error {
	item := Native(named(f.names, values))
	if f.filter.each {
		return f.filter.print(f.p, f.w, item)
	}
	f.items = append(f.items, item)
	return nil
}

func (f *filteredList) end() error {
	if f.filter.each {
		return nil
	}
	return f.filter.print(f.p, f.w, f.items)
}
