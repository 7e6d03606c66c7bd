package qemu

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/novalet/novalet/internal/cloud"
)

const (
	// quitTimeout is how long QEMU may take to write its disks out.
	quitTimeout = 10 * time.Second
	// killTimeout is how long a killed process may take to be gone; only one
	// stuck in the kernel takes longer.
	killTimeout = 30 * time.Second
)

// Stop implements virt.Driver.
func (d *Driver) Stop(ctx context.Context, serverID string, graceSeconds int) error {
	ctx, done, err := d.enter(ctx, serverID)
	if err != nil {
		return err
	}
	defer done()
	i := d.instance(serverID)
	if i == nil {
		d.mu.Lock()
		delete(d.crashed, serverID)
		d.mu.Unlock()
		return nil
	}
	if off, err := i.powerDown(ctx, time.Duration(graceSeconds)*time.Second); off || err != nil {
		return err
	}
	return i.cut(ctx)
}

// Reboot implements virt.Driver.
func (d *Driver) Reboot(ctx context.Context, g cloud.Guest, hard bool) error {
	ctx, done, err := d.enter(ctx, g.ServerID)
	if err != nil {
		return err
	}
	defer done()
	if i := d.instance(g.ServerID); i != nil {
		off := false
		if !hard {
			if off, err = i.powerDown(ctx, d.cfg.SoftReboot); err != nil {
				return err
			}
		}
		if !off {
			if err := i.cut(ctx); err != nil {
				return err
			}
		}
	}
	return d.restart(ctx, g)
}

// Destroy implements virt.Driver.
func (d *Driver) Destroy(ctx context.Context, serverID string) error {
	ctx, done, err := d.enter(ctx, serverID)
	if err != nil {
		return err
	}
	defer done()
	if i := d.instance(serverID); i != nil {
		i.ask(true)
		if err := i.kill(ctx); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(d.servers, serverID)); err != nil {
		return err
	}
	d.mu.Lock()
	delete(d.crashed, serverID)
	d.mu.Unlock()
	return nil
}

// powerDown presses the power button and waits for the guest to go off, for at
// most grace. A guest whose QEMU does not listen is simply not off.
func (i *instance) powerDown(ctx context.Context, grace time.Duration) (off bool, err error) {
	if grace <= 0 {
		return false, nil
	}
	i.ask(true)
	defer func() {
		if err != nil { // the caller gives up; else it cuts the power next
			i.ask(false)
		}
	}()
	asking, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	conn, err := i.monitor(asking)
	if err == nil {
		err = conn.Run(asking, "system_powerdown", nil, nil)
	}
	if err != nil {
		i.d.cfg.Log.Warn("guest not asked to power off", "server", i.id, "err", err)
		return false, ctx.Err()
	}
	return i.end(ctx, grace)
}

// cut ends QEMU at once: it writes its disks out and quits, or is killed.
func (i *instance) cut(ctx context.Context) error {
	i.ask(true)
	quitting, cancel := context.WithTimeout(ctx, quitTimeout)
	defer cancel()
	conn, err := i.monitor(quitting)
	if err == nil {
		err = conn.Run(quitting, "quit", nil, nil)
	}
	if err == nil {
		if off, err := i.end(ctx, quitTimeout); off || err != nil {
			return err
		}
	}
	i.d.cfg.Log.Warn("QEMU does not quit and is killed", "server", i.id, "pid", i.proc.pid, "err", err)
	return i.kill(ctx)
}

func (i *instance) kill(ctx context.Context) error {
	i.proc.kill()
	off, err := i.end(ctx, killTimeout)
	if err == nil && !off {
		err = fmt.Errorf("qemu: process %d of server %s does not end though it was killed", i.proc.pid, i.id)
	}
	return err
}
