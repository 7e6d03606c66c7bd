package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Member is one member of a request or a reply as people read of it.
type Member struct {
	In       string // path, query, header, body, or stream for a body that is no JSON
	Name     string // with the names of what it stands in: server.networks[].uuid
	Span     Span   // the versions that have it
	Kind     string // what it is, in words: text, whole number, list of text, ...
	Rules    string // what it has to be, in words: at most 255 characters, ...; empty for none
	Required bool
}

// Request lists what a call of the route may have, at all versions, in the
// order of the contract. Members of an action stand below its key.
func (i Info) Request() []Member { return i.members(i.In) }

// Answer lists what the route's reply may have, at all versions.
func (i Info) Answer() []Member {
	i.Action = ""
	return i.members(i.Out)
}

func (i Info) members(t reflect.Type) []Member {
	var all []Member
	body := ""
	if i.Action != "" {
		body = i.Action + "."
		all = append(all, Member{In: "body", Name: i.Action, Span: i.Span, Kind: "null", Required: true})
	}
	for n := range t.NumField() {
		f := t.Field(n)
		tag := mustTag(t, f)
		span := shared(i.Span, tag.span)
		switch tag.outside {
		case "path", "query", "header":
			all = append(all, memberOf(tag.outside, tag.param, span, f.Type, &tag.rules, tag.outside == "path"))
		case "body":
			if i.Action != "" {
				all = slices.DeleteFunc(all, func(m Member) bool { return m.Name == i.Action }) // this tells what it is
			}
			if tag.param == "stream" {
				all = append(all, Member{In: "stream", Name: "the whole body", Span: span, Kind: "bytes"})
			} else {
				all = appendMember(all, strings.TrimSuffix(body, "."), span, f.Type, &tag.rules)
			}
		case "":
			if i.Action != "" {
				all[0].Kind = "object" // it was put there above
			}
			all = appendMember(all, body+tag.name, span, f.Type, &tag.rules)
		}
	}
	outside := func(m Member) int { return map[bool]int{true: 1}[m.In == "body" || m.In == "stream"] }
	slices.SortStableFunc(all, func(a, b Member) int { return outside(a) - outside(b) })
	return all
}

func mustTag(t reflect.Type, f reflect.StructField) fieldTag {
	tag, err := readTag(f)
	if err != nil {
		panic(fmt.Sprintf("wire: %v.%s: %v", t, f.Name, err))
	}
	return tag
}

// appendMember appends a member of the body and those within it.
func appendMember(all []Member, name string, span Span, t reflect.Type, r *rules) []Member {
	if !span.To.IsZero() && span.To.Less(span.From) {
		return all // what it stands in is gone before it comes
	}
	if name != "" {
		all = append(all, memberOf("body", name, span, t, r, r.required))
	}
	inner := structIn(t)
	if inner == nil || strings.Count(name, ".") > 8 {
		return all
	}
	switch holder(t).Kind() {
	case reflect.Slice:
		name += "[]"
	case reflect.Map:
		name += ".*"
	}
	for i := range inner.NumField() {
		f := inner.Field(i)
		tag := mustTag(inner, f)
		at := tag.name
		if name != "" {
			at = name + "." + tag.name
		}
		all = appendMember(all, at, shared(span, tag.span), f.Type, &tag.rules)
	}
	return all
}

// holder is a type without what may be absent or null around it.
func holder(t reflect.Type) reflect.Type {
	switch {
	case t.Implements(optType):
		return holder(t.Field(optValue).Type)
	case t.Kind() == reflect.Pointer:
		return holder(t.Elem())
	}
	return t
}

func memberOf(in, name string, span Span, t reflect.Type, r *rules, required bool) Member {
	kind := kindOf(t)
	if r.null || t.Kind() == reflect.Pointer {
		kind += " or null"
	}
	return Member{In: in, Name: name, Span: span, Kind: kind, Rules: r.words(kind), Required: required}
}

