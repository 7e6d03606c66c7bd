package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// InstanceActionPages is the list of what was done to a server, newest first; before 2.58 it is one page.
var InstanceActionPages = Paged[compute.InstanceActionQuery, compute.InstanceActions, compute.InstanceAction]{
	Route: compute.ListInstanceActions,
	Items: func(page *compute.InstanceActions) []compute.InstanceAction { return page.Actions },
	Next:  func(page *compute.InstanceActions) string { return nextOf(page.Links) },
	From:  func(in *compute.InstanceActionQuery, marker string) { in.Marker = wire.Some(marker) },
}

// Actions walks what was done to the server that q names, from 2.21 also to one that is deleted.
func (s Servers) Actions(ctx context.Context, q compute.InstanceActionQuery) iter.Seq2[compute.InstanceAction, error] {
	return Each(ctx, s.s, InstanceActionPages, q)
}

// Action returns one thing that was done to a server, with its events, by the id of the request that did it.
func (s Servers) Action(ctx context.Context, id, request string) (compute.InstanceActionDetail, error) {
	out, err := Do(ctx, s.s, compute.ShowInstanceAction, compute.InstanceActionID{ID: id, RequestID: request})
	return out.Action, err
}
