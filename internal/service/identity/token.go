package identity

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/token"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountTokens(api *httpd.API) {
	httpd.Mount(api, identity.CreateToken, s.createToken)
	subject := func(ctx httpd.Ctx, in identity.SubjectToken) (*session, error) { return s.subject(ctx, in.Subject) }
	owner := func(t **session) cloud.Target { return cloud.Target{"target.token.user_id": (*t).user.ID} }
	on(api, identity.ShowToken, subject, owner, s.showToken)
	on(api, identity.RevokeToken, subject, owner, s.revokeToken)
	plain(api, identity.ShowCatalog, noDomain, s.showCatalog)
	plain(api, identity.ListAuthSystem, noDomain, s.listAuthSystem)
}

// createToken is POST /auth/tokens: who one is, what for, and whether that is
// granted. Every refusal of a login is the same 401.
func (s *Service) createToken(ctx httpd.Ctx, in identity.AuthRequest) (out identity.TokenShown, err error) {
	start := s.Now() // before anything is read: a change from now on ends this token
	proof, err := s.prove(ctx, in.Auth.Identity)
	if err != nil {
		return out, err
	}
	payload, err := s.payload(proof, start)
	if err != nil {
		return out, err
	}
	live, err := s.scope(ctx, payload, in.Auth.Scope, proof.user)
	if err != nil {
		return out, err
	}
	text, err := s.Keys.Issue(live.Payload)
	if err != nil {
		return out, err
	}
	made, err := s.Keys.Validate(text)
	if err != nil {
		return out, err
	}
	out.Subject, live.IssuedAt = wire.Secret(text), made.IssuedAt
	out.Token, err = s.tokenView(ctx, live, !in.NoCatalog.Set)
	return out, err
}

// proof is who a request has shown to be, and by which methods.
type proof struct {
	user    cloud.User
	methods token.Methods
	parent  *session // of the token method
}

// prove checks every method that a request names. All must lead to the same
// user.
func (s *Service) prove(ctx context.Context, in identity.AuthIdentity) (*proof, error) {
	if len(in.Methods) == 0 {
		return nil, errDead
	}
	for _, method := range in.Methods {
		there := false
		switch method {
		case identity.MethodPassword:
			there = in.Password.Set
		case identity.MethodToken:
			there = in.Token.Set
		default:
			return nil, fault.New(fault.BadRequest, "The authentication method %.64q is not supported here: use password or token.", method)
		}
		if !there {
			return nil, fault.New(fault.BadRequest, "Expecting to find %s in identity: a method that is named needs its member.", method)
		}
	}
	p := &proof{}
	if slices.Contains(in.Methods, identity.MethodToken) {
		parent, err := s.parent(ctx, in.Token.V.ID)
		if err != nil {
			return nil, err
		}
		p.parent, p.user, p.methods = parent, parent.user, parent.Methods|token.Token
	}
	if slices.Contains(in.Methods, identity.MethodPassword) {
		user, err := s.passwordUser(ctx, in.Password.V.User)
		if err != nil {
			return nil, err
		}
		if p.parent != nil && user.ID != p.user.ID {
			return nil, errDead
		}
		p.user, p.methods = user, p.methods|token.Password
	}
	return p, nil
}

// parent is the session of a token that another is to be made from. One that
// stands for a delegation must not be traded for the user's own authority.
func (s *Service) parent(ctx context.Context, text wire.Secret) (*session, error) {
	parent, err := s.subject(ctx, text)
	if err != nil {
		return nil, err
	}
	if parent.TrustID != "" || parent.ApplicationCredentialID != "" {
		return nil, fault.New(fault.Forbidden, "A token of a trust or an application credential cannot be used to get another.")
	}
	return parent, nil
}

// passwordUser finds the user and checks the password. The password is checked
// exactly once however the look-up ends, so that neither answer nor time tells
// whether there is such a user.
func (s *Service) passwordUser(ctx context.Context, in identity.PasswordUser) (cloud.User, error) {
	user, err := s.userRef(ctx, in)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return cloud.User{}, err
	}
	if err != nil {
		user = cloud.User{}
	}
	right, err := s.rightPassword(ctx, user.PasswordHash, in.Password)
	if err != nil || !right {
		return cloud.User{}, orDead(err)
	}
	if s.Passwords.Stale(user.PasswordHash) {
		user.PasswordHash = s.rehash(ctx, user, in.Password)
	}
	return user, nil
}

func orDead(err error) error {
	if err != nil {
		return err
	}
	return errDead
}

