package compute

import "github.com/novalet/novalet/api/wire"

// VersionDoc describes one major version of the API.
type VersionDoc struct {
	ID         string        `json:"id"`
	Status     string        `json:"status"` // CURRENT, SUPPORTED or DEPRECATED
	Version    string        `json:"version"`
	MinVersion string        `json:"min_version"`
	Updated    string        `json:"updated"`
	Links      []VersionLink `json:"links"`
	MediaTypes []MediaTypeOf `json:"media-types,omitempty"`
}

// VersionLink is a link of a version document; a document's type may be named.
type VersionLink struct {
	Rel  string `json:"rel"`
	Type string `json:"type,omitempty"`
	Href string `json:"href"`
}

// MediaTypeOf is a media type that a version speaks.
type MediaTypeOf struct {
	Base string `json:"base"`
	Type string `json:"type"`
}

// VersionDocs is the reply of GET at the service's root, outside of any
// version.
type VersionDocs struct {
	Versions []VersionDoc `json:"versions"`
}

// VersionChoice is a version that a request outside of any could go to.
type VersionChoice struct {
	ID         string        `json:"id"`
	Status     string        `json:"status"`
	Links      []VersionLink `json:"links"`
	MediaTypes []MediaTypeOf `json:"media-types"`
}

// VersionChoices is the reply, with status 300, to a path outside of any
// version.
type VersionChoices struct {
	Choices []VersionChoice `json:"choices"`
}

// VersionShown is the reply of GET /v2.1/.
type VersionShown struct {
	Version VersionDoc `json:"version"`
}

// ShowVersion describes the version itself; it needs no token.
var ShowVersion = wire.Route[wire.None, VersionShown]{
	Name: "versions.show", Method: "GET", Path: "/", Status: "200", Public: true, LooseQuery: "always",
}

// ListVersions is the root of the service: a contract of its own, since it
// stands outside of /v2.1.
var ListVersions = wire.Route[wire.None, VersionDocs]{
	Name: "versions.list", Method: "GET", Path: "/", Status: "200", Public: true, LooseQuery: "always",
}
