package store

import (
	"context"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const roleColumns = `id, name, description, immutable`

func roleValues(o *cloud.Role) []any { return []any{o.ID, o.Name, o.Description, o.Immutable} }

func scanRole(rw row) (o cloud.Role, err error) {
	err = rw.Scan(&o.ID, &o.Name, &o.Description, &o.Immutable)
	return o, err
}

const roleMissing = "Could not find role: %s."

func roleTaken(err error, name string) error {
	return orTaken(err, "roles_name", "Conflict occurred attempting to store role - Duplicate entry found with name %s.", name)
}

// Role returns the role with the given id.
func (r Reader) Role(ctx context.Context, id string) (cloud.Role, error) {
	o, err := queryOne(ctx, r, scanRole, `SELECT `+roleColumns+` FROM roles WHERE id = ?`, id)
	return o, orMissing(err, roleMissing, id)
}

// RoleNamed returns the role with the given name.
func (r Reader) RoleNamed(ctx context.Context, name string) (cloud.Role, error) {
	o, err := queryOne(ctx, r, scanRole, `SELECT `+roleColumns+` FROM roles WHERE name = ?`, name)
	return o, orMissing(err, roleMissing, name)
}

// Roles returns all roles, or the one with the given name, by name.
func (r Reader) Roles(ctx context.Context, name *string) ([]cloud.Role, error) {
	s := &selection{base: `SELECT ` + roleColumns + ` FROM roles`, order: `name, id`}
	equal(s, "name", name)
	query, args := s.statement()
	return queryAll(ctx, r, scanRole, query, args...)
}

// CreateRole adds a role. A taken name is a fault.Conflict.
func (tx *Tx) CreateRole(ctx context.Context, o *cloud.Role) error {
	_, err := tx.exec(ctx, `INSERT INTO roles (`+roleColumns+`) VALUES (`+marks(4)+`)`, roleValues(o)...)
	return roleTaken(err, o.Name)
}

// UpdateRole writes all of o over what has its id.
func (tx *Tx) UpdateRole(ctx context.Context, o *cloud.Role) error {
	err := tx.execOne(ctx, `UPDATE roles SET name = ?, description = ?, immutable = ? WHERE id = ?`, append(roleValues(o)[1:], o.ID)...)
	return orMissing(roleTaken(err, o.Name), roleMissing, o.ID)
}

// DeleteRole removes a role with its assignments and implications.
func (tx *Tx) DeleteRole(ctx context.Context, id string) error {
	return orMissing(tx.execOne(ctx, `DELETE FROM roles WHERE id = ?`, id), roleMissing, id)
}

// Implications returns which role implies which, directly.
func (r Reader) Implications(ctx context.Context) ([]cloud.Implication, error) {
	return queryAll(ctx, r, func(rw row) (i cloud.Implication, err error) {
		err = rw.Scan(&i.PriorID, &i.ImpliedID)
		return i, err
	}, `SELECT prior_id, implied_id FROM role_implications ORDER BY prior_id, implied_id`)
}

// CreateImplication adds an implication; one that is there already stays.
func (tx *Tx) CreateImplication(ctx context.Context, i cloud.Implication) error {
	_, err := tx.exec(ctx, `INSERT INTO role_implications (prior_id, implied_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, i.PriorID, i.ImpliedID)
	return orOrphan(err, fault.NotFound, roleMissing, i.PriorID+" or "+i.ImpliedID)
}

// DeleteImplication removes an implication.
func (tx *Tx) DeleteImplication(ctx context.Context, i cloud.Implication) error {
	err := tx.execOne(ctx, `DELETE FROM role_implications WHERE prior_id = ? AND implied_id = ?`, i.PriorID, i.ImpliedID)
	return orMissing(err, "%s does not imply %s.", i.PriorID, i.ImpliedID)
}
