package auth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/client"
)

// sources returns sources with an environment and files, by their path below a
// home folder.
func sources(t *testing.T, env map[string]string, files map[string]string) Sources {
	t.Helper()
	home := t.TempDir()
	for name, text := range files {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Sources{
		Env: func(name string) (string, bool) {
			value, ok := env[name]
			return strings.ReplaceAll(value, "$HOME", home), ok
		},
		ConfigDirs: []string{filepath.Join(home, "here"), filepath.Join(home, ".config", "openstack"), filepath.Join(home, "etc")},
		Home:       home,
	}
}

func lines(c *Config) []string {
	var all []string
	for _, s := range c.Settings() {
		if s.From != "default" {
			all = append(all, s.String())
		}
	}
	return all
}

func TestPrecedence(t *testing.T) {
	s := sources(t, map[string]string{
		"OS_CLOUD": "one", "OS_USERNAME": "env-user", "OS_REGION_NAME": "", "OS_TENANT_NAME": "env-project",
		"NOVA_ENDPOINT_TYPE": "internal", "OS_ENDPOINT_TYPE": "admin",
	}, map[string]string{
		".config/openstack/clouds.yaml": `
clouds:
  one:
    profile: base
    auth:
      auth_url: http://file/v3
      username: file-user
      password: overridden
      project-name: file-project
      user_domain_name: Default
    region_name: RegionTwo
    cacert: ~/ca.pem
  other: {auth: {auth_url: http://other/v3}}
`,
		".config/openstack/secure.yaml":        "clouds: {one: {auth: {password: HUSH}}}",
		".config/openstack/clouds-public.yaml": "public-clouds: {base: {auth: {auth_url: http://base/v3, project_domain_id: fromprofile}, compute_api_version: 2.60, key: k.pem}}",
		"etc/clouds.yaml":                      "clouds: {}",
	})
	s.Flags = map[string]string{"os_user_id": "flag-id", "insecure": "true"}
	c, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"cloud=one (OS_CLOUD from environment)",
		"auth_url=http://file/v3 (auth_url from ~/.config/openstack/clouds.yaml)",
		"username=env-user (OS_USERNAME from environment)",
		"user_id=flag-id (--os-user-id)",
		"user_domain_name=Default (user_domain_name from ~/.config/openstack/clouds.yaml)",
		"password=*** (password from ~/.config/openstack/secure.yaml)",
		"project_name=env-project (OS_TENANT_NAME from environment)",
		"project_domain_id=fromprofile (project_domain_id from ~/.config/openstack/clouds-public.yaml)",
		"region_name=RegionTwo (region_name from ~/.config/openstack/clouds.yaml)",
		"interface=internal (NOVA_ENDPOINT_TYPE from environment)",
		"cacert=" + filepath.Join(s.Home, "ca.pem") + " (cacert from ~/.config/openstack/clouds.yaml)",
		"key=k.pem (key from ~/.config/openstack/clouds-public.yaml)",
		"insecure=true (--insecure)",
		"compute_api_version=2.60 (compute_api_version from ~/.config/openstack/clouds-public.yaml)",
	}
	if diff := cmp.Diff(want, lines(c)); diff != "" {
		t.Error(diff)
	}
	if c.Secret(Password) != "HUSH" || c.Get(Password) != "" {
		t.Error("a secret is had by Secret only")
	}
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s", c, c, c), fmt.Sprintf("%+v", *c)} {
		if strings.Contains(text, "HUSH") {
			t.Errorf("the password shows in %s", text)
		}
	}
}

