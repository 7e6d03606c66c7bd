package client

import (
	"context"
	"path"

	"github.com/novalet/novalet/api/compute"
)

// CreateImage starts to make an image of a server's disk, and returns the new image's id.
func (s Servers) CreateImage(ctx context.Context, id, name string, metadata map[string]string) (string, error) {
	out, err := Do(ctx, s.s, compute.CreateImage, compute.ImageCreate{ID: id, Name: name, Metadata: metadata})
	return imageOf(out), err
}

// Backup starts to make an image of a server's disk that counts as a backup of a type, such as daily, and deletes the
// oldest of that type beyond rotation. It returns the new image's id; until 2.44 there is none with a rotation of 0,
// which only deletes.
func (s Servers) Backup(ctx context.Context, id, name, backupType string, rotation int) (string, error) {
	in := compute.BackupCreate{ID: id, Name: name, BackupType: backupType, Rotation: rotation}
	out, err := Do(ctx, s.s, compute.CreateBackup, in)
	return imageOf(out), err
}

// imageOf is the id of an image, which until 2.44 stands at the end of its URL.
func imageOf(made compute.ImageMade) string {
	if made.ImageID != "" || made.Location == "" {
		return made.ImageID
	}
	return path.Base(made.Location)
}
