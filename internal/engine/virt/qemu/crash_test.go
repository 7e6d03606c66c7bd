package qemu

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/novalet/novalet/internal/cloud"
)

const agentDir = "NOVALET_TEST_AGENT_DIR"

// crashGuests are the guests of the agent process: one runs before anything is
// killed, the others come and go.
func crashGuests(lib library) (steady cloud.Guest, others []cloud.Guest) {
	image := lib.add("blank", "raw", make([]byte, 1<<20))
	for n := range 4 {
		g := newGuest(image)
		g.ServerID = fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
		g.MemoryMiB = 64
		g.Ports = []cloud.GuestPort{port(2 + n)}
		others = append(others, g)
	}
	return others[0], others[1:]
}

// TestAgentProcess is the process that TestKill9 kills: it spawns, stops and
// destroys guests for ever and says what it is at.
func TestAgentProcess(t *testing.T) {
	dir := os.Getenv(agentDir)
	if dir == "" {
		t.Skip("TestKill9 runs this in a process of its own")
	}
	d, err := New(Config{Dir: dir, Accel: TCG})
	must(t, err)
	lib := library{}
	steady, others := crashGuests(lib)
	ctx := t.Context()
	must(t, d.Spawn(ctx, steady, lib, ignore))
	var work sync.WaitGroup
	say := func(n int) func(string) { return func(s string) { fmt.Printf("%d %s\n", n, s) } }
	for n, g := range others {
		work.Go(func() {
			for {
				if err := d.Spawn(ctx, g, lib, say(n)); err != nil {
					t.Error(err)
					return
				}
				say(n)("stopping")
				if err := d.Stop(ctx, g.ServerID, 0); err != nil {
					t.Error(err)
					return
				}
				say(n)("destroying")
				if err := d.Destroy(ctx, g.ServerID); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
}

// TestKill9 kills the agent in the middle of its work again and again. Each
// time the next driver finds the guest that ran untouched, and can take every
// other one from wherever it was to running, and to nothing.
func TestKill9(t *testing.T) {
	needQEMU(t)
	dir, lib, ctx := t.TempDir(), library{}, t.Context()
	steady, others := crashGuests(lib)
	steadyPID := 0
	for round := range 6 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAgentProcess$", "-test.v")
		cmd.Env = append(os.Environ(), agentDir+"="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		// The kill comes with a line of output, at a place that moves.
		lines, last := bufio.NewScanner(out), ""
		for n := 0; n < 6+5*round && lines.Scan(); n++ {
			last = lines.Text()
		}
		must(t, cmd.Process.Kill())
		cmd.Wait()

		d := open(t, Config{Dir: dir})
		if steadyPID == 0 {
			steadyPID = pidOf(t, d, steady.ServerID)
		}
		if pid := pidOf(t, d, steady.ServerID); pid != steadyPID {
			t.Fatalf("round %d, killed at %q: the guest that ran has process %d, had %d", round, last, pid, steadyPID)
		}
		for _, g := range others {
			must(t, d.Spawn(ctx, g, lib, ignore))
			if p := powerOf(t, d, g.ServerID); p != cloud.PowerRunning {
				t.Errorf("round %d, killed at %q: power %d after spawn", round, last, p)
			}
		}
		if found, err := findProcesses(d.servers); err != nil || len(found) != 1+len(others) {
			t.Errorf("round %d, killed at %q: %d processes, want %d (%v)", round, last, len(found), 1+len(others), err)
		}
		for _, g := range others {
			must(t, d.Destroy(ctx, g.ServerID))
		}
		if left, _ := os.ReadDir(d.servers); len(left) != 1 {
			t.Errorf("round %d, killed at %q: left behind %v", round, last, left)
		}
		if round == 5 {
			must(t, d.Destroy(ctx, steady.ServerID))
		}
		must(t, d.Close())
	}
}
