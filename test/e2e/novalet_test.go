// Package e2e runs novalet as processes of its own, as a user does, and treats
// them badly.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/engine/enginetest"
	"github.com/novalet/novalet/internal/engine/virt"
)

// builtDir holds the program that the tests run; TestMain removes it.
var builtDir string

// program builds novalet, once.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(builtDir, "novalet")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "../../cmd/novalet").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("novalet does not build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	var err error
	if builtDir, err = os.MkdirTemp("", "novalet-e2e-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(builtDir)
	os.Exit(code)
}

// process is a running novalet.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// run starts novalet and returns once it says that it is ready.
func run(t *testing.T, args ...string) *process {
	t.Helper()
	p, ready := launch(t, args...)
	select {
	case <-ready:
	case <-p.done:
		t.Fatalf("novalet %s ended before it was ready", strings.Join(args, " "))
	case <-time.After(2 * time.Minute):
		t.Fatalf("novalet %s is not ready after two minutes", strings.Join(args, " "))
	}
	return p
}

// launch starts novalet; ready is closed at its first word.
func launch(t *testing.T, args ...string) (p *process, ready chan struct{}) {
	t.Helper()
	path, err := program()
	must(t, err)
	p = &process{t: t, cmd: exec.Command(path, args...), done: make(chan struct{})}
	out, err := p.cmd.StdoutPipe()
	must(t, err)
	var failure bytes.Buffer
	p.cmd.Stderr = &failure
	must(t, p.cmd.Start())
	ready = make(chan struct{})
	go func() {
		lines := bufio.NewScanner(out)
		for first := true; lines.Scan(); first = false {
			if first {
				close(ready)
			}
		}
		_ = p.cmd.Wait()
		if failure.Len() > 0 {
			t.Log(failure.String())
		}
		close(p.done)
	}()
	t.Cleanup(p.kill)
	return p, ready
}

// kill is kill -9; it returns when the process is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop is what an administrator does.
func (p *process) stop() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		p.t.Error("novalet has not stopped within a minute of SIGTERM")
		p.kill()
	}
}

// freeAddress is a loopback address with a port that nobody has now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// connect returns a client of the cloud in dir for its user demo. It gives up at
// once on a cloud that is away.
func connect(t *testing.T, dir string) *client.Client {
	t.Helper()
	return connectAs(t, dir, "demo-openrc")
}

// connectAs is connect for the user of one of the cloud's openrc files.
func connectAs(t *testing.T, dir, file string) *client.Client {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	must(t, err)
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		env[name] = value
	}
	config, err := auth.Load(auth.Sources{Env: func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}})
	must(t, err)
	session, err := auth.Open(config, auth.Options{NoCache: true, Client: client.Options{Retries: -1}})
	must(t, err)
	t.Cleanup(session.Transport().Close)
	return session.Client().At(wire.V(2, 79))
}

// imageNamed is the id of an image.
func imageNamed(t *testing.T, c *client.Client, name string) string {
	t.Helper()
	for i, err := range c.Images.List(t.Context(), image.Query{}) {
		must(t, err)
		if i.Name != nil && *i.Name == name {
			return i.ID
		}
	}
	t.Fatalf("there is no image %s", name)
	return ""
}

// boot asks for n servers.
func boot(ctx context.Context, c *client.Client, name, imageID string, n int) error {
	_, err := c.Servers.Create(ctx, compute.ServerCreate{Server: compute.ServerNew{
		Name: name, FlavorRef: "42", ImageRef: wire.Some(imageID), MinCount: wire.Some(n), MaxCount: wire.Some(n),
		Networks: wire.Some(compute.NetworksWanted{Word: "auto"}),
	}})
	return err
}

// stopper returns what asks for a server to be stopped.
func stopper(c *client.Client) func(ctx context.Context, id string) error {
	return func(ctx context.Context, id string) error {
		_, err := client.Do(ctx, c.Compute, compute.StopServer, compute.ServerID{ID: id})
		return err
	}
}

// settled waits until nothing is being done to any server and returns them by
// id.
func settled(t *testing.T, c *client.Client) map[string]compute.Server {
	t.Helper()
	wait := client.Wait{What: "all servers to be at rest", Every: 50 * time.Millisecond, Timeout: 3 * time.Minute}
	all, err := client.Until(t.Context(), wait, func(ctx context.Context) (map[string]compute.Server, bool, error) {
		all, rest := map[string]compute.Server{}, true
		for s, err := range c.Servers.List(ctx, compute.ServerQuery{}) {
			if err != nil {
				return nil, false, err
			}
			all[s.ID] = s
			rest = rest && s.Status != "BUILD" && s.TaskState.Or(nil) == nil
		}
		return all, rest, nil
	})
	if err != nil {
		for _, s := range all {
			if task := s.TaskState.Or(nil); task != nil {
				t.Logf("server %s %s: %s, %s", s.ID, s.Name, s.Status, *task)
			}
		}
		t.Fatal(err)
	}
	return all
}

// audited fails the test for anything wrong in a cloud at rest that is stopped.
func audited(t *testing.T, database string, guests map[string][]virt.GuestState) {
	t.Helper()
	db, err := store.Open(t.Context(), database)
	must(t, err)
	defer func() { _ = db.Close() }()
	wrong, err := enginetest.Audit(t.Context(), db, guests)
	must(t, err)
	for _, w := range wrong {
		t.Error(w)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