func TestWithoutAnything(t *testing.T) {
	c, err := Load(Sources{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Get(Interface) != "publicURL" || c.Get(ServiceKey("compute", "api_version")) != "2.latest" || c.Get(Timeout) != "600" {
		t.Errorf("defaults are %s", c)
	}
}

func TestWhichCloud(t *testing.T) {
	one := "clouds: {one: {auth: {auth_url: http://one}}}"
	two := "clouds: {one: {auth: {auth_url: http://one}}, two: {auth: {auth_url: http://two}}}"
	for _, test := range []struct {
		name       string
		env, files map[string]string
		url, says  string
	}{
		{"the only one", nil, map[string]string{"here/clouds.yaml": one}, "http://one", ""},
		{"not with a URL", map[string]string{"OS_AUTH_URL": "http://env"}, map[string]string{"here/clouds.yaml": one}, "http://env", ""},
		{"two and none named", nil, map[string]string{"here/clouds.yaml": two}, "", ""},
		{"named", map[string]string{"OS_CLOUD": "two"}, map[string]string{"here/clouds.yaml": two}, "http://two", ""},
		{"first file wins", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": one, "etc/clouds.yaml": "clouds: {one: {auth: {auth_url: http://etc}}}"}, "http://one", ""},
		{"named file", map[string]string{"OS_CLOUD": "one", "OS_CLIENT_CONFIG_FILE": "$HOME/mine.json"}, map[string]string{"mine.json": `{"clouds":{"one":{"auth":{"auth_url":"http://json"}}}}`, "here/clouds.yaml": two}, "http://json", ""},
		{"yml", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yml": one}, "http://one", ""},
		{"keys outside of auth", map[string]string{"OS_CLOUD": "x"}, map[string]string{"here/clouds.yaml": "clouds: {x: {auth_url: http://x}}"}, "http://x", ""},
		{"no such cloud", map[string]string{"OS_CLOUD": "three"}, map[string]string{"here/clouds.yaml": two}, "", "has one, two"},
		{"no file", map[string]string{"OS_CLOUD": "three"}, nil, "", "there is no clouds.yaml"},
		{"no named file", map[string]string{"OS_CLOUD": "three", "OS_CLIENT_CONFIG_FILE": "$HOME/none"}, nil, "", "there is no such file"},
		{"empty file", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": ""}, "", "has no clouds"},
		{"no such region", map[string]string{"OS_CLOUD": "one", "OS_REGION_NAME": "north"}, map[string]string{"here/clouds.yaml": "clouds: {one: {auth: {auth_url: http://one}, regions: [East, {name: West}]}}"}, "", "has no region north: it has East, West"},
		{"the environment's own", map[string]string{"OS_CLOUD": "envvars", "OS_AUTH_URL": "http://env"}, map[string]string{"here/clouds.yaml": one}, "http://env", ""},
		{"the environment's own by another name", map[string]string{"OS_CLOUD": "mine", "OS_CLOUD_NAME": "mine", "OS_AUTH_URL": "http://env"}, nil, "http://env", ""},
		{"region in the URL", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": "clouds: {one: {auth: {auth_url: 'https://{region_name}.x/v3'}, regions: [east]}}"}, "https://east.x/v3", ""},
		{"profile of a profile", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": "clouds: {one: {profile: b}}", "here/clouds-public.yaml": "public-clouds: {a: {auth: {auth_url: http://a}}, b: {profile: a}}"}, "http://a", ""},
		{"profile of a cloud that is gone", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": "clouds: {one: {profile: b}}", "here/clouds-public.yaml": "public-clouds: {b: {status: shutdown, message: It ended in 2017.}}"}, "", "does not exist any more (It ended in 2017)"},
		{"unknown profile that is not needed", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": "clouds: {one: {profile: b, auth: {auth_url: http://own}}}"}, "http://own", ""},
		{"empty cloud", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": "clouds: {one: }"}, "", "is empty"},
		{"no profile", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": "clouds: {one: {profile: vexxhost}}"}, "", `profile "vexxhost"`},
		{"bad yaml", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": "clouds:\n  one:\n\tauth: HUSH"}, "", "line 3"},
		{"a password that YAML takes for an alias", map[string]string{"OS_CLOUD": "one"}, map[string]string{"here/clouds.yaml": "clouds: {one: {auth: {password: *HUSH }}}"}, "", "must stand in quotes"},
	} {
		c, err := Load(sources(t, test.env, test.files))
		if err != nil {
			var failure *client.Failure
			if !errors.As(err, &failure) || failure.Class != client.CommandError || test.says == "" || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "HUSH") {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if test.says != "" || c.Get(AuthURL) != test.url {
			t.Errorf("%s: %s", test.name, c)
		}
	}
}

func TestRegions(t *testing.T) {
	file := map[string]string{"here/clouds.yaml": `
clouds:
  c:
    auth: {auth_url: http://c}
    compute_api_version: "2.10"
    regions:
    - first
    - name: second
      values: {compute_api_version: "2.53", interface: internal}
`}
	for _, test := range []struct{ asked, region, version, iface string }{
		{"", "first", "2.10", "publicURL"},
		{"second", "second", "2.53", "internal"},
	} {
		c, err := Load(sources(t, map[string]string{"OS_CLOUD": "c", "OS_REGION_NAME": test.asked}, file))
		if err != nil {
			t.Fatal(err)
		}
		if c.Get(RegionName) != test.region || c.Get(ServiceKey("compute", "api_version")) != test.version || c.Get(Interface) != test.iface {
			t.Errorf("asked for %q: %s", test.asked, c)
		}
	}
}

func TestYAMLTextsStayTexts(t *testing.T) {
	c, err := Load(sources(t, map[string]string{"OS_CLOUD": "c"}, map[string]string{"here/clouds.yaml": `
base: &base {user_domain_id: 007, region_name: a}
clouds:
  c:
    <<: *base
    region_name: b
    auth: {auth_url: http://c, password: 0123, project_name: 1e3, username: yes}
`}))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Secret(Password).Reveal(), c.Get(ProjectName), c.Get(Username), c.Get(UserDomainID), c.Get(RegionName)}
	if diff := cmp.Diff([]string{"0123", "1e3", "yes", "007", "b"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAliasBombIsRefused(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10))
	}
	if _, err := parseTree([]byte(bomb), "f"); err == nil {
		t.Error("taken")
	}
}

func TestCheck(t *testing.T) {
	full := map[string]string{"OS_AUTH_URL": "http://k/v3", "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "x"}
	with := func(changes ...string) map[string]string {
		env := map[string]string{}
		for k, v := range full {
			env[k] = v
		}
		for i := 0; i < len(changes); i += 2 {
			env[changes[i]] = changes[i+1]
		}
		return env
	}
	for _, test := range []struct {
		env  map[string]string
		says string
	}{
		{full, ""},
		{with("OS_USERNAME", ""), "You must provide a user name/id"},
		{with("OS_USERNAME", "", "OS_TOKEN", "t"), ""},
		{with("OS_USERNAME", "", "OS_USER_ID", "t"), ""},
		{with("OS_PROJECT_NAME", ""), "You must provide a project name or project ID"},
		{with("OS_PROJECT_NAME", "", "OS_SYSTEM_SCOPE", "all"), ""},
		{with("OS_PROJECT_NAME", "", "OS_TENANT_ID", "t"), ""},
		{with("OS_AUTH_URL", ""), "You must provide an auth url"},
		{with("OS_AUTH_URL", "", "NOVA_URL", "http://k"), ""},
		{with("OS_IDENTITY_API_VERSION", "2.0"), "use 3"},
		{with("OS_IDENTITY_API_VERSION", "3"), ""},
		{with("OS_AUTH_TYPE", "v3kerberos"), "type v3kerberos (OS_AUTH_TYPE from environment) is not supported, because it logs in at an identity provider"},
		{with("OS_AUTH_TYPE", "v3oidcpassword"), "logs in at an identity provider"},
		{with("OS_AUTH_TYPE", "v2password"), "use v3password or v3token"},
		{with("OS_AUTH_TYPE", "http_basic"), "use none, noauth or password"},
		{with("OS_AUTH_TYPE", "v3tokenlessauth"), "compute wants a token"},
		{with("OS_AUTH_TYPE", "bogus"), "The plugin bogus could not be found (OS_AUTH_TYPE from environment): use password,"},
		{with("OS_AUTH_TYPE", "v3multifactor"), "set OS_AUTH_METHODS="},
		{with("OS_AUTH_TYPE", "v3multifactor", "OS_AUTH_METHODS", "v3password,v3dna"), `"v3dna" (OS_AUTH_METHODS from environment)`},
		{with("OS_AUTH_TYPE", "v3multifactor", "OS_AUTH_METHODS", "v3password,v3totp"), ""},
		{with("OS_AUTH_TYPE", "v3totp", "OS_USERNAME", ""), "You must provide a user name/id"},
		{with("OS_PROJECT_NAME", "", "OS_TRUST_ID", "t"), ""},
		{with("OS_AUTH_TYPE", "none"), ""},
		{map[string]string{"OS_TOKEN": "t", "OS_ENDPOINT_OVERRIDE": "http://n/v2.1"}, ""},
	} {
		c, err := Load(sources(t, test.env, nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check(true); (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v: %v", test.env, err)
		}
	}
}

// FuzzClouds merges what two files say: it never panics, never names the
// password in an error, and keeps a value that only one of them has.
func FuzzClouds(f *testing.F) {
	f.Add("clouds: {one: {auth: {auth_url: http://x}, regions: [a, {name: b}]}}", "clouds: {one: {auth: {password: p}}}")
	f.Add("clouds: {one: {<<: {a: b}, profile: x}}", "clouds: [1, 2]")
	f.Add("a: &a [*a]", "? {a: b} : c")
	f.Fuzz(func(t *testing.T, under, over string) {
		a, err := parseTree([]byte(under), "a")
		if err != nil {
			return
		}
		b, err := parseTree([]byte(over), "b")
		if err != nil {
			return
		}
		both := merge(a, b)
		for key, kid := range b.children() {
			if a.kids != nil && both.at(key) == nil && kid != nil {
				t.Errorf("%q was lost", key)
			}
		}
		for key := range a.children() {
			if b.children() != nil && both.at(key) == nil {
				t.Errorf("%q was lost", key)
			}
		}
		files := cloudFiles{clouds: both.at("clouds"), path: "a", profiles: both.at("public-clouds")}
		for _, name := range []string{"", "one"} {
			if cloud, _, err := files.cloud(name, ""); err == nil && cloud != nil {
				cloud.scalar("region_name")
			}
		}
	})
}
