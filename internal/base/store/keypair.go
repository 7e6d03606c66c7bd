package store

import (
	"context"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const keypairColumns = `id, user_id, name, type, public_key, fingerprint, created_at`

func scanKeypair(rw row) (k cloud.Keypair, err error) {
	err = rw.Scan(&k.ID, &k.UserID, &k.Name, &k.Type, &k.PublicKey, &k.Fingerprint, intoTime(&k.CreatedAt))
	return k, err
}

const keypairMissing = "Keypair %s not found for user %s"

// Keypair returns a user's key pair.
func (r Reader) Keypair(ctx context.Context, userID, name string) (cloud.Keypair, error) {
	k, err := queryOne(ctx, r, scanKeypair, `SELECT `+keypairColumns+` FROM keypairs WHERE user_id = ? AND name = ?`, userID, name)
	return k, orMissing(err, keypairMissing, name, userID)
}

// Keypairs returns a page of a user's key pairs by name; markers are names, and
// an unknown one is a fault.BadRequest.
func (r Reader) Keypairs(ctx context.Context, userID string, page Page) ([]cloud.Keypair, error) {
	s := &selection{base: `SELECT ` + keypairColumns + ` FROM keypairs`, order: "name", limit: page.Limit}
	s.where(`user_id = ?`, userID)
	if page.Marker != "" {
		if _, err := r.Keypair(ctx, userID, page.Marker); fault.Is(err, fault.NotFound) {
			return nil, fault.New(fault.BadRequest, "Marker %s could not be found.", page.Marker)
		} else if err != nil {
			return nil, err
		}
		s.where(`name > ?`, page.Marker)
	}
	query, args := s.statement()
	return queryAll(ctx, r, scanKeypair, query, args...)
}

// CreateKeypair adds a key pair and sets its ID. limit is how many its user may
// have, -1 for no limit; one more is a fault.OverQuota, a name that the user
// has already a fault.Conflict.
func (tx *Tx) CreateKeypair(ctx context.Context, k *cloud.Keypair, limit int) error {
	if err := tx.alone(ctx, "keypairs of "+k.UserID); err != nil {
		return err
	}
	n, err := queryOne(ctx, tx.Reader, value[int], `SELECT COUNT(*) FROM keypairs WHERE user_id = ?`, k.UserID)
	if err != nil {
		return err
	}
	if limit >= 0 && n >= limit {
		return fault.New(fault.OverQuota, "Quota exceeded, too many key pairs.")
	}
	if k.ID, err = tx.Next(ctx, KeypairNumbers); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO keypairs (`+keypairColumns+`) VALUES (`+marks(7)+`)`,
		k.ID, k.UserID, k.Name, k.Type, k.PublicKey, k.Fingerprint, micros(k.CreatedAt))
	return orTaken(err, "keypairs_user_id_name", "Key pair '%s' already exists.", k.Name)
}

// DeleteKeypair removes a user's key pair. Servers made with it keep their
// copy.
func (tx *Tx) DeleteKeypair(ctx context.Context, userID, name string) error {
	err := tx.execOne(ctx, `DELETE FROM keypairs WHERE user_id = ? AND name = ?`, userID, name)
	return orMissing(err, keypairMissing, name, userID)
}

// CountKeypairs returns how many key pairs a user has.
func (r Reader) CountKeypairs(ctx context.Context, userID string) (int, error) {
	return queryOne(ctx, r, value[int], `SELECT COUNT(*) FROM keypairs WHERE user_id = ?`, userID)
}

// alone makes the transactions that name the same thing run one after another,
// so that what one counts, another does not change meanwhile. SQLite's do so by
// themselves.
func (tx *Tx) alone(ctx context.Context, what string) error {
	if tx.db.engine == sqliteEngine {
		return nil
	}
	_, err := tx.exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended(?, 0))`, what)
	return err
}
