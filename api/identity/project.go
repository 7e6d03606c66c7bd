package identity

import "github.com/novalet/novalet/api/wire"

// Project is what owns servers and images, as GET /projects/{project_id} shows
// it. A domain can be asked for as a project too; it has neither domain nor
// parent.
type Project struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	DomainID    *string   `json:"domain_id"`
	Description string    `json:"description"`
	Enabled     bool      `json:"enabled"`
	ParentID    *string   `json:"parent_id"`
	IsDomain    bool      `json:"is_domain"`
	Tags        []string  `json:"tags"`
	Options     Immutable `json:"options"`
	Links       Self      `json:"links"`
}

// ProjectQuery is what GET /projects takes.
type ProjectQuery struct {
	Name     wire.Opt[string] `query:"name"`
	DomainID wire.Opt[string] `query:"domain_id"`
	ParentID wire.Opt[string] `query:"parent_id"`
	Enabled  wire.Opt[string] `query:"enabled"`
	IsDomain wire.Opt[string] `query:"is_domain"`
	Tags     wire.Opt[string] `query:"tags"` // comma separated; all of them
}

// Projects is the reply of GET /projects, GET /auth/projects and
// GET /users/{user_id}/projects.
type Projects struct {
	Projects []Project `json:"projects"`
	Links    Page      `json:"links"`
}

// ProjectID names one project.
type ProjectID struct {
	ID string `path:"project_id"`
}

// ProjectShown is the reply that holds one project.
type ProjectShown struct {
	Project Project `json:"project"`
}

// ProjectCreate is the body of POST /projects.
type ProjectCreate struct {
	Project NewProject `json:"project" is:"required"`
}

// NewProject is a project to be made; without a domain it is in the caller's.
// Its parent is its domain: deeper trees are refused, and so are projects that
// act as domains (POST /domains makes those).
type NewProject struct {
	Name        string              `json:"name" is:"required,min=1,max=64,name"`
	DomainID    wire.Opt[string]    `json:"domain_id" is:"null,min=1,max=64"`
	ParentID    wire.Opt[string]    `json:"parent_id" is:"null,min=1,max=64"`
	IsDomain    wire.Opt[bool]      `json:"is_domain"`
	Description wire.Opt[string]    `json:"description" is:"null,max=65535"`
	Enabled     wire.Opt[bool]      `json:"enabled"`
	Tags        wire.Opt[[]string]  `json:"tags" is:"max=80,tag"`
	Options     wire.Opt[Immutable] `json:"options"`
}

// ProjectUpdate is the body of PATCH /projects/{project_id}.
type ProjectUpdate struct {
	ID      string        `path:"project_id"`
	Project ProjectChange `json:"project" is:"required"`
}

// ProjectChange holds the members to change; absent ones stay. A project's
// domain may be said, not changed.
type ProjectChange struct {
	Name        wire.Opt[string]    `json:"name" is:"min=1,max=64,name"`
	DomainID    wire.Opt[string]    `json:"domain_id" is:"null"`
	Description wire.Opt[string]    `json:"description" is:"null,max=65535"`
	Enabled     wire.Opt[bool]      `json:"enabled"`
	Tags        wire.Opt[[]string]  `json:"tags" is:"max=80,tag"`
	Options     wire.Opt[Immutable] `json:"options"`
}

// The routes of projects.
var (
	ListProjects = wire.Route[ProjectQuery, Projects]{
		Name: "projects.list", Method: "GET", Path: "/projects", Status: "200",
		Policy: rule("list_projects", systemReader+" or (role:reader and domain_id:%(target.domain_id)s)"),
	}
	ListAuthProjects = wire.Route[wire.None, Projects]{
		Name: "auth.projects", Method: "GET", Path: "/auth/projects", Status: "200",
		Policy: rule("get_auth_projects", anyone),
	}
	ShowProject = wire.Route[ProjectID, ProjectShown]{
		Name: "projects.show", Method: "GET", Path: "/projects/{project_id}", Status: "200",
		Policy: rule("get_project", systemReader+" or (role:reader and domain_id:%(target.project.domain_id)s) or project_id:%(target.project.id)s"),
	}
	CreateProject = wire.Route[ProjectCreate, ProjectShown]{
		Name: "projects.create", Method: "POST", Path: "/projects", Status: "201",
		Policy: rule("create_project", admin),
	}
	UpdateProject = wire.Route[ProjectUpdate, ProjectShown]{
		Name: "projects.update", Method: "PATCH", Path: "/projects/{project_id}", Status: "200",
		Policy: rule("update_project", admin),
	}
	DeleteProject = wire.Route[ProjectID, wire.None]{
		Name: "projects.delete", Method: "DELETE", Path: "/projects/{project_id}", Status: "204",
		Policy: rule("delete_project", admin),
	}
)

func projectRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListProjects, ListAuthProjects, ShowProject, CreateProject, UpdateProject, DeleteProject}
}
