package conduct_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/novalet/novalet/internal/cloud"
)

func (w *world) want(id, state string) cloud.Server {
	w.t.Helper()
	s := w.server(id)
	if got := s.State.String(); got != state {
		w.t.Errorf("server %s is %s, want %s (fault %+v)", id, got, state, s.Fault)
	}
	return s
}

func TestLife(t *testing.T) {
	live(t, 2, "spawning delay=1s; stop delay=1s; reboot delay=1s; hard-reboot delay=3s; destroy delay=1s", func(w *world) {
		id := w.create("vm")
		w.rest()
		s := w.want(id, "active")
		if s.Host == "" || s.Power != cloud.PowerRunning || s.LaunchedAt.IsZero() {
			w.t.Errorf("on host %q, power %d, launched at %v", s.Host, s.Power, s.LaunchedAt)
		}
		for _, step := range []struct {
			action cloud.Action
			task   string
			end    string
		}{
			{cloud.ActionStop, cloud.TaskStop, "stopped"},
			{cloud.ActionStart, cloud.TaskStart, "active"},
			{cloud.ActionReboot, cloud.TaskReboot, "active"},
			{cloud.ActionRebootHard, cloud.TaskRebootHard, "active"},
		} {
			if !w.begin(id, step.action, step.task) {
				w.t.Fatalf("%s was refused", step.task)
			}
			w.rest()
			w.want(id, step.end)
		}
		w.audit()
		w.remove(id)
		w.rest()
		w.want(id, "deleted")
		w.audit()
	})
}

// A hard reboot takes the place of a soft one: nothing is in error for it.
func TestHardRebootOvertakes(t *testing.T) {
	live(t, 1, "reboot delay=5s; hard-reboot delay=5s", func(w *world) {
		id := w.create("vm")
		w.rest()
		w.begin(id, cloud.ActionReboot, cloud.TaskReboot)
		time.Sleep(time.Second)
		if !w.begin(id, cloud.ActionRebootHard, cloud.TaskRebootHard) {
			w.t.Fatal("the hard reboot was refused")
		}
		w.rest()
		if s := w.want(id, "active"); s.Fault != nil {
			w.t.Errorf("fault %+v", s.Fault)
		}
		if n := len(w.drivers["h0"].Boots(id)); n != 3 {
			w.t.Errorf("%d boots, want 3", n)
		}
		w.audit()
	})
}

// A delete comes at any moment of a build.
func TestDeleteDuringBuild(t *testing.T) {
	live(t, 1, "networking delay=1s; block_device_mapping delay=1s; spawning delay=1s; spawn delay=1s; destroy delay=300ms", func(w *world) {
		for ms := 0; ms < 4500; ms += 300 {
			id := w.create(fmt.Sprint("vm", ms))
			time.Sleep(time.Duration(ms) * time.Millisecond)
			if !w.remove(id) {
				w.t.Fatalf("the delete after %d ms was refused", ms)
			}
			w.rest()
			w.want(id, "deleted")
		}
		w.audit()
	})
}

// What a host refuses is tried on another at once; what all refuse is an error
// that says why, with nothing left.
func TestHostRefuses(t *testing.T) {
	live(t, 3, `spawn every=1 name=bad fail="no such luck"; spawn every=2 name=vm*`, func(w *world) {
		bad := w.create("bad")
		w.rest()
		if s := w.want(bad, "error"); s.Fault == nil || !strings.Contains(s.Fault.Message, "no such luck") {
			w.t.Errorf("fault %+v", s.Fault)
		}
		for i := range 6 {
			w.create(fmt.Sprint("vm", i))
		}
		w.rest()
		w.audit()
	})
}

func TestAgentAway(t *testing.T) {
	live(t, 1, "", func(w *world) {
		id := w.create("vm")
		w.rest()
		w.want(id, "active")

		// A stop that nobody hears leaves the server as it was, and says so.
		w.stopAgent("h0")
		w.begin(id, cloud.ActionStop, cloud.TaskStop)
		w.rest()
		if s := w.want(id, "active"); s.Fault == nil {
			w.t.Error("nothing says that the stop failed")
		}

		// A start that is heard late is done late.
		w.startAgent("h0")
		time.Sleep(15 * time.Second)
		w.begin(id, cloud.ActionStop, cloud.TaskStop)
		w.rest()
		w.want(id, "stopped")
		w.stopAgent("h0")
		w.begin(id, cloud.ActionStart, cloud.TaskStart)
		time.Sleep(4 * time.Second)
		w.startAgent("h0")
		w.rest()
		w.want(id, "active")

		// So is a build.
		w.stopAgent("h0")
		late := w.create("late")
		time.Sleep(10 * time.Second)
		w.want(late, "building/networking")
		w.startAgent("h0")
		w.rest()
		w.want(late, "active")
		w.audit()
	})
}

// A host that is up but silent keeps its servers until it is known to be down;
// then a delete goes without it, and the host is swept when it comes back.
func TestDeleteOnLostHost(t *testing.T) {
	live(t, 1, "", func(w *world) {
		id, other := w.create("vm"), w.create("other")
		w.rest()
		w.stopAgent("h0")
		w.remove(id)
		time.Sleep(20 * time.Second)
		w.want(id, "active/deleting")
		w.rest()
		w.want(id, "deleted")
		if guests, _ := w.drivers["h0"].Guests(w.ctx); len(guests) != 2 {
			w.t.Errorf("%d guests on the lost host, want 2", len(guests))
		}
		// Nothing can be built now.
		lost := w.create("lost")
		w.rest()
		w.want(lost, "error")

		w.startAgent("h0")
		w.audit()
		w.want(other, "active")
	})
}

