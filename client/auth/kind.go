package auth

import (
	"slices"
	"strings"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/client"
)

// kind is an authentication type: how to log in, or that nobody does.
type kind struct {
	name    string
	methods []string // of identity v3; none: there is no login
}

func (k kind) logsIn() bool { return len(k.methods) > 0 }

func (k kind) has(method string) bool { return slices.Contains(k.methods, method) }

// The types that send requests without a login.
const (
	kindNone       = "none"        // without a token
	kindNoAuth     = "noauth"      // with user and project in the token's place, which nova's noauth2 takes
	kindAdminToken = "admin_token" // with a given token
)

// methodOf is the method of identity v3 behind a type of keystoneauth; "" when
// there is none. v3multifactor names its methods by these types.
func methodOf(name string) string {
	switch name {
	case "password", "v3password":
		return identity.MethodPassword
	case "token", "v3token":
		return identity.MethodToken
	case "totp", "v3totp":
		return identity.MethodTOTP
	case "application_credential", "v3applicationcredential":
		return identity.MethodApplicationCredential
	}
	return ""
}

// kind returns the way of logging in that the settings mean.
func (c *Config) kind() (kind, error) {
	name := c.Get(AuthType)
	if c.static() {
		return kind{name: kindAdminToken}, nil
	}
	switch name {
	case "":
		method := c.guessMethod()
		return kind{name: method, methods: []string{method}}, nil
	case "password", "v3password":
		if c.From(Token) == "--os-token" {
			name = "token" // as novaclient: the flag says what is meant
		}
	case kindNone, "None":
		return kind{name: kindNone}, nil
	case kindNoAuth:
		return kind{name: kindNoAuth}, nil
	case kindAdminToken, "token_endpoint":
		return kind{name: kindAdminToken}, nil
	case "v3multifactor":
		return c.multifactor()
	}
	if method := methodOf(name); method != "" {
		return kind{name: name, methods: []string{method}}, nil
	}
	return kind{}, c.refuseKind(name)
}

func (c *Config) multifactor() (kind, error) {
	k := kind{name: "v3multifactor"}
	for _, word := range strings.FieldsFunc(c.Get(AuthMethods), func(r rune) bool { return r == ',' || r == ' ' }) {
		method := methodOf(word)
		if method == "" {
			return k, settingError("Authentication method %q (%s) is not supported: use v3password, v3totp, v3token and v3applicationcredential, with commas between.", word, c.From(AuthMethods))
		}
		if !k.has(method) {
			k.methods = append(k.methods, method)
		}
	}
	if len(k.methods) == 0 {
		return k, settingError("Authentication type v3multifactor needs the methods to log in with: set OS_AUTH_METHODS=v3password,v3totp.")
	}
	return k, nil
}

// refuseKind says what to do instead of a type that is not here.
func (c *Config) refuseKind(name string) error {
	from := c.From(AuthType)
	switch {
	case strings.HasPrefix(name, "v2"), strings.HasPrefix(name, "v1"):
		return settingError("Authentication type %s (%s) is of identity v2.0, which no cloud has any more: use v3password or v3token, and an auth URL that ends in /v3.", name, from)
	case name == "http_basic":
		return settingError("Authentication type http_basic (%s) is for services without identity, and compute is not one of them: use none, noauth or password.", from)
	case name == "v3tokenlessauth":
		return settingError("Authentication type v3tokenlessauth (%s) works for identity only, and compute wants a token: use password or v3applicationcredential, with --os-cert and --os-key if the cloud wants a certificate.", from)
	case isFederation(name):
		return settingError("Authentication type %s (%s) is not supported, because it logs in at an identity provider: get a token with `openstack token issue` and use it with OS_AUTH_TYPE=token and OS_TOKEN, or make an application credential and use v3applicationcredential.", name, from)
	}
	return &client.Failure{Class: "NoMatchingPlugin", Message: "The plugin " + name + " could not be found (" + from + "): use password, token, v3totp, v3applicationcredential, v3multifactor, admin_token, noauth or none."}
}

// isFederation reports whether a type of keystoneauth, or of a package that
// adds types to it, logs in somewhere else than at identity.
func isFederation(name string) bool {
	for _, prefix := range [...]string{"v3oidc", "v3saml", "v3adfs", "v3fedkerb", "v3kerberos", "v3oauth", "v3unscopedsaml", "v3scopedsaml", "v3websso", "v3unscopedadfs"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func (c *Config) guessMethod() string {
	switch {
	case c.From(Token) == "--os-token":
		return identity.MethodToken
	case c.Get(Username) != "" || c.Get(UserID) != "":
		if c.Secret(Password) == "" && c.Secret(Passcode) != "" {
			return identity.MethodTOTP
		}
		if c.Secret(Password) == "" && c.Get(AppCredName) != "" && c.Secret(AppCredSecret) != "" {
			return identity.MethodApplicationCredential
		}
		return identity.MethodPassword
	case c.Secret(AppCredSecret) != "":
		return identity.MethodApplicationCredential
	case c.Secret(Token) != "":
		return identity.MethodToken
	}
	return identity.MethodPassword
}

// static reports whether a token and an endpoint are given and no place to log
// in.
func (c *Config) static() bool {
	return c.Secret(Token) != "" && c.Get(AuthURL) == "" && c.Get(ServiceKey("compute", "endpoint_override")) != ""
}
