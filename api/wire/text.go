package wire

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
)

// Path, query and header values are text; this file turns fields into text and
// back, with the same rules as in a body.

// QueryNames lists the query parameters that In binds, for a service in which
// the others mean something too.
func QueryNames[In any]() []string {
	var names []string
	for _, p := range bindingOf(reflect.TypeFor[In](), Version{}).query {
		names = append(names, p.name)
	}
	return names
}

// readQuery binds query parameters; an unknown one is dropped or refused.
func (b *binding) readQuery(value reflect.Value, query url.Values, dropUnknown bool) error {
	for _, p := range b.query {
		texts, ok := query[p.name]
		if !ok {
			continue
		}
		if err := setText(value.Field(p.index), texts, p.rules); err != nil {
			err = within(refuse(err, []byte(texts[len(texts)-1])), p.name)
			if e, ok := err.(*Invalid); ok {
				e.Query = true
			}
			return err
		}
	}
	if dropUnknown {
		return nil
	}
	for name := range query {
		if !slices.ContainsFunc(b.query, func(p param) bool { return p.name == name }) {
			return &Invalid{Text: "Additional properties are not allowed ('" + shorten([]byte(name)) + "' was unexpected)"}
		}
	}
	return nil
}

// setText sets a field from one or more texts; a field that is no list takes
// the last.
func setText(v reflect.Value, texts []string, r *rules) error {
	if v.Type().Implements(optType) {
		v.Field(0).SetBool(true)
		return setText(v.Field(2), texts, r)
	}
	if v.Kind() == reflect.Slice {
		item := *r
		item.min, item.max = nil, nil
		list := reflect.MakeSlice(v.Type(), len(texts), len(texts))
		for i, text := range texts {
			if err := setText(list.Index(i), []string{text}, &item); err != nil {
				return err
			}
		}
		v.Set(list)
		return r.length(len(texts), "values")
	}
	text := texts[len(texts)-1]
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return r.text(text)
	case reflect.Bool:
		value, ok := LooseBool(text)
		if !ok {
			return &Invalid{Text: "is not a boolean"}
		}
		v.SetBool(value)
		return nil
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return &Invalid{Text: "is not an integer in range"}
		}
		v.SetInt(n)
		return r.number(n)
	}
	panic(fmt.Sprintf("wire: %v cannot be a parameter", v.Type()))
}

// textOf is a field as text.
func textOf(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	}
	panic(fmt.Sprintf("wire: %v cannot be a parameter", v.Type()))
}

// addTexts adds a field's values under name; an absent Opt and a zero value
// are left out.
func addTexts[M ~map[string][]string](m M, name string, v reflect.Value) {
	switch {
	case v.Type().Implements(optType):
		if v.Field(0).Bool() && !v.Field(1).Bool() {
			m[name] = append(m[name], textOf(v.Field(2)))
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			m[name] = append(m[name], textOf(v.Index(i)))
		}
	case !v.IsZero():
		m[name] = append(m[name], textOf(v))
	}
}
