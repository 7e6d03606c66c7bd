package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/server"
)

// options are what the options of any command set.
type options struct {
	stdout, stderr io.Writer
	argv           []string // the whole command line after novalet
	args           []string // its words that are no options

	config  server.Config
	quotas  quotaFlag
	detach  bool
	debug   bool
	forget  bool
	keep    bool
	out     string
	version string
}

// quotaFlag reads --quota NAME=LIMIT, which may be repeated.
type quotaFlag cloud.Quotas

func (q quotaFlag) String() string { return "" }

func (q quotaFlag) Set(text string) error {
	name, value, _ := strings.Cut(text, "=")
	limit, err := strconv.Atoi(value)
	if _, known := cloud.DefaultQuotas()[cloud.QuotaResource(name)]; !known || err != nil || limit < -1 {
		return fmt.Errorf("give NAME=LIMIT, such as instances=-1 for no limit")
	}
	q[cloud.QuotaResource(name)] = limit
	return nil
}

func stateFlag(set *flag.FlagSet, o *options) {
	set.StringVar(&o.config.StateDir, "state", defaultState(), "`DIR` that holds everything the cloud keeps")
}

// defaultState is where a cloud lives unless told: the user's data folder.
func defaultState() string {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "novalet")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "novalet")
	}
	return "novalet"
}

func controlFlags(set *flag.FlagSet, o *options) {
	stateFlag(set, o)
	c := &o.config
	o.quotas = quotaFlag{}
	set.StringVar(&c.Listen, "listen", "127.0.0.1:5000", "`HOST:PORT` of the APIs")
	set.StringVar(&c.Database, "db", "", "database `URL`: sqlite:PATH or postgres://...; default: sqlite in the state folder")
	set.StringVar(&c.Bus, "bus", "", "bus `URL`: nats://HOST:PORT; default: inside this process")
	set.StringVar(&c.Policy, "policy", "", "policy `FILE` (YAML or JSON) whose rules override the defaults")
	set.StringVar(&c.Guest, "guest", defaultGuest(), "`DIR` of the built guest image")
	set.Var(o.quotas, "quota", "`NAME=LIMIT` for projects without their own; -1 is no limit; may be repeated")
	set.IntVar(&c.Workers, "workers", 0, "how many tasks are carried out at a time; default 64")
	set.BoolVar(&o.detach, "detach", false, "run in the background; return when the cloud can be used")
	set.BoolVar(&o.debug, "debug", false, "log everything")
}

func hostFlags(set *flag.FlagSet, o *options) {
	c := &o.config
	set.StringVar(&c.Driver, "driver", "auto", "auto, qemu or fake; auto is qemu where it is installed")
	set.StringVar(&c.Accel, "accel", "auto", "auto, kvm or tcg; auto proves kvm by booting under it")
	set.StringVar(&c.Host, "host", "", "`NAME` of the compute host; default: the machine's")
	set.StringVar(&c.Zone, "zone", "nova", "availability zone of the host")
	set.StringVar(&c.Faults, "faults", "", "`RULES` of the fake driver, such as \"spawn delay=200ms; spawn every=3\"")
}

func upFlags(set *flag.FlagSet, o *options) {
	controlFlags(set, o)
	hostFlags(set, o)
	set.IntVar(&o.config.Hosts, "hosts", 1, "how many hosts; more than one with --driver fake only")
}

func serveFlags(set *flag.FlagSet, o *options) {
	controlFlags(set, o)
	set.StringVar(&o.config.Host, "host", "", "`NAME` of this control plane, unique in the cloud; default: the machine's")
}

func agentFlags(set *flag.FlagSet, o *options) {
	stateFlag(set, o)
	hostFlags(set, o)
	set.StringVar(&o.config.Bus, "bus", "", "bus `URL`: nats://HOST:PORT")
	set.StringVar(&o.config.Guest, "guest", defaultGuest(), "`DIR` of the built guest image, which accel=auto boots to prove kvm")
	set.StringVar(&o.config.Listen, "ip", "127.0.0.1:0", "`ADDRESS` that the host is listed with")
	set.BoolVar(&o.detach, "detach", false, "run in the background; return when the agent works")
	set.BoolVar(&o.debug, "debug", false, "log everything")
}

func downFlags(set *flag.FlagSet, o *options) {
	stateFlag(set, o)
	set.BoolVar(&o.keep, "keep-guests", false, "let the guests run on")
	set.BoolVar(&o.forget, "forget", false, "remove the folder with everything in it")
}

// defaultGuest is the folder guest beside this program, where make puts it.
func defaultGuest() string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.Join(filepath.Dir(self), "guest")
}

// logger writes to a cloud's log; the level is info, or debug when asked.
func (o *options) logger(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	if o.debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// finish makes the paths of the configuration absolute, because a detached
// cloud must not depend on where it was started.
func (o *options) finish() error {
	o.config.Quotas = cloud.Quotas(o.quotas)
	for _, path := range []*string{&o.config.StateDir, &o.config.Guest, &o.config.Policy} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = absolute
	}
	return nil
}

// noWords refuses words after a command that takes none.
func (o *options) noWords(_ context.Context) error {
	if len(o.args) > 0 {
		return fmt.Errorf("novalet %s takes options only, not %q", o.argv[0], o.args[0])
	}
	return nil
}
