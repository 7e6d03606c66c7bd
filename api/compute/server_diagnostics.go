package compute

import "github.com/novalet/novalet/api/wire"

// Diagnostics is the reply of GET /servers/{server_id}/diagnostics: until 2.47
// what the driver likes to tell, numbers mostly, then one form for all drivers.
// What a driver does not know is null.
type Diagnostics struct {
	Any          map[string]any    `body:"json" v:"-2.47"` // cpu0_time, memory, vda_read, vnet1_rx and their like
	State        *string           `json:"state" v:"2.48"` // pending, running, paused, shutdown, crashed or suspended
	Driver       *string           `json:"driver" v:"2.48"`
	Hypervisor   *string           `json:"hypervisor" v:"2.48"`
	HypervisorOS *string           `json:"hypervisor_os" v:"2.48"`
	Uptime       *int64            `json:"uptime" v:"2.48"` // s
	ConfigDrive  *bool             `json:"config_drive" v:"2.48"`
	CPUs         *int              `json:"num_cpus" v:"2.48"`
	NICs         *int              `json:"num_nics" v:"2.48"`
	Disks        *int              `json:"num_disks" v:"2.48"`
	DiskDetails  []DiskDiagnostics `json:"disk_details" v:"2.48"`
	CPUDetails   []CPUDiagnostics  `json:"cpu_details" v:"2.48"`
	NICDetails   []NICDiagnostics  `json:"nic_details" v:"2.48"`
	Memory       MemoryDiagnostics `json:"memory_details" v:"2.48"`
}

// DiskDiagnostics are the counters of a disk.
type DiskDiagnostics struct {
	ReadBytes     *int64 `json:"read_bytes"`
	ReadRequests  *int64 `json:"read_requests"`
	WriteBytes    *int64 `json:"write_bytes"`
	WriteRequests *int64 `json:"write_requests"`
	Errors        *int64 `json:"errors_count"`
}

// CPUDiagnostics are the counters of a processor.
type CPUDiagnostics struct {
	ID          *int64 `json:"id"`
	Time        *int64 `json:"time"`        // ns
	Utilisation *int64 `json:"utilisation"` // percent
}

// NICDiagnostics are the counters of a network interface.
type NICDiagnostics struct {
	MAC       *string `json:"mac_address"`
	RxOctets  *int64  `json:"rx_octets"`
	RxErrors  *int64  `json:"rx_errors"`
	RxDrop    *int64  `json:"rx_drop"`
	RxPackets *int64  `json:"rx_packets"`
	RxRate    *int64  `json:"rx_rate"`
	TxOctets  *int64  `json:"tx_octets"`
	TxErrors  *int64  `json:"tx_errors"`
	TxDrop    *int64  `json:"tx_drop"`
	TxPackets *int64  `json:"tx_packets"`
	TxRate    *int64  `json:"tx_rate"`
}

// MemoryDiagnostics is how much memory a guest may have and has, in MiB.
type MemoryDiagnostics struct {
	Maximum *int64 `json:"maximum"`
	Used    *int64 `json:"used"`
}

// Topology is the reply of GET /servers/{server_id}/topology: the guest's NUMA
// nodes, none for a guest without.
type Topology struct {
	Nodes    []NUMANode `json:"nodes"`
	PageSize *int       `json:"pagesize_kb"` // KiB
}

// NUMANode is a NUMA node of a guest. What it is on the host is for those whom
// TopologyHostRule lets see it.
type NUMANode struct {
	CPUs       []int                    `json:"vcpu_set"`
	Siblings   [][]int                  `json:"siblings"`
	MemoryMiB  int                      `json:"memory_mb"`
	HostNode   wire.Opt[int]            `json:"host_node"`
	CPUPinning wire.Opt[map[string]int] `json:"cpu_pinning"` // processor of the guest to that of the host
}

// TopologyHostRule decides who sees a topology's host side.
var TopologyHostRule = wire.Rule{Name: "compute:server:topology:host:index", Default: admin}

// The routes that look into a server.
var (
	ShowDiagnostics = wire.Route[ServerID, Diagnostics]{
		Name: "servers.diagnostics", Method: "GET", Path: "/servers/{server_id}/diagnostics", Status: "200",
		Policy: rule("os-server-diagnostics", admin), LooseQuery: looseUntil,
	}
	ShowTopology = wire.Route[ServerID, Topology]{
		Name: "servers.topology", Method: "GET", Path: "/servers/{server_id}/topology", Span: "2.78", Status: "200",
		Policy: wire.Rule{Name: "compute:server:topology:index", Default: projectReader}, LooseQuery: looseUntil,
	}
)

func serverDiagnosticsRoutes() []wire.Endpoint { return []wire.Endpoint{ShowDiagnostics, ShowTopology} }
