package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"

	"github.com/novalet/novalet/guest/image"
	"github.com/novalet/novalet/internal/base/bus"
	"github.com/novalet/novalet/internal/engine/agent"
	"github.com/novalet/novalet/internal/engine/metadata"
	"github.com/novalet/novalet/internal/engine/virt"
	"github.com/novalet/novalet/internal/engine/virt/fake"
	"github.com/novalet/novalet/internal/engine/virt/qemu"
)

// hosts are the compute hosts in this process.
type hosts struct {
	names   []string
	drivers []virt.Driver
	meta    *metadata.Service
	stop    context.CancelFunc
	done    sync.WaitGroup
	errs    chan error
	kind    string // qemu or fake
	note    string // why it is not what was asked for; empty: it is
}

// startHosts opens a driver for each host and lets an agent work on it.
func startHosts(cfg Config, b *bus.Bus) (h *hosts, err error) {
	h = &hosts{errs: make(chan error, cfg.Hosts), meta: metadata.New(cfg.Log)}
	var ctx context.Context
	ctx, h.stop = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	for i := range cfg.Hosts {
		name := cfg.Host
		if cfg.Hosts > 1 {
			name = fmt.Sprintf("%s-%d", cfg.Host, i+1)
		}
		driver, err := h.openDriver(cfg, name)
		if err != nil {
			return h, err
		}
		h.names, h.drivers = append(h.names, name), append(h.drivers, driver)
		a := agent.New(agent.Config{
			Host: name, Zone: cfg.Zone, HostIP: hostIP(cfg.Listen), Driver: driver,
			Images: agent.Images{Bus: b}, Bus: b, Log: cfg.Log.With("host", name),
		})
		h.done.Go(func() {
			if err := a.Run(ctx); err != nil {
				h.errs <- fmt.Errorf("the agent of host %s stopped: %w", name, err)
			}
		})
	}
	return h, nil
}

// openDriver opens the driver asked for; auto is QEMU for one host where it is
// installed.
func (h *hosts) openDriver(cfg Config, name string) (virt.Driver, error) {
	dir := filepath.Join(cfg.StateDir, "hosts", name)
	if h.kind == "" {
		if err := h.choose(cfg); err != nil {
			return nil, err
		}
	}
	if h.kind == "fake" {
		return openFake(cfg, dir)
	}
	return qemu.New(qemu.Config{
		Dir: dir, Accel: cfg.Accel, Proof: proof(cfg.Guest), Log: cfg.Log, Now: cfg.Now, OnNetwork: h.meta.Listen,
	})
}

// choose settles which driver all hosts have.
func (h *hosts) choose(cfg Config) error {
	_, missing := qemu.Find("")
	switch {
	case cfg.Driver == "fake":
		h.kind = "fake"
	case cfg.Driver == "auto" && cfg.Hosts > 1:
		h.kind, h.note = "fake", "several hosts in one process are simulated ones"
	case cfg.Driver == "auto" && missing != nil:
		h.kind, h.note = "fake", missing.Error()
	case cfg.Hosts > 1:
		return errors.New("several hosts in one process are simulated ones: give --driver fake with --hosts, or run one novalet agent on each machine")
	case missing != nil:
		return missing
	default:
		h.kind = "qemu"
	}
	return nil
}

func openFake(cfg Config, dir string) (virt.Driver, error) {
	rules, err := fake.ParseRules(cfg.Faults)
	if err != nil {
		return nil, err
	}
	return fake.New(fake.Config{Dir: dir, Rules: rules, Now: cfg.Now})
}

// proof is the guest, as what accel=auto boots.
func proof(dir string) *qemu.Proof {
	if dir == "" {
		return nil
	}
	files := image.In(dir)
	return &qemu.Proof{
		Files: func(context.Context) (string, string, error) { return files.Kernel, files.Initrd, nil },
		Args:  image.KernelArgs, Want: "novalet guest login:",
	}
}

// hostIP is the address by which the host is listed.
func hostIP(listen string) string {
	host, _, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
		return ip.String()
	}
	return "127.0.0.1"
}

// close lets go of the guests, which go on running.
func (h *hosts) close() {
	h.stop()
	h.done.Wait()
	for _, d := range h.drivers {
		_ = d.Close()
	}
	h.meta.Wait()
}
