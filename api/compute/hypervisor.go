package compute

import "github.com/novalet/novalet/api/wire"

// HypervisorBrief is a hypervisor in GET /os-hypervisors. Sources: API reference
// "Hypervisors"; microversions 2.28 (cpu_info), 2.33 (paging), 2.53 (UUIDs,
// query instead of sub-resources), 2.75 (servers), 2.88 (numbers removed).
type HypervisorBrief struct {
	Number   int64                        `json:"-" v:"-2.52 id"`
	ID       string                       `json:"-" v:"2.53 id"`
	Hostname string                       `json:"hypervisor_hostname"`
	State    string                       `json:"state"`
	Status   string                       `json:"status"`
	Servers  wire.Opt[[]HypervisorServer] `json:"servers"`
}

// HypervisorServer is a server on a hypervisor.
type HypervisorServer struct {
	Name string `json:"name"`
	UUID string `json:"uuid"`
}

// HypervisorService is the compute service of a hypervisor.
type HypervisorService struct {
	Number         int64   `json:"-" v:"-2.52 id"`
	ID             string  `json:"-" v:"2.53 id"`
	Host           string  `json:"host"`
	DisabledReason *string `json:"disabled_reason"`
}

// Hypervisor is a hypervisor in GET /os-hypervisors/detail and
// /os-hypervisors/{hypervisor_id}.
type Hypervisor struct {
	Number        int64                        `json:"-" v:"-2.52 id"`
	ID            string                       `json:"-" v:"2.53 id"`
	Hostname      string                       `json:"hypervisor_hostname"`
	State         string                       `json:"state"`
	Status        string                       `json:"status"`
	Type          string                       `json:"hypervisor_type"`
	Version       int                          `json:"hypervisor_version"`
	HostIP        string                       `json:"host_ip"`
	Service       HypervisorService            `json:"service"`
	VCPUs         int                          `json:"vcpus" v:"-2.87"`
	MemoryMiB     int                          `json:"memory_mb" v:"-2.87"`
	LocalGiB      int                          `json:"local_gb" v:"-2.87"`
	VCPUsUsed     int                          `json:"vcpus_used" v:"-2.87"`
	MemoryMiBUsed int                          `json:"memory_mb_used" v:"-2.87"`
	LocalGiBUsed  int                          `json:"local_gb_used" v:"-2.87"`
	FreeRAMMiB    int                          `json:"free_ram_mb" v:"-2.87"`
	FreeDiskGiB   int                          `json:"free_disk_gb" v:"-2.87"`
	Workload      int                          `json:"current_workload" v:"-2.87"`
	RunningVMs    int                          `json:"running_vms" v:"-2.87"`
	DiskLeastGiB  *int                         `json:"disk_available_least" v:"-2.87"`
	CPUInfoText   string                       `json:"-" v:"-2.27 cpu_info"` // JSON in a string
	CPUInfo       map[string]any               `json:"-" v:"2.28-2.87 cpu_info"`
	Uptime        *string                      `json:"uptime" v:"2.88"`
	Servers       wire.Opt[[]HypervisorServer] `json:"servers"`
}

// HypervisorQuery is what the lists take.
type HypervisorQuery struct {
	Limit       wire.Opt[int]    `query:"limit" is:"min=0" v:"2.33"`
	Marker      wire.Opt[string] `query:"marker" v:"2.33"`
	Pattern     wire.Opt[string] `query:"hypervisor_hostname_pattern" is:"min=1,max=255" v:"2.53"`
	WithServers wire.Opt[bool]   `query:"with_servers" v:"2.53"`
}

// HypervisorBriefs is the reply of GET /os-hypervisors.
type HypervisorBriefs struct {
	Hypervisors []HypervisorBrief `json:"hypervisors"`
	Links       []wire.Link       `json:"hypervisors_links,omitempty" v:"2.33"`
}

// Hypervisors is the reply of GET /os-hypervisors/detail.
type Hypervisors struct {
	Hypervisors []Hypervisor `json:"hypervisors"`
	Links       []wire.Link  `json:"hypervisors_links,omitempty" v:"2.33"`
}

// HypervisorID names one hypervisor: by number until 2.52, then by UUID.
type HypervisorID struct {
	ID          string         `path:"hypervisor_id"`
	WithServers wire.Opt[bool] `query:"with_servers" v:"2.53"`
}

