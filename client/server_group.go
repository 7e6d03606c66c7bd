package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// ServerGroups are the server groups of the caller's project.
type ServerGroups struct{ s *Service }

// List walks the server groups that match; the limit is the size of a page. The server does not say whether there is
// more, so it is asked until a page is empty.
func (g ServerGroups) List(ctx context.Context, q compute.ServerGroupQuery) iter.Seq2[compute.ServerGroup, error] {
	return func(yield func(compute.ServerGroup, error) bool) {
		for {
			page, err := Do(ctx, g.s, compute.ListServerGroups, q)
			if err != nil {
				yield(compute.ServerGroup{}, err)
				return
			}
			for _, group := range page.Groups {
				if !yield(group, nil) {
					return
				}
			}
			if len(page.Groups) == 0 {
				return
			}
			q.Offset = wire.Some(q.Offset.Or(0) + len(page.Groups))
		}
	}
}

// Get returns the server group with an id.
func (g ServerGroups) Get(ctx context.Context, id string) (compute.ServerGroup, error) {
	out, err := Do(ctx, g.s, compute.ShowServerGroup, compute.ServerGroupID{ID: id})
	return out.Group, err
}

// Create makes a server group with a policy: affinity, anti-affinity, and from 2.15 soft-affinity and
// soft-anti-affinity. Above zero, perHost is how many servers of an anti-affinity group one host may have; it needs 2.64.
func (g ServerGroups) Create(ctx context.Context, name, policy string, perHost int) (compute.ServerGroup, error) {
	at, err := g.s.agreed(ctx)
	if err != nil {
		return compute.ServerGroup{}, err
	}
	group := compute.NewServerGroup(name, policy, at.Version)
	if perHost > 0 {
		group.Rules = wire.Some(compute.ServerGroupRules{MaxServerPerHost: wire.Some(perHost)})
	}
	out, err := Do(ctx, at, compute.CreateServerGroup, compute.ServerGroupCreate{Group: group})
	return out.Group, err
}

// Delete deletes a server group; its members stay.
func (g ServerGroups) Delete(ctx context.Context, id string) error {
	_, err := Do(ctx, g.s, compute.DeleteServerGroup, compute.ServerGroupID{ID: id})
	return err
}
