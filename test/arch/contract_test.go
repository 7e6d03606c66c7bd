package arch

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
)

// TestContractTypes walks what goes in and out of every route.
func TestContractTypes(t *testing.T) {
	seen := map[reflect.Type]bool{}
	for name, routes := range map[string][]wire.Endpoint{
		"compute": compute.Routes(), "identity": identity.Routes(), "image": image.Routes(),
	} {
		if len(routes) == 0 {
			t.Errorf("%s has no routes", name)
		}
		for _, e := range routes {
			info := e.Info()
			for _, typ := range []reflect.Type{info.In, info.Out} {
				for _, problem := range malformed(typ, seen) {
					t.Errorf("%s: %s", info.Name, problem)
				}
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d types were seen", len(seen))
	}
}

var (
	marshaler   = reflect.TypeFor[json.Marshaler]()
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
	schemaOwner = reflect.TypeFor[interface{ JSONSchema() wire.Schema }]()
	raw         = reflect.TypeFor[json.RawMessage]()
	secret      = reflect.TypeFor[wire.Secret]()
)

// malformed lists what is wrong with a contract type and those below it. A
// struct has exported fields only and embeds nothing. A type that writes itself
// is a leaf: it also reads and describes itself, and has no versioned fields,
// because no version reaches it.
func malformed(t reflect.Type, seen map[reflect.Type]bool) []string {
	if seen[t] || t == raw || t == secret {
		return nil
	}
	seen[t] = true
	if t.Implements(marshaler) {
		return malformedLeaf(t)
	}
	var problems []string
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return malformed(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			switch {
			case f.Anonymous:
				problems = append(problems, fmt.Sprintf("%v embeds %s", t, f.Name))
			case !f.IsExported():
				problems = append(problems, fmt.Sprintf("%v.%s is not exported", t, f.Name))
			default:
				problems = append(problems, malformed(f.Type, seen)...)
			}
		}
	}
	return problems
}

func malformedLeaf(t reflect.Type) []string {
	var problems []string
	if !reflect.PointerTo(t).Implements(unmarshaler) {
		problems = append(problems, fmt.Sprintf("%v writes itself but does not read itself", t))
	}
	if !t.Implements(schemaOwner) {
		problems = append(problems, fmt.Sprintf("%v writes itself but does not describe itself: give it JSONSchema", t))
	}
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if _, versioned := t.Field(i).Tag.Lookup("v"); versioned {
				problems = append(problems, fmt.Sprintf("%v writes itself, so the version of its field %s is lost", t, t.Field(i).Name))
			}
		}
	}
	return problems
}

type (
	good struct {
		A string              `json:"a"`
		B wire.Opt[[]*string] `json:"b" v:"2.3"`
	}
	embeds struct{ good }
	hides  struct{ List []struct{ name string } }
	leaf   struct {
		A string `v:"2.2"`
	}
)

func (leaf) MarshalJSON() ([]byte, error) { return nil, nil }

func TestContractRulesCanFail(t *testing.T) {
	_ = hides{List: []struct{ name string }{{name: ""}}}
	for _, test := range []struct {
		typ      reflect.Type
		problems int
	}{
		{reflect.TypeFor[good](), 0},
		{reflect.TypeFor[embeds](), 1},
		{reflect.TypeFor[map[string]hides](), 1},
		{reflect.TypeFor[[]leaf](), 3},
	} {
		if got := malformed(test.typ, map[reflect.Type]bool{}); len(got) != test.problems {
			t.Errorf("%v: %d problems, not %d: %v", test.typ, len(got), test.problems, got)
		}
	}
}
