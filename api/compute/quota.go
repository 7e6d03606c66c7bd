package compute

import "github.com/novalet/novalet/api/wire"

// Quotas are the limits of a project; -1 is no limit. Sources: API reference
// "Quota sets" and "Limits"; microversions 2.36, 2.50, 2.57. T is int, or
// QuotaUse in the detailed view. The order is the one Nova writes.
type Quotas[T any] struct {
	ID                  wire.Opt[string] `json:"id"`
	Cores               T                `json:"cores"`
	FixedIPs            T                `json:"fixed_ips" v:"-2.35"`
	FloatingIPs         T                `json:"floating_ips" v:"-2.35"`
	InjectedFileContent T                `json:"injected_file_content_bytes" v:"-2.56"`
	InjectedFilePath    T                `json:"injected_file_path_bytes" v:"-2.56"`
	InjectedFiles       T                `json:"injected_files" v:"-2.56"`
	Instances           T                `json:"instances"`
	KeyPairs            T                `json:"key_pairs"`
	MetadataItems       T                `json:"metadata_items"`
	RAM                 T                `json:"ram"` // MiB
	SecurityGroupRules  T                `json:"security_group_rules" v:"-2.35"`
	SecurityGroups      T                `json:"security_groups" v:"-2.35"`
	ServerGroupMembers  T                `json:"server_group_members"`
	ServerGroups        T                `json:"server_groups"`
}

// QuotaUse is one limit in the detailed view.
type QuotaUse struct {
	Limit    int `json:"limit"`
	InUse    int `json:"in_use"`
	Reserved int `json:"reserved"`
}

// QuotaSet is the reply that holds a project's limits.
type QuotaSet struct {
	Quotas Quotas[int] `json:"quota_set"`
}

// QuotaSetDetail is the reply of GET /os-quota-sets/{project_id}/detail.
type QuotaSetDetail struct {
	Quotas Quotas[QuotaUse] `json:"quota_set"`
}

// QuotaOf names a project's limits, or one user's in it.
type QuotaOf struct {
	Project string           `path:"project_id"`
	UserID  wire.Opt[string] `query:"user_id"`
}

// QuotaUpdate is the body of PUT /os-quota-sets/{project_id}.
type QuotaUpdate struct {
	Project string           `path:"project_id"`
	UserID  wire.Opt[string] `query:"user_id"`
	Quotas  QuotaChanges     `json:"quota_set" is:"required"`
}

// QuotaChanges are limits to set.
type QuotaChanges struct {
	Force               wire.Opt[bool] `json:"force" is:"loose"`
	Instances           wire.Opt[int]  `json:"instances" is:"loose,min=-1,max=2147483647"`
	Cores               wire.Opt[int]  `json:"cores" is:"loose,min=-1,max=2147483647"`
	RAM                 wire.Opt[int]  `json:"ram" is:"loose,min=-1,max=2147483647"`
	FloatingIPs         wire.Opt[int]  `json:"floating_ips" is:"loose,min=-1,max=2147483647" v:"-2.35"`
	FixedIPs            wire.Opt[int]  `json:"fixed_ips" is:"loose,min=-1,max=2147483647" v:"-2.35"`
	MetadataItems       wire.Opt[int]  `json:"metadata_items" is:"loose,min=-1,max=2147483647"`
	InjectedFiles       wire.Opt[int]  `json:"injected_files" is:"loose,min=-1,max=2147483647" v:"-2.56"`
	InjectedFileContent wire.Opt[int]  `json:"injected_file_content_bytes" is:"loose,min=-1,max=2147483647" v:"-2.56"`
	InjectedFilePath    wire.Opt[int]  `json:"injected_file_path_bytes" is:"loose,min=-1,max=2147483647" v:"-2.56"`
	KeyPairs            wire.Opt[int]  `json:"key_pairs" is:"loose,min=-1,max=2147483647"`
	SecurityGroups      wire.Opt[int]  `json:"security_groups" is:"loose,min=-1,max=2147483647" v:"-2.35"`
	SecurityGroupRules  wire.Opt[int]  `json:"security_group_rules" is:"loose,min=-1,max=2147483647" v:"-2.35"`
	ServerGroups        wire.Opt[int]  `json:"server_groups" is:"loose,min=-1,max=2147483647"`
	ServerGroupMembers  wire.Opt[int]  `json:"server_group_members" is:"loose,min=-1,max=2147483647"`
}

