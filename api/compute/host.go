package compute

import "github.com/novalet/novalet/api/wire"

// HostService is a service on a host, in GET /os-hosts. The whole resource
// ended with 2.42: services and hypervisors say the same. Source: API reference
// "Hosts".
type HostService struct {
	Host    string `json:"host_name"`
	Service string `json:"service"` // compute, conductor, scheduler
	Zone    string `json:"zone"`
}

// HostQuery is what GET /os-hosts takes.
type HostQuery struct {
	Zone wire.Opt[string] `query:"zone"`
}

// Hosts is the reply of GET /os-hosts.
type Hosts struct {
	Hosts []HostService `json:"hosts"`
}

// HostName names one host.
type HostName struct {
	Name string `path:"host_name"`
}

// HostShown is the reply of GET /os-hosts/{host_name}: what there is, what is
// used, what the servers may use at most, and that for each project.
type HostShown struct {
	Host []HostResource `json:"host"`
}

// HostResource wraps one row.
type HostResource struct {
	Resource HostUse `json:"resource"`
}

// HostUse is one row of a host's resources.
type HostUse struct {
	Host      string `json:"host"`
	Project   string `json:"project"` // (total), (used_now), (used_max) or the id of a project
	CPU       int    `json:"cpu"`
	MemoryMiB int    `json:"memory_mb"`
	DiskGiB   int    `json:"disk_gb"`
}

// HostUpdate is the body of PUT /os-hosts/{host_name}.
type HostUpdate struct {
	Name        string           `path:"host_name"`
	Status      wire.Opt[string] `json:"status" is:"enum=enable|disable|Enable|Disable|ENABLE|DISABLE"`
	Maintenance wire.Opt[string] `json:"maintenance_mode" is:"enum=enable|disable|Enable|Disable|ENABLE|DISABLE"`
}

// HostUpdated is the reply of PUT /os-hosts/{host_name}: what was asked for.
type HostUpdated struct {
	Host        string           `json:"host"`
	Status      wire.Opt[string] `json:"status"`           // enabled or disabled
	Maintenance wire.Opt[string] `json:"maintenance_mode"` // on_maintenance or off_maintenance
}

// HostPower is the reply of the three that switch a host.
type HostPower struct {
	Host   string `json:"host"`
	Action string `json:"power_action"`
}

// hostPower is GET /os-hosts/{host_name}/{action}.
func hostPower(action, policy string) wire.Route[HostName, HostPower] {
	return wire.Route[HostName, HostPower]{
		Name: "hosts." + action, Method: "GET", Path: "/os-hosts/{host_name}/" + action, Status: "200", Span: "-2.42",
		Policy: rule("os-hosts:"+policy, admin), LooseQuery: "always",
	}
}

// The routes of hosts.
var (
	ListHosts = wire.Route[HostQuery, Hosts]{
		Name: "hosts.list", Method: "GET", Path: "/os-hosts", Status: "200", Span: "-2.42",
		Policy: rule("os-hosts:list", admin), LooseQuery: "always",
	}
	ShowHost = wire.Route[HostName, HostShown]{
		Name: "hosts.show", Method: "GET", Path: "/os-hosts/{host_name}", Status: "200", Span: "-2.42",
		Policy: rule("os-hosts:show", admin), LooseQuery: "always",
	}
	UpdateHost = wire.Route[HostUpdate, HostUpdated]{
		Name: "hosts.update", Method: "PUT", Path: "/os-hosts/{host_name}", Status: "200", Span: "-2.42",
		Policy: rule("os-hosts:update", admin), LooseQuery: "always",
	}
	RebootHost   = hostPower("reboot", "reboot")
	ShutdownHost = hostPower("shutdown", "shutdown")
	StartupHost  = hostPower("startup", "start")
)

func hostRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListHosts, ShowHost, UpdateHost, RebootHost, ShutdownHost, StartupHost}
}
