package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/novalet/novalet/internal/base/bus"
)

// Cloud is a running cloud: a control plane with the hosts of this process.
type Cloud struct {
	cfg     Config
	control *control
	hosts   *hosts
	lock    *lock
}

// Start starts a cloud and returns when it can be used: the API answers and
// its hosts have reported. Whatever goes wrong is said in one sentence.
func Start(ctx context.Context, cfg Config) (*Cloud, error) {
	c := &Cloud{cfg: cfg.defaults()}
	if err := c.start(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cloud) start(ctx context.Context) (err error) {
	cfg := c.cfg
	if err := cfg.check(); err != nil {
		return err
	}
	if err := makeStateDir(cfg.StateDir); err != nil {
		return err
	}
	if c.lock, err = takeLock(cfg.StateDir); err != nil {
		return err
	}
	if c.control, err = startControl(ctx, cfg); err != nil {
		return err
	}
	if cfg.Hosts > 0 {
		since := cfg.Now()
		if c.hosts, err = startHosts(cfg, c.control.bus); err != nil {
			return err
		}
		if err := c.awaitHosts(ctx, since); err != nil {
			return err
		}
	}
	return c.control.writeClientFiles()
}

// awaitHosts waits until every host of this process has reported since a moment:
// what an earlier process of this cloud heard does not count.
func (c *Cloud) awaitHosts(ctx context.Context, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		services, err := c.control.db.Services(ctx, "", "nova-compute")
		if err != nil {
			return err
		}
		up := 0
		for i := range services {
			if s := &services[i]; slices.Contains(c.hosts.names, s.Host) && !s.SeenAt.Before(since.Truncate(time.Microsecond)) {
				up++
			}
		}
		if up == len(c.hosts.names) {
			return nil
		}
		select {
		case err := <-c.hosts.errs:
			return err
		case <-ctx.Done():
			return fmt.Errorf("the compute host has not reported within a minute: %w", ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// URL is the root of the API.
func (c *Cloud) URL() string { return c.control.url() }

// Driver names the driver of the hosts, and why it is not the one asked for.
func (c *Cloud) Driver() (kind, note string) {
	if c.hosts == nil {
		return "", ""
	}
	return c.hosts.kind, c.hosts.note
}

// Admin and Demo are the users a new cloud has.
func (c *Cloud) Admin() Account { return Account{"admin", "admin", c.control.secrets.admin} }

// Demo is the ordinary user.
func (c *Cloud) Demo() Account { return Account{"demo", "demo", c.control.secrets.demo} }

// Wait returns when ctx ends (nil) or when a part of the cloud has stopped by
// itself.
func (c *Cloud) Wait(ctx context.Context) error {
	var hosts chan error
	if c.hosts != nil {
		hosts = c.hosts.errs
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-c.control.errs:
		return err
	case err := <-hosts:
		return err
	}
}

// Close stops the cloud; guests go on running.
func (c *Cloud) Close() {
	if c.hosts != nil {
		c.hosts.close()
	}
	if c.control != nil {
		c.control.close()
	}
	if c.lock != nil {
		c.lock.release()
	}
}

// makeStateDir makes the folder of a cloud, readable by its owner only.
func makeStateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return stateError(dir, err)
	}
	probe, err := os.CreateTemp(dir, ".write-test-*")
	if err != nil {
		return stateError(dir, err)
	}
	_ = probe.Close()
	return os.Remove(probe.Name())
}

func stateError(dir string, err error) error {
	cause := err
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		cause = path.Err
	}
	return fmt.Errorf("the cloud cannot keep its state in %s (%w): name a folder that you can write with --state", dir, cause)
}

// RunAgent serves one host of a cloud whose control plane is elsewhere, until
// ctx ends.
func RunAgent(ctx context.Context, cfg Config, ready func(kind, note string)) error {
	cfg.Hosts = 1
	cfg = cfg.defaults()
	if err := cfg.check(); err != nil {
		return err
	}
	if err := makeStateDir(cfg.StateDir); err != nil {
		return err
	}
	held, err := takeLock(cfg.StateDir)
	if err != nil {
		return err
	}
	defer held.release()
	b, err := bus.Open(ctx, cfg.Bus, bus.WithLog(cfg.Log))
	if err != nil {
		return err
	}
	defer b.Close(context.WithoutCancel(ctx))
	h, err := startHosts(cfg, b)
	if err != nil {
		return err
	}
	defer h.close()
	ready(h.kind, h.note)
	select {
	case <-ctx.Done():
		return nil
	case err := <-h.errs:
		return err
	}
}
