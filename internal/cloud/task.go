package cloud

import (
	"context"
	"encoding/json"
	"time"
)

// Task is work the cloud has promised: a row written in the transaction that
// accepted the request, claimed by a lease, carried out step by step, deleted
// when done. Each step is idempotent: a worker that dies is followed by
// another that does the step again.
type Task struct {
	ID        string // UUID
	Kind      string // what to do: create, delete, start, stop, reboot, reboot_hard
	ServerID  string
	RequestID string // of the API call, for the instance action and the log
	UserID    string
	ProjectID string
	Step      string          // where it is; empty: at the start
	Args      json.RawMessage // of the kind
	Attempts  int             // how often the current step was begun
	RunAt     time.Time       // not before
	Owner     string          // who has the lease; empty: nobody
	LeaseEnds time.Time
	CreatedAt time.Time
}

// The kinds of tasks.
const (
	TaskCreate     = "create" // with CreateArgs
	TaskDelete     = "delete"
	TaskStart      = "start"
	TaskStop       = "stop"
	TaskReboot     = "reboot"
	TaskRebootHard = "reboot_hard"
)

// CreateArgs is what a create task needs besides the server's row.
type CreateArgs struct {
	Ports      []PortRequest `json:"ports"`
	ForcedHost string        `json:"forced_host,omitempty"` // az:host, by an administrator: no filter is asked
	WantHost   string        `json:"want_host,omitempty"`   // from 2.74: the filters are asked
	Tried      []string      `json:"tried,omitempty"`       // hosts that failed
	LastError  string        `json:"last_error,omitempty"`  // what the last of them said
}

// PortRequest is a network card that a new server is to have.
type PortRequest struct {
	NetworkID string `json:"network_id"`
	FixedIP   string `json:"fixed_ip,omitempty"`
	Tag       string `json:"tag,omitempty"`
}

// Consoles reads the serial log of a server from its host; a host that does not
// answer is fault.Unavailable.
type Consoles interface {
	Console(ctx context.Context, s *Server, lines int) ([]byte, error)
}

// Bell tells workers on the bus that there may be work; a lost ring costs a
// poll interval.
type Bell interface{ Ring(subject string) }

// SubjectTasks is rung after a transaction that left tasks.
const SubjectTasks = "tasks"

// Service is a running control or compute service (os-services).
type Service struct {
	ID             int64  // integer id, API up to 2.52
	UUID           string // id from 2.53
	Binary         string // nova-compute, nova-scheduler, nova-conductor
	Host           string
	Zone           string
	Disabled       bool
	DisabledReason *string
	ForcedDown     bool
	SeenAt         time.Time // last heartbeat
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// ServiceDownAfter is how long after its last heartbeat a service counts as
// down.
const ServiceDownAfter = 60 * time.Second

// Up reports whether the service was heard of lately.
func (s *Service) Up(now time.Time) bool {
	return !s.ForcedDown && now.Sub(s.SeenAt) < ServiceDownAfter
}

// Hypervisor is a host's inventory and use (os-hypervisors). Every compute host
// has one, of the same name.
type Hypervisor struct {
	ID         int64
	UUID       string
	Hostname   string // the node; the host's name here
	Service    Service
	Type       string // QEMU, fake
	Version    int    // major*1000000 + minor*1000 + micro
	HostIP     string
	VCPUs      int
	MemoryMiB  int
	DiskGiB    int
	CPUInfo    map[string]any
	Uptime     string
	Allocation Resources // in use, from the allocations
	Servers    int       // running guests
	Generation int64     // grows with every allocation change; claims are compare-and-swap on it
}

// Resources is an amount of what servers use of a host.
type Resources struct {
	VCPUs     int
	MemoryMiB int
	DiskGiB   int
}

// Network is a network that servers can be on.
type Network struct {
	ID        string
	Name      string
	ProjectID string // owner
	Shared    bool   // usable by all projects
	CIDR      string
	Gateway   string
	MTU       int
	CreatedAt time.Time
}

// Port is a network card of a server with its address.
type Port struct {
	ID        string
	NetworkID string
	Network   string // name of the network
	ServerID  string
	ProjectID string
	MAC       string
	IP        string
	Tag       string
	CreatedAt time.Time
}
