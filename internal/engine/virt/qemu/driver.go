// Package qemu is the hypervisor driver that runs guests as QEMU processes.
//
// Guests outlive the driver: each is a session of its own, finds its sockets
// in its folder, and is found again by its command line. The state folder has
//
//	images/             base images, by SHA-512 (disk.Cache)
//	servers/<id>/       a guest: guest.json, disks, console.log, qemu.log,
//	                    qemu.pid and the sockets qmp, serial and net<n>
//	qemu.json           what was found out about this QEMU and this host
package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/disk"
	"github.com/novalet/novalet/internal/engine/hostnet"
	"github.com/novalet/novalet/internal/engine/virt"
)

// Names in a guest's folder.
const (
	recordFile  = "guest.json"
	rootFile    = "disk"
	pidFile     = "qemu.pid"
	consoleFile = "console.log"
	logFile     = "qemu.log"
	qmpSocket   = "qmp"
	serialSock  = "serial"
)

// Config is what a Driver takes.
type Config struct {
	Dir    string           // state folder; made when absent
	Binary string           // of QEMU; empty: qemu-system-x86_64 from PATH
	Accel  string           // auto, kvm or tcg; empty: auto
	Proof  *Proof           // what accel=auto boots; nil: auto is tcg
	Log    *slog.Logger     // nil: slog.Default()
	Now    func() time.Time // nil: time.Now

	// SoftReboot is how long a soft reboot waits for the guest to power
	// off; 0: a minute.
	SoftReboot time.Duration
	// ImageAge is how long an unused base image is kept; 0: a day.
	ImageAge time.Duration

	// DNS is what guests get by DHCP; none: the gateway.
	DNS []netip.Addr
	// OnNetwork is called for each tenant network that comes up on this host,
	// before a guest is plugged into it: the place to listen inside it, as a
	// metadata service does. Its listeners end when the network closes. find
	// returns the running guest with an address there, or fault.NotFound.
	OnNetwork func(networkID string, n *hostnet.Network, find func(netip.Addr) (cloud.Guest, error)) error
}

// eventBacklog is how many events wait for a slow reader. More are dropped:
// Guests is the truth that a sweep reads.
const eventBacklog = 256

// Driver is a virt.Driver.
type Driver struct {
	cfg     Config
	binary  Binary
	servers string   // folder
	handle  *os.File // of servers: /proc/self/fd/N is a short path for sockets
	cache   *disk.Cache
	nets    *networks
	accel   *accel
	events  chan virt.Event

	ctx  context.Context // ends when the driver closes
	stop context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	running map[string]*instance
	crashed map[string]bool // ended without being asked and without a word
}

// record is guest.json: the guest as it was last started.
type record struct {
	Guest cloud.Guest `json:"guest"`
	// Root is the SHA-512 of the image that the root disk stands on.
	Root string `json:"root"`
}

