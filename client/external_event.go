package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
)

// ExternalEvents is what other services tell the Compute API about servers.
type ExternalEvents struct{ s *Service }

// Create tells events; compute.NewExternalEvent fills one in for every version. What became of each is in the reply:
// an event that failed is no error.
func (e ExternalEvents) Create(ctx context.Context, events ...compute.ExternalEvent) ([]compute.ExternalEventTaken, error) {
	out, err := Do(ctx, e.s, compute.CreateExternalEvents, compute.ExternalEvents{Events: events})
	return out.Events, err
}
