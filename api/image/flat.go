package image

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/novalet/novalet/api/wire"
)

// An image is one flat JSON object in which users' properties stand beside the
// base members. The functions here put the two together and take them apart.

var (
	baseMembers     = sync.OnceValue(membersOf[Base])
	settableMembers = sync.OnceValue(membersOf[Settable])
)

// membersOf lists the JSON names of T's fields.
func membersOf[T any]() []string {
	return sortedKeys(wire.SchemaOf[T](wire.Version{})["properties"].(wire.Schema))
}

// encodeFlat writes properties, sorted, and then base as one object.
func encodeFlat(base any, properties map[string]string) ([]byte, error) {
	b := []byte{'{'}
	for _, name := range sortedKeys(properties) {
		var err error
		if b, err = wire.Encode(b, name, wire.Version{}); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if b, err = wire.Encode(b, properties[name], wire.Version{}); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	start := len(b)
	b, err := wire.Encode(b, base, wire.Version{})
	if err != nil {
		return nil, err
	}
	// The comma, or the brace when there are no properties, takes the place
	// of base's own brace.
	b = append(b[:start], b[start+1:]...)
	if b[start] == '}' && b[start-1] == ',' {
		b = append(b[:start-1], '}')
	}
	return b, nil
}

// splitMembers takes an object apart: the members that known lists as an
// object of their own, and the others.
func splitMembers(b []byte, known []string) (object []byte, rest map[string]json.RawMessage, err error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil || all == nil {
		return nil, nil, &wire.Invalid{Text: "The body must be an object with the members of an image."}
	}
	mine := map[string]json.RawMessage{}
	for _, name := range known {
		if value, ok := all[name]; ok {
			mine[name] = value
			delete(all, name)
		}
	}
	object, err = json.Marshal(mine)
	return object, all, err
}

func propertyText(name string, value json.RawMessage) (string, error) {
	var text string
	switch {
	case name == "" || len([]rune(name)) > 255 || hasControls(name):
		return "", &wire.Invalid{Text: "A property name has 1 to 255 printable characters."}
	case value[0] != '"' || json.Unmarshal(value, &text) != nil:
		return "", &wire.Invalid{Path: name, Text: "A property is a string."}
	case len(text) > 65535:
		return "", &wire.Invalid{Path: name, Text: "A property is at most 65535 bytes long."}
	case strings.ContainsRune(text, 0):
		return "", &wire.Invalid{Path: name, Text: "A property cannot hold a NUL character."}
	}
	return text, nil
}

func hasControls(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func setProperty(into *map[string]string, name, value string) {
	if *into == nil {
		*into = map[string]string{}
	}
	(*into)[name] = value
}

func sortedKeys[M ~map[string]V, V any](m M) []string { return slices.Sorted(maps.Keys(m)) }
