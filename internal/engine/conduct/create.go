package conduct

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/order"
	"github.com/novalet/novalet/internal/engine/sched"
)

// maxHosts is how many hosts a server is tried on before it is in error.
const maxHosts = 3

// create builds a server: a host with room, ports with addresses, and the guest
// on that host. Where it is, the server's state says: scheduling has no host
// yet, any later task_state has one.
func (j *job) create(s *cloud.Server) error {
	var args cloud.CreateArgs
	if err := json.Unmarshal(j.task.Args, &args); err != nil {
		return err
	}
	for {
		if s.State.Task == cloud.Scheduling {
			if err := j.place(s, &args); err != nil {
				return err
			}
		}
		err := j.spawn(s)
		if !isRefused(err) {
			return err
		}
		j.Log.Warn("host could not build a server", "host", s.Host, "server", s.ID, "err", err)
		if err := j.unplace(s, &args, err); err != nil {
			return err
		}
	}
}

// place finds a host and gives the server room and addresses, in one
// transaction with the move to networking.
func (j *job) place(s *cloud.Server, args *cloud.CreateArgs) error {
	if len(args.Tried) >= maxHosts {
		return &fault.Error{
			Kind:    fault.Conflict,
			Message: "Exceeded maximum number of retries. The last host said: " + args.LastError,
		}
	}
	spec := sched.Spec{Server: s, ForcedHost: args.ForcedHost, WantHost: args.WantHost, Exclude: args.Tried}
	networking := cloud.State{VM: cloud.Building, Task: cloud.Networking}
	var chosen *cloud.Hypervisor
	err := j.Sched.Place(j.ctx, spec, func(tx *store.Tx, host *cloud.Hypervisor) error {
		chosen = host
		now := j.Now()
		for i, want := range args.Ports {
			p := cloud.Port{
				ID: j.NewID(), NetworkID: want.NetworkID, ServerID: s.ID, ProjectID: s.ProjectID,
				IP: want.FixedIP, Tag: want.Tag, CreatedAt: now,
			}
			p.MAC = macOf(p.ID)
			if err := tx.CreatePort(j.ctx, &p, i); err != nil {
				return err
			}
		}
		if err := tx.BeginEvent(j.ctx, s.ID, j.task.RequestID, eventCreate, host.Hostname, now); err != nil {
			return err
		}
		return j.move(tx, s, networking, now, store.ServerChange{
			Host: &host.Hostname, Node: &host.Hostname, Zone: &host.Service.Zone,
		})
	})
	switch {
	case err == nil:
		s.State, s.Host, s.Node, s.Zone = networking, chosen.Hostname, chosen.Hostname, chosen.Service.Zone
		return nil
	case errors.Is(err, errMoved):
		return err
	case fault.Is(err, fault.Conflict) && args.LastError != "":
		return &fault.Error{
			Kind: fault.Conflict, Message: "No valid host was found. The last one that was tried said: " + args.LastError,
			Detail: err.Error(),
		}
	}
	return err
}

// spawn has the host build the guest, and ends the task when it runs.
func (j *job) spawn(s *cloud.Server) error {
	guest, err := j.guest(j.ctx, s)
	if err != nil {
		return err
	}
	o := order.Order{Op: order.Spawn, Guest: guest, RequestID: j.task.RequestID}
	done, err := j.tell(j.ctx, s.Host, o, func(step order.Step) { j.progress(s, step) })
	if err != nil {
		return err
	}
	active := cloud.State{VM: cloud.Active}
	return j.DB.Tx(j.ctx, func(tx *store.Tx) error {
		now := j.Now()
		if err := j.move(tx, s, active, now, store.ServerChange{Power: &done.Power, LaunchedAt: &now}); err != nil {
			return err
		}
		return j.succeed(tx, eventCreate, now)
	})
}

// progress shows how far the host is. It is only shown: a move that is refused
// because a delete came meanwhile is that delete's business.
func (j *job) progress(s *cloud.Server, step order.Step) {
	to := cloud.State{VM: s.State.VM, Task: step.TaskState}
	if to == s.State || !cloud.Legal(s.State, to) {
		return
	}
	err := j.DB.Tx(j.ctx, func(tx *store.Tx) error {
		return j.move(tx, s, to, j.Now(), store.ServerChange{})
	})
	if err == nil {
		s.State = to
	}
}

