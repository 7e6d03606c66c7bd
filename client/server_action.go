package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Start starts a server that is off. Like all methods of this file it returns when the cloud has taken the order:
// Await waits until it is done.
func (s Servers) Start(ctx context.Context, id string) error {
	return s.order(ctx, compute.StartServer, id)
}

// Stop turns a server off.
func (s Servers) Stop(ctx context.Context, id string) error {
	return s.order(ctx, compute.StopServer, id)
}

// Reboot asks the guest to reboot, or with hard turns it off and on again without asking.
func (s Servers) Reboot(ctx context.Context, id string, hard bool) error {
	kind := "SOFT"
	if hard {
		kind = "HARD"
	}
	_, err := Do(ctx, s.s, compute.RebootServer, compute.Reboot{ID: id, Type: kind})
	return err
}

// Lock keeps a server from being changed by anyone who is no administrator. A reason needs 2.73.
func (s Servers) Lock(ctx context.Context, id, reason string) error {
	in := compute.Lock{ID: id}
	if reason != "" {
		in.Body = wire.Some(compute.LockReason{Reason: wire.Some(reason)})
	}
	_, err := Do(ctx, s.s, compute.LockServer, in)
	return err
}

// Unlock lets a locked server be changed again.
func (s Servers) Unlock(ctx context.Context, id string) error {
	return s.order(ctx, compute.UnlockServer, id)
}

// Pause stops a server's processors; it stays in memory and becomes PAUSED.
func (s Servers) Pause(ctx context.Context, id string) error {
	return s.order(ctx, compute.PauseServer, id)
}

// Unpause lets a paused server run on.
func (s Servers) Unpause(ctx context.Context, id string) error {
	return s.order(ctx, compute.UnpauseServer, id)
}

// Suspend writes a server's memory to disk; it becomes SUSPENDED.
func (s Servers) Suspend(ctx context.Context, id string) error {
	return s.order(ctx, compute.SuspendServer, id)
}

// Resume brings a suspended server back.
func (s Servers) Resume(ctx context.Context, id string) error {
	return s.order(ctx, compute.ResumeServer, id)
}

// Restore brings back a server that was deleted, where the cloud keeps deleted servers for a time.
func (s Servers) Restore(ctx context.Context, id string) error {
	return s.order(ctx, compute.RestoreServer, id)
}

// ForceDelete deletes a server in whatever state it is.
func (s Servers) ForceDelete(ctx context.Context, id string) error {
	return s.order(ctx, compute.ForceDelete, id)
}

// ResetState makes the cloud believe that a server is active, or in error; state is active or error. It is for
// administrators.
func (s Servers) ResetState(ctx context.Context, id, state string) error {
	_, err := Do(ctx, s.s, compute.ResetServerState, compute.ResetState{ID: id, State: state})
	return err
}

// TriggerCrashDump sends the guest an NMI, at which it may write a crash dump. From 2.17.
func (s Servers) TriggerCrashDump(ctx context.Context, id string) error {
	_, err := Do(ctx, s.s, compute.CrashDump, compute.TriggerCrashDump{ID: id})
	return err
}

// AddSecurityGroup puts all of a server's ports into a security group, by name or id.
func (s Servers) AddSecurityGroup(ctx context.Context, id, group string) error {
	_, err := Do(ctx, s.s, compute.AddSecurityGroup, compute.SecurityGroupOfServer{ID: id, Name: group})
	return err
}

// RemoveSecurityGroup takes a server's ports out of a security group, by name or id.
func (s Servers) RemoveSecurityGroup(ctx context.Context, id, group string) error {
	_, err := Do(ctx, s.s, compute.RemoveSecurityGroup, compute.SecurityGroupOfServer{ID: id, Name: group})
	return err
}

// SecurityGroups returns the security groups of a server.
func (s Servers) SecurityGroups(ctx context.Context, id string) ([]compute.SecurityGroup, error) {
	out, err := Do(ctx, s.s, compute.ListServerSecurityGroups, compute.ServerID{ID: id})
	return out.Groups, err
}

// order calls an action that has nothing to say but the server.
func (s Servers) order(ctx context.Context, route wire.Route[compute.ServerID, wire.None], id string) error {
	_, err := Do(ctx, s.s, route, compute.ServerID{ID: id})
	return err
}
