package identity

import (
	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
)

// defaultDomain is the id of the domain that is always there.
const defaultDomain = "default"

func (s *Service) mountDomains(api *httpd.API) {
	plain(api, identity.ListDomains, noDomain, s.listDomains)
	plain(api, identity.ListAuthDomains, noDomain, s.listAuthDomains)
	on(api, identity.ShowDomain, s.loadDomain, domainTarget, s.showDomain)
	plain(api, identity.CreateDomain, noDomain, s.createDomain)
	plain(api, identity.UpdateDomain, noDomain, s.updateDomain)
	plain(api, identity.DeleteDomain, noDomain, s.deleteDomain)
}

func (s *Service) loadDomain(ctx httpd.Ctx, in identity.DomainID) (cloud.Domain, error) {
	return s.DB.Domain(ctx, in.ID)
}

func domainTarget(d *cloud.Domain) cloud.Target { return cloud.Target{"target.domain.id": d.ID} }

func domainView(ctx httpd.Ctx, d *cloud.Domain) identity.Domain {
	return identity.Domain{
		ID: d.ID, Name: d.Name, Description: d.Description, Enabled: d.Enabled, Tags: d.Tags,
		Options: options(d.Immutable), Links: self(ctx, "/domains/"+d.ID),
	}
}

func (s *Service) listDomains(ctx httpd.Ctx, in identity.DomainQuery) (out identity.Domains, err error) {
	filter := store.DomainFilter{Name: in.Name.Ptr()}
	if filter.Enabled, err = flag("enabled", in.Enabled); err != nil {
		return out, err
	}
	return s.domainPage(ctx, filter)
}

// listAuthDomains is the domains that the caller has a role on.
func (s *Service) listAuthDomains(ctx httpd.Ctx, _ wire.None) (out identity.Domains, err error) {
	kind := string(cloud.DomainScope)
	found, err := s.DB.Assignments(ctx, store.AssignmentFilter{UserID: &ctx.Caller.UserID, Kind: &kind})
	if err != nil {
		return out, err
	}
	yes := true
	return s.domainPage(ctx, store.DomainFilter{
		Enabled: &yes, IDs: views(found, func(a *cloud.Assignment) string { return a.TargetID }),
	})
}

func (s *Service) domainPage(ctx httpd.Ctx, filter store.DomainFilter) (out identity.Domains, err error) {
	found, err := s.DB.Domains(ctx, filter)
	out.Domains = views(found, func(d *cloud.Domain) identity.Domain { return domainView(ctx, d) })
	out.Links = page(ctx)
	return out, err
}

func (s *Service) showDomain(ctx httpd.Ctx, d cloud.Domain, _ identity.DomainID) (out identity.DomainShown, err error) {
	out.Domain = domainView(ctx, &d)
	return out, nil
}

func (s *Service) createDomain(ctx httpd.Ctx, in identity.DomainCreate) (out identity.DomainShown, err error) {
	asked := in.Domain
	d := cloud.Domain{
		ID: s.newID(), Name: asked.Name, Description: asked.Description.Or(""), Enabled: asked.Enabled.Or(true),
		Tags: asked.Tags.Or(nil), Immutable: asked.Options.Or(identity.Immutable{}).Immutable.Ptr(),
	}
	if err := s.change(ctx, func(tx *store.Tx) error { return tx.CreateDomain(ctx, &d) }); err != nil {
		return out, err
	}
	out.Domain = domainView(ctx, &d)
	return out, nil
}

func (s *Service) updateDomain(ctx httpd.Ctx, in identity.DomainUpdate) (out identity.DomainShown, err error) {
	var d cloud.Domain
	err = s.change(ctx, func(tx *store.Tx) (err error) {
		if d, err = tx.Domain(ctx, in.ID); err != nil {
			return err
		}
		was, any := d.Enabled, false
		set(&d.Name, in.Domain.Name, &any)
		set(&d.Description, in.Domain.Description, &any)
		set(&d.Enabled, in.Domain.Enabled, &any)
		set(&d.Tags, in.Domain.Tags, &any)
		if err := setImmutable(&d.Immutable, in.Domain.Options, &any, "domain", d.ID); err != nil {
			return err
		}
		if !any {
			return nothingToChange("domain")
		}
		if was && !d.Enabled {
			if err := s.revoke(ctx, tx, cloud.RevokedDomain, d.ID); err != nil {
				return err
			}
		}
		return tx.UpdateDomain(ctx, &d)
	})
	if err != nil {
		return out, err
	}
	out.Domain = domainView(ctx, &d)
	return out, nil
}

func (s *Service) deleteDomain(ctx httpd.Ctx, in identity.DomainID) (out wire.None, err error) {
	return out, s.change(ctx, func(tx *store.Tx) error {
		d, err := tx.Domain(ctx, in.ID)
		if err != nil {
			return err
		}
		if err := mutable(d.Immutable, "domain", d.ID); err != nil {
			return err
		}
		return tx.DeleteDomain(ctx, in.ID)
	})
}
