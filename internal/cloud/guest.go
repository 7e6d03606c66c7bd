package cloud

// Guest is a server as its host must have it: the desired record that the
// control plane sends to an agent over the bus and that a driver makes so. It
// holds everything a host needs; an agent has no database to look up more.
type Guest struct {
	ServerID     string            `json:"server_id"`     // UUID; names every file, process and lease of the guest
	InstanceName string            `json:"instance_name"` // instance-0000002a
	Name         string            `json:"name"`
	Hostname     string            `json:"hostname"`
	ProjectID    string            `json:"project_id"`
	UserID       string            `json:"user_id"`
	VCPUs        int               `json:"vcpus"`
	MemoryMiB    int               `json:"memory_mib"`
	RootGiB      int               `json:"root_gib"` // 0: as large as the image
	EphemeralGiB int               `json:"ephemeral_gib"`
	SwapMiB      int               `json:"swap_mib"`
	ExtraSpecs   map[string]string `json:"extra_specs,omitempty"`
	Image        GuestImage        `json:"image"`
	Kernel       *GuestImage       `json:"kernel,omitempty"` // direct kernel boot when present
	Ramdisk      *GuestImage       `json:"ramdisk,omitempty"`
	KernelArgs   string            `json:"kernel_args,omitempty"` // os_command_line of the image
	Ports        []GuestPort       `json:"ports"`
	UserData     string            `json:"user_data,omitempty"` // base64, as the API took it
	PublicKeys   map[string]string `json:"public_keys,omitempty"`
	Metadata     map[string]string `json:"metadata,omitempty"`
	Files        []GuestFile       `json:"files,omitempty"` // injected files, up to API 2.56
	ConfigDrive  bool              `json:"config_drive"`
	Zone         string            `json:"zone"`
	LaunchIndex  int               `json:"launch_index"`
}

// GuestImage names image bytes and proves them: an agent fetches URL, checks
// size and SHA-512, inspects the header and refuses what is not DiskFormat.
type GuestImage struct {
	ID         string `json:"id"`
	DiskFormat string `json:"disk_format"` // raw, qcow2, aki, ari: detected, never guessed later
	Size       int64  `json:"size"`        // bytes
	SHA512     string `json:"sha512"`      // hex
	MinDiskGiB int    `json:"min_disk_gib"`
}

// GuestPort is one network card with the address that the API shows.
type GuestPort struct {
	ID        string `json:"id"`
	NetworkID string `json:"network_id"`
	Network   string `json:"network"` // name
	MAC       string `json:"mac"`
	IP        string `json:"ip"`
	CIDR      string `json:"cidr"`
	Gateway   string `json:"gateway"`
	MTU       int    `json:"mtu"`
}

// GuestFile is a file put into the guest at boot (personality, API <= 2.56).
type GuestFile struct {
	Path     string `json:"path"`
	Contents []byte `json:"contents"`
}

// PowerState is the guest's power as its driver sees it; the numbers are
// Nova's wire values (spec/nova-state-machine.md section 1).
type PowerState int

// Power states.
const (
	PowerNone      PowerState = 0
	PowerRunning   PowerState = 1
	PowerPaused    PowerState = 3
	PowerShutdown  PowerState = 4
	PowerCrashed   PowerState = 6
	PowerSuspended PowerState = 7
)
