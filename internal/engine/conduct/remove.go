package conduct

import (
	"context"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/order"
)

// remove deletes a server from whatever state it is in. What else was being
// done to it is broken off first, so that nothing is built after its removal.
func (j *job) remove(s *cloud.Server) error {
	if err := j.breakOff(j.ctx, s.ID, j.task.ID); err != nil {
		return err
	}
	others, err := j.DB.TasksOfServer(j.ctx, s.ID)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.ID != j.task.ID && other.LeaseEnds.After(j.Now()) {
			// Another process is at it. Its order ends with ours, and its task
			// when it sees the server's state, or with its lease.
			if s.Host != "" {
				_, _ = j.destroy(s)
			}
			return again{200 * time.Millisecond, "another worker has a task for the server"}
		}
	}
	// The job that was broken off may have placed the server meanwhile.
	now, err := j.DB.Server(j.ctx, s.ID)
	if err != nil {
		return err
	}
	if now.Host != "" {
		if err := j.DB.Tx(j.ctx, func(tx *store.Tx) error {
			return tx.BeginEvent(j.ctx, s.ID, j.task.RequestID, eventDelete, now.Host, j.Now())
		}); err != nil {
			return err
		}
		if gone, err := j.destroy(&now); err != nil && !gone {
			return err
		}
	}
	return j.DB.Tx(j.ctx, func(tx *store.Tx) error { return j.forget(tx, &now, others) })
}

// destroy removes the guest from its host. gone says that the host is down:
// then the server goes without it, and the host is swept when it comes back.
func (j *job) destroy(s *cloud.Server) (gone bool, err error) {
	_, err = j.tell(j.ctx, s.Host, order.Order{Op: order.Destroy, Guest: cloud.Guest{ServerID: s.ID}, RequestID: j.task.RequestID}, nil)
	if !fault.Is(err, fault.Unavailable) {
		return false, err
	}
	h, lookErr := j.DB.Hypervisor(j.ctx, s.Host)
	if fault.Is(lookErr, fault.NotFound) {
		return true, err
	} else if lookErr != nil {
		return false, lookErr
	}
	return !h.Service.Up(j.Now()), err
}

// forget ends a server's row, gives back all it had and ends its tasks and what
// they had begun.
func (j *job) forget(tx *store.Tx, s *cloud.Server, tasks []cloud.Task) error {
	now := j.Now()
	none := cloud.PowerNone
	if err := j.move(tx, s, cloud.State{VM: cloud.Deleted}, now, store.ServerChange{
		DeletedAt: &now, TerminatedAt: &now, Power: &none,
	}); err != nil {
		return err
	}
	if err := tx.Release(j.ctx, s.ID); err != nil {
		return err
	}
	if err := tx.DeletePorts(j.ctx, s.ID); err != nil {
		return err
	}
	if err := tx.AddUsage(j.ctx, s.ProjectID, store.UsageOf(s).Times(-1), store.Usage{}); err != nil {
		return err
	}
	for _, other := range tasks {
		if other.ID == j.task.ID {
			continue
		}
		if err := tx.FinishEvent(j.ctx, s.ID, other.RequestID, j.kinds[other.Kind].event, false, "", now); err != nil {
			return err
		}
	}
	if err := tx.DropTasks(j.ctx, s.ID, j.task.ID); err != nil {
		return err
	}
	return j.succeed(tx, eventDelete, now)
}

// failRemove leaves a server that could not be removed in error, still there,
// with the reason: a delete may be asked for again.
func (j *job) failRemove(ctx context.Context, serverID string, cause error) error {
	s, err := j.DB.Server(ctx, serverID)
	if err != nil {
		return err
	}
	return j.DB.Tx(ctx, func(tx *store.Tx) error {
		now := j.Now()
		if err := tx.MoveServer(ctx, s.ID, s.State, cloud.State{VM: cloud.Failed}, now, store.ServerChange{Fault: faultOf(cause, now)}); err != nil {
			return err
		}
		return j.failed(ctx, tx, eventDelete, cause, now)
	})
}
