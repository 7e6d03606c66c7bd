package store

import (
	"context"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const assignmentColumns = `user_id, kind, target_id, role_id`

func assignmentValues(a *cloud.Assignment) []any {
	return []any{a.UserID, string(a.Kind), a.TargetID, a.RoleID}
}

func scanAssignment(rw row) (a cloud.Assignment, err error) {
	err = rw.Scan(&a.UserID, (*string)(&a.Kind), &a.TargetID, &a.RoleID)
	return a, err
}

// AssignmentFilter says which assignments a list holds; the zero filter is
// all.
type AssignmentFilter struct {
	UserID   *string
	Kind     *string
	TargetID *string
	RoleIDs  []string // only of these; nil: any
}

// Assignments returns the assignments that filter lets through: those on
// projects, on domains and on the system, each by target, user and role.
func (r Reader) Assignments(ctx context.Context, filter AssignmentFilter) ([]cloud.Assignment, error) {
	s := &selection{base: `SELECT ` + assignmentColumns + ` FROM role_assignments`, order: `kind, target_id, user_id, role_id`}
	equal(s, "user_id", filter.UserID)
	equal(s, "kind", filter.Kind)
	equal(s, "target_id", filter.TargetID)
	if filter.RoleIDs != nil {
		cond, arg := r.among("role_id", filter.RoleIDs)
		s.where(cond, arg)
	}
	query, args := s.statement()
	return queryAll(ctx, r, scanAssignment, query, args...)
}

// Assigned reports whether there is the assignment a.
func (r Reader) Assigned(ctx context.Context, a cloud.Assignment) (bool, error) {
	_, err := queryOne(ctx, r, value[int], `SELECT 1 FROM role_assignments
		WHERE user_id = ? AND kind = ? AND target_id = ? AND role_id = ?`, assignmentValues(&a)...)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// Assign adds an assignment; one that is there already stays. That the target
// exists is for the caller to see to, in the same transaction.
func (tx *Tx) Assign(ctx context.Context, a cloud.Assignment) error {
	_, err := tx.exec(ctx, `INSERT INTO role_assignments (`+assignmentColumns+`) VALUES (`+marks(4)+`) ON CONFLICT DO NOTHING`, assignmentValues(&a)...)
	return orOrphan(err, fault.NotFound, "Could not find user %s or role %s.", a.UserID, a.RoleID)
}

// Unassign removes an assignment.
func (tx *Tx) Unassign(ctx context.Context, a cloud.Assignment) error {
	err := tx.execOne(ctx, `DELETE FROM role_assignments WHERE user_id = ? AND kind = ? AND target_id = ? AND role_id = ?`, assignmentValues(&a)...)
	target := a.TargetID
	if a.Kind == cloud.SystemScope {
		target = "system"
	}
	return orMissing(err, "Could not find role assignment with role: %s, user or group: %s, project, domain, or system: %s.", a.RoleID, a.UserID, target)
}
