package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
)

// Diagnostics returns the counters of a running server. Until 2.47 they are what the cloud's driver likes to tell.
func (s Servers) Diagnostics(ctx context.Context, id string) (compute.Diagnostics, error) {
	return Do(ctx, s.s, compute.ShowDiagnostics, compute.ServerID{ID: id})
}

// Topology returns the NUMA nodes of a server. From 2.78.
func (s Servers) Topology(ctx context.Context, id string) (compute.Topology, error) {
	return Do(ctx, s.s, compute.ShowTopology, compute.ServerID{ID: id})
}
