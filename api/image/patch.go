package image

import (
	"encoding/json"
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// Update is PATCH /v2/images/{image_id}.
type Update struct {
	ID          string  `path:"image_id"`
	ContentType string  `header:"Content-Type"` // PatchType or PatchType0
	Patch       []Patch `body:"json" is:"max=1000"`
}

// Patch is one operation on one member of an image, in either media type's
// form. Glance knows add, replace and remove; add and replace differ only for
// a property that is missing.
type Patch struct {
	Op    string          // add, replace or remove
	Name  string          // of the member: the path without its slash, unescaped
	Value json.RawMessage // nil for remove
}

// MarshalJSON writes the operation in the form of PatchType.
func (p Patch) MarshalJSON() ([]byte, error) {
	form := patchForm{Op: wire.Some(p.Op), Path: wire.Some(pointer(p.Name))}
	if p.Op != "remove" {
		form.Value = wire.Some(p.Value)
	}
	return wire.Encode(nil, form, wire.Version{})
}

// patchForm is both forms of an operation at once.
type patchForm struct {
	Op      wire.Opt[string]          `json:"op"`
	Path    wire.Opt[string]          `json:"path"`
	Value   wire.Opt[json.RawMessage] `json:"value"`
	Add     wire.Opt[string]          `json:"add"`
	Replace wire.Opt[string]          `json:"replace"`
	Remove  wire.Opt[string]          `json:"remove"`
}

// UnmarshalJSON reads an operation in either form.
func (p *Patch) UnmarshalJSON(b []byte) error {
	var form patchForm
	if err := wire.Decode(b, &form, wire.Version{}); err != nil {
		return err
	}
	op, path, n := "", "", 0
	for _, old := range []struct {
		op   string
		path wire.Opt[string]
	}{{"add", form.Add}, {"replace", form.Replace}, {"remove", form.Remove}} {
		if old.path.Set {
			op, path, n = old.op, old.path.V, n+1
		}
	}
	switch {
	case n == 0 && !form.Op.Set:
		return &wire.Invalid{Path: "op", Text: "An operation needs op: add, replace or remove."}
	case n == 0 && !form.Path.Set:
		return &wire.Invalid{Path: "path", Text: "An operation needs path, such as /name."}
	case n == 0:
		op, path = form.Op.V, form.Path.V
	case n > 1 || form.Op.Set || form.Path.Set:
		return &wire.Invalid{Text: "An operation is either op with path or one of add, replace and remove with a path as its value."}
	}
	if op != "add" && op != "replace" && op != "remove" {
		return &wire.Invalid{Path: "op", Text: "An operation is one of add, replace and remove."}
	}
	if op != "remove" && !form.Value.Set {
		return &wire.Invalid{Path: "value", Text: "The operation " + op + " needs a value."}
	}
	name, err := pointedName(path)
	*p = Patch{Op: op, Name: name}
	if op != "remove" {
		p.Value = form.Value.V
	}
	return err
}

// JSONSchema describes the newer form.
func (Patch) JSONSchema() wire.Schema {
	return wire.Schema{
		"type": "object", "required": []string{"op", "path"},
		"properties": wire.Schema{
			"op":   wire.Schema{"enum": []string{"add", "replace", "remove"}},
			"path": wire.Schema{"type": "string", "pattern": "^/[^/]+$"}, "value": wire.Schema{},
		},
	}
}

// Settings reads the operation's value as the one member it names.
func (p Patch) Settings() (Settings, error) {
	var s Settings
	body, err := json.Marshal(map[string]json.RawMessage{p.Name: p.Value})
	if err == nil {
		err = s.UnmarshalJSON(body)
	}
	return s, err
}

// pointedName reads a JSON pointer (RFC 6901) of one level.
func pointedName(path string) (string, error) {
	name, ok := strings.CutPrefix(path, "/")
	if !ok || name == "" {
		return "", &wire.Invalid{Path: "path", Text: "A path starts with a slash and names a member of the image, such as /name."}
	}
	if strings.Contains(name, "/") {
		return "", &wire.Invalid{Path: "path", Text: "A path names a member of the image itself; only /name, not what is below. Write a slash in a name as ~1."}
	}
	for i := range name {
		if name[i] == '~' && (i+1 == len(name) || name[i+1] != '0' && name[i+1] != '1') {
			return "", &wire.Invalid{Path: "path", Text: "In a path, ~ stands only in ~0 (for ~) and ~1 (for /)."}
		}
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(name), nil
}

func pointer(name string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
