// Package enginetest says what must hold in a cloud at rest, for the tests that
// crash, race and fail their way there.
package enginetest

import (
	"context"
	"fmt"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/engine/virt"
)

// Audit lists what is wrong in a cloud in which nothing is being done: tasks,
// states, allocations, usages, ports and guests that do not agree. guests are
// those that the drivers know, by host; a host that is not in it is not looked
// at.
func Audit(ctx context.Context, db *store.DB, guests map[string][]virt.GuestState) ([]string, error) {
	a := &audit{ctx: ctx, db: db, guests: guests}
	for _, look := range []func() error{a.readServers, a.tasks, a.allocations, a.usages, a.ports, a.events, a.hosts} {
		if err := look(); err != nil {
			return nil, err
		}
	}
	return a.wrong, nil
}

type audit struct {
	ctx    context.Context
	db     *store.DB
	guests map[string][]virt.GuestState
	all    map[string]*cloud.Server // deleted ones too
	alive  []*cloud.Server
	wrong  []string
}

func (a *audit) say(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

func (a *audit) readServers() error {
	servers, err := a.db.Servers(a.ctx, store.ServerFilter{})
	a.all = map[string]*cloud.Server{}
	for i := range servers {
		s := &servers[i]
		a.all[s.ID] = s
		if !s.DeletedAt.IsZero() {
			if s.State != (cloud.State{VM: cloud.Deleted}) {
				a.say("deleted server %s is %s", s.ID, s.State)
			}
			continue
		}
		a.alive = append(a.alive, s)
		if s.State.Task != cloud.Idle || s.State.VM == cloud.Building || s.State.VM == cloud.Deleted {
			a.say("server %s rests in %s", s.ID, s.State)
		}
		if s.Host == "" && (s.State.VM != cloud.Failed || !s.LaunchedAt.IsZero()) {
			a.say("server %s in %s has no host", s.ID, s.State)
		}
	}
	return err
}

func (a *audit) tasks() error {
	tasks, err := a.db.DueTasks(a.ctx, time.Now().AddDate(10, 0, 0), 1000)
	for _, t := range tasks {
		a.say("task %s (%s of server %s) is left over, owner %q", t.ID, t.Kind, t.ServerID, t.Owner)
	}
	return err
}

// allocations are those of the servers that have a host, and each host's sum is
// theirs.
func (a *audit) allocations() error {
	allocated, err := a.db.AllocatedServers(a.ctx)
	if err != nil {
		return err
	}
	sums := map[string]cloud.Resources{}
	for _, s := range a.alive {
		if allocated[s.ID] != s.Host {
			a.say("server %s on host %q has its allocation on %q", s.ID, s.Host, allocated[s.ID])
		}
		delete(allocated, s.ID)
		if s.Host == "" {
			continue
		}
		sum := sums[s.Host]
		sum.VCPUs += s.Flavor.VCPUs
		sum.MemoryMiB += s.Flavor.RAMMiB
		sum.DiskGiB += s.Flavor.DiskGiB + s.Flavor.EphemeralGiB + (s.Flavor.SwapMiB+1023)/1024
		sums[s.Host] = sum
	}
	for id, host := range allocated {
		a.say("server %s, which is gone, has an allocation on %s", id, host)
	}
	hypervisors, err := a.db.Hypervisors(a.ctx, "", store.Page{})
	for i := range hypervisors {
		h := &hypervisors[i]
		if h.Allocation != sums[h.Hostname] {
			a.say("host %s counts %+v in use, its servers have %+v", h.Hostname, h.Allocation, sums[h.Hostname])
		}
	}
	return err
}

func (a *audit) usages() error {
	sums := map[string]store.Usage{}
	for _, s := range a.all {
		sum := sums[s.ProjectID]
		if s.DeletedAt.IsZero() {
			one := store.UsageOf(s)
			sum = store.Usage{Instances: sum.Instances + one.Instances, Cores: sum.Cores + one.Cores, RAMMiB: sum.RAMMiB + one.RAMMiB}
		}
		sums[s.ProjectID] = sum
	}
	for project, sum := range sums {
		have, err := a.db.Usage(a.ctx, project)
		if err != nil {
			return err
		}
		if have != sum {
			a.say("project %s counts %+v, its servers are %+v", project, have, sum)
		}
	}
	return nil
}

// ports are those of the servers with a host, no address twice.
func (a *audit) ports() error {
	ids := make([]string, 0, len(a.all))
	for id := range a.all {
		ids = append(ids, id)
	}
	ports, err := a.db.PortsOfServers(a.ctx, ids...)
	taken := map[string]string{}
	for _, p := range ports {
		s := a.all[p.ServerID]
		if !s.DeletedAt.IsZero() || s.Host == "" {
			a.say("server %s in %s on host %q has the port %s", s.ID, s.State, s.Host, p.ID)
		}
		if other := taken[p.NetworkID+p.IP]; other != "" {
			a.say("servers %s and %s have the address %s", other, s.ID, p.IP)
		}
		taken[p.NetworkID+p.IP] = s.ID
	}
	return err
}

// events are all over.
func (a *audit) events() error {
	for id := range a.all {
		actions, err := a.db.InstanceActions(a.ctx, id, store.ActionFilter{})
		if err != nil {
			return err
		}
		for _, brief := range actions {
			action, err := a.db.InstanceAction(a.ctx, id, brief.RequestID)
			if err != nil {
				return err
			}
			for _, e := range action.Events {
				if e.FinishTime.IsZero() {
					a.say("event %s of %s of server %s never ended", e.Event, action.Action, id)
				}
			}
		}
	}
	return nil
}

// hosts have the guests of their servers, with the power that the states show,
// and no others.
func (a *audit) hosts() error {
	for host, guests := range a.guests {
		have := map[string]cloud.PowerState{}
		for _, g := range guests {
			have[g.ServerID] = g.Power
		}
		for _, s := range a.alive {
			if s.Host != host {
				continue
			}
			power, there := have[s.ID]
			delete(have, s.ID)
			switch running := power == cloud.PowerRunning; {
			case !there && s.State.VM != cloud.Failed:
				a.say("server %s in %s has no guest on %s", s.ID, s.State, host)
			case s.State.VM == cloud.Active && !running, s.State.VM == cloud.Stopped && running:
				a.say("server %s in %s has a guest of power %d", s.ID, s.State, power)
			}
		}
		for id := range have {
			state := "unknown"
			if s := a.all[id]; s != nil {
				state = fmt.Sprintf("%s on host %q", s.State, s.Host)
			}
			a.say("host %s has a guest of server %s, which is %s", host, id, state)
		}
	}
	return nil
}
