package compute

import "github.com/novalet/novalet/api/wire"

// Server is a server as GET /servers/{server_id} and /servers/detail show it.
// The order of members is the order they are written in. What only some
// callers see, or only some servers have, is an Opt. Sources: API reference
// "Servers", one row of spec/nova-server-view.tsv a field.
type Server struct {
	ID             string                        `json:"id"`
	Name           string                        `json:"name"`
	Status         string                        `json:"status"`
	Project        string                        `json:"tenant_id"`
	User           string                        `json:"user_id"`
	Metadata       map[string]string             `json:"metadata"`
	HostID         string                        `json:"hostId"`
	Image          ServerImage                   `json:"image"`
	FlavorRef      FlavorRef                     `json:"-" v:"-2.46 flavor"`
	FlavorEmbed    FlavorEmbed                   `json:"-" v:"2.47 flavor"`
	Created        wire.Time                     `json:"created"`
	Updated        wire.Time                     `json:"updated"`
	Addresses      map[string][]Address          `json:"addresses"`
	AccessIPv4     string                        `json:"accessIPv4"`
	AccessIPv6     string                        `json:"accessIPv6"`
	Links          []wire.Link                   `json:"links"`
	DiskConfig     string                        `json:"OS-DCF:diskConfig"`
	Progress       wire.Opt[int]                 `json:"progress"`
	Fault          wire.Opt[Fault]               `json:"fault"`
	Zone           wire.Opt[string]              `json:"OS-EXT-AZ:availability_zone"`
	ConfigDrive    wire.Opt[string]              `json:"config_drive"` // "True" or ""
	KeyName        wire.Opt[string]              `json:"key_name" is:"null"`
	LaunchedAt     wire.Opt[wire.MicroTime]      `json:"OS-SRV-USG:launched_at"`
	TerminatedAt   wire.Opt[wire.MicroTime]      `json:"OS-SRV-USG:terminated_at"`
	SecurityGroups wire.Opt[[]SecurityGroupName] `json:"security_groups"`
	Host           wire.Opt[*string]             `json:"OS-EXT-SRV-ATTR:host"`
	InstanceName   wire.Opt[string]              `json:"OS-EXT-SRV-ATTR:instance_name"`
	HypervisorHost wire.Opt[*string]             `json:"OS-EXT-SRV-ATTR:hypervisor_hostname"`
	ReservationID  wire.Opt[string]              `json:"OS-EXT-SRV-ATTR:reservation_id" v:"2.3"`
	LaunchIndex    wire.Opt[int]                 `json:"OS-EXT-SRV-ATTR:launch_index" v:"2.3"`
	Hostname       wire.Opt[string]              `json:"OS-EXT-SRV-ATTR:hostname" v:"2.3"`
	KernelID       wire.Opt[*string]             `json:"OS-EXT-SRV-ATTR:kernel_id" v:"2.3"`
	RamdiskID      wire.Opt[*string]             `json:"OS-EXT-SRV-ATTR:ramdisk_id" v:"2.3"`
	RootDevice     wire.Opt[*string]             `json:"OS-EXT-SRV-ATTR:root_device_name" v:"2.3"`
	UserData       wire.Opt[*string]             `json:"OS-EXT-SRV-ATTR:user_data" v:"2.3"` // base64
	TaskState      wire.Opt[*string]             `json:"OS-EXT-STS:task_state"`
	VMState        wire.Opt[string]              `json:"OS-EXT-STS:vm_state"`
	PowerState     wire.Opt[int]                 `json:"OS-EXT-STS:power_state"`
	Volumes        wire.Opt[[]VolumeAttached]    `json:"os-extended-volumes:volumes_attached"`
	HostStatus     wire.Opt[string]              `json:"host_status" v:"2.16"`
	Locked         bool                          `json:"locked" v:"2.9"`
	LockedReason   *string                       `json:"locked_reason" v:"2.73"`
	Description    *string                       `json:"description" v:"2.19"`
	Tags           []string                      `json:"tags" v:"2.26"`
	TrustedCerts   wire.Opt[[]string]            `json:"trusted_image_certificates" is:"null" v:"2.63"`
	Groups         wire.Opt[[]string]            `json:"server_groups" v:"2.71"`
	PinnedZone     *string                       `json:"pinned_availability_zone" v:"2.96"`
	Hints          map[string]any                `json:"scheduler_hints" v:"2.100"`

	// Only the reply of a rebuild has these.
	AdminPass   wire.Opt[wire.Secret] `json:"adminPass"`
	NewUserData wire.Opt[*string]     `json:"user_data" v:"2.57"` // base64
}

