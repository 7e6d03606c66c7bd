// Package novatest runs a whole cloud inside a Go test: the identity, image and
// compute APIs on a loopback port, a database in a temporary folder, simulated
// hosts. It is up in well under a second, needs neither root nor network, and
// is gone, with all its goroutines, when the test ends.
//
//	cloud := novatest.New(t)
//	server, err := cloud.Client(cloud.Demo()).Servers.Create(ctx, ...)
//
// Many clouds live side by side, so tests that use it may run in parallel.
package novatest

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/server"
)

// Option changes what New makes.
type Option func(*server.Config)

// Hosts gives the cloud n simulated hosts; without it there is one.
func Hosts(n int) Option { return func(c *server.Config) { c.Hosts = n } }

// Faults makes the simulated hosts slow or faulty. Rules are separated by
// semicolons: an operation (spawn, start, stop, reboot, hard-reboot, destroy,
// console, ...) with its settings, such as
//
//	spawn delay=200ms; spawn every=3; stop name=bad-* fail="no power"
func Faults(rules string) Option { return func(c *server.Config) { c.Faults = rules } }

// Quota sets the limit of a resource (instances, cores, ram, key_pairs, ...)
// for projects that have none of their own; -1 is no limit.
func Quota(resource string, limit int) Option {
	return func(c *server.Config) {
		if c.Quotas == nil {
			c.Quotas = cloud.Quotas{}
		}
		c.Quotas[cloud.QuotaResource(resource)] = limit
	}
}

// Database keeps the cloud in the database at url (postgres://... or
// sqlite:PATH), which must be empty; without it that is SQLite in a temporary
// folder.
func Database(url string) Option { return func(c *server.Config) { c.Database = url } }

// Cloud is a running cloud. It has a user admin in a project admin, a user demo
// in a project demo, DevStack's flavors, an image guest and a network private.
type Cloud struct {
	t     testing.TB
	cloud *server.Cloud
}

// New starts a cloud and stops it when the test ends. Its log is in the output
// of a test that fails.
func New(t testing.TB, opts ...Option) *Cloud {
	t.Helper()
	cfg := server.Config{
		StateDir: t.TempDir(), Listen: "127.0.0.1:0", Hosts: 1, Host: "host", Driver: "fake",
		BcryptCost: 4, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	for _, o := range opts {
		o(&cfg)
	}
	for resource := range cfg.Quotas {
		if _, known := cloud.DefaultQuotas()[resource]; !known {
			t.Fatalf("novatest: there is no quota of %q", resource)
		}
	}
	running, err := server.Start(t.Context(), cfg)
	if err != nil {
		t.Fatalf("novatest: %v", err)
	}
	t.Cleanup(running.Close)
	return &Cloud{t, running}
}

// URL is the root of the cloud, such as http://127.0.0.1:41234: identity is
// below /v3, compute below /compute/v2.1, images below /image.
func (c *Cloud) URL() string { return c.cloud.URL() }

// Account is a user with a project.
type Account struct {
	account server.Account
	authURL string
}

// Admin is the administrator.
func (c *Cloud) Admin() Account { return Account{c.cloud.Admin(), c.URL() + "/v3"} }

// Demo is an ordinary user.
func (c *Cloud) Demo() Account { return Account{c.cloud.Demo(), c.URL() + "/v3"} }

// Env is the account as environment variables in the form of os.Environ, for
// command lines and libraries that read OS_AUTH_URL and its like.
func (a Account) Env() []string {
	var env []string
	for _, pair := range a.account.Environment(a.authURL) {
		env = append(env, pair[0]+"="+pair[1])
	}
	return env
}

// lookup is os.LookupEnv for Env.
func (a Account) lookup(name string) (string, bool) {
	pairs := a.account.Environment(a.authURL)
	i := slices.IndexFunc(pairs, func(pair [2]string) bool { return pair[0] == name })
	if i < 0 {
		return "", false
	}
	return pairs[i][1], true
}

// Client returns a client of the cloud that calls as the account, at the lowest
// version of compute; its At sets another.
func (c *Cloud) Client(as Account) *client.Client {
	c.t.Helper()
	config, err := auth.Load(auth.Sources{Env: as.lookup})
	if err != nil {
		c.t.Fatalf("novatest: %v", err)
	}
	session, err := auth.Open(config, auth.Options{NoCache: true})
	if err != nil {
		c.t.Fatalf("novatest: %v", err)
	}
	c.t.Cleanup(session.Transport().Close)
	return session.Client()
}
