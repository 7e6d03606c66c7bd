package sched

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var ratios = store.Ratios{CPU: 2, Memory: 1, Disk: 1}

// host is a host as a test wants it.
type host struct {
	name, zone     string
	cpus, mem, gib int
	seen           time.Duration // ago
	disabled       bool
	forcedDown     bool
}

func newScheduler(db *store.DB) *Scheduler {
	s := New(db, func() time.Time { return now }, ratios)
	tie := uint32(0)
	s.Tie = func() uint32 { tie++; return tie } // the first of equals
	return s
}

func addHosts(t testing.TB, db *store.DB, hosts ...host) {
	t.Helper()
	ctx := context.Background()
	err := db.Tx(ctx, func(tx *store.Tx) error {
		for _, h := range hosts {
			if h.zone == "" {
				h.zone = "nova"
			}
			if _, err := tx.Heartbeat(ctx, "service-"+h.name, "nova-compute", h.name, h.zone, now.Add(-h.seen)); err != nil {
				return err
			}
			if err := tx.ReportHypervisor(ctx, &cloud.Hypervisor{
				UUID: "uuid-" + h.name, Hostname: h.name, Type: "fake", VCPUs: h.cpus, MemoryMiB: h.mem, DiskGiB: h.gib,
				CPUInfo: map[string]any{"arch": "x86_64", "features": []string{"pge", "clflush"}},
			}); err != nil {
				return err
			}
			if h.disabled || h.forcedDown {
				if err := tx.UpdateService(ctx, &cloud.Service{UUID: "service-" + h.name, Disabled: h.disabled, ForcedDown: h.forcedDown}, now); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func server(id string) *cloud.Server {
	return &cloud.Server{ID: id, Flavor: cloud.Flavor{VCPUs: 2, RAMMiB: 512, DiskGiB: 10}}
}

func nothing(*store.Tx, *cloud.Hypervisor) error { return nil }

// placed is where a server went, or the trail of why it went nowhere.
func placed(t testing.TB, s *Scheduler, spec Spec) string {
	t.Helper()
	on := ""
	err := s.Place(context.Background(), spec, func(_ *store.Tx, h *cloud.Hypervisor) error {
		on = h.Hostname
		return nil
	})
	var refusal *fault.Error
	switch {
	case err == nil:
		return on
	case errors.As(err, &refusal) && refusal.Kind == fault.Conflict:
		return refusal.Detail
	}
	t.Fatal(err)
	return ""
}

func TestPlace(t *testing.T) {
	plain := []host{{name: "small", cpus: 4, mem: 1024, gib: 40}, {name: "large", cpus: 8, mem: 4096, gib: 100}}
	for _, tt := range []struct {
		name  string
		hosts []host
		spec  func(*Spec)
		want  string
	}{
		{"the roomiest share", []host{{name: "full", cpus: 4, mem: 512, gib: 10}, {name: "roomy", cpus: 4, mem: 8192, gib: 500}}, nil, "full"},
		{"nobody", nil, nil, "0 hosts"},
		{"too small in CPUs", []host{{name: "a", cpus: 1, mem: 4096, gib: 100}}, nil, "1 hosts, room left 0"}, // a ratio of 2 does not make one CPU two of one server
		{"too small in memory", []host{{name: "a", cpus: 4, mem: 511, gib: 100}}, nil, "1 hosts, room left 0"},
		{"too small in disk", []host{{name: "a", cpus: 4, mem: 4096, gib: 9}}, nil, "1 hosts, room left 0"},
		{"exactly fits", []host{{name: "a", cpus: 2, mem: 512, gib: 10}}, nil, "a"},
		{"a silent host", []host{{name: "a", cpus: 4, mem: 4096, gib: 100, seen: cloud.ServiceDownAfter}}, nil, "1 hosts, compute left 0"},
		{"a host just heard of", []host{{name: "a", cpus: 4, mem: 4096, gib: 100, seen: cloud.ServiceDownAfter - 1000}}, nil, "a"},
		{"a disabled host", []host{{name: "a", cpus: 4, mem: 4096, gib: 100, disabled: true}}, nil, "1 hosts, compute left 0"},
		{"a host forced down", []host{{name: "a", cpus: 4, mem: 4096, gib: 100, forcedDown: true}}, nil, "1 hosts, compute left 0"},
		{"in its zone", append(plain, host{name: "far", zone: "far", cpus: 2, mem: 512, gib: 10}), func(s *Spec) { s.Server.PinnedZone = "far" }, "far"},
		{"no such zone", plain, func(s *Spec) { s.Server.PinnedZone = "none" }, "2 hosts, availability_zone left 0"},
		{"not where it failed", plain, func(s *Spec) { s.Exclude = []string{"large"} }, "small"},
		{"failed everywhere", plain, func(s *Spec) { s.Exclude = []string{"large", "small"} }, "2 hosts, exclude left 0"},
		{"on the host wanted", plain, func(s *Spec) { s.WantHost = "small" }, "small"},
		{"on the disabled host wanted", []host{{name: "a", cpus: 4, mem: 4096, gib: 100, disabled: true}}, func(s *Spec) { s.WantHost = "a" }, "1 hosts, compute left 0"},
		{"forced onto a disabled host", []host{{name: "a", cpus: 4, mem: 4096, gib: 100, disabled: true}}, func(s *Spec) { s.ForcedHost = "a" }, "a"},
		{"forced onto a full host", []host{{name: "a", cpus: 4, mem: 100, gib: 100}}, func(s *Spec) { s.ForcedHost = "a" }, "host a was named: 1 of that name"},
		{"forced onto nothing", plain, func(s *Spec) { s.ForcedHost = "x" }, "host x was named: 0 of that name"},
		{"swap and ephemeral disk count", []host{{name: "a", cpus: 4, mem: 4096, gib: 21}}, func(s *Spec) {
			s.Server.Flavor.EphemeralGiB, s.Server.Flavor.SwapMiB = 10, 1025
		}, "1 hosts, room left 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := storetest.Open(t, storetest.SQLite(t))
			addHosts(t, db, tt.hosts...)
			spec := Spec{Server: server("new")}
			if tt.spec != nil {
				tt.spec(&spec)
			}
			if got := placed(t, newScheduler(db), spec); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Servers spread: what is on a host makes it worse for the next.
func TestSpread(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	addHosts(t, db, host{name: "a", cpus: 8, mem: 4096, gib: 100}, host{name: "b", cpus: 8, mem: 4096, gib: 100})
	s := newScheduler(db)
	var got []string
	for i := range 4 {
		got = append(got, placed(t, s, Spec{Server: server(fmt.Sprint("s", i))}))
	}
	if want := []string{"a", "b", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("servers went to %v, want %v", got, want)
	}
}

// Weighers rule by their multipliers.
func TestWeighers(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	addHosts(t, db, host{name: "a", cpus: 8, mem: 4096, gib: 100}, host{name: "b", cpus: 8, mem: 4096, gib: 50})
	for _, tt := range []struct {
		multiplier float64
		want       string
	}{{1, "a"}, {-1, "b"}} {
		s := newScheduler(db)
		s.Weighers = []Weigher{{"disk", tt.multiplier, func(h *Host, _ *Spec) float64 { return float64(h.Free.DiskGiB) }}}
		if got := placed(t, s, Spec{Server: server("w" + tt.want)}); got != tt.want {
			t.Errorf("with %v it went to %s, want %s", tt.multiplier, got, tt.want)
		}
	}
}

// Hints name servers; the hosts of those decide.
func TestHints(t *testing.T) {
	db, ctx := storetest.Open(t, storetest.SQLite(t)), t.Context()
	addHosts(t, db, host{name: "a", cpus: 8, mem: 4096, gib: 100}, host{name: "b", cpus: 8, mem: 4096, gib: 100})
	err := db.Tx(ctx, func(tx *store.Tx) error {
		for i, on := range []string{"a", "b", ""} {
			s := server("on-" + on)
			s.Number, s.Name, s.Host, s.State, s.CreatedAt, s.UpdatedAt = int64(i), s.ID, on, cloud.State{VM: cloud.Active}, now, now
			if err := tx.CreateServer(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range []struct {
		hints map[string]any
		want  string
	}{
		{map[string]any{"same_host": "on-b"}, "b"},
		{map[string]any{"same_host": []any{"on-b"}}, "b"},
		{map[string]any{"different_host": []any{"on-a"}}, "b"},
		{map[string]any{"different_host": []any{"on-a", "on-b"}}, "2 hosts, different_host left 0"},
		{map[string]any{"same_host": "on-b", "different_host": "on-b"}, "2 hosts, same_host left 1, different_host left 0"},
		{map[string]any{"same_host": "on-"}, "2 hosts, same_host left 0"},     // it is nowhere yet
		{map[string]any{"same_host": "unheard"}, "2 hosts, same_host left 0"}, // nor is a server that is not there
		{map[string]any{"different_host": "unheard", "color": "blue"}, "a"},
	} {
		s := server(fmt.Sprint("new", i))
		s.Hints = tt.hints
		sched := newScheduler(db)
		sched.Weighers = nil
		if got := placed(t, sched, Spec{Server: s}); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.hints, got, tt.want)
		}
	}
}

// An error of what runs with the claim undoes the claim.
func TestClaimIsUndone(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	addHosts(t, db, host{name: "a", cpus: 8, mem: 4096, gib: 100}, host{name: "b", cpus: 8, mem: 4096, gib: 100})
	calls, broken := 0, fault.New(fault.Conflict, "the server is not in scheduling any more")
	err := newScheduler(db).Place(t.Context(), Spec{Server: server("s")}, func(*store.Tx, *cloud.Hypervisor) error {
		calls++
		return broken
	})
	if !errors.Is(err, broken) || calls != 1 {
		t.Errorf("after %d calls: %v", calls, err)
	}
	if left, err := db.AllocatedServers(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("allocations %v, %v", left, err)
	}
}

// However many schedulers place at once, with pictures of the hosts as old as
// may be, no host is given away beyond its ratios, no server has two
// allocations, and the hosts' sums are right. What is refused had no room.
func TestNoOvercommit(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			var hosts []host
			for i := range rapid.IntRange(1, 4).Draw(rt, "hosts") {
				hosts = append(hosts, host{
					name: fmt.Sprintf("r%d-h%d", round, i), zone: fmt.Sprint("zone", round),
					cpus: rapid.IntRange(1, 6).Draw(rt, "cpus"), mem: rapid.IntRange(256, 2048).Draw(rt, "mem"), gib: rapid.IntRange(5, 60).Draw(rt, "gib"),
				})
			}
			addHosts(t, db, hosts...)
			var schedulers []*Scheduler
			for range rapid.IntRange(1, 3).Draw(rt, "schedulers") {
				schedulers = append(schedulers, newConcurrentScheduler(db))
			}
			refused := race(t, db, schedulers, round, rapid.IntRange(1, 14).Draw(rt, "servers"), rapid.Bool().Draw(rt, "twice"))
			checkHosts(t, rt, db, fmt.Sprintf("r%d-", round), refused)
		})
	})
}

func newConcurrentScheduler(db *store.DB) *Scheduler {
	return New(db, func() time.Time { return now }, ratios) // the clock stands: its picture is never renewed by age
}

// race places n servers at once, each by one of the schedulers, or with twice
// each by two, of which the server's state lets one through; it returns how
// many got no host.
func race(t *testing.T, db *store.DB, schedulers []*Scheduler, round, n int, twice bool) int {
	ctx := context.Background()
	scheduling, networking := cloud.State{VM: cloud.Building, Task: cloud.Scheduling}, cloud.State{VM: cloud.Building, Task: cloud.Networking}
	var servers []*cloud.Server
	for i := range n {
		s := server(fmt.Sprintf("r%d-s%d", round, i))
		s.Number, s.State, s.PinnedZone, s.CreatedAt, s.UpdatedAt = int64(round*1000+i), scheduling, fmt.Sprint("zone", round), now, now
		if err := db.Tx(ctx, func(tx *store.Tx) error { return tx.CreateServer(ctx, s) }); err != nil {
			t.Fatal(err)
		}
		servers = append(servers, s)
	}
	var work sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for i, s := range servers {
		for k := range map[bool]int{false: 1, true: 2}[twice] {
			work.Go(func() {
				late := false
				err := schedulers[(i+k)%len(schedulers)].Place(ctx, Spec{Server: s}, func(tx *store.Tx, h *cloud.Hypervisor) error {
					err := tx.MoveServer(ctx, s.ID, scheduling, networking, now, store.ServerChange{Host: &h.Hostname})
					late = fault.Is(err, fault.Conflict)
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case late:
				case fault.Is(err, fault.Conflict):
					refused++
				case err != nil:
					t.Error(err)
				}
			})
		}
	}
	work.Wait()
	return refused
}

func checkHosts(t *testing.T, rt *rapid.T, db *store.DB, prefix string, refused int) {
	t.Helper()
	ctx := context.Background()
	hosts, err := db.Hypervisors(ctx, prefix, store.Page{})
	if err != nil {
		rt.Fatal(err)
	}
	allocated, err := db.AllocatedServers(ctx)
	if err != nil {
		rt.Fatal(err)
	}
	on := map[string]int{}
	for id, h := range allocated {
		if !strings.HasPrefix(id, prefix) {
			continue
		}
		on[h]++
		if s, err := db.Server(ctx, id); err != nil || s.Host != h {
			rt.Fatalf("server %s is on %q and has its allocation on %s (%v)", id, s.Host, h, err)
		}
	}
	need := Spec{Server: server("")}.Need()
	for i := range hosts {
		h, n := &hosts[i], on[hosts[i].Hostname]
		if want := (cloud.Resources{VCPUs: n * need.VCPUs, MemoryMiB: n * need.MemoryMiB, DiskGiB: n * need.DiskGiB}); h.Allocation != want {
			rt.Fatalf("host %s counts %+v for %d servers", h.Hostname, h.Allocation, n)
		}
		if h.Allocation.VCPUs > 2*h.VCPUs || h.Allocation.MemoryMiB > h.MemoryMiB || h.Allocation.DiskGiB > h.DiskGiB {
			rt.Fatalf("host %s has %+v in use of %d/%d/%d", h.Hostname, h.Allocation, h.VCPUs, h.MemoryMiB, h.DiskGiB)
		}
		fits := need.VCPUs <= h.VCPUs && h.Allocation.VCPUs+need.VCPUs <= 2*h.VCPUs &&
			h.Allocation.MemoryMiB+need.MemoryMiB <= h.MemoryMiB && h.Allocation.DiskGiB+need.DiskGiB <= h.DiskGiB
		if refused > 0 && fits {
			rt.Fatalf("%d servers were refused, but host %s has room: %+v in use of %d/%d/%d", refused, h.Hostname, h.Allocation, h.VCPUs, h.MemoryMiB, h.DiskGiB)
		}
	}
}

// BenchmarkPlace places servers among 10,000 hosts, with a clock that runs, and
// reports the 99th percentile.
func BenchmarkPlace(b *testing.B) {
	db := storetest.Open(b, storetest.SQLite(b))
	hosts := make([]host, 10_000)
	for i := range hosts {
		hosts[i] = host{name: fmt.Sprintf("host-%05d", i), cpus: 64, mem: 256 << 10, gib: 4000}
	}
	addHosts(b, db, hosts...)
	start := time.Now()
	s := New(db, func() time.Time { return now.Add(min(time.Since(start), 50*time.Second)) }, ratios)
	var work sync.WaitGroup
	ctx, stop := context.WithCancel(b.Context())
	defer work.Wait()
	defer stop()
	work.Go(func() { s.Run(ctx) })
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		begin := time.Now()
		if err := s.Place(b.Context(), Spec{Server: server(fmt.Sprint("s", n))}, nothing); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}
