package auth

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// Key names a setting, as clouds.yaml does.
type Key string

// The settings. Those of one service are named by ServiceKey.
const (
	Cloud             Key = "cloud"
	AuthType          Key = "auth_type"
	AuthMethods       Key = "auth_methods" // of v3multifactor, with commas between
	AuthURL           Key = "auth_url"
	Endpoint          Key = "endpoint" // of every service, where nobody logs in
	Username          Key = "username"
	UserID            Key = "user_id"
	UserDomainID      Key = "user_domain_id"
	UserDomainName    Key = "user_domain_name"
	Password          Key = "password"
	ProjectID         Key = "project_id"
	ProjectName       Key = "project_name"
	ProjectDomainID   Key = "project_domain_id"
	ProjectDomainName Key = "project_domain_name"
	DomainID          Key = "domain_id"
	DomainName        Key = "domain_name"
	DefaultDomainID   Key = "default_domain_id"
	DefaultDomainName Key = "default_domain_name"
	SystemScope       Key = "system_scope"
	TrustID           Key = "trust_id"
	Passcode          Key = "passcode"
	Token             Key = "token"
	AppCredID         Key = "application_credential_id"
	AppCredName       Key = "application_credential_name"
	AppCredSecret     Key = "application_credential_secret"
	RegionName        Key = "region_name"
	Interface         Key = "interface"
	CACert            Key = "cacert"
	Cert              Key = "cert"
	PrivateKey        Key = "key"
	Insecure          Key = "insecure"
	Verify            Key = "verify"
	Timeout           Key = "api_timeout"
	NoCache           Key = "no_cache"
)

// ServiceKey names a setting of one service: ServiceKey("compute",
// "api_version"). The others are endpoint_override, service_type, service_name
// and interface.
func ServiceKey(service, what string) Key { return Key(service + "_" + what) }

// option is where one setting may stand.
type option struct {
	key    Key
	dest   string   // destination in nova's parser; its flag is this with dashes unless flag says otherwise
	flag   string   // when it is not "--" + dest with dashes
	env    []string // the first that is not empty counts
	yaml   []string // names in clouds.yaml besides key
	secret bool
	list   bool   // clouds.yaml may have a list of texts
	value  string // when it stands nowhere
}

func (o option) flagName() string {
	if o.flag != "" {
		return o.flag
	}
	return "--" + strings.ReplaceAll(o.dest, "_", "-")
}

// options is the table of all settings, in the order they are explained.
func options() []option {
	table := []option{
		{key: Cloud, dest: "os_cloud", env: []string{"OS_CLOUD"}},
		{key: AuthType, dest: "os_auth_type", env: []string{"OS_AUTH_TYPE", "OS_AUTH_PLUGIN"}, yaml: []string{"auth_plugin"}},
		{key: AuthMethods, dest: "os_auth_methods", env: []string{"OS_AUTH_METHODS"}, list: true},
		{key: AuthURL, dest: "os_auth_url", env: []string{"OS_AUTH_URL", "NOVA_URL"}},
		{key: Endpoint, dest: "os_endpoint", env: []string{"OS_ENDPOINT", "OS_URL"}, yaml: []string{"url"}},
		{key: Username, dest: "os_username", env: []string{"OS_USERNAME", "NOVA_USERNAME"}, yaml: []string{"user_name", "user"}},
		{key: UserID, dest: "os_user_id", env: []string{"OS_USER_ID"}},
		{key: UserDomainID, dest: "os_user_domain_id", env: []string{"OS_USER_DOMAIN_ID"}},
		{key: UserDomainName, dest: "os_user_domain_name", env: []string{"OS_USER_DOMAIN_NAME"}},
		{key: Password, dest: "os_password", env: []string{"OS_PASSWORD", "NOVA_PASSWORD"}, secret: true},
		{key: Passcode, dest: "os_passcode", env: []string{"OS_PASSCODE"}, secret: true},
		{key: Token, dest: "os_token", env: []string{"OS_TOKEN"}, yaml: []string{"auth_token"}, secret: true},
		{key: AppCredID, dest: "os_application_credential_id", env: []string{"OS_APPLICATION_CREDENTIAL_ID"}},
		{key: AppCredName, dest: "os_application_credential_name", env: []string{"OS_APPLICATION_CREDENTIAL_NAME"}},
		{key: AppCredSecret, dest: "os_application_credential_secret", env: []string{"OS_APPLICATION_CREDENTIAL_SECRET"}, secret: true},
		{key: ProjectID, dest: "os_project_id", env: []string{"OS_PROJECT_ID", "OS_TENANT_ID"}, yaml: []string{"tenant_id"}},
		{key: ProjectName, dest: "os_project_name", env: []string{"OS_PROJECT_NAME", "OS_TENANT_NAME", "NOVA_PROJECT_ID"}, yaml: []string{"tenant_name", "project"}},
		{key: ProjectDomainID, dest: "os_project_domain_id", env: []string{"OS_PROJECT_DOMAIN_ID"}},
		{key: ProjectDomainName, dest: "os_project_domain_name", env: []string{"OS_PROJECT_DOMAIN_NAME"}},
		{key: DomainID, dest: "os_domain_id", env: []string{"OS_DOMAIN_ID"}},
		{key: DomainName, dest: "os_domain_name", env: []string{"OS_DOMAIN_NAME"}},
		{key: DefaultDomainID, dest: "os_default_domain_id", env: []string{"OS_DEFAULT_DOMAIN_ID"}},
		{key: DefaultDomainName, dest: "os_default_domain_name", env: []string{"OS_DEFAULT_DOMAIN_NAME"}},
		{key: SystemScope, dest: "os_system_scope", env: []string{"OS_SYSTEM_SCOPE"}},
		{key: TrustID, dest: "os_trust_id", env: []string{"OS_TRUST_ID"}},
		{key: RegionName, dest: "os_region_name", env: []string{"OS_REGION_NAME", "NOVA_REGION_NAME"}},
		{key: Interface, dest: "endpoint_type", flag: "--os-endpoint-type", env: []string{"NOVA_ENDPOINT_TYPE", "OS_ENDPOINT_TYPE", "OS_INTERFACE"}, yaml: []string{"endpoint_type"}, value: "publicURL"},
		{key: CACert, dest: "os_cacert", env: []string{"OS_CACERT"}},
		{key: Cert, dest: "os_cert", env: []string{"OS_CERT"}},
		{key: PrivateKey, dest: "os_key", env: []string{"OS_KEY"}},
		{key: Insecure, dest: "insecure", env: []string{"NOVACLIENT_INSECURE", "OS_INSECURE"}},
		{key: Verify},
		{key: Timeout, dest: "timeout", env: nil, value: "600"},
		{key: NoCache, dest: "no_cache", env: []string{"OS_NO_CACHE"}},
	}
	for _, service := range [...]string{"compute", "identity", "image", "network", "volume", "placement"} {
		upper := "OS_" + strings.ToUpper(service) + "_"
		rows := [...]option{
			{key: ServiceKey(service, "api_version"), env: []string{upper + "API_VERSION"}},
			{key: ServiceKey(service, "endpoint_override"), env: []string{upper + "ENDPOINT_OVERRIDE"}},
			{key: ServiceKey(service, "service_type"), env: []string{upper + "SERVICE_TYPE"}},
			{key: ServiceKey(service, "service_name"), env: []string{upper + "SERVICE_NAME"}},
			{key: ServiceKey(service, "interface"), env: []string{upper + "INTERFACE"}, yaml: []string{service + "_endpoint_type"}},
		}
		if service == "compute" {
			// nova's own options are about the Compute API.
			rows[0].dest, rows[0].value, rows[0].yaml = "os_compute_api_version", "2.latest", []string{"compute_default_microversion"}
			rows[1].dest, rows[1].flag = "endpoint_override", "--os-endpoint-override"
			rows[1].env = append(rows[1].env, "OS_ENDPOINT_OVERRIDE", "NOVACLIENT_ENDPOINT_OVERRIDE", "NOVACLIENT_BYPASS_URL")
			rows[2].dest = "service_type"
			rows[3].dest, rows[3].env = "service_name", append(rows[3].env, "NOVA_SERVICE_NAME")
		}
		table = append(table, rows[:]...)
	}
	return table
}

