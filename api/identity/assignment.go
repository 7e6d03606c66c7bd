package identity

import "github.com/novalet/novalet/api/wire"

// ProjectGrant names a role of a user on a project.
type ProjectGrant struct {
	ProjectID string `path:"project_id"`
	UserID    string `path:"user_id"`
	RoleID    string `path:"role_id"`
}

// ProjectGrants names what a user has on a project.
type ProjectGrants struct {
	ProjectID string `path:"project_id"`
	UserID    string `path:"user_id"`
}

// DomainGrant names a role of a user on a domain.
type DomainGrant struct {
	DomainID string `path:"domain_id"`
	UserID   string `path:"user_id"`
	RoleID   string `path:"role_id"`
}

// DomainGrants names what a user has on a domain.
type DomainGrants struct {
	DomainID string `path:"domain_id"`
	UserID   string `path:"user_id"`
}

// SystemGrant names a role of a user on the system.
type SystemGrant struct {
	UserID string `path:"user_id"`
	RoleID string `path:"role_id"`
}

// SystemGrants names what a user has on the system.
type SystemGrants struct {
	UserID string `path:"user_id"`
}

// AssignmentQuery is what GET /role_assignments takes. Effective, include_names
// and include_subtree count when they are there, unless they are "0".
type AssignmentQuery struct {
	UserID         wire.Opt[string] `query:"user.id"`
	GroupID        wire.Opt[string] `query:"group.id"`
	RoleID         wire.Opt[string] `query:"role.id"`
	ProjectID      wire.Opt[string] `query:"scope.project.id"`
	DomainID       wire.Opt[string] `query:"scope.domain.id"`
	System         wire.Opt[string] `query:"scope.system"` // all
	Effective      wire.Opt[string] `query:"effective"`    // with implied roles
	IncludeNames   wire.Opt[string] `query:"include_names"`
	IncludeSubtree wire.Opt[string] `query:"include_subtree"`
	InheritedTo    wire.Opt[string] `query:"scope.OS-INHERIT:inherited_to"` // none is: there are no inherited assignments
}

// Assignments is the reply of GET /role_assignments.
type Assignments struct {
	Assignments []Assignment `json:"role_assignments"`
	Links       Page         `json:"links"`
}

// Assignment is one role of one user on one thing.
type Assignment struct {
	Links AssignmentLinks `json:"links"`
	Scope AssignmentScope `json:"scope"`
	User  AssignmentParty `json:"user"`
	Role  AssignmentRole  `json:"role"`
}

// AssignmentLinks are the links of an assignment; prior_role is there when the
// role is an implied one.
type AssignmentLinks struct {
	Assignment string           `json:"assignment"`
	PriorRole  wire.Opt[string] `json:"prior_role"`
}

// AssignmentScope is what the role is on: one of its members.
type AssignmentScope struct {
	Project wire.Opt[AssignmentParty] `json:"project"`
	Domain  wire.Opt[AssignmentRole]  `json:"domain"`
	System  wire.Opt[SystemScope]     `json:"system"`
}

// AssignmentParty is a user or project; name and domain come with
// include_names.
type AssignmentParty struct {
	ID     string           `json:"id"`
	Name   wire.Opt[string] `json:"name"`
	Domain wire.Opt[Ref]    `json:"domain"`
}

// AssignmentRole is a role or domain; the name comes with include_names.
type AssignmentRole struct {
	ID   string           `json:"id"`
	Name wire.Opt[string] `json:"name"`
}

const (
	grantReader = systemReader +
		" or (role:reader and domain_id:%(target.user.domain_id)s and domain_id:%(target.project.domain_id)s)" +
		" or (role:reader and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain.id)s)"

	onProject = "/projects/{project_id}/users/{user_id}/roles"
	onDomain  = "/domains/{domain_id}/users/{user_id}/roles"
	onSystem  = "/system/users/{user_id}/roles"
)

// The routes of grants and of role assignments. HEAD is answered by the Check
// routes.
var (
	ListProjectGrants = wire.Route[ProjectGrants, Roles]{
		Name: "grants.project.list", Method: "GET", Path: onProject, Status: "200",
		Policy: rule("list_grants", grantReader),
	}
	CheckProjectGrant = wire.Route[ProjectGrant, wire.None]{
		Name: "grants.project.check", Method: "GET", Path: onProject + "/{role_id}", Status: "204",
		Policy: rule("check_grant", grantReader),
	}
	CreateProjectGrant = wire.Route[ProjectGrant, wire.None]{
		Name: "grants.project.create", Method: "PUT", Path: onProject + "/{role_id}", Status: "204",
		Policy: rule("create_grant", admin),
	}
	DeleteProjectGrant = wire.Route[ProjectGrant, wire.None]{
		Name: "grants.project.delete", Method: "DELETE", Path: onProject + "/{role_id}", Status: "204",
		Policy: rule("revoke_grant", admin),
	}
	ListDomainGrants = wire.Route[DomainGrants, Roles]{
		Name: "grants.domain.list", Method: "GET", Path: onDomain, Status: "200",
		Policy: rule("list_grants", grantReader),
	}
	CheckDomainGrant = wire.Route[DomainGrant, wire.None]{
		Name: "grants.domain.check", Method: "GET", Path: onDomain + "/{role_id}", Status: "204",
		Policy: rule("check_grant", grantReader),
	}
	CreateDomainGrant = wire.Route[DomainGrant, wire.None]{
		Name: "grants.domain.create", Method: "PUT", Path: onDomain + "/{role_id}", Status: "204",
		Policy: rule("create_grant", admin),
	}
	DeleteDomainGrant = wire.Route[DomainGrant, wire.None]{
		Name: "grants.domain.delete", Method: "DELETE", Path: onDomain + "/{role_id}", Status: "204",
		Policy: rule("revoke_grant", admin),
	}
	ListSystemGrants = wire.Route[SystemGrants, Roles]{
		Name: "grants.system.list", Method: "GET", Path: onSystem, Status: "200",
		Policy: rule("list_system_grants_for_user", systemReader),
	}
	CheckSystemGrant = wire.Route[SystemGrant, wire.None]{
		Name: "grants.system.check", Method: "GET", Path: onSystem + "/{role_id}", Status: "204",
		Policy: rule("check_system_grant_for_user", systemReader),
	}
	CreateSystemGrant = wire.Route[SystemGrant, wire.None]{
		Name: "grants.system.create", Method: "PUT", Path: onSystem + "/{role_id}", Status: "204",
		Policy: rule("create_system_grant_for_user", admin),
	}
	DeleteSystemGrant = wire.Route[SystemGrant, wire.None]{
		Name: "grants.system.delete", Method: "DELETE", Path: onSystem + "/{role_id}", Status: "204",
		Policy: rule("revoke_system_grant_for_user", admin),
	}
	ListAssignments = wire.Route[AssignmentQuery, Assignments]{
		Name: "role_assignments.list", Method: "GET", Path: "/role_assignments", Status: "200",
		Policy: rule("list_role_assignments", systemReader+" or (role:reader and domain_id:%(target.domain_id)s)"),
	}
)

func assignmentRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListProjectGrants, CheckProjectGrant, CreateProjectGrant, DeleteProjectGrant,
		ListDomainGrants, CheckDomainGrant, CreateDomainGrant, DeleteDomainGrant,
		ListSystemGrants, CheckSystemGrant, CreateSystemGrant, DeleteSystemGrant,
		ListAssignments,
	}
}
