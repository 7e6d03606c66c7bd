package identity

import "github.com/novalet/novalet/api/wire"

// Role is a name that policy rules ask for, as GET /roles/{role_id} shows it.
type Role struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	DomainID    *string   `json:"domain_id"` // null: of the whole cloud
	Description *string   `json:"description"`
	Options     Immutable `json:"options"`
	Links       Self      `json:"links"`
}

// RoleQuery is what GET /roles takes. Without domain_id it lists the roles of
// the whole cloud.
type RoleQuery struct {
	Name     wire.Opt[string] `query:"name"`
	DomainID wire.Opt[string] `query:"domain_id"`
}

// Roles is the reply of GET /roles, and of the routes that list what a user
// has on a project, a domain or the system.
type Roles struct {
	Roles []Role `json:"roles"`
	Links Page   `json:"links"`
}

// RoleID names one role.
type RoleID struct {
	ID string `path:"role_id"`
}

// RoleShown is the reply that holds one role.
type RoleShown struct {
	Role Role `json:"role"`
}

// RoleCreate is the body of POST /roles.
type RoleCreate struct {
	Role NewRole `json:"role" is:"required"`
}

// NewRole is a role to be made.
type NewRole struct {
	Name        string              `json:"name" is:"required,min=1,max=255,name"`
	DomainID    wire.Opt[string]    `json:"domain_id" is:"null,min=1,max=64"`
	Description wire.Opt[string]    `json:"description" is:"null,max=65535"`
	Options     wire.Opt[Immutable] `json:"options"`
}

// RoleUpdate is the body of PATCH /roles/{role_id}.
type RoleUpdate struct {
	ID   string     `path:"role_id"`
	Role RoleChange `json:"role" is:"required"`
}

// RoleChange holds the members to change; absent ones stay.
type RoleChange struct {
	Name        wire.Opt[string]    `json:"name" is:"min=1,max=255,name"`
	Description wire.Opt[string]    `json:"description" is:"null,max=65535"`
	Options     wire.Opt[Immutable] `json:"options"`
}

// ImpliedRoleID names one implication: who has the prior role has the implied
// one too.
type ImpliedRoleID struct {
	Prior   string `path:"prior_role_id"`
	Implied string `path:"implied_role_id"`
}

// PriorRoleID names a role by what it implies.
type PriorRoleID struct {
	ID string `path:"prior_role_id"`
}

// RoleBrief is a role in implications.
type RoleBrief struct {
	ID    string `json:"id"`
	Links Self   `json:"links"`
	Name  string `json:"name"`
}

// Inference is a role and what it implies, directly.
type Inference struct {
	Prior   RoleBrief   `json:"prior_role"`
	Implies []RoleBrief `json:"implies"`
}

// InferenceShown is the reply of GET /roles/{prior_role_id}/implies.
type InferenceShown struct {
	Inference Inference `json:"role_inference"`
	Links     Self      `json:"links"`
}

// OneInference is a role and one that it implies.
type OneInference struct {
	Prior   RoleBrief `json:"prior_role"`
	Implies RoleBrief `json:"implies"`
}

// OneInferenceShown is the reply of the routes of one implication.
type OneInferenceShown struct {
	Inference OneInference `json:"role_inference"`
	Links     Self         `json:"links"`
}

// Inferences is the reply of GET /role_inferences.
type Inferences struct {
	Inferences []Inference `json:"role_inferences"`
	Links      Self        `json:"links"`
}

// The routes of roles.
var (
	ListRoles = wire.Route[RoleQuery, Roles]{
		Name: "roles.list", Method: "GET", Path: "/roles", Status: "200",
		Policy: rule("list_roles", systemReader),
	}
	ShowRole = wire.Route[RoleID, RoleShown]{
		Name: "roles.show", Method: "GET", Path: "/roles/{role_id}", Status: "200",
		Policy: rule("get_role", systemReader),
	}
	CreateRole = wire.Route[RoleCreate, RoleShown]{
		Name: "roles.create", Method: "POST", Path: "/roles", Status: "201",
		Policy: rule("create_role", admin),
	}
	UpdateRole = wire.Route[RoleUpdate, RoleShown]{
		Name: "roles.update", Method: "PATCH", Path: "/roles/{role_id}", Status: "200",
		Policy: rule("update_role", admin),
	}
	DeleteRole = wire.Route[RoleID, wire.None]{
		Name: "roles.delete", Method: "DELETE", Path: "/roles/{role_id}", Status: "204",
		Policy: rule("delete_role", admin),
	}
	ListInferences = wire.Route[wire.None, Inferences]{
		Name: "role_inferences.list", Method: "GET", Path: "/role_inferences", Status: "200",
		Policy: rule("list_role_inference_rules", systemReader),
	}
	ListImpliedRoles = wire.Route[PriorRoleID, InferenceShown]{
		Name: "roles.implies.list", Method: "GET", Path: "/roles/{prior_role_id}/implies", Status: "200",
		Policy: rule("list_implied_roles", systemReader),
	}
	ShowImpliedRole = wire.Route[ImpliedRoleID, OneInferenceShown]{
		Name: "roles.implies.show", Method: "GET", Path: "/roles/{prior_role_id}/implies/{implied_role_id}", Status: "200",
		Policy: rule("get_implied_role", systemReader),
	}
	CreateImpliedRole = wire.Route[ImpliedRoleID, OneInferenceShown]{
		Name: "roles.implies.create", Method: "PUT", Path: "/roles/{prior_role_id}/implies/{implied_role_id}", Status: "201",
		Policy: rule("create_implied_role", admin),
	}
	DeleteImpliedRole = wire.Route[ImpliedRoleID, wire.None]{
		Name: "roles.implies.delete", Method: "DELETE", Path: "/roles/{prior_role_id}/implies/{implied_role_id}", Status: "204",
		Policy: rule("delete_implied_role", admin),
	}
)

func roleRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListRoles, ShowRole, CreateRole, UpdateRole, DeleteRole,
		ListInferences, ListImpliedRoles, ShowImpliedRole, CreateImpliedRole, DeleteImpliedRole,
	}
}
