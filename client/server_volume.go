package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
)

// VolumeAttachmentList is the list of a server's volumes: one page.
var VolumeAttachmentList = onePage(compute.ListVolumeAttachments, func(page *compute.VolumeAttachments) []compute.VolumeAttachment { return page.Attachments })

// Volumes walks the volumes of a server.
func (s Servers) Volumes(ctx context.Context, id string) iter.Seq2[compute.VolumeAttachment, error] {
	return Each(ctx, s.s, VolumeAttachmentList, compute.VolumeAttachmentQuery{ID: id})
}

// Volume returns one volume of a server.
func (s Servers) Volume(ctx context.Context, id, volume string) (compute.VolumeAttachment, error) {
	out, err := Do(ctx, s.s, compute.ShowVolumeAttachment, compute.VolumeAttachmentID{ID: id, VolumeID: volume})
	return out.Attachment, err
}

// AttachVolume starts to attach a volume. From 2.101 the reply is empty, and so is what is returned.
func (s Servers) AttachVolume(ctx context.Context, id string, volume compute.VolumeWanted) (compute.VolumeAttachmentMade, error) {
	out, err := Do(ctx, s.s, compute.AttachVolume, compute.VolumeAttach{ID: id, Attachment: volume})
	return out.Attachment, err
}

// UpdateVolume changes what is kept about a volume of a server (from 2.85), or swaps it for the volume that changes
// name; swapping is for the volume service and administrators.
func (s Servers) UpdateVolume(ctx context.Context, id, volume string, changes compute.VolumeAttachmentChange) error {
	_, err := Do(ctx, s.s, compute.UpdateVolumeAttachment, compute.VolumeAttachmentUpdate{ID: id, VolumeID: volume, Attachment: changes})
	return err
}

// DetachVolume starts to detach a volume, which must not be the one the server boots from.
func (s Servers) DetachVolume(ctx context.Context, id, volume string) error {
	_, err := Do(ctx, s.s, compute.DetachVolume, compute.VolumeAttachmentID{ID: id, VolumeID: volume})
	return err
}
