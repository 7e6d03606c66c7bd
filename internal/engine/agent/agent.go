// Package agent runs on every compute host: it takes orders for guests over
// the bus, has the host's driver make them so, and reports what the host has
// and what its guests do. It knows no database.
package agent

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/base/bus"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/order"
	"github.com/novalet/novalet/internal/engine/virt"
)

// Config is what an agent is made of.
type Config struct {
	Host   string // its name: one agent each
	Zone   string // availability zone
	HostIP string
	Driver virt.Driver
	Images virt.ImageSource
	Bus    *bus.Bus
	Log    *slog.Logger
	Every  time.Duration // between reports; 0: 10 s
}

// Agent serves one host.
type Agent struct {
	Config
	mu      sync.Mutex
	working map[string]*work   // by server id
	changed []order.GuestPower // by themselves, not yet reported
	wake    chan struct{}      // a report is wanted now
}

// work is the order being carried out for one server; others for it wait.
type work struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// New returns an agent; Run makes it work.
func New(cfg Config) *Agent {
	if cfg.Every == 0 {
		cfg.Every = 10 * time.Second
	}
	return &Agent{Config: cfg, working: map[string]*work{}, wake: make(chan struct{}, 1)}
}

// Run serves orders and reports until ctx ends, then waits for what is being
// done. Guests go on running.
func (a *Agent) Run(ctx context.Context) error {
	for _, op := range []order.Op{order.Spawn, order.Destroy} { // one of each line
		line, err := a.Bus.Serve(order.SubjectOf(a.Host, op), "", func(order context.Context, r *bus.Request) (any, error) {
			// What is under way when the agent stops is broken off: the
			// control plane asks again when there is an agent again.
			order, cancel := context.WithCancel(order)
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			return a.serve(order, r)
		})
		if err != nil {
			return err
		}
		defer line.Stop()
	}
	var wg sync.WaitGroup
	wg.Go(func() { a.watch(ctx) })
	defer wg.Wait()
	// The second report follows soon: what two in a row say of guests that
	// changed while there was no agent is believed.
	wait := min(time.Second, a.Every)
	for {
		a.report(ctx)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-a.wake:
		}
		timer.Stop()
		wait = a.Every
	}
}

// serve takes an order off the bus.
func (a *Agent) serve(ctx context.Context, r *bus.Request) (any, error) {
	var o order.Order
	if err := r.Decode(&o); err != nil {
		return nil, err
	}
	return a.obey(ctx, o, func(s order.Step) { r.Progress(s) })
}

// obey carries out one order. Orders for one server come one after another;
// destroy breaks off the one before it.
func (a *Agent) obey(ctx context.Context, o order.Order, step func(order.Step)) (order.Done, error) {
	if o.Op == order.Console {
		text, err := a.Driver.Console(ctx, o.Guest.ServerID, o.Lines)
		return order.Done{Console: text}, told(ctx, err)
	}
	ctx, release, err := a.turn(ctx, o.Guest.ServerID, o.Op == order.Destroy)
	if err != nil {
		return order.Done{}, told(ctx, err)
	}
	defer release()
	start := time.Now()
	err = a.carryOut(ctx, o, step)
	a.Log.Info("order", "op", o.Op, "server", o.Guest.ServerID, "request", o.RequestID, "took", time.Since(start), "err", err)
	if err != nil {
		return order.Done{}, told(ctx, err)
	}
	done := order.Done{Power: cloud.PowerRunning}
	switch o.Op {
	case order.Stop:
		done.Power = cloud.PowerShutdown
	case order.Destroy:
		done.Power = cloud.PowerNone
	}
	return done, nil
}

// told is an error as the control plane has to see it, which asks again after a
// fault.Unavailable and takes any other for the host's last word. Work that was
// broken off is the former, because nobody knows how far it went; a driver that
// lacks something is the latter, because this host did answer.
func told(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fault.Wrap(err, fault.Unavailable, "The host broke the work off.")
	case fault.Is(err, fault.Unavailable):
		return fault.Wrap(err, fault.Conflict, err.Error())
	}
	return err
}

