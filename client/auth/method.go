package auth

import (
	"context"
	"strings"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// request is the body of POST /v3/auth/tokens for the settings.
func (s *Session) request(ctx context.Context) (identity.AuthRequest, error) {
	var in identity.AuthRequest
	c := s.config
	who := &in.Auth.Identity
	for _, method := range s.kind.methods {
		var err error
		switch method {
		case identity.MethodPassword:
			user := c.user()
			user.Password, err = s.password(ctx)
			who.Password = wire.Some(identity.PasswordMethod{User: user})
		case identity.MethodTOTP:
			user := c.user()
			totp := identity.TOTPUser{ID: user.ID, Name: user.Name, Domain: user.Domain}
			totp.Passcode, err = s.passcode(ctx)
			who.TOTP = wire.Some(identity.TOTPMethod{User: totp})
		case identity.MethodToken:
			token := c.Secret(Token)
			if token == "" {
				err = settingError("No token is given: set it with --os-token or OS_TOKEN, or log in with a user name and a password.")
			}
			who.Token = wire.Some(identity.TokenMethod{ID: token})
		case identity.MethodApplicationCredential:
			var credential identity.AppCredMethod
			credential, err = c.appCred()
			who.AppCred = wire.Some(credential)
		}
		if err != nil {
			return in, err
		}
		who.Methods = append(who.Methods, method)
	}
	if s.kind.has(identity.MethodApplicationCredential) {
		return in, nil // it has its project, and refuses a scope
	}
	var err error
	in.Auth.Scope, err = c.scope()
	return in, err
}

// appCred is the application credential: by its id, or by its name and user.
func (c *Config) appCred() (identity.AppCredMethod, error) {
	credential := identity.AppCredMethod{Secret: c.Secret(AppCredSecret)}
	id, name := c.Get(AppCredID), c.Get(AppCredName)
	switch {
	case credential.Secret == "" || id == "" && name == "":
		return credential, settingError("An application credential needs its id and its secret: set OS_APPLICATION_CREDENTIAL_ID and OS_APPLICATION_CREDENTIAL_SECRET.")
	case id != "":
		credential.ID = wire.Some(id)
	case c.Get(UserID) == "" && c.Get(Username) == "":
		return credential, settingError("The name of an application credential (%s) is known for its user only: set OS_USERNAME and OS_USER_DOMAIN_NAME, or give its id with OS_APPLICATION_CREDENTIAL_ID.", c.From(AppCredName))
	default:
		user := c.user()
		credential.Name, credential.User = wire.Some(name), wire.Some(identity.UserNamed{ID: user.ID, Name: user.Name, Domain: user.Domain})
	}
	return credential, nil
}

// password returns the password, asking for it where there is someone to ask.
func (s *Session) password(ctx context.Context) (wire.Secret, error) {
	if password := s.config.Secret(Password); password != "" {
		return password, nil
	}
	if s.asked == "" && s.prompt != nil {
		answer, err := s.prompt(ctx, "Password for "+s.config.userName()+": ")
		if err != nil {
			return "", err
		}
		s.asked = answer
	}
	if s.asked == "" {
		return "", settingError("No password is given for user %s: set OS_PASSWORD, or give it with --os-password or in secure.yaml.", s.config.userName())
	}
	return s.asked, nil
}

// passcode returns the passcode, asking for it at each login where there is
// someone to ask: it is good for one.
func (s *Session) passcode(ctx context.Context) (wire.Secret, error) {
	if passcode := s.config.Secret(Passcode); passcode != "" {
		return passcode, nil
	}
	if s.prompt != nil {
		if answer, err := s.prompt(ctx, "TOTP passcode for "+s.config.userName()+": "); err != nil || answer != "" {
			return answer, err
		}
	}
	return "", settingError("No passcode is given for user %s: set OS_PASSCODE or --os-passcode to what the device shows now; it is needed again when the cached token ends.", s.config.userName())
}

func (c *Config) userName() string {
	if name := c.Get(Username); name != "" {
		return name
	}
	return c.Get(UserID)
}

func (c *Config) user() identity.PasswordUser {
	if id := c.Get(UserID); id != "" {
		return identity.PasswordUser{ID: wire.Some(id)}
	}
	return identity.PasswordUser{Name: wire.Some(c.Get(Username)), Domain: wire.Some(c.domain(UserDomainID, UserDomainName))}
}

// domain returns a domain by id or name, else the default one.
func (c *Config) domain(id, name Key) identity.DomainNamed {
	for _, pair := range [...][2]Key{{id, name}, {DefaultDomainID, DefaultDomainName}} {
		if v := c.Get(pair[0]); v != "" {
			return identity.DomainNamed{ID: wire.Some(v)}
		}
		if v := c.Get(pair[1]); v != "" {
			return identity.DomainNamed{Name: wire.Some(v)}
		}
	}
	return identity.DomainNamed{ID: wire.Some("default")} // novaclient's default
}

// scoped reports whether the settings say what the token is to be good for.
func (c *Config) scoped() bool {
	for _, k := range scopeKeys() {
		if c.Get(k) != "" {
			return true
		}
	}
	return false
}

func scopeKeys() []Key {
	return []Key{ProjectID, ProjectName, DomainID, DomainName, TrustID, SystemScope}
}

// scope returns what the token is to be good for; absent: the user's default.
// A project wins over the system, as in keystoneauth.
func (c *Config) scope() (wire.Opt[identity.Scope], error) {
	var scopes []identity.Scope
	if id := c.Get(ProjectID); id != "" {
		scopes = append(scopes, identity.ScopeProject(id))
	} else if name := c.Get(ProjectName); name != "" {
		scopes = append(scopes, identity.Scope{Project: &identity.ProjectNamed{
			Name: wire.Some(name), Domain: wire.Some(c.domain(ProjectDomainID, ProjectDomainName)),
		}})
	}
	if c.Get(DomainID) != "" || c.Get(DomainName) != "" {
		domain := c.domain(DomainID, DomainName)
		scopes = append(scopes, identity.Scope{Domain: &domain})
	}
	if id := c.Get(TrustID); id != "" {
		scopes = append(scopes, identity.Scope{Trust: &identity.TrustNamed{ID: id}})
	}
	if len(scopes) > 1 {
		return wire.Opt[identity.Scope]{}, &client.Failure{
			Class:   "AuthorizationFailure",
			Message: "Authentication cannot be scoped to multiple targets, and a token is for one project, domain or trust: unset " + c.scopesSet() + ".",
		}
	}
	if system := c.Get(SystemScope); len(scopes) == 0 && system != "" {
		if system != "all" {
			return wire.Opt[identity.Scope]{}, settingError("System scope %q (%s) is not supported: the one value is all.", system, c.From(SystemScope))
		}
		scopes = append(scopes, identity.Scope{System: true})
	}
	if len(scopes) == 0 {
		return wire.Opt[identity.Scope]{}, nil
	}
	return wire.Some(scopes[0]), nil
}

// scopesSet names the settings of scopes, with where they came from.
func (c *Config) scopesSet() string {
	var set []string
	for _, k := range scopeKeys() {
		if c.Get(k) != "" && k != SystemScope {
			set = append(set, c.From(k))
		}
	}
	return strings.Join(set, " or ")
}
