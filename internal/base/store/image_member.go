package store

import (
	"context"
	"time"

	"github.com/novalet/novalet/internal/cloud"
)

const memberColumns = `image_id, project_id, status, created_at, updated_at`

func scanImageMember(rw row) (m cloud.ImageMember, err error) {
	err = rw.Scan(&m.ImageID, &m.ProjectID, &m.Status, intoTime(&m.CreatedAt), intoTime(&m.UpdatedAt))
	return m, err
}

const memberMissing = "%s not found in the member list of the image %s."

// ImageMembers returns the projects that a shared image is offered to, in the
// order they were added.
func (r Reader) ImageMembers(ctx context.Context, imageID string) ([]cloud.ImageMember, error) {
	return queryAll(ctx, r, scanImageMember, `SELECT `+memberColumns+` FROM image_members WHERE image_id = ? ORDER BY created_at, project_id`, imageID)
}

// ImageMember returns one member of an image.
func (r Reader) ImageMember(ctx context.Context, imageID, projectID string) (cloud.ImageMember, error) {
	m, err := queryOne(ctx, r, scanImageMember, `SELECT `+memberColumns+` FROM image_members WHERE image_id = ? AND project_id = ?`, imageID, projectID)
	return m, orMissing(err, memberMissing, projectID, imageID)
}

// AddImageMember offers an image to a project. One that has it is a
// fault.Conflict.
func (tx *Tx) AddImageMember(ctx context.Context, m *cloud.ImageMember) error {
	_, err := tx.exec(ctx, `INSERT INTO image_members (`+memberColumns+`) VALUES (`+marks(5)+`)`,
		m.ImageID, m.ProjectID, m.Status, micros(m.CreatedAt), micros(m.UpdatedAt))
	return orTaken(err, "image_members_image_id_project_id", "Member %s is duplicated for image %s", m.ProjectID, m.ImageID)
}

// SetImageMember changes what a project says to the offer.
func (tx *Tx) SetImageMember(ctx context.Context, imageID, projectID, status string, now time.Time) error {
	err := tx.execOne(ctx, `UPDATE image_members SET status = ?, updated_at = ? WHERE image_id = ? AND project_id = ?`, status, micros(now), imageID, projectID)
	return orMissing(err, memberMissing, projectID, imageID)
}

// DeleteImageMember takes an offer back.
func (tx *Tx) DeleteImageMember(ctx context.Context, imageID, projectID string) error {
	err := tx.execOne(ctx, `DELETE FROM image_members WHERE image_id = ? AND project_id = ?`, imageID, projectID)
	return orMissing(err, memberMissing, projectID, imageID)
}
