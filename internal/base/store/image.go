package store

import (
	"context"
	"slices"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// imageColumns, imageValues and scanImage go together. Tags and properties are
// rows of their own, so that lists can be filtered by them.
const imageColumns = `id, name, owner_id, visibility, status, disk_format, container_format, size_bytes, virtual_size,
	md5, sha512, min_disk_gib, min_ram_mib, is_protected, is_hidden, created_at, updated_at`

func imageValues(i *cloud.Image) []any {
	return []any{
		i.ID, i.Name, i.OwnerID, i.Visibility, i.Status, i.DiskFormat, i.ContainerFormat, i.Size, i.VirtualSize,
		i.MD5, i.SHA512, i.MinDiskGiB, i.MinRAMMiB, i.Protected, i.Hidden, micros(i.CreatedAt), micros(i.UpdatedAt),
	}
}

func scanImage(rw row) (i cloud.Image, err error) {
	err = rw.Scan(&i.ID, &i.Name, &i.OwnerID, &i.Visibility, &i.Status, &i.DiskFormat, &i.ContainerFormat, &i.Size, &i.VirtualSize,
		&i.MD5, &i.SHA512, &i.MinDiskGiB, &i.MinRAMMiB, &i.Protected, &i.Hidden, intoTime(&i.CreatedAt), intoTime(&i.UpdatedAt))
	return i, err
}

const imageMissing = "No image found with ID %s"

// Image returns the image with the given id unless it is deleted.
func (r Reader) Image(ctx context.Context, id string) (cloud.Image, error) {
	return r.oneImage(ctx, id, "")
}

// LockImage is Image for a transaction that goes on to change it.
func (tx *Tx) LockImage(ctx context.Context, id string) (cloud.Image, error) {
	return tx.oneImage(ctx, id, tx.forUpdate())
}

func (r Reader) oneImage(ctx context.Context, id, suffix string) (cloud.Image, error) {
	i, err := queryOne(ctx, r, scanImage, `SELECT `+imageColumns+` FROM images WHERE id = ? AND status <> ?`+suffix, id, cloud.ImageDeleted)
	if err != nil {
		return i, orMissing(err, imageMissing, id)
	}
	one := []cloud.Image{i}
	err = r.fillImages(ctx, one)
	return one[0], err
}

// fillImages reads the tags and properties of images.
func (r Reader) fillImages(ctx context.Context, images []cloud.Image) error {
	if len(images) == 0 {
		return nil
	}
	at := make(map[string]*cloud.Image, len(images))
	ids := make([]string, len(images))
	for n := range images {
		i := &images[n]
		i.Tags, i.Properties = []string{}, map[string]string{}
		at[i.ID], ids[n] = i, i.ID
	}
	cond, arg := r.among("image_id", ids)
	err := r.each(ctx, func(rw row) error {
		var id, tag string
		err := rw.Scan(&id, &tag)
		if i := at[id]; err == nil && i != nil {
			i.Tags = append(i.Tags, tag)
		}
		return err
	}, `SELECT image_id, tag FROM image_tags WHERE `+cond, arg)
	if err != nil {
		return err
	}
	for n := range images {
		slices.Sort(images[n].Tags)
	}
	return r.each(ctx, func(rw row) error {
		var id, name, content string
		err := rw.Scan(&id, &name, &content)
		if i := at[id]; err == nil && i != nil {
			i.Properties[name] = content
		}
		return err
	}, `SELECT image_id, name, content FROM image_properties WHERE `+cond, arg)
}

// CreateImage adds i. An id that is taken, or was once, is a fault.Conflict.
func (tx *Tx) CreateImage(ctx context.Context, i *cloud.Image) error {
	_, err := tx.exec(ctx, `INSERT INTO images (`+imageColumns+`, upload_id, stored_bytes) VALUES (`+marks(17)+`, '', 0)`, imageValues(i)...)
	if err != nil {
		return orTaken(err, "images_id", "Image ID %s already exists!", i.ID)
	}
	return tx.insertImageDetails(ctx, i)
}

// SaveImage writes what a user may change of an image that LockImage returned.
func (tx *Tx) SaveImage(ctx context.Context, i *cloud.Image) error {
	err := tx.execOne(ctx, `UPDATE images SET name = ?, owner_id = ?, visibility = ?, disk_format = ?, container_format = ?,
		min_disk_gib = ?, min_ram_mib = ?, is_protected = ?, is_hidden = ?, updated_at = ? WHERE id = ? AND status <> ?`,
		i.Name, i.OwnerID, i.Visibility, i.DiskFormat, i.ContainerFormat,
		i.MinDiskGiB, i.MinRAMMiB, i.Protected, i.Hidden, micros(i.UpdatedAt), i.ID, cloud.ImageDeleted)
	if err != nil {
		return orMissing(err, imageMissing, i.ID)
	}
	if err := tx.deleteImageDetails(ctx, i.ID); err != nil {
		return err
	}
	return tx.insertImageDetails(ctx, i)
}

func (tx *Tx) insertImageDetails(ctx context.Context, i *cloud.Image) error {
	for _, tag := range i.Tags {
		if _, err := tx.exec(ctx, `INSERT INTO image_tags (image_id, tag) VALUES (?, ?) ON CONFLICT DO NOTHING`, i.ID, tag); err != nil {
			return err
		}
	}
	for name, content := range i.Properties {
		if _, err := tx.exec(ctx, `INSERT INTO image_properties (image_id, name, content) VALUES (?, ?, ?)`, i.ID, name, content); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) deleteImageDetails(ctx context.Context, id string) error {
	for _, query := range [...]string{`DELETE FROM image_tags WHERE image_id = ?`, `DELETE FROM image_properties WHERE image_id = ?`} {
		if _, err := tx.exec(ctx, query, id); err != nil {
			return err
		}
	}
	return nil
}

// MoveImage takes an image from one state to another, neither of which has an
// upload. An image that is not in the state it should leave is a
// fault.Conflict.
func (tx *Tx) MoveImage(ctx context.Context, id string, from, to cloud.ImageStatus, now time.Time) error {
	if !from.May(to) {
		return badImageMove(from, to)
	}
	err := tx.casExec(ctx, `UPDATE images SET status = ?, updated_at = ? WHERE id = ? AND status = ?`, to, micros(now), id, from)
	return orTaken(err, "", "Image %s was changed meanwhile. Look again and retry.", id)
}

func badImageMove(from, to cloud.ImageStatus) error {
	return fault.New(fault.Conflict, "Image status transition from %s to %s is not allowed", from, to)
}

// DeleteImage takes an image that LockImage returned out of sight, whatever its
// state. Its data goes on counting until FreeImage, or until the end of the
// upload under way.
func (tx *Tx) DeleteImage(ctx context.Context, id string, now time.Time) error {
	err := tx.execOne(ctx, `UPDATE images SET status = ?, updated_at = ? WHERE id = ? AND status <> ?`, cloud.ImageDeleted, micros(now), id, cloud.ImageDeleted)
	if err != nil {
		return orMissing(err, imageMissing, id)
	}
	if err := tx.deleteImageDetails(ctx, id); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `DELETE FROM image_members WHERE image_id = ?`, id)
	return err
}
