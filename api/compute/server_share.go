package compute

import "github.com/novalet/novalet/api/wire"

// Share is a shared file system on a server. Sources: API reference "Server
// share attachments"; microversion 2.97.
type Share struct {
	UUID     wire.Opt[string] `json:"uuid"` // of the attachment, for administrators
	ShareID  string           `json:"share_id"`
	Status   string           `json:"status"`          // attaching, detaching, inactive, active, error
	Tag      string           `json:"tag"`             // the name that the guest mounts
	Location wire.Opt[string] `json:"export_location"` // for administrators
}

// Shares is the reply of the list.
type Shares struct {
	Shares []Share `json:"shares"`
}

// ShareShown is the reply that holds one.
type ShareShown struct {
	Share Share `json:"share"`
}

// ShareID names a share of a server.
type ShareID struct {
	ID      string `path:"server_id"`
	ShareID string `path:"share_id"`
}

// ShareAttach is the body of POST /servers/{server_id}/shares.
type ShareAttach struct {
	ID    string      `path:"server_id"`
	Share ShareWanted `json:"share" is:"required"`
}

// ShareWanted is a share to be attached. Absent tag: the share's id.
type ShareWanted struct {
	ShareID string           `json:"share_id" is:"required,uuid"`
	Tag     wire.Opt[string] `json:"tag" is:"min=1,max=255,sharetag"`
}

// The routes of shares.
var (
	ListShares = wire.Route[ServerID, Shares]{
		Name: "servers.shares.list", Method: "GET", Path: "/servers/{server_id}/shares", Status: "200", Span: "2.97",
		Policy: rule("os-server-shares:index", projectReader), LooseQuery: "always",
	}
	AttachShare = wire.Route[ShareAttach, ShareShown]{
		Name: "servers.shares.attach", Method: "POST", Path: "/servers/{server_id}/shares", Status: "201", Span: "2.97",
		Policy: rule("os-server-shares:create", projectMember), LooseQuery: "always",
	}
	ShowShare = wire.Route[ShareID, ShareShown]{
		Name: "servers.shares.show", Method: "GET", Path: "/servers/{server_id}/shares/{share_id}", Status: "200", Span: "2.97",
		Policy: rule("os-server-shares:show", projectReader), LooseQuery: "always",
	}
	DetachShare = wire.Route[ShareID, wire.None]{
		Name: "servers.shares.detach", Method: "DELETE", Path: "/servers/{server_id}/shares/{share_id}", Status: "200", Span: "2.97",
		Policy: rule("os-server-shares:delete", projectMember), LooseQuery: "always",
	}
)

func serverShareRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListShares, AttachShare, ShowShare, DetachShare}
}
