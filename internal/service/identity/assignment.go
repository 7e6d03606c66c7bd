package identity

import (
	"context"
	"slices"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// grant is what the grant routes of projects, domains and the system are about,
// in one shape.
type grant struct {
	cloud.Assignment
	user   cloud.User
	domain string // of the project, or the domain itself
}

func (s *Service) mountAssignments(api *httpd.API) {
	onProject := func(in identity.ProjectGrant) cloud.Assignment {
		return cloud.Assignment{UserID: in.UserID, RoleID: in.RoleID, Kind: cloud.ProjectScope, TargetID: in.ProjectID}
	}
	onDomain := func(in identity.DomainGrant) cloud.Assignment {
		return cloud.Assignment{UserID: in.UserID, RoleID: in.RoleID, Kind: cloud.DomainScope, TargetID: in.DomainID}
	}
	onSystem := func(in identity.SystemGrant) cloud.Assignment {
		return cloud.Assignment{UserID: in.UserID, RoleID: in.RoleID, Kind: cloud.SystemScope}
	}
	mountGrants(s, api, onProject, identity.CheckProjectGrant, identity.CreateProjectGrant, identity.DeleteProjectGrant)
	mountGrants(s, api, onDomain, identity.CheckDomainGrant, identity.CreateDomainGrant, identity.DeleteDomainGrant)
	mountGrants(s, api, onSystem, identity.CheckSystemGrant, identity.CreateSystemGrant, identity.DeleteSystemGrant)
	mountGrantList(s, api, identity.ListProjectGrants, func(in identity.ProjectGrants) cloud.Assignment {
		return onProject(identity.ProjectGrant{ProjectID: in.ProjectID, UserID: in.UserID})
	})
	mountGrantList(s, api, identity.ListDomainGrants, func(in identity.DomainGrants) cloud.Assignment {
		return onDomain(identity.DomainGrant{DomainID: in.DomainID, UserID: in.UserID})
	})
	mountGrantList(s, api, identity.ListSystemGrants, func(in identity.SystemGrants) cloud.Assignment {
		return onSystem(identity.SystemGrant{UserID: in.UserID})
	})
	on(api, identity.ListAssignments, s.assignmentDomain, func(domain *string) cloud.Target {
		if *domain == "" {
			return cloud.Target{}
		}
		return cloud.Target{"target.domain_id": *domain}
	}, func(ctx httpd.Ctx, _ string, in identity.AssignmentQuery) (identity.Assignments, error) {
		return s.listAssignments(ctx, in)
	})
}

// mountGrants mounts the routes of one grant, whose path assignment reads.
func mountGrants[In any](s *Service, api *httpd.API, assignment func(In) cloud.Assignment, check, create, remove wire.Route[In, wire.None]) {
	load := func(ctx httpd.Ctx, in In) (grant, error) { return loadGrant(ctx, s.DB.Reader, assignment(in)) }
	on(api, check, load, grantTarget, func(ctx httpd.Ctx, g grant, _ In) (out wire.None, err error) {
		there, err := s.DB.Assigned(ctx, g.Assignment)
		if err == nil && !there {
			err = fault.New(fault.NotFound, "Could not find role assignment with role: %s, user or group: %s, project, domain, or system: %s.",
				g.RoleID, g.UserID, targetName(g.Assignment))
		}
		return out, err
	})
	on(api, create, load, grantTarget, func(ctx httpd.Ctx, g grant, _ In) (out wire.None, err error) {
		return out, s.change(ctx, func(tx *store.Tx) error {
			if _, err := loadGrant(ctx, tx.Reader, g.Assignment); err != nil {
				return err // it went away meanwhile
			}
			return tx.Assign(ctx, g.Assignment)
		})
	})
	on(api, remove, load, grantTarget, func(ctx httpd.Ctx, g grant, _ In) (out wire.None, err error) {
		return out, s.change(ctx, func(tx *store.Tx) error { return tx.Unassign(ctx, g.Assignment) })
	})
}

// mountGrantList mounts the route that lists what a user has on something.
func mountGrantList[In any](s *Service, api *httpd.API, route wire.Route[In, identity.Roles], assignment func(In) cloud.Assignment) {
	load := func(ctx httpd.Ctx, in In) (grant, error) { return loadGrant(ctx, s.DB.Reader, assignment(in)) }
	on(api, route, load, grantTarget, func(ctx httpd.Ctx, g grant, _ In) (out identity.Roles, err error) {
		kind := string(g.Kind)
		found, err := s.DB.Assignments(ctx, store.AssignmentFilter{UserID: &g.UserID, Kind: &kind, TargetID: &g.TargetID})
		if err != nil {
			return out, err
		}
		roles, err := readRoles(ctx, s.DB.Reader)
		if err != nil {
			return out, err
		}
		for _, a := range found {
			role := roles.roles[a.RoleID]
			out.Roles = append(out.Roles, roleView(ctx, &role))
		}
		out.Links = page(ctx)
		return out, nil
	})
}

// loadGrant finds what an assignment names; all of it must be there. An empty
// role stands for any.
func loadGrant(ctx context.Context, r store.Reader, a cloud.Assignment) (g grant, err error) {
	g.Assignment = a
	if a.RoleID != "" {
		if _, err = r.Role(ctx, a.RoleID); err != nil {
			return g, err
		}
	}
	if g.user, err = r.User(ctx, a.UserID); err != nil {
		return g, err
	}
	switch a.Kind {
	case cloud.ProjectScope:
		var p cloud.Project
		p, err = r.Project(ctx, a.TargetID)
		g.domain = p.DomainID
	case cloud.DomainScope:
		_, err = r.Domain(ctx, a.TargetID)
		g.domain = a.TargetID
	}
	return g, err
}

func grantTarget(g *grant) cloud.Target {
	t := cloud.Target{"target.user.domain_id": g.user.DomainID}
	switch g.Kind {
	case cloud.ProjectScope:
		t["target.project.domain_id"] = g.domain
	case cloud.DomainScope:
		t["target.domain.id"] = g.domain
	}
	return t
}

func targetName(a cloud.Assignment) string {
	if a.Kind == cloud.SystemScope {
		return "system"
	}
	return a.TargetID
}

// assignmentDomain is the domain that a list of assignments keeps to.
func (s *Service) assignmentDomain(ctx httpd.Ctx, in identity.AssignmentQuery) (string, error) {
	id, ok := in.ProjectID.Get()
	if !ok {
		return in.DomainID.Or(""), nil
	}
	p, err := s.DB.Project(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return "", nil // then the list is empty, for those who may see it
	}
	return p.DomainID, err
}

// asked reports whether a query parameter that counts by being there does.
func asked(o wire.Opt[string]) bool { return o.Set && o.V != "0" }

func (s *Service) listAssignments(ctx httpd.Ctx, in identity.AssignmentQuery) (out identity.Assignments, err error) {
	switch {
	case in.UserID.Set && in.GroupID.Set:
		return out, fault.New(fault.BadRequest, "Specify a user or group, not both")
	case in.ProjectID.Set && in.DomainID.Set:
		return out, fault.New(fault.BadRequest, "Specify a domain or project, not both")
	case in.System.Set && (in.ProjectID.Set || in.DomainID.Set):
		return out, fault.New(fault.BadRequest, "Specify the system, or a domain or project, not both")
	case asked(in.IncludeSubtree) && !in.ProjectID.Set:
		return out, fault.New(fault.BadRequest, "scope.project.id must be specified if include_subtree is also specified")
	}
	out.Links = page(ctx)
	if in.GroupID.Set || in.InheritedTo.Set { // there are neither groups nor inherited assignments
		return out, nil
	}
	filter := store.AssignmentFilter{UserID: in.UserID.Ptr()}
	kind := ""
	switch {
	case in.ProjectID.Set:
		kind, filter.TargetID = string(cloud.ProjectScope), in.ProjectID.Ptr()
	case in.DomainID.Set:
		kind, filter.TargetID = string(cloud.DomainScope), in.DomainID.Ptr()
	case in.System.Set:
		kind = string(cloud.SystemScope)
	}
	if kind != "" {
		filter.Kind = &kind
	}
	found, err := s.DB.Assignments(ctx, filter)
	if err != nil {
		return out, err
	}
	roles, err := readRoles(ctx, s.DB.Reader)
	if err != nil {
		return out, err
	}
	given := direct(found)
	if asked(in.Effective) {
		given = roles.effective(found)
	}
	if id, ok := in.RoleID.Get(); ok {
		given = slices.DeleteFunc(given, func(g effectiveRole) bool { return g.roleID != id })
	}
	names := &names{}
	if asked(in.IncludeNames) {
		if names, err = s.names(ctx, found); err != nil {
			return out, err
		}
		names.roles = roles.roles
	}
	out.Assignments = views(given, func(g *effectiveRole) identity.Assignment { return names.view(ctx, g) })
	return out, nil
}

// effectiveRole is a role that a user has, by an assignment or implied by one.
type effectiveRole struct {
	cloud.Assignment
	roleID  string // the role that the user has
	priorID string // the role that implies it; empty when it is assigned
}

func direct(found []cloud.Assignment) []effectiveRole {
	return views(found, func(a *cloud.Assignment) effectiveRole { return effectiveRole{*a, a.RoleID, ""} })
}

// effective adds what each assignment implies, each role once per user and
// target.
func (g *roleGraph) effective(found []cloud.Assignment) []effectiveRole {
	seen := map[cloud.Assignment]bool{}
	for _, a := range found {
		seen[a] = true
	}
	var all []effectiveRole
	for _, a := range found {
		all = append(all, effectiveRole{a, a.RoleID, ""})
		for queue := []string{a.RoleID}; len(queue) > 0; queue = queue[1:] {
			for _, id := range g.implied[queue[0]] {
				has := a
				has.RoleID = id
				if !seen[has] {
					seen[has] = true
					all = append(all, effectiveRole{a, id, queue[0]})
					queue = append(queue, id)
				}
			}
		}
	}
	return all
}

// names are those of what assignments name; without them only ids are shown.
type names struct {
	with     bool
	users    map[string]cloud.User
	projects map[string]cloud.Project
	domains  map[string]cloud.Domain
	roles    map[string]cloud.Role
}

func (s *Service) names(ctx context.Context, found []cloud.Assignment) (*names, error) {
	n := &names{with: true, users: map[string]cloud.User{}, projects: map[string]cloud.Project{}, domains: map[string]cloud.Domain{}}
	userIDs, targetIDs := []string{}, []string{}
	for _, a := range found {
		userIDs = append(userIDs, a.UserID)
		targetIDs = append(targetIDs, a.TargetID)
	}
	users, err := s.DB.Users(ctx, store.UserFilter{IDs: userIDs})
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		n.users[u.ID] = u
	}
	projects, err := s.DB.Projects(ctx, store.ProjectFilter{IDs: targetIDs})
	if err != nil {
		return nil, err
	}
	for _, p := range projects {
		n.projects[p.ID] = p
	}
	domains, err := s.DB.Domains(ctx, store.DomainFilter{})
	for _, d := range domains {
		n.domains[d.ID] = d
	}
	return n, err
}

