package compute

import "github.com/novalet/novalet/api/wire"

// FloatingIP is an address that moves between servers. Sources: API reference
// "Floating IPs", which ended with 2.35; the server's actions ended with 2.43.
type FloatingIP struct {
	ID       string  `json:"id"`
	IP       string  `json:"ip"`
	Pool     string  `json:"pool"` // name of the network it is from, else its id
	FixedIP  *string `json:"fixed_ip"`
	ServerID *string `json:"instance_id"`
}

// FloatingIPs is the reply of GET /os-floating-ips.
type FloatingIPs struct {
	FloatingIPs []FloatingIP `json:"floating_ips"`
}

// FloatingIPShown is the reply that holds one.
type FloatingIPShown struct {
	FloatingIP FloatingIP `json:"floating_ip"`
}

// FloatingIPID names one floating IP.
type FloatingIPID struct {
	ID string `path:"floating_ip_id"`
}

// FloatingIPCreate is the body of POST /os-floating-ips; absent pool: the
// cloud's own choice.
type FloatingIPCreate struct {
	Pool wire.Opt[string] `json:"pool" is:"null"`
}

// FloatingIPPool is a network that floating IPs are from.
type FloatingIPPool struct {
	Name string `json:"name"`
}

// FloatingIPPools is the reply of GET /os-floating-ip-pools.
type FloatingIPPools struct {
	Pools []FloatingIPPool `json:"floating_ip_pools"`
}

// FloatingIPAdd is the body of addFloatingIp.
type FloatingIPAdd struct {
	ID      string           `path:"server_id"`
	Addr    string           `json:"address" is:"required,ip"`
	FixedIP wire.Opt[string] `json:"fixed_address" is:"ip"`
}

// ServerAddr is the body of removeFloatingIp and removeFixedIp.
type ServerAddr struct {
	ID   string `path:"server_id"`
	Addr string `json:"address" is:"required,ip"`
}

// FixedIPAdd is the body of addFixedIp.
type FixedIPAdd struct {
	ID        string `path:"server_id"`
	NetworkID string `json:"networkId" is:"required,loose,min=1,max=36"`
}

// The routes of floating and fixed IPs.
var (
	ListFloatingIPPools = wire.Route[wire.None, FloatingIPPools]{
		Name: "floating_ip_pools.list", Method: "GET", Path: "/os-floating-ip-pools", Status: "200", Span: "-2.35",
		Policy: rule("os-floating-ip-pools", always), LooseQuery: "always",
	}
	ListFloatingIPs = wire.Route[wire.None, FloatingIPs]{
		Name: "floating_ips.list", Method: "GET", Path: "/os-floating-ips", Status: "200", Span: "-2.35",
		Policy: rule("os-floating-ips:list", projectReader), LooseQuery: "always",
	}
	CreateFloatingIP = wire.Route[FloatingIPCreate, FloatingIPShown]{
		Name: "floating_ips.create", Method: "POST", Path: "/os-floating-ips", Status: "200", Span: "-2.35",
		Policy: rule("os-floating-ips:create", projectMember), LooseQuery: "always",
	}
	ShowFloatingIP = wire.Route[FloatingIPID, FloatingIPShown]{
		Name: "floating_ips.show", Method: "GET", Path: "/os-floating-ips/{floating_ip_id}", Status: "200", Span: "-2.35",
		Policy: rule("os-floating-ips:show", projectReader), LooseQuery: "always",
	}
	DeleteFloatingIP = wire.Route[FloatingIPID, wire.None]{
		Name: "floating_ips.delete", Method: "DELETE", Path: "/os-floating-ips/{floating_ip_id}", Status: "202", Span: "-2.35",
		Policy: rule("os-floating-ips:delete", projectMember), LooseQuery: "always",
	}
	AddFloatingIP    = addressAction[FloatingIPAdd]("addFloatingIp", "add_floating_ip", "os-floating-ips:add")
	RemoveFloatingIP = addressAction[ServerAddr]("removeFloatingIp", "remove_floating_ip", "os-floating-ips:remove")
	AddFixedIP       = addressAction[FixedIPAdd]("addFixedIp", "add_fixed_ip", "os-multinic:add")
	RemoveFixedIP    = addressAction[ServerAddr]("removeFixedIp", "remove_fixed_ip", "os-multinic:remove")
)

// addressAction is an action on a server's addresses: all ended with 2.43.
func addressAction[In any](key, name, policy string) wire.Route[In, wire.None] {
	route := serverAction[In, wire.None](key, name, policy, projectMember)
	route.Span = "-2.43"
	return route
}

func floatingIPRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListFloatingIPPools, ListFloatingIPs, CreateFloatingIP, ShowFloatingIP, DeleteFloatingIP,
		AddFloatingIP, RemoveFloatingIP, AddFixedIP, RemoveFixedIP,
	}
}
