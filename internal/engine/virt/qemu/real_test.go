package qemu

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/novalet/novalet/guest/image"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/virt"
)

// These tests run real QEMU processes under TCG. Most of them never get beyond
// the firmware, which is quick; one boots the tiny guest.

func needQEMU(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("real QEMU is left out of short tests")
	}
	if _, err := Find(""); err != nil {
		t.Skipf("no QEMU to test with: %v", err)
	}
}

// library is an image source in memory.
type library map[string][]byte

func (l library) Open(_ context.Context, image cloud.GuestImage) (io.ReadCloser, error) {
	p, ok := l[image.ID]
	if !ok {
		return nil, fault.New(fault.NotFound, "no image %s", image.ID)
	}
	return io.NopCloser(bytes.NewReader(p)), nil
}

func (l library) add(id, format string, p []byte) cloud.GuestImage {
	l[id] = p
	sum := sha512.Sum512(p)
	return cloud.GuestImage{ID: id, DiskFormat: format, Size: int64(len(p)), SHA512: hex.EncodeToString(sum[:])}
}

func newGuest(image cloud.GuestImage) cloud.Guest {
	id := uuid.NewString()
	return cloud.Guest{
		ServerID: id, InstanceName: "instance-00000001", Name: "vm", Hostname: "vm",
		VCPUs: 1, MemoryMiB: 128, RootGiB: 1, Image: image,
	}
}

func port(n int) cloud.GuestPort {
	return cloud.GuestPort{
		ID: fmt.Sprint("port", n), NetworkID: "net", Network: "private", MAC: fmt.Sprintf("fa:16:3e:00:00:%02x", n),
		IP: fmt.Sprintf("10.11.0.%d", n), CIDR: "10.11.0.0/24", Gateway: "10.11.0.1", MTU: 1500,
	}
}

func open(t testing.TB, cfg Config) *Driver {
	t.Helper()
	if cfg.Accel == "" {
		cfg.Accel = TCG
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		// Whatever the test did, no process of its folder stays.
		left, err := findProcesses(d.servers)
		if err != nil {
			t.Error(err)
		}
		for _, p := range left {
			p.kill()
			ctx, cancel := context.WithTimeout(context.Background(), killTimeout)
			if err := p.wait(ctx); err != nil {
				t.Error(err)
			}
			cancel()
			p.close()
		}
	})
	return d
}

func ignore(string) {}

func powerOf(t testing.TB, d *Driver, id string) cloud.PowerState {
	t.Helper()
	states, err := d.Guests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if s.ServerID == id {
			return s.Power
		}
	}
	return -1
}

func pidOf(t testing.TB, d *Driver, id string) int {
	t.Helper()
	i := d.instance(id)
	if i == nil {
		t.Fatalf("%s does not run", id)
	}
	return i.proc.pid
}

func expectEvent(t *testing.T, d *Driver, want virt.Event) {
	t.Helper()
	select {
	case got := <-d.Events():
		if got != want {
			t.Errorf("event %+v, want %+v", got, want)
		}
	case <-t.Context().Done():
	case <-time.After(time.Minute):
		t.Fatalf("no event, want %+v", want)
	}
}

