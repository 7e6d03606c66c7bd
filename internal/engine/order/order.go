// Package order is what the control plane and the agents of hosts say to each
// other over the bus. An order names a desired state, not a delta, so that it
// may be given again after any crash; the agent answers when it is so.
package order

import (
	"net/url"
	"strings"
	"time"

	"github.com/novalet/novalet/internal/cloud"
)

// Op is what an agent is asked to make so.
type Op string

// The operations.
const (
	Spawn   Op = "spawn"   // the guest exists and runs
	Start   Op = "start"   // it runs, from its own disks
	Stop    Op = "stop"    // it is powered off
	Reboot  Op = "reboot"  // it has been restarted
	Destroy Op = "destroy" // nothing of it is left; whatever else was being done to it is broken off
	Console Op = "console" // the end of its serial log is sent back
)

// Order asks the agent of a host for one thing.
type Order struct {
	Op           Op          `json:"op"`
	Guest        cloud.Guest `json:"guest"` // whole for spawn, start and reboot; else the id is enough
	Hard         bool        `json:"hard,omitempty"`
	GraceSeconds int         `json:"grace_seconds,omitempty"` // before the power is cut
	Lines        int         `json:"lines,omitempty"`         // of the console; -1 is all
	RequestID    string      `json:"request_id"`
}

// Done answers an order.
type Done struct {
	Power   cloud.PowerState `json:"power"`
	Console []byte           `json:"console,omitempty"`
}

// Step is progress of an order: a task_state word.
type Step struct {
	TaskState cloud.TaskState `json:"task_state"`
}

// Report is what an agent says of its host at every heartbeat and whenever a
// guest changed by itself.
type Report struct {
	Host              string         `json:"host"`
	Zone              string         `json:"zone"`
	HostIP            string         `json:"host_ip"`
	HypervisorType    string         `json:"hypervisor_type"`
	HypervisorVersion int            `json:"hypervisor_version"`
	VCPUs             int            `json:"vcpus"`
	MemoryMiB         int            `json:"memory_mib"`
	DiskGiB           int            `json:"disk_gib"`
	CPUInfo           map[string]any `json:"cpu_info"`
	Uptime            string         `json:"uptime"`
	At                time.Time      `json:"at"`
	Guests            []GuestPower   `json:"guests"`
	Changed           []GuestPower   `json:"changed,omitempty"` // guests that changed by themselves since the last report
}

// GuestPower is a guest and its power; Busy says that an order for it is being
// carried out, so that its state means nothing yet.
type GuestPower struct {
	ServerID string           `json:"server_id"`
	Power    cloud.PowerState `json:"power"`
	Busy     bool             `json:"busy,omitempty"`
}

// The subjects that the control plane serves.
const (
	SubjectReports = "hosts.report"
	SubjectImages  = "images.read"
)

// SubjectOf is where the agent of a host takes an order. What must not wait
// behind other work (destroy, which ends it, and console) has a line of its own.
func SubjectOf(host string, op Op) string {
	if op == Destroy || op == Console {
		return "agent." + token(host) + ".now"
	}
	return "agent." + token(host) + ".do"
}

// token makes one token of a bus subject of a host name, which may have dots.
func token(host string) string {
	return strings.ReplaceAll(url.QueryEscape(host), ".", "%2E")
}

// ImageRead asks the control plane for a piece of an image's data.
type ImageRead struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"` // bytes
}

// ImagePiece answers it: at most PieceSize bytes.
type ImagePiece struct {
	Data []byte `json:"data"`
	End  bool   `json:"end"` // nothing follows
}

// PieceSize is the length of a piece in bytes: with its encoding it stays below
// the bus's limit of a message, 1 MiB.
const PieceSize = 512 << 10