// A guest that changes by itself takes its server with it.
func TestGuestChangesByItself(t *testing.T) {
	live(t, 1, "", func(w *world) {
		id := w.create("vm")
		w.rest()
		if err := w.drivers["h0"].SetPower(id, cloud.PowerShutdown); err != nil {
			w.t.Fatal(err)
		}
		time.Sleep(time.Second)
		w.want(id, "stopped")
		if err := w.drivers["h0"].SetPower(id, cloud.PowerRunning); err != nil {
			w.t.Fatal(err)
		}
		time.Sleep(time.Second)
		w.want(id, "active")
		w.audit()
	})
}

// event is something that happens to a random world.
type event struct {
	wait   time.Duration // before it
	what   string
	server int
}

var happenings = []string{"create", "create", "create", "delete", "delete", "stop", "stop", "start", "reboot", "reboot_hard", "crash", "agent", "conductor"}

// Whatever is asked for, whenever, of hosts that are slow, refuse and go away:
// at rest all is consistent, and at the end everything can be deleted.
func TestAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rules := rapid.SampledFrom([]string{
			"", "spawning delay=300ms; stop delay=200ms; destroy delay=200ms; reboot delay=400ms; hard-reboot delay=400ms",
			"spawn every=3; spawning delay=100ms", "stop every=2; start every=3; reboot every=2; hard-reboot every=3; stop delay=100ms",
			"destroy every=2; destroy delay=100ms; spawning delay=100ms", "spawning delay=15s; destroy delay=12s",
		}).Draw(rt, "rules")
		hosts := rapid.IntRange(1, 3).Draw(rt, "hosts")
		events := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) event {
			return event{
				wait:   time.Duration(rapid.SampledFrom([]int{0, 0, 50, 150, 400, 3000, 30000}).Draw(rt, "wait")) * time.Millisecond,
				what:   rapid.SampledFrom(happenings).Draw(rt, "what"),
				server: rapid.IntRange(0, 7).Draw(rt, "server"),
			}
		}), 1, 30).Draw(rt, "events")
		wrong := ""
		live(t, hosts, rules, func(w *world) {
			var ids []string
			for _, e := range events {
				time.Sleep(e.wait)
				ids = w.happen(e, ids)
			}
			for host := range w.drivers {
				w.startAgent(host)
			}
			w.startConductor("c")
			w.rest()
			w.audit()
			for range 3 { // one that was refused too often is asked for again
				for _, id := range ids {
					w.remove(id)
				}
				w.rest()
			}
			w.audit()
			for _, id := range ids {
				w.want(id, "deleted")
			}
			for host, driver := range w.drivers {
				if guests, err := driver.Guests(w.ctx); err != nil || len(guests) > 0 {
					w.t.Errorf("host %s is left with %v, %v", host, guests, err)
				}
			}
			if w.t.Failed() {
				wrong = "see above"
			}
		})
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// happen makes an event; ids are the servers so far.
func (w *world) happen(e event, ids []string) []string {
	if e.what == "create" {
		return append(ids, w.create(fmt.Sprint("vm", len(ids))))
	}
	if e.what == "conductor" { // there are two of them at times, or none
		name := []string{"c", "d"}[e.server%2]
		if w.conductors[name] == nil {
			w.startConductor(name)
		} else {
			w.stopConductor(name)
		}
		return ids
	}
	if e.what == "agent" {
		host := fmt.Sprint("h", e.server%len(w.drivers))
		if w.agents[host] == nil {
			w.startAgent(host)
		} else {
			w.stopAgent(host)
		}
		return ids
	}
	if len(ids) == 0 {
		return ids
	}
	id := ids[e.server%len(ids)]
	switch e.what {
	case "delete":
		w.remove(id)
	case "stop":
		w.begin(id, cloud.ActionStop, cloud.TaskStop)
	case "start":
		w.begin(id, cloud.ActionStart, cloud.TaskStart)
	case "reboot":
		w.begin(id, cloud.ActionReboot, cloud.TaskReboot)
	case "reboot_hard":
		w.begin(id, cloud.ActionRebootHard, cloud.TaskRebootHard)
	case "crash":
		if s := w.server(id); s.Host != "" {
			_ = w.drivers[s.Host].SetPower(id, cloud.PowerCrashed) // there may be no guest yet
		}
	}
	return ids
}

// A guest that comes up after its server was deleted, as of an order that was
// long on its way, is removed; one that no server ever had is not ours.
func TestSweep(t *testing.T) {
	live(t, 1, "", func(w *world) {
		id := w.create("vm")
		w.rest()
		w.remove(id)
		w.rest()
		const stranger = "00000000-0000-4000-8000-000000000001"
		for _, late := range []string{id, stranger} {
			if err := w.drivers["h0"].Spawn(w.ctx, cloud.Guest{ServerID: late}, nil, func(string) {}); err != nil {
				w.t.Fatal(err)
			}
		}
		time.Sleep(45 * time.Second)
		guests, err := w.drivers["h0"].Guests(w.ctx)
		if err != nil || len(guests) != 1 || guests[0].ServerID != stranger {
			w.t.Errorf("guests %v, %v; want the stranger alone", guests, err)
		}
	})
}
