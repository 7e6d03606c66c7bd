package identity

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/token"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// session is what a token is good for at the moment: everything it names is
// there and enabled, and nothing revokes it.
type session struct {
	token.Payload
	user       cloud.User
	userDomain cloud.Domain
	project    cloud.Project // of a token for a project
	domain     cloud.Domain  // the project's, or that of a token for a domain
	roles      []cloud.Role  // implied ones included; none when unscoped
}

// errDead says that a token, or a login, is good for nothing. Why is for the
// log only: who asks is a stranger.
var errDead = fault.New(fault.Unauthorized, "The request you have made requires authentication.")

// dead turns "there is no such thing" into errDead.
func dead(err error) error {
	if fault.Is(err, fault.NotFound) {
		return errDead
	}
	return err
}

// live looks up what a payload is good for; errDead when for nothing.
func (s *Service) live(ctx context.Context, p token.Payload) (*session, error) {
	live := &session{Payload: p}
	var err error
	if live.user, err = s.DB.User(ctx, p.UserID); err != nil {
		return nil, dead(err)
	}
	if live.userDomain, err = s.DB.Domain(ctx, live.user.DomainID); err != nil {
		return nil, dead(err)
	}
	if !live.user.Enabled || !live.userDomain.Enabled {
		return nil, errDead
	}
	kind := cloud.SystemScope
	switch p.Scope {
	case token.Project:
		kind = cloud.ProjectScope
		if live.project, err = s.DB.Project(ctx, p.ScopeID); err != nil {
			return nil, dead(err)
		}
		if live.domain, err = s.DB.Domain(ctx, live.project.DomainID); err != nil {
			return nil, dead(err)
		}
		if !live.project.Enabled || !live.domain.Enabled {
			return nil, errDead
		}
	case token.Domain:
		kind = cloud.DomainScope
		if live.domain, err = s.DB.Domain(ctx, p.ScopeID); err != nil {
			return nil, dead(err)
		}
		if !live.domain.Enabled {
			return nil, errDead
		}
	}
	if p.Scope != token.Unscoped {
		if live.roles, err = effectiveRoles(ctx, s.DB.Reader, p.UserID, kind, p.ScopeID); err != nil {
			return nil, err
		}
		if len(live.roles) == 0 {
			return nil, errDead
		}
	}
	return live, s.unrevoked(ctx, live)
}

// unrevoked asks whether a revocation stands against a session. What is about
// the user ends all that came of the logins up to a time; the rest ends the
// tokens made up to a time.
func (s *Service) unrevoked(ctx context.Context, live *session) error {
	made, ok := auditTime(live.AuditIDs[0])
	proved, ok2 := auditTime(live.AuditIDs[len(live.AuditIDs)-1])
	if !ok || !ok2 {
		return errDead
	}
	ids := []string{live.AuditIDs[0], live.user.ID, live.userDomain.ID, live.project.ID, live.domain.ID}
	found, err := s.DB.Revocations(ctx, slices.DeleteFunc(ids, func(id string) bool { return id == "" }))
	if err != nil {
		return err
	}
	for _, v := range found {
		at := made
		if v.Kind == cloud.RevokedUser {
			at = proved
		}
		if v.Kind == cloud.RevokedToken || !at.After(v.Before) {
			return errDead
		}
	}
	return nil
}

// effectiveRoles returns the roles that a user has on something, assigned ones
// first, then those that they imply, each once and by name.
func effectiveRoles(ctx context.Context, r store.Reader, userID string, kind cloud.ScopeKind, targetID string) ([]cloud.Role, error) {
	k := string(kind)
	assigned, err := r.Assignments(ctx, store.AssignmentFilter{UserID: &userID, Kind: &k, TargetID: &targetID})
	if err != nil || len(assigned) == 0 {
		return nil, err
	}
	g, err := readRoles(ctx, r)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range assigned {
		ids = append(ids, a.RoleID)
	}
	g.sort(ids)
	return g.with(ids), nil
}

// roleGraph is all roles and what they imply.
type roleGraph struct {
	roles   map[string]cloud.Role
	implied map[string][]string
}

func readRoles(ctx context.Context, r store.Reader) (*roleGraph, error) {
	roles, err := r.Roles(ctx, nil)
	if err != nil {
		return nil, err
	}
	implications, err := r.Implications(ctx)
	if err != nil {
		return nil, err
	}
	g := &roleGraph{roles: map[string]cloud.Role{}, implied: map[string][]string{}}
	for _, o := range roles {
		g.roles[o.ID] = o
	}
	for _, i := range implications {
		g.implied[i.PriorID] = append(g.implied[i.PriorID], i.ImpliedID)
	}
	for _, ids := range g.implied {
		g.sort(ids)
	}
	return g, nil
}

// sort orders ids of roles by the roles' names.
func (g *roleGraph) sort(ids []string) {
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(g.roles[a].Name, g.roles[b].Name) })
}

// with returns the roles ids and all that they imply, each once; rings among
// implications do no harm.
func (g *roleGraph) with(ids []string) []cloud.Role {
	var all []cloud.Role
	seen := map[string]bool{}
	for queue := slices.Clone(ids); len(queue) > 0; queue = queue[1:] {
		id := queue[0]
		role, there := g.roles[id]
		if seen[id] || !there {
			continue
		}
		seen[id] = true
		all = append(all, role)
		queue = append(queue, g.implied[id]...)
	}
	return all
}

// caller is the session as other services see it.
func (live *session) caller() *cloud.Caller {
	c := &cloud.Caller{
		UserID: live.user.ID, UserName: live.user.Name, UserDomainID: live.userDomain.ID, UserDomainName: live.userDomain.Name,
		System: live.Scope == token.System, Methods: live.Methods.Names(), AuditIDs: live.AuditIDs,
		IssuedAt: live.IssuedAt, ExpiresAt: live.ExpiresAt,
	}
	switch live.Scope {
	case token.Project:
		c.ProjectID, c.ProjectName = live.project.ID, live.project.Name
		c.ProjectDomainID, c.ProjectDomainName = live.domain.ID, live.domain.Name
	case token.Domain:
		c.DomainID, c.DomainName = live.domain.ID, live.domain.Name
	}
	for _, o := range live.roles {
		c.Roles = append(c.Roles, o.Name)
	}
	return c
}

// read validates the text of a token and looks up what it is good for. A token
// that is not good is errDead.
func (s *Service) read(ctx context.Context, text cloud.Secret) (*session, error) {
	p, err := s.Keys.Validate(text.Reveal())
	switch {
	case errors.Is(err, token.ErrInvalid), errors.Is(err, token.ErrExpired):
		return nil, errDead
	case err != nil:
		return nil, err
	case len(p.AuditIDs) == 0:
		return nil, errDead
	}
	return s.live(ctx, p)
}

// newAuditID makes the id of a token: the microsecond it is made in, 7 bytes,
// then 9 random ones. A Fernet token itself knows the second only, and a
// revocation must not hit the login that follows it in the same second.
func newAuditID(now time.Time, random io.Reader) (string, error) {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], uint64(now.UnixMicro())<<8)
	if _, err := io.ReadFull(random, raw[7:]); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

// auditTime is when the token with an audit id was made.
func auditTime(id string) (time.Time, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(raw) != 16 {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(binary.BigEndian.Uint64(raw) >> 8)).UTC(), true
}
