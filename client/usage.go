package client

import (
	"context"
	"iter"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Usages is what projects used, for billing.
type Usages struct{ s *Service }

// UsagePages is the list of what all projects used; before 2.40 it is one page. A page ends at a number of servers, so
// that a project may be on two.
var UsagePages = Paged[compute.UsageQuery, compute.Usages, compute.Usage]{
	Route: compute.ListUsages,
	Items: func(page *compute.Usages) []compute.Usage { return page.Usages },
	Next:  func(page *compute.Usages) string { return nextOf(page.Links) },
	From:  func(in *compute.UsageQuery, marker string) { in.Marker = wire.Some(marker) },
}

// ProjectUsagePages is what one project used; before 2.40 it is one page.
var ProjectUsagePages = Paged[compute.UsageOf, compute.UsageShown, compute.Usage]{
	Route: compute.ShowUsage,
	Items: func(page *compute.UsageShown) []compute.Usage {
		if page.Usage.Project.V == "" {
			return nil
		}
		return []compute.Usage{page.Usage}
	},
	Next: func(page *compute.UsageShown) string { return nextOf(page.Links) },
	From: func(in *compute.UsageOf, marker string) { in.Marker = wire.Some(marker) },
}

// List walks what all projects used. A project whose servers are on two pages comes twice, with a part of its sums
// each time: AddUsage puts them together.
func (u Usages) List(ctx context.Context, q compute.UsageQuery) iter.Seq2[compute.Usage, error] {
	return Each(ctx, u.s, UsagePages, q)
}

// Get returns what a project used from start to end. All is absent when it used nothing.
func (u Usages) Get(ctx context.Context, project string, start, end time.Time) (compute.Usage, error) {
	in := compute.UsageOf{Project: project, Start: wire.Some(UsageTime(start)), End: wire.Some(UsageTime(end))}
	var sum compute.Usage
	for part, err := range Each(ctx, u.s, ProjectUsagePages, in) {
		if err != nil {
			return sum, err
		}
		AddUsage(&sum, part)
	}
	return sum, nil
}

// AddUsage adds a part of what a project used to another.
func AddUsage(sum *compute.Usage, part compute.Usage) {
	if !sum.Project.Set {
		*sum = part
		return
	}
	sum.Servers = wire.Opt[[]compute.ServerUsage]{
		Set: sum.Servers.Set || part.Servers.Set, V: append(sum.Servers.V[:len(sum.Servers.V):len(sum.Servers.V)], part.Servers.V...),
	}
	sum.DiskHours.V += part.DiskHours.V
	sum.VCPUHours.V += part.VCPUHours.V
	sum.MemoryHours.V += part.MemoryHours.V
	sum.Hours.V += part.Hours.V
}

// UsageTime is a time as queries about usage take it: in UTC, without a zone.
func UsageTime(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format("2006-01-02T15:04:05.000000")
}

// UsageAudits is the log of usage audits of hosts.
type UsageAudits struct{ s *Service }

// Get returns the audit of the last period that is over.
func (u UsageAudits) Get(ctx context.Context) (compute.UsageAudit, error) {
	out, err := Do(ctx, u.s, compute.ListUsageAudit, wire.None{})
	return out.Audit, err
}

// Before returns the audit of the last period that was over at a time.
func (u UsageAudits) Before(ctx context.Context, t time.Time) (compute.UsageAudit, error) {
	in := compute.UsageAuditBefore{Time: t.UTC().Format("2006-01-02 15:04:05.000000")}
	out, err := Do(ctx, u.s, compute.ShowUsageAudit, in)
	return out.Audit, err
}
