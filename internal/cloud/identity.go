package cloud

import "time"

// Domain is a container of projects and users.
type Domain struct {
	ID          string
	Name        string // unique
	Description string
	Enabled     bool // otherwise none of its users and projects can be used
	Tags        []string
	Immutable   *bool // true: neither changed nor deleted until taken back; nil: never said
}

// Project is what owns servers, images and the rest.
type Project struct {
	ID          string
	Name        string // unique in its domain
	DomainID    string
	Description string
	Enabled     bool
	Tags        []string
	Immutable   *bool
}

// User is who can authenticate.
type User struct {
	ID               string
	Name             string // unique in its domain
	DomainID         string
	Enabled          bool
	Email            *string
	Description      *string
	DefaultProjectID string // the scope of a token that asks for none; empty: unscoped
	PasswordHash     string // base/token; empty: no password opens this user
	Options          map[string]bool
}

// Role is a name that policy rules ask for.
type Role struct {
	ID          string
	Name        string // unique
	Description *string
	Immutable   *bool
}

// Implication says that who has one role has another too.
type Implication struct{ PriorID, ImpliedID string }

// ScopeKind is what a role is assigned on.
type ScopeKind string

// The kinds of scope.
const (
	ProjectScope ScopeKind = "project"
	DomainScope  ScopeKind = "domain"
	SystemScope  ScopeKind = "system"
)

// Assignment is one role of one user on one project, on one domain or on the
// system.
type Assignment struct {
	UserID   string
	RoleID   string
	Kind     ScopeKind
	TargetID string // id of the project or domain; empty for the system
}

// Region is where endpoints are.
type Region struct {
	ID          string
	Description string
	ParentID    string // empty: none
	Enabled     *bool  // shown, without effect; nil: never said
}

// CatalogService is a service of the catalog.
type CatalogService struct {
	ID          string
	Type        string // compute, image, ...
	Name        string
	Description *string
	Enabled     bool
}

// CatalogEndpoint is one way to reach a service.
type CatalogEndpoint struct {
	ID        string
	ServiceID string
	Interface string // public, internal or admin
	RegionID  string // empty: none
	URL       string
	Enabled   bool
}

// RevokedKind is what a revocation is about.
type RevokedKind string

// The kinds of revocation.
const (
	RevokedToken   RevokedKind = "token"   // one token, by its audit id
	RevokedUser    RevokedKind = "user"    // what came of logins before a time
	RevokedProject RevokedKind = "project" // tokens for a project
	RevokedDomain  RevokedKind = "domain"  // tokens of the domain's users, and for it and its projects
)

// Revocation ends the tokens made up to a time.
type Revocation struct {
	Kind      RevokedKind
	ID        string
	Before    time.Time
	ExpiresAt time.Time // no token from before is alive then
}
