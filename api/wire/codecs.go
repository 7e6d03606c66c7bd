package wire

import (
	"fmt"
	"reflect"
)

// The constructors below put a type's three faces together: how it is written,
// read and described.

func structCodec(t reflect.Type, v Version) *codec {
	fields := fieldsOf(t, v)
	if len(fields) > 64 {
		panic(fmt.Sprintf("wire: %v has more than 64 fields", t))
	}
	return &codec{
		encode: encodeStruct(fields), decode: decodeStruct(fields), fields: fields,
		schema: func() Schema { return structSchema(fields) },
	}
}

func optCodec(t reflect.Type, v Version, r *rules) *codec {
	elem := compile(t.Field(2).Type, v, r)
	return &codec{encode: encodeOpt(elem), decode: decodeOpt(elem, r), schema: func() Schema {
		if r.null {
			return nullable(elem.schema())
		}
		return elem.schema()
	}}
}

func pointerCodec(t reflect.Type, v Version, r *rules) *codec {
	elem := compile(t.Elem(), v, r)
	return &codec{
		encode: encodePointer(elem), decode: decodePointer(elem),
		schema: func() Schema { return nullable(elem.schema()) },
	}
}

// sliceCodec gives the field's string and number rules to its items, and keeps
// min and max for the list itself.
func sliceCodec(t reflect.Type, v Version, r *rules) *codec {
	item := *r
	item.min, item.max = nil, nil
	elem := compile(t.Elem(), v, &item)
	return &codec{
		encode: encodeSlice(elem), decode: decodeSlice(elem, r),
		schema: func() Schema {
			s := Schema{"type": "array", "items": elem.schema()}
			return s.limits(r, "minItems", "maxItems")
		},
	}
}

func mapCodec(t reflect.Type, v Version, r *rules) *codec {
	item := *r
	item.min, item.max = nil, nil
	elem := compile(t.Elem(), v, &item)
	return &codec{
		encode: encodeMap(elem), decode: decodeMap(elem, r),
		schema: func() Schema { return mapSchema(elem.schema(), r) },
	}
}

func stringCodec(r *rules) *codec {
	return &codec{encode: encodeString, decode: decodeString(r), schema: func() Schema { return stringSchema(r) }}
}

func boolCodec(r *rules) *codec {
	return &codec{encode: encodeBool, decode: decodeBool(r), schema: func() Schema { return boolSchema(r) }}
}

func intCodec(r *rules) *codec {
	return &codec{encode: encodeInt, decode: decodeInt(r), schema: func() Schema { return numberSchema("integer", r) }}
}

func floatCodec(r *rules) *codec {
	return &codec{encode: encodeFloat, decode: decodeFloat(r), schema: func() Schema { return numberSchema("number", r) }}
}

func rawCodec() *codec {
	return &codec{encode: encodeRaw, decode: decodeRaw, schema: func() Schema { return Schema{} }}
}

func anyCodec() *codec {
	return &codec{encode: encodeAny, decode: decodeAny, schema: func() Schema { return Schema{} }}
}

// customCodec is a type with its own MarshalJSON; it describes itself with
// JSONSchema when it can. One that long lists are full of has AppendJSON too.
func customCodec(t reflect.Type) *codec {
	if !reflect.PointerTo(t).Implements(reflect.TypeFor[interface{ UnmarshalJSON([]byte) error }]()) {
		panic(fmt.Sprintf("wire: %v writes itself but cannot read itself", t))
	}
	encode := encodeCustom
	if t.Implements(reflect.TypeFor[appender]()) {
		encode = encodeAppender
	}
	return &codec{encode: encode, decode: decodeCustom, schema: func() Schema {
		if s, ok := reflect.Zero(t).Interface().(interface{ JSONSchema() Schema }); ok {
			return s.JSONSchema()
		}
		return Schema{}
	}}
}