// New opens the driver on its folder and takes hold of the guests that run
// there. Without QEMU it is a fault.Unavailable that says what to install.
func New(cfg Config) (*Driver, error) {
	if !supported {
		return nil, fault.New(fault.Unavailable, "guests on QEMU need Linux; use the fake driver on this system")
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.SoftReboot == 0 {
		cfg.SoftReboot = time.Minute
	}
	if cfg.ImageAge == 0 {
		cfg.ImageAge = 24 * time.Hour
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	cfg.Dir = dir
	servers := filepath.Join(dir, "servers")
	if err := os.MkdirAll(servers, 0o700); err != nil {
		return nil, fault.New(fault.Unavailable, "the state folder cannot be made: %w", err)
	}
	d := &Driver{
		cfg: cfg, servers: servers,
		events:  make(chan virt.Event, eventBacklog),
		running: map[string]*instance{},
		crashed: map[string]bool{},
	}
	d.ctx, d.stop = context.WithCancel(context.Background())
	if err := d.open(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Driver) open() error {
	var err error
	if d.handle, err = os.Open(d.servers); err != nil {
		return err
	}
	if d.cache, err = disk.OpenCache(filepath.Join(d.cfg.Dir, "images"), d.cfg.Now); err != nil {
		return err
	}
	facts := filepath.Join(d.cfg.Dir, "qemu.json")
	if d.binary, err = findBinary(d.ctx, d.cfg.Binary, facts); err != nil {
		return err
	}
	if d.accel, err = newAccel(d.cfg, d.binary, facts); err != nil {
		return err
	}
	d.nets = newNetworks(d.cfg, d.guestAt)
	processes, err := findProcesses(d.servers)
	if err != nil {
		return err
	}
	for id, p := range processes {
		d.adopt(id, p)
	}
	d.work.Go(func() { d.accel.decide(d.ctx) })
	d.work.Go(d.tend)
	return nil
}

// adopt takes hold of a guest that an earlier driver started.
func (d *Driver) adopt(id string, p *process) {
	var ports []cloud.GuestPort
	hostname := ""
	if r, err := d.readRecord(id); err == nil {
		ports, hostname = r.Guest.Ports, r.Guest.Hostname
	} else {
		d.cfg.Log.Warn("a guest runs without its record", "server", id, "pid", p.pid, "err", err)
	}
	i := d.track(id, p, ports)
	for n, port := range ports {
		if err := d.nets.plug(port, hostname, d.socket(id, netSocket(n))); err != nil {
			d.cfg.Log.Error("port not attached", "server", id, "port", port.ID, "err", err)
		}
	}
	d.work.Go(func() {
		ctx, cancel := context.WithTimeout(d.ctx, attachTimeout)
		defer cancel()
		if _, err := i.monitor(ctx); err != nil && i.proc.alive() {
			d.cfg.Log.Warn("guest does not answer on QMP", "server", id, "pid", p.pid, "err", err)
		}
	})
	d.cfg.Log.Info("guest found running", "server", id, "pid", p.pid)
}

// Events implements virt.Driver.
func (d *Driver) Events() <-chan virt.Event { return d.events }

// Close implements virt.Driver.
func (d *Driver) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	d.mu.Unlock()
	d.stop()
	d.work.Wait()
	if d.nets != nil {
		d.nets.close()
	}
	if d.handle != nil {
		d.handle.Close()
	}
	close(d.events)
	return nil
}

// enter begins a call: Close waits for its end, and the context it returns
// ends when the driver closes.
func (d *Driver) enter(ctx context.Context, serverID string) (context.Context, func(), error) {
	if !validID(serverID) {
		return nil, nil, fault.New(fault.BadRequest, "server_id %q is not a UUID", serverID)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, nil, fault.New(fault.Unavailable, "the driver of this host is closed")
	}
	d.work.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(d.ctx, cancel)
	return ctx, func() { stop(); cancel(); d.work.Done() }, nil
}

// Guests implements virt.Driver: every folder under servers and every process
// of one. A folder without a disk is half made and has no power state.
func (d *Driver) Guests(context.Context) ([]virt.GuestState, error) {
	entries, err := os.ReadDir(d.servers)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var states []virt.GuestState
	seen := map[string]bool{}
	for _, e := range entries {
		id := e.Name()
		if !validID(id) {
			continue
		}
		seen[id] = true
		states = append(states, virt.GuestState{ServerID: id, Power: d.power(id)})
	}
	for id := range d.running {
		if !seen[id] {
			states = append(states, virt.GuestState{ServerID: id, Power: d.power(id)})
		}
	}
	return states, nil
}

// power says how a guest is. d.mu is held.
func (d *Driver) power(id string) cloud.PowerState {
	if i := d.running[id]; i != nil {
		return i.power()
	}
	if d.crashed[id] {
		return cloud.PowerCrashed
	}
	if _, err := os.Stat(d.path(id, rootFile)); err != nil {
		return cloud.PowerNone
	}
	return cloud.PowerShutdown
}

// instance returns the running guest, or nil.
func (d *Driver) instance(id string) *instance {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running[id]
}

// guestAt returns the running guest with an address on a network.
func (d *Driver) guestAt(networkID string, ip netip.Addr) (cloud.Guest, error) {
	d.mu.Lock()
	owner := ""
	for id, i := range d.running {
		for _, p := range i.ports {
			if at, err := netip.ParseAddr(p.IP); p.NetworkID == networkID && err == nil && at == ip {
				owner = id
			}
		}
	}
	d.mu.Unlock()
	if owner == "" {
		return cloud.Guest{}, fault.New(fault.NotFound, "no guest on this host has the address %s", ip)
	}
	r, err := d.readRecord(owner)
	return r.Guest, err
}

// tell passes an event on; without room it is dropped.
func (d *Driver) tell(e virt.Event) {
	select {
	case d.events <- e:
	default:
		d.cfg.Log.Warn("event dropped", "server", e.ServerID, "power", e.Power)
	}
}

const tendEvery = 5 * time.Second

// tend keeps logs within their bounds and forgets images that nobody uses.
func (d *Driver) tend() {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n%720 == 0 { // hourly
			d.sweepImages()
		}
		select {
		case <-d.ctx.Done():
			return
		case <-tick.C:
		}
		d.mu.Lock()
		ids := make([]string, 0, len(d.running))
		for id := range d.running {
			ids = append(ids, id)
		}
		d.mu.Unlock()
		for _, id := range ids {
			for _, name := range []string{consoleFile, logFile} {
				if err := trim(d.path(id, name)); err != nil {
					d.cfg.Log.Warn("log not trimmed", "server", id, "file", name, "err", err)
				}
			}
		}
	}
}

func (d *Driver) sweepImages() {
	inUse, err := d.imagesInUse()
	if err != nil {
		d.cfg.Log.Warn("images not swept", "err", err)
		return
	}
	if n, err := d.cache.Sweep(d.cfg.Now(), d.cfg.ImageAge, inUse); err != nil || n > 0 {
		d.cfg.Log.Info("unused images removed", "count", n, "err", err)
	}
}

// imagesInUse are the images that a guest's disk stands on or that it boots.
// A record that cannot be read stops the sweep: what it uses is unknown.
func (d *Driver) imagesInUse() (map[string]bool, error) {
	entries, err := os.ReadDir(d.servers)
	if err != nil {
		return nil, err
	}
	inUse := map[string]bool{}
	for _, e := range entries {
		if !validID(e.Name()) {
			continue
		}
		r, err := d.readRecord(e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		inUse[r.Root] = true
		inUse[r.Guest.Image.SHA512] = true
		for _, image := range []*cloud.GuestImage{r.Guest.Kernel, r.Guest.Ramdisk} {
			if image != nil {
				inUse[image.SHA512] = true
			}
		}
	}
	return inUse, nil
}

func (d *Driver) path(id, name string) string { return filepath.Join(d.servers, id, name) }

// socket is a path to a guest's socket that fits an address however long the
// state folder's path is. It is valid in this process until Close.
func (d *Driver) socket(id, name string) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s/%s", d.handle.Fd(), id, name)
}

func netSocket(n int) string { return fmt.Sprintf("net%d", n) }

func (d *Driver) readRecord(id string) (record, error) {
	p, err := os.ReadFile(d.path(id, recordFile))
	if err != nil {
		return record{}, err
	}
	var r record
	if err := json.Unmarshal(p, &r); err != nil {
		return record{}, fmt.Errorf("qemu: %s: %w", d.path(id, recordFile), err)
	}
	return r, nil
}

func (d *Driver) writeRecord(r record) error {
	p, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeFile(d.path(r.Guest.ServerID, recordFile), p)
}

// writeFile replaces a file at once, readable for its owner only.
func writeFile(path string, p []byte) error {
	if err := os.WriteFile(path+".part", p, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// validID keeps a server id from being a path.
func validID(id string) bool { return len(id) == 36 && uuid.Validate(id) == nil }
