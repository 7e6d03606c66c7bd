package identity

import (
	"github.com/novalet/novalet/api/wire"
)

// The methods of authentication that a request may name.
const (
	MethodPassword              = "password"
	MethodToken                 = "token"
	MethodApplicationCredential = "application_credential"
	MethodTOTP                  = "totp"
)

// AuthRequest is the body of POST /auth/tokens.
type AuthRequest struct {
	NoCatalog wire.Opt[string] `query:"nocatalog"` // there with any value: leave the catalog out
	Auth      Auth             `json:"auth" is:"required"`
}

// Auth is who one is, and what for.
type Auth struct {
	Identity AuthIdentity    `json:"identity" is:"required"`
	Scope    wire.Opt[Scope] `json:"scope"`
}

// AuthIdentity is the proof of who one is: every method named has its member.
type AuthIdentity struct {
	Methods  []string                 `json:"methods" is:"required,max=8"`
	Password wire.Opt[PasswordMethod] `json:"password"`
	Token    wire.Opt[TokenMethod]    `json:"token"`
	AppCred  wire.Opt[AppCredMethod]  `json:"application_credential"`
	TOTP     wire.Opt[TOTPMethod]     `json:"totp"`
}

// PasswordMethod is the member of the password method.
type PasswordMethod struct {
	User PasswordUser `json:"user" is:"required"`
}

// PasswordUser is a user by id, or by name and domain, with the password.
type PasswordUser struct {
	ID       wire.Opt[string]      `json:"id" is:"max=255"`
	Name     wire.Opt[string]      `json:"name" is:"max=255"`
	Domain   wire.Opt[DomainNamed] `json:"domain"`
	Password wire.Secret           `json:"password" is:"secret"`
}

// TokenMethod is the member of the token method: another token for the same
// user, that lives no longer than the first.
type TokenMethod struct {
	ID wire.Secret `json:"id" is:"required,secret"`
}

// AppCredMethod is the member of the application_credential method: by id, or
// by name and user.
type AppCredMethod struct {
	ID     wire.Opt[string]    `json:"id"`
	Name   wire.Opt[string]    `json:"name"`
	User   wire.Opt[UserNamed] `json:"user"`
	Secret wire.Secret         `json:"secret" is:"required,secret"`
}

// UserNamed is a user by id, or by name and domain.
type UserNamed struct {
	ID     wire.Opt[string]      `json:"id" is:"max=255"`
	Name   wire.Opt[string]      `json:"name" is:"max=255"`
	Domain wire.Opt[DomainNamed] `json:"domain"`
}

// TOTPMethod is the member of the totp method.
type TOTPMethod struct {
	User TOTPUser `json:"user" is:"required"`
}

// TOTPUser is a user by id, or by name and domain, with the passcode that the
// user's device shows now.
type TOTPUser struct {
	ID       wire.Opt[string]      `json:"id" is:"max=255"`
	Name     wire.Opt[string]      `json:"name" is:"max=255"`
	Domain   wire.Opt[DomainNamed] `json:"domain"`
	Passcode wire.Secret           `json:"passcode" is:"required,secret"`
}

// DomainNamed is a domain by id or name.
type DomainNamed struct {
	ID   wire.Opt[string] `json:"id" is:"max=255"`
	Name wire.Opt[string] `json:"name" is:"max=255"`
}

// ProjectNamed is a project by id, or by name and domain.
type ProjectNamed struct {
	ID     wire.Opt[string]      `json:"id" is:"max=255"`
	Name   wire.Opt[string]      `json:"name" is:"max=255"`
	Domain wire.Opt[DomainNamed] `json:"domain"`
}

// Scope is what a token is to be good for: exactly one of its members. On the
// wire it is an object with that one member, or the string "unscoped".
type Scope struct {
	Project  *ProjectNamed
	Domain   *DomainNamed
	System   bool
	Unscoped bool
	Trust    *TrustNamed
	Members  int // how many there were, for a reader
}

// TrustNamed is a trust: what another user let this one do.
type TrustNamed struct {
	ID string `json:"id" is:"required,max=255"`
}

// ScopeProject is the scope of the project with the given id.
func ScopeProject(id string) Scope { return Scope{Project: &ProjectNamed{ID: wire.Some(id)}} }

// scopeForm is Scope as an object on the wire.
type scopeForm struct {
	Project  wire.Opt[ProjectNamed] `json:"project"`
	Domain   wire.Opt[DomainNamed]  `json:"domain"`
	System   wire.Opt[SystemScope]  `json:"system"`
	Unscoped wire.Opt[wire.None]    `json:"unscoped"`
	Trust    wire.Opt[TrustNamed]   `json:"OS-TRUST:trust"`
}

// SystemScope is the scope of the whole system.
type SystemScope struct {
	All wire.Opt[bool] `json:"all"`
}

// MarshalJSON writes the scope as the API takes it.
func (s Scope) MarshalJSON() ([]byte, error) {
	var form scopeForm
	switch {
	case s.Unscoped:
		return []byte(`"unscoped"`), nil
	case s.Project != nil:
		form.Project = wire.Some(*s.Project)
	case s.Domain != nil:
		form.Domain = wire.Some(*s.Domain)
	case s.System:
		form.System = wire.Some(SystemScope{All: wire.Some(true)})
	case s.Trust != nil:
		form.Trust = wire.Some(*s.Trust)
	}
	return wire.Encode(nil, form, wire.Version{})
}