// FlavorRef is a server's flavor until 2.46; empty when the flavor is unknown.
type FlavorRef struct {
	ID    string      `json:"id,omitempty"`
	Links []wire.Link `json:"links,omitempty"`
}

// FlavorEmbed is a server's flavor from 2.47: as it was when the server was
// made.
type FlavorEmbed struct {
	VCPUs        int                         `json:"vcpus"`
	RAM          int                         `json:"ram"`       // MiB
	Disk         int                         `json:"disk"`      // GiB
	Ephemeral    int                         `json:"ephemeral"` // GiB
	Swap         int                         `json:"swap"`      // MiB
	OriginalName string                      `json:"original_name"`
	ExtraSpecs   wire.Opt[map[string]string] `json:"extra_specs"`
}

// Address is one address of a server.
type Address struct {
	Version int    `json:"version"` // 4 or 6
	Addr    string `json:"addr"`
	Type    string `json:"OS-EXT-IPS:type"` // fixed or floating
	MAC     string `json:"OS-EXT-IPS-MAC:mac_addr"`
}

// Fault is why a server is in error.
type Fault struct {
	Code    int              `json:"code"`
	Created wire.Time        `json:"created"`
	Message string           `json:"message"`
	Details wire.Opt[string] `json:"details"` // for administrators, or when it is the user's doing
}

// SecurityGroupName names a security group of a server.
type SecurityGroupName struct {
	Name string `json:"name"`
}

// VolumeAttached is a volume of a server.
type VolumeAttached struct {
	ID     string `json:"id"`
	Delete bool   `json:"delete_on_termination" v:"2.3"`
}

// ServerBrief is a server in GET /servers. One whose cell cannot be asked has
// the status UNKNOWN and no name.
type ServerBrief struct {
	ID     string           `json:"id"`
	Name   string           `json:"name"`
	Status wire.Opt[string] `json:"status" v:"2.69"`
	Links  []wire.Link      `json:"links"`
}

// ServerBriefs is the reply of GET /servers.
type ServerBriefs struct {
	Servers []ServerBrief `json:"servers"`
	Links   []wire.Link   `json:"servers_links,omitempty"`
}

// Servers is the reply of GET /servers/detail.
type Servers struct {
	Servers []Server    `json:"servers"`
	Links   []wire.Link `json:"servers_links,omitempty"`
}

// ServerShown is the reply that holds one server.
type ServerShown struct {
	Server Server `json:"server"`
}

// ServerID names one server.
type ServerID struct {
	ID string `path:"server_id"`
}

