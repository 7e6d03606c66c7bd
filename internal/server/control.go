package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	apicompute "github.com/novalet/novalet/api/compute"
	apiidentity "github.com/novalet/novalet/api/identity"
	apiimage "github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/bus"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/policy"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/token"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/engine/conduct"
	"github.com/novalet/novalet/internal/engine/disk"
	"github.com/novalet/novalet/internal/engine/sched"
	"github.com/novalet/novalet/internal/service/compute"
	"github.com/novalet/novalet/internal/service/identity"
	"github.com/novalet/novalet/internal/service/image"
)

// The path prefixes of the services, below one listener.
const (
	computeRoot   = "/compute"
	computePrefix = "/compute/v2.1"
	imageRoot     = "/image"
)

// control is the control plane: the APIs, the conductor and what they stand on.
type control struct {
	cfg       Config
	db        *store.DB
	bus       *bus.Bus
	listener  net.Listener
	http      *http.Server
	identity  *identity.Service
	images    *image.Service
	compute   *compute.Service
	conductor *conduct.Conductor
	secrets   secrets

	stop context.CancelFunc
	done sync.WaitGroup
	errs chan error // what ended by itself
}

// startControl opens, bootstraps and starts the control plane; Close stops it.
func startControl(ctx context.Context, cfg Config) (*control, error) {
	c := &control{cfg: cfg, errs: make(chan error, 4)}
	if err := c.start(ctx); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *control) start(ctx context.Context) (err error) {
	cfg := c.cfg
	if c.listener, err = listen(ctx, cfg.Listen); err != nil {
		return err
	}
	if c.secrets, err = loadSecrets(cfg.StateDir); err != nil {
		return err
	}
	if c.db, err = store.Open(ctx, cfg.Database, store.WithLog(cfg.Log)); err != nil {
		return err
	}
	if c.bus, err = bus.Open(ctx, cfg.Bus, bus.WithLog(cfg.Log)); err != nil {
		return err
	}
	enforcer, err := newEnforcer(cfg.Policy)
	if err != nil {
		return err
	}
	for _, warning := range enforcer.Warnings() {
		cfg.Log.Warn("policy", "warning", warning)
	}
	if err := c.build(enforcer); err != nil {
		return err
	}
	if err := c.bootstrap(ctx); err != nil {
		return err
	}
	c.serve(enforcer)
	return nil
}

// listen takes the port; a taken one is said in a sentence.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (%w): name another address with --listen, or stop what has it", address, errors.Unwrap(err))
	}
	return l, nil
}

// build makes the services.
func (c *control) build(enforcer *policy.Enforcer) error {
	cfg := c.cfg
	keys, err := token.OpenKeys(filepath.Join(cfg.StateDir, "keys"), rand.Reader, cfg.Now)
	if err != nil {
		return err
	}
	passwords, err := token.NewPasswords(cfg.BcryptCost)
	if err != nil {
		return err
	}
	c.identity = identity.New(identity.Deps{
		DB: c.db, Keys: keys, Passwords: passwords, Log: cfg.Log, Now: cfg.Now, NewID: cfg.NewID, Random: rand.Reader,
	})
	c.images = image.New(image.Deps{
		DB: c.db, Policy: enforcer, Inspect: func() cloud.ImageInspector { return &disk.Inspector{} },
		Dir: filepath.Join(cfg.StateDir, "images"), Log: cfg.Log, Now: cfg.Now, NewID: cfg.NewID,
	})
	c.conductor = conduct.New(conduct.Config{
		DB: c.db, Bus: c.bus, Sched: sched.New(c.db, cfg.Now, cfg.Ratios), Images: c.images, Log: cfg.Log,
		Now: cfg.Now, NewID: cfg.NewID, Workers: cfg.Workers,
		// The lock on the folder makes it this process's alone, also where a
		// machine has several control planes of one cloud.
		Name: cfg.Host + " " + cfg.StateDir,
	})
	c.compute = compute.New(compute.Deps{
		DB: c.db, Bell: c.bus, Log: cfg.Log, Now: cfg.Now, NewID: cfg.NewID,
		Images: c.images, Consoles: c.conductor, Projects: c.db, Quotas: cloud.DefaultQuotas().With(cfg.Quotas),
	})
	return nil
}

