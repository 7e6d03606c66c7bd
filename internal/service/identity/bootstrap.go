package identity

import (
	"context"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// The names that a new cloud begins with.
const (
	roleAdmin   = "admin"
	roleManager = "manager"
	roleMember  = "member"
	roleReader  = "reader"
	roleService = "service"

	// DefaultRegion is the region of a new cloud's endpoints.
	DefaultRegion = "RegionOne"
)

// BootService is a service that a cloud has from the start, at one URL for all
// interfaces.
type BootService struct{ Type, Name, URL string }

// Boot is what a cloud has from the start.
type Boot struct {
	AdminPassword cloud.Secret // of the user admin
	DemoPassword  cloud.Secret // of the user demo
	Region        string       // empty: DefaultRegion
	Services      []BootService
}

// Bootstrap makes what is missing of a cloud's beginning: the domain Default,
// the projects admin, demo and service, the users admin and demo, the roles
// with what they imply, the grants, the region, and the services with their
// endpoints, whose URLs it also brings up to date. The password of a user that
// is there already stays as it is.
func (s *Service) Bootstrap(ctx context.Context, boot Boot) error {
	b := &bootstrap{s: s, boot: boot, hashes: map[string]string{}}
	for name, password := range map[string]cloud.Secret{"admin": boot.AdminPassword, "demo": boot.DemoPassword} {
		_, err := s.DB.UserNamed(ctx, defaultDomain, name)
		if !fault.Is(err, fault.NotFound) {
			if err != nil {
				return err
			}
			continue
		}
		if b.hashes[name], err = s.hash(ctx, password); err != nil {
			return err
		}
	}
	return s.change(ctx, func(tx *store.Tx) error { return b.run(ctx, tx) })
}

type bootstrap struct {
	s      *Service
	boot   Boot
	hashes map[string]string // of the passwords of the users that are missing
}

// ensure looks for something and makes it when it is missing.
func ensure[T any](find func() (T, error), made T, create func(*T) error) (T, error) {
	found, err := find()
	if !fault.Is(err, fault.NotFound) {
		return found, err
	}
	return made, create(&made)
}

func (b *bootstrap) run(ctx context.Context, tx *store.Tx) error {
	_, err := ensure(
		func() (cloud.Domain, error) { return tx.Domain(ctx, defaultDomain) },
		cloud.Domain{ID: defaultDomain, Name: "Default", Description: "The default domain", Enabled: true},
		func(d *cloud.Domain) error { return tx.CreateDomain(ctx, d) })
	if err != nil {
		return err
	}
	roles, err := b.roles(ctx, tx)
	if err != nil {
		return err
	}
	projects := map[string]string{}
	for _, name := range []string{"admin", "demo", "service"} {
		p, err := ensure(
			func() (cloud.Project, error) { return tx.ProjectNamed(ctx, defaultDomain, name) },
			cloud.Project{ID: b.s.newID(), Name: name, DomainID: defaultDomain, Enabled: true},
			func(p *cloud.Project) error { return tx.CreateProject(ctx, p) })
		if err != nil {
			return err
		}
		projects[name] = p.ID
	}
	admin, err := b.user(ctx, tx, "admin", "")
	if err != nil {
		return err
	}
	demo, err := b.user(ctx, tx, "demo", projects["demo"])
	if err != nil {
		return err
	}
	for _, a := range []cloud.Assignment{
		{UserID: admin, RoleID: roles[roleAdmin], Kind: cloud.ProjectScope, TargetID: projects["admin"]},
		{UserID: admin, RoleID: roles[roleAdmin], Kind: cloud.DomainScope, TargetID: defaultDomain},
		{UserID: admin, RoleID: roles[roleAdmin], Kind: cloud.SystemScope},
		{UserID: demo, RoleID: roles[roleMember], Kind: cloud.ProjectScope, TargetID: projects["demo"]},
	} {
		if err := tx.Assign(ctx, a); err != nil {
			return err
		}
	}
	return b.catalog(ctx, tx)
}

// roles makes the roles and what they imply: admin manager, manager member,
// member reader. Service stands alone.
func (b *bootstrap) roles(ctx context.Context, tx *store.Tx) (ids map[string]string, err error) {
	ids = map[string]string{}
	immutable := true
	for _, name := range []string{roleAdmin, roleManager, roleMember, roleReader, roleService} {
		o, err := ensure(
			func() (cloud.Role, error) { return tx.RoleNamed(ctx, name) },
			cloud.Role{ID: b.s.newID(), Name: name, Immutable: &immutable},
			func(o *cloud.Role) error { return tx.CreateRole(ctx, o) })
		if err != nil {
			return nil, err
		}
		ids[name] = o.ID
	}
	for _, pair := range [][2]string{{roleAdmin, roleManager}, {roleManager, roleMember}, {roleMember, roleReader}} {
		if err := tx.CreateImplication(ctx, cloud.Implication{PriorID: ids[pair[0]], ImpliedID: ids[pair[1]]}); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (b *bootstrap) user(ctx context.Context, tx *store.Tx, name, defaultProject string) (id string, err error) {
	u, err := ensure(
		func() (cloud.User, error) { return tx.UserNamed(ctx, defaultDomain, name) },
		cloud.User{
			ID: b.s.newID(), Name: name, DomainID: defaultDomain, Enabled: true,
			DefaultProjectID: defaultProject, PasswordHash: b.hashes[name],
		},
		func(u *cloud.User) error { return tx.CreateUser(ctx, u) })
	return u.ID, err
}

func (b *bootstrap) catalog(ctx context.Context, tx *store.Tx) error {
	region := b.boot.Region
	if region == "" {
		region = DefaultRegion
	}
	_, err := ensure(
		func() (cloud.Region, error) { return tx.Region(ctx, region) },
		cloud.Region{ID: region},
		func(g *cloud.Region) error { return tx.CreateRegion(ctx, g) })
	if err != nil {
		return err
	}
	for _, want := range b.boot.Services {
		found, err := tx.CatalogServices(ctx, store.CatalogServiceFilter{Type: &want.Type, Name: &want.Name})
		if err != nil {
			return err
		}
		service := cloud.CatalogService{ID: b.s.newID(), Type: want.Type, Name: want.Name, Enabled: true}
		if len(found) > 0 {
			service = found[0]
		} else if err := tx.CreateCatalogService(ctx, &service); err != nil {
			return err
		}
		for _, side := range []string{"public", "internal", "admin"} {
			if err := b.endpoint(ctx, tx, service.ID, side, region, want.URL); err != nil {
				return err
			}
		}
	}
	return nil
}

// endpoint makes an endpoint, or moves the one that is there to the URL.
func (b *bootstrap) endpoint(ctx context.Context, tx *store.Tx, serviceID, side, region, url string) error {
	found, err := tx.CatalogEndpoints(ctx, store.CatalogEndpointFilter{ServiceID: &serviceID, Interface: &side, RegionID: &region})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return tx.CreateCatalogEndpoint(ctx, &cloud.CatalogEndpoint{
			ID: b.s.newID(), ServiceID: serviceID, Interface: side, RegionID: region, URL: url, Enabled: true,
		})
	}
	if found[0].URL == url {
		return nil
	}
	found[0].URL = url
	return tx.UpdateCatalogEndpoint(ctx, &found[0])
}
