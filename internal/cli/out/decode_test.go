package out

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecode(t *testing.T) {
	got, err := Decode([]byte(` {"b": [1, -2.0, 1e3, 12345678901234567890, true, false, null, "x", "\u00e9\n"], "a": {}, "b2": "é", "a": 3} `))
	want := Object{
		{"b", []any{1, -2.0, 1e3, json.Number("12345678901234567890"), true, false, nil, "x", "é\n"}},
		{"a", 3},
		{"b2", "é"},
	}
	if diff := cmp.Diff(any(want), got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// FuzzDecodeAsEncodingJSON holds the decoder against encoding/json: both take a text or both refuse it, and mean the same.
func FuzzDecodeAsEncodingJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2,{"b":null}],"c":"d"}`, `01`, `-`, `-0`, `1.`, `1e5`, `"\ud800"`, `"\x"`, "\"\x01\"", "\"\xff\"", `[1,]`, `{"a":1,}`, `{,}`, `nul`, ` `, `[[[]]]`, `{"a":1,"a":2}`, `"\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode(data)
		if strings.Count(string(data), "[")+strings.Count(string(data), "{") > maxDepth {
			return
		}
		var want any
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		wantErr := json.Unmarshal(data, new(any))
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, encoding/json says %v", data, err, wantErr)
		}
		if err != nil {
			return
		}
		if err := d.Decode(&want); err != nil {
			t.Skip(err)
		}
		if !reflect.DeepEqual(asMaps(got), numbers(want)) {
			t.Fatalf("%q: %#v, want %#v", data, asMaps(got), numbers(want))
		}
	})
}

func asMaps(value any) any {
	switch value := value.(type) {
	case Object:
		m := map[string]any{}
		for _, member := range value {
			m[member.Key] = asMaps(member.Value)
		}
		return m
	case []any:
		for i := range value {
			value[i] = asMaps(value[i])
		}
	}
	return value
}

func numbers(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key := range value {
			value[key] = numbers(value[key])
		}
	case []any:
		for i := range value {
			value[i] = numbers(value[i])
		}
	case json.Number:
		return decodeNumber(value)
	}
	return value
}

func BenchmarkDecodeThousandServers(b *testing.B) {
	one := `{"id": "01234567-89ab-cdef-0123-456789abcdef", "name": "vm", "status": "ACTIVE", "metadata": {"a": "b"}, "addresses": {"private": [{"version": 4, "addr": "10.0.0.7"}]}, ` +
		strings.Repeat(`"OS-EXT-SRV-ATTR:some_attribute": "some value of it", "OS-EXT-STS:power_state": 1, `, 20) + `"tags": [], "links": [{"rel": "self", "href": "http://cloud/v2.1/servers/1"}]}`
	data := []byte(`{"servers": [` + strings.Repeat(one+", ", 999) + one + "]}")
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
