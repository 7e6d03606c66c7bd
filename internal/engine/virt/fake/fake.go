// Package fake is a hypervisor driver without guests: for tests and for the
// test cloud. It takes the time and makes the faults it is told to, keeps its
// guests over a restart when it is given a folder, and shows a console log
// that looks like a small Linux.
package fake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/virt"
)

// Config says what the host seems to be and how it behaves.
type Config struct {
	Dir   string    // where guests are kept; empty: in memory
	Host  virt.Host // what Host reports; zero fields take DefaultHost's
	Rules []Rule    // delays and faults, see ParseRules
	Now   func() time.Time
}

// DefaultHost is the host that a Config without one gets: large enough that
// tests meet its limits only when they want to.
var DefaultHost = virt.Host{
	HypervisorType:    "fake",
	HypervisorVersion: 1_000_000,
	VCPUs:             1000,
	MemoryMiB:         8_000_000,
	DiskGiB:           600_000,
	CPUInfo: map[string]any{
		"arch": "x86_64", "model": "Nehalem", "vendor": "Intel",
		"features": []string{"pge", "clflush"},
		"topology": map[string]any{"cores": 1, "threads": 1, "sockets": 4},
	},
}

// eventBacklog is how many events wait for a slow reader. More are dropped:
// Guests is the truth that a sweep reads.
const eventBacklog = 1024

// Driver is a virt.Driver.
type Driver struct {
	cfg     Config
	store   store
	started time.Time

	mu     sync.Mutex
	guests map[string]*record
	rules  []ruleState
	closed bool
	events chan virt.Event
}

// record is a guest as it is kept.
type record struct {
	Guest   cloud.Guest      `json:"guest"`
	Power   cloud.PowerState `json:"power"`
	Created time.Time        `json:"created"`
	Boots   []time.Time      `json:"boots"` // when it was started or reset, the latest last
}

// New opens the driver and the guests in cfg.Dir.
func New(cfg Config) (*Driver, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &Driver{cfg: cfg, started: cfg.Now(), guests: map[string]*record{}, events: make(chan virt.Event, eventBacklog)}
	for _, r := range cfg.Rules {
		if err := r.check(); err != nil {
			return nil, err
		}
		d.rules = append(d.rules, ruleState{Rule: r})
	}
	if cfg.Dir != "" {
		d.store = store{dir: cfg.Dir}
		guests, err := d.store.open()
		if err != nil {
			return nil, err
		}
		d.guests = guests
	}
	return d, nil
}

// Host implements virt.Driver.
func (d *Driver) Host(ctx context.Context) (virt.Host, error) {
	if err := d.obey(ctx, "host", ""); err != nil {
		return virt.Host{}, err
	}
	h := d.cfg.Host
	if h.HypervisorType == "" {
		h.HypervisorType = DefaultHost.HypervisorType
	}
	if h.HypervisorVersion == 0 {
		h.HypervisorVersion = DefaultHost.HypervisorVersion
	}
	if h.VCPUs == 0 {
		h.VCPUs = DefaultHost.VCPUs
	}
	if h.MemoryMiB == 0 {
		h.MemoryMiB = DefaultHost.MemoryMiB
	}
	if h.DiskGiB == 0 {
		h.DiskGiB = DefaultHost.DiskGiB
	}
	if h.CPUInfo == nil {
		h.CPUInfo = maps.Clone(DefaultHost.CPUInfo)
	}
	if h.Uptime == "" {
		h.Uptime = virt.FormatUptime(d.cfg.Now(), d.cfg.Now().Sub(d.started), 0, [3]float64{})
	}
	return h, nil
}

// Spawn implements virt.Driver. It does not read the image.
func (d *Driver) Spawn(ctx context.Context, g cloud.Guest, _ virt.ImageSource, step func(taskState string)) error {
	if d.power(g.ServerID) == cloud.PowerRunning {
		return nil
	}
	if !validID(g.ServerID) {
		return fault.New(fault.BadRequest, "server_id %q is not a UUID", g.ServerID)
	}
	for _, s := range []string{"networking", "block_device_mapping", "spawning"} {
		step(s)
		if err := d.obey(ctx, s, g.Name); err != nil {
			return err
		}
	}
	if err := d.obey(ctx, "spawn", g.Name); err != nil {
		return err
	}
	return d.run(g)
}

// Start implements virt.Driver.
func (d *Driver) Start(ctx context.Context, g cloud.Guest) error {
	switch d.power(g.ServerID) {
	case cloud.PowerRunning:
		return nil
	case absent:
		return fault.New(fault.NotFound, "the guest %s is not on this host", g.ServerID)
	}
	if err := d.obey(ctx, "start", g.Name); err != nil {
		return err
	}
	return d.run(g)
}