// ServerQuery is what GET /servers and /servers/detail take. Filters that are
// for administrators only are dropped for others by the server, see
// spec/nova-errors.md section 8.
type ServerQuery struct {
	Limit         wire.Opt[int]    `query:"limit" is:"min=0"`
	Marker        wire.Opt[string] `query:"marker"`
	SortKey       []string         `query:"sort_key"`
	SortDir       []string         `query:"sort_dir"`
	AllTenants    wire.Opt[string] `query:"all_tenants"` // a boolean; present and empty is true
	ProjectID     wire.Opt[string] `query:"project_id"`
	TenantID      wire.Opt[string] `query:"tenant_id"`
	UserID        wire.Opt[string] `query:"user_id"`
	Name          wire.Opt[string] `query:"name"`
	DisplayName   wire.Opt[string] `query:"display_name"`
	Description   wire.Opt[string] `query:"description"` // taken, without effect
	DisplayNote   wire.Opt[string] `query:"display_description"`
	Status        []string         `query:"status"`
	VMState       wire.Opt[string] `query:"vm_state"`
	TaskState     wire.Opt[string] `query:"task_state"`
	PowerState    wire.Opt[string] `query:"power_state"`
	Image         wire.Opt[string] `query:"image"`
	ImageRef      wire.Opt[string] `query:"image_ref"`
	Flavor        wire.Opt[string] `query:"flavor"`
	Host          wire.Opt[string] `query:"host"`
	Node          wire.Opt[string] `query:"node"`
	Hostname      wire.Opt[string] `query:"hostname"`
	UUID          wire.Opt[string] `query:"uuid"`
	IP            wire.Opt[string] `query:"ip"`
	IP6           wire.Opt[string] `query:"ip6"`
	ReservationID wire.Opt[string] `query:"reservation_id"`
	ChangesSince  wire.Opt[string] `query:"changes-since"`
	ChangesBefore wire.Opt[string] `query:"changes-before" v:"2.66"`
	Deleted       wire.Opt[string] `query:"deleted"`
	SoftDeleted   wire.Opt[string] `query:"soft_deleted"`
	Tags          wire.Opt[string] `query:"tags" v:"2.26"`
	TagsAny       wire.Opt[string] `query:"tags-any" v:"2.26"`
	NotTags       wire.Opt[string] `query:"not-tags" v:"2.26"`
	NotTagsAny    wire.Opt[string] `query:"not-tags-any" v:"2.26"`
	Locked        wire.Opt[string] `query:"locked" v:"2.73"`
	Zone          wire.Opt[string] `query:"availability_zone"`
	ConfigDrive   wire.Opt[string] `query:"config_drive"`
	KeyName       wire.Opt[string] `query:"key_name"`
	CreatedAt     wire.Opt[string] `query:"created_at"`
	LaunchedAt    wire.Opt[string] `query:"launched_at"`
	TerminatedAt  wire.Opt[string] `query:"terminated_at"`
	Progress      wire.Opt[string] `query:"progress"`
	LaunchIndex   wire.Opt[string] `query:"launch_index"`
	KernelID      wire.Opt[string] `query:"kernel_id"`
	RamdiskID     wire.Opt[string] `query:"ramdisk_id"`
	RootDevice    wire.Opt[string] `query:"root_device_name"`
	LockedBy      wire.Opt[string] `query:"locked_by"`
	AccessIPv4    wire.Opt[string] `query:"access_ip_v4"`
	AccessIPv6    wire.Opt[string] `query:"access_ip_v6"`
	DiskConfig    wire.Opt[string] `query:"auto_disk_config"`

	// Members of Nova's records that no list may look into: dropped, or for
	// administrators refused.
	BlockDevices   wire.Opt[string] `query:"block_device_mapping"`
	Services       wire.Opt[string] `query:"services"`
	Metadata       wire.Opt[string] `query:"metadata"`
	SystemMetadata wire.Opt[string] `query:"system_metadata"`
	InfoCache      wire.Opt[string] `query:"info_cache"`
	SecurityGroups wire.Opt[string] `query:"security_groups"`
	PCIDevices     wire.Opt[string] `query:"pci_devices"`
}

// ServerCreate is the body of POST /servers. The hints may stand beside the
// server under either name.
type ServerCreate struct {
	Server ServerNew       `json:"server" is:"required"`
	Hints  wire.Opt[Hints] `json:"os:scheduler_hints"`
	Hints2 wire.Opt[Hints] `json:"OS-SCH-HNT:scheduler_hints"`
}

