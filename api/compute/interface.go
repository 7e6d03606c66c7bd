package compute

import "github.com/novalet/novalet/api/wire"

// Interface is a network port on a server. Sources: API reference "Port
// interfaces"; microversion 2.70 (tag).
type Interface struct {
	NetworkID string             `json:"net_id"`
	PortID    string             `json:"port_id"`
	MAC       string             `json:"mac_addr"`
	State     string             `json:"port_state"` // the network service's: ACTIVE, DOWN, BUILD, ERROR
	FixedIPs  wire.Opt[[]PortIP] `json:"fixed_ips" is:"null"`
	Tag       *string            `json:"tag" v:"2.70"`
}

// PortIP is an address of a port.
type PortIP struct {
	SubnetID string `json:"subnet_id"`
	Addr     string `json:"ip_address"`
}

// Interfaces is the reply of the list.
type Interfaces struct {
	Interfaces []Interface `json:"interfaceAttachments"`
}

// InterfaceShown is the reply that holds one.
type InterfaceShown struct {
	Interface Interface `json:"interfaceAttachment"`
}

// InterfaceID names a port of a server.
type InterfaceID struct {
	ID     string `path:"server_id"`
	PortID string `path:"port_id"`
}

// InterfaceAttach is the body of POST /servers/{server_id}/os-interface. With
// no member at all the server gets a port on the one network that the project
// can use.
type InterfaceAttach struct {
	ID        string                    `path:"server_id"`
	Interface wire.Opt[InterfaceWanted] `json:"interfaceAttachment"`
}

// InterfaceWanted is a port, or a network to make one on; not both.
type InterfaceWanted struct {
	NetworkID wire.Opt[string]       `json:"net_id" is:"uuid"`
	PortID    wire.Opt[string]       `json:"port_id" is:"uuid"`
	FixedIPs  wire.Opt[[]AddrWanted] `json:"fixed_ips" is:"min=1,max=1"` // asks for a network too
	Tag       wire.Opt[string]       `json:"tag" is:"tag" v:"2.49"`
}

// AddrWanted is an address that a new port shall have.
type AddrWanted struct {
	Addr string `json:"ip_address" is:"required,ip"`
}

// The routes of interfaces.
var (
	ListInterfaces = wire.Route[ServerID, Interfaces]{
		Name: "servers.interfaces.list", Method: "GET", Path: "/servers/{server_id}/os-interface", Status: "200",
		Policy: rule("os-attach-interfaces:list", projectReader), LooseQuery: looseUntil,
	}
	AttachInterface = wire.Route[InterfaceAttach, InterfaceShown]{
		Name: "servers.interfaces.attach", Method: "POST", Path: "/servers/{server_id}/os-interface", Status: "200",
		Policy: rule("os-attach-interfaces:create", projectMember), LooseQuery: "always",
	}
	ShowInterface = wire.Route[InterfaceID, InterfaceShown]{
		Name: "servers.interfaces.show", Method: "GET", Path: "/servers/{server_id}/os-interface/{port_id}", Status: "200",
		Policy: rule("os-attach-interfaces:show", projectReader), LooseQuery: looseUntil,
	}
	DetachInterface = wire.Route[InterfaceID, wire.None]{
		Name: "servers.interfaces.detach", Method: "DELETE", Path: "/servers/{server_id}/os-interface/{port_id}", Status: "202",
		Policy: rule("os-attach-interfaces:delete", projectMember), LooseQuery: "always",
	}
)

func interfaceRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListInterfaces, AttachInterface, ShowInterface, DetachInterface}
}
