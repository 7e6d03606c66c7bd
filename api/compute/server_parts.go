package compute

import (
	"encoding/json"

	"github.com/novalet/novalet/api/wire"
)

// ServerImage is a server's image: an object, or the empty string for a server
// that was booted from a volume. From 2.98 it has the image's properties.
type ServerImage struct {
	ID         string
	Links      []wire.Link
	Properties map[string]string // nil: not shown
}

type serverImageJSON struct {
	ID         string            `json:"id"`
	Links      []wire.Link       `json:"links"`
	Properties map[string]string `json:"properties,omitempty"`
}

// MarshalJSON writes the object, or "" without an image.
func (i ServerImage) MarshalJSON() ([]byte, error) { return i.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON writes.
func (i ServerImage) AppendJSON(b []byte) ([]byte, error) {
	if i.ID == "" {
		return append(b, `""`...), nil
	}
	return wire.Encode(b, serverImageJSON(i), wire.Version{})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *ServerImage) UnmarshalJSON(b []byte) error {
	*i = ServerImage{}
	if string(b) == `""` || string(b) == "null" {
		return nil
	}
	return json.Unmarshal(b, (*serverImageJSON)(i))
}

// JSONSchema describes the two forms.
func (ServerImage) JSONSchema() wire.Schema {
	return wire.Schema{"anyOf": []wire.Schema{
		{"const": ""},
		{"type": "object", "required": []string{"id", "links"}, "properties": wire.Schema{
			"id": wire.Schema{"type": "string"}, "links": wire.Schema{"type": "array"}, "properties": wire.Schema{"type": "object"},
		}},
	}}
}

// NetworksWanted is the networks member of POST /servers from 2.37: "auto",
// "none", or a list.
type NetworksWanted struct {
	Word string // auto, none, or empty
	List []NetworkWanted
}

// MarshalJSON writes the word or the list.
func (n NetworksWanted) MarshalJSON() ([]byte, error) {
	if n.Word != "" {
		return json.Marshal(n.Word)
	}
	return wire.Encode(nil, n.List, MaxVersion)
}

// UnmarshalJSON reads the word or the list; the list's entries are those of
// 2.42 and later.
func (n *NetworksWanted) UnmarshalJSON(b []byte) error {
	*n = NetworksWanted{}
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &n.Word); err != nil {
			return err
		}
		if n.Word != "auto" && n.Word != "none" {
			return &wire.Invalid{Text: "is not 'auto', 'none' or a list of networks"}
		}
		return nil
	}
	return wire.Decode(b, &n.List, MaxVersion)
}

// JSONSchema describes the forms.
func (NetworksWanted) JSONSchema() wire.Schema {
	return wire.Schema{"anyOf": []wire.Schema{
		{"enum": []string{"auto", "none"}},
		wire.SchemaOf[[]NetworkWanted](MaxVersion),
	}}
}
