// Package auth finds out which cloud is meant and who calls it, and logs in.
//
// Load reads the settings: flags over OS_* environment over clouds.yaml. Open
// makes a Session of them, which is what client.New takes. A token, its
// catalog and the version documents are kept in the user's cache folder, so
// that the next process needs one request, not four.
package auth

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/novalet/novalet/client"
)

// Sources is where settings are looked for.
type Sources struct {
	// Flags are the options that were given on the command line, by their
	// destination in nova's parser (os_username, endpoint_type, insecure, ...;
	// see options). Defaults of the parser must not be in it.
	Flags map[string]string
	// Env looks up an environment variable; nil: there are none.
	Env func(name string) (string, bool)
	// ConfigDirs are the folders that may have a clouds.yaml, the first first.
	ConfigDirs []string
	// Home is written as ~ in explanations, and ~ in file names means it.
	Home string
}

// Process returns the sources of this process: its environment and the usual
// folders.
func Process(flags map[string]string) Sources {
	s := Sources{Flags: flags, Env: os.LookupEnv, ConfigDirs: []string{"."}}
	home, err := os.UserHomeDir()
	if err == nil {
		s.Home = home
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	if config == "" && home != "" {
		config = filepath.Join(home, ".config")
	}
	if config != "" {
		s.ConfigDirs = append(s.ConfigDirs, filepath.Join(config, "openstack"))
	}
	s.ConfigDirs = append(s.ConfigDirs, "/etc/openstack")
	return s
}

// env returns a variable; an empty one counts as none, as in novaclient.
func (s Sources) env(name string) string {
	if s.Env == nil {
		return ""
	}
	value, _ := s.Env(name)
	return value
}

// Load reads the settings. Files are read only when a cloud is named, or when
// no auth URL is. Errors are *client.Failure of class CommandError.
func Load(s Sources) (*Config, error) {
	c := &Config{settings: map[Key]Setting{}}
	table := options()
	for _, o := range table {
		c.order = append(c.order, o.key)
		if value, ok := s.Flags[o.dest]; ok && o.dest != "" {
			c.set(settingOf(o.key, value, o.flagName(), o.secret))
			continue
		}
		for _, name := range o.env {
			if value := s.env(name); value != "" {
				c.set(settingOf(o.key, value, name+" from environment", o.secret))
				break
			}
		}
	}
	if c.Has(Cloud) || c.Get(AuthURL) == "" {
		if err := c.addCloud(s, table); err != nil {
			return nil, err
		}
	}
	for _, o := range table {
		if !c.Has(o.key) && o.value != "" {
			c.set(settingOf(o.key, o.value, "default", false))
		}
	}
	for _, key := range [...]Key{CACert, Cert, PrivateKey} {
		if rest, ok := strings.CutPrefix(c.Get(key), "~/"); ok && s.Home != "" {
			c.set(settingOf(key, filepath.Join(s.Home, rest), c.From(key), false))
		}
	}
	return c, nil
}

// addCloud fills in what flags and environment left open.
func (c *Config) addCloud(s Sources, table []option) error {
	files, err := s.findClouds()
	if err != nil {
		return err
	}
	cloud, name, err := files.cloud(c.Get(Cloud), c.Get(RegionName))
	if err != nil || cloud == nil {
		return err
	}
	if !c.Has(Cloud) {
		c.set(settingOf(Cloud, name, "the only cloud in "+s.shortPath(files.path), false))
	}
	for _, o := range table {
		if c.Has(o.key) || o.key == Cloud {
			continue
		}
		names := append([]string{string(o.key)}, o.yaml...)
		for _, place := range [...]*tree{cloud.at("auth"), cloud} {
			if spelled, value := place.scalar(names...); value != nil {
				c.set(settingOf(o.key, value.text, spelled+" from "+value.file, o.secret))
				break
			}
		}
	}
	return nil
}

// Check reports what is missing to log in, in novaclient's order and words.
// needProject is set where the program works in a project, as nova does; a
// domain or the system as scope are taken instead.
func (c *Config) Check(needProject bool) error {
	method, err := c.method()
	if err != nil {
		return err
	}
	if method == "none" || method == "admin_token" || c.static() {
		return nil
	}
	if method == "password" && c.Get(Username) == "" && c.Get(UserID) == "" {
		return settingError("You must provide a user name/id (via --os-username, --os-user-id, env[OS_USERNAME] or env[OS_USER_ID]) or an auth token (via --os-token).")
	}
	scoped := c.Get(ProjectName) != "" || c.Get(ProjectID) != "" || c.Get(DomainID) != "" || c.Get(DomainName) != "" || c.Get(SystemScope) != ""
	if needProject && !scoped && method != "application_credential" {
		return settingError("You must provide a project name or project ID via --os-project-name, --os-project-id, env[OS_PROJECT_ID] or env[OS_PROJECT_NAME]. You may use os-project and os-tenant interchangeably.")
	}
	if c.Get(AuthURL) == "" {
		return settingError("You must provide an auth url via either --os-auth-url or env[OS_AUTH_URL], or name a cloud of clouds.yaml with OS_CLOUD.")
	}
	if version := c.Get(ServiceKey("identity", "api_version")); strings.HasPrefix(version, "2") {
		return settingError("Identity API version %s (%s) is not supported: use 3.", version, c.From(ServiceKey("identity", "api_version")))
	}
	return nil
}

// static reports whether a token and an endpoint are given and no place to
// log in.
func (c *Config) static() bool {
	return c.Secret(Token) != "" && c.Get(AuthURL) == "" && c.Get(ServiceKey("compute", "endpoint_override")) != ""
}

// method returns the way of logging in: password, token,
// application_credential, admin_token or none.
func (c *Config) method() (string, error) {
	switch kind := c.Get(AuthType); kind {
	case "":
		return c.guessMethod(), nil
	case "password", "v3password":
		if c.From(Token) == "--os-token" {
			return "token", nil // as novaclient: the flag says what is meant
		}
		return "password", nil
	case "token", "v3token":
		return "token", nil
	case "v3applicationcredential":
		return "application_credential", nil
	case "admin_token", "token_endpoint":
		return "admin_token", nil
	case "none":
		return "none", nil
	default:
		return "", settingError("Authentication type %q (%s) is not supported: use password, token, v3applicationcredential, admin_token or none.", kind, c.From(AuthType))
	}
}

func (c *Config) guessMethod() string {
	switch {
	case c.From(Token) == "--os-token":
		return "token"
	case c.Get(Username) != "" || c.Get(UserID) != "":
		return "password"
	case c.Secret(AppCredSecret) != "":
		return "application_credential"
	case c.Secret(Token) != "":
		return "token"
	}
	return "password"
}

var _ client.Session = (*Session)(nil)
