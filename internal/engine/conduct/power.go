package conduct

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/engine/order"
)

// powerChange is start, stop and reboot: one order, one end.
type powerChange struct {
	steps []cloud.TaskState // what it shows on its way
	event string
	op    order.Op
	end   cloud.VMState
	hard  bool
}

func powerKind(p powerChange) kind {
	return kind{
		mine:     func(s cloud.State) bool { return slices.Contains(p.steps, s.Task) },
		event:    p.event,
		run:      func(j *job, s *cloud.Server) error { return j.changePower(s, p) },
		fail:     func(j *job, ctx context.Context, id string, cause error) error { return j.failPower(ctx, id, p, cause) },
		attempts: 6,
	}
}

func (j *job) changePower(s *cloud.Server, p powerChange) error {
	if err := j.DB.Tx(j.ctx, func(tx *store.Tx) error {
		return tx.BeginEvent(j.ctx, s.ID, j.task.RequestID, p.event, s.Host, j.Now())
	}); err != nil {
		return err
	}
	for _, next := range p.steps[slices.Index(p.steps, s.State.Task)+1:] {
		to := cloud.State{VM: s.State.VM, Task: next}
		if err := j.DB.Tx(j.ctx, func(tx *store.Tx) error {
			return j.move(tx, s, to, j.Now(), store.ServerChange{})
		}); err != nil {
			return err
		}
		s.State = to
	}
	guest, err := j.guest(j.ctx, s)
	if err != nil {
		return err
	}
	done, err := j.tell(j.ctx, s.Host, order.Order{
		Op: p.op, Guest: guest, Hard: p.hard, GraceSeconds: int(j.Grace.Seconds()), RequestID: j.task.RequestID,
	}, nil)
	if err != nil {
		return err
	}
	return j.DB.Tx(j.ctx, func(tx *store.Tx) error {
		now := j.Now()
		change := store.ServerChange{Power: &done.Power, Fault: &cloud.ServerFault{}}
		if err := j.move(tx, s, cloud.State{VM: p.end}, now, change); err != nil {
			return err
		}
		return j.succeed(tx, p.event, now)
	})
}

// failPower leaves the server where it was, with the reason in the event; the
// next report of the host says what the guest's power is.
func (j *job) failPower(ctx context.Context, serverID string, p powerChange, cause error) error {
	s, err := j.DB.Server(ctx, serverID)
	if err != nil {
		return err
	}
	return j.DB.Tx(ctx, func(tx *store.Tx) error {
		now := j.Now()
		to := cloud.State{VM: s.State.VM}
		if p.hard {
			to.VM = cloud.Failed // nobody knows what is left of the guest
		}
		if err := tx.MoveServer(ctx, s.ID, s.State, to, now, store.ServerChange{Fault: faultOf(cause, now)}); err != nil {
			return err
		}
		return j.failed(ctx, tx, p.event, cause, now)
	})
}

// stepsInto reads the progress of an order.
func stepsInto(f func(order.Step)) func(json.RawMessage) {
	if f == nil {
		return nil
	}
	return func(raw json.RawMessage) {
		var step order.Step
		if json.Unmarshal(raw, &step) == nil {
			f(step)
		}
	}
}
