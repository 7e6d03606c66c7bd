package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
)

// apis are the contracts, with versions at which they differ.
var apis = []struct {
	name     string
	routes   []wire.Endpoint
	versions []wire.Version
}{
	{"identity", identity.Routes(), []wire.Version{{}}},
	{"image", image.Routes(), []wire.Version{{}}},
	{"compute", compute.Routes(), []wire.Version{
		wire.V(2, 1), wire.V(2, 2), wire.V(2, 10), wire.V(2, 19), wire.V(2, 37), wire.V(2, 42), wire.V(2, 53), wire.V(2, 57),
		wire.V(2, 67), wire.V(2, 75), wire.V(2, 92), wire.V(2, 94), wire.V(2, 104),
	}},
}

// TestSchemasAgreeWithDecode holds that the published schema and the decoder
// give the same verdict on bodies that are right, nearly right and wrong.
func TestSchemasAgreeWithDecode(t *testing.T) {
	taken, refused := 0, 0
	for _, api := range apis {
		seen := map[string]bool{}
		for _, v := range api.versions {
			document := wire.OpenAPI(api.name, v, api.routes)
			for _, e := range api.routes {
				info := e.Info()
				if !info.Span.Has(v) || info.Gone || info.TakesStream() || !info.TakesBody(v) {
					continue
				}
				whole := plain(t, bodyOf(document, info))
				one := alternative(whole, info.Action)
				if key := info.Name + fmt.Sprint(one); seen[key] {
					continue // as at the version before
				} else {
					seen[key] = true
				}
				judge := compiled(t, whole)
				t.Run(fmt.Sprintf("%s/%s@%v", api.name, info.Name, v), func(t *testing.T) {
					rapid.Check(t, func(t *rapid.T) {
						body, err := json.Marshal(mutated(t, generated(t, one)))
						if err != nil {
							t.Fatal(err)
						}
						bySchema := judge(body)
						byDecode := wire.ReadBody(info, v, body)
						if (bySchema == nil) != (byDecode == nil) && !excused(byDecode) {
							t.Fatalf("%s\nschema: %v\ndecoder: %v", body, bySchema, byDecode)
						}
						if byDecode == nil {
							taken++
						} else {
							refused++
						}
					})
				})
			}
		}
	}
	if all := taken + refused; taken < all/10 || refused < all/10 {
		t.Errorf("%d bodies were taken and %d refused: the generator does not say much", taken, refused)
	}
}

// excused are refusals that JSON Schema cannot say: a number that no int holds,
// and the bounds of a number that came as a string.
func excused(err error) bool {
	var invalid *wire.Invalid
	if !errors.As(err, &invalid) {
		return false
	}
	return strings.HasSuffix(invalid.Text, "is out of range") ||
		strings.HasPrefix(invalid.Value, `"`) && (strings.Contains(invalid.Text, "than the minimum of") || strings.Contains(invalid.Text, "than the maximum of"))
}

// bodyOf finds the schema of a route's body in an OpenAPI document.
func bodyOf(document wire.Schema, info wire.Info) wire.Schema {
	operation := document["paths"].(map[string]wire.Schema)[info.Path][strings.ToLower(info.Method)].(wire.Schema)
	content := operation["requestBody"].(wire.Schema)["content"].(wire.Schema)
	return content["application/json"].(wire.Schema)["schema"].(wire.Schema)
}

// plain is a schema as one reads it from JSON.
func plain(t *testing.T, s wire.Schema) map[string]any {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// alternative is the schema of one action among those of its path.
func alternative(s map[string]any, action string) map[string]any {
	all, several := s["anyOf"].([]any)
	if action == "" || !several {
		return s
	}
	for _, one := range all {
		if _, is := one.(map[string]any)["properties"].(map[string]any)[action]; is {
			return one.(map[string]any)
		}
	}
	panic("no schema of action " + action)
}

// compiled returns a judge of bodies that knows our formats.
func compiled(t *testing.T, schema map[string]any) func(body []byte) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for name, ok := range wire.Formats() {
		c.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(v any) error {
			if s, is := v.(string); is && !ok(s) {
				return fmt.Errorf("%q is not of format %s", s, name)
			}
			return nil
		}})
	}
	if err := c.AddResource("body.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("body.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(body []byte) error {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			return err
		}
		return s.Validate(value)
	}
}

// words and numbers are what values are made of: right for some members, wrong
// for others.
var (
	words = []string{
		"", "a", "vm1", " a", "a ", "a/b", "a,b", "a.b", "a:b", "a_b-c d", "é", "日本", "\u0000", "a\nb", "\u200b", "auto", "none", "ssh", "x509",
		"True", "false", "yes", "0", "1", "-1", "+1", "01", "1.0", "1e2", "11", "99999", "SOFT", "HARD", "AUTO", "MANUAL",
		"7b4b1c3e-2d3c-4c39-8f6e-0d2a3c1b9f10", "7b4b1c3e2d3c4c398f6e0d2a3c1b9f10", "7B4B1C3E-2D3C-4C39-8F6E-0D2A3C1B9F10",
		"10.0.0.1", "fd00::1", "10.0.0.256", "http://a/b", "a://", "aGk=", "aGk", "2013-09-03T04:01:32Z", "2013-09-03T04:01:32.5", "2013-09-03", "now",
	}
	numbers = []json.Number{"0", "1", "-1", "2", "3", "10", "11", "63", "255", "256", "65535", "2147483647", "2147483648", "1.5", "1.0", "1e2", "-0", "9007199254740993", "1e30"}
)