func (n *names) named(name string) (o wire.Opt[string]) {
	if n.with {
		o = wire.Some(name)
	}
	return o
}

func (n *names) party(id, name, domainID string) identity.AssignmentParty {
	p := identity.AssignmentParty{ID: id, Name: n.named(name)}
	if n.with {
		p.Domain = wire.Some(identity.Ref{ID: domainID, Name: n.domains[domainID].Name})
	}
	return p
}

func (n *names) view(ctx httpd.Ctx, g *effectiveRole) identity.Assignment {
	user, project := n.users[g.UserID], n.projects[g.TargetID]
	view := identity.Assignment{
		User: n.party(g.UserID, user.Name, user.DomainID),
		Role: identity.AssignmentRole{ID: g.roleID, Name: n.named(n.roles[g.roleID].Name)},
	}
	path := "/system"
	switch g.Kind {
	case cloud.ProjectScope:
		path = "/projects/" + g.TargetID
		view.Scope.Project = wire.Some(n.party(g.TargetID, project.Name, project.DomainID))
	case cloud.DomainScope:
		path = "/domains/" + g.TargetID
		view.Scope.Domain = wire.Some(identity.AssignmentRole{ID: g.TargetID, Name: n.named(n.domains[g.TargetID].Name)})
	case cloud.SystemScope:
		view.Scope.System = wire.Some(identity.SystemScope{All: wire.Some(true)})
	}
	view.Links.Assignment = ctx.Self(path + "/users/" + g.UserID + "/roles/" + g.RoleID)
	if g.priorID != "" { // the order of the two is Keystone's
		view.Links.PriorRole = wire.Some(ctx.Self("/prior_role/" + g.roleID + "/implies/" + g.priorID))
	}
	return view
}
