package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// codec is what one Go type does at one version: write itself as JSON, read
// itself back, and say what it is in JSON Schema. Codecs are compiled once per
// type, version and field rules, and kept.
type codec struct {
	encode func(b []byte, v reflect.Value) ([]byte, error)
	decode func(d *decoder, v reflect.Value) error
	schema func() Schema
	fields []field // of a struct, in order
}

// field is one member of a struct at one version.
type field struct {
	name     string
	index    int
	head     string // `"name":`, written before the value
	required bool
	omit     func(reflect.Value) bool // nil: never left out
	isOpt    bool
	rules    *rules
	codec    *codec
}

type planKey struct {
	typ     reflect.Type
	version Version
}

// plans holds the compiled codec of every type and version used so far. It is
// a cache of pure results: two processes or clouds cannot tell it apart from
// none.
var plans sync.Map // planKey -> *codec

// planOf compiles t at v. It panics on a type that cannot stand in a contract:
// a test that walks all routes meets the panic first.
func planOf(t reflect.Type, v Version) *codec {
	key := planKey{t, v}
	if c, ok := plans.Load(key); ok {
		return c.(*codec)
	}
	c, _ := plans.LoadOrStore(key, compile(t, v, &rules{}))
	return c.(*codec)
}

var (
	optType       = reflect.TypeFor[opt]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
	secretType    = reflect.TypeFor[Secret]()
	rawType       = reflect.TypeFor[json.RawMessage]()
)

func compile(t reflect.Type, v Version, r *rules) *codec {
	switch {
	case t == secretType:
		return stringCodec(r)
	case t == rawType:
		return rawCodec()
	case t.Implements(optType):
		return optCodec(t, v, r)
	case t.Implements(marshalerType):
		return customCodec(t)
	}
	switch t.Kind() {
	case reflect.Struct:
		return structCodec(t, v)
	case reflect.Pointer:
		return pointerCodec(t, v, r)
	case reflect.Slice:
		return sliceCodec(t, v, r)
	case reflect.Map:
		return mapCodec(t, v, r)
	case reflect.String:
		return stringCodec(r)
	case reflect.Bool:
		return boolCodec(r)
	case reflect.Int, reflect.Int64, reflect.Int32:
		return intCodec(r)
	case reflect.Float64:
		return floatCodec(r)
	case reflect.Interface:
		return anyCodec()
	}
	panic(fmt.Sprintf("wire: %v cannot stand in a contract", t))
}

// fieldTag is what the tags of one struct field say.
type fieldTag struct {
	name    string // of the JSON member; empty when the field is none
	span    Span
	omit    string // omitempty, omitzero or nothing
	rules   rules
	outside string // path, query, header, body or status: bound outside the JSON body
	param   string // its name there
}

func readTag(f reflect.StructField) (fieldTag, error) {
	var tag fieldTag
	var err error
	if tag.rules, err = parseRules(f.Tag.Get("is")); err != nil {
		return tag, err
	}
	span, rename, _ := strings.Cut(f.Tag.Get("v"), " ")
	if tag.span, err = ParseSpan(span); err != nil {
		return tag, err
	}
	for _, where := range [...]string{"path", "query", "header", "body", "status"} {
		if param, ok := f.Tag.Lookup(where); ok {
			tag.outside, tag.param = where, param
			return tag, nil
		}
	}
	name, omit, _ := strings.Cut(f.Tag.Get("json"), ",")
	tag.omit = omit
	if renamed, omit, ok := strings.Cut(rename, ","); ok {
		rename, tag.omit = renamed, omit
	}
	switch {
	case rename != "":
		tag.name = rename
	case name == "" || name == "-":
		return tag, fmt.Errorf("field %s has no name", f.Name)
	default:
		tag.name = name
	}
	return tag, nil
}

// fieldsOf lists the JSON members of struct t at v.
func fieldsOf(t reflect.Type, v Version) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous || !f.IsExported() {
			panic(fmt.Sprintf("wire: %v.%s: a contract struct has exported fields only and embeds nothing", t, f.Name))
		}
		tag, err := readTag(f)
		if err != nil {
			panic(fmt.Sprintf("wire: %v.%s: %v", t, f.Name, err))
		}
		if tag.outside != "" || !tag.span.Has(v) {
			continue
		}
		for _, other := range fields {
			if other.name == tag.name {
				panic(fmt.Sprintf("wire: %v has two fields %q at %v", t, tag.name, v))
			}
		}
		member := field{
			name: tag.name, index: i, required: tag.rules.required, rules: &tag.rules,
			head: string(appendString(nil, tag.name)) + ":", isOpt: f.Type.Implements(optType),
			codec: compile(f.Type, v, &tag.rules),
		}
		switch tag.omit {
		case "omitempty":
			member.omit = isEmpty
		case "omitzero":
			member.omit = reflect.Value.IsZero
		}
		fields = append(fields, member)
	}
	return fields
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Pointer, reflect.Interface:
		return v.IsNil()
	}
	return v.IsZero()
}
