package compute

import "github.com/novalet/novalet/api/wire"

// QuotaClass are the limits that a class of projects has; only the class
// "default" is used. Sources: API reference "Quota class sets"; microversions
// 2.50 (groups in, networks out), 2.57 (no injected files).
type QuotaClass struct {
	ID                  wire.Opt[string] `json:"id"` // not in the reply to an update
	Cores               int              `json:"cores"`
	FixedIPs            int              `json:"fixed_ips" v:"-2.49"`
	FloatingIPs         int              `json:"floating_ips" v:"-2.49"`
	InjectedFileContent int              `json:"injected_file_content_bytes" v:"-2.56"`
	InjectedFilePath    int              `json:"injected_file_path_bytes" v:"-2.56"`
	InjectedFiles       int              `json:"injected_files" v:"-2.56"`
	Instances           int              `json:"instances"`
	KeyPairs            int              `json:"key_pairs"`
	MetadataItems       int              `json:"metadata_items"`
	RAM                 int              `json:"ram"` // MiB
	SecurityGroupRules  int              `json:"security_group_rules" v:"-2.49"`
	SecurityGroups      int              `json:"security_groups" v:"-2.49"`
	ServerGroupMembers  int              `json:"server_group_members" v:"2.50"`
	ServerGroups        int              `json:"server_groups" v:"2.50"`
}

// QuotaClassShown is the reply that holds a class's limits.
type QuotaClassShown struct {
	Class QuotaClass `json:"quota_class_set"`
}

// QuotaClassName names a class.
type QuotaClassName struct {
	Name string `path:"class"`
}

// QuotaClassUpdate is the body of PUT /os-quota-class-sets/{class}.
type QuotaClassUpdate struct {
	Name  string            `path:"class"`
	Class QuotaClassChanges `json:"quota_class_set" is:"required"`
}

// QuotaClassChanges are limits to set; -1 is no limit. The two of server groups
// can be set at versions that do not show them.
type QuotaClassChanges struct {
	Instances           wire.Opt[int] `json:"instances" is:"loose,min=-1,max=2147483647"`
	Cores               wire.Opt[int] `json:"cores" is:"loose,min=-1,max=2147483647"`
	RAM                 wire.Opt[int] `json:"ram" is:"loose,min=-1,max=2147483647"`
	FloatingIPs         wire.Opt[int] `json:"floating_ips" is:"loose,min=-1,max=2147483647" v:"-2.49"`
	FixedIPs            wire.Opt[int] `json:"fixed_ips" is:"loose,min=-1,max=2147483647" v:"-2.49"`
	MetadataItems       wire.Opt[int] `json:"metadata_items" is:"loose,min=-1,max=2147483647"`
	InjectedFiles       wire.Opt[int] `json:"injected_files" is:"loose,min=-1,max=2147483647" v:"-2.56"`
	InjectedFileContent wire.Opt[int] `json:"injected_file_content_bytes" is:"loose,min=-1,max=2147483647" v:"-2.56"`
	InjectedFilePath    wire.Opt[int] `json:"injected_file_path_bytes" is:"loose,min=-1,max=2147483647" v:"-2.56"`
	KeyPairs            wire.Opt[int] `json:"key_pairs" is:"loose,min=-1,max=2147483647"`
	SecurityGroups      wire.Opt[int] `json:"security_groups" is:"loose,min=-1,max=2147483647" v:"-2.49"`
	SecurityGroupRules  wire.Opt[int] `json:"security_group_rules" is:"loose,min=-1,max=2147483647" v:"-2.49"`
	ServerGroups        wire.Opt[int] `json:"server_groups" is:"loose,min=-1,max=2147483647"`
	ServerGroupMembers  wire.Opt[int] `json:"server_group_members" is:"loose,min=-1,max=2147483647"`
	Networks            wire.Opt[int] `json:"networks" is:"loose,min=-1,max=2147483647" v:"-2.49"` // of nova-network: without effect
}

// The routes of quota classes.
var (
	ShowQuotaClass = wire.Route[QuotaClassName, QuotaClassShown]{
		Name: "quota_classes.show", Method: "GET", Path: "/os-quota-class-sets/{class}", Status: "200",
		Policy: rule("os-quota-class-sets:show", admin), LooseQuery: looseUntil,
	}
	UpdateQuotaClass = wire.Route[QuotaClassUpdate, QuotaClassShown]{
		Name: "quota_classes.update", Method: "PUT", Path: "/os-quota-class-sets/{class}", Status: "200",
		Policy: rule("os-quota-class-sets:update", admin), LooseQuery: "always",
	}
)

func quotaClassRoutes() []wire.Endpoint { return []wire.Endpoint{ShowQuotaClass, UpdateQuotaClass} }
