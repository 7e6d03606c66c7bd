package store

import (
	"context"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const actionColumns = `id, server_id, request_id, action, user_id, project_id, start_time, updated_at, message`

// numbered is an action with the row number that its events refer to.
type numbered struct {
	number int64
	cloud.InstanceAction
}

func scanAction(rw row) (a numbered, err error) {
	err = rw.Scan(&a.number, &a.ServerID, &a.RequestID, &a.Action, &a.UserID, &a.ProjectID,
		intoTime(&a.StartTime), intoTime(&a.UpdatedAt), &a.Message)
	return a, err
}

func scanEvent(rw row) (e cloud.ActionEvent, err error) {
	err = rw.Scan(&e.Event, intoTime(&e.StartTime), intoTime(&e.FinishTime), &e.Result, &e.Host, &e.Details, &e.Traceback)
	return e, err
}

// AddAction writes down that something is being done to a server.
func (tx *Tx) AddAction(ctx context.Context, a *cloud.InstanceAction) error {
	number, err := tx.Next(ctx, ActionNumbers)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO instance_actions (`+actionColumns+`) VALUES (`+marks(9)+`)`,
		number, a.ServerID, a.RequestID, a.Action, a.UserID, a.ProjectID, micros(a.StartTime), micros(a.StartTime), a.Message)
	return err
}

// BeginEvent writes down that a step of an action begins. One that has begun
// already, by a worker that died, goes on.
func (tx *Tx) BeginEvent(ctx context.Context, serverID, requestID, event, host string, now time.Time) error {
	number, err := tx.actionNumber(ctx, serverID, requestID)
	if err != nil {
		return orNone(err)
	}
	open, err := queryOne(ctx, tx.Reader, value[int64],
		`SELECT COUNT(*) FROM action_events WHERE action_id = ? AND event = ? AND finish_time IS NULL`, number, event)
	if err != nil || open > 0 {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO action_events (action_id, event, start_time, host) VALUES (?, ?, ?, ?)`, number, event, micros(now), host)
	return err
}

// FinishEvent ends the open step of an action. A failed one marks the action
// with the word Error; details is what went wrong, for those who may see it.
func (tx *Tx) FinishEvent(ctx context.Context, serverID, requestID, event string, failed bool, details string, now time.Time) error {
	number, err := tx.actionNumber(ctx, serverID, requestID)
	if err != nil {
		return orNone(err)
	}
	result, message := "Success", (*string)(nil)
	var note *string
	if failed {
		result, note = "Error", &details
		word := "Error"
		message = &word
	}
	if _, err := tx.exec(ctx, `UPDATE action_events SET finish_time = ?, result = ?, details = ? WHERE action_id = ? AND event = ? AND finish_time IS NULL`,
		micros(now), result, note, number, event); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE instance_actions SET updated_at = ?, message = COALESCE(?, message) WHERE id = ?`, micros(now), message, number)
	return err
}

func (tx *Tx) actionNumber(ctx context.Context, serverID, requestID string) (int64, error) {
	return queryOne(ctx, tx.Reader, value[int64], `SELECT MAX(id) FROM instance_actions WHERE server_id = ? AND request_id = ? HAVING MAX(id) IS NOT NULL`,
		serverID, requestID)
}

// orNone lets an action that is not recorded have no events.
func orNone(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// ActionFilter says which actions of a server a list holds.
type ActionFilter struct {
	Since, Before time.Time // by updated_at; zero: no bound
	Marker        string    // request id of the last one the caller has
	Limit         int       // 0: all
}

// InstanceActions lists a server's actions, newest first, without events.
func (r Reader) InstanceActions(ctx context.Context, serverID string, f ActionFilter) ([]cloud.InstanceAction, error) {
	s := &selection{base: `SELECT ` + actionColumns + ` FROM instance_actions`, order: "id DESC", limit: f.Limit}
	s.where(`server_id = ?`, serverID)
	if !f.Since.IsZero() {
		s.where(`updated_at >= ?`, micros(f.Since))
	}
	if !f.Before.IsZero() {
		s.where(`updated_at <= ?`, micros(f.Before))
	}
	if f.Marker != "" {
		last, err := queryOne(ctx, r, scanAction, `SELECT `+actionColumns+` FROM instance_actions WHERE server_id = ? AND request_id = ? ORDER BY id LIMIT 1`, serverID, f.Marker)
		if fault.Is(err, fault.NotFound) {
			return nil, fault.New(fault.BadRequest, "Marker %s could not be found.", f.Marker)
		} else if err != nil {
			return nil, err
		}
		s.where(`id < ?`, last.number)
	}
	query, args := s.statement()
	rows, err := queryAll(ctx, r, scanAction, query, args...)
	actions := make([]cloud.InstanceAction, len(rows))
	for i, row := range rows {
		actions[i] = row.InstanceAction
	}
	return actions, err
}

// InstanceAction returns one action of a server with its events, newest first.
func (r Reader) InstanceAction(ctx context.Context, serverID, requestID string) (cloud.InstanceAction, error) {
	a, err := queryOne(ctx, r, scanAction, `SELECT `+actionColumns+` FROM instance_actions WHERE server_id = ? AND request_id = ? ORDER BY id DESC`, serverID, requestID)
	if err != nil {
		return cloud.InstanceAction{}, orMissing(err, "Action for request_id %s on instance %s not found", requestID, serverID)
	}
	a.Events, err = queryAll(ctx, r, scanEvent, `SELECT event, start_time, finish_time, result, host, details, traceback
		FROM action_events WHERE action_id = ? ORDER BY start_time DESC`, a.number)
	return a.InstanceAction, err
}
