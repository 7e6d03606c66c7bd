package wire

import (
	"maps"
	"reflect"
)

// Schema is a JSON Schema (draft 2020-12) as a value fit for encoding/json.
type Schema map[string]any

// SchemaOf describes type T as it looks at version v.
func SchemaOf[T any](v Version) Schema { return planOf(reflect.TypeFor[T](), v).schema() }

func (s Schema) limits(r *rules, least, most string) Schema {
	if r.min != nil {
		s[least] = *r.min
	}
	if r.max != nil {
		s[most] = *r.max
	}
	return s
}

func structSchema(fields []field) Schema {
	properties := Schema{}
	var required []string
	for _, f := range fields {
		properties[f.name] = f.codec.schema()
		if f.required {
			required = append(required, f.name)
		}
	}
	s := Schema{"type": "object", "properties": properties, "additionalProperties": false}
	if required != nil {
		s["required"] = required
	}
	return s
}

func nullable(s Schema) Schema {
	if len(s) == 0 {
		return s
	}
	if t, ok := s["type"].(string); ok && s["enum"] == nil {
		s = maps.Clone(s)
		s["type"] = []string{t, "null"}
		return s
	}
	return Schema{"anyOf": []Schema{s, {"type": "null"}}}
}

func mapSchema(elem Schema, r *rules) Schema {
	if r.valMax > 0 {
		elem["maxLength"] = r.valMax
	}
	s := Schema{"type": "object", "additionalProperties": elem}
	names := Schema{}
	if r.keyMax > 0 {
		names["minLength"], names["maxLength"] = 1, r.keyMax
	}
	if p := formats[r.keys].pattern; p != "" {
		names["pattern"] = p
	}
	if len(names) > 0 {
		s["propertyNames"] = names
	}
	return s.limits(r, "minProperties", "maxProperties")
}

func stringSchema(r *rules) Schema {
	s := Schema{"type": "string"}
	if r.loose {
		s["type"] = []string{"string", "number"}
	}
	if r.enum != nil {
		s["enum"] = r.enum
	}
	f := formats[r.format]
	if f.schema != "" {
		s["format"] = f.schema
	}
	if f.pattern != "" {
		s["pattern"] = f.pattern
	}
	if f.ok != nil && f.schema == "" && f.pattern == "" {
		s["format"] = r.format // a form of our own, checked by the server
	}
	return s.limits(r, "minLength", "maxLength")
}

func boolSchema(r *rules) Schema {
	if !r.loose {
		return Schema{"type": "boolean"}
	}
	return Schema{"enum": []any{
		true, false,
		"True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes",
		"False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no",
	}}
}

func numberSchema(kind string, r *rules) Schema {
	s := Schema{"type": kind}
	if r.loose {
		s["type"] = []string{kind, "string"}
		s["pattern"] = map[string]string{"integer": `^-?[0-9]+$`, "number": `^-?[0-9]+(\.[0-9]+)?$`}[kind]
	}
	return s.limits(r, "minimum", "maximum")
}
