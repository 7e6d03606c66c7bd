package identity

import "github.com/novalet/novalet/api/wire"

// Version is one version of the API as the version documents show it.
type Version struct {
	ID         string          `json:"id"`
	Status     string          `json:"status"`
	Updated    string          `json:"updated"`
	Links      []wire.Link     `json:"links"`
	MediaTypes []VersionFormat `json:"media-types"`
}

// VersionFormat is a media type that a version speaks.
type VersionFormat struct {
	Base string `json:"base"`
	Type string `json:"type"`
}

// Versions is the reply of GET /, with status 300.
type Versions struct {
	Location string      `header:"Location"`
	Versions VersionList `json:"versions"`
}

// VersionList is the list in it, below a member of its own.
type VersionList struct {
	Values []Version `json:"values"`
}

// VersionShown is the reply of GET /v3.
type VersionShown struct {
	Version Version `json:"version"`
}

// The version documents. ListVersions is above /v3, at the service's root.
var (
	ListVersions = wire.Route[wire.None, Versions]{
		Name: "versions.list", Method: "GET", Path: "/", Status: "300", Public: true,
	}
	ShowVersion = wire.Route[wire.None, VersionShown]{
		Name: "versions.show", Method: "GET", Path: "/", Status: "200", Public: true,
	}
)

func versionRoutes() []wire.Endpoint { return []wire.Endpoint{ShowVersion} }
