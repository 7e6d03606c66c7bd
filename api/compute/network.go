package compute

import "github.com/novalet/novalet/api/wire"

// OldNetwork is a network as GET /os-networks shows it: since nova-network is
// gone only id and label are more than null, and the second half is for
// administrators. Source: API reference "Networks", which ended with 2.35.
type OldNetwork struct {
	ID              string            `json:"id"`
	CIDR            *string           `json:"cidr"`
	Netmask         *string           `json:"netmask"`
	Gateway         *string           `json:"gateway"`
	Broadcast       *string           `json:"broadcast"`
	DNS1            *string           `json:"dns1"`
	DNS2            *string           `json:"dns2"`
	CIDRv6          *string           `json:"cidr_v6"`
	GatewayV6       *string           `json:"gateway_v6"`
	Label           *string           `json:"label"` // the network's name
	NetmaskV6       *string           `json:"netmask_v6"`
	CreatedAt       wire.Opt[*string] `json:"created_at"`
	UpdatedAt       wire.Opt[*string] `json:"updated_at"`
	DeletedAt       wire.Opt[*string] `json:"deleted_at"`
	Deleted         wire.Opt[*bool]   `json:"deleted"`
	Injected        wire.Opt[*bool]   `json:"injected"`
	Bridge          wire.Opt[*string] `json:"bridge"`
	VLAN            wire.Opt[*int]    `json:"vlan"`
	VPNPublicAddr   wire.Opt[*string] `json:"vpn_public_address"`
	VPNPublicPort   wire.Opt[*int]    `json:"vpn_public_port"`
	VPNPrivateAddr  wire.Opt[*string] `json:"vpn_private_address"`
	DHCPStart       wire.Opt[*string] `json:"dhcp_start"`
	ProjectID       wire.Opt[*string] `json:"project_id"`
	Host            wire.Opt[*string] `json:"host"`
	BridgeInterface wire.Opt[*string] `json:"bridge_interface"`
	MultiHost       wire.Opt[*bool]   `json:"multi_host"`
	Priority        wire.Opt[*int]    `json:"priority"`
	RXTXBase        wire.Opt[*int]    `json:"rxtx_base"`
	MTU             wire.Opt[*int]    `json:"mtu"`
	DHCPServer      wire.Opt[*string] `json:"dhcp_server"`
	EnableDHCP      wire.Opt[*bool]   `json:"enable_dhcp"`
	ShareAddress    wire.Opt[*bool]   `json:"share_address"`
}

// OldNetworks is the reply of GET /os-networks.
type OldNetworks struct {
	Networks []OldNetwork `json:"networks"`
}

// OldNetworkShown is the reply of GET /os-networks/{network_id}.
type OldNetworkShown struct {
	Network OldNetwork `json:"network"`
}

// ProjectNetwork is a network as GET /os-tenant-networks shows it.
type ProjectNetwork struct {
	ID    string `json:"id"`
	CIDR  string `json:"cidr"` // the word None
	Label string `json:"label"`
}

// ProjectNetworks is the reply of GET /os-tenant-networks.
type ProjectNetworks struct {
	Networks []ProjectNetwork `json:"networks"`
}

// ProjectNetworkShown is the reply of GET /os-tenant-networks/{network_id}.
type ProjectNetworkShown struct {
	Network ProjectNetwork `json:"network"`
}

// NetworkID names one network.
type NetworkID struct {
	ID string `path:"network_id"`
}

// The routes of the network proxies.
var (
	ListOldNetworks = wire.Route[wire.None, OldNetworks]{
		Name: "networks.list", Method: "GET", Path: "/os-networks", Status: "200", Span: "-2.35",
		Policy: rule("os-networks:list", projectReader), LooseQuery: "always",
	}
	ShowOldNetwork = wire.Route[NetworkID, OldNetworkShown]{
		Name: "networks.show", Method: "GET", Path: "/os-networks/{network_id}", Status: "200", Span: "-2.35",
		Policy: rule("os-networks:show", projectReader), LooseQuery: "always",
	}
	ListProjectNetworks = wire.Route[wire.None, ProjectNetworks]{
		Name: "tenant_networks.list", Method: "GET", Path: "/os-tenant-networks", Status: "200", Span: "-2.35",
		Policy: rule("os-tenant-networks:list", projectReader), LooseQuery: "always",
	}
	ShowProjectNetwork = wire.Route[NetworkID, ProjectNetworkShown]{
		Name: "tenant_networks.show", Method: "GET", Path: "/os-tenant-networks/{network_id}", Status: "200", Span: "-2.35",
		Policy: rule("os-tenant-networks:show", projectReader), LooseQuery: "always",
	}
)

func networkRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListOldNetworks, ShowOldNetwork, ListProjectNetworks, ShowProjectNetwork}
}
