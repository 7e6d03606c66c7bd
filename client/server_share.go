package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
)

// ShareList is the list of a server's shares: one page.
var ShareList = onePage(compute.ListShares, func(page *compute.Shares) []compute.Share { return page.Shares })

// Shares walks the shared file systems of a server. Shares need 2.97.
func (s Servers) Shares(ctx context.Context, id string) iter.Seq2[compute.Share, error] {
	return Each(ctx, s.s, ShareList, compute.ServerID{ID: id})
}

// Share returns one shared file system of a server.
func (s Servers) Share(ctx context.Context, id, share string) (compute.Share, error) {
	out, err := Do(ctx, s.s, compute.ShowShare, compute.ShareID{ID: id, ShareID: share})
	return out.Share, err
}

// AttachShare starts to attach a shared file system to a server, which must be stopped.
func (s Servers) AttachShare(ctx context.Context, id string, wanted compute.ShareWanted) (compute.Share, error) {
	out, err := Do(ctx, s.s, compute.AttachShare, compute.ShareAttach{ID: id, Share: wanted})
	return out.Share, err
}

// DetachShare starts to detach a shared file system from a server, which must be stopped.
func (s Servers) DetachShare(ctx context.Context, id, share string) error {
	_, err := Do(ctx, s.s, compute.DetachShare, compute.ShareID{ID: id, ShareID: share})
	return err
}