// HypervisorShown is the reply that holds one hypervisor.
type HypervisorShown struct {
	Hypervisor Hypervisor `json:"hypervisor"`
}

// HypervisorStatistics is the reply of GET /os-hypervisors/statistics.
type HypervisorStatistics struct {
	Statistics HypervisorTotals `json:"hypervisor_statistics"`
}

// HypervisorTotals sums the numbers of all hypervisors.
type HypervisorTotals struct {
	Count         int `json:"count"`
	VCPUs         int `json:"vcpus"`
	MemoryMiB     int `json:"memory_mb"`
	LocalGiB      int `json:"local_gb"`
	VCPUsUsed     int `json:"vcpus_used"`
	MemoryMiBUsed int `json:"memory_mb_used"`
	LocalGiBUsed  int `json:"local_gb_used"`
	FreeRAMMiB    int `json:"free_ram_mb"`
	FreeDiskGiB   int `json:"free_disk_gb"`
	Workload      int `json:"current_workload"`
	RunningVMs    int `json:"running_vms"`
	DiskLeastGiB  int `json:"disk_available_least"`
}

// HypervisorMatches is the reply of the sub-resources search and servers.
type HypervisorMatches struct {
	Hypervisors []HypervisorBrief `json:"hypervisors"`
}

// HypervisorUptime is the reply of GET /os-hypervisors/{hypervisor_id}/uptime.
type HypervisorUptime struct {
	Hypervisor HypervisorUptimeOf `json:"hypervisor"`
}

// HypervisorUptimeOf is a hypervisor with its uptime only.
type HypervisorUptimeOf struct {
	Number   int64  `json:"-" v:"-2.52 id"`
	ID       string `json:"-" v:"2.53 id"`
	Hostname string `json:"hypervisor_hostname"`
	State    string `json:"state"`
	Status   string `json:"status"`
	Uptime   string `json:"uptime"`
}

// The routes of hypervisors.
var (
	ListHypervisors = wire.Route[HypervisorQuery, HypervisorBriefs]{
		Name: "hypervisors.list", Method: "GET", Path: "/os-hypervisors", Status: "200",
		Policy: rule("os-hypervisors:list", admin), LooseQuery: "2.52",
	}
	ListHypervisorsDetail = wire.Route[HypervisorQuery, Hypervisors]{
		Name: "hypervisors.detail", Method: "GET", Path: "/os-hypervisors/detail", Status: "200",
		Policy: rule("os-hypervisors:list-detail", admin), LooseQuery: "2.52",
	}
	ShowHypervisor = wire.Route[HypervisorID, HypervisorShown]{
		Name: "hypervisors.show", Method: "GET", Path: "/os-hypervisors/{hypervisor_id}", Status: "200",
		Policy: rule("os-hypervisors:show", admin), LooseQuery: "2.52",
	}
	ShowHypervisorStatistics = wire.Route[wire.None, HypervisorStatistics]{
		Name: "hypervisors.statistics", Method: "GET", Path: "/os-hypervisors/statistics", Status: "200", Span: "-2.87",
		Policy: rule("os-hypervisors:statistics", admin), LooseQuery: "always",
	}
	SearchHypervisors = wire.Route[HypervisorID, HypervisorMatches]{
		Name: "hypervisors.search", Method: "GET", Path: "/os-hypervisors/{hypervisor_id}/search", Status: "200", Span: "-2.52",
		Policy: rule("os-hypervisors:search", admin), LooseQuery: "always",
	}
	ListHypervisorServers = wire.Route[HypervisorID, HypervisorMatches]{
		Name: "hypervisors.servers", Method: "GET", Path: "/os-hypervisors/{hypervisor_id}/servers", Status: "200", Span: "-2.52",
		Policy: rule("os-hypervisors:servers", admin), LooseQuery: "always",
	}
	ShowHypervisorUptime = wire.Route[HypervisorID, HypervisorUptime]{
		Name: "hypervisors.uptime", Method: "GET", Path: "/os-hypervisors/{hypervisor_id}/uptime", Status: "200", Span: "-2.87",
		Policy: rule("os-hypervisors:uptime", admin), LooseQuery: "always",
	}
)

func hypervisorRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListHypervisors, ListHypervisorsDetail, ShowHypervisor, ShowHypervisorStatistics, SearchHypervisors,
		ListHypervisorServers, ShowHypervisorUptime,
	}
}
