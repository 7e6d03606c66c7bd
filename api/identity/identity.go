// Package identity is the contract of the Identity API (Keystone v3): its
// types and routes as data. One file holds one resource; Routes lists them
// all. Facts come from Keystone's public API reference and from what a
// Keystone of release Zed (v3.14) answers.
package identity

import "github.com/novalet/novalet/api/wire"

// What the service goes by.
const (
	Service     = "identity"                                   // type in the catalog
	SubjectName = "X-Subject-Token"                            // header of the token a call is about
	MediaType   = "application/vnd.openstack.identity-v3+json" // in version documents
	VersionID   = "v3.14"                                      // of the version document
	Updated     = "2020-04-07T00:00:00Z"                       // when that version was made
)

// Default rules as Keystone publishes them. A project admin counts as an admin
// of everything, as in Keystone while enforce_scope is off; who is admin or
// reader of a domain may act in that domain.
const (
	anyone       = "" // a valid token is enough
	admin        = "rule:admin_required"
	systemReader = "rule:admin_required or (role:reader and system_scope:all)"
)

// BaseRules are the named rules that the others build on.
func BaseRules() []wire.Rule {
	return []wire.Rule{
		{Name: "admin_required", Default: "role:admin or is_admin:1"},
		{Name: "owner", Default: "user_id:%(user_id)s"},
		{Name: "admin_or_owner", Default: "rule:admin_required or rule:owner"},
		{Name: "service_role", Default: "role:service"},
		{Name: "token_subject", Default: "user_id:%(target.token.user_id)s"},
	}
}

// rule is a rule of the Identity API; all their names begin alike.
func rule(name, check string) wire.Rule {
	return wire.Rule{Name: "identity:" + name, Default: check}
}

// Page is the links member of a collection. Identity lists are whole, so next
// and previous are null.
type Page struct {
	Next     *string `json:"next"`
	Self     string  `json:"self"`
	Previous *string `json:"previous"`
}

// Self is the links member of one resource.
type Self struct {
	Self string `json:"self"`
}

// Routes lists every route of the contract below /v3.
func Routes() []wire.Endpoint {
	var all []wire.Endpoint
	for _, routes := range [][]wire.Endpoint{
		versionRoutes(), tokenRoutes(), domainRoutes(), projectRoutes(), userRoutes(),
		roleRoutes(), assignmentRoutes(), catalogRoutes(),
	} {
		all = append(all, routes...)
	}
	return all
}
