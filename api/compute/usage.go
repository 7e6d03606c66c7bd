package compute

import "github.com/novalet/novalet/api/wire"

// Usage is what a project used between two times: each amount times the hours
// that a server had it. All members are absent in the reply about a project
// that used nothing. Sources: API reference "Usage reports"; microversion 2.40
// (paging).
type Usage struct {
	Project     wire.Opt[string]         `json:"tenant_id"`
	Servers     wire.Opt[[]ServerUsage]  `json:"server_usages"` // in a list only if it is detailed
	DiskHours   wire.Opt[float64]        `json:"total_local_gb_usage"`
	VCPUHours   wire.Opt[float64]        `json:"total_vcpus_usage"`
	MemoryHours wire.Opt[float64]        `json:"total_memory_mb_usage"`
	Hours       wire.Opt[float64]        `json:"total_hours"`
	Start       wire.Opt[wire.MicroTime] `json:"start"`
	Stop        wire.Opt[wire.MicroTime] `json:"stop"` // not after now
}

// ServerUsage is what one server used in that time.
type ServerUsage struct {
	Hours     float64        `json:"hours"`
	Flavor    string         `json:"flavor"` // its name
	ServerID  string         `json:"instance_id"`
	Name      string         `json:"name"`
	Project   string         `json:"tenant_id"`
	MemoryMiB int            `json:"memory_mb"`
	LocalGiB  int            `json:"local_gb"` // root and ephemeral disks
	VCPUs     int            `json:"vcpus"`
	StartedAt wire.MicroTime `json:"started_at"`
	EndedAt   wire.MicroTime `json:"ended_at"`
	State     string         `json:"state"`  // its vm_state, or terminated
	Uptime    int64          `json:"uptime"` // seconds
}

// UsageQuery is what GET /os-simple-tenant-usage takes. Times are as
// 2013-09-03T04:01:32, without a zone; each is now when it is absent.
type UsageQuery struct {
	Start    wire.Opt[string] `query:"start"`
	End      wire.Opt[string] `query:"end"`
	Detailed wire.Opt[string] `query:"detailed"`                  // 1: with every server
	Limit    wire.Opt[int]    `query:"limit" is:"min=0" v:"2.40"` // of servers, not of projects
	Marker   wire.Opt[string] `query:"marker" v:"2.40"`           // id of a server
}

// Usages is the reply of GET /os-simple-tenant-usage. A project whose servers
// are on two pages is on both, with the sums of each.
type Usages struct {
	Usages []Usage     `json:"tenant_usages"`
	Links  []wire.Link `json:"tenant_usages_links,omitempty" v:"2.40"`
}

// UsageOf asks for one project.
type UsageOf struct {
	Project string           `path:"project_id"`
	Start   wire.Opt[string] `query:"start"`
	End     wire.Opt[string] `query:"end"`
	Limit   wire.Opt[int]    `query:"limit" is:"min=0" v:"2.40"` // of servers
	Marker  wire.Opt[string] `query:"marker" v:"2.40"`
}

// UsageShown is the reply of GET /os-simple-tenant-usage/{project_id}.
type UsageShown struct {
	Usage Usage       `json:"tenant_usage"`
	Links []wire.Link `json:"tenant_usage_links,omitempty" v:"2.40"`
}

// The routes of usage.
var (
	ListUsages = wire.Route[UsageQuery, Usages]{
		Name: "usages.list", Method: "GET", Path: "/os-simple-tenant-usage", Status: "200",
		Policy: rule("os-simple-tenant-usage:list", admin), LooseQuery: "2.74",
	}
	ShowUsage = wire.Route[UsageOf, UsageShown]{
		Name: "usages.show", Method: "GET", Path: "/os-simple-tenant-usage/{project_id}", Status: "200",
		Policy: rule("os-simple-tenant-usage:show", projectReader), LooseQuery: "2.74",
	}
)

func usageRoutes() []wire.Endpoint { return []wire.Endpoint{ListUsages, ShowUsage} }
