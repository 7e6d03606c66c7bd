package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
)

// Metadata returns a server's metadata.
func (s Servers) Metadata(ctx context.Context, id string) (map[string]string, error) {
	out, err := Do(ctx, s.s, compute.ListMetadata, compute.ServerID{ID: id})
	return out.Metadata, err
}

// MetadataItem returns one item of a server's metadata.
func (s Servers) MetadataItem(ctx context.Context, id, key string) (string, error) {
	out, err := Do(ctx, s.s, compute.ShowMetadataItem, compute.MetadataKey{ID: id, Key: key})
	return out.Meta[key], err
}

// SetMetadata sets items of a server's metadata, keeps the others, and returns all.
func (s Servers) SetMetadata(ctx context.Context, id string, items map[string]string) (map[string]string, error) {
	out, err := Do(ctx, s.s, compute.CreateMetadata, compute.MetadataChange{ID: id, Metadata: items})
	return out.Metadata, err
}

// ReplaceMetadata sets items of a server's metadata in place of all that are there.
func (s Servers) ReplaceMetadata(ctx context.Context, id string, items map[string]string) (map[string]string, error) {
	out, err := Do(ctx, s.s, compute.ReplaceMetadata, compute.MetadataChange{ID: id, Metadata: items})
	return out.Metadata, err
}

// DeleteMetadata deletes one item of a server's metadata.
func (s Servers) DeleteMetadata(ctx context.Context, id, key string) error {
	_, err := Do(ctx, s.s, compute.DeleteMetadataItem, compute.MetadataKey{ID: id, Key: key})
	return err
}