// kindOf is a type in words.
func kindOf(t reflect.Type) string {
	switch {
	case t == secretType:
		return "text, secret"
	case t == rawType:
		return "any JSON"
	case t.Implements(optType), t.Kind() == reflect.Pointer:
		return kindOf(holder(t))
	case t.Implements(marshalerType):
		if s, ok := reflect.Zero(t).Interface().(interface{ JSONSchema() Schema }); ok {
			return kindOfSchema(s.JSONSchema())
		}
		return "any JSON"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "whole number"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of " + kindOf(t.Elem())
	case reflect.Map:
		return "object of " + kindOf(t.Elem())
	case reflect.Struct:
		return "object"
	}
	return "any JSON"
}

// kindOfSchema is what a schema asks for in words.
func kindOfSchema(s Schema) string {
	if s["format"] == "date-time" {
		return "time"
	}
	var words []string
	add := func(word string) {
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	for _, key := range [...]string{"anyOf", "oneOf"} {
		if forms, ok := s[key].([]Schema); ok {
			for _, form := range forms {
				add(kindOfSchema(form))
			}
		}
	}
	if value, ok := s["const"]; ok {
		add(fmt.Sprint(value))
	}
	switch values := s["enum"].(type) {
	case []string:
		add(strings.Join(values, "|"))
	case []any:
		texts := make([]string, len(values))
		for i := range values {
			texts[i] = fmt.Sprint(values[i])
		}
		add(strings.Join(texts, "|"))
	}
	if len(words) == 0 {
		types, _ := s["type"].([]string)
		if one, ok := s["type"].(string); ok {
			types = []string{one}
		}
		for _, word := range types {
			if names := map[string]string{"string": "text", "integer": "whole number", "boolean": "true or false", "array": "list"}; names[word] != "" {
				word = names[word]
			}
			add(word)
		}
	}
	if len(words) == 0 {
		return "any JSON"
	}
	return strings.Join(words, " or ")
}

// words are the rules for people. kind says what is counted.
func (r *rules) words(kind string) string {
	var words []string
	what := ""
	switch {
	case strings.HasPrefix(kind, "text"):
		what = " character"
	case strings.HasPrefix(kind, "list"):
		what = " item"
	case strings.HasPrefix(kind, "object"):
		what = " member"
	}
	counted := func(n int64) string {
		if what != "" && n != 1 {
			return fmt.Sprint(n) + what + "s"
		}
		return fmt.Sprint(n) + what
	}
	switch {
	case r.min != nil && r.max != nil && *r.min == *r.max:
		words = append(words, "exactly "+counted(*r.min))
	case r.min != nil && r.max != nil:
		words = append(words, fmt.Sprintf("%d to %s", *r.min, counted(*r.max)))
	case r.min != nil:
		words = append(words, "at least "+counted(*r.min))
	case r.max != nil:
		words = append(words, "at most "+counted(*r.max))
	}
	if r.enum != nil {
		words = append(words, strings.Join(r.enum, "|"))
	}
	if r.format != "" {
		words = append(words, "form "+r.format)
	}
	if r.keys != "" {
		words = append(words, "keys of form "+r.keys)
	}
	if r.keyMax > 0 {
		words = append(words, fmt.Sprintf("keys of at most %d characters", r.keyMax))
	}
	if r.valMax > 0 {
		words = append(words, fmt.Sprintf("values of at most %d", r.valMax))
	}
	if r.loose {
		words = append(words, "may come as text")
	}
	return strings.Join(words, ", ")
}

// shared is what two spans share: a member ends with what it stands in.
func shared(outer, inner Span) Span {
	if inner.From.Less(outer.From) {
		inner.From = outer.From
	}
	if inner.To.IsZero() || !outer.To.IsZero() && outer.To.Less(inner.To) {
		inner.To = outer.To
	}
	return inner
}