func noEvent(t *testing.T, d *Driver) {
	t.Helper()
	select {
	case got := <-d.Events():
		t.Errorf("event %+v that nobody should tell of", got)
	default:
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLife takes a guest without a system through all that can be asked.
func TestLife(t *testing.T) {
	needQEMU(t)
	// A folder whose paths are longer than a socket's address can be.
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 25), "state, with \"signs\"")
	lib := library{}
	g := newGuest(lib.add("blank", "raw", make([]byte, 1<<20)))
	g.Ports = []cloud.GuestPort{port(2), port(3)}
	g.EphemeralGiB, g.SwapMiB, g.ConfigDrive = 1, 64, true
	d, ctx := open(t, Config{Dir: dir}), t.Context()

	var steps []string
	must(t, d.Spawn(ctx, g, lib, func(s string) { steps = append(steps, s) }))
	if want := "networking block_device_mapping spawning"; strings.Join(steps, " ") != want {
		t.Errorf("steps %v, want %s", steps, want)
	}
	pid := pidOf(t, d, g.ServerID)
	must(t, d.Spawn(ctx, g, lib, ignore))
	must(t, d.Start(ctx, g))
	if again := pidOf(t, d, g.ServerID); again != pid {
		t.Errorf("a guest that runs got the new process %d after %d", again, pid)
	}
	if p := powerOf(t, d, g.ServerID); p != cloud.PowerRunning {
		t.Errorf("power %d after spawn", p)
	}

	// Its folder is for its owner, and what it holds is there.
	for _, name := range []string{"guest.json", "disk", "disk.eph0", "disk.swap", "disk.config", "qemu.pid"} {
		st, err := os.Stat(d.path(g.ServerID, name))
		if err != nil {
			t.Error(err)
		} else if name != "qemu.pid" && st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, st.Mode())
		}
	}

	// Killed from outside: an event, and a crashed guest.
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	expectEvent(t, d, virt.Event{ServerID: g.ServerID, Power: cloud.PowerCrashed})
	if p := powerOf(t, d, g.ServerID); p != cloud.PowerCrashed {
		t.Errorf("power %d after a kill", p)
	}

	must(t, d.Start(ctx, g))
	must(t, d.Stop(ctx, g.ServerID, 1)) // no system there to hear of it
	if p := powerOf(t, d, g.ServerID); p != cloud.PowerShutdown {
		t.Errorf("power %d after stop", p)
	}
	must(t, d.Stop(ctx, g.ServerID, 0))

	must(t, d.Reboot(ctx, g, true)) // hard, from off
	pid = pidOf(t, d, g.ServerID)
	must(t, d.Reboot(ctx, g, true))
	if pidOf(t, d, g.ServerID) == pid {
		t.Error("a hard reboot kept the process")
	}
	noEvent(t, d)

	// A QEMU that does not listen any more is cut off nonetheless.
	must(t, syscall.Kill(pidOf(t, d, g.ServerID), syscall.SIGSTOP))
	must(t, d.Destroy(ctx, g.ServerID))
	must(t, d.Destroy(ctx, g.ServerID))
	if p := powerOf(t, d, g.ServerID); p != -1 {
		t.Errorf("power %d after destroy", p)
	}
	if left, _ := os.ReadDir(d.servers); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if left, _ := findProcesses(d.servers); len(left) != 0 {
		t.Errorf("processes left behind: %v", left)
	}
	noEvent(t, d)
	if err := d.Start(ctx, g); !fault.Is(err, fault.NotFound) {
		t.Errorf("start of a destroyed guest: %v", err)
	}
	if n := len(d.nets.byID); n != 0 {
		t.Errorf("%d networks without a guest", n)
	}
}

// TestReattach leaves guests alone and finds them again, also those whose
// folder or pid file is lost.
func TestReattach(t *testing.T) {
	needQEMU(t)
	dir, lib, ctx := t.TempDir(), library{}, t.Context()
	image := lib.add("blank", "raw", make([]byte, 1<<20))
	runs, off, lost := newGuest(image), newGuest(image), newGuest(image)
	runs.Ports = []cloud.GuestPort{port(2)}
	d := open(t, Config{Dir: dir})
	for _, g := range []cloud.Guest{runs, off, lost} {
		must(t, d.Spawn(ctx, g, lib, ignore))
	}
	must(t, d.Stop(ctx, off.ServerID, 0))
	pid, lostPID := pidOf(t, d, runs.ServerID), pidOf(t, d, lost.ServerID)
	must(t, d.Close())
	if err := d.Start(ctx, off); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a closed driver started a guest: %v", err)
	}
	must(t, os.RemoveAll(filepath.Join(dir, "servers", lost.ServerID)))
	must(t, os.Remove(filepath.Join(dir, "servers", runs.ServerID, pidFile)))
	must(t, os.WriteFile(filepath.Join(dir, "servers", off.ServerID, pidFile), fmt.Append(nil, os.Getpid()), 0o600))

	d = open(t, Config{Dir: dir})
	if got := pidOf(t, d, runs.ServerID); got != pid {
		t.Errorf("process %d became %d", pid, got)
	}
	for id, want := range map[string]cloud.PowerState{
		runs.ServerID: cloud.PowerRunning, off.ServerID: cloud.PowerShutdown, lost.ServerID: cloud.PowerRunning,
	} {
		if p := powerOf(t, d, id); p != want {
			t.Errorf("%s has power %d, want %d", id, p, want)
		}
	}
	// The monitor answers the new driver, and the network is there again.
	i := d.instance(runs.ServerID)
	conn, err := i.monitor(ctx)
	must(t, err)
	must(t, conn.Run(ctx, "query-status", nil, nil))
	if n := len(d.nets.byID); n != 1 {
		t.Errorf("%d networks, want 1", n)
	}
	must(t, d.Destroy(ctx, lost.ServerID))
	if err := syscall.Kill(lostPID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process without a folder still is: %v", err)
	}
	must(t, syscall.Kill(pid, syscall.SIGTERM))
	expectEvent(t, d, virt.Event{ServerID: runs.ServerID, Power: cloud.PowerShutdown})
	for _, g := range []cloud.Guest{runs, off} {
		must(t, d.Destroy(ctx, g.ServerID))
	}
}