// userRef finds a user by id, or by name and domain.
func (s *Service) userRef(ctx context.Context, in identity.PasswordUser) (cloud.User, error) {
	if id, ok := in.ID.Get(); ok {
		return s.DB.User(ctx, id)
	}
	name, ok := in.Name.Get()
	if !ok {
		return cloud.User{}, fault.New(fault.BadRequest, "Expecting to find id or name in user.")
	}
	domain, ok := in.Domain.Get()
	if !ok {
		return cloud.User{}, fault.New(fault.BadRequest, "Expecting to find domain in user: a name alone may belong to several.")
	}
	domainID, err := s.domainRef(ctx, domain)
	if err != nil {
		return cloud.User{}, err
	}
	return s.DB.UserNamed(ctx, domainID, name)
}

// domainRef finds a domain's id by id or name.
func (s *Service) domainRef(ctx context.Context, in identity.DomainNamed) (string, error) {
	if id, ok := in.ID.Get(); ok {
		return id, nil
	}
	name, ok := in.Name.Get()
	if !ok {
		return "", fault.New(fault.BadRequest, "Expecting to find id or name in domain.")
	}
	d, err := s.DB.DomainNamed(ctx, name)
	return d.ID, err
}

// rightPassword checks a password when there is a place to: hashing takes a
// processor for long, and strangers can ask for it.
func (s *Service) rightPassword(ctx context.Context, hash string, password cloud.Secret) (bool, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return s.check(hash, password), nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// hash hashes a password when there is a place to.
func (s *Service) hash(ctx context.Context, password cloud.Secret) (string, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return s.Passwords.Hash(password)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// rehash brings the hash of a right password to the cost in force, so that its
// check takes as long as every other, and returns the hash that stands then.
// Failing is no harm: the next login tries again.
func (s *Service) rehash(ctx context.Context, user cloud.User, password cloud.Secret) string {
	hash, err := s.hash(ctx, password)
	if err == nil {
		err = s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.SetPasswordHash(ctx, user.ID, user.PasswordHash, hash) })
	}
	if err != nil {
		s.Log.Warn("a password could not be hashed anew", "user", user.ID, "err", err)
		return user.PasswordHash
	}
	return hash
}

// payload is a token without a scope for a proof. One that comes from another
// token keeps its end and the audit id of the first of the chain.
func (s *Service) payload(p *proof, start time.Time) (token.Payload, error) {
	id, err := newAuditID(start, s.Random)
	if err != nil {
		return token.Payload{}, err
	}
	payload := token.Payload{
		UserID: p.user.ID, Methods: p.methods, AuditIDs: []string{id},
		ExpiresAt: start.Add(s.TokenLife).UTC().Truncate(time.Second),
	}
	if p.parent != nil {
		payload.AuditIDs = append(payload.AuditIDs, p.parent.AuditIDs[len(p.parent.AuditIDs)-1])
		if p.parent.ExpiresAt.Before(payload.ExpiresAt) {
			payload.ExpiresAt = p.parent.ExpiresAt
		}
	}
	return payload, nil
}

// scope gives a payload the scope that was asked for, or the user's default
// project, or none, and looks up what it is good for then.
func (s *Service) scope(ctx context.Context, p token.Payload, asked wire.Opt[identity.Scope], user cloud.User) (*session, error) {
	scope, ok := asked.Get()
	if !ok {
		if user.DefaultProjectID != "" {
			byDefault := p
			byDefault.Scope, byDefault.ScopeID = token.Project, user.DefaultProjectID
			if live, err := s.live(ctx, byDefault); !fault.Is(err, fault.Unauthorized) {
				return live, err
			}
		}
		return s.live(ctx, p)
	}
	if scope.Members != 1 {
		return nil, fault.New(fault.BadRequest, "Expecting to find one of system, project, domain or unscoped in scope.")
	}
	var err error
	switch {
	case scope.Trust != nil:
		return nil, fault.New(fault.BadRequest, "The scope OS-TRUST:trust is not supported here.")
	case scope.Project != nil:
		p.Scope = token.Project
		p.ScopeID, err = s.projectRef(ctx, *scope.Project)
	case scope.Domain != nil:
		p.Scope = token.Domain
		p.ScopeID, err = s.domainRef(ctx, *scope.Domain)
	case scope.System:
		p.Scope = token.System
	}
	if err != nil {
		return nil, dead(err)
	}
	if p.ScopeID == "" && (p.Scope == token.Project || p.Scope == token.Domain) {
		return nil, errDead
	}
	return s.live(ctx, p)
}

