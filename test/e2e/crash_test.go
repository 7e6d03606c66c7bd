package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/engine/virt"
	"github.com/novalet/novalet/internal/engine/virt/fake"
)

// How many servers a round of TestKill9 builds, stops and deletes at once.
const building, stopping, deleting = 18, 16, 16

// doomed are those of a round that are deleted while they are being built.
const doomed = 6

// fate is what is known of a server from outside: what the API has promised,
// and what it may have before its reply was lost.
type fate struct{ must, may string }

func (f fate) allows(status string) bool { return status == f.must || f.may != "" && status == f.may }

const gone = "gone"

// TestKill9 kills the whole cloud again and again while 50 servers are being
// built, stopped and deleted. Whatever moment it is, the next cloud takes every
// server where it should be, and nothing else is touched or left over.
func TestKill9(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cloud")
	hosts := filepath.Join(dir, "hosts", "host")
	args := []string{
		"up", "--state", dir, "--listen", freeAddress(t), "--driver", "fake", "--host", "host", "--guest", filepath.Join(dir, "none"),
		"--faults", "spawning delay=80ms; stop delay=60ms; destroy delay=60ms",
		"--quota", "instances=-1", "--quota", "cores=-1", "--quota", "ram=-1",
	}
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)

	cloud := run(t, args...)
	c := connect(t, dir)
	guest := imageNamed(t, c, "guest")
	booted := map[string]time.Time{} // guest -> when it was started, the only time ever
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		before := settled(t, c)
		if missing := stopping + deleting + 4 - count(before, "ACTIVE"); missing > 0 {
			must(t, boot(t.Context(), c, "pool", guest, missing))
			before = settled(t, c)
		}
		fates := map[string]fate{}
		for id, s := range before {
			fates[id] = fate{must: s.Status}
		}
		moment := time.Duration(random.IntN(900)) * time.Millisecond
		name := fmt.Sprint("round", round)
		made := disturb(t, c, cloud, moment, name, guest, before, fates)
		untouched(t, hosts, booted)

		if random.IntN(2) == 0 { // the next one dies while it tidies up
			again, _ := launch(t, args...)
			time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
			again.kill()
			untouched(t, hosts, booted)
		}
		cloud = run(t, args...)
		c = connect(t, dir)
		after := settled(t, c)
		fresh := 0
		for id, s := range after {
			f, known := fates[id]
			switch {
			case !known && strings.HasPrefix(s.Name, name) && s.Status == "ACTIVE":
				fresh++
			case !known && strings.HasPrefix(s.Name, "doomed") && s.Status == "ACTIVE": // nobody came to delete it
			case !known || !f.allows(s.Status):
				t.Errorf("round %d, killed after %v: server %s is %s, want %+v", round, moment, id, s.Status, f)
			}
		}
		for id, f := range fates {
			if _, there := after[id]; !there && !f.allows(gone) {
				t.Errorf("round %d, killed after %v: server %s is gone, want %+v", round, moment, id, f)
			}
		}
		if fresh != building && (made || fresh != 0) {
			t.Errorf("round %d, killed after %v: %d new servers, want %d (accepted: %t)", round, moment, fresh, building, made)
		}
		t.Logf("round %d, killed after %v: %d servers, %d new", round, moment, len(after), fresh)
	}
	cloud.stop()
	untouched(t, hosts, booted)
	audited(t, "sqlite:"+filepath.Join(dir, "novalet.db"), map[string][]virt.GuestState{"host": guestsIn(t, hosts)})
}

// disturb asks for everything at once and kills the cloud meanwhile. It writes
// down in fates what was promised, and returns whether the new servers were.
func disturb(t *testing.T, c *client.Client, cloud *process, moment time.Duration, name, guest string, before map[string]compute.Server, fates map[string]fate) (made bool) {
	t.Helper()
	ctx := t.Context()
	var work sync.WaitGroup
	work.Go(func() {
		time.Sleep(moment) // the moment is what is tried out, not what is waited for
		cloud.kill()
	})
	work.Go(func() { made = boot(ctx, c, name, guest, building) == nil })
	var mu sync.Mutex
	promised := func(id string, err error, end string) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			fates[id] = fate{must: end}
		} else {
			fates[id] = fate{must: "ACTIVE", may: end}
		}
	}
	work.Go(func() {
		if boot(ctx, c, "doomed", guest, doomed) != nil {
			return
		}
		for s, err := range c.Servers.List(ctx, compute.ServerQuery{Name: wire.Some("doomed")}) {
			if err != nil {
				return
			}
			if _, old := before[s.ID]; !old {
				promised(s.ID, c.Servers.Delete(ctx, s.ID), gone)
			}
		}
	})
	n := 0
	for id, s := range before {
		if s.Status != "ACTIVE" || n >= stopping+deleting {
			continue
		}
		ask, end := c.Servers.Delete, gone
		if n%2 == 0 {
			ask, end = stopper(c), "SHUTOFF"
		}
		n++
		work.Go(func() { promised(id, ask(ctx, id), end) })
	}
	work.Wait()
	return made
}

func count(servers map[string]compute.Server, status string) int {
	n := 0
	for _, s := range servers {
		if s.Status == status {
			n++
		}
	}
	return n
}

// untouched checks, while no cloud runs, that no guest was started twice.
func untouched(t *testing.T, dir string, booted map[string]time.Time) {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		return // killed before there was a host
	}
	driver, err := fake.New(fake.Config{Dir: dir})
	must(t, err)
	defer func() { _ = driver.Close() }()
	guests, err := driver.Guests(t.Context())
	must(t, err)
	for _, g := range guests {
		boots := driver.Boots(g.ServerID)
		if len(boots) != 1 {
			t.Errorf("guest %s was started %d times", g.ServerID, len(boots))
			continue
		}
		if first, known := booted[g.ServerID]; known && !first.Equal(boots[0]) {
			t.Errorf("guest %s was made anew", g.ServerID)
		}
		booted[g.ServerID] = boots[0]
	}
}

func guestsIn(t *testing.T, dir string) []virt.GuestState {
	t.Helper()
	driver, err := fake.New(fake.Config{Dir: dir})
	must(t, err)
	defer func() { _ = driver.Close() }()
	guests, err := driver.Guests(t.Context())
	must(t, err)
	return guests
}
