package agent

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/novalet/novalet/internal/base/bus"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/order"
	"github.com/novalet/novalet/internal/engine/virt/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const vm = "6a1b7f0e-3c1d-4d52-9a73-0f3b1d1b2c3d"

// host is an agent on a simulated host, and the control plane's end of the bus.
type host struct {
	t       *testing.T
	bus     *bus.Bus
	driver  *fake.Driver
	reports chan order.Report
	stop    func() // the agent; returns when it has
}

// with runs f with a host that obeys the rules, in a bubble.
func with(t *testing.T, rules string, f func(h *host)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b, err := bus.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close(context.Background())
		parsed, err := fake.ParseRules(rules)
		if err != nil {
			t.Fatal(err)
		}
		driver, err := fake.New(fake.Config{Rules: parsed})
		if err != nil {
			t.Fatal(err)
		}
		h := &host{t: t, bus: b, driver: driver, reports: make(chan order.Report, 1000)}
		line, err := b.Serve(order.SubjectReports, "", func(_ context.Context, r *bus.Request) (any, error) {
			var report order.Report
			if err := r.Decode(&report); err != nil {
				return nil, err
			}
			h.reports <- report
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		defer line.Stop()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		a := New(Config{Host: "h.1", Zone: "nova", Driver: driver, Images: Images{Bus: b}, Bus: b, Log: slog.New(slog.DiscardHandler)})
		go func() { done <- a.Run(ctx) }()
		stopped := false
		h.stop = func() {
			if cancel(); !stopped {
				stopped = true
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}
		defer h.stop()
		h.report() // the first one: it is there
		f(h)
	})
}

func (h *host) tell(op order.Op) (order.Done, error) {
	var done order.Done
	o := order.Order{Op: op, Guest: cloud.Guest{ServerID: vm, Name: "vm"}, Lines: 1}
	err := h.bus.Call(h.t.Context(), order.SubjectOf("h.1", op), o, &done, nil)
	return done, err
}

// report is the next report.
func (h *host) report() order.Report { return <-h.reports }

func TestOrders(t *testing.T) {
	with(t, "spawn delay=1m", func(h *host) { // longer than silence may last
		for _, tt := range []struct {
			op    order.Op
			power cloud.PowerState
		}{
			{order.Spawn, cloud.PowerRunning},
			{order.Spawn, cloud.PowerRunning}, // again changes nothing
			{order.Stop, cloud.PowerShutdown},
			{order.Stop, cloud.PowerShutdown},
			{order.Start, cloud.PowerRunning},
			{order.Reboot, cloud.PowerRunning},
			{order.Destroy, cloud.PowerNone},
			{order.Destroy, cloud.PowerNone},
		} {
			if done, err := h.tell(tt.op); err != nil || done.Power != tt.power {
				t.Errorf("%s: power %d, %v; want %d", tt.op, done.Power, err, tt.power)
			}
		}
		if _, err := h.tell(order.Start); !fault.Is(err, fault.NotFound) {
			t.Errorf("start of nothing: %v", err)
		}
		if _, err := h.tell("fly"); !fault.Is(err, fault.NotImplemented) {
			t.Errorf("an order of a newer control plane: %v", err)
		}
	})
}

// What the host's driver cannot do is the host's answer, not its silence.
func TestRefusalIsNoSilence(t *testing.T) {
	with(t, `spawn fail="no room on the disk"`, func(h *host) {
		_, err := h.tell(order.Spawn)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind == fault.Unavailable || f.Message != "no room on the disk" {
			t.Errorf("got %v", err)
		}
	})
}

// A destroy does not wait for what is being done: it breaks it off, and nothing
// of it is left.
func TestDestroyBreaksOff(t *testing.T) {
	with(t, "spawn delay=10h", func(h *host) {
		spawned := make(chan error)
		go func() {
			_, err := h.tell(order.Spawn)
			spawned <- err
		}()
		time.Sleep(time.Second)
		begin := time.Now()
		if _, err := h.tell(order.Destroy); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("the destroy took %v", took)
		}
		if err := <-spawned; !fault.Is(err, fault.Unavailable) {
			t.Errorf("the spawn: %v, want what is asked again", err)
		}
		if guests, _ := h.driver.Guests(h.t.Context()); len(guests) != 0 {
			t.Errorf("left: %v", guests)
		}
	})
}

