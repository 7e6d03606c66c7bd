package compute

import "github.com/novalet/novalet/api/wire"

// Rescue is the body of the rescue action: null, or how to rescue.
type Rescue struct {
	ID   string               `path:"server_id"`
	Body wire.Opt[RescueWith] `body:"json" is:"null"`
}

// RescueWith says how to rescue a server: without an image it is the server's
// own, or the one that the cloud has for this.
type RescueWith struct {
	AdminPass wire.Opt[wire.Secret] `json:"adminPass" is:"secret"`
	ImageRef  wire.Opt[string]      `json:"rescue_image_ref" is:"uuid"`
}

// Rescued is the reply of the rescue action: the password, where the cloud
// shows passwords.
type Rescued struct {
	AdminPass wire.Opt[wire.Secret] `json:"adminPass"`
}

// The routes of rescue. The rescue action answers 200.
var (
	RescueServer = wire.Route[Rescue, Rescued]{
		Name: "servers.rescue", Method: "POST", Path: "/servers/{server_id}/action", Action: "rescue",
		Status: "200", Policy: rule("os-rescue", projectMember), LooseQuery: "always",
	}
	UnrescueServer = serverAction[ServerID, wire.None]("unrescue", "unrescue", "os-unrescue", projectMember)
)

func serverRescueRoutes() []wire.Endpoint { return []wire.Endpoint{RescueServer, UnrescueServer} }
