package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
)

// Resize starts to give a server another flavor. It ends in VERIFY_RESIZE, where the old server is kept until
// ConfirmResize or RevertResize.
func (s Servers) Resize(ctx context.Context, id, flavorID string) error {
	_, err := Do(ctx, s.s, compute.ResizeServer, compute.Resize{ID: id, FlavorRef: flavorID})
	return err
}

// ConfirmResize removes what a resize or a migration kept of the old server.
func (s Servers) ConfirmResize(ctx context.Context, id string) error {
	return s.order(ctx, compute.ConfirmResize, id)
}

// RevertResize goes back to the server as it was before a resize or a migration.
func (s Servers) RevertResize(ctx context.Context, id string) error {
	return s.order(ctx, compute.RevertResize, id)
}

// Rebuild starts to make a server anew from an image, in.ImageRef, under its id and with its addresses. What is
// absent of in stays as it is.
func (s Servers) Rebuild(ctx context.Context, in compute.Rebuild) (compute.Server, error) {
	out, err := Do(ctx, s.s, compute.RebuildServer, in)
	return out.Server, err
}