// Hints are wishes to the scheduler; members it does not know are kept for
// components that do.
type Hints = map[string]any

// ServerNew is a server to be made.
type ServerNew struct {
	Name           string                   `json:"name" is:"required,min=1,max=255,name"`
	ImageRef       wire.Opt[string]         `json:"imageRef"` // a UUID, or empty with block devices
	FlavorRef      string                   `json:"flavorRef" is:"required,loose,min=1"`
	AdminPass      wire.Secret              `json:"adminPass,omitempty" is:"secret"`
	Metadata       map[string]string        `json:"metadata,omitempty" is:"keymax=255,valmax=255,keys=metakey"`
	NetworksOld    []NetworkWanted          `json:"-" v:"-2.36 networks,omitempty"`
	Networks       wire.Opt[NetworksWanted] `json:"-" v:"2.37 networks"`
	DiskConfig     wire.Opt[string]         `json:"OS-DCF:diskConfig" is:"enum=AUTO|MANUAL"`
	AccessIPv4     wire.Opt[string]         `json:"accessIPv4" is:"ipv4"`
	AccessIPv6     wire.Opt[string]         `json:"accessIPv6" is:"ipv6"`
	Personality    []Personality            `json:"personality,omitempty" v:"-2.56"`
	Zone           wire.Opt[string]         `json:"availability_zone" is:"min=1,max=255,name"`
	BlockDevices   []BlockDevice            `json:"block_device_mapping_v2,omitempty"`
	BlockDevicesV1 []BlockDeviceV1          `json:"block_device_mapping,omitempty"`
	ConfigDrive    wire.Opt[bool]           `json:"config_drive" is:"loose"`
	KeyName        wire.Opt[string]         `json:"key_name" is:"min=1,max=255,name"`
	MinCount       wire.Opt[int]            `json:"min_count" is:"loose,min=1,max=2147483647"`
	MaxCount       wire.Opt[int]            `json:"max_count" is:"loose,min=1,max=2147483647"`
	ReturnResID    wire.Opt[bool]           `json:"return_reservation_id" is:"loose"`
	SecurityGroups []SecurityGroupName      `json:"security_groups,omitempty"`
	UserData       wire.Opt[string]         `json:"user_data" is:"max=65535,base64"`
	Description    wire.Opt[string]         `json:"description" is:"null,max=255,printable" v:"2.19"`
	Tags           []string                 `json:"tags,omitempty" is:"max=50,tag" v:"2.52"`
	TrustedCerts   wire.Opt[[]string]       `json:"trusted_image_certificates" is:"null,min=1,max=50" v:"2.63"`
	Host           wire.Opt[string]         `json:"host" is:"min=1,max=255" v:"2.74"`
	HypervisorHost wire.Opt[string]         `json:"hypervisor_hostname" is:"min=1,max=255" v:"2.74"`
	Hostname       wire.Opt[string]         `json:"-" v:"2.90-2.93 hostname" is:"hostname"`
	HostnameFQDN   wire.Opt[string]         `json:"-" v:"2.94 hostname" is:"fqdn"`
}

// NetworkWanted is one entry of the networks of a server to be made.
type NetworkWanted struct {
	UUID    wire.Opt[string] `json:"uuid" is:"uuid"`
	Port    wire.Opt[string] `json:"port" is:"null,uuid"`
	FixedIP wire.Opt[string] `json:"fixed_ip" is:"ip"`
	Tag     wire.Opt[string] `json:"tag" is:"tag" v:"2.32-2.36"`
	Tag2    wire.Opt[string] `json:"-" is:"tag" v:"2.42 tag"`
}

// Personality is a file to inject, until 2.56.
type Personality struct {
	Path     string `json:"path" is:"required,max=255"`
	Contents string `json:"contents" is:"required,base64"`
}

