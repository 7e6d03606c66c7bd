package compute

import "github.com/novalet/novalet/api/wire"

// ServerGroup is servers that shall be near or far from each other. Sources:
// API reference "Server groups"; microversions 2.13, 2.15, 2.64.
type ServerGroup struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Policy    *string           `json:"policy" v:"2.64"`
	Rules     ServerGroupRules  `json:"rules" v:"2.64"`
	Policies  []string          `json:"policies" v:"-2.63"`
	Metadata  map[string]string `json:"metadata" v:"-2.63"` // always empty
	Members   []string          `json:"members"`            // server ids
	ProjectID *string           `json:"project_id" v:"2.13"`
	UserID    *string           `json:"user_id" v:"2.13"`
}

// ServerGroupRules refine the policy anti-affinity.
type ServerGroupRules struct {
	MaxServerPerHost wire.Opt[int] `json:"max_server_per_host" is:"loose,min=1"`
}

// ServerGroups is the reply of the list.
type ServerGroups struct {
	Groups []ServerGroup `json:"server_groups"`
}

// ServerGroupShown is the reply that holds one.
type ServerGroupShown struct {
	Group ServerGroup `json:"server_group"`
}

// ServerGroupID names one server group.
type ServerGroupID struct {
	ID string `path:"server_group_id"`
}

// ServerGroupQuery is what GET /os-server-groups takes. The list has no
// markers: a page begins at an offset.
type ServerGroupQuery struct {
	AllProjects wire.Opt[string] `query:"all_projects"` // present with any value; others than administrators get their own
	Limit       wire.Opt[int]    `query:"limit" is:"min=0"`
	Offset      wire.Opt[int]    `query:"offset" is:"min=0"`
}

// ServerGroupCreate is the body of POST /os-server-groups.
type ServerGroupCreate struct {
	Group ServerGroupNew `json:"server_group" is:"required"`
}

// ServerGroupNew is a server group to be made; NewServerGroup fills it in.
type ServerGroupNew struct {
	Name         string                     `json:"name" is:"required,min=1,max=255,name"`
	PoliciesHard []string                   `json:"-" is:"required,min=1,max=1,enum=anti-affinity|affinity" v:"-2.14 policies"`
	Policies     []string                   `json:"-" is:"required,min=1,max=1,enum=anti-affinity|affinity|soft-anti-affinity|soft-affinity" v:"2.15-2.63 policies"`
	Policy       string                     `json:"policy" is:"required,enum=anti-affinity|affinity|soft-anti-affinity|soft-affinity" v:"2.64"`
	Rules        wire.Opt[ServerGroupRules] `json:"rules" v:"2.64"`
}

// NewServerGroup is a server group with a policy (affinity, anti-affinity, and
// from 2.15 soft-affinity and soft-anti-affinity), in the form of a version.
func NewServerGroup(name, policy string, v wire.Version) ServerGroupNew {
	if v.AtLeast(wire.V(2, 64)) {
		return ServerGroupNew{Name: name, Policy: policy}
	}
	return ServerGroupNew{Name: name, PoliciesHard: []string{policy}, Policies: []string{policy}}
}

// AllServerGroups lets a caller list the groups of every project.
var AllServerGroups = rule("os-server-groups:index:all_projects", admin)

// The routes of server groups.
var (
	ListServerGroups = wire.Route[ServerGroupQuery, ServerGroups]{
		Name: "server_groups.list", Method: "GET", Path: "/os-server-groups", Status: "200",
		Policy: rule("os-server-groups:index", projectReader), LooseQuery: "2.74",
	}
	CreateServerGroup = wire.Route[ServerGroupCreate, ServerGroupShown]{
		Name: "server_groups.create", Method: "POST", Path: "/os-server-groups", Status: "200",
		Policy: rule("os-server-groups:create", projectMember), LooseQuery: "always",
	}
	ShowServerGroup = wire.Route[ServerGroupID, ServerGroupShown]{
		Name: "server_groups.show", Method: "GET", Path: "/os-server-groups/{server_group_id}", Status: "200",
		Policy: rule("os-server-groups:show", projectReader), LooseQuery: looseUntil,
	}
	DeleteServerGroup = wire.Route[ServerGroupID, wire.None]{
		Name: "server_groups.delete", Method: "DELETE", Path: "/os-server-groups/{server_group_id}", Status: "204",
		Policy: rule("os-server-groups:delete", projectMember), LooseQuery: "always",
	}
)

func serverGroupRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListServerGroups, CreateServerGroup, ShowServerGroup, DeleteServerGroup}
}
