package image

import "github.com/novalet/novalet/api/wire"

// Version is one entry of the version list.
type Version struct {
	ID     string      `json:"id"`
	Status string      `json:"status"` // CURRENT or SUPPORTED
	Links  []wire.Link `json:"links"`
}

// Versions is the version list.
type Versions struct {
	Versions []Version `json:"versions"`
}

// SupportedVersions are the versions of the list, the current one first. They
// name stages of one API, not things a request could choose. Glance has more
// (2.8 and 2.10 to 2.14 are for several stores, 2.16 for its cache).
var SupportedVersions = []string{"v2.15", "v2.9", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0"}

// The version lists: a client that asks for the root alone gets 300.
var (
	ListChoices = wire.Route[wire.None, Versions]{
		Name: "versions.choices", Method: "GET", Path: "/", Status: "300", Public: true, LooseQuery: "always",
	}
	ListVersions = wire.Route[wire.None, Versions]{
		Name: "versions.list", Method: "GET", Path: "/versions", Status: "200", Public: true, LooseQuery: "always",
	}
)

func versionRoutes() []wire.Endpoint { return []wire.Endpoint{ListChoices, ListVersions} }
