package verb

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/out"
)

// Subject is what the things of a list can be asked for, by --where and by -o: their members by the names that the API
// has for them, without what stands before a colon (host is OS-EXT-SRV-ATTR:host) and with _ between the words
// (host_id is hostId), and the list's columns.
type Subject struct {
	What    string   // in messages, in the plural: servers
	Columns []Column // shown by default
	// Kinds are the members that there may be, by all names, and their kinds. Nil: the first thing tells.
	Kinds map[string]string
	// Own has names that no member has, or that mean something else than the member.
	Own map[string]Own
}

// Own is a name with a meaning of its own.
type Own struct {
	Kind  string
	Value func(o out.Object) any
}

// The kinds of values, as messages have them.
const (
	KindText     = "text"
	KindNumber   = "a number"
	KindBoolean  = "true or false"
	KindList     = "a list"
	KindObject   = "an object"
	KindDuration = "a duration"
)

// KindsOf are the members of a contract's type at a version, as Subject.Kinds.
func KindsOf[T any](v wire.Version) map[string]string {
	properties, _ := wire.SchemaOf[T](v)["properties"].(wire.Schema)
	kinds := map[string]string{}
	for name, schema := range properties {
		kind := ""
		if schema, ok := schema.(wire.Schema); ok {
			kind = kindOfSchema(schema)
		}
		addNames(kinds, name, kind)
	}
	return kinds
}

// addNames notes a kind under all names of a member; a member that is called so itself comes first.
func addNames(kinds map[string]string, name, kind string) {
	kinds[name] = kind
	for _, other := range otherNames(name) {
		if _, taken := kinds[other]; !taken {
			kinds[other] = kind
		}
	}
}

// otherNames are the short names of a member.
func otherNames(name string) []string {
	var names []string
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
		names = append(names, name)
	}
	if snake := snakeCase(name); snake != name {
		names = append(names, snake)
	}
	return names
}

// snakeCase is host_id for hostId.
func snakeCase(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		upper := c >= 'A' && c <= 'Z'
		if upper && i > 0 && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte('_')
		}
		if upper {
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

func kindOfSchema(schema wire.Schema) string {
	types, _ := schema["type"].([]string)
	if text, ok := schema["type"].(string); ok {
		types = []string{text}
	}
	kind := ""
	for _, t := range types {
		next := map[string]string{"string": KindText, "integer": KindNumber, "number": KindNumber, "boolean": KindBoolean, "array": KindList, "object": KindObject}[t]
		if next != "" && kind != "" && next != kind {
			return ""
		}
		kind = max(kind, next)
	}
	return kind
}

func kindOf(value any) string {
	switch out.Native(value).(type) {
	case string:
		return KindText
	case int, float64:
		return KindNumber
	case bool:
		return KindBoolean
	case []any:
		return KindList
	case map[string]any:
		return KindObject
	}
	return ""
}

// kinds are the kinds of all names, from the contract or from a thing.
func (s *Subject) kinds(first out.Object) map[string]string {
	kinds := maps.Clone(s.Kinds)
	if kinds == nil {
		kinds = map[string]string{}
	}
	for _, m := range first {
		if _, known := kinds[m.Key]; !known {
			addNames(kinds, m.Key, kindOf(m.Value))
		}
	}
	for i := range s.Columns {
		for _, name := range columnNames(s.Columns[i].Name) {
			if _, known := kinds[name]; !known {
				kinds[name] = ""
			}
		}
	}
	for name, own := range s.Own {
		kinds[name] = own.Kind
	}
	return kinds
}

// columnNames are a column's name as one can write it in a condition: as it is shown, and in lower case.
func columnNames(name string) [2]string {
	name = strings.NewReplacer(" ", "_", "-", "_", ":", "").Replace(name)
	return [2]string{name, strings.ToLower(name)}
}

// value is what a thing has under a name; whole asks for the member itself where the name alone means something else.
func (s *Subject) value(o out.Object, name string, whole bool) any {
	if own, ok := s.Own[name]; ok && !whole {
		return own.Value(o)
	}
	if value, ok := o.Get(name); ok {
		return value
	}
	for _, m := range o {
		if len(m.Key) > len(name) && slices.Contains(otherNames(m.Key), name) {
			return m.Value
		}
	}
	for _, m := range o {
		if snakeCase(m.Key) == name {
			return m.Value
		}
	}
	for i := range s.Columns {
		if names := columnNames(s.Columns[i].Name); slices.Contains(names[:], name) {
			value := s.Columns[i].value(o)
			if cell, ok := value.(out.Cell); ok {
				return cell.Value
			}
			return value
		}
	}
	return nil
}

// further are the columns that -o names beyond those that are shown by default.
func (s *Subject) further(columns []Column, wanted []string, first out.Object) ([]Column, error) {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	var more []Column
	var kinds map[string]string
	for _, name := range wanted {
		if out.IndexName(names, name) >= 0 {
			continue
		}
		if kinds == nil {
			kinds = s.kinds(first)
		}
		_, known := kinds[name]
		if !known && (first != nil || s.Kinds != nil) {
			return nil, Refuse("there is no column '%s'; the columns are %s, and also: %s", name, strings.Join(names, ", "), strings.Join(shortest(kinds), ", "))
		}
		names = append(names, name)
		more = append(more, Column{Name: name, Value: func(o out.Object) any {
			value := s.value(o, name, false)
			if age, ok := value.(time.Duration); ok {
				return age.Round(time.Second).String()
			}
			return value
		}})
	}
	return more, nil
}

// shortest are the names without those that have a prefix or capitals and a shorter one beside them.
func shortest(kinds map[string]string) []string {
	var names []string
	for name := range kinds {
		others := otherNames(name)
		if lower := strings.ToLower(name); lower != name {
			others = append(others, lower)
		}
		if !slices.ContainsFunc(others, func(other string) bool { _, ok := kinds[other]; return ok }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
