// Package sched decides where a server goes: it filters the hosts, weighs what
// is left, and claims room on the best. The claim is the database's decision,
// so that two schedulers cannot both win the same room; on a refusal the next
// host is tried.
package sched

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Spec is what a server needs and wishes for.
type Spec struct {
	Server     *cloud.Server
	ForcedHost string   // named by an administrator with az:host; filters do not matter then
	WantHost   string   // named with the request; filters do
	Exclude    []string // hosts that failed already

	hinted map[string][]string // hint -> the hosts of the servers it names
}

// Need is the room a server takes.
func (s Spec) Need() cloud.Resources {
	f := &s.Server.Flavor
	return cloud.Resources{VCPUs: f.VCPUs, MemoryMiB: f.RAMMiB, DiskGiB: f.DiskGiB + f.EphemeralGiB + (f.SwapMiB+1023)/1024}
}

// Host is a candidate with what is free on it.
type Host struct {
	*cloud.Hypervisor
	Now  time.Time
	Free cloud.Resources // within the ratios
}

// Filter refuses hosts; its name is what the fault of an unplaced server says.
type Filter struct {
	Name   string
	Passes func(h *Host, s *Spec) bool
}

// Weigher prefers hosts: the higher the better, times its multiplier.
type Weigher struct {
	Name       string
	Multiplier float64
	Weigh      func(h *Host, s *Spec) float64
}

// Filters are the filters in the order they are asked.
func Filters() []Filter {
	return []Filter{
		{"exclude", func(h *Host, s *Spec) bool { return !slices.Contains(s.Exclude, h.Hostname) }},
		{"compute", func(h *Host, _ *Spec) bool { return !h.Service.Disabled && h.Service.Up(h.Now) }},
		{"availability_zone", func(h *Host, s *Spec) bool { return s.Server.PinnedZone == "" || s.Server.PinnedZone == h.Service.Zone }},
		{"destination", func(h *Host, s *Spec) bool { return s.WantHost == "" || s.WantHost == h.Hostname }},
		{"room", func(h *Host, s *Spec) bool {
			need := s.Need()
			return need.VCPUs <= h.Free.VCPUs && need.VCPUs <= h.VCPUs && need.MemoryMiB <= h.Free.MemoryMiB && need.DiskGiB <= h.Free.DiskGiB
		}},
		{"same_host", sameHost("same_host", true)},
		{"different_host", sameHost("different_host", false)},
	}
}

// sameHost is the filter behind two hints: lists of servers to be with, or not
// to be with.
func sameHost(hint string, want bool) func(*Host, *Spec) bool {
	return func(h *Host, s *Spec) bool {
		hosts, ok := s.hinted[hint]
		return !ok || slices.Contains(hosts, h.Hostname) == want
	}
}

// Weighers are the weighers with their multipliers.
func Weighers() []Weigher {
	return []Weigher{
		{"ram", 1, func(h *Host, _ *Spec) float64 { return share(h.Free.MemoryMiB, h.MemoryMiB) }},
		{"cpu", 1, func(h *Host, _ *Spec) float64 { return share(h.Free.VCPUs, h.VCPUs) }},
		{"disk", 0.5, func(h *Host, _ *Spec) float64 { return share(h.Free.DiskGiB, h.DiskGiB) }},
	}
}

func share(free, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(free) / float64(all)
}

// Scheduler places servers.
type Scheduler struct {
	DB       *store.DB
	Now      func() time.Time
	Ratios   store.Ratios
	Filters  []Filter
	Weighers []Weigher
	Tie      func() uint32 // decides between hosts of the same weight

	mu    sync.Mutex
	hosts []cloud.Hypervisor // as read at readAt, with our own claims since
	read  time.Time
}

// snapshotLife is how old the picture of the hosts may be. It decides only how
// good a choice is, never whether it is right: the claim decides that.
const snapshotLife = 500 * time.Millisecond

// New returns a scheduler with the standard filters and weighers.
func New(db *store.DB, now func() time.Time, ratios store.Ratios) *Scheduler {
	return &Scheduler{DB: db, Now: now, Ratios: ratios, Filters: Filters(), Weighers: Weighers(), Tie: rand.Uint32}
}

