package compute

import "github.com/novalet/novalet/api/wire"

// Resize is the body of the resize action.
type Resize struct {
	ID         string           `path:"server_id"`
	FlavorRef  string           `json:"flavorRef" is:"required,loose,min=1"`
	DiskConfig wire.Opt[string] `json:"OS-DCF:diskConfig" is:"enum=AUTO|MANUAL"`
}

// Rebuild is the body of the rebuild action: what is absent stays as it is.
// Microversions: 2.19 (description), 2.54 (key_name), 2.57 (user_data instead of
// personality), 2.63 (trusted certificates), 2.90 and 2.94 (hostname).
type Rebuild struct {
	ID                string                `path:"server_id"`
	ImageRef          string                `json:"imageRef" is:"required,uuid"`
	Name              wire.Opt[string]      `json:"name" is:"min=1,max=255,name"`
	AdminPass         wire.Opt[wire.Secret] `json:"adminPass" is:"secret"`
	Metadata          map[string]string     `json:"metadata,omitempty" is:"keymax=255,valmax=255,keys=metakey"`
	PreserveEphemeral wire.Opt[bool]        `json:"preserve_ephemeral" is:"loose"`
	DiskConfig        wire.Opt[string]      `json:"OS-DCF:diskConfig" is:"enum=AUTO|MANUAL"`
	AccessIPv4        wire.Opt[string]      `json:"accessIPv4" is:"ipv4"`
	AccessIPv6        wire.Opt[string]      `json:"accessIPv6" is:"ipv6"`
	Personality       []Personality         `json:"personality,omitempty" v:"-2.56"`
	Description       wire.Opt[string]      `json:"description" is:"null,max=255,printable" v:"2.19"`
	KeyName           wire.Opt[string]      `json:"key_name" is:"null,min=1,max=255" v:"2.54"`
	UserData          wire.Opt[string]      `json:"user_data" is:"null,max=65535,base64" v:"2.57"`
	TrustedCerts      wire.Opt[[]string]    `json:"trusted_image_certificates" is:"null,min=1,max=50" v:"2.63"`
	Hostname          wire.Opt[string]      `json:"-" v:"2.90-2.93 hostname" is:"hostname"`
	HostnameFQDN      wire.Opt[string]      `json:"-" v:"2.94 hostname" is:"fqdn"`
}

// Rebuilt is the reply of the rebuild action: the server, with its password
// and from 2.57 its user data.
type Rebuilt struct {
	Server   Server `json:"server"`
	Location string `header:"Location"`
}

// The rules that decide about parts of a resize or rebuild.
var (
	ResizeCrossCell     = wire.Rule{Name: "compute:servers:resize:cross_cell", Default: never}
	RebuildTrustedCerts = rule("servers:rebuild:trusted_certs", projectMember)
)

// The routes that change what a server is made of. Confirming answers 204.
var (
	ResizeServer  = serverAction[Resize, wire.None]("resize", "resize", "servers:resize", projectMember)
	ConfirmResize = wire.Route[ServerID, wire.None]{
		Name: "servers.confirm_resize", Method: "POST", Path: "/servers/{server_id}/action", Action: "confirmResize",
		Status: "204", Policy: rule("servers:confirm_resize", projectMember), LooseQuery: "always",
	}
	RevertResize  = serverAction[ServerID, wire.None]("revertResize", "revert_resize", "servers:revert_resize", projectMember)
	RebuildServer = serverAction[Rebuild, Rebuilt]("rebuild", "rebuild", "servers:rebuild", projectMember)
)

func serverRebuildRoutes() []wire.Endpoint {
	return []wire.Endpoint{ResizeServer, ConfirmResize, RevertResize, RebuildServer}
}