// BlockDevice is a disk of a server to be made (block_device_mapping_v2). It
// says what it is made of by source_type and uuid; the ids by kind are those of
// the older form, which are taken and have no say. Without a source_type it
// needs no_device.
type BlockDevice struct {
	BootIndex   wire.Opt[int]    `json:"boot_index" is:"loose,null"`
	UUID        wire.Opt[string] `json:"uuid" is:"min=1,max=255,blockid"`
	Source      string           `json:"source_type,omitempty" is:"enum=volume|image|snapshot|blank"`
	Destination wire.Opt[string] `json:"destination_type" is:"enum=local|volume"`
	SizeGiB     wire.Opt[int]    `json:"volume_size" is:"loose,min=1,max=2147483647"`
	Format      wire.Opt[string] `json:"guest_format" is:"max=255"`
	DeviceName  wire.Opt[string] `json:"device_name" is:"min=1,max=255,blockname"`
	DeviceType  wire.Opt[string] `json:"device_type" is:"max=255"`
	DiskBus     wire.Opt[string] `json:"disk_bus" is:"max=255"`
	Delete      wire.Opt[bool]   `json:"delete_on_termination" is:"loose"`
	NoDevice    wire.Opt[any]    `json:"no_device" is:"null"`
	Tag         wire.Opt[string] `json:"tag" is:"tag" v:"2.32-2.32"`
	Tag2        wire.Opt[string] `json:"-" is:"tag" v:"2.42 tag"`
	VolumeType  wire.Opt[string] `json:"volume_type" is:"null,max=255" v:"2.67"`
	VolumeID    wire.Opt[string] `json:"volume_id" is:"uuid"`
	SnapshotID  wire.Opt[string] `json:"snapshot_id" is:"uuid"`
	ImageID     wire.Opt[string] `json:"image_id" is:"uuid"`
	VirtualName wire.Opt[string] `json:"virtual_name" is:"max=255"`
	Connection  wire.Opt[string] `json:"connection_info" is:"max=16777215"`
}

// BlockDeviceV1 is the older form (block_device_mapping).
type BlockDeviceV1 struct {
	DeviceName  wire.Opt[string] `json:"device_name" is:"min=1,max=255,blockname"`
	VolumeID    wire.Opt[string] `json:"volume_id" is:"uuid"`
	SnapshotID  wire.Opt[string] `json:"snapshot_id" is:"uuid"`
	SizeGiB     wire.Opt[int]    `json:"volume_size" is:"loose,min=1,max=2147483647"`
	Delete      wire.Opt[bool]   `json:"delete_on_termination" is:"loose"`
	NoDevice    wire.Opt[any]    `json:"no_device" is:"null"`
	VirtualName wire.Opt[string] `json:"virtual_name" is:"max=255"`
	Connection  wire.Opt[string] `json:"connection_info" is:"max=16777215"`
}

// ServerCreated is the reply of POST /servers: the server, or only the
// reservation id when that was asked for.
type ServerCreated struct {
	Server        wire.Opt[ServerMade] `json:"server"`
	ReservationID wire.Opt[string]     `json:"reservation_id"`
	Location      string               `header:"Location"`
}

// ServerMade is what POST /servers tells of the new server.
type ServerMade struct {
	ID             string                `json:"id"`
	Links          []wire.Link           `json:"links"`
	DiskConfig     string                `json:"OS-DCF:diskConfig"`
	SecurityGroups []SecurityGroupName   `json:"security_groups"`
	AdminPass      wire.Opt[wire.Secret] `json:"adminPass"`
}

// ServerUpdate is the body of PUT /servers/{server_id}.
type ServerUpdate struct {
	ID     string        `path:"server_id"`
	Server ServerChanges `json:"server" is:"required"`
}

