package identity

import "github.com/novalet/novalet/api/wire"

// Domain is a container of projects and users, as GET /domains/{domain_id}
// shows it.
type Domain struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Enabled     bool      `json:"enabled"`
	Tags        []string  `json:"tags"`
	Options     Immutable `json:"options"`
	Links       Self      `json:"links"`
}

// Immutable is the options member of domains, projects and roles: what is
// immutable can be neither changed nor deleted until this is taken back.
type Immutable struct {
	Immutable wire.Opt[bool] `json:"immutable" is:"null"`
}

// DomainQuery is what GET /domains takes.
type DomainQuery struct {
	Name    wire.Opt[string] `query:"name"`
	Enabled wire.Opt[string] `query:"enabled"`
}

// Domains is the reply of GET /domains and GET /auth/domains.
type Domains struct {
	Domains []Domain `json:"domains"`
	Links   Page     `json:"links"`
}

// DomainID names one domain.
type DomainID struct {
	ID string `path:"domain_id"`
}

// DomainShown is the reply that holds one domain.
type DomainShown struct {
	Domain Domain `json:"domain"`
}

// DomainCreate is the body of POST /domains.
type DomainCreate struct {
	Domain NewDomain `json:"domain" is:"required"`
}

// NewDomain is a domain to be made.
type NewDomain struct {
	Name        string              `json:"name" is:"required,min=1,max=64,name"`
	Description wire.Opt[string]    `json:"description" is:"null,max=65535"`
	Enabled     wire.Opt[bool]      `json:"enabled"`
	Tags        wire.Opt[[]string]  `json:"tags" is:"max=80,tag"`
	Options     wire.Opt[Immutable] `json:"options"`
}

// DomainUpdate is the body of PATCH /domains/{domain_id}.
type DomainUpdate struct {
	ID     string       `path:"domain_id"`
	Domain DomainChange `json:"domain" is:"required"`
}

// DomainChange holds the members to change; absent ones stay.
type DomainChange struct {
	Name        wire.Opt[string]    `json:"name" is:"min=1,max=64,name"`
	Description wire.Opt[string]    `json:"description" is:"null,max=65535"`
	Enabled     wire.Opt[bool]      `json:"enabled"`
	Tags        wire.Opt[[]string]  `json:"tags" is:"max=80,tag"`
	Options     wire.Opt[Immutable] `json:"options"`
}

// The routes of domains.
var (
	ListDomains = wire.Route[DomainQuery, Domains]{
		Name: "domains.list", Method: "GET", Path: "/domains", Status: "200",
		Policy: rule("list_domains", systemReader),
	}
	ListAuthDomains = wire.Route[wire.None, Domains]{
		Name: "auth.domains", Method: "GET", Path: "/auth/domains", Status: "200",
		Policy: rule("get_auth_domains", anyone),
	}
	ShowDomain = wire.Route[DomainID, DomainShown]{
		Name: "domains.show", Method: "GET", Path: "/domains/{domain_id}", Status: "200",
		Policy: rule("get_domain", systemReader+" or domain_id:%(target.domain.id)s or project_domain_id:%(target.domain.id)s"),
	}
	CreateDomain = wire.Route[DomainCreate, DomainShown]{
		Name: "domains.create", Method: "POST", Path: "/domains", Status: "201",
		Policy: rule("create_domain", admin),
	}
	UpdateDomain = wire.Route[DomainUpdate, DomainShown]{
		Name: "domains.update", Method: "PATCH", Path: "/domains/{domain_id}", Status: "200",
		Policy: rule("update_domain", admin),
	}
	DeleteDomain = wire.Route[DomainID, wire.None]{
		Name: "domains.delete", Method: "DELETE", Path: "/domains/{domain_id}", Status: "204",
		Policy: rule("delete_domain", admin),
	}
)

func domainRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListDomains, ListAuthDomains, ShowDomain, CreateDomain, UpdateDomain, DeleteDomain}
}
