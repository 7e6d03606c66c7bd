package cloud

import (
	"context"
	"slices"
	"time"
)

// Caller is who makes a request, as the token says. Services get it from the
// edge, never from headers.
type Caller struct {
	UserID            string
	UserName          string
	UserDomainID      string
	UserDomainName    string
	ProjectID         string // empty unless the token is scoped to a project
	ProjectName       string
	ProjectDomainID   string
	ProjectDomainName string
	DomainID          string // empty unless the token is scoped to a domain
	DomainName        string
	System            bool     // scoped to the whole system
	Roles             []string // names, implied ones included
	Methods           []string // how the token was got: password, token, ...
	AuditIDs          []string
	IssuedAt          time.Time
	ExpiresAt         time.Time
	RequestID         string // of the request at hand: req-UUID
}

// Has reports whether the caller has the role.
func (c *Caller) Has(role string) bool { return c != nil && slices.Contains(c.Roles, role) }

// Target is what a policy rule is judged on: the attributes of a thing, named
// as in the rules (project_id, user_id, ...).
type Target map[string]string

// OwnTarget is the target of a call that concerns no existing thing: the
// caller's own project and user.
func (c *Caller) OwnTarget() Target {
	return Target{"project_id": c.ProjectID, "user_id": c.UserID, "domain_id": c.DomainID}
}

// Authenticator turns a token into a Caller. An unknown, expired or revoked
// token is fault.Unauthorized.
type Authenticator interface {
	Authenticate(ctx context.Context, token Secret) (*Caller, error)
}

// Authorizer judges policy rules (base/policy). A refusal is fault.Forbidden.
type Authorizer interface {
	Authorize(rule string, caller *Caller, target Target) error
}