// ServerChanges are the members of a server that its owner can change.
type ServerChanges struct {
	Name         wire.Opt[string] `json:"name" is:"min=1,max=255,name"`
	DiskConfig   wire.Opt[string] `json:"OS-DCF:diskConfig" is:"enum=AUTO|MANUAL"`
	AccessIPv4   wire.Opt[string] `json:"accessIPv4" is:"ipv4"`
	AccessIPv6   wire.Opt[string] `json:"accessIPv6" is:"ipv6"`
	Description  wire.Opt[string] `json:"description" is:"null,max=255,printable" v:"2.19"`
	Hostname     wire.Opt[string] `json:"-" v:"2.90-2.93 hostname" is:"hostname"`
	HostnameFQDN wire.Opt[string] `json:"-" v:"2.94 hostname" is:"fqdn"`
	PinnedZone   wire.Opt[string] `json:"pinned_availability_zone" is:"null,min=1,max=255,name" v:"2.104"`
}

// Metadata is a server's metadata, as a request or a reply.
type Metadata struct {
	Metadata map[string]string `json:"metadata"`
}

// MetadataChange is the body of POST and PUT /servers/{server_id}/metadata.
type MetadataChange struct {
	ID       string            `path:"server_id"`
	Metadata map[string]string `json:"metadata" is:"required,keymax=255,valmax=255,keys=metakey"`
}

// MetadataKey names one metadata item.
type MetadataKey struct {
	ID  string `path:"server_id"`
	Key string `path:"key"`
}

// MetadataItem is one metadata item, as a reply.
type MetadataItem struct {
	Meta map[string]string `json:"meta"`
}

// MetadataItemChange is the body of PUT /servers/{server_id}/metadata/{key}.
type MetadataItemChange struct {
	ID   string            `path:"server_id"`
	Key  string            `path:"key"`
	Meta map[string]string `json:"meta" is:"required,min=1,max=1,keymax=255,valmax=255,keys=metakey"`
}

// Addresses is the reply of GET /servers/{server_id}/ips; the addresses have
// version and addr only.
type Addresses struct {
	Addresses map[string][]BareAddress `json:"addresses"`
}

// BareAddress is an address without what the server view adds.
type BareAddress struct {
	Version int    `json:"version"`
	Addr    string `json:"addr"`
}

// NetworkAddresses is the reply of GET /servers/{server_id}/ips/{network}, an
// object whose one member is named like the network.
type NetworkAddresses struct {
	Addresses map[string][]BareAddress `body:"json"`
}

// NetworkAddressesOf names one network of a server.
type NetworkAddressesOf struct {
	ID      string `path:"server_id"`
	Network string `path:"network"`
}

// The rules that decide what a caller sees of a server.
var (
	ServerAttributesRule = rule("os-extended-server-attributes", admin)
	ServerHostStatusRule = rule("servers:show:host_status", admin)
	ServerHostUnknown    = rule("servers:show:host_status:unknown-only", admin)
	ServerFlavorSpecs    = rule("servers:show:flavor-extra-specs", projectReader)
	AllProjectsList      = rule("servers:index:get_all_tenants", admin)
	AllProjectsDetail    = rule("servers:detail:get_all_tenants", admin)
	AllFilters           = rule("servers:allow_all_filters", admin)
	ForcedHost           = rule("servers:create:forced_host", admin)
	RequestedDestination = wire.Rule{Name: "compute:servers:create:requested_destination", Default: admin}
	CreateOnNetwork      = rule("servers:create:attach_network", projectMember)
	CreateWithVolume     = rule("servers:create:attach_volume", projectMember)
	CreateTrustedCerts   = rule("servers:create:trusted_certs", projectMember)
	ZeroDiskFlavor       = rule("servers:create:zero_disk_flavor", admin)
	ExternalNetworkRule  = wire.Rule{Name: "network:attach_external_network", Default: admin}
)

