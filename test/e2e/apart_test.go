package e2e

import (
	"context"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/engine/virt"
)

// TestApart runs the control plane and the agents of two hosts as processes of
// their own, on one PostgreSQL and one NATS, and kills each.
func TestApart(t *testing.T) {
	database, bus := storetest.Postgres(t), natsURL(t)
	dir := t.TempDir()
	control := []string{
		"serve", "--state", filepath.Join(dir, "control"), "--listen", freeAddress(t), "--db", database, "--bus", bus, "--host", "control",
		"--quota", "instances=-1", "--quota", "cores=-1", "--quota", "ram=-1",
	}
	agent := func(name string) []string {
		return []string{
			"agent", "--state", filepath.Join(dir, name), "--bus", bus, "--driver", "fake", "--host", name,
			"--faults", "spawning delay=300ms; stop delay=200ms; destroy delay=200ms",
		}
	}
	serve := run(t, control...)
	agents := []*process{run(t, agent("a")...), run(t, agent("b")...)}
	c := connect(t, filepath.Join(dir, "control"))
	awaitHosts(t, filepath.Join(dir, "control"), 2)
	guest := imageNamed(t, c, "guest")
	must(t, boot(t.Context(), c, "first", guest, 9))
	stoppedOnes, deletedOnes := 0, 0
	for id, s := range settled(t, c) {
		switch {
		case s.Status != "ACTIVE":
			t.Fatalf("server %s is %s: %+v", id, s.Status, s.Fault)
		case stoppedOnes < 2:
			stoppedOnes++
			must(t, stopper(c)(t.Context(), id))
		case deletedOnes < 2:
			deletedOnes++
			must(t, c.Servers.Delete(t.Context(), id))
		}
	}
	tally(t, "at first", settled(t, c), 5, 2)

	// An agent dies in the middle of building and deleting.
	must(t, boot(t.Context(), c, "second", guest, 8))
	for id, s := range listed(t, c) {
		if s.Status == "SHUTOFF" {
			must(t, c.Servers.Delete(t.Context(), id))
		}
	}
	agents[0].kill()
	agents[0] = run(t, agent("a")...)
	tally(t, "after the agent was killed", settled(t, c), 13, 0)

	// The control plane dies in the middle of building, stopping and deleting.
	must(t, boot(t.Context(), c, "third", guest, 6))
	n := 0
	for id, s := range listed(t, c) {
		if s.Status == "ACTIVE" && n < 6 {
			if n++; n%2 == 0 {
				must(t, c.Servers.Delete(t.Context(), id))
			} else {
				must(t, stopper(c)(t.Context(), id))
			}
		}
	}
	serve.kill()
	serve = run(t, control...)
	c = connect(t, filepath.Join(dir, "control"))
	tally(t, "after the control plane was killed", settled(t, c), 13, 3)

	for _, a := range agents {
		a.stop()
	}
	serve.stop()
	guests := map[string][]virt.GuestState{}
	for _, name := range []string{"a", "b"} {
		guests[name] = guestsIn(t, filepath.Join(dir, name, "hosts", name))
		if len(guests[name]) == 0 {
			t.Errorf("host %s has no guests: nothing was spread", name)
		}
	}
	audited(t, database, guests)
}

// listed returns the servers as they are now.
func listed(t *testing.T, c *client.Client) map[string]compute.Server {
	t.Helper()
	all := map[string]compute.Server{}
	for s, err := range c.Servers.List(t.Context(), compute.ServerQuery{}) {
		must(t, err)
		all[s.ID] = s
	}
	return all
}

func tally(t *testing.T, when string, servers map[string]compute.Server, active, shutoff int) {
	t.Helper()
	if a, s := count(servers, "ACTIVE"), count(servers, "SHUTOFF"); a != active || s != shutoff || len(servers) != active+shutoff {
		t.Fatalf("%s: %d servers, %d ACTIVE and %d SHUTOFF, want %d and %d", when, len(servers), a, s, active, shutoff)
	}
}

// awaitHosts waits until the cloud in dir knows n hosts.
func awaitHosts(t *testing.T, dir string, n int) {
	t.Helper()
	c := connectAs(t, dir, "openrc")
	wait := client.Wait{What: "the hosts to report", Every: 20 * time.Millisecond, Timeout: time.Minute}
	_, err := client.Until(t.Context(), wait, func(ctx context.Context) (int, bool, error) {
		out, err := client.Do(ctx, c.Compute, compute.ListHypervisors, compute.HypervisorQuery{})
		return len(out.Hypervisors), len(out.Hypervisors) >= n, err
	})
	must(t, err)
}

// natsURL starts a NATS server on a loopback port, in this process.
func natsURL(t *testing.T) string {
	t.Helper()
	s, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoSigs: true, NoLog: true})
	must(t, err)
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the NATS server does not take connections")
	}
	return (&url.URL{Scheme: "nats", Host: s.Addr().String()}).String()
}
