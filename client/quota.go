package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
)

// Quotas are the limits of projects, and of users in them where compute.QuotaOf names one.
type Quotas struct{ s *Service }

// Get returns what is allowed; -1 is no limit.
func (q Quotas) Get(ctx context.Context, of compute.QuotaOf) (compute.Quotas[int], error) {
	out, err := Do(ctx, q.s, compute.ShowQuotas, of)
	return out.Quotas, err
}

// Detail returns what is allowed, in use and reserved.
func (q Quotas) Detail(ctx context.Context, of compute.QuotaOf) (compute.Quotas[compute.QuotaUse], error) {
	out, err := Do(ctx, q.s, compute.ShowQuotasDetail, of)
	return out.Quotas, err
}

// Defaults returns what a project is allowed for which nothing is set.
func (q Quotas) Defaults(ctx context.Context, project string) (compute.Quotas[int], error) {
	out, err := Do(ctx, q.s, compute.ShowQuotaDefaults, compute.QuotaOf{Project: project})
	return out.Quotas, err
}

// Update sets limits; those that are absent stay.
func (q Quotas) Update(ctx context.Context, of compute.QuotaOf, changes compute.QuotaChanges) (compute.Quotas[int], error) {
	out, err := Do(ctx, q.s, compute.UpdateQuotas, compute.QuotaUpdate{Project: of.Project, UserID: of.UserID, Quotas: changes})
	return out.Quotas, err
}

// Delete goes back to the defaults.
func (q Quotas) Delete(ctx context.Context, of compute.QuotaOf) error {
	_, err := Do(ctx, q.s, compute.DeleteQuotas, of)
	return err
}

// QuotaClasses are the limits of classes of projects; only "default" is used.
type QuotaClasses struct{ s *Service }

// Get returns the limits of a class; those of a class that there is not are the defaults.
func (q QuotaClasses) Get(ctx context.Context, class string) (compute.QuotaClass, error) {
	out, err := Do(ctx, q.s, compute.ShowQuotaClass, compute.QuotaClassName{Name: class})
	return out.Class, err
}

// Update sets limits of a class; those that are absent stay.
func (q QuotaClasses) Update(ctx context.Context, class string, changes compute.QuotaClassChanges) (compute.QuotaClass, error) {
	out, err := Do(ctx, q.s, compute.UpdateQuotaClass, compute.QuotaClassUpdate{Name: class, Class: changes})
	return out.Class, err
}

// Limits is what a project may use and uses.
type Limits struct{ s *Service }

// Get returns the limits of the caller's project, or of the one that the query names.
func (l Limits) Get(ctx context.Context, query compute.LimitsQuery) (compute.Limits, error) {
	out, err := Do(ctx, l.s, compute.ShowLimits, query)
	return out.Limits, err
}
