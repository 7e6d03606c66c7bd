package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// theirs is the program that ours is measured beside.
const theirs = "/usr/bin/nova"

// clients times ours and Debian's program, command by command, against the same cloud.
func (b *bench) clients(ctx context.Context) error {
	ours := filepath.Join(b.bin, "nova")
	if _, err := os.Stat(ours); err != nil {
		return errSkip{"bin/nova is not built: make build"}
	}
	c, err := b.up(ctx, "clients", append([]string{"--driver", "fake", "--hosts", "20"}, unlimited...)...)
	if err != nil {
		return err
	}
	defer c.stop()
	env, err := c.env()
	if err != nil {
		return err
	}
	cache := filepath.Join(b.dir, "cache")
	shell := shell{env: append(os.Environ(), "XDG_CACHE_HOME="+cache, "PYTHONWARNINGS=ignore")}
	for name, value := range env {
		shell.env = append(shell.env, name+"="+value)
	}
	body, err := c.order(ctx, "vm", "42", "auto")
	if err != nil {
		return err
	}
	named, err := c.order(ctx, "one", "42", "auto")
	if err != nil {
		return err
	}

	start, err := shell.time(ctx, 20, nil, ours, "help", "flavor-list")
	if err != nil {
		return err
	}
	b.report.add("client start", "p50 "+start.took.at(50), "< 10 ms", fmt.Sprintf("bin/nova help flavor-list, 20 runs, %.0f MiB", start.mib))
	for _, m := range []struct {
		what   string
		before func() error // of all runs
		each   func()       // before each run of ours
		goal   string
		args   []string
	}{
		{what: "nova flavor-list, cold", each: func() { _ = os.RemoveAll(cache) }, args: []string{"flavor-list"}},
		{what: "nova flavor-list", goal: "< 25 ms", args: []string{"flavor-list"}},
		{
			what: "nova list of 3", goal: "< 25 ms", args: []string{"list"},
			before: func() error {
				if _, _, _, err := c.boot(ctx, named, 1, 1); err != nil {
					return err
				}
				_, _, _, err := c.boot(ctx, body, 2, 1)
				return err
			},
		},
		{what: "nova show", args: []string{"show", "one"}},
		{what: "nova boot", args: []string{"boot", "--flavor", "42", "--image", "guest", "--nic", "auto", "vm"}},
		{
			what: "nova list of 1,000", args: []string{"list"},
			before: func() error { _, _, _, err := c.boot(ctx, body, 1000, 8); return err },
		},
	} {
		if m.before != nil {
			if err := m.before(); err != nil {
				return fmt.Errorf("%s: %w", m.what, err)
			}
		}
		mine, err := shell.time(ctx, 20, m.each, ours, m.args...)
		if err != nil {
			return err
		}
		how := fmt.Sprintf("20 runs, %.0f MiB", mine.mib)
		if _, err := os.Stat(theirs); err != nil {
			how += "; " + theirs + " is absent: apt-get install python3-novaclient"
		} else {
			python, err := shell.time(ctx, 3, nil, theirs, m.args...)
			if err != nil {
				return err
			}
			how += fmt.Sprintf("; Debian's: p50 %s, %.0f MiB: ours is %.0f times faster in %.2f of the memory",
				python.took.at(50), python.mib, python.took.over(mine.took), mine.mib/python.mib)
		}
		b.report.add(m.what, "p50 "+mine.took.at(50), m.goal, how)
	}
	return nil
}

// shell runs programs in an environment.
type shell struct{ env []string }

// runs is what came of running a program many times.
type runs struct {
	took samples
	mib  float64 // the most that one of them held
}

// time runs a program n times to its success; each, which may be nil, is called before every run.
func (s shell) time(ctx context.Context, n int, each func(), program string, args ...string) (runs, error) {
	var r runs
	for range n {
		if each != nil {
			each()
		}
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = s.env
		begun := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil {
			return r, fmt.Errorf("%s %v: %w: %.300s", program, args, err, out)
		}
		r.took = append(r.took, time.Since(begun))
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			r.mib = max(r.mib, float64(usage.Maxrss)/1024)
		}
	}
	return r, nil
}
