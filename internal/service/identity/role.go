package identity

import (
	"maps"
	"slices"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountRoles(api *httpd.API) {
	plain(api, identity.ListRoles, noDomain, s.listRoles)
	plain(api, identity.ShowRole, noDomain, s.showRole)
	plain(api, identity.CreateRole, noDomain, s.createRole)
	plain(api, identity.UpdateRole, noDomain, s.updateRole)
	plain(api, identity.DeleteRole, noDomain, s.deleteRole)
	plain(api, identity.ListInferences, noDomain, s.listInferences)
	plain(api, identity.ListImpliedRoles, noDomain, s.listImpliedRoles)
	plain(api, identity.ShowImpliedRole, noDomain, s.showImpliedRole)
	plain(api, identity.CreateImpliedRole, noDomain, s.createImpliedRole)
	plain(api, identity.DeleteImpliedRole, noDomain, s.deleteImpliedRole)
}

func roleView(ctx httpd.Ctx, o *cloud.Role) identity.Role {
	return identity.Role{
		ID: o.ID, Name: o.Name, Description: o.Description, Options: options(o.Immutable), Links: self(ctx, "/roles/"+o.ID),
	}
}

func roleBrief(ctx httpd.Ctx, o *cloud.Role) identity.RoleBrief {
	return identity.RoleBrief{ID: o.ID, Name: o.Name, Links: self(ctx, "/roles/"+o.ID)}
}

func (s *Service) listRoles(ctx httpd.Ctx, in identity.RoleQuery) (out identity.Roles, err error) {
	out.Links = page(ctx)
	if in.DomainID.Set { // roles of one domain are not supported, so none has any
		return out, nil
	}
	found, err := s.DB.Roles(ctx, in.Name.Ptr())
	out.Roles = views(found, func(o *cloud.Role) identity.Role { return roleView(ctx, o) })
	return out, err
}

func (s *Service) showRole(ctx httpd.Ctx, in identity.RoleID) (out identity.RoleShown, err error) {
	o, err := s.DB.Role(ctx, in.ID)
	out.Role = roleView(ctx, &o)
	return out, err
}

func (s *Service) createRole(ctx httpd.Ctx, in identity.RoleCreate) (out identity.RoleShown, err error) {
	if _, ok := in.Role.DomainID.Get(); ok {
		return out, fault.New(fault.BadRequest, "Roles of one domain are not supported: leave domain_id out.")
	}
	o := cloud.Role{
		ID: s.newID(), Name: in.Role.Name, Description: in.Role.Description.Ptr(),
		Immutable: in.Role.Options.Or(identity.Immutable{}).Immutable.Ptr(),
	}
	if err := s.change(ctx, func(tx *store.Tx) error { return tx.CreateRole(ctx, &o) }); err != nil {
		return out, err
	}
	out.Role = roleView(ctx, &o)
	return out, nil
}

func (s *Service) updateRole(ctx httpd.Ctx, in identity.RoleUpdate) (out identity.RoleShown, err error) {
	var o cloud.Role
	err = s.change(ctx, func(tx *store.Tx) (err error) {
		if o, err = tx.Role(ctx, in.ID); err != nil {
			return err
		}
		any := false
		set(&o.Name, in.Role.Name, &any)
		setPtr(&o.Description, in.Role.Description, &any)
		if err := setImmutable(&o.Immutable, in.Role.Options, &any, "role", o.ID); err != nil {
			return err
		}
		if !any {
			return nothingToChange("role")
		}
		return tx.UpdateRole(ctx, &o)
	})
	if err != nil {
		return out, err
	}
	out.Role = roleView(ctx, &o)
	return out, nil
}

func (s *Service) deleteRole(ctx httpd.Ctx, in identity.RoleID) (out wire.None, err error) {
	return out, s.change(ctx, func(tx *store.Tx) error {
		o, err := tx.Role(ctx, in.ID)
		if err != nil {
			return err
		}
		if err := mutable(o.Immutable, "role", o.ID); err != nil {
			return err
		}
		return tx.DeleteRole(ctx, in.ID)
	})
}

func (g *roleGraph) inference(ctx httpd.Ctx, priorID string) identity.Inference {
	prior := g.roles[priorID]
	view := identity.Inference{Prior: roleBrief(ctx, &prior)}
	for _, id := range g.implied[priorID] {
		o := g.roles[id]
		view.Implies = append(view.Implies, roleBrief(ctx, &o))
	}
	return view
}

func (s *Service) listInferences(ctx httpd.Ctx, _ wire.None) (out identity.Inferences, err error) {
	g, err := readRoles(ctx, s.DB.Reader)
	if err != nil {
		return out, err
	}
	out.Links = self(ctx, "/role_inferences")
	priors := slices.Collect(maps.Keys(g.implied))
	g.sort(priors)
	for _, id := range priors {
		out.Inferences = append(out.Inferences, g.inference(ctx, id))
	}
	return out, nil
}

func (s *Service) listImpliedRoles(ctx httpd.Ctx, in identity.PriorRoleID) (out identity.InferenceShown, err error) {
	if _, err := s.DB.Role(ctx, in.ID); err != nil {
		return out, err
	}
	g, err := readRoles(ctx, s.DB.Reader)
	if err != nil {
		return out, err
	}
	out.Inference = g.inference(ctx, in.ID)
	out.Links = self(ctx, "/roles/"+in.ID+"/implies")
	return out, nil
}

// implication finds both roles of a path.
func implication(ctx httpd.Ctx, r store.Reader, in identity.ImpliedRoleID) (out identity.OneInferenceShown, err error) {
	prior, err := r.Role(ctx, in.Prior)
	if err != nil {
		return out, err
	}
	implied, err := r.Role(ctx, in.Implied)
	if err != nil {
		return out, err
	}
	out.Inference = identity.OneInference{Prior: roleBrief(ctx, &prior), Implies: roleBrief(ctx, &implied)}
	out.Links = self(ctx, "/roles/"+in.Prior+"/implies/"+in.Implied)
	return out, nil
}

func (s *Service) showImpliedRole(ctx httpd.Ctx, in identity.ImpliedRoleID) (out identity.OneInferenceShown, err error) {
	out, err = implication(ctx, s.DB.Reader, in)
	if err != nil {
		return out, err
	}
	all, err := s.DB.Implications(ctx)
	if err == nil && !slices.Contains(all, cloud.Implication{PriorID: in.Prior, ImpliedID: in.Implied}) {
		err = fault.New(fault.NotFound, "%s does not imply %s.", in.Prior, in.Implied)
	}
	return out, err
}

func (s *Service) createImpliedRole(ctx httpd.Ctx, in identity.ImpliedRoleID) (out identity.OneInferenceShown, err error) {
	err = s.change(ctx, func(tx *store.Tx) (err error) {
		if out, err = implication(ctx, tx.Reader, in); err != nil {
			return err
		}
		// As in Keystone: to imply admin would hand out everything unseen.
		if out.Inference.Implies.Name == roleAdmin {
			return fault.New(fault.Forbidden, "The role %s cannot be implied by another.", roleAdmin)
		}
		if in.Prior == in.Implied {
			return fault.New(fault.BadRequest, "A role cannot imply itself.")
		}
		return tx.CreateImplication(ctx, cloud.Implication{PriorID: in.Prior, ImpliedID: in.Implied})
	})
	return out, err
}

func (s *Service) deleteImpliedRole(ctx httpd.Ctx, in identity.ImpliedRoleID) (out wire.None, err error) {
	return out, s.change(ctx, func(tx *store.Tx) error {
		return tx.DeleteImplication(ctx, cloud.Implication{PriorID: in.Prior, ImpliedID: in.Implied})
	})
}
