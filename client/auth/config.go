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
	"slices"
	"strings"

	"github.com/novalet/novalet/api/identity"
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
	add := func(base string) {
		if dir := filepath.Join(base, "openstack"); base != "" && !slices.Contains(s.ConfigDirs, dir) {
			s.ConfigDirs = append(s.ConfigDirs, dir)
		}
	}
	add(os.Getenv("XDG_CONFIG_HOME"))
	if home != "" {
		add(filepath.Join(home, ".config"))
	}
	site := os.Getenv("XDG_CONFIG_DIRS")
	if site == "" {
		site = "/etc/xdg"
	}
	for _, base := range filepath.SplitList(site) {
		add(base)
	}
	add("/etc")
	return s
}

// envCloud is the name of the cloud that the environment describes.
func (s Sources) envCloud() string {
	if name := s.env("OS_CLOUD_NAME"); name != "" {
		return name
	}
	return "envvars"
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
	if c.Get(Cloud) == s.envCloud() {
		// The environment itself is meant, by the name that openstacksdk gives it.
	} else if c.Has(Cloud) || c.Get(AuthURL) == "" {
		if err := c.addCloud(s, table); err != nil {
			return nil, err
		}
	}
	for _, o := range table {
		if !c.Has(o.key) && o.value != "" {
			c.set(settingOf(o.key, o.value, "default", false))
		}
	}
	if !c.Has(CACert) {
		// What Python's requests takes, and so every other OpenStack tool.
		for _, name := range [...]string{"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"} {
			if value := s.env(name); value != "" && !c.Has(CACert) {
				c.set(settingOf(CACert, value, name+" from environment", false))
			}
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
	fromFile := map[Key]bool{}
	for _, o := range table {
		if c.Has(o.key) || o.key == Cloud {
			continue
		}
		names := append([]string{string(o.key)}, o.yaml...)
		for _, place := range [...]*tree{cloud.at("auth"), cloud} {
			spelled, value := place.scalar(names...)
			if value == nil && o.list {
				spelled, value = place.words(names...)
			}
			if value != nil {
				c.set(settingOf(o.key, value.text, spelled+" from "+value.file, o.secret))
				fromFile[o.key] = true
				break
			}
		}
	}
	c.spreadDomain(fromFile)
	c.fillPlaces(fromFile)
	return nil
}

// spreadDomain makes a domain of clouds.yaml that of user and project, as
// openstacksdk does, where it cannot be the scope because a project is.
func (c *Config) spreadDomain(fromFile map[Key]bool) {
	if c.Get(ProjectID) == "" && c.Get(ProjectName) == "" {
		return
	}
	for _, row := range [...]struct{ from, user, project Key }{
		{DomainID, UserDomainID, ProjectDomainID}, {DomainName, UserDomainName, ProjectDomainName},
	} {
		if !fromFile[row.from] {
			continue
		}
		for _, to := range [...]Key{row.user, row.project} {
			if !c.Has(to) {
				c.set(settingOf(to, c.Get(row.from), c.From(row.from), false))
			}
		}
		delete(c.settings, row.from)
	}
}

// fillPlaces writes settings into URLs of clouds.yaml that have a place for
// them: https://{region_name}.example.com.
func (c *Config) fillPlaces(fromFile map[Key]bool) {
	for _, key := range c.order {
		text := c.Get(key)
		if !fromFile[key] || !strings.Contains(text, "{") || key != AuthURL && !strings.HasSuffix(string(key), "endpoint_override") {
			continue
		}
		for _, k := range c.order {
			if value := c.Get(k); value != "" {
				text = strings.ReplaceAll(text, "{"+string(k)+"}", value)
			}
		}
		c.set(settingOf(key, text, c.From(key), false))
	}
}

// Check reports what is missing to log in, in novaclient's order and words.
// needProject is set where the program works in a project, as nova does; a
// domain, a trust or the system as scope are taken instead.
func (c *Config) Check(needProject bool) error {
	k, err := c.kind()
	if err != nil || !k.logsIn() {
		return err
	}
	if (k.has(identity.MethodPassword) || k.has(identity.MethodTOTP)) && c.Get(Username) == "" && c.Get(UserID) == "" {
		return settingError("You must provide a user name/id (via --os-username, --os-user-id, env[OS_USERNAME] or env[OS_USER_ID]) or an auth token (via --os-token).")
	}
	if needProject && !c.scoped() && !k.has(identity.MethodApplicationCredential) {
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

var _ client.Session = (*Session)(nil)