// TestSpawnAfterACrash starts from each half-made state that a kill can leave.
func TestSpawnAfterACrash(t *testing.T) {
	needQEMU(t)
	lib := library{}
	image := lib.add("blank", "raw", make([]byte, 1<<20))
	other := lib.add("other", "raw", bytes.Repeat([]byte("x"), 4096))
	for _, tt := range []struct {
		name  string
		leave func(t *testing.T, d *Driver, g cloud.Guest)
		keeps bool // the root disk
	}{
		{"an empty folder", func(t *testing.T, d *Driver, g cloud.Guest) {
			must(t, os.MkdirAll(d.path(g.ServerID, ""), 0o700))
		}, false},
		{"a record", func(t *testing.T, d *Driver, g cloud.Guest) {
			must(t, os.MkdirAll(d.path(g.ServerID, ""), 0o700))
			must(t, d.writeRecord(record{Guest: g, Root: g.Image.SHA512}))
			must(t, os.WriteFile(d.path(g.ServerID, ".disk.1.part"), []byte("half"), 0o600))
			must(t, os.WriteFile(d.path(g.ServerID, swapFile), []byte("half"), 0o600))
		}, false},
		{"disks, no process", func(t *testing.T, d *Driver, g cloud.Guest) {
			must(t, d.makeDisks(t.Context(), g, lib))
			must(t, os.WriteFile(d.path(g.ServerID, qmpSocket), nil, 0o600))
		}, true},
		{"a disk on another image", func(t *testing.T, d *Driver, g cloud.Guest) {
			g.Image = other
			must(t, d.makeDisks(t.Context(), g, lib))
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, g := open(t, Config{Dir: t.TempDir()}), newGuest(image)
			g.SwapMiB = 1
			tt.leave(t, d, g)
			before, _ := os.Stat(d.path(g.ServerID, rootFile))
			must(t, d.Spawn(t.Context(), g, lib, ignore))
			after, err := os.Stat(d.path(g.ServerID, rootFile))
			must(t, err)
			if kept := before != nil && os.SameFile(before, after); kept != tt.keeps {
				t.Errorf("root disk kept: %v, want %v", kept, tt.keeps)
			}
			if p := powerOf(t, d, g.ServerID); p != cloud.PowerRunning {
				t.Errorf("power %d", p)
			}
			must(t, d.Destroy(t.Context(), g.ServerID))
			if left, _ := os.ReadDir(d.servers); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestFailedSpawnLeavesNothing(t *testing.T) {
	needQEMU(t)
	lib := library{}
	good := lib.add("blank", "raw", make([]byte, 1<<20))
	large := lib.add("large", "raw", make([]byte, 3<<30>>10))
	large.Size++ // more than there is
	for _, tt := range []struct {
		name string
		edit func(g *cloud.Guest)
		kind fault.Kind
		says string
	}{
		{"image absent", func(g *cloud.Guest) { g.Image.ID, g.Image.SHA512 = "none", strings.Repeat("a", 128) }, fault.NotFound, "no image none"},
		{"image short", func(g *cloud.Guest) { g.Image = large }, fault.Unavailable, "ended after"},
		{"image not bootable", func(g *cloud.Guest) {
			g.Image = lib.add("iso", "iso", append(make([]byte, 32769), "CD001 and more"...))
		}, fault.BadRequest, "disk_format iso"},
		{"flavor too small", func(g *cloud.Guest) {
			// A qcow2 of 1 TiB in a few clusters.
			g.Image = lib.add("tera", "qcow2", tera(t))
		}, fault.BadRequest, "use a larger flavor"},
		{"port without an address", func(g *cloud.Guest) { g.Ports = []cloud.GuestPort{{MAC: "fa:16:3e:00:00:01"}} }, fault.BadRequest, "ip"},
		{"QEMU refuses", func(g *cloud.Guest) { g.VCPUs = 100_000 }, fault.Unavailable, "did not start"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, g := open(t, Config{Dir: t.TempDir()}), newGuest(good)
			tt.edit(&g)
			err := d.Spawn(t.Context(), g, lib, ignore)
			if !fault.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Spawn: %v, want kind %d with %q", err, tt.kind, tt.says)
			}
			if left, _ := os.ReadDir(d.servers); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
			noEvent(t, d)
		})
	}
}

func tera(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tera.qcow2")
	if out, err := exec.Command("qemu-img", "create", "-q", "-f", "qcow2", path, "1T").CombinedOutput(); err != nil {
		t.Skipf("qemu-img: %v: %s", err, out)
	}
	p, err := os.ReadFile(path)
	must(t, err)
	return p
}

// TestGuestBoots boots the tiny guest and lives with it: banner, address, soft
// reboot by the next driver, power off that nobody asked for.
func TestGuestBoots(t *testing.T) {
	needQEMU(t)
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command to build the guest with")
	}
	files, err := image.Build(t.Context(), ".", t.TempDir())
	if err != nil {
		t.Skipf("the guest cannot be built here: %v", err)
	}
	lib := library{}
	read := func(path string) []byte {
		p, err := os.ReadFile(path)
		must(t, err)
		return p
	}
	kernel := lib.add("kernel", "aki", read(files.Kernel))
	ramdisk := lib.add("ramdisk", "ari", read(files.Initrd))
	g := newGuest(lib.add("guest", "raw", read(files.Disk)))
	g.Kernel, g.Ramdisk, g.KernelArgs = &kernel, &ramdisk, image.KernelArgs
	g.MemoryMiB, g.Hostname = 192, "tiny"
	g.Ports = []cloud.GuestPort{port(7)}
	d, ctx := open(t, Config{Dir: t.TempDir()}), t.Context()

	begin := time.Now()
	must(t, d.Spawn(ctx, g, lib, ignore))
	t.Logf("spawn to running: %v", time.Since(begin))
	awaitConsole(t, d, g.ServerID, "novalet guest login:", 1)
	t.Logf("spawn to login: %v", time.Since(begin))
	awaitConsole(t, d, g.ServerID, "10.11.0.7", 1)

	// The next driver asks it to go off and starts it again.
	must(t, d.Close())
	d = open(t, Config{Dir: d.cfg.Dir})
	pid := pidOf(t, d, g.ServerID)
	begin = time.Now()
	must(t, d.Reboot(ctx, g, false))
	t.Logf("soft reboot to running: %v", time.Since(begin))
	i := d.instance(g.ServerID)
	if i.proc.pid == pid {
		t.Error("a soft reboot kept the process: the guest did not power off")
	}
	awaitConsole(t, d, g.ServerID, "novalet guest login:", 2)
	noEvent(t, d)

	// The power button, but not by the driver: nobody asked.
	conn, err := i.monitor(ctx)
	must(t, err)
	must(t, conn.Run(ctx, "system_powerdown", nil, nil))
	expectEvent(t, d, virt.Event{ServerID: g.ServerID, Power: cloud.PowerShutdown})
	must(t, d.Destroy(ctx, g.ServerID))
}

// awaitConsole waits until the console log has the text n times.
func awaitConsole(t *testing.T, d *Driver, id, text string, n int) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(3 * time.Minute)
	for {
		log, err := d.Console(t.Context(), id, -1)
		must(t, err)
		if bytes.Count(log, []byte(text)) >= n {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("the console does not show %q %d times:\n%s", text, n, log)
		}
	}
}

func BenchmarkSpawn(b *testing.B) {
	needQEMU(b)
	lib := library{}
	image := lib.add("blank", "raw", make([]byte, 1<<20))
	d := open(b, Config{Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	warm := newGuest(image)
	must(b, d.Spawn(b.Context(), warm, lib, ignore))
	must(b, d.Destroy(b.Context(), warm.ServerID))
	for b.Loop() {
		g := newGuest(image)
		must(b, d.Spawn(b.Context(), g, lib, ignore))
		b.StopTimer()
		must(b, d.Destroy(b.Context(), g.ServerID))
		b.StartTimer()
	}
}
