package identity

import (
	"slices"
	"strings"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountProjects(api *httpd.API) {
	plain(api, identity.ListProjects, func(ctx httpd.Ctx, in identity.ProjectQuery) string {
		return in.DomainID.Or(ctx.Caller.DomainID)
	}, s.listProjects)
	plain(api, identity.ListAuthProjects, noDomain, s.listAuthProjects)
	on(api, identity.ShowProject, s.loadProject, projectTarget, s.showProject)
	plain(api, identity.CreateProject, noDomain, s.createProject)
	plain(api, identity.UpdateProject, noDomain, s.updateProject)
	plain(api, identity.DeleteProject, noDomain, s.deleteProject)
}

func (s *Service) loadProject(ctx httpd.Ctx, in identity.ProjectID) (identity.Project, error) {
	p, err := s.DB.Project(ctx, in.ID)
	if !fault.Is(err, fault.NotFound) {
		return projectView(ctx, &p), err
	}
	d, derr := s.DB.Domain(ctx, in.ID)
	if fault.Is(derr, fault.NotFound) {
		return identity.Project{}, err
	}
	return domainAsProject(ctx, &d), derr
}

func projectTarget(p *identity.Project) cloud.Target {
	t := cloud.Target{"target.project.id": p.ID}
	if p.DomainID != nil {
		t["target.project.domain_id"] = *p.DomainID
	}
	return t
}

func projectView(ctx httpd.Ctx, p *cloud.Project) identity.Project {
	return identity.Project{
		ID: p.ID, Name: p.Name, DomainID: &p.DomainID, Description: p.Description, Enabled: p.Enabled, ParentID: &p.DomainID,
		Tags: p.Tags, Options: options(p.Immutable), Links: self(ctx, "/projects/"+p.ID),
	}
}

// domainAsProject is a domain the way GET /projects?is_domain=true shows it.
func domainAsProject(ctx httpd.Ctx, d *cloud.Domain) identity.Project {
	return identity.Project{
		ID: d.ID, Name: d.Name, Description: d.Description, Enabled: d.Enabled, IsDomain: true,
		Tags: d.Tags, Options: options(d.Immutable), Links: self(ctx, "/projects/"+d.ID),
	}
}

func (s *Service) listProjects(ctx httpd.Ctx, in identity.ProjectQuery) (out identity.Projects, err error) {
	out.Links = page(ctx)
	enabled, err := flag("enabled", in.Enabled)
	if err != nil {
		return out, err
	}
	domains, err := flag("is_domain", in.IsDomain)
	if err != nil {
		return out, err
	}
	if domains != nil && *domains {
		if in.DomainID.Set || in.ParentID.Set { // a domain has neither
			return out, nil
		}
		found, err := s.DB.Domains(ctx, store.DomainFilter{Name: in.Name.Ptr(), Enabled: enabled})
		out.Projects = views(found, func(d *cloud.Domain) identity.Project { return domainAsProject(ctx, d) })
		return out, err
	}
	filter := store.ProjectFilter{Name: in.Name.Ptr(), DomainID: in.DomainID.Ptr(), Enabled: enabled}
	if filter.DomainID == nil && ctx.Caller.DomainID != "" {
		filter.DomainID = &ctx.Caller.DomainID
	}
	if parent, ok := in.ParentID.Get(); ok {
		if filter.DomainID != nil && *filter.DomainID != parent {
			return out, nil // a project's parent is its domain
		}
		filter.DomainID = &parent
	}
	found, err := s.DB.Projects(ctx, filter)
	if tags, ok := in.Tags.Get(); ok {
		found = slices.DeleteFunc(found, func(p cloud.Project) bool { return !hasTags(p.Tags, tags) })
	}
	out.Projects = views(found, func(p *cloud.Project) identity.Project { return projectView(ctx, p) })
	return out, err
}

// hasTags reports whether all of wanted, separated by commas, are in tags.
func hasTags(tags []string, wanted string) bool {
	for tag := range strings.SplitSeq(wanted, ",") {
		if !slices.Contains(tags, tag) {
			return false
		}
	}
	return true
}

// listAuthProjects is the projects that the caller could get a token for.
func (s *Service) listAuthProjects(ctx httpd.Ctx, _ wire.None) (identity.Projects, error) {
	yes := true
	return s.userProjects(ctx, store.ProjectFilter{UserID: ctx.Caller.UserID, Enabled: &yes})
}

func (s *Service) userProjects(ctx httpd.Ctx, filter store.ProjectFilter) (out identity.Projects, err error) {
	found, err := s.DB.Projects(ctx, filter)
	out.Projects = views(found, func(p *cloud.Project) identity.Project { return projectView(ctx, p) })
	out.Links = page(ctx)
	return out, err
}

func (s *Service) showProject(_ httpd.Ctx, p identity.Project, _ identity.ProjectID) (out identity.ProjectShown, err error) {
	out.Project = p
	return out, nil
}

// callersDomain is where things are made when a request names no domain.
func callersDomain(c *cloud.Caller) string {
	switch {
	case c.DomainID != "":
		return c.DomainID
	case c.ProjectDomainID != "":
		return c.ProjectDomainID
	}
	return defaultDomain
}

func (s *Service) createProject(ctx httpd.Ctx, in identity.ProjectCreate) (out identity.ProjectShown, err error) {
	asked := in.Project
	if asked.IsDomain.Or(false) {
		return out, fault.New(fault.BadRequest, "A project that acts as a domain is made with POST /v3/domains.")
	}
	parent, hasParent := asked.ParentID.Get()
	p := cloud.Project{
		ID: s.newID(), Name: asked.Name, DomainID: asked.DomainID.Or(callersDomain(ctx.Caller)),
		Description: asked.Description.Or(""), Enabled: asked.Enabled.Or(true), Tags: asked.Tags.Or(nil),
		Immutable: asked.Options.Or(identity.Immutable{}).Immutable.Ptr(),
	}
	err = s.change(ctx, func(tx *store.Tx) error {
		if hasParent {
			_, err := tx.Domain(ctx, parent)
			switch {
			case fault.Is(err, fault.NotFound):
				if _, err := tx.Project(ctx, parent); fault.Is(err, fault.NotFound) {
					return fault.New(fault.BadRequest, "Could not find project: %s.", parent)
				}
				return fault.New(fault.BadRequest, "Projects below projects are not supported: leave parent_id out, or make it the domain's.")
			case err != nil:
				return err
			case asked.DomainID.Or(parent) != parent:
				return fault.New(fault.BadRequest, "The parent %s is another domain than domain_id %s.", parent, p.DomainID)
			}
			p.DomainID = parent
		}
		return tx.CreateProject(ctx, &p)
	})
	if err != nil {
		return out, err
	}
	out.Project = projectView(ctx, &p)
	return out, nil
}

func (s *Service) updateProject(ctx httpd.Ctx, in identity.ProjectUpdate) (out identity.ProjectShown, err error) {
	var p cloud.Project
	err = s.change(ctx, func(tx *store.Tx) (err error) {
		if p, err = tx.Project(ctx, in.ID); err != nil {
			return err
		}
		if in.Project.DomainID.Or(p.DomainID) != p.DomainID {
			return fault.New(fault.BadRequest, "The domain of a project cannot change.")
		}
		was, any := p.Enabled, in.Project.DomainID.Set
		set(&p.Name, in.Project.Name, &any)
		set(&p.Description, in.Project.Description, &any)
		set(&p.Enabled, in.Project.Enabled, &any)
		set(&p.Tags, in.Project.Tags, &any)
		if err := setImmutable(&p.Immutable, in.Project.Options, &any, "project", p.ID); err != nil {
			return err
		}
		if !any {
			return nothingToChange("project")
		}
		if was && !p.Enabled {
			if err := s.revoke(ctx, tx, cloud.RevokedProject, p.ID); err != nil {
				return err
			}
		}
		return tx.UpdateProject(ctx, &p)
	})
	if err != nil {
		return out, err
	}
	out.Project = projectView(ctx, &p)
	return out, nil
}

func (s *Service) deleteProject(ctx httpd.Ctx, in identity.ProjectID) (out wire.None, err error) {
	return out, s.change(ctx, func(tx *store.Tx) error {
		p, err := tx.Project(ctx, in.ID)
		if err != nil {
			return err
		}
		if err := mutable(p.Immutable, "project", p.ID); err != nil {
			return err
		}
		return tx.DeleteProject(ctx, in.ID)
	})
}
