package compute

import "github.com/novalet/novalet/api/wire"

// Tags are a server's tags, as a reply. Sources: API reference "Server tags";
// microversion 2.26.
type Tags struct {
	Tags []string `json:"tags"`
}

// TagsReplace is the body of PUT /servers/{server_id}/tags.
type TagsReplace struct {
	ID   string   `path:"server_id"`
	Tags []string `json:"tags" is:"required,max=50,tag"`
}

// TagOf names a tag of a server.
type TagOf struct {
	ID  string `path:"server_id"`
	Tag string `path:"tag"`
}

// TagAdded is the reply of PUT /servers/{server_id}/tags/{tag}: 201, or 204
// when the server had the tag.
type TagAdded struct {
	Status   int    `status:"code"`
	Location string `header:"Location"`
}

// The routes of server tags.
var (
	ListTags = wire.Route[ServerID, Tags]{
		Name: "servers.tags.list", Method: "GET", Path: "/servers/{server_id}/tags", Status: "200", Span: "2.26",
		Policy: rule("os-server-tags:index", projectReader), LooseQuery: "always",
	}
	ReplaceTags = wire.Route[TagsReplace, Tags]{
		Name: "servers.tags.replace", Method: "PUT", Path: "/servers/{server_id}/tags", Status: "200", Span: "2.26",
		Policy: rule("os-server-tags:update_all", projectMember), LooseQuery: "always",
	}
	DeleteTags = wire.Route[ServerID, wire.None]{
		Name: "servers.tags.clear", Method: "DELETE", Path: "/servers/{server_id}/tags", Status: "204", Span: "2.26",
		Policy: rule("os-server-tags:delete_all", projectMember), LooseQuery: "always",
	}
	CheckTag = wire.Route[TagOf, wire.None]{
		Name: "servers.tags.check", Method: "GET", Path: "/servers/{server_id}/tags/{tag}", Status: "204", Span: "2.26",
		Policy: rule("os-server-tags:show", projectReader), LooseQuery: "always",
	}
	AddTag = wire.Route[TagOf, TagAdded]{
		Name: "servers.tags.add", Method: "PUT", Path: "/servers/{server_id}/tags/{tag}", Status: "201", Span: "2.26",
		Policy: rule("os-server-tags:update", projectMember), LooseQuery: "always",
	}
	DeleteTag = wire.Route[TagOf, wire.None]{
		Name: "servers.tags.delete", Method: "DELETE", Path: "/servers/{server_id}/tags/{tag}", Status: "204", Span: "2.26",
		Policy: rule("os-server-tags:delete", projectMember), LooseQuery: "always",
	}
)

func serverTagRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListTags, ReplaceTags, DeleteTags, CheckTag, AddTag, DeleteTag}
}
