package store

import (
	"context"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const projectColumns = `id, name, domain_id, description, enabled, tags, immutable`

func projectValues(p *cloud.Project) []any {
	return []any{p.ID, p.Name, p.DomainID, p.Description, p.Enabled, asJSON(&p.Tags), p.Immutable}
}

func scanProject(rw row) (p cloud.Project, err error) {
	err = rw.Scan(&p.ID, &p.Name, &p.DomainID, &p.Description, &p.Enabled, asJSON(&p.Tags), &p.Immutable)
	return p, err
}

const projectMissing = "Could not find project: %s."

func projectTaken(err error, p *cloud.Project) error {
	err = orTaken(err, "projects_domain_id_name", "Conflict occurred attempting to store project - it is not permitted to have two projects with either the same name or same id in the same domain: name is %s, project id %s.", p.Name, p.ID)
	return orOrphan(err, fault.BadRequest, domainMissing, p.DomainID)
}

// ProjectFilter says which projects a list holds; the zero filter is all.
type ProjectFilter struct {
	Name     *string
	DomainID *string
	Enabled  *bool
	IDs      []string // only these; nil: any
	UserID   string   // only those the user has a role on; empty: any
}

// Project returns the project with the given id.
func (r Reader) Project(ctx context.Context, id string) (cloud.Project, error) {
	p, err := queryOne(ctx, r, scanProject, `SELECT `+projectColumns+` FROM projects WHERE id = ?`, id)
	return p, orMissing(err, projectMissing, id)
}

// ProjectNamed returns the project with the given name in a domain.
func (r Reader) ProjectNamed(ctx context.Context, domainID, name string) (cloud.Project, error) {
	p, err := queryOne(ctx, r, scanProject, `SELECT `+projectColumns+` FROM projects WHERE domain_id = ? AND name = ?`, domainID, name)
	return p, orMissing(err, projectMissing, name)
}

// Projects returns the projects that filter lets through, by name.
func (r Reader) Projects(ctx context.Context, filter ProjectFilter) ([]cloud.Project, error) {
	s := &selection{base: `SELECT ` + projectColumns + ` FROM projects`, order: `name, id`}
	equal(s, "name", filter.Name)
	equal(s, "domain_id", filter.DomainID)
	equal(s, "enabled", filter.Enabled)
	if filter.IDs != nil {
		cond, arg := r.among("id", filter.IDs)
		s.where(cond, arg)
	}
	if filter.UserID != "" {
		s.where(`id IN (SELECT target_id FROM role_assignments WHERE user_id = ? AND kind = 'project')`, filter.UserID)
	}
	query, args := s.statement()
	return queryAll(ctx, r, scanProject, query, args...)
}

// CreateProject adds p. A taken name is a fault.Conflict, a domain that does
// not exist a fault.BadRequest.
func (tx *Tx) CreateProject(ctx context.Context, p *cloud.Project) error {
	_, err := tx.exec(ctx, `INSERT INTO projects (`+projectColumns+`) VALUES (`+marks(7)+`)`, projectValues(p)...)
	return projectTaken(err, p)
}

// UpdateProject writes all of p over what has its id.
func (tx *Tx) UpdateProject(ctx context.Context, p *cloud.Project) error {
	err := tx.execOne(ctx, `UPDATE projects SET name = ?, domain_id = ?, description = ?, enabled = ?, tags = ?, immutable = ? WHERE id = ?`,
		append(projectValues(p)[1:], p.ID)...)
	return orMissing(projectTaken(err, p), projectMissing, p.ID)
}

// DeleteProject removes a project and the assignments on it. What the project
// owns in other services is theirs to find.
func (tx *Tx) DeleteProject(ctx context.Context, id string) error {
	if _, err := tx.exec(ctx, `DELETE FROM role_assignments WHERE kind = 'project' AND target_id = ?`, id); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE users SET default_project_id = '' WHERE default_project_id = ?`, id); err != nil {
		return err
	}
	return orMissing(tx.execOne(ctx, `DELETE FROM projects WHERE id = ?`, id), projectMissing, id)
}
