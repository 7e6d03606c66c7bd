package auth_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/policy"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/base/token"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/engine/disk"
	computesvc "github.com/novalet/novalet/internal/service/compute"
	identitysvc "github.com/novalet/novalet/internal/service/identity"
	imagesvc "github.com/novalet/novalet/internal/service/image"
)

// serve runs the identity, image and compute services behind one listener, as
// a cloud does; there are no hosts.
func serve(t *testing.T) (url string) {
	t.Helper()
	db := storetest.Open(t, storetest.SQLite(t))
	log := slog.New(slog.DiscardHandler)
	keys, err := token.OpenKeys(t.TempDir(), rand.Reader, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	passwords, err := token.NewPasswords(4)
	if err != nil {
		t.Fatal(err)
	}
	enforcer := func(base []wire.Rule, routes []wire.Endpoint) *policy.Enforcer {
		var rules []policy.Rule
		for _, r := range base {
			rules = append(rules, policy.Rule{Name: r.Name, Check: r.Default})
		}
		for _, e := range routes {
			if p := e.Info().Policy; p.Name != "" {
				rules = append(rules, policy.Rule{Name: p.Name, Check: p.Default})
			}
		}
		rules = append(rules, policy.Rule{Name: compute.FlavorExtraSpecsRule.Name, Check: compute.FlavorExtraSpecsRule.Default})
		e, err := policy.New(rules)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	identities := identitysvc.New(identitysvc.Deps{
		DB: db, Keys: keys, Passwords: passwords, Log: log, Now: time.Now, NewID: uuid.NewString, Random: rand.Reader,
	})
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.Handle("/", identities.Handler(httpd.Config{Policy: enforcer(identity.BaseRules(), identity.Routes()), Log: log, Now: time.Now}))

	config := httpd.Config{Auth: identities, Policy: enforcer(image.BaseRules(), image.Routes()), Log: log, Now: time.Now}
	images := imagesvc.New(imagesvc.Deps{
		DB: db, Policy: config.Policy, Inspect: func() cloud.ImageInspector { return &disk.Inspector{} },
		Dir: t.TempDir(), Log: log, Now: time.Now, NewID: uuid.NewString,
	})
	if err := images.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	imageAPI := httpd.New(config, "/image", "/image", imagesvc.Style(server.URL))
	images.Mount(imageAPI)
	mux.Handle("/image/", imageAPI)

	config.Policy = enforcer(compute.BaseRules(), compute.Routes())
	computeAPI := httpd.New(config, "/compute/v2.1", "/compute", computesvc.Style(server.URL))
	computesvc.New(computesvc.Deps{DB: db, Log: log, Now: time.Now, NewID: uuid.NewString}).Mount(computeAPI)
	mux.Handle("/compute/v2.1/", computeAPI)
	// The version document is wired where a whole cloud is put together.
	mux.HandleFunc("GET /compute/v2.1", func(w http.ResponseWriter, _ *http.Request) {
		document := compute.VersionShown{Version: compute.VersionDoc{ID: "v2.1", Version: compute.MaxVersion.String(), MinVersion: compute.MinVersion.String()}}
		body, err := wire.Encode(nil, document, wire.Version{})
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(body)
	})

	err = identities.Bootstrap(t.Context(), identitysvc.Boot{
		AdminPassword: "secret", DemoPassword: "demo",
		Services: []identitysvc.BootService{
			{Type: "identity", Name: "keystone", URL: server.URL + "/v3"},
			{Type: "image", Name: "glance", URL: server.URL + "/image"},
			{Type: "compute", Name: "nova", URL: server.URL + "/compute/v2.1"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return server.URL
}

// login returns a session of a user, whose settings are given as flags.
func login(t *testing.T, url, cacheDir, user, password string, more ...string) *auth.Session {
	t.Helper()
	flags := map[string]string{"os_auth_url": url, "os_username": user, "os_password": password, "os_project_name": user}
	for i := 0; i < len(more); i += 2 {
		flags[more[i]] = more[i+1]
	}
	config, err := auth.Load(auth.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	s, err := auth.Open(config, auth.Options{CacheDir: cacheDir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Transport().Close)
	return s
}

// TestAgainstTheServices uses the SDK on the cloud's own services.
func TestAgainstTheServices(t *testing.T) {
	url, dir := serve(t), t.TempDir()
	ctx := t.Context()
	admin := login(t, url, dir, "admin", "secret")
	c := admin.Client()
	v, err := c.Compute.Negotiate(ctx, client.Asked{Version: wire.V(2, 0), Latest: true}, client.Range{Min: compute.MinVersion, Max: compute.MaxVersion})
	if err != nil || v != compute.MaxVersion {
		t.Fatal(v, err)
	}
	c = c.At(v)
	info, err := admin.Info(ctx)
	if err != nil || info.User.Name != "admin" || info.Project.V.Name != "admin" {
		t.Errorf("%+v %v", info, err)
	}

	t.Run("flavors", func(t *testing.T) {
		made, err := c.Flavors.Create(ctx, compute.NewFlavor{Name: "small", ID: wire.Some("s1"), RAM: 64, VCPUs: 1, Disk: 1})
		if err != nil || made.ID != "s1" {
			t.Fatalf("%+v %v", made, err)
		}
		for _, id := range []string{"s2", "s3"} {
			if _, err := c.Flavors.Create(ctx, compute.NewFlavor{Name: id, ID: wire.Some(id), RAM: 64, VCPUs: 1, Disk: 1}); err != nil {
				t.Fatal(err)
			}
		}
		_, err = c.Flavors.Create(ctx, compute.NewFlavor{Name: "small", RAM: 64, VCPUs: 1, Disk: 1})
		var refusal *client.Error
		if !errors.Is(err, client.ErrConflict) || !errors.As(err, &refusal) || refusal.Kind != "conflictingRequest" || refusal.RequestID == "" || refusal.Route != "flavors.create" {
			t.Errorf("%v", err)
		}
		flavors, err := client.Collect(c.Flavors.List(ctx, compute.FlavorQuery{Limit: wire.Some(1), SortKey: wire.Some("flavorid")}))
		var ids []string
		for _, f := range flavors {
			if strings.HasPrefix(f.ID, "s") {
				ids = append(ids, f.ID)
			}
		}
		if diff := cmp.Diff([]string{"s1", "s2", "s3"}, ids); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
		if err := c.Flavors.Delete(ctx, "s1"); err != nil {
			t.Error(err)
		}
		if _, err := c.Flavors.Get(ctx, "s1"); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("%v", err)
		}
		demo := login(t, url, dir, "demo", "demo").Client()
		if err := demo.Flavors.Delete(ctx, "s2"); !errors.Is(err, client.ErrForbidden) {
			t.Errorf("%v", err)
		}
	})

	t.Run("images", func(t *testing.T) {
		var settings image.Settings
		settings.Name, settings.DiskFormat, settings.ContainerFormat = wire.Some("i"), wire.Some("raw"), wire.Some("bare")
		made, err := c.Images.Create(ctx, settings)
		if err != nil {
			t.Fatal(err)
		}
		data := bytes.Repeat([]byte("novalet "), 100_000)
		if err := c.Images.Upload(ctx, made.ID, io.MultiReader(bytes.NewReader(data))); err != nil {
			t.Fatal(err)
		}
		body, err := c.Images.Download(ctx, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = body.Close() }()
		if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back: %v", len(got), err)
		}
		for i, err := range c.Images.List(ctx, image.Query{Limit: wire.Some("1")}) {
			if err != nil || i.ID != made.ID || i.Status != "active" {
				t.Errorf("%+v %v", i, err)
			}
		}
		if err := c.Images.Delete(ctx, made.ID); err != nil {
			t.Error(err)
		}
		if _, err := c.Images.Get(ctx, made.ID); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})

	t.Run("a revoked token is renewed, in the middle of an upload too", func(t *testing.T) {
		revoke := func() wire.Secret {
			old, err := admin.Token(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Do(ctx, c.Identity, identity.RevokeToken, identity.SubjectToken{Subject: old}); err != nil {
				t.Fatal(err)
			}
			return old
		}
		old := revoke()
		if _, err := c.Flavors.Get(ctx, "s2"); err != nil {
			t.Error(err)
		}
		if token, err := admin.Token(ctx); err != nil || token == old {
			t.Errorf("the token is the old one still: %v", err)
		}
		var settings image.Settings
		settings.DiskFormat, settings.ContainerFormat = wire.Some("raw"), wire.Some("bare")
		made, err := c.Images.Create(ctx, settings)
		if err != nil {
			t.Fatal(err)
		}
		revoke()
		if err := c.Images.Upload(ctx, made.ID, io.MultiReader(strings.NewReader("x"))); err != nil {
			t.Error(err)
		}
	})

	t.Run("wrong password", func(t *testing.T) {
		_, err := login(t, url, dir, "admin", "wrong").Client().Flavors.Get(ctx, "s2")
		if !errors.Is(err, client.ErrUnauthorized) {
			t.Errorf("%v", err)
		}
	})
	t.Run("scopes", func(t *testing.T) {
		s := login(t, url, dir, "admin", "secret", "os_project_name", "", "os_system_scope", "all")
		if info, err := s.Info(ctx); err != nil || !info.System.Set {
			t.Errorf("%+v %v", info, err)
		}
		s = login(t, url, dir, "admin", "secret", "os_project_name", "")
		if _, err := s.Endpoint(ctx, "compute"); err == nil || !strings.Contains(err.Error(), "The service catalog is empty.") {
			t.Errorf("an unscoped token: %v", err)
		}
		first, err := admin.Token(ctx)
		if err != nil {
			t.Fatal(err)
		}
		s = login(t, url, dir, "", "", "os_token", first.Reveal(), "os_project_name", "demo")
		if info, err := s.Info(ctx); err == nil && info.Project.V.Name != "demo" {
			t.Errorf("%+v %v", info, err)
		}
	})
}
