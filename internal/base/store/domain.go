package store

import (
	"context"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const domainColumns = `id, name, description, enabled, tags, immutable`

func domainValues(d *cloud.Domain) []any {
	return []any{d.ID, d.Name, d.Description, d.Enabled, asJSON(&d.Tags), d.Immutable}
}

func scanDomain(rw row) (d cloud.Domain, err error) {
	err = rw.Scan(&d.ID, &d.Name, &d.Description, &d.Enabled, asJSON(&d.Tags), &d.Immutable)
	return d, err
}

const domainMissing = "Could not find domain: %s."

func domainTaken(err error, name string) error {
	return orTaken(err, "domains_name", "Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains with the same name: %s.", name)
}

// DomainFilter says which domains a list holds; the zero filter is all.
type DomainFilter struct {
	Name    *string
	Enabled *bool
	IDs     []string // only these; nil: any
}

// Domain returns the domain with the given id.
func (r Reader) Domain(ctx context.Context, id string) (cloud.Domain, error) {
	d, err := queryOne(ctx, r, scanDomain, `SELECT `+domainColumns+` FROM domains WHERE id = ?`, id)
	return d, orMissing(err, domainMissing, id)
}

// DomainNamed returns the domain with the given name.
func (r Reader) DomainNamed(ctx context.Context, name string) (cloud.Domain, error) {
	d, err := queryOne(ctx, r, scanDomain, `SELECT `+domainColumns+` FROM domains WHERE name = ?`, name)
	return d, orMissing(err, domainMissing, name)
}

// Domains returns the domains that filter lets through, by name.
func (r Reader) Domains(ctx context.Context, filter DomainFilter) ([]cloud.Domain, error) {
	s := &selection{base: `SELECT ` + domainColumns + ` FROM domains`, order: `name, id`}
	equal(s, "name", filter.Name)
	equal(s, "enabled", filter.Enabled)
	if filter.IDs != nil {
		cond, arg := r.among("id", filter.IDs)
		s.where(cond, arg)
	}
	query, args := s.statement()
	return queryAll(ctx, r, scanDomain, query, args...)
}

// equal adds the condition that column is *want, unless want is nil.
func equal[T any](s *selection, column string, want *T) {
	if want != nil {
		s.where(column+` = ?`, *want)
	}
}

// CreateDomain adds d. A taken id or name is a fault.Conflict.
func (tx *Tx) CreateDomain(ctx context.Context, d *cloud.Domain) error {
	_, err := tx.exec(ctx, `INSERT INTO domains (`+domainColumns+`) VALUES (`+marks(6)+`)`, domainValues(d)...)
	return domainTaken(err, d.Name)
}

// UpdateDomain writes all of d over what has its id.
func (tx *Tx) UpdateDomain(ctx context.Context, d *cloud.Domain) error {
	err := tx.execOne(ctx, `UPDATE domains SET name = ?, description = ?, enabled = ?, tags = ?, immutable = ? WHERE id = ?`,
		append(domainValues(d)[1:], d.ID)...)
	return orMissing(domainTaken(err, d.Name), domainMissing, d.ID)
}

// DeleteDomain removes a domain that is not enabled, with its projects, its
// users and the assignments of all of them.
func (tx *Tx) DeleteDomain(ctx context.Context, id string) error {
	if _, err := tx.exec(ctx, `DELETE FROM role_assignments WHERE kind = 'domain' AND target_id = ?
		OR kind = 'project' AND target_id IN (SELECT id FROM projects WHERE domain_id = ?)`, id, id); err != nil {
		return err
	}
	err := tx.casExec(ctx, `DELETE FROM domains WHERE id = ? AND enabled = FALSE`, id)
	if fault.Is(err, fault.Conflict) {
		if _, missing := tx.Domain(ctx, id); missing != nil {
			return missing
		}
		return fault.New(fault.Forbidden, "Cannot delete a domain that is enabled, please disable it first.")
	}
	return err
}
