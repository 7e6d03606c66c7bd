package compute

import "github.com/novalet/novalet/api/wire"

// Extension is a piece of the API that once could be left out; the list has
// stood still since. Source: API reference "Extensions".
type Extension struct {
	Alias       string      `json:"alias"`
	Description string      `json:"description"`
	Links       []wire.Link `json:"links"`
	Name        string      `json:"name"`
	Namespace   string      `json:"namespace"`
	Updated     string      `json:"updated"`
}

// Extensions is the reply of GET /extensions.
type Extensions struct {
	Extensions []Extension `json:"extensions"`
}

// ExtensionShown is the reply of GET /extensions/{alias}.
type ExtensionShown struct {
	Extension Extension `json:"extension"`
}

// ExtensionAlias names one extension.
type ExtensionAlias struct {
	Alias string `path:"alias"`
}

// The routes of extensions.
var (
	ListExtensions = wire.Route[wire.None, Extensions]{
		Name: "extensions.list", Method: "GET", Path: "/extensions", Status: "200",
		Policy: rule("extensions", always), LooseQuery: looseUntil,
	}
	ShowExtension = wire.Route[ExtensionAlias, ExtensionShown]{
		Name: "extensions.show", Method: "GET", Path: "/extensions/{alias}", Status: "200",
		Policy: rule("extensions", always), LooseQuery: looseUntil,
	}
)

func extensionRoutes() []wire.Endpoint { return []wire.Endpoint{ListExtensions, ShowExtension} }
