package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Hypervisors are the hypervisors. They are named by number until 2.52 and then by UUID.
type Hypervisors struct{ s *Service }

// HypervisorPages is the list of hypervisors with all they have; before 2.33 it is one page.
var HypervisorPages = Paged[compute.HypervisorQuery, compute.Hypervisors, compute.Hypervisor]{
	Route: compute.ListHypervisorsDetail,
	Items: func(page *compute.Hypervisors) []compute.Hypervisor { return page.Hypervisors },
	Next:  func(page *compute.Hypervisors) string { return nextOf(page.Links) },
	From:  func(in *compute.HypervisorQuery, marker string) { in.Marker = wire.Some(marker) },
}

// HypervisorBriefPages is the list of hypervisors with id, name and state; before 2.33 it is one page.
var HypervisorBriefPages = Paged[compute.HypervisorQuery, compute.HypervisorBriefs, compute.HypervisorBrief]{
	Route: compute.ListHypervisors,
	Items: func(page *compute.HypervisorBriefs) []compute.HypervisorBrief { return page.Hypervisors },
	Next:  func(page *compute.HypervisorBriefs) string { return nextOf(page.Links) },
	From:  func(in *compute.HypervisorQuery, marker string) { in.Marker = wire.Some(marker) },
}

// HypervisorServerList and HypervisorSearchList are those with a text in their names, until 2.52: one page.
var (
	HypervisorServerList = onePage(compute.ListHypervisorServers, hypervisorMatches)
	HypervisorSearchList = onePage(compute.SearchHypervisors, hypervisorMatches)
)

func hypervisorMatches(page *compute.HypervisorMatches) []compute.HypervisorBrief {
	return page.Hypervisors
}

// List walks the hypervisors that match.
func (h Hypervisors) List(ctx context.Context, q compute.HypervisorQuery) iter.Seq2[compute.Hypervisor, error] {
	return Each(ctx, h.s, HypervisorPages, q)
}

// Matching walks the hypervisors with a text in their host names, with their servers if that is wanted, at any version.
// None is an ErrNotFound.
func (h Hypervisors) Matching(ctx context.Context, name string, withServers bool) iter.Seq2[compute.HypervisorBrief, error] {
	return func(yield func(compute.HypervisorBrief, error) bool) {
		at, err := h.s.agreed(ctx)
		if err != nil {
			yield(compute.HypervisorBrief{}, err)
			return
		}
		found := Each(ctx, at, HypervisorSearchList, compute.HypervisorID{ID: name})
		switch {
		case byUUID(at):
			q := compute.HypervisorQuery{Pattern: wire.Some(name)}
			if withServers {
				q.WithServers = wire.Some(true)
			}
			found = Each(ctx, at, HypervisorBriefPages, q)
		case withServers:
			found = Each(ctx, at, HypervisorServerList, compute.HypervisorID{ID: name})
		}
		found(yield)
	}
}

// Get returns the hypervisor with an id.
func (h Hypervisors) Get(ctx context.Context, id string) (compute.Hypervisor, error) {
	out, err := Do(ctx, h.s, compute.ShowHypervisor, compute.HypervisorID{ID: id})
	return out.Hypervisor, err
}

// Uptime returns how long a hypervisor's host has been up, as the host says it. It ended with 2.87: Get has it then.
func (h Hypervisors) Uptime(ctx context.Context, id string) (compute.HypervisorUptimeOf, error) {
	out, err := Do(ctx, h.s, compute.ShowHypervisorUptime, compute.HypervisorID{ID: id})
	return out.Hypervisor, err
}

// Statistics returns the sums over all hypervisors. It ended with 2.87.
func (h Hypervisors) Statistics(ctx context.Context) (compute.HypervisorTotals, error) {
	out, err := Do(ctx, h.s, compute.ShowHypervisorStatistics, wire.None{})
	return out.Statistics, err
}