// unplace takes a server off a host that could not build it, and what is left
// of it there, and lets the scheduler choose again.
func (j *job) unplace(s *cloud.Server, args *cloud.CreateArgs, cause error) error {
	if _, err := j.tell(j.ctx, s.Host, order.Order{Op: order.Destroy, Guest: cloud.Guest{ServerID: s.ID}, RequestID: j.task.RequestID}, nil); err != nil {
		return err
	}
	args.Tried = append(args.Tried, s.Host)
	args.LastError = faultOf(cause, j.Now()).Message
	text, err := json.Marshal(args)
	if err != nil {
		return err
	}
	scheduling, none := cloud.State{VM: cloud.Building, Task: cloud.Scheduling}, ""
	j.mu.Lock()
	defer j.mu.Unlock()
	err = j.DB.Tx(j.ctx, func(tx *store.Tx) error {
		now := j.Now()
		if err := tx.Release(j.ctx, s.ID); err != nil {
			return err
		}
		if err := tx.FinishEvent(j.ctx, s.ID, j.task.RequestID, eventCreate, true, cause.Error(), now); err != nil {
			return err
		}
		if err := j.move(tx, s, scheduling, now, store.ServerChange{Host: &none, Node: &none}); err != nil {
			return err
		}
		return tx.MoveTask(j.ctx, &j.task, "again", text, now, now)
	})
	if err == nil {
		s.State, s.Host, s.Node = scheduling, "", ""
	}
	return err
}

// failCreate leaves the server in error, with the reason, and nothing of it on
// any host or network.
func (j *job) failCreate(ctx context.Context, serverID string, cause error) error {
	s, err := j.DB.Server(ctx, serverID)
	if err != nil {
		return err
	}
	if s.Host != "" {
		// A host that does not answer is swept when it comes back.
		_, _ = j.tell(ctx, s.Host, order.Order{Op: order.Destroy, Guest: cloud.Guest{ServerID: s.ID}, RequestID: j.task.RequestID}, nil)
	}
	return j.DB.Tx(ctx, func(tx *store.Tx) error {
		now, none := j.Now(), ""
		if err := tx.Release(ctx, s.ID); err != nil {
			return err
		}
		if err := tx.DeletePorts(ctx, s.ID); err != nil {
			return err
		}
		change := store.ServerChange{Fault: faultOf(cause, now), Host: &none, Node: &none}
		if err := tx.MoveServer(ctx, s.ID, s.State, cloud.State{VM: cloud.Failed}, now, change); err != nil {
			return err
		}
		return j.failed(ctx, tx, eventCreate, cause, now)
	})
}

// macOf makes a locally administered MAC address from a port's id: fa:16:3e,
// as OpenStack's ports have, and three bytes of the id.
func macOf(portID string) string {
	digits := make([]byte, 0, 6)
	for i := len(portID) - 1; i >= 0 && len(digits) < 6; i-- {
		if portID[i] != '-' {
			digits = append(digits, portID[i])
		}
	}
	return "fa:16:3e:" + string(digits[:2]) + ":" + string(digits[2:4]) + ":" + string(digits[4:6])
}

// move takes the server on from the state in s, or returns errMoved.
func (j *job) move(tx *store.Tx, s *cloud.Server, to cloud.State, now time.Time, change store.ServerChange) error {
	err := tx.MoveServer(j.ctx, s.ID, s.State, to, now, change)
	if fault.Is(err, fault.Conflict) {
		return fmt.Errorf("%w: %w", errMoved, err)
	}
	return err
}

// succeed ends the task and its event.
func (j *job) succeed(tx *store.Tx, event string, now time.Time) error {
	if err := tx.FinishEvent(j.ctx, j.task.ServerID, j.task.RequestID, event, false, "", now); err != nil {
		return err
	}
	return tx.FinishTask(j.ctx, &j.task)
}

// failed ends the task and its event, which has the reason.
func (j *job) failed(ctx context.Context, tx *store.Tx, event string, cause error, now time.Time) error {
	if err := tx.BeginEvent(ctx, j.task.ServerID, j.task.RequestID, event, "", now); err != nil {
		return err
	}
	if err := tx.FinishEvent(ctx, j.task.ServerID, j.task.RequestID, event, true, faultOf(cause, now).Message, now); err != nil {
		return err
	}
	return tx.FinishTask(ctx, &j.task)
}