func (a *Agent) carryOut(ctx context.Context, o order.Order, step func(order.Step)) error {
	switch o.Op {
	case order.Spawn:
		return a.Driver.Spawn(ctx, o.Guest, a.Images, func(word string) { step(order.Step{TaskState: cloud.TaskState(word)}) })
	case order.Start:
		return a.Driver.Start(ctx, o.Guest)
	case order.Stop:
		return a.Driver.Stop(ctx, o.Guest.ServerID, o.GraceSeconds)
	case order.Reboot:
		return a.Driver.Reboot(ctx, o.Guest, o.Hard)
	case order.Destroy:
		return a.Driver.Destroy(ctx, o.Guest.ServerID)
	}
	return fault.New(fault.NotImplemented, "This host's agent does not know the order %q: it is older than the control plane.", o.Op)
}

// turn waits until the server is free and takes it. With preempt it breaks off
// what is being done to the server.
func (a *Agent) turn(ctx context.Context, serverID string, preempt bool) (context.Context, func(), error) {
	for {
		a.mu.Lock()
		before := a.working[serverID]
		if before == nil {
			ctx, cancel := context.WithCancel(ctx)
			mine := &work{cancel: cancel, done: make(chan struct{})}
			a.working[serverID] = mine
			a.mu.Unlock()
			return ctx, func() {
				a.mu.Lock()
				delete(a.working, serverID)
				a.mu.Unlock()
				cancel()
				close(mine.done)
			}, nil
		}
		a.mu.Unlock()
		if preempt {
			before.cancel()
		}
		select {
		case <-before.done:
		case <-ctx.Done():
			return ctx, nil, ctx.Err()
		}
	}
}

// watch asks for a report whenever a guest changed by itself.
func (a *Agent) watch(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case event, open := <-a.Driver.Events():
			if !open {
				return
			}
			a.Log.Info("guest changed by itself", "server", event.ServerID, "power", event.Power)
			a.mu.Lock()
			a.changed = append(a.changed, order.GuestPower{ServerID: event.ServerID, Power: event.Power})
			a.mu.Unlock()
			select {
			case a.wake <- struct{}{}:
			default:
			}
		}
	}
}

// report tells the control plane what the host has. A report that does not get
// there is followed by the next.
func (a *Agent) report(ctx context.Context) {
	report, err := a.look(ctx)
	if err != nil {
		if ctx.Err() == nil {
			a.Log.Error("cannot look at the host", "host", a.Host, "err", err)
		}
		return
	}
	ctx, cancel := context.WithTimeout(ctx, a.Every)
	defer cancel()
	if err := a.Bus.Call(ctx, order.SubjectReports, report, nil, nil); err != nil {
		a.mu.Lock()
		a.changed = append(report.Changed, a.changed...)
		a.mu.Unlock()
		if ctx.Err() == nil {
			a.Log.Warn("report not taken", "host", a.Host, "err", err)
		}
	}
}

// look makes a report of the host as it is.
func (a *Agent) look(ctx context.Context) (order.Report, error) {
	host, err := a.Driver.Host(ctx)
	if err != nil {
		return order.Report{}, err
	}
	report := order.Report{
		Host: a.Host, Zone: a.Zone, HostIP: a.HostIP,
		HypervisorType: host.HypervisorType, HypervisorVersion: host.HypervisorVersion,
		VCPUs: host.VCPUs, MemoryMiB: host.MemoryMiB, DiskGiB: host.DiskGiB, CPUInfo: host.CPUInfo, Uptime: host.Uptime,
		At: time.Now(),
	}
	// What is busy is noted before and after the look, so that a guest which an
	// order changes in between is not taken for one that changed by itself.
	busy := a.busy()
	guests, err := a.Driver.Guests(ctx)
	if err != nil {
		return report, err
	}
	for id := range a.busy() {
		busy[id] = true
	}
	seen := map[string]bool{}
	for _, g := range guests {
		seen[g.ServerID] = true
		report.Guests = append(report.Guests, order.GuestPower{ServerID: g.ServerID, Power: g.Power, Busy: busy[g.ServerID]})
	}
	for id := range busy {
		if !seen[id] {
			report.Guests = append(report.Guests, order.GuestPower{ServerID: id, Busy: true})
		}
	}
	a.mu.Lock()
	report.Changed, a.changed = a.changed, nil
	a.mu.Unlock()
	return report, nil
}

func (a *Agent) busy() map[string]bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make(map[string]bool, len(a.working))
	for id := range a.working {
		all[id] = true
	}
	return all
}
