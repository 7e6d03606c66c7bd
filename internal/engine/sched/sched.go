// Package sched decides where a server goes: it filters the hosts, weighs what
// is left, and claims room on the best. The claim is the database's decision,
// so that two schedulers cannot both win the same room; on a refusal the next
// host is tried.
package sched

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
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

	picture picture
}

// New returns a scheduler with the standard filters and weighers.
func New(db *store.DB, now func() time.Time, ratios store.Ratios) *Scheduler {
	return &Scheduler{DB: db, Now: now, Ratios: ratios, Filters: Filters(), Weighers: Weighers(), Tie: rand.Uint32, picture: newPicture()}
}

// Place finds a host for the server and claims room there in a transaction in
// which then also runs. No host is a fault.Conflict whose Detail says which
// filter left how many.
func (s *Scheduler) Place(ctx context.Context, spec Spec, then func(tx *store.Tx, host *cloud.Hypervisor) error) error {
	for fresh := false; ; fresh = true {
		hosts, err := s.hosts(ctx, fresh)
		if err != nil {
			return err
		}
		ranked, trail, err := s.rank(ctx, hosts, spec)
		if err != nil {
			return err
		}
		for h := range ranked {
			err := s.DB.Tx(ctx, func(tx *store.Tx) error {
				if err := tx.Allocate(ctx, spec.Server.ID, h.Hostname, spec.Need(), s.Ratios); err != nil {
					return noRoom{err}
				}
				return then(tx, h.Hypervisor)
			})
			if err == nil {
				s.picture.claimed(h.Hostname, spec.Need())
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

// rank filters the hosts and gives those that are left, the best first; trail
// says how many each filter left.
func (s *Scheduler) rank(ctx context.Context, hosts []*cloud.Hypervisor, spec Spec) (ranked iter.Seq[Host], trail string, err error) {
	now := s.Now()
	left := make([]Host, 0, len(hosts))
	for _, h := range hosts {
		if spec.ForcedHost != "" && h.Hostname != spec.ForcedHost {
			continue
		}
		left = append(left, Host{Hypervisor: h, Now: now, Free: cloud.Resources{
			VCPUs:     int(float64(h.VCPUs)*s.Ratios.CPU) - h.Allocation.VCPUs,
			MemoryMiB: int(float64(h.MemoryMiB)*s.Ratios.Memory) - h.Allocation.MemoryMiB,
			DiskGiB:   int(float64(h.DiskGiB)*s.Ratios.Disk) - h.Allocation.DiskGiB,
		}})
	}
	if spec.ForcedHost != "" {
		return slices.Values(left), fmt.Sprintf("host %s was named: %d of that name", spec.ForcedHost, len(left)), nil
	}
	if spec, err = s.resolve(ctx, spec); err != nil {
		return nil, "", err
	}
	words := []string{fmt.Sprintf("%d hosts", len(left))}
	for _, f := range s.Filters {
		before := len(left)
		kept := left[:0]
		for i := range left { // not slices.DeleteFunc, whose argument would go to the heap for the filter's sake
			if f.Passes(&left[i], &spec) {
				kept = append(kept, left[i])
			}
		}
		left = kept
		if len(left) != before {
			words = append(words, fmt.Sprintf("%s left %d", f.Name, len(left)))
		}
	}
	order := make(byWeight, len(left))
	for i := range left {
		order[i] = weighed{host: &left[i], tie: s.Tie()}
		for _, w := range s.Weighers {
			order[i].weight += w.Multiplier * w.Weigh(&left[i], &spec)
		}
	}
	return order.best, strings.Join(words, ", "), nil
}

type weighed struct {
	weight float64
	tie    uint32
	host   *Host
}

// byWeight is a heap with the best host on top: mostly that one is all that is
// wanted, so the others are not sorted.
type byWeight []weighed

func (b byWeight) Len() int      { return len(b) }
func (b byWeight) Swap(i, j int) { b[i], b[j] = b[j], b[i] }

func (b byWeight) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(b[j].weight, b[i].weight), cmp.Compare(b[i].tie, b[j].tie)) < 0
}

// Push is never called: the heap only shrinks.
func (b *byWeight) Push(x any) { *b = append(*b, x.(weighed)) }

// Pop implements heap.Interface.
func (b *byWeight) Pop() any {
	last := (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return last
}

// best gives the hosts, the best first.
func (b byWeight) best(yield func(Host) bool) {
	heap.Init(&b)
	for len(b) > 0 {
		if !yield(*heap.Pop(&b).(weighed).host) {
			return
		}
	}
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