// anything is any JSON value, mostly small.
func anything(t *rapid.T) any {
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2, 3:
		return rapid.SampledFrom(numbers).Draw(t, "number")
	case 4, 5:
		return rapid.SampledFrom(words).Draw(t, "word")
	case 6:
		return rapid.SliceOfN(rapid.Custom(anything), 0, 2).Draw(t, "list")
	}
	return map[string]any{rapid.SampledFrom(words).Draw(t, "key"): anything(t)}
}

// generated is a value that mostly fits a schema.
func generated(t *rapid.T, s map[string]any) any {
	if all, ok := s["anyOf"].([]any); ok {
		return generated(t, rapid.SampledFrom(all).Draw(t, "alternative").(map[string]any))
	}
	if value, ok := s["const"]; ok {
		return value
	}
	if values, ok := s["enum"].([]any); ok {
		return rapid.SampledFrom(values).Draw(t, "enum")
	}
	kind, _ := s["type"].(string)
	if kinds, ok := s["type"].([]any); ok {
		kind = rapid.SampledFrom(kinds).Draw(t, "type").(string)
	}
	switch kind {
	case "object":
		return generatedObject(t, s)
	case "array":
		items, _ := s["items"].(map[string]any)
		least := int(limit(s, "minItems", 0))
		list := []any{}
		for range rapid.IntRange(least, min(least+2, int(limit(s, "maxItems", 1<<20)))).Draw(t, "items") {
			list = append(list, generated(t, items))
		}
		return list
	case "string":
		return generatedString(t, s)
	case "integer", "number":
		least, most := limit(s, "minimum", -3), limit(s, "maximum", 1<<40)
		return rapid.SampledFrom([]float64{least, most, min(least+1, most), least - 1, most + 1}).Draw(t, "bound")
	case "boolean":
		return rapid.Bool().Draw(t, "bool")
	case "null":
		return nil
	}
	return anything(t)
}

func generatedObject(t *rapid.T, s map[string]any) any {
	object := map[string]any{}
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if slices.Contains(required, any(name)) || rapid.IntRange(0, 2).Draw(t, name) == 0 {
			object[name] = generated(t, properties[name].(map[string]any))
		}
	}
	if elem, ok := s["additionalProperties"].(map[string]any); ok {
		for range rapid.IntRange(0, 2).Draw(t, "members") {
			object[rapid.SampledFrom(words).Draw(t, "key")] = generated(t, elem)
		}
	}
	return object
}

func generatedString(t *rapid.T, s map[string]any) any {
	least, most := int(limit(s, "minLength", 0)), int(limit(s, "maxLength", 300))
	if most < 1000 && rapid.IntRange(0, 3).Draw(t, "long") == 0 {
		return strings.Repeat("a", max(0, rapid.SampledFrom([]int{least, most, least - 1, most + 1}).Draw(t, "length")))
	}
	if format, ok := s["format"].(string); ok && rapid.Bool().Draw(t, "fitting") {
		fitting := slices.Collect(func(yield func(string) bool) {
			for _, w := range words {
				if wire.Formats()[format](w) && !yield(w) {
					return
				}
			}
		})
		return rapid.SampledFrom(fitting).Draw(t, "fit")
	}
	return rapid.SampledFrom(words).Draw(t, "word")
}

func limit(s map[string]any, keyword string, without float64) float64 {
	if n, ok := s[keyword].(float64); ok {
		return n
	}
	return without
}

// mutated changes a value in up to two places.
func mutated(t *rapid.T, value any) any {
	for range rapid.SampledFrom([]int{0, 0, 1, 1, 2}).Draw(t, "mutations") {
		value = mutatedOnce(t, value)
	}
	return value
}

func mutatedOnce(t *rapid.T, value any) any {
	if rapid.IntRange(0, 4).Draw(t, "deeper") > 0 {
		switch x := value.(type) {
		case map[string]any:
			if len(x) > 0 {
				key := rapid.SampledFrom(slices.Sorted(maps.Keys(x))).Draw(t, "at")
				x[key] = mutatedOnce(t, x[key])
				return x
			}
		case []any:
			if len(x) > 0 {
				i := rapid.IntRange(0, len(x)-1).Draw(t, "at")
				x[i] = mutatedOnce(t, x[i])
				return x
			}
		}
	}
	switch x := value.(type) {
	case map[string]any:
		switch rapid.IntRange(0, 2).Draw(t, "object") {
		case 0:
			x[rapid.SampledFrom([]string{"bogus", "name", "id"}).Draw(t, "more")] = anything(t)
			return x
		case 1:
			if len(x) > 0 {
				delete(x, rapid.SampledFrom(slices.Sorted(maps.Keys(x))).Draw(t, "less"))
				return x
			}
		}
	case []any:
		if rapid.Bool().Draw(t, "list") {
			return append(x, anything(t))
		}
	}
	return anything(t)
}
