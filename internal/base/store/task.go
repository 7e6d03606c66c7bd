package store

import (
	"context"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/novalet/novalet/internal/cloud"
)

const taskColumns = `id, kind, server_id, request_id, user_id, project_id, step, args, attempts, run_at, owner, lease_ends, created_at`

func scanTask(rw row) (t cloud.Task, err error) {
	var args string
	err = rw.Scan(&t.ID, &t.Kind, &t.ServerID, &t.RequestID, &t.UserID, &t.ProjectID, &t.Step, &args, &t.Attempts,
		intoTime(&t.RunAt), &t.Owner, intoTime(&t.LeaseEnds), intoTime(&t.CreatedAt))
	t.Args = json.RawMessage(args)
	return t, err
}

// AddTask promises work. It goes into the transaction that accepts the request;
// ring the bell after the commit.
func (tx *Tx) AddTask(ctx context.Context, t *cloud.Task) error {
	args := string(t.Args)
	if args == "" {
		args = "{}"
	}
	_, err := tx.exec(ctx, `INSERT INTO tasks (`+taskColumns+`) VALUES (`+marks(13)+`)`,
		t.ID, t.Kind, t.ServerID, t.RequestID, t.UserID, t.ProjectID, t.Step, args, t.Attempts,
		t.RunAt.UnixMicro(), "", int64(0), t.CreatedAt.UnixMicro())
	return err
}

// DueTasks lists tasks that anyone may claim at now: due, and with no lease
// that still runs; oldest first.
func (r Reader) DueTasks(ctx context.Context, now time.Time, limit int) ([]cloud.Task, error) {
	return queryAll(ctx, r, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE run_at <= ? AND lease_ends <= ?
		ORDER BY run_at, created_at LIMIT ?`, now.UnixMicro(), now.UnixMicro(), limit)
}

// NextTask is when the earliest task becomes due or its lease ends; the zero
// time when there is none.
func (r Reader) NextTask(ctx context.Context) (time.Time, error) {
	return queryOne(ctx, r, func(rw row) (t time.Time, err error) {
		err = rw.Scan(intoTime(&t))
		return t, err
	}, `SELECT MIN(CASE WHEN lease_ends > run_at THEN lease_ends ELSE run_at END) FROM tasks`)
}

// ClaimTask takes the lease of a task as it was read; a fault.Conflict says
// that another took it first. It counts one more attempt of the step.
func (tx *Tx) ClaimTask(ctx context.Context, t *cloud.Task, owner string, until time.Time) error {
	err := tx.casExec(ctx, `UPDATE tasks SET owner = ?, lease_ends = ?, attempts = attempts + 1
		WHERE id = ? AND owner = ? AND lease_ends = ?`,
		owner, until.UnixMicro(), t.ID, t.Owner, leaseEnds(t))
	if err == nil {
		t.Owner, t.LeaseEnds = owner, until
		t.Attempts++
	}
	return err
}

// RenewTask makes a lease last longer; a fault.Conflict says that it was lost.
func (tx *Tx) RenewTask(ctx context.Context, t *cloud.Task, until time.Time) error {
	err := tx.casExec(ctx, `UPDATE tasks SET lease_ends = ? WHERE id = ? AND owner = ?`, until.UnixMicro(), t.ID, t.Owner)
	if err == nil {
		t.LeaseEnds = until
	}
	return err
}

// MoveTask goes to another step, or to the same step at a later time, and
// keeps or drops the lease: with a runAt in the future it is dropped. Args, when
// not nil, replace the task's. A fault.Conflict says that the lease was lost.
func (tx *Tx) MoveTask(ctx context.Context, t *cloud.Task, step string, args json.RawMessage, runAt, now time.Time) error {
	owner, lease, attempts := t.Owner, leaseEnds(t), t.Attempts
	if runAt.After(now) {
		owner, lease = "", 0
	}
	if step != t.Step {
		attempts = 1
	}
	if args == nil {
		args = t.Args
	}
	err := tx.casExec(ctx, `UPDATE tasks SET step = ?, args = ?, run_at = ?, attempts = ?, owner = ?, lease_ends = ? WHERE id = ? AND owner = ?`,
		step, string(args), runAt.UnixMicro(), attempts, owner, lease, t.ID, t.Owner)
	if err == nil {
		t.Step, t.Args, t.RunAt, t.Attempts = step, args, runAt, attempts
	}
	return err
}

// FinishTask removes a task; a fault.Conflict says that the lease was lost.
func (tx *Tx) FinishTask(ctx context.Context, t *cloud.Task) error {
	return tx.casExec(ctx, `DELETE FROM tasks WHERE id = ? AND owner = ?`, t.ID, t.Owner)
}

// TasksOfServer lists a server's tasks, oldest first.
func (r Reader) TasksOfServer(ctx context.Context, serverID string) ([]cloud.Task, error) {
	return queryAll(ctx, r, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE server_id = ? ORDER BY created_at`, serverID)
}

func leaseEnds(t *cloud.Task) int64 {
	if t.LeaseEnds.IsZero() || t.LeaseEnds.Equal(time.Unix(0, 0)) {
		return 0
	}
	return t.LeaseEnds.UnixMicro()
}

// FreeLeases ends the leases that workers of a process had whose name begins
// with prefix. It is for that process's successor, which knows that they are
// gone; its attempts begin anew, as the old ones may have ended with the process.
func (tx *Tx) FreeLeases(ctx context.Context, prefix string) error {
	_, err := tx.exec(ctx, `UPDATE tasks SET owner = '', lease_ends = 0, attempts = 0 WHERE SUBSTR(owner, 1, ?) = ?`, utf8.RuneCountInString(prefix), prefix)
	return err
}

// DropTasks removes all tasks of a server but one.
func (tx *Tx) DropTasks(ctx context.Context, serverID, but string) error {
	_, err := tx.exec(ctx, `DELETE FROM tasks WHERE server_id = ? AND id <> ?`, serverID, but)
	return err
}