// Place finds a host for the server and claims room there in a transaction in
// which then also runs. No host is a fault.Conflict whose Detail says which
// filter left how many.
func (s *Scheduler) Place(ctx context.Context, spec Spec, then func(tx *store.Tx, host *cloud.Hypervisor) error) error {
	for fresh := false; ; fresh = true {
		hosts, err := s.snapshot(ctx, fresh)
		if err != nil {
			return err
		}
		ranked, trail, err := s.rank(ctx, hosts, spec)
		if err != nil {
			return err
		}
		for _, h := range ranked {
			err := s.DB.Tx(ctx, func(tx *store.Tx) error {
				if err := tx.Allocate(ctx, spec.Server.ID, h.Hostname, spec.Need(), s.Ratios); err != nil {
					return noRoom{err}
				}
				return then(tx, h.Hypervisor)
			})
			if err == nil {
				s.claimed(h.Hostname, spec.Need())
				return nil
			}
			if full, ok := err.(noRoom); !ok || !fault.Is(full.error, fault.Conflict) {
				return err
			}
		}
		if fresh {
			return &fault.Error{Kind: fault.Conflict, Message: "No valid host was found. There are not enough hosts available.", Detail: trail}
		}
	}
}

// noRoom tells a refused claim from an error of what runs after it.
type noRoom struct{ error }

func (e noRoom) Unwrap() error { return e.error }

// snapshot returns a copy of the hosts as they were lately.
func (s *Scheduler) snapshot(ctx context.Context, fresh bool) ([]cloud.Hypervisor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if fresh || now.Sub(s.read) > snapshotLife || s.hosts == nil {
		hosts, err := s.DB.Hypervisors(ctx, "", store.Page{})
		if err != nil {
			return nil, err
		}
		s.hosts, s.read = hosts, now
	}
	return slices.Clone(s.hosts), nil
}

// claimed takes a claim of ours into the picture.
func (s *Scheduler) claimed(host string, need cloud.Resources) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.hosts {
		if h := &s.hosts[i]; h.Hostname == host {
			h.Allocation.VCPUs += need.VCPUs
			h.Allocation.MemoryMiB += need.MemoryMiB
			h.Allocation.DiskGiB += need.DiskGiB
		}
	}
}

// rank filters and weighs; trail says how many hosts each filter left.
func (s *Scheduler) rank(ctx context.Context, hosts []cloud.Hypervisor, spec Spec) (ranked []Host, trail string, err error) {
	now := s.Now()
	left := make([]Host, 0, len(hosts))
	for i := range hosts {
		h := &hosts[i]
		left = append(left, Host{Hypervisor: h, Now: now, Free: cloud.Resources{
			VCPUs:     int(float64(h.VCPUs)*s.Ratios.CPU) - h.Allocation.VCPUs,
			MemoryMiB: int(float64(h.MemoryMiB)*s.Ratios.Memory) - h.Allocation.MemoryMiB,
			DiskGiB:   int(float64(h.DiskGiB)*s.Ratios.Disk) - h.Allocation.DiskGiB,
		}})
	}
	if spec.ForcedHost != "" {
		left = slices.DeleteFunc(left, func(h Host) bool { return h.Hostname != spec.ForcedHost })
		return left, fmt.Sprintf("host %s was named: %d of that name", spec.ForcedHost, len(left)), nil
	}
	if spec, err = s.resolve(ctx, spec); err != nil {
		return nil, "", err
	}
	words := []string{fmt.Sprintf("%d hosts", len(left))}
	for _, f := range s.Filters {
		before := len(left)
		left = slices.DeleteFunc(left, func(h Host) bool { return !f.Passes(&h, &spec) })
		if len(left) != before {
			words = append(words, fmt.Sprintf("%s left %d", f.Name, len(left)))
		}
	}
	type weighed struct {
		weight float64
		tie    uint32
		host   Host
	}
	all := make([]weighed, len(left))
	for i, h := range left {
		all[i] = weighed{0, s.Tie(), h}
		for _, w := range s.Weighers {
			all[i].weight += w.Multiplier * w.Weigh(&h, &spec)
		}
	}
	slices.SortFunc(all, func(a, b weighed) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.tie, b.tie))
	})
	for i := range all {
		left[i] = all[i].host
	}
	return left, strings.Join(words, ", "), nil
}

// resolve finds the hosts of the servers that hints name.
func (s *Scheduler) resolve(ctx context.Context, spec Spec) (Spec, error) {
	spec.hinted = map[string][]string{}
	for _, hint := range []string{"same_host", "different_host"} {
		value, ok := spec.Server.Hints[hint]
		if !ok {
			continue
		}
		spec.hinted[hint] = []string{}
		for _, id := range texts(value) {
			other, err := s.DB.Server(ctx, id)
			switch {
			case fault.Is(err, fault.NotFound):
			case err != nil:
				return spec, err
			case other.Host != "":
				spec.hinted[hint] = append(spec.hinted[hint], other.Host)
			}
		}
	}
	return spec, nil
}

// texts reads a hint that is a string or a list of strings.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			if text, ok := item.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}
