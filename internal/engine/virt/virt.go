// Package virt says what a hypervisor driver must do. The agent of a host
// calls one Driver; the drivers are in the packages below this one.
//
// Every method is idempotent and may be called again after a crash at any
// point: it looks at what is there and does what is missing. A method that
// changes a guest returns only when the change is done or has failed; it obeys
// its context. Calls for one guest never overlap (the agent sees to that);
// calls for different guests do.
package virt

import (
	"context"
	"io"

	"github.com/novalet/novalet/internal/cloud"
)

// Driver runs guests on this host.
type Driver interface {
	// Host reports what the host has. The agent calls it at start and at
	// every heartbeat.
	Host(ctx context.Context) (Host, error)

	// Spawn makes the guest exist and run: disks, ports, process. step is
	// called with a task_state word (networking, block_device_mapping,
	// spawning) as work moves on. A guest that runs already is left alone.
	Spawn(ctx context.Context, g cloud.Guest, images ImageSource, step func(taskState string)) error

	// Start runs a stopped guest again from its disks; the guest record is
	// given whole so that nothing is taken from the host's old definition.
	Start(ctx context.Context, g cloud.Guest) error

	// Stop asks the guest to power off and cuts the power after grace
	// seconds; 0 cuts at once. A guest that is off or absent is done.
	Stop(ctx context.Context, serverID string, graceSeconds int) error

	// Reboot restarts the guest: soft asks it and falls back to hard.
	Reboot(ctx context.Context, g cloud.Guest, hard bool) error

	// Destroy removes the guest and all it had on this host. Absent is done.
	Destroy(ctx context.Context, serverID string) error

	// Guests lists every guest this host knows and its power. It is the
	// ground truth the agent's sweep compares with what is desired.
	Guests(ctx context.Context) ([]GuestState, error)

	// Console returns the last bytes of the serial log, at most tail lines
	// (tail < 0: all that is kept).
	Console(ctx context.Context, serverID string, tail int) ([]byte, error)

	// Events tells of changes nobody asked for (a guest powered itself off).
	// The channel closes when the driver closes.
	Events() <-chan Event

	// Close lets go of all guests without touching them: they go on running
	// and the next driver on the same state folder finds them again.
	Close() error
}

// ImageSource gives a driver the bytes of an image; the driver checks them.
type ImageSource interface {
	Open(ctx context.Context, image cloud.GuestImage) (io.ReadCloser, error)
}

// Host is what a hypervisor host has to give and is.
type Host struct {
	HypervisorType    string // QEMU, fake
	HypervisorVersion int    // major*1000000 + minor*1000 + micro
	VCPUs             int
	MemoryMiB         int
	DiskGiB           int
	CPUInfo           map[string]any
	Uptime            string // as uptime(1) prints
	Accel             string // kvm, tcg, or empty
}

// GuestState is one guest and its power.
type GuestState struct {
	ServerID string
	Power    cloud.PowerState
}

// Event is a change that nobody asked for.
type Event struct {
	ServerID string
	Power    cloud.PowerState
}
