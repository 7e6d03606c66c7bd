package auth

import (
	"errors"
	"strings"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/client"
)

// explain says more about why a login failed.
func (s *Session) explain(err error, at string) error {
	var refusal *client.Error
	if !errors.As(err, &refusal) {
		if failure := (*client.Failure)(nil); errors.As(err, &failure) && errors.Is(err, client.ErrShape) {
			failure.Message = at + " does not answer as an identity service: check " + s.origin(AuthURL) + "."
		}
		return err
	}
	hint := ""
	switch refusal.Status {
	case 401:
		hint = s.refused(refusal)
	case 403:
		if s.config.Get(TrustID) != "" {
			hint = "The trust is for another user, or has ended: check " + s.config.named(TrustID) + " and " + s.origin(Username) + "."
		}
	case 404, 405:
		hint = "There may be no identity service at " + at + ": check " + s.origin(AuthURL) + "."
	}
	if hint != "" && refusal.Hint != "" {
		hint += "\n"
	}
	refusal.Hint = hint + refusal.Hint
	return err
}

// refused says why a login may have been refused, and by which settings.
func (s *Session) refused(refusal *client.Error) string {
	c := s.config
	if len(refusal.Methods) > 0 {
		var types []string
		for _, method := range refusal.Methods[0] {
			types = append(types, typeOf(method))
		}
		return "User " + c.userName() + " logs in with " + strings.Join(refusal.Methods[0], " and ") + " together: set OS_AUTH_TYPE=v3multifactor and OS_AUTH_METHODS=" + strings.Join(types, ",") + ", and what they need."
	}
	if strings.Contains(refusal.Message, "unsupported method") {
		return "The identity service takes no login by " + strings.Join(s.kind.methods, " and ") + ": choose another OS_AUTH_TYPE, or have the method switched on there."
	}
	var used []string
	user := []Key{Username, UserID, UserDomainID, UserDomainName}
	keys := user
	for _, method := range s.kind.methods {
		switch method {
		case identity.MethodPassword:
			keys = append(keys, Password)
		case identity.MethodTOTP:
			keys = append(keys, Passcode)
		case identity.MethodToken:
			keys = []Key{Token}
		case identity.MethodApplicationCredential:
			if keys = []Key{AppCredID}; c.Get(AppCredID) == "" {
				keys = append([]Key{AppCredName}, user...)
			}
			keys = append(keys, AppCredSecret)
		}
	}
	what := ""
	if !s.kind.has(identity.MethodApplicationCredential) {
		scope := append(scopeKeys(), ProjectDomainID, ProjectDomainName)
		keys = append(keys, scope...)
		for i, name := range [...]string{"this project", "this project", "this domain", "this domain", "this trust", "the system"} {
			if what == "" && c.Get(scope[i]) != "" {
				what = ", or that you may work in " + name
			}
		}
	}
	for _, k := range keys {
		if c.Has(k) {
			used = append(used, c.named(k))
		}
	}
	text := "The identity service refused who you are" + what + ": check " + strings.Join(used, ", ") + "."
	if s.kind.has(identity.MethodTOTP) {
		text += " A passcode is good once, for half a minute."
	}
	return text
}

// typeOf is keystoneauth's type with a method of identity v3.
func typeOf(method string) string {
	if method == identity.MethodApplicationCredential {
		return "v3applicationcredential"
	}
	return "v3" + method
}
