// Package server builds a cloud out of its parts from one configuration, and
// starts and stops it. It is the only package that knows all the others.
package server

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
)

// Config says what a cloud is made of. The zero value with a StateDir is a
// whole cloud on SQLite, an embedded bus and one host.
type Config struct {
	StateDir string // everything the cloud keeps
	Listen   string // host:port of the API
	Database string // sqlite:PATH or postgres://...; empty: sqlite in StateDir
	Bus      string // nats://...; empty: embedded
	Policy   string // a policy.yaml whose rules override the defaults; empty: none

	Hosts  int    // compute hosts in this process; 0 for none
	Host   string // name of the host, or of the first of several
	Zone   string
	Driver string // auto, qemu or fake
	Accel  string // auto, kvm or tcg
	Guest  string // folder of the built guest image; empty: none
	Faults string // rules of the fake driver: its delays and faults

	Quotas     cloud.Quotas // over the defaults
	Ratios     store.Ratios // zero: 16 CPUs, 1.0 memory and disk
	Workers    int          // tasks at a time
	BcryptCost int          // of passwords; 0: 10

	Log   *slog.Logger
	Now   func() time.Time
	NewID func() string
}

// defaults fills in what was left out.
func (c Config) defaults() Config {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:5000"
	}
	if c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(c.StateDir, "novalet.db")
	}
	if c.Host == "" {
		if c.Host, _ = os.Hostname(); c.Host == "" {
			c.Host = "novalet"
		}
	}
	if c.Zone == "" {
		c.Zone = "nova"
	}
	if c.Driver == "" {
		c.Driver = "auto"
	}
	if c.Accel == "" {
		c.Accel = "auto"
	}
	if c.Ratios == (store.Ratios{}) {
		c.Ratios = store.Ratios{CPU: 16, Memory: 1, Disk: 1}
	}
	if c.BcryptCost == 0 {
		c.BcryptCost = 10
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = cloud.NewUUID
	}
	return c
}

// check refuses what no cloud can be made of, by name.
func (c Config) check() error {
	for _, choice := range []struct {
		option, value string
		known         []string
	}{
		{"--driver", c.Driver, []string{"auto", "qemu", "fake"}},
		{"--accel", c.Accel, []string{"auto", "kvm", "tcg"}},
	} {
		if !slices.Contains(choice.known, choice.value) {
			return fmt.Errorf("there is no %s %q: give one of %s", choice.option, choice.value, strings.Join(choice.known, ", "))
		}
	}
	if c.Hosts < 0 {
		return fmt.Errorf("--hosts %d: give how many hosts there are to be, from 1", c.Hosts)
	}
	return nil
}
