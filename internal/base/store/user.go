package store

import (
	"context"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const userColumns = `id, name, domain_id, enabled, email, description, default_project_id, password_hash, options`

func userValues(u *cloud.User) []any {
	return []any{
		u.ID, u.Name, u.DomainID, u.Enabled, u.Email, u.Description, u.DefaultProjectID, u.PasswordHash, asJSON(&u.Options),
	}
}

func scanUser(rw row) (u cloud.User, err error) {
	err = rw.Scan(&u.ID, &u.Name, &u.DomainID, &u.Enabled, &u.Email, &u.Description, &u.DefaultProjectID, &u.PasswordHash, asJSON(&u.Options))
	return u, err
}

const userMissing = "Could not find user: %s."

func userTaken(err error, u *cloud.User) error {
	err = orTaken(err, "users_domain_id_name", "Conflict occurred attempting to store user - Duplicate entry found with name %s at domain ID %s.", u.Name, u.DomainID)
	return orOrphan(err, fault.NotFound, domainMissing, u.DomainID)
}

// UserFilter says which users a list holds; the zero filter is all.
type UserFilter struct {
	Name     *string
	DomainID *string
	Enabled  *bool
	IDs      []string // only these; nil: any
}

// User returns the user with the given id.
func (r Reader) User(ctx context.Context, id string) (cloud.User, error) {
	u, err := queryOne(ctx, r, scanUser, `SELECT `+userColumns+` FROM users WHERE id = ?`, id)
	return u, orMissing(err, userMissing, id)
}

// UserNamed returns the user with the given name in a domain.
func (r Reader) UserNamed(ctx context.Context, domainID, name string) (cloud.User, error) {
	u, err := queryOne(ctx, r, scanUser, `SELECT `+userColumns+` FROM users WHERE domain_id = ? AND name = ?`, domainID, name)
	return u, orMissing(err, userMissing, name)
}

// Users returns the users that filter lets through, by name.
func (r Reader) Users(ctx context.Context, filter UserFilter) ([]cloud.User, error) {
	s := &selection{base: `SELECT ` + userColumns + ` FROM users`, order: `name, id`}
	equal(s, "name", filter.Name)
	equal(s, "domain_id", filter.DomainID)
	equal(s, "enabled", filter.Enabled)
	if filter.IDs != nil {
		cond, arg := r.among("id", filter.IDs)
		s.where(cond, arg)
	}
	query, args := s.statement()
	return queryAll(ctx, r, scanUser, query, args...)
}

// CreateUser adds u. A taken name is a fault.Conflict, a domain that does not
// exist a fault.NotFound.
func (tx *Tx) CreateUser(ctx context.Context, u *cloud.User) error {
	_, err := tx.exec(ctx, `INSERT INTO users (`+userColumns+`) VALUES (`+marks(9)+`)`, userValues(u)...)
	return userTaken(err, u)
}

// UpdateUser writes all of u over what has its id.
func (tx *Tx) UpdateUser(ctx context.Context, u *cloud.User) error {
	err := tx.execOne(ctx, `UPDATE users SET name = ?, domain_id = ?, enabled = ?, email = ?, description = ?,
		default_project_id = ?, password_hash = ?, options = ? WHERE id = ?`, append(userValues(u)[1:], u.ID)...)
	return orMissing(userTaken(err, u), userMissing, u.ID)
}

// SetPasswordHash replaces the hash of a user's password, provided that it is
// still old: of two changes at once, one loses with a fault.Conflict.
func (tx *Tx) SetPasswordHash(ctx context.Context, id, old, hash string) error {
	return tx.casExec(ctx, `UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?`, hash, id, old)
}

// DeleteUser removes a user and its assignments.
func (tx *Tx) DeleteUser(ctx context.Context, id string) error {
	return orMissing(tx.execOne(ctx, `DELETE FROM users WHERE id = ?`, id), userMissing, id)
}