// Setting is one setting with where it came from.
type Setting struct {
	Key    Key
	From   string // "--os-username", "OS_USERNAME from environment", "region_name from ~/.config/openstack/clouds.yaml", "default"
	Secret bool

	value func() string // a func, because fmt does not look into one
}

func settingOf(key Key, value, from string, secret bool) Setting {
	return Setting{Key: key, From: from, Secret: secret, value: func() string { return value }}
}

// Shown returns the value for people: a secret is stars.
func (s Setting) Shown() string {
	switch {
	case s.value == nil:
		return ""
	case s.Secret:
		return wire.Secret("").String()
	}
	return shownURL(s.value())
}

// shownURL is a text without the password that a URL may have in it.
func shownURL(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	if u, err := url.Parse(text); err == nil && u.User != nil {
		return u.Redacted()
	}
	return text
}

func (s Setting) String() string { return fmt.Sprintf("%s=%s (%s)", s.Key, s.Shown(), s.From) }

// Config is all that is known about a cloud and who calls it. It prints
// without secrets.
type Config struct {
	settings map[Key]Setting
	order    []Key
}

// Get returns a setting's value, or "".
func (c *Config) Get(k Key) string {
	if s := c.settings[k]; s.value != nil && !s.Secret {
		return s.value()
	}
	return ""
}

// Secret returns the value of a secret setting: Password, Passcode, Token or
// AppCredSecret.
func (c *Config) Secret(k Key) wire.Secret {
	if s := c.settings[k]; s.value != nil {
		return wire.Secret(s.value())
	}
	return ""
}

// Has reports whether a setting stands somewhere or has a default.
func (c *Config) Has(k Key) bool { return c.settings[k].value != nil }

// From says where a setting came from, or "".
func (c *Config) From(k Key) string { return c.settings[k].From }

// named is From without the word that a variable is one.
func (c *Config) named(k Key) string { return strings.TrimSuffix(c.From(k), " from environment") }

// True reports whether a setting is a word for yes.
func (c *Config) True(k Key) bool {
	switch strings.ToLower(c.Get(k)) {
	case "1", "t", "true", "y", "yes", "on":
		return true
	}
	return false
}

// Settings returns all settings that have a value, in a fixed order.
func (c *Config) Settings() []Setting {
	var all []Setting
	for _, k := range c.order {
		if s, ok := c.settings[k]; ok {
			all = append(all, s)
		}
	}
	return all
}

// Format prints the settings one a line, whatever the verb.
func (c *Config) Format(f fmt.State, _ rune) {
	for _, s := range c.Settings() {
		_, _ = io.WriteString(f, s.String()+"\n")
	}
}

func (c *Config) set(s Setting) { c.settings[s.Key] = s }