// UnmarshalJSON reads what MarshalJSON writes, and {"unscoped": {}}.
func (s *Scope) UnmarshalJSON(b []byte) error {
	*s = Scope{}
	if string(b) == `"unscoped"` {
		s.Unscoped, s.Members = true, 1
		return nil
	}
	var form scopeForm
	if err := wire.Decode(b, &form, wire.Version{}); err != nil {
		return err
	}
	s.Project, s.Domain = form.Project.Ptr(), form.Domain.Ptr()
	s.System, s.Unscoped, s.Trust = form.System.Set, form.Unscoped.Set, form.Trust.Ptr()
	for _, there := range []bool{form.Project.Set, form.Domain.Set, form.System.Set, form.Unscoped.Set, form.Trust.Set} {
		if there {
			s.Members++
		}
	}
	return nil
}

// JSONSchema describes both forms. That exactly one member is there the service
// asks itself, because it has words of its own for that.
func (Scope) JSONSchema() wire.Schema {
	return wire.Schema{"anyOf": []wire.Schema{{"const": "unscoped"}, wire.SchemaOf[scopeForm](wire.Version{})}}
}

// TokenShown is the reply of POST, GET and HEAD /auth/tokens.
type TokenShown struct {
	Subject wire.Secret `header:"X-Subject-Token"`
	Token   Token       `json:"token"`
}

// Token is what a token says. Which of Project, Domain and System is there is
// its scope; without any it is unscoped, and has neither roles nor catalog.
type Token struct {
	Methods   []string                   `json:"methods"`
	User      TokenUser                  `json:"user"`
	AuditIDs  []string                   `json:"audit_ids"` // its own, and that of the first of its chain
	ExpiresAt wire.MicroTimeZ            `json:"expires_at"`
	IssuedAt  wire.MicroTimeZ            `json:"issued_at"`
	Domain    wire.Opt[Ref]              `json:"domain"`
	Project   wire.Opt[TokenProject]     `json:"project"`
	IsDomain  wire.Opt[bool]             `json:"is_domain"`
	Roles     wire.Opt[[]Ref]            `json:"roles"` // implied ones included
	System    wire.Opt[SystemScope]      `json:"system"`
	Catalog   wire.Opt[[]CatalogService] `json:"catalog"`
}

// Ref names a thing by id and name.
type Ref struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// TokenUser is the user of a token.
type TokenUser struct {
	Domain            Ref            `json:"domain"`
	ID                string         `json:"id"`
	Name              string         `json:"name"`
	PasswordExpiresAt wire.MicroTime `json:"password_expires_at"` // null: never
}

// TokenProject is the project of a token.
type TokenProject struct {
	Domain Ref    `json:"domain"`
	ID     string `json:"id"`
	Name   string `json:"name"`
}

// CatalogService is one service of a catalog with its endpoints.
type CatalogService struct {
	Endpoints []CatalogEndpoint `json:"endpoints"`
	ID        string            `json:"id"`
	Type      string            `json:"type"`
	Name      string            `json:"name"`
}

// CatalogEndpoint is one way to reach a service.
type CatalogEndpoint struct {
	ID        string  `json:"id"`
	Interface string  `json:"interface"` // public, internal or admin
	RegionID  *string `json:"region_id"`
	URL       string  `json:"url"`
	Region    *string `json:"region"` // the same as RegionID; both are in use
}

// CatalogShown is the reply of GET /auth/catalog.
type CatalogShown struct {
	Catalog []CatalogService `json:"catalog"`
	Links   Page             `json:"links"`
}

// SubjectToken names the token a call is about.
type SubjectToken struct {
	Subject   wire.Secret      `header:"X-Subject-Token"`
	NoCatalog wire.Opt[string] `query:"nocatalog"`
}

// SystemAccess is the reply of GET /auth/system: {"all": true} when the user
// has a role on the system, else nothing.
type SystemAccess struct {
	System []SystemScope `json:"system"`
	Links  Self          `json:"links"`
}

// The routes of tokens. HEAD is answered by the GET routes.
var (
	CreateToken = wire.Route[AuthRequest, TokenShown]{
		Name: "tokens.create", Method: "POST", Path: "/auth/tokens", Status: "201", Public: true,
	}
	ShowToken = wire.Route[SubjectToken, TokenShown]{
		Name: "tokens.show", Method: "GET", Path: "/auth/tokens", Status: "200",
		Policy: rule("validate_token", systemReader+" or rule:service_role or rule:token_subject"),
	}
	RevokeToken = wire.Route[SubjectToken, wire.None]{
		Name: "tokens.revoke", Method: "DELETE", Path: "/auth/tokens", Status: "204",
		Policy: rule("revoke_token", admin+" or rule:token_subject"),
	}
	ShowCatalog = wire.Route[wire.None, CatalogShown]{
		Name: "auth.catalog", Method: "GET", Path: "/auth/catalog", Status: "200",
		Policy: rule("get_auth_catalog", anyone),
	}
	ListAuthSystem = wire.Route[wire.None, SystemAccess]{
		Name: "auth.system", Method: "GET", Path: "/auth/system", Status: "200",
		Policy: rule("get_auth_system", anyone),
	}
)

func tokenRoutes() []wire.Endpoint {
	return []wire.Endpoint{CreateToken, ShowToken, RevokeToken, ShowCatalog, ListAuthSystem}
}
