package store

import (
	"context"
	"time"

	"github.com/novalet/novalet/internal/cloud"
)

func scanRevocation(rw row) (v cloud.Revocation, err error) {
	err = rw.Scan((*string)(&v.Kind), &v.ID, intoTime(&v.Before), intoTime(&v.ExpiresAt))
	return v, err
}

// Revocations returns the revocations with one of the given ids, of any kind.
func (r Reader) Revocations(ctx context.Context, ids []string) ([]cloud.Revocation, error) {
	cond, arg := r.among("id", ids)
	return queryAll(ctx, r, scanRevocation, `SELECT kind, id, before_at, expires_at FROM revocations WHERE `+cond, arg)
}

// Revoke adds a revocation, or moves the one of the same thing to a later
// time, and drops those that are over at now.
func (tx *Tx) Revoke(ctx context.Context, v cloud.Revocation, now time.Time) error {
	if _, err := tx.exec(ctx, `DELETE FROM revocations WHERE expires_at < ?`, micros(now)); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `INSERT INTO revocations (kind, id, before_at, expires_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (kind, id) DO UPDATE SET before_at = excluded.before_at, expires_at = excluded.expires_at
		WHERE excluded.before_at > revocations.before_at`, string(v.Kind), v.ID, micros(v.Before), micros(v.ExpiresAt))
	return err
}

// IdentityRevision returns the number of changes so far that may have changed
// what a token is good for.
func (r Reader) IdentityRevision(ctx context.Context) (int64, error) {
	return queryOne(ctx, r, value[int64], `SELECT revision FROM identity_revision WHERE id = 1`)
}

// CountIdentityChange adds one to the revision: every process that keeps
// tokens in memory forgets them when it sees it.
func (tx *Tx) CountIdentityChange(ctx context.Context) error {
	return tx.execOne(ctx, `UPDATE identity_revision SET revision = revision + 1 WHERE id = 1`)
}
