package image

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/wire"
)

// shown is what a running Glance (Zed) answered, with one property of each
// kind.
const shown = `{"os_distro": "debian", "kernel_id": "11111111-2222-3333-4444-555555555555", "ramdisk_id": null, "name": "one", "disk_format": "raw",
 "container_format": "bare", "visibility": "shared", "size": 12, "virtual_size": 12, "status": "active",
 "checksum": "6f5902ac237024bdd0c176cb93063dc4", "protected": false, "min_ram": 0, "min_disk": 0,
 "owner": "21cb9a412c01456ca59e79a3eb253f20", "os_hidden": false, "os_hash_algo": "sha512", "os_hash_value": "db39",
 "id": "573d1164-8be2-48da-babe-d466f6360bad", "created_at": "2026-11-22T13:45:34Z", "updated_at": "2026-11-22T13:45:34Z",
 "tags": ["a", "b"], "self": "/v2/images/573d1164-8be2-48da-babe-d466f6360bad",
 "file": "/v2/images/573d1164-8be2-48da-babe-d466f6360bad/file", "schema": "/v2/schemas/image"}`

func TestImageIsOneFlatObject(t *testing.T) {
	reply, err := ShowImage.ReadReplyStrict(wire.Version{}, nil, []byte(shown))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ShowImage.Reply(reply, wire.Version{})
	if err != nil {
		t.Fatal(err)
	}
	var want, have map[string]any
	if err := json.Unmarshal([]byte(shown), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got.Body, &have); err != nil {
		t.Fatalf("%v in %s", err, got.Body)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestEmptySettingsAreAnObject(t *testing.T) {
	for _, s := range []Settings{{}, {Properties: map[string]string{"b": "1", "a\"": "2"}}} {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Settings
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if diff := cmp.Diff(s, back); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSettings(t *testing.T) {
	tests := []struct {
		body    string
		refused []string
		err     string // a part of it; empty for none
	}{
		{body: `{}`},
		{body: `{"name": null, "disk_format": null, "kernel_id": null, "custom": "v", "a b": "c"}`},
		{body: `{"name": "a", "name": "b"}`},
		{body: `{"size": 1, "status": "active", "locations": [], "custom": "v"}`, refused: []string{"locations", "size", "status"}},
		{body: `{"self": "x", "file": "x", "schema": "x", "direct_url": "x"}`, refused: []string{"direct_url", "file", "schema", "self"}},
		{body: `{"custom": 1}`, err: "custom"},
		{body: `{"custom": null}`, err: "custom"},
		{body: `{"custom": ["x"]}`, err: "custom"},
		{body: `{"custom": "a\u0000b"}`, err: "NUL"},
		{body: `{"": "x"}`, err: "property name"},
		{body: `{"a\nb": "x"}`, err: "property name"},
		{body: `{"name": 1}`, err: "name"},
		{body: `{"name": "a\u0000b"}`, err: "name"},
		{body: `{"name": "` + strings.Repeat("a", 256) + `"}`, err: "name"},
		{body: `{"id": "x"}`, err: "id"},
		{body: `{"id": "11111111222233334444555555555555"}`, err: "id"},
		{body: `{"kernel_id": "x"}`, err: "kernel_id"},
		{body: `{"visibility": "nope"}`, err: "visibility"},
		{body: `{"disk_format": "nope"}`, err: "disk_format"},
		{body: `{"container_format": "nope"}`, err: "container_format"},
		{body: `{"min_disk": -1}`, err: "min_disk"},
		{body: `{"min_disk": "1"}`, err: "min_disk"},
		{body: `{"min_ram": 2147483648}`, err: "min_ram"},
		{body: `{"min_ram": 1e400}`, err: "min_ram"},
		{body: `{"protected": "x"}`, err: "protected"},
		{body: `{"tags": "x"}`, err: "tags"},
		{body: `{"tags": [1]}`, err: "tags"},
		{body: `{"tags": ["` + strings.Repeat("a", 256) + `"]}`, err: "tags"},
		{body: `[]`, err: "object"},
		{body: `null`, err: "object"},
		{body: `"x"`, err: "object"},
	}
	for _, test := range tests {
		in, err := CreateImage.ReadCall(wire.Version{}, nil, nil, nil, []byte(test.body), nil)
		switch {
		case test.err == "" && err != nil:
			t.Errorf("%s: %v", test.body, err)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%.80s: error %v, want one that names %s", test.body, err, test.err)
		case !slices.Equal(in.Image.Refused, test.refused) && test.err == "":
			t.Errorf("%s: refused %q, want %q", test.body, in.Image.Refused, test.refused)
		}
	}
}

func TestPatchForms(t *testing.T) {
	tests := []struct {
		body string
		want []Patch
		err  string
	}{
		{body: `[]`},
		{body: `[{"op": "replace", "path": "/name", "value": "u"}]`, want: []Patch{{"replace", "name", []byte(`"u"`)}}},
		{body: `[{"replace": "/name", "value": null}]`, want: []Patch{{"replace", "name", []byte(`null`)}}},
		{body: `[{"op": "remove", "path": "/a~1b~0c"}]`, want: []Patch{{"remove", "a/b~c", nil}}},
		{body: `{}`, err: "array"},
		{body: `[{"op": "move", "path": "/name", "value": 1}]`, err: "op"},
		{body: `[{"op": "add", "value": "x"}]`, err: "path"},
		{body: `[{"op": "add", "path": "/name"}]`, err: "value"},
		{body: `[{"path": "/name", "value": "x"}]`, err: "op"},
		{body: `[{"op": "add", "add": "/x", "value": "x"}]`, err: "either"},
		{body: `[{"op": "add", "path": "name", "value": "x"}]`, err: "slash"},
		{body: `[{"op": "add", "path": "/", "value": "x"}]`, err: "slash"},
		{body: `[{"op": "add", "path": "/a/b", "value": "x"}]`, err: "below"},
		{body: `[{"op": "add", "path": "/tags/-", "value": "x"}]`, err: "below"},
		{body: `[{"op": "add", "path": "/a~2b", "value": "x"}]`, err: "~"},
		{body: `[{"op": "add", "path": "/a~", "value": "x"}]`, err: "~"},
		{body: `[1]`, err: "[0]"},
	}
	for _, test := range tests {
		in, err := UpdateImage.ReadCall(wire.Version{}, func(string) string { return "id" }, nil, nil, []byte(test.body), nil)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: error %v, want one that names %s", test.body, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.body, err)
		} else if !slices.EqualFunc(in.Patch, test.want, func(a, b Patch) bool { return cmp.Equal(a, b) }) {
			t.Errorf("%s: %v, want %v", test.body, in.Patch, test.want)
		}
	}
}

// FuzzPatch: whatever is read is written in a form that reads the same, and no
// operation settles on a member that only the server sets.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`[{"op": "replace", "path": "/name", "value": "u"}, {"op": "remove", "path": "/x~1y"}]`,
		`[{"add": "/tags", "value": ["a"]}, {"replace": "/min_disk", "value": 5}]`,
		`[{"op":"add","path":"/kernel_id","value":null}]`, `[{"op":"add","path":"/status","value":"active"}]`, `{}`, `[[]]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := UpdateImage.ReadCall(wire.Version{}, func(string) string { return "id" }, nil, nil, body, nil)
		if err != nil {
			return
		}
		call, err := UpdateImage.Call(in, wire.Version{})
		if err != nil {
			t.Fatal(err)
		}
		again, err := UpdateImage.ReadCall(wire.Version{}, func(string) string { return "id" }, nil, nil, call.Body, nil)
		if err != nil {
			t.Fatalf("%s was written as %s: %v", body, call.Body, err)
		}
		if len(again.Patch) != len(in.Patch) {
			t.Fatalf("%d operations, %d after a round trip", len(in.Patch), len(again.Patch))
		}
		for i, p := range in.Patch {
			q := again.Patch[i]
			if p.Op != q.Op || p.Name != q.Name || string(p.Value) != string(q.Value) {
				t.Fatalf("%+v became %+v", p, q)
			}
			if p.Op == "remove" {
				continue
			}
			s, err := p.Settings()
			if err == nil && slices.Contains([]string{"status", "size", "checksum", "os_hash_value", "locations", "file"}, p.Name) && len(s.Refused) != 1 {
				t.Fatalf("%s can be set", p.Name)
			}
		}
	})
}

func TestSchemasNameEveryMember(t *testing.T) {
	for name, schema := range Schemas() {
		b, err := json.Marshal(schema)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(string(b), `"description":""`) {
			t.Errorf("%s: a member has no description", name)
		}
	}
	for _, name := range settableMembers() {
		if !slices.Contains(baseMembers(), name) {
			t.Errorf("%s can be set but is not shown", name)
		}
	}
}

func TestRoutesAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Routes() {
		info := r.Info()
		if seen[info.Name] {
			t.Errorf("two routes are named %s", info.Name)
		}
		seen[info.Name] = true
		if !info.Public && info.Policy.Name == "" && info.Name != "schemas.show" {
			t.Errorf("%s has no policy rule", info.Name)
		}
	}
}
