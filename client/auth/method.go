package auth

import (
	"context"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
)

// request is the body of POST /v3/auth/tokens for the settings.
func (s *Session) request(ctx context.Context) (identity.AuthRequest, error) {
	var in identity.AuthRequest
	c := s.config
	who := &in.Auth.Identity
	switch s.method {
	case "password":
		password, err := s.password(ctx)
		if err != nil {
			return in, err
		}
		user := c.user()
		user.Password = password
		who.Methods, who.Password = []string{identity.MethodPassword}, wire.Some(identity.PasswordMethod{User: user})
	case "token":
		token := c.Secret(Token)
		if token == "" {
			return in, settingError("No token is given: set it with --os-token or OS_TOKEN, or log in with a user name and a password.")
		}
		who.Methods, who.Token = []string{identity.MethodToken}, wire.Some(identity.TokenMethod{ID: token})
	case "application_credential":
		secret := c.Secret(AppCredSecret)
		if secret == "" || c.Get(AppCredID) == "" && c.Get(AppCredName) == "" {
			return in, settingError("An application credential needs its id and its secret: set OS_APPLICATION_CREDENTIAL_ID and OS_APPLICATION_CREDENTIAL_SECRET.")
		}
		credential := identity.AppCredMethod{Secret: secret}
		if id := c.Get(AppCredID); id != "" {
			credential.ID = wire.Some(id)
		} else {
			credential.Name, credential.User = wire.Some(c.Get(AppCredName)), wire.Some(c.user())
		}
		who.Methods, who.AppCred = []string{identity.MethodApplicationCredential}, wire.Some(credential)
		return in, nil // it has its project, and refuses a scope
	}
	var err error
	in.Auth.Scope, err = c.scope()
	return in, err
}

// password returns the password, asking for it where there is someone to ask.
func (s *Session) password(ctx context.Context) (wire.Secret, error) {
	if password := s.config.Secret(Password); password != "" {
		return password, nil
	}
	name := s.config.Get(Username)
	if name == "" {
		name = s.config.Get(UserID)
	}
	if s.asked == "" && s.prompt != nil {
		answer, err := s.prompt(ctx, "Password for "+name+": ")
		if err != nil {
			return "", err
		}
		s.asked = answer
	}
	if s.asked == "" {
		return "", settingError("No password is given for user %s: set OS_PASSWORD, or give it with --os-password or in secure.yaml.", name)
	}
	return s.asked, nil
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

// scope returns what the token is to be good for; absent: the user's default.
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
	switch system := c.Get(SystemScope); system {
	case "":
	case "all":
		scopes = append(scopes, identity.Scope{System: true})
	default:
		return wire.Opt[identity.Scope]{}, settingError("System scope %q (%s) is not supported: the one value is all.", system, c.From(SystemScope))
	}
	switch {
	case c.Get(TrustID) != "":
		return wire.Opt[identity.Scope]{}, settingError("Trusts (%s) are not supported: log in with a project.", c.From(TrustID))
	case len(scopes) > 1:
		return wire.Opt[identity.Scope]{}, settingError("A token is for one of project, domain and system, and more than one is set: unset %s.", c.scopesSet())
	case len(scopes) == 0:
		return wire.Opt[identity.Scope]{}, nil
	}
	return wire.Some(scopes[0]), nil
}

// scopesSet names the settings of scopes, with where they came from.
func (c *Config) scopesSet() string {
	text := ""
	for _, k := range [...]Key{ProjectID, ProjectName, DomainID, DomainName, SystemScope} {
		if c.Get(k) != "" {
			if text != "" {
				text += " or "
			}
			text += c.From(k)
		}
	}
	return text
}
