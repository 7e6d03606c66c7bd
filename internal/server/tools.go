package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/base/token"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/engine/virt/qemu"
)

// stopGrace is how long a guest may take to power off when its cloud is taken
// down, in seconds.
const stopGrace = 10

// StopGuests powers off the guests of a cloud that does not run, or removes
// them, and returns how many there were running.
func StopGuests(ctx context.Context, dir string, log *slog.Logger, destroy bool) (int, error) {
	hosts, err := os.ReadDir(filepath.Join(dir, "hosts"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	if _, err := qemu.Find(""); err != nil {
		return 0, nil // without QEMU there are none
	}
	stopped := 0
	for _, host := range hosts {
		n, err := stopGuestsOf(ctx, filepath.Join(dir, "hosts", host.Name()), log, destroy)
		stopped += n
		if err != nil {
			return stopped, err
		}
	}
	return stopped, nil
}

func stopGuestsOf(ctx context.Context, dir string, log *slog.Logger, destroy bool) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "servers")); errors.Is(err, os.ErrNotExist) {
		return 0, nil // not a host of the QEMU driver
	}
	driver, err := qemu.New(qemu.Config{Dir: dir, Accel: "tcg", Log: log})
	if err != nil {
		return 0, err
	}
	defer func() { _ = driver.Close() }()
	guests, err := driver.Guests(ctx)
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	errs := make([]error, len(guests))
	running := 0
	for i, g := range guests {
		if g.Power == cloud.PowerRunning || g.Power == cloud.PowerPaused {
			running++
		}
		wg.Go(func() {
			if destroy {
				errs[i] = driver.Destroy(ctx, g.ServerID)
			} else {
				errs[i] = driver.Stop(ctx, g.ServerID, stopGrace)
			}
		})
	}
	wg.Wait()
	return running, errors.Join(errs...)
}

// ListPolicy prints the rules in force, as a policy file would have them.
func ListPolicy(w io.Writer, file string) error {
	enforcer, err := newEnforcer(file)
	if err != nil {
		return err
	}
	for _, r := range enforcer.Rules() {
		if r.Source != "default" {
			fmt.Fprintf(w, "# from %s; the default is %q\n", r.Source, r.Check)
		}
		fmt.Fprintf(w, "%q: %q\n", r.Name, r.InForce)
	}
	return nil
}

// activeKeys is how many token keys are kept: a staged one, the primary one,
// and the one before it, for the tokens that it made.
const activeKeys = 3

// RotateKeys makes the staged token key of the cloud in dir the primary one.
func RotateKeys(dir string) error {
	folder := filepath.Join(dir, "keys")
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("there is no cloud with token keys in %s: name its folder with --state", dir)
	}
	keys, err := token.OpenKeys(folder, rand.Reader, time.Now)
	if err != nil {
		return err
	}
	return keys.Rotate(activeKeys)
}
