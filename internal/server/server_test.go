package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small is a cloud on the simulated driver in a folder.
func small(dir string) server.Config {
	return server.Config{StateDir: dir, Listen: "127.0.0.1:0", Hosts: 1, Host: "höst", Driver: "fake", BcryptCost: 4}
}

func start(t *testing.T, cfg server.Config) *server.Cloud {
	t.Helper()
	cloud, err := server.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cloud.Close)
	return cloud
}

func connect(t *testing.T, cloud *server.Cloud) *client.Client {
	t.Helper()
	env := map[string]string{}
	for _, pair := range cloud.Admin().Environment(cloud.URL() + "/v3") {
		env[pair[0]] = pair[1]
	}
	config, err := auth.Load(auth.Sources{Env: func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	session, err := auth.Open(config, auth.Options{NoCache: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Transport().Close)
	return session.Client().At(wire.V(2, 79))
}

func flavors(t *testing.T, c *client.Client) (names []string) {
	t.Helper()
	for f, err := range c.Flavors.List(t.Context(), compute.FlavorQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, f.Name)
	}
	return names
}

// A cloud keeps all it had over a restart, and gives back nothing that was
// deleted on purpose.
func TestRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cloud")
	first := start(t, small(dir))
	if kind, note := first.Driver(); kind != "fake" || note != "" {
		t.Errorf("driver %q, note %q", kind, note)
	}
	c := connect(t, first)
	if got := flavors(t, c); len(got) != 7 {
		t.Errorf("flavors %v", got)
	}
	if err := c.Flavors.Delete(t.Context(), "5"); err != nil {
		t.Fatal(err)
	}
	if pid, err := server.Running(dir); err != nil || pid != os.Getpid() {
		t.Errorf("running: process %d, %v", pid, err)
	}
	password := first.Admin().Password
	first.Close()
	if pid, err := server.Running(dir); err != nil || pid != 0 {
		t.Errorf("after its end: process %d, %v", pid, err)
	}

	second := start(t, small(dir))
	if second.Admin().Password != password {
		t.Error("the administrator has another password")
	}
	if got := flavors(t, connect(t, second)); len(got) != 6 {
		t.Errorf("flavors after a restart: %v", got)
	}
	second.Close()
}

// Nothing that a cloud writes can be read by others, and no secret is in what
// it logs.
func TestSecrets(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cloud")
	var log syncBuffer
	cfg := small(dir)
	cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cloud := start(t, cfg)
	flavors(t, connect(t, cloud))
	cloud.Close()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 && !strings.HasPrefix(path, filepath.Join(dir, "images")) {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"openrc", "demo-openrc", "clouds.yaml", "passwords", "novalet.pid", "novalet.db"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	for _, account := range []server.Account{cloud.Admin(), cloud.Demo()} {
		if strings.Contains(log.String(), account.Password.Reveal()) {
			t.Errorf("the password of %s is in the log", account.User)
		}
	}
	if log.String() == "" {
		t.Error("nothing was logged")
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// What keeps a cloud from starting is said in one sentence with the next step.
func TestCannotStart(t *testing.T) {
	dir := t.TempDir()
	running := start(t, small(filepath.Join(dir, "running")))
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*server.Config)
		says   string
	}{
		{"runs already", func(c *server.Config) { c.StateDir = filepath.Join(dir, "running") }, "novalet down"},
		{"taken port", func(c *server.Config) { c.Listen = strings.TrimPrefix(running.URL(), "http://") }, "--listen"},
		{"no folder", func(c *server.Config) { c.StateDir = filepath.Join(file, "x") }, "--state"},
		{"bad database", func(c *server.Config) { c.Database = "mysql://x" }, "postgres://"},
		{"bad bus", func(c *server.Config) { c.Bus = "amqp://x" }, "nats://"},
		{"bad rules", func(c *server.Config) { c.Faults = "fly" }, `"fly"`},
		{"no policy", func(c *server.Config) { c.Policy = filepath.Join(dir, "none.yaml") }, "none.yaml"},
		{"several on QEMU", func(c *server.Config) { c.Hosts, c.Driver = 2, "qemu" }, "--hosts"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := small(filepath.Join(dir, strings.ReplaceAll(tt.name, " ", "-")))
			tt.change(&cfg)
			cloud, err := server.Start(t.Context(), cfg)
			if err == nil {
				cloud.Close()
				t.Fatal("it started")
			}
			if text := err.Error(); !strings.Contains(text, tt.says) || strings.Contains(text, "\n") {
				t.Errorf("it says %q, want %q in one line", text, tt.says)
			}
			if _, busy := errors.AsType[*server.RunningError](err); busy != (tt.name == "runs already") {
				t.Errorf("RunningError: %t", busy)
			}
		})
	}
	flavors(t, connect(t, running)) // it was not disturbed
}

// The services are where the catalog says, below one listener.
func TestPaths(t *testing.T) {
	cloud := start(t, small(t.TempDir()))
	for _, tt := range []struct {
		path   string
		status int
		says   string
	}{
		{"/", 300, "v3"},
		{"/v3", 200, "v3"},
		{"/compute", 200, "v2.1"},
		{"/compute/", 200, "v2.1"},
		{"/compute/v2.1", 200, "2.104"},
		{"/compute/v2.1/servers", 401, ""},
		{"/image", 300, "v2"},
		{"/image/v2/images", 401, ""},
		{"/computer", 404, ""},
		{"/compute/v9", 300, "v2.1"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, cloud.URL()+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if err != nil || reply.StatusCode != tt.status || !strings.Contains(string(body), tt.says) {
			t.Errorf("GET %s: %d %s (%v), want %d with %q", tt.path, reply.StatusCode, body, err, tt.status, tt.says)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// Stop asks a cloud to stop; where none runs there is nothing to do.
func TestStopWithoutCloud(t *testing.T) {
	dir := t.TempDir()
	if ran, err := server.Stop(dir, 0); ran || err != nil {
		t.Errorf("Stop: %t, %v", ran, err)
	}
	if n, err := server.StopGuests(context.Background(), dir, slog.New(slog.DiscardHandler), true); n != 0 || err != nil {
		t.Errorf("StopGuests: %d, %v", n, err)
	}
}

func TestListPolicy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte("\"os_compute_api:servers:start\": \"role:operator\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := server.ListPolicy(&out, file); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"os_compute_api:servers:start": "role:operator"`, "policy.yaml", `"identity:create_user"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the list has no %s", want)
		}
	}
	if err := server.ListPolicy(&out, file+"x"); err == nil {
		t.Error("a policy file that is not there is no error")
	}
}