// Orders for one server come one after another.
func TestOneAtATime(t *testing.T) {
	with(t, "stop delay=1m; start delay=1m", func(h *host) {
		if _, err := h.tell(order.Spawn); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		done := make(chan error)
		for range 2 {
			go func() {
				_, err := h.tell(order.Stop)
				done <- err
			}()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(begin); took < 2*time.Minute {
			t.Errorf("two stops of a minute each took %v", took)
		}
	})
}

// An agent that stops breaks its work off, says so and leaves the guests alone.
func TestStop(t *testing.T) {
	with(t, "stop delay=10h", func(h *host) {
		if _, err := h.tell(order.Spawn); err != nil {
			t.Fatal(err)
		}
		asked := make(chan error)
		go func() {
			_, err := h.tell(order.Stop)
			asked <- err
		}()
		time.Sleep(time.Second)
		h.stop()
		if err := <-asked; !fault.Is(err, fault.Unavailable) {
			t.Errorf("the order under way: %v", err)
		}
		if guests, _ := h.driver.Guests(h.t.Context()); len(guests) != 1 || guests[0].Power != cloud.PowerRunning {
			t.Errorf("guests %v, want one that runs", guests)
		}
	})
}

// Reports come twice soon after the start, then every ten seconds, and at once when a guest changes by itself;
// what is being worked on is marked.
func TestReports(t *testing.T) {
	with(t, "stop delay=1m", func(h *host) {
		begin := time.Now()
		for _, want := range []time.Duration{time.Second, 11 * time.Second, 21 * time.Second} {
			h.report()
			if waited := time.Since(begin); waited != want {
				t.Errorf("a report came after %v, want %v", waited, want)
			}
		}
		if _, err := h.tell(order.Spawn); err != nil {
			t.Fatal(err)
		}
		begin = time.Now()
		if err := h.driver.SetPower(vm, cloud.PowerCrashed); err != nil {
			t.Fatal(err)
		}
		r := h.report()
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("a crash was reported after %v", waited)
		}
		want := order.GuestPower{ServerID: vm, Power: cloud.PowerCrashed}
		if len(r.Changed) != 1 || r.Changed[0] != want || len(r.Guests) != 1 || r.Guests[0] != want || r.Host != "h.1" {
			t.Errorf("report %+v", r)
		}
		if r = h.report(); len(r.Changed) != 0 {
			t.Errorf("reported twice: %v", r.Changed)
		}
		stopped := make(chan error)
		go func() {
			_, err := h.tell(order.Stop)
			stopped <- err
		}()
		time.Sleep(time.Second)
		if r = h.report(); len(r.Guests) != 1 || !r.Guests[0].Busy {
			t.Errorf("during a stop: %+v", r.Guests)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

// A change that could not be reported is in the next report that is taken.
func TestLostReport(t *testing.T) {
	with(t, "", func(h *host) {
		a := New(Config{Host: "h.2", Driver: h.driver, Bus: h.bus, Log: slog.New(slog.DiscardHandler), Every: time.Second})
		a.changed = []order.GuestPower{{ServerID: vm, Power: cloud.PowerCrashed}}
		ended, cancel := context.WithCancel(h.t.Context())
		cancel()
		a.report(ended)
		if len(a.changed) != 1 {
			t.Errorf("forgotten: %v", a.changed)
		}
		a.report(h.t.Context())
		for r := range h.reports {
			if r.Host == "h.2" {
				if len(r.Changed) != 1 || len(a.changed) != 0 {
					t.Errorf("reported %v, kept %v", r.Changed, a.changed)
				}
				break
			}
		}
	})
}