// projectRef finds a project's id by id, or by name and domain.
func (s *Service) projectRef(ctx context.Context, in identity.ProjectNamed) (string, error) {
	if id, ok := in.ID.Get(); ok {
		return id, nil
	}
	name, ok := in.Name.Get()
	if !ok {
		return "", fault.New(fault.BadRequest, "Expecting to find id or name in project.")
	}
	domain, ok := in.Domain.Get()
	if !ok {
		return "", fault.New(fault.BadRequest, "Expecting to find domain in project: a name alone may belong to several.")
	}
	domainID, err := s.domainRef(ctx, domain)
	if err != nil {
		return "", err
	}
	p, err := s.DB.ProjectNamed(ctx, domainID, name)
	return p.ID, err
}

// subject is the session of the token that a request is about; one that is
// good for nothing is fault.NotFound.
func (s *Service) subject(ctx context.Context, text wire.Secret) (*session, error) {
	if text == "" {
		return nil, fault.New(fault.NotFound, "No token in the request: X-Subject-Token names it.")
	}
	live, err := s.read(ctx, text)
	if errors.Is(err, errDead) {
		return nil, fault.New(fault.NotFound, "Failed to validate token")
	}
	return live, err
}

func (s *Service) showToken(ctx httpd.Ctx, live *session, in identity.SubjectToken) (out identity.TokenShown, err error) {
	out.Subject = in.Subject
	out.Token, err = s.tokenView(ctx, live, !in.NoCatalog.Set)
	return out, err
}

func (s *Service) revokeToken(ctx httpd.Ctx, live *session, _ identity.SubjectToken) (out wire.None, err error) {
	return out, s.change(ctx, func(tx *store.Tx) error {
		return s.revoke(ctx, tx, cloud.RevokedToken, live.AuditIDs[0])
	})
}

// tokenView is a session as the API shows it.
func (s *Service) tokenView(ctx context.Context, live *session, withCatalog bool) (identity.Token, error) {
	userDomain := identity.Ref{ID: live.userDomain.ID, Name: live.userDomain.Name}
	view := identity.Token{
		Methods:  live.Methods.Names(),
		User:     identity.TokenUser{Domain: userDomain, ID: live.user.ID, Name: live.user.Name},
		AuditIDs: live.AuditIDs, ExpiresAt: wire.MicroTimeZ(live.ExpiresAt), IssuedAt: wire.MicroTimeZ(live.IssuedAt),
	}
	domain := identity.Ref{ID: live.domain.ID, Name: live.domain.Name}
	switch live.Scope {
	case token.Unscoped:
		return view, nil
	case token.Project:
		view.Project = wire.Some(identity.TokenProject{Domain: domain, ID: live.project.ID, Name: live.project.Name})
		view.IsDomain = wire.Some(false)
	case token.Domain:
		view.Domain = wire.Some(domain)
	case token.System:
		view.System = wire.Some(identity.SystemScope{All: wire.Some(true)})
	}
	view.Roles = wire.Some(views(live.roles, func(o *cloud.Role) identity.Ref { return identity.Ref{ID: o.ID, Name: o.Name} }))
	if !withCatalog {
		return view, nil
	}
	catalog, err := s.catalog(ctx, live.user.ID, live.project.ID)
	view.Catalog = wire.Some(catalog)
	return view, err
}

// showCatalog answers tokens for a project or a domain, as Keystone does.
func (s *Service) showCatalog(ctx httpd.Ctx, _ wire.None) (out identity.CatalogShown, err error) {
	if ctx.Caller.ProjectID == "" && ctx.Caller.DomainID == "" {
		return out, fault.New(fault.Forbidden, "You are not authorized to perform the requested action: the catalog is for tokens scoped to a project or a domain.")
	}
	out.Links = page(ctx)
	out.Catalog, err = s.catalog(ctx, ctx.Caller.UserID, ctx.Caller.ProjectID)
	return out, err
}

func (s *Service) listAuthSystem(ctx httpd.Ctx, _ wire.None) (out identity.SystemAccess, err error) {
	out.Links = self(ctx, "/auth/system")
	kind := string(cloud.SystemScope)
	found, err := s.DB.Assignments(ctx, store.AssignmentFilter{UserID: &ctx.Caller.UserID, Kind: &kind})
	if len(found) > 0 {
		out.System = []identity.SystemScope{{All: wire.Some(true)}}
	}
	return out, err
}
