package conduct

import (
	"context"
	"errors"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/order"
)

// kind is how tasks of one kind are carried out.
type kind struct {
	// mine reports whether a server in that state is still being worked on by a
	// task of this kind. When it is not, the task is over: it was done, or
	// another action took its place.
	mine func(cloud.State) bool
	// event is the step of the instance action that the work is.
	event string
	// run does the work from where the server's state says it is; it ends the
	// task in the same transaction as its last change and returns nil.
	run func(j *job, s *cloud.Server) error
	// fail writes down that the work could not be done, and ends the task.
	fail func(j *job, ctx context.Context, serverID string, cause error) error
	// attempts is how often a step is tried while its host does not answer, or
	// the database does not.
	attempts int
	// refusals is how often a step is tried whose host says no.
	refusals int
}

// concerns reports whether a server still needs a task of this kind.
func (k kind) concerns(s *cloud.Server) bool { return s.DeletedAt.IsZero() && k.mine(s.State) }

// allKinds are all there are.
func allKinds() map[string]kind {
	return map[string]kind{
		cloud.TaskCreate: {
			mine:  func(s cloud.State) bool { return s.VM == cloud.Building && s.Task != cloud.Deleting },
			event: eventCreate, run: (*job).create, fail: (*job).failCreate, attempts: 8,
		},
		cloud.TaskDelete: {
			mine:  func(s cloud.State) bool { return s.Task == cloud.Deleting },
			event: eventDelete, run: (*job).remove, fail: (*job).failRemove, attempts: 1 << 30, refusals: 5,
		},
		cloud.TaskStart: powerKind(powerChange{
			steps: []cloud.TaskState{cloud.PoweringOn}, event: "compute_start_instance", op: order.Start, end: cloud.Active,
		}),
		cloud.TaskStop: powerKind(powerChange{
			steps: []cloud.TaskState{cloud.PoweringOff}, event: "compute_stop_instance", op: order.Stop, end: cloud.Stopped,
		}),
		cloud.TaskReboot: powerKind(powerChange{
			steps: []cloud.TaskState{cloud.Rebooting, cloud.RebootPending, cloud.RebootStarted},
			event: "compute_reboot_instance", op: order.Reboot, end: cloud.Active,
		}),
		cloud.TaskRebootHard: powerKind(powerChange{
			steps: []cloud.TaskState{cloud.RebootingHard, cloud.RebootPendingHard, cloud.RebootStartedHard},
			event: "compute_reboot_instance", op: order.Reboot, end: cloud.Active, hard: true,
		}),
	}
}

// errOvertaken says that the task is over: the server's state is no longer of
// its kind.
var errOvertaken = errors.New("overtaken by another action")

// errMoved says that the server left the state it was read in meanwhile.
var errMoved = errors.New("the server's state changed meanwhile")

// maxMoved is how often a task looks again at a server that moved.
const maxMoved = 20

// again asks for the task to be carried out once more, later; it is no failure.
type again struct {
	delay time.Duration
	why   string
}

func (a again) Error() string { return "again in " + a.delay.String() + ": " + a.why }

func asAgain(err error, into *again) bool { return errors.As(err, into) }

// refused is what a host said that could not do what it was told, as against
// the silence of one that does not answer.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

func isRefused(err error) bool {
	var r refused
	return errors.As(err, &r)
}

// transient reports whether the same step may go well later: the host does not
// answer, or the database was busy.
func transient(err error) bool {
	return fault.Is(err, fault.Unavailable) || errors.Is(err, context.DeadlineExceeded)
}

// triedAgain reports whether a step that failed with err is tried once more.
func (k kind) triedAgain(err error, attempts int) bool {
	if isRefused(err) {
		return attempts < k.refusals
	}
	return transient(err) && attempts < k.attempts
}

// backoff is how long to wait after an attempt: from half a second, doubling,
// to half a minute.
func backoff(attempts int) time.Duration {
	return min(30*time.Second, 500*time.Millisecond<<min(max(attempts-1, 0), 6))
}

// Events of instance actions, by Nova's names.
const (
	eventCreate = "compute__do_build_and_run_instance"
	eventDelete = "compute_terminate_instance"
)

// orderTimeout bounds one order: a large image may have to be fetched.
const orderTimeout = 30 * time.Minute

// tell gives an order to the agent of a host. An answer that says no is refused;
// any other error leaves open whether the order was carried out.
func (c *Conductor) tell(ctx context.Context, host string, o order.Order, progress func(order.Step)) (order.Done, error) {
	ctx, cancel := context.WithTimeout(ctx, orderTimeout)
	defer cancel()
	var done order.Done
	err := c.Bus.Call(ctx, order.SubjectOf(host, o.Op), o, &done, stepsInto(progress))
	if err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
		err = refused{err}
	}
	return done, err
}

// guest is the desired record of a server for its host.
func (c *Conductor) guest(ctx context.Context, s *cloud.Server) (cloud.Guest, error) {
	g := cloud.Guest{
		ServerID: s.ID, InstanceName: s.InstanceName(), Name: s.Name, Hostname: s.Hostname, ProjectID: s.ProjectID, UserID: s.UserID,
		VCPUs: s.Flavor.VCPUs, MemoryMiB: s.Flavor.RAMMiB, RootGiB: s.Flavor.DiskGiB, EphemeralGiB: s.Flavor.EphemeralGiB,
		SwapMiB: s.Flavor.SwapMiB, ExtraSpecs: s.Flavor.ExtraSpecs,
		Image: s.Boot.Image, Kernel: s.Boot.Kernel, Ramdisk: s.Boot.Ramdisk, KernelArgs: s.Boot.KernelArgs,
		UserData: s.UserData, Metadata: s.Metadata, Files: s.Files, ConfigDrive: s.ConfigDrive, Zone: s.Zone, LaunchIndex: s.LaunchIndex,
	}
	if s.PublicKey != "" {
		g.PublicKeys = map[string]string{s.KeyName: s.PublicKey}
	}
	ports, err := c.DB.PortsOfServers(ctx, s.ID)
	if err != nil {
		return g, err
	}
	for _, p := range ports {
		n, err := c.DB.Network(ctx, p.NetworkID)
		if err != nil {
			return g, err
		}
		g.Ports = append(g.Ports, cloud.GuestPort{
			ID: p.ID, NetworkID: n.ID, Network: n.Name, MAC: p.MAC, IP: p.IP, CIDR: n.CIDR, Gateway: n.Gateway, MTU: n.MTU,
		})
	}
	return g, nil
}

// faultOf is what a server in error shows of why.
func faultOf(err error, now time.Time) *cloud.ServerFault {
	f := &cloud.ServerFault{Code: 500, Message: "The server could not be built; its administrator sees more in the fault's details.", Details: err.Error(), Created: now}
	var known *fault.Error
	if errors.As(err, &known) && known.Kind != fault.Internal {
		f.Message = known.Message
	}
	return f
}