// LimitsQuery is what GET /limits takes.
type LimitsQuery struct {
	Project  wire.Opt[string] `query:"tenant_id"`
	Reserved wire.Opt[string] `query:"reserved" v:"-2.74"`
}

// LimitsShown is the reply of GET /limits.
type LimitsShown struct {
	Limits Limits `json:"limits"`
}

// Limits are the rate limits, of which there are none, and the absolute ones.
type Limits struct {
	Rate     []any          `json:"rate"`
	Absolute AbsoluteLimits `json:"absolute"`
}

// AbsoluteLimits are what a project may have and what it has.
type AbsoluteLimits struct {
	MaxInstances          int `json:"maxTotalInstances"`
	MaxCores              int `json:"maxTotalCores"`
	MaxRAM                int `json:"maxTotalRAMSize"` // MiB
	MaxServerMeta         int `json:"maxServerMeta"`
	MaxImageMeta          int `json:"maxImageMeta" v:"-2.38"`
	MaxPersonality        int `json:"maxPersonality" v:"-2.56"`
	MaxPersonalitySize    int `json:"maxPersonalitySize" v:"-2.56"`
	MaxKeypairs           int `json:"maxTotalKeypairs"`
	MaxServerGroups       int `json:"maxServerGroups"`
	MaxServerGroupMembers int `json:"maxServerGroupMembers"`
	MaxFloatingIPs        int `json:"maxTotalFloatingIps" v:"-2.35"`
	MaxSecurityGroups     int `json:"maxSecurityGroups" v:"-2.35"`
	MaxSecurityGroupRules int `json:"maxSecurityGroupRules" v:"-2.35"`
	RAMUsed               int `json:"totalRAMUsed"`
	CoresUsed             int `json:"totalCoresUsed"`
	InstancesUsed         int `json:"totalInstancesUsed"`
	FloatingIPsUsed       int `json:"totalFloatingIpsUsed" v:"-2.35"`
	SecurityGroupsUsed    int `json:"totalSecurityGroupsUsed" v:"-2.35"`
	ServerGroupsUsed      int `json:"totalServerGroupsUsed"`
}

// LimitsOfOthers lets a caller read another project's limits.
var LimitsOfOthers = rule("limits:other_project", admin)

// The routes of quotas and limits.
var (
	ShowQuotas = wire.Route[QuotaOf, QuotaSet]{
		Name: "quotas.show", Method: "GET", Path: "/os-quota-sets/{project_id}", Status: "200",
		Policy: rule("os-quota-sets:show", projectReader), LooseQuery: "2.74",
	}
	ShowQuotasDetail = wire.Route[QuotaOf, QuotaSetDetail]{
		Name: "quotas.detail", Method: "GET", Path: "/os-quota-sets/{project_id}/detail", Status: "200",
		Policy: rule("os-quota-sets:detail", projectReader), LooseQuery: "2.74",
	}
	ShowQuotaDefaults = wire.Route[QuotaOf, QuotaSet]{
		Name: "quotas.defaults", Method: "GET", Path: "/os-quota-sets/{project_id}/defaults", Status: "200",
		Policy: rule("os-quota-sets:defaults", always), LooseQuery: "always",
	}
	UpdateQuotas = wire.Route[QuotaUpdate, QuotaSet]{
		Name: "quotas.update", Method: "PUT", Path: "/os-quota-sets/{project_id}", Status: "200",
		Policy: rule("os-quota-sets:update", admin), LooseQuery: "2.74",
	}
	DeleteQuotas = wire.Route[QuotaOf, wire.None]{
		Name: "quotas.delete", Method: "DELETE", Path: "/os-quota-sets/{project_id}", Status: "202",
		Policy: rule("os-quota-sets:delete", admin), LooseQuery: "2.74",
	}
	ShowLimits = wire.Route[LimitsQuery, LimitsShown]{
		Name: "limits.show", Method: "GET", Path: "/limits", Status: "200",
		Policy: rule("limits", always), LooseQuery: "2.74",
	}
)

func quotaRoutes() []wire.Endpoint {
	return []wire.Endpoint{ShowQuotas, ShowQuotasDetail, ShowQuotaDefaults, UpdateQuotas, DeleteQuotas, ShowLimits}
}
