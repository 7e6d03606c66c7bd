package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Rescue boots a server from another disk, its own second to it; it becomes RESCUE. Without an image the disk is one
// of the server's own image. The password that the cloud answers with is with's, or one that it made up.
func (s Servers) Rescue(ctx context.Context, id string, with compute.RescueWith) (wire.Secret, error) {
	out, err := Do(ctx, s.s, compute.RescueServer, compute.Rescue{ID: id, Body: rescueBody(with)})
	return out.AdminPass.V, err
}

func rescueBody(with compute.RescueWith) wire.Opt[compute.RescueWith] {
	if with == (compute.RescueWith{}) {
		return wire.Null[compute.RescueWith]()
	}
	return wire.Some(with)
}

// Unrescue boots a rescued server from its own disk again.
func (s Servers) Unrescue(ctx context.Context, id string) error {
	return s.order(ctx, compute.UnrescueServer, id)
}
