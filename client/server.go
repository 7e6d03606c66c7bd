package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Servers are the servers of the caller's project.
type Servers struct{ s *Service }

// ServerPages is the list of servers with all they have.
var ServerPages = Paged[compute.ServerQuery, compute.Servers, compute.Server]{
	Route: compute.ListServersDetail,
	Items: func(page *compute.Servers) []compute.Server { return page.Servers },
	Next:  func(page *compute.Servers) string { return nextOf(page.Links) },
	From:  func(in *compute.ServerQuery, marker string) { in.Marker = wire.Some(marker) },
}

// ServerBriefPages is the list of servers with id and name.
var ServerBriefPages = Paged[compute.ServerQuery, compute.ServerBriefs, compute.ServerBrief]{
	Route: compute.ListServers,
	Items: func(page *compute.ServerBriefs) []compute.ServerBrief { return page.Servers },
	Next:  func(page *compute.ServerBriefs) string { return nextOf(page.Links) },
	From:  func(in *compute.ServerQuery, marker string) { in.Marker = wire.Some(marker) },
}

// List walks the servers that match.
func (s Servers) List(ctx context.Context, q compute.ServerQuery) iter.Seq2[compute.Server, error] {
	return Each(ctx, s.s, ServerPages, q)
}

// Get returns the server with an id.
func (s Servers) Get(ctx context.Context, id string) (compute.Server, error) {
	out, err := Do(ctx, s.s, compute.ShowServer, compute.ServerID{ID: id})
	return out.Server, err
}

// Create starts to make a server; Await waits until it is made.
func (s Servers) Create(ctx context.Context, in compute.ServerCreate) (compute.ServerMade, error) {
	out, err := Do(ctx, s.s, compute.CreateServer, in)
	return out.Server.V, err
}

// Update changes what a server's owner can change: its name, description, addresses to reach it by, hostname.
func (s Servers) Update(ctx context.Context, id string, changes compute.ServerChanges) (compute.Server, error) {
	out, err := Do(ctx, s.s, compute.UpdateServer, compute.ServerUpdate{ID: id, Server: changes})
	return out.Server, err
}

// Delete starts to delete a server; AwaitGone waits until it is gone.
func (s Servers) Delete(ctx context.Context, id string) error {
	_, err := Do(ctx, s.s, compute.DeleteServer, compute.ServerID{ID: id})
	return err
}

// Await waits until a server has one of the given statuses and no task is at
// work on it. ERROR ends the wait with a *ServerError unless it is asked for.
// progress, which may be nil, sees the server at every look.
func (s Servers) Await(ctx context.Context, id string, w Wait, progress func(compute.Server), statuses ...string) (compute.Server, error) {
	if w.What == "" {
		w.What = fmt.Sprintf("server %s to become %v", id, statuses)
	}
	return Until(ctx, w, func(ctx context.Context) (compute.Server, bool, error) {
		server, err := s.Get(ctx, id)
		if err != nil {
			return server, false, err
		}
		if progress != nil {
			progress(server)
		}
		switch {
		case slices.Contains(statuses, server.Status):
			return server, server.TaskState.Or(nil) == nil, nil
		case server.Status == "ERROR":
			return server, false, &ServerError{Server: server}
		}
		return server, false, nil
	})
}

// AwaitGone waits until a server is gone.
func (s Servers) AwaitGone(ctx context.Context, id string, w Wait) error {
	if w.What == "" {
		w.What = "server " + id + " to be gone"
	}
	_, err := Until(ctx, w, func(ctx context.Context) (compute.Server, bool, error) {
		server, err := s.Get(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return server, true, nil
		}
		return server, false, err
	})
	return err
}

// ServerError is a server that went into error while it was waited for.
type ServerError struct{ Server compute.Server }

func (e *ServerError) Error() string {
	text := "Server " + e.Server.ID + " is in status ERROR"
	if fault, ok := e.Server.Fault.Get(); ok {
		text += ": " + fault.Message
	}
	return text
}
