package compute

import (
	"maps"
	"math"
	"slices"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountQuotas(api *httpd.API) {
	httpd.MountOn(api, compute.ShowQuotas, quotaOf, s.showQuotas)
	httpd.MountOn(api, compute.ShowQuotasDetail, quotaOf, s.showQuotasDetail)
	httpd.MountOn(api, compute.ShowQuotaDefaults, quotaOf, s.showQuotaDefaults)
	httpd.MountOn(api, compute.UpdateQuotas, quotaOf, s.updateQuotas)
	httpd.MountOn(api, compute.DeleteQuotas, quotaOf, s.deleteQuotas)
	httpd.Mount(api, compute.ShowLimits, s.showLimits)
}

// quotaProject is the project whose quotas a request is about.
type quotaProject string

// PolicyTarget is what policy rules on the project's quotas are judged on.
func (p quotaProject) PolicyTarget() cloud.Target { return cloud.Target{"project_id": string(p)} }

func quotaOf(_ httpd.Ctx, path func(string) string) (quotaProject, error) {
	return quotaProject(path("project_id")), nil
}

// knownProject refuses a project that identity does not know. Any is taken
// without an identity service to ask, and from a caller who may not ask it.
func (s *Service) knownProject(ctx httpd.Ctx, project quotaProject) error {
	if s.Projects == nil || !ctx.Caller.Has("admin") {
		return nil
	}
	known, err := s.Projects.ProjectExists(ctx, string(project))
	if err == nil && !known {
		err = fault.New(fault.BadRequest, "Project ID %s is not a valid project.", project)
	}
	return err
}

// quotaView shows each resource of a set as f has it.
func quotaView[T any](id wire.Opt[string], f func(cloud.QuotaResource) T) compute.Quotas[T] {
	return compute.Quotas[T]{
		ID: id, Instances: f(cloud.QuotaInstances), Cores: f(cloud.QuotaCores), RAM: f(cloud.QuotaRAM),
		FloatingIPs: f(cloud.QuotaFloatingIPs), FixedIPs: f(cloud.QuotaFixedIPs), MetadataItems: f(cloud.QuotaMetadataItems),
		InjectedFiles: f(cloud.QuotaInjectedFiles), InjectedFileContent: f(cloud.QuotaInjectedFileContent),
		InjectedFilePath: f(cloud.QuotaInjectedFilePath), KeyPairs: f(cloud.QuotaKeyPairs),
		SecurityGroups: f(cloud.QuotaSecurityGroups), SecurityGroupRules: f(cloud.QuotaSecurityGroupRules),
		ServerGroups: f(cloud.QuotaServerGroups), ServerGroupMembers: f(cloud.QuotaServerGroupMembers),
	}
}

func (s *Service) showQuotas(ctx httpd.Ctx, project quotaProject, in compute.QuotaOf) (out compute.QuotaSet, err error) {
	if err := s.knownProject(ctx, project); err != nil {
		return out, err
	}
	limits, err := s.DB.Limits(ctx, s.Quotas, in.Project, in.UserID.Or(""))
	out.Quotas = quotaView(wire.Some(in.Project), limits.Limit)
	return out, err
}

func (s *Service) showQuotasDetail(ctx httpd.Ctx, project quotaProject, in compute.QuotaOf) (out compute.QuotaSetDetail, err error) {
	if err := s.knownProject(ctx, project); err != nil {
		return out, err
	}
	limits, err := s.DB.Limits(ctx, s.Quotas, in.Project, in.UserID.Or(""))
	if err != nil {
		return out, err
	}
	used, err := quotaUse(ctx, s.DB.Reader, in.Project, in.UserID.Or(""))
	out.Quotas = quotaView(wire.Some(in.Project), func(r cloud.QuotaResource) compute.QuotaUse {
		return compute.QuotaUse{Limit: limits.Limit(r), InUse: used[r]}
	})
	return out, err
}

func (s *Service) showQuotaDefaults(ctx httpd.Ctx, project quotaProject, in compute.QuotaOf) (out compute.QuotaSet, err error) {
	out.Quotas = quotaView(wire.Some(in.Project), s.Quotas.Limit)
	return out, s.knownProject(ctx, project)
}

// quotaUse is what a project, or one user in it, has of what is counted there.
func quotaUse(ctx httpd.Ctx, r store.Reader, project, user string) (map[cloud.QuotaResource]int, error) {
	have, err := r.Usage(ctx, project)
	if user != "" {
		have, err = r.UsageOfUser(ctx, project, user)
	}
	return map[cloud.QuotaResource]int{
		cloud.QuotaInstances: have.Instances, cloud.QuotaCores: have.Cores, cloud.QuotaRAM: have.RAMMiB,
	}, err
}

// updateQuotas sets limits. Without force none may be below what is in use, and
// a user's none above the project's.
func (s *Service) updateQuotas(ctx httpd.Ctx, project quotaProject, in compute.QuotaUpdate) (out compute.QuotaSet, err error) {
	if err := s.knownProject(ctx, project); err != nil {
		return out, err
	}
	user := in.UserID.Or("")
	wanted := changedQuotas(in.Quotas)
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if !in.Quotas.Force.Or(false) {
			if err := s.checkQuotas(ctx, tx, in.Project, user, wanted); err != nil {
				return err
			}
		}
		return tx.SetLimits(ctx, in.Project, user, wanted)
	})
	if err != nil {
		return out, err
	}
	limits, err := s.DB.Limits(ctx, s.Quotas, in.Project, user)
	out.Quotas = quotaView(wire.Opt[string]{}, limits.Limit)
	return out, err
}