// The routes of servers.
var (
	ListServers = wire.Route[ServerQuery, ServerBriefs]{
		Name: "servers.list", Method: "GET", Path: "/servers", Status: "200",
		Policy: rule("servers:index", projectReader), LooseQuery: "2.74",
	}
	ListServersDetail = wire.Route[ServerQuery, Servers]{
		Name: "servers.detail", Method: "GET", Path: "/servers/detail", Status: "200",
		Policy: rule("servers:detail", projectReader), LooseQuery: "2.74",
	}
	CreateServer = wire.Route[ServerCreate, ServerCreated]{
		Name: "servers.create", Method: "POST", Path: "/servers", Status: "202",
		Policy: rule("servers:create", projectMember), LooseQuery: "always",
	}
	ShowServer = wire.Route[ServerID, ServerShown]{
		Name: "servers.show", Method: "GET", Path: "/servers/{server_id}", Status: "200",
		Policy: rule("servers:show", projectReader), LooseQuery: looseUntil,
	}
	UpdateServer = wire.Route[ServerUpdate, ServerShown]{
		Name: "servers.update", Method: "PUT", Path: "/servers/{server_id}", Status: "200",
		Policy: rule("servers:update", projectMember), LooseQuery: "always",
	}
	DeleteServer = wire.Route[ServerID, wire.None]{
		Name: "servers.delete", Method: "DELETE", Path: "/servers/{server_id}", Status: "204",
		Policy: rule("servers:delete", projectMember), LooseQuery: "always",
	}
	ListMetadata = wire.Route[ServerID, Metadata]{
		Name: "servers.metadata.list", Method: "GET", Path: "/servers/{server_id}/metadata", Status: "200",
		Policy: rule("server-metadata:index", projectReader), LooseQuery: looseUntil,
	}
	CreateMetadata = wire.Route[MetadataChange, Metadata]{
		Name: "servers.metadata.create", Method: "POST", Path: "/servers/{server_id}/metadata", Status: "200",
		Policy: rule("server-metadata:create", projectMember), LooseQuery: "always",
	}
	ReplaceMetadata = wire.Route[MetadataChange, Metadata]{
		Name: "servers.metadata.replace", Method: "PUT", Path: "/servers/{server_id}/metadata", Status: "200",
		Policy: rule("server-metadata:update_all", projectMember), LooseQuery: "always",
	}
	ShowMetadataItem = wire.Route[MetadataKey, MetadataItem]{
		Name: "servers.metadata.show", Method: "GET", Path: "/servers/{server_id}/metadata/{key}", Status: "200",
		Policy: rule("server-metadata:show", projectReader), LooseQuery: looseUntil,
	}
	UpdateMetadataItem = wire.Route[MetadataItemChange, MetadataItem]{
		Name: "servers.metadata.update", Method: "PUT", Path: "/servers/{server_id}/metadata/{key}", Status: "200",
		Policy: rule("server-metadata:update", projectMember), LooseQuery: "always",
	}
	DeleteMetadataItem = wire.Route[MetadataKey, wire.None]{
		Name: "servers.metadata.delete", Method: "DELETE", Path: "/servers/{server_id}/metadata/{key}", Status: "204",
		Policy: rule("server-metadata:delete", projectMember), LooseQuery: "always",
	}
	ListAddresses = wire.Route[ServerID, Addresses]{
		Name: "servers.ips.list", Method: "GET", Path: "/servers/{server_id}/ips", Status: "200",
		Policy: rule("ips:index", projectReader), LooseQuery: looseUntil,
	}
	ShowAddresses = wire.Route[NetworkAddressesOf, NetworkAddresses]{
		Name: "servers.ips.show", Method: "GET", Path: "/servers/{server_id}/ips/{network}", Status: "200",
		Policy: rule("ips:show", projectReader), LooseQuery: looseUntil,
	}
)

func serverRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListServers, ListServersDetail, CreateServer, ShowServer, UpdateServer, DeleteServer,
		ListMetadata, CreateMetadata, ReplaceMetadata, ShowMetadataItem, UpdateMetadataItem, DeleteMetadataItem,
		ListAddresses, ShowAddresses,
	}
}
