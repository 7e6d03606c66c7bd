package store

import (
	"context"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Limits returns what a project may have, or with a userID what that user may
// have in it: defaults with what was set for the project in their place, and
// with what was set for the user in its place.
func (r Reader) Limits(ctx context.Context, defaults cloud.Quotas, projectID, userID string) (cloud.Quotas, error) {
	limits := defaults.With(nil)
	// The project's rows have an empty user_id and so come first.
	return limits, r.each(ctx, func(rw row) error {
		var resource cloud.QuotaResource
		var limit int
		err := rw.Scan(&resource, &limit)
		limits[resource] = limit
		return err
	}, `SELECT resource, hard_limit FROM quotas WHERE project_id = ? AND user_id IN ('', ?) ORDER BY user_id`, projectID, userID)
}

// SetLimits writes down limits that differ from the defaults, of a project or
// with a userID of that user in it.
func (tx *Tx) SetLimits(ctx context.Context, projectID, userID string, limits cloud.Quotas) error {
	for resource, limit := range limits {
		if _, err := tx.exec(ctx, `INSERT INTO quotas (project_id, user_id, resource, hard_limit) VALUES (?, ?, ?, ?)
			ON CONFLICT (project_id, user_id, resource) DO UPDATE SET hard_limit = excluded.hard_limit`,
			projectID, userID, resource, limit); err != nil {
			return err
		}
	}
	return nil
}

// DeleteLimits goes back to the defaults: with a userID for that user, else for
// the project and everyone in it.
func (tx *Tx) DeleteLimits(ctx context.Context, projectID, userID string) error {
	_, err := tx.exec(ctx, `DELETE FROM quotas WHERE project_id = ? AND (user_id = ? OR ? = '')`, projectID, userID, userID)
	return err
}

// userLimited reports whether a user has limits of its own in a project.
func (r Reader) userLimited(ctx context.Context, projectID, userID string) (bool, error) {
	n, err := queryOne(ctx, r, value[int], `SELECT COUNT(*) FROM quotas WHERE project_id = ? AND user_id = ?`, projectID, userID)
	return n > 0, err
}

// UsageOfUser returns what one user has in a project.
func (r Reader) UsageOfUser(ctx context.Context, projectID, userID string) (Usage, error) {
	var sum Usage
	return sum, r.each(ctx, func(rw row) error {
		var s cloud.Server
		err := rw.Scan(asJSON(&s.Flavor))
		sum = sum.plus(UsageOf(&s))
		return err
	}, `SELECT flavor FROM servers WHERE project_id = ? AND user_id = ? AND deleted_at IS NULL`, projectID, userID)
}

// Reserve counts what a user is about to get in a project, or with a negative
// change what is given back. What passes the project's limits, or the user's
// own where there are some, is a fault.OverQuota. The rows of the servers must
// change in the same transaction, after this.
func (tx *Tx) Reserve(ctx context.Context, defaults cloud.Quotas, projectID, userID string, change Usage) error {
	limits, err := tx.Limits(ctx, defaults, projectID, "")
	if err != nil {
		return err
	}
	if err := tx.AddUsage(ctx, projectID, change, usageLimits(limits)); err != nil {
		return err
	}
	own, err := tx.userLimited(ctx, projectID, userID)
	if err != nil || !own {
		return err
	}
	// The project's row is locked by AddUsage, so nobody else counts now.
	if limits, err = tx.Limits(ctx, defaults, projectID, userID); err != nil {
		return err
	}
	have, err := tx.UsageOfUser(ctx, projectID, userID)
	if err != nil {
		return err
	}
	return have.check(change, usageLimits(limits))
}

// ProjectExists implements cloud.Projects for a cloud that keeps its own.
func (r Reader) ProjectExists(ctx context.Context, id string) (bool, error) {
	n, err := queryOne(ctx, r, value[int], `SELECT COUNT(*) FROM projects WHERE id = ?`, id)
	return n > 0, err
}

func usageLimits(q cloud.Quotas) Usage {
	return Usage{Instances: q.Limit(cloud.QuotaInstances), Cores: q.Limit(cloud.QuotaCores), RAMMiB: q.Limit(cloud.QuotaRAM)}
}

func (u Usage) plus(v Usage) Usage {
	return Usage{u.Instances + v.Instances, u.Cores + v.Cores, u.RAMMiB + v.RAMMiB}
}

// check refuses a change that would pass a limit. A limit below zero is none,
// and a change that takes away is never refused.
func (u Usage) check(change, limits Usage) error {
	for _, c := range []struct {
		what                string
		have, change, limit int
	}{
		{"instances", u.Instances, change.Instances, limits.Instances},
		{"cores", u.Cores, change.Cores, limits.Cores},
		{"ram", u.RAMMiB, change.RAMMiB, limits.RAMMiB},
	} {
		if c.change > 0 && c.limit >= 0 && c.have+c.change > c.limit {
			return fault.New(fault.OverQuota, "Quota exceeded for %s: Requested %d, but already used %d of %d %s",
				c.what, c.change, c.have, c.limit, c.what)
		}
	}
	return nil
}