func changedQuotas(asked compute.QuotaChanges) cloud.Quotas {
	wanted := cloud.Quotas{}
	for resource, limit := range map[cloud.QuotaResource]wire.Opt[int]{
		cloud.QuotaInstances: asked.Instances, cloud.QuotaCores: asked.Cores, cloud.QuotaRAM: asked.RAM,
		cloud.QuotaFloatingIPs: asked.FloatingIPs, cloud.QuotaFixedIPs: asked.FixedIPs,
		cloud.QuotaMetadataItems: asked.MetadataItems, cloud.QuotaInjectedFiles: asked.InjectedFiles,
		cloud.QuotaInjectedFileContent: asked.InjectedFileContent, cloud.QuotaInjectedFilePath: asked.InjectedFilePath,
		cloud.QuotaKeyPairs: asked.KeyPairs, cloud.QuotaSecurityGroups: asked.SecurityGroups,
		cloud.QuotaSecurityGroupRules: asked.SecurityGroupRules, cloud.QuotaServerGroups: asked.ServerGroups,
		cloud.QuotaServerGroupMembers: asked.ServerGroupMembers,
	} {
		if limit.Set {
			wanted[resource] = limit.V
		}
	}
	return wanted
}

// noLimit sorts above every number.
func noLimit(n int) int {
	if n < 0 {
		return math.MaxInt
	}
	return n
}

func (s *Service) checkQuotas(ctx httpd.Ctx, tx *store.Tx, project, user string, wanted cloud.Quotas) error {
	used, err := quotaUse(ctx, tx.Reader, project, user)
	if err != nil {
		return err
	}
	most := cloud.Quotas{}
	if user != "" {
		if most, err = tx.Limits(ctx, s.Quotas, project, ""); err != nil {
			return err
		}
	}
	for _, resource := range slices.Sorted(maps.Keys(wanted)) {
		limit := wanted[resource]
		if noLimit(limit) < used[resource] {
			return fault.New(fault.BadRequest, "Quota limit %d for %s must be greater than or equal to already used and reserved %d.",
				limit, resource, used[resource])
		}
		if noLimit(limit) > noLimit(most.Limit(resource)) {
			return fault.New(fault.BadRequest, "Quota limit %d for %s must be less than or equal to %d.", limit, resource, most.Limit(resource))
		}
	}
	return nil
}

func (s *Service) deleteQuotas(ctx httpd.Ctx, project quotaProject, in compute.QuotaOf) (out wire.None, err error) {
	if err := s.knownProject(ctx, project); err != nil {
		return out, err
	}
	return out, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteLimits(ctx, in.Project, in.UserID.Or("")) })
}

// showLimits tells what a project may have and has: the caller's own, or the one
// named, which takes the right to see others even when it is the own.
func (s *Service) showLimits(ctx httpd.Ctx, in compute.LimitsQuery) (out compute.LimitsShown, err error) {
	project := ctx.Caller.ProjectID
	if in.Project.Set {
		project = in.Project.V
		if err := ctx.Authorize(compute.LimitsOfOthers, cloud.Target{"project_id": project}); err != nil {
			return out, err
		}
	}
	limits, err := s.DB.Limits(ctx, s.Quotas, project, "")
	if err != nil {
		return out, err
	}
	used, err := s.DB.Usage(ctx, project)
	out.Limits = compute.Limits{Rate: []any{}, Absolute: compute.AbsoluteLimits{
		MaxInstances: limits.Limit(cloud.QuotaInstances), MaxCores: limits.Limit(cloud.QuotaCores), MaxRAM: limits.Limit(cloud.QuotaRAM),
		MaxServerMeta: limits.Limit(cloud.QuotaMetadataItems), MaxImageMeta: limits.Limit(cloud.QuotaMetadataItems),
		MaxPersonality: limits.Limit(cloud.QuotaInjectedFiles), MaxPersonalitySize: limits.Limit(cloud.QuotaInjectedFileContent),
		MaxKeypairs: limits.Limit(cloud.QuotaKeyPairs), MaxServerGroups: limits.Limit(cloud.QuotaServerGroups),
		MaxServerGroupMembers: limits.Limit(cloud.QuotaServerGroupMembers), MaxFloatingIPs: limits.Limit(cloud.QuotaFloatingIPs),
		MaxSecurityGroups: limits.Limit(cloud.QuotaSecurityGroups), MaxSecurityGroupRules: limits.Limit(cloud.QuotaSecurityGroupRules),
		InstancesUsed: used.Instances, CoresUsed: used.Cores, RAMUsed: used.RAMMiB,
	}}
	return out, err
}
