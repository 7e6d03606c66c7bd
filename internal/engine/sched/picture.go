package sched

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/cloud"
)

// picture is the hosts as they were a moment ago, with the claims of this
// scheduler since. Its age decides only how good a choice is, never whether it
// is right: the claim decides that.
type picture struct {
	mu    sync.Mutex
	hosts []*cloud.Hypervisor // what they point to is never changed
	index map[string]int      // of hosts, by name
	taken time.Time
	stale chan struct{} // asks Run for a new one
}

const (
	// pictureLife is the age at which a picture is renewed by the way.
	pictureLife = 500 * time.Millisecond
	// pictureLimit is the age at which nobody places by it any more: Run is
	// late, or there is none.
	pictureLimit = 5 * time.Second
)

func newPicture() picture { return picture{stale: make(chan struct{}, 1)} }

// Run renews the scheduler's picture of the hosts while servers are placed, so
// that no placement waits for it, until ctx ends. Without it placements read
// the hosts themselves now and then.
func (s *Scheduler) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.picture.stale:
			_, _ = s.look(ctx) // a picture that stays too old is renewed by whoever needs it, who sees the error
		}
	}
}

// hosts returns the hosts as they were lately, or with fresh as they are now.
func (s *Scheduler) hosts(ctx context.Context, fresh bool) ([]*cloud.Hypervisor, error) {
	p := &s.picture
	p.mu.Lock()
	hosts, age := slices.Clone(p.hosts), s.Now().Sub(p.taken)
	p.mu.Unlock()
	if fresh || hosts == nil || age > pictureLimit {
		return s.look(ctx)
	}
	if age > pictureLife {
		select {
		case p.stale <- struct{}{}:
		default:
		}
	}
	return hosts, nil
}

// look takes a new picture. A claim that is made meanwhile may be missing in
// it.
func (s *Scheduler) look(ctx context.Context) ([]*cloud.Hypervisor, error) {
	taken := s.Now()
	rows, err := s.DB.Candidates(ctx)
	if err != nil {
		return nil, err
	}
	hosts, index := make([]*cloud.Hypervisor, len(rows)), make(map[string]int, len(rows))
	for i := range rows {
		hosts[i], index[rows[i].Hostname] = &rows[i], i
	}
	p := &s.picture
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hosts, p.index, p.taken = hosts, index, taken
	return slices.Clone(hosts), nil
}

// claimed takes a claim of ours into the picture.
func (p *picture) claimed(host string, need cloud.Resources) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, known := p.index[host]
	if !known {
		return
	}
	h := *p.hosts[i]
	h.Allocation.VCPUs += need.VCPUs
	h.Allocation.MemoryMiB += need.MemoryMiB
	h.Allocation.DiskGiB += need.DiskGiB
	p.hosts[i] = &h
}