// Stop implements virt.Driver.
func (d *Driver) Stop(ctx context.Context, serverID string, _ int) error {
	d.mu.Lock()
	r := d.guests[serverID]
	d.mu.Unlock()
	if r == nil {
		return nil
	}
	if err := d.obey(ctx, "stop", r.Guest.Name); err != nil {
		return err
	}
	_, err := d.setPower(serverID, cloud.PowerShutdown)
	return err
}

// Reboot implements virt.Driver.
func (d *Driver) Reboot(ctx context.Context, g cloud.Guest, hard bool) error {
	if d.power(g.ServerID) == absent {
		return fault.New(fault.NotFound, "the guest %s is not on this host", g.ServerID)
	}
	op := "reboot"
	if hard {
		op = "hard-reboot"
	}
	if err := d.obey(ctx, op, g.Name); err != nil {
		return err
	}
	return d.run(g)
}

// Destroy implements virt.Driver.
func (d *Driver) Destroy(ctx context.Context, serverID string) error {
	d.mu.Lock()
	r := d.guests[serverID]
	d.mu.Unlock()
	if r == nil {
		return nil
	}
	if err := d.obey(ctx, "destroy", r.Guest.Name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.store.remove(serverID); err != nil {
		return err
	}
	delete(d.guests, serverID)
	return nil
}

// Guests implements virt.Driver; it is sorted by id.
func (d *Driver) Guests(ctx context.Context) ([]virt.GuestState, error) {
	if err := d.obey(ctx, "guests", ""); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	states := make([]virt.GuestState, 0, len(d.guests))
	for id, r := range d.guests {
		states = append(states, virt.GuestState{ServerID: id, Power: r.Power})
	}
	slices.SortFunc(states, func(a, b virt.GuestState) int { return strings.Compare(a.ServerID, b.ServerID) })
	return states, nil
}

// Console implements virt.Driver.
func (d *Driver) Console(ctx context.Context, serverID string, tail int) ([]byte, error) {
	d.mu.Lock()
	var log string
	r := d.guests[serverID]
	if r != nil {
		log = console(r)
	}
	d.mu.Unlock()
	if r == nil {
		return nil, fault.New(fault.NotFound, "the guest %s is not on this host", serverID)
	}
	if err := d.obey(ctx, "console", r.Guest.Name); err != nil {
		return nil, err
	}
	return virt.Tail([]byte(log), tail), nil
}

// Events implements virt.Driver.
func (d *Driver) Events() <-chan virt.Event { return d.events }

// Close implements virt.Driver. The guests stay in the folder.
func (d *Driver) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.closed = true
		close(d.events)
	}
	return nil
}

// SetPower changes a guest's power as if it had done so itself, and tells the
// reader of Events. Tests call it.
func (d *Driver) SetPower(serverID string, power cloud.PowerState) error {
	known, err := d.setPower(serverID, power)
	if err != nil {
		return err
	}
	if !known {
		return fault.New(fault.NotFound, "the guest %s is not on this host", serverID)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		select {
		case d.events <- virt.Event{ServerID: serverID, Power: power}:
		default:
		}
	}
	return nil
}

// Boots says when a guest was started or reset: a guest that nobody touched
// keeps its list. It is nil for an unknown guest.
func (d *Driver) Boots(serverID string) []time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.guests[serverID]; r != nil {
		return slices.Clone(r.Boots)
	}
	return nil
}

const absent = cloud.PowerState(-1)

func (d *Driver) power(serverID string) cloud.PowerState {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.guests[serverID]; r != nil {
		return r.Power
	}
	return absent
}

// run notes that the guest boots now with this record.
func (d *Driver) run(g cloud.Guest) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Now()
	r := record{Guest: g, Power: cloud.PowerRunning, Created: now}
	if old := d.guests[g.ServerID]; old != nil {
		r.Created, r.Boots = old.Created, slices.Clone(old.Boots)
	}
	r.Boots = append(r.Boots, now)
	return d.put(&r)
}

func (d *Driver) setPower(serverID string, power cloud.PowerState) (known bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.guests[serverID]
	if old == nil {
		return false, nil
	}
	if old.Power == power {
		return true, nil
	}
	r := *old
	r.Power = power
	return true, d.put(&r)
}

// put writes the record down before it counts. d.mu is held.
func (d *Driver) put(r *record) error {
	if err := d.store.put(r); err != nil {
		return fmt.Errorf("fake: guest %s: %w", r.Guest.ServerID, err)
	}
	d.guests[r.Guest.ServerID] = r
	return nil
}
