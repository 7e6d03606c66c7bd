package image

import "github.com/novalet/novalet/api/wire"

// Member is a project that a shared image is offered to.
type Member struct {
	MemberID  string    `json:"member_id"` // project id
	ImageID   string    `json:"image_id"`
	Status    string    `json:"status"` // pending, accepted or rejected
	CreatedAt wire.Time `json:"created_at"`
	UpdatedAt wire.Time `json:"updated_at"`
	Schema    string    `json:"schema"`
}

// Members is the reply of GET /v2/images/{image_id}/members.
type Members struct {
	Members []Member `json:"members"`
	Schema  string   `json:"schema"`
}

// MemberAdd is POST /v2/images/{image_id}/members.
type MemberAdd struct {
	ID     string `path:"image_id"`
	Member string `json:"member" is:"required,min=1,max=255,printable"`
}

// MemberID names one member of an image.
type MemberID struct {
	ID     string `path:"image_id"`
	Member string `path:"member_id"`
}

// MemberUpdate is PUT /v2/images/{image_id}/members/{member_id}.
type MemberUpdate struct {
	ID     string `path:"image_id"`
	Member string `path:"member_id"`
	Status string `json:"status" is:"required,enum=pending|accepted|rejected"`
}

// MemberShown is the reply that is one member.
type MemberShown struct {
	Member Member `body:"json"`
}

const memberReader = "role:admin or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s))"

// The routes of members.
var (
	ListMembers = wire.Route[ImageID, Members]{
		Name: "images.members.list", Method: "GET", Path: "/v2/images/{image_id}/members", Status: "200", LooseQuery: "always",
		Policy: wire.Rule{Name: "get_members", Default: memberReader},
	}
	AddMember = wire.Route[MemberAdd, MemberShown]{
		Name: "images.members.add", Method: "POST", Path: "/v2/images/{image_id}/members", Status: "200", LooseQuery: "always",
		Policy: wire.Rule{Name: "add_member", Default: projectMember},
	}
	ShowMember = wire.Route[MemberID, MemberShown]{
		Name: "images.members.show", Method: "GET", Path: "/v2/images/{image_id}/members/{member_id}", Status: "200", LooseQuery: "always",
		Policy: wire.Rule{Name: "get_member", Default: memberReader},
	}
	UpdateMember = wire.Route[MemberUpdate, MemberShown]{
		Name: "images.members.update", Method: "PUT", Path: "/v2/images/{image_id}/members/{member_id}", Status: "200", LooseQuery: "always",
		Policy: wire.Rule{Name: "modify_member", Default: "role:admin or (role:member and project_id:%(member_id)s)"},
	}
	DeleteMember = wire.Route[MemberID, wire.None]{
		Name: "images.members.delete", Method: "DELETE", Path: "/v2/images/{image_id}/members/{member_id}", Status: "204", LooseQuery: "always",
		Policy: wire.Rule{Name: "delete_member", Default: projectMember},
	}
)

func memberRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListMembers, AddMember, ShowMember, UpdateMember, DeleteMember}
}
