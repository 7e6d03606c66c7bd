package nova

import (
	"context"
	"errors"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func actionCommands() []command {
	before := arg.Arg{Dest: "server", Metavar: "<server>", Versions: "2.0-2.20", Help: "Server, by name or ID."}
	since := arg.Arg{Dest: "server", Metavar: "<server>", Help: "Server, by name or ID; a deleted one by ID."}
	from21 := since
	from21.Versions = "2.21"
	const summary = "List what was done to a server."
	return []command{
		{
			Name: "instance-action", Summary: "Show one thing that was done to a server.", Run: instanceAction,
			Args: []arg.Arg{before, from21, {Dest: "request_id", Metavar: "<request_id>", Help: "ID of the request that did it; see instance-action-list."}},
		},
		{Name: "instance-action-list", Summary: summary, Versions: "2.0-2.57", Run: instanceActionList, Args: []arg.Arg{before, from21}},
		{Name: "instance-action-list", Summary: summary, Versions: "2.58-2.65", Run: instanceActionList, Args: []arg.Arg{since, markerArg, limitArg, sinceArg}},
		{Name: "instance-action-list", Summary: summary, Versions: "2.66", Run: instanceActionList, Args: []arg.Arg{since, markerArg, limitArg, sinceArg, beforeArg}},
	}
}

// onServerOrGone calls do for a server. From 2.21 actions of a deleted server can be asked for, by the id as given.
func onServerOrGone(ctx context.Context, e *verb.Env, do func(id string) error) error {
	name := e.Args.String("server")
	if e.Since(21) && verb.IsUUID(name) {
		return do(name)
	}
	server, err := servers(false).Find(ctx, e, name)
	switch {
	case err == nil:
		return do(verb.Text(server, "id"))
	case e.Since(21) && errors.Is(err, verb.ErrNoSuch):
		return do(name)
	}
	return err
}

func instanceAction(ctx context.Context, e *verb.Env) error {
	return onServerOrGone(ctx, e, func(id string) error {
		in := compute.InstanceActionID{ID: id, RequestID: e.Args.String("request_id")}
		action, err := verb.AskFor(ctx, e.Compute(), compute.ShowInstanceAction, in, "instanceAction")
		if err != nil {
			return err
		}
		if events, ok := action.Get("events"); ok {
			verb.Set(&action, "events", out.Cell{Text: out.Pretty(events), Value: events})
		}
		return e.Print.Show(action, 0)
	})
}

func instanceActionList(ctx context.Context, e *verb.Env) error {
	query := compute.InstanceActionQuery{}
	columns := verb.Columns("Action", "Request_ID", "Message", "Start_Time")
	if e.Since(58) {
		columns = append(columns, verb.Column{Name: "Updated_At"})
		query.Marker, query.ChangesSince = optional(e.Args.String("marker")), optional(e.Args.String("changes_since"))
		if limit := e.Args.Int("limit"); limit != 0 {
			query.Limit = wire.Some(limit)
		}
		if text := query.ChangesSince.V; text != "" && !isTime(text) {
			return verb.Refuse("Invalid changes-since value: %s", text)
		}
	}
	if e.Since(66) {
		query.ChangesBefore = optional(e.Args.String("changes_before"))
		if text := query.ChangesBefore.V; text != "" && !isTime(text) {
			return verb.Refuse("Invalid changes-before value: %s", text)
		}
	}
	return onServerOrGone(ctx, e, func(id string) error {
		query.ID = id
		actions, err := verb.AskAll(ctx, e.Compute(), compute.ListInstanceActions, query, "instanceActions")
		if err != nil {
			return err
		}
		return e.List(columns, actions, "Start_Time")
	})
}
