package qemu

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/virt"
)

// launchTimeout is how long QEMU may take from exec to its greeting.
const launchTimeout = 60 * time.Second

// Spawn implements virt.Driver. What a crash left of an earlier attempt is made
// again, but a root disk that is complete and stands on the right image is
// kept: the guest may have run on it. An attempt that fails leaves nothing.
func (d *Driver) Spawn(ctx context.Context, g cloud.Guest, images virt.ImageSource, step func(taskState string)) (err error) {
	ctx, done, err := d.enter(ctx, g.ServerID)
	if err != nil {
		return err
	}
	defer done()
	if d.instance(g.ServerID) != nil {
		return nil
	}
	if !exists(d.path(g.ServerID, rootFile)) {
		defer func() {
			if err != nil {
				if rmErr := os.RemoveAll(filepath.Join(d.servers, g.ServerID)); rmErr != nil {
					d.cfg.Log.Error("failed spawn left its folder", "server", g.ServerID, "err", rmErr)
				}
			}
		}()
	}
	step("networking")
	if err := checkPorts(g.Ports); err != nil {
		return err
	}
	step("block_device_mapping")
	if err := d.makeDisks(ctx, g, images); err != nil {
		return err
	}
	step("spawning")
	return d.launch(ctx, g)
}

// Start implements virt.Driver.
func (d *Driver) Start(ctx context.Context, g cloud.Guest) error {
	ctx, done, err := d.enter(ctx, g.ServerID)
	if err != nil {
		return err
	}
	defer done()
	if d.instance(g.ServerID) != nil {
		return nil
	}
	return d.restart(ctx, g)
}

// restart runs a guest that is off from its disks.
func (d *Driver) restart(ctx context.Context, g cloud.Guest) error {
	r, err := d.readRecord(g.ServerID)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "the guest %s is not on this host", g.ServerID)
	}
	if err != nil {
		return err
	}
	if err := d.writeRecord(record{Guest: g, Root: r.Root}); err != nil {
		return err
	}
	return d.launch(ctx, g)
}

// launch starts QEMU for a guest whose disks are there, and returns when the
// guest's processors run.
func (d *Driver) launch(ctx context.Context, g cloud.Guest) error {
	ctx, cancel := context.WithTimeout(ctx, launchTimeout)
	defer cancel()
	machine, err := d.accel.decide(ctx)
	if err != nil {
		return err
	}
	files, err := d.files(g)
	if err != nil {
		return err
	}
	sockets, err := d.listen(g, &files)
	defer closeAll(sockets)
	if err != nil {
		return err
	}
	args, err := Args(machine, g, files)
	if err != nil {
		return err
	}
	proc, err := d.start(g.ServerID, args, sockets)
	if err != nil {
		return err
	}
	// Ours are closed so that a QEMU that gives up hangs up on us.
	closeAll(sockets)
	i := d.track(g.ServerID, proc, g.Ports)
	i.ask(true) // until it runs, its end is a failed start and no event
	if _, err = i.monitor(ctx); err == nil {
		err = d.plugAll(g)
	}
	if err != nil {
		if killErr := i.kill(context.WithoutCancel(ctx)); killErr != nil {
			d.cfg.Log.Error("failed start left its process", "server", g.ServerID, "err", killErr)
		}
		return d.explain(ctx, g.ServerID, err)
	}
	i.ask(false)
	d.cfg.Log.Info("guest runs", "server", g.ServerID, "pid", proc.pid, "accel", machine.Accel)
	return nil
}

func (d *Driver) plugAll(g cloud.Guest) error {
	for n, port := range g.Ports {
		if err := d.nets.plug(port, g.Hostname, d.socket(g.ServerID, netSocket(n))); err != nil {
			return err
		}
	}
	return nil
}

// explain turns a failed start into a fault; QEMU's own last words are for
// administrators.
func (d *Driver) explain(ctx context.Context, id string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p, _ := os.ReadFile(d.path(id, logFile))
	words := strings.TrimSpace(string(virt.Tail(p, 3)))
	if words != "" {
		err = fmt.Errorf("%w: %s", err, words)
	}
	return fault.Wrap(err, fault.Unavailable, "the guest's QEMU did not start")
}

// listen makes the guest's sockets and sets their numbers in files as QEMU will
// have them: the inherited descriptors follow the three standard ones.
func (d *Driver) listen(g cloud.Guest, files *Files) ([]*os.File, error) {
	names := []string{qmpSocket, serialSock}
	for n := range g.Ports {
		names = append(names, netSocket(n))
	}
	files.QMP, files.Serial = 3, 4
	var sockets []*os.File
	for n, name := range names {
		f, err := listenUnix(d.socket(g.ServerID, name))
		if err != nil {
			return sockets, fmt.Errorf("qemu: socket %s: %w", name, err)
		}
		sockets = append(sockets, f)
		if n >= 2 {
			files.Ports = append(files.Ports, 3+n)
		}
	}
	return sockets, nil
}

func listenUnix(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	return l.File()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// start runs QEMU as a session of its own that needs nothing from this process
// once it is there.
func (d *Driver) start(id string, args []string, sockets []*os.File) (*process, error) {
	log, err := os.OpenFile(d.path(id, logFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(d.binary.Path, args...)
	cmd.Dir = filepath.Join(d.servers, id)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = sockets
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "QEMU could not be run on this host")
	}
	proc, err := openProcess(cmd.Process.Pid)
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, err
	}
	// The process is ours by its pidfd; an exit is reaped there.
	cmd.Process.Release()
	return proc, nil
}
