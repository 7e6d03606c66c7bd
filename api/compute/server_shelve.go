package compute

import "github.com/novalet/novalet/api/wire"

// Unshelve is the body of the unshelve action: before 2.77 anything, then null
// or where to.
type Unshelve struct {
	ID string                   `path:"server_id"`
	To wire.Opt[UnshelveZone]   `body:"json" is:"null" v:"2.77-2.90"`
	At wire.Opt[UnshelveTarget] `body:"json" is:"null" v:"2.91"`
}

// UnshelveZone is where an offloaded server shall go, until 2.90.
type UnshelveZone struct {
	Zone string `json:"availability_zone" is:"required,min=1,max=255,name"`
}

// UnshelveTarget is where an offloaded server shall go, from 2.91. A zone of
// null unbinds the server from the zone that it asked for; the host is for
// administrators.
type UnshelveTarget struct {
	Zone wire.Opt[string] `json:"availability_zone" is:"null"`
	Host wire.Opt[string] `json:"host"`
}

// UnshelveToHost lets a caller say to which host a server comes back.
var UnshelveToHost = rule("os-shelve:unshelve_to_host", admin)

// The routes that put servers away and bring them back.
var (
	ShelveServer   = serverAction[ServerID, wire.None]("shelve", "shelve", "os-shelve:shelve", projectMember)
	ShelveOffload  = serverAction[ServerID, wire.None]("shelveOffload", "shelve_offload", "os-shelve:shelve_offload", admin)
	UnshelveServer = serverAction[Unshelve, wire.None]("unshelve", "unshelve", "os-shelve:unshelve", projectMember)
	RestoreServer  = serverAction[ServerID, wire.None]("restore", "restore", "os-deferred-delete:restore", projectMember)
)

func serverShelveRoutes() []wire.Endpoint {
	return []wire.Endpoint{ShelveServer, ShelveOffload, UnshelveServer, RestoreServer}
}