// newEnforcer puts the rules of all contracts together, with an operator's
// file over them.
func newEnforcer(file string) (*policy.Enforcer, error) {
	var rules []policy.Rule
	for _, api := range [][]wire.Rule{
		wire.Rules(apicompute.BaseRules(), apicompute.Routes()),
		wire.Rules(apiidentity.BaseRules(), apiidentity.Routes()),
		wire.Rules(apiimage.BaseRules(), apiimage.Routes()),
	} {
		for _, r := range api {
			rules = append(rules, policy.Rule{Name: r.Name, Check: r.Default})
		}
	}
	var files []policy.File
	if file != "" {
		f, err := policy.ReadFile(file)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return policy.New(rules, files...)
}

// serve starts the conductor and the listener.
func (c *control) serve(enforcer *policy.Enforcer) {
	var ctx context.Context
	ctx, c.stop = context.WithCancel(context.Background())
	c.http = &http.Server{
		Handler: c.handler(enforcer), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	c.done.Go(func() {
		if err := c.http.Serve(c.listener); !errors.Is(err, http.ErrServerClosed) {
			c.errs <- fmt.Errorf("the API stopped: %w", err)
		}
	})
	c.done.Go(func() {
		if err := c.conductor.Run(ctx); err != nil {
			c.errs <- fmt.Errorf("the conductor stopped: %w", err)
		}
	})
	c.done.Go(func() { c.beat(ctx) })
}

// handler puts the services below their prefixes.
func (c *control) handler(enforcer *policy.Enforcer) http.Handler {
	cfg := httpd.Config{Auth: c.identity, Policy: enforcer, Log: c.cfg.Log, Now: c.cfg.Now}
	v21 := httpd.New(cfg, computePrefix, computeRoot, compute.Style(c.url()))
	c.compute.Mount(v21)
	images := httpd.New(cfg, imageRoot, imageRoot, image.Style(c.url()))
	c.images.Mount(images)
	computeVersions, rest := compute.Root(cfg, computeRoot), c.identity.Handler(cfg)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := r.URL.Path; {
		case within(p, computePrefix):
			v21.ServeHTTP(w, r)
		case within(p, computeRoot):
			computeVersions.ServeHTTP(w, r)
		case within(p, imageRoot):
			images.ServeHTTP(w, r)
		default:
			rest.ServeHTTP(w, r)
		}
	})
}

func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// url is the root of the API as clients reach it.
func (c *control) url() string { return "http://" + c.listener.Addr().String() }

// beat lists the control plane's own services among the services.
func (c *control) beat(ctx context.Context) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		err := c.db.Tx(ctx, func(tx *store.Tx) error {
			for _, binary := range []string{"nova-conductor", "nova-scheduler"} {
				if _, err := tx.Heartbeat(ctx, c.cfg.NewID(), binary, c.cfg.Host, "internal", c.cfg.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			c.cfg.Log.Warn("heartbeat", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// close stops everything in the reverse order; requests under way have ten
// seconds.
func (c *control) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if c.http != nil {
		if err := c.http.Shutdown(ctx); err != nil {
			_ = c.http.Close()
		}
	} else if c.listener != nil {
		_ = c.listener.Close()
	}
	if c.stop != nil {
		c.stop()
	}
	c.done.Wait()
	if c.bus != nil {
		c.bus.Close(ctx)
	}
	if c.db != nil {
		_ = c.db.Close()
	}
}

// loadSecrets reads the passwords that a new cloud was given, or makes them.
func loadSecrets(dir string) (secrets, error) {
	path := filepath.Join(dir, "passwords")
	text, err := os.ReadFile(path)
	if err == nil {
		return parseSecrets(string(text)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return secrets{}, err
	}
	s := secrets{admin: newPassword(), demo: newPassword()}
	return s, writeFile(path, s.text())
}
