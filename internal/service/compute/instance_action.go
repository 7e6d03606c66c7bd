package compute

import (
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountInstanceActions(api *httpd.API) {
	httpd.MountOn(api, compute.ListInstanceActions, s.loadServerEver, s.listInstanceActions)
	httpd.MountOn(api, compute.ShowInstanceAction, s.loadServerEver, s.showInstanceAction)
}

// loadServerEver is loadServer that from 2.21 finds deleted servers too.
func (s *Service) loadServerEver(ctx httpd.Ctx, path func(string) string) (*cloud.Server, error) {
	if !ctx.At("2.21") {
		return s.loadServer(ctx, path)
	}
	id := path("server_id")
	server, err := s.DB.ServerEver(ctx, id)
	if err == nil && server.ProjectID != ctx.Caller.ProjectID && !ctx.Caller.Has("admin") {
		err = fault.New(fault.NotFound, "Instance %s could not be found.", id)
	}
	return &server, err
}

func (s *Service) listInstanceActions(ctx httpd.Ctx, server *cloud.Server, in compute.InstanceActionQuery) (out compute.InstanceActions, err error) {
	out.Actions = []compute.InstanceAction{}
	filter := store.ActionFilter{Marker: in.Marker.Or(""), Since: timeOf(in.ChangesSince), Before: timeOf(in.ChangesBefore)}
	if !filter.Before.IsZero() && filter.Before.Before(filter.Since) {
		return out, fault.New(fault.BadRequest, "The value of changes-since must be less than or equal to changes-before.")
	}
	if ctx.At("2.58") {
		if filter.Limit = pageLimit(in.Limit); filter.Limit == 0 {
			return out, nil
		}
	}
	actions, err := s.DB.InstanceActions(ctx, server.ID, filter)
	if err != nil {
		return out, err
	}
	out.Actions = mapSlice(actions, func(a *cloud.InstanceAction) compute.InstanceAction {
		return compute.InstanceAction{
			Action: a.Action, ServerID: a.ServerID, RequestID: a.RequestID, UserID: orNil(a.UserID), ProjectID: orNil(a.ProjectID),
			StartTime: wire.MicroTime(a.StartTime), Message: a.Message, UpdatedAt: wire.MicroTime(a.UpdatedAt),
		}
	})
	if ctx.At("2.58") {
		out.Links = nextLinks(ctx, "/servers/"+server.ID+"/os-instance-actions", len(actions), filter.Limit,
			func() string { return actions[len(actions)-1].RequestID })
	}
	return out, nil
}

// timeOf is a time that the contract has checked; zero when none is given.
func timeOf(text wire.Opt[string]) time.Time {
	t, err := wire.ParseTime(text.Or(""))
	if err != nil {
		return time.Time{}
	}
	return t
}

// showInstanceAction shows an action. Until 2.50 its events are for
// administrators; later everyone sees them, without what tells about hosts.
func (s *Service) showInstanceAction(ctx httpd.Ctx, server *cloud.Server, in compute.InstanceActionID) (out compute.InstanceActionShown, err error) {
	a, err := s.DB.InstanceAction(ctx, server.ID, in.RequestID)
	if err != nil {
		return out, err
	}
	out.Action = compute.InstanceActionDetail{
		Action: a.Action, ServerID: a.ServerID, RequestID: a.RequestID, UserID: orNil(a.UserID), ProjectID: orNil(a.ProjectID),
		StartTime: wire.MicroTime(a.StartTime), Message: a.Message, UpdatedAt: wire.MicroTime(a.UpdatedAt),
	}
	inner := ctx.May(compute.ActionEventsRule, server.PolicyTarget())
	details := ctx.May(compute.ActionDetailsRule, server.PolicyTarget())
	if !inner && !ctx.At("2.51") {
		return out, nil
	}
	out.Action.Events = wire.Some(mapSlice(a.Events, func(e *cloud.ActionEvent) compute.ActionEvent {
		view := compute.ActionEvent{
			Event: e.Event, StartTime: wire.MicroTime(e.StartTime), FinishTime: wire.MicroTime(e.FinishTime), Result: e.Result,
			HostID: cloud.HostID(a.ProjectID, e.Host),
		}
		if inner {
			view.Traceback, view.Host = wire.Some(e.Traceback), wire.Some(orNil(e.Host))
		}
		if details {
			view.Details = wire.Some(e.Details)
		}
		return view
	}))
	return out, nil
}
