package store

import (
	"context"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// The upload of an image's data. stored_bytes counts against the image's
// project from the reservation until the bytes are off the disk, also when the
// image is deleted in between.

// BeginUpload takes a queued image to saving for the upload uploadID, with
// bytes reserved. An image in another state is a fault.Conflict; more than limit
// bytes for the project (0: any) are fault.TooLarge.
func (tx *Tx) BeginUpload(ctx context.Context, id, uploadID string, bytes, limit int64, now time.Time) error {
	i, err := tx.LockImage(ctx, id)
	if err != nil {
		return err
	}
	if !i.Status.May(cloud.ImageSaving) {
		return badImageMove(i.Status, cloud.ImageSaving)
	}
	if err := tx.reserveRoom(ctx, &i, bytes, limit); err != nil {
		return err
	}
	return tx.casExec(ctx, `UPDATE images SET status = ?, upload_id = ?, stored_bytes = ?, updated_at = ? WHERE id = ? AND status = ?`,
		cloud.ImageSaving, uploadID, bytes, micros(now), id, cloud.ImageQueued)
}

// GrowUpload sets the bytes reserved by an upload. An upload that is over,
// because the image was deleted, is a fault.Gone.
func (tx *Tx) GrowUpload(ctx context.Context, id, uploadID string, bytes, limit int64) error {
	i, err := tx.LockImage(ctx, id)
	if err == nil && limit > 0 {
		err = tx.reserveRoom(ctx, &i, bytes, limit)
	}
	if err == nil {
		err = tx.casExec(ctx, `UPDATE images SET stored_bytes = ? WHERE id = ? AND upload_id = ? AND status = ?`, bytes, id, uploadID, cloud.ImageSaving)
	}
	return orGone(err, id)
}

// FinishUpload takes an image from saving to active with what i says of its
// data. An upload that is over is a fault.Gone.
func (tx *Tx) FinishUpload(ctx context.Context, i *cloud.Image, uploadID string, now time.Time) error {
	err := tx.casExec(ctx, `UPDATE images SET status = ?, size_bytes = ?, virtual_size = ?, md5 = ?, sha512 = ?, stored_bytes = ?, upload_id = '', updated_at = ?
		WHERE id = ? AND upload_id = ? AND status = ?`,
		cloud.ImageActive, i.Size, i.VirtualSize, i.MD5, i.SHA512, i.Size, micros(now), i.ID, uploadID, cloud.ImageSaving)
	return orGone(err, i.ID)
}

// AbortUpload ends an upload whose bytes are off the disk: the image is queued
// again, or still deleted. An upload that is over already is nothing to do.
func (tx *Tx) AbortUpload(ctx context.Context, id, uploadID string) error {
	_, err := tx.exec(ctx, `UPDATE images SET status = CASE WHEN status = ? THEN ? ELSE status END, stored_bytes = 0, upload_id = ''
		WHERE id = ? AND upload_id = ?`, cloud.ImageSaving, cloud.ImageQueued, id, uploadID)
	return err
}

// AbortUploads ends all uploads, after a crash: nothing of them is left.
func (tx *Tx) AbortUploads(ctx context.Context) (int64, error) {
	return tx.exec(ctx, `UPDATE images SET status = CASE WHEN status = ? THEN ? ELSE status END, stored_bytes = 0, upload_id = ''
		WHERE upload_id <> ''`, cloud.ImageSaving, cloud.ImageQueued)
}

// FreeImage stops counting the data of a deleted image: its file is gone. An
// upload under way goes on counting, and frees itself.
func (tx *Tx) FreeImage(ctx context.Context, id string) error {
	_, err := tx.exec(ctx, `UPDATE images SET stored_bytes = 0 WHERE id = ? AND status = ? AND upload_id = ''`, id, cloud.ImageDeleted)
	return err
}

// FreeImages is FreeImage for all deleted images.
func (tx *Tx) FreeImages(ctx context.Context) error {
	_, err := tx.exec(ctx, `UPDATE images SET stored_bytes = 0 WHERE status = ? AND upload_id = '' AND stored_bytes > 0`, cloud.ImageDeleted)
	return err
}

// ImageData is the name of an image's data: its id by its SHA-512.
type ImageData struct{ ID, SHA512 string }

// ImagesWithData lists the data of all images that have some.
func (r Reader) ImagesWithData(ctx context.Context) ([]ImageData, error) {
	return queryAll(ctx, r, func(rw row) (d ImageData, err error) {
		err = rw.Scan(&d.ID, &d.SHA512)
		return d, err
	}, `SELECT id, sha512 FROM images WHERE status IN (?, ?)`, cloud.ImageActive, cloud.ImageDeactivated)
}

// ImageBytes is how many bytes a project's images take or have reserved.
func (r Reader) ImageBytes(ctx context.Context, projectID string) (int64, error) {
	// SUM of BIGINT is NUMERIC on PostgreSQL.
	return queryOne(ctx, r, value[int64], `SELECT CAST(COALESCE(SUM(stored_bytes), 0) AS BIGINT) FROM images WHERE owner_id = ?`, projectID)
}

// reserveRoom checks that the project of i has room for its data to be bytes
// long. It holds the project's lock, so two uploads cannot both take the last
// room.
func (tx *Tx) reserveRoom(ctx context.Context, i *cloud.Image, bytes, limit int64) error {
	if limit == 0 {
		return nil
	}
	if _, err := tx.exec(ctx, `INSERT INTO image_projects (project_id) VALUES (?) ON CONFLICT DO NOTHING`, i.OwnerID); err != nil {
		return err
	}
	if _, err := queryOne(ctx, tx.Reader, value[string], `SELECT project_id FROM image_projects WHERE project_id = ?`+tx.forUpdate(), i.OwnerID); err != nil {
		return err
	}
	others, err := queryOne(ctx, tx.Reader, value[int64],
		`SELECT CAST(COALESCE(SUM(stored_bytes), 0) AS BIGINT) FROM images WHERE owner_id = ? AND id <> ?`, i.OwnerID, i.ID)
	if err != nil {
		return err
	}
	if others+bytes > limit {
		return fault.New(fault.TooLarge, "The image needs %d bytes, and of the project's quota of %d bytes %d are taken: delete images or ask an administrator for more.", bytes, limit, others)
	}
	return nil
}

// orGone gives a lost upload its sentence.
func orGone(err error, id string) error {
	if fault.Is(err, fault.NotFound) || err == errStale {
		return fault.New(fault.Gone, "Image %s was deleted during the upload; the uploaded data is removed.", id)
	}
	return err
}
