package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/novalet/novalet/internal/server"
)

// readyEnv tells a detached process that descriptor 3 is a pipe on which its
// starter waits: it says there in one line that it is ready, or why it is not.
const readyEnv = "NOVALET_READY_FD"

func runUp(ctx context.Context, o *options) error { return runCloud(ctx, o) }

// runServe is up without hosts.
func runServe(ctx context.Context, o *options) error {
	o.config.Hosts = 0
	return runCloud(ctx, o)
}

func runCloud(ctx context.Context, o *options) error {
	return o.daemon(ctx, func(ctx context.Context, log *slog.Logger, ready func(string)) error {
		start := time.Now()
		o.config.Log = log
		cloud, err := server.Start(ctx, o.config)
		if err != nil {
			return err
		}
		defer cloud.Close()
		ready(o.greeting(cloud, time.Since(start)))
		return cloud.Wait(ctx)
	})
}

// greeting says what runs and how to use it.
func (o *options) greeting(cloud *server.Cloud, took time.Duration) string {
	var b strings.Builder
	kind, note := cloud.Driver()
	fmt.Fprintf(&b, "The cloud answers at %s after %d ms", cloud.URL(), took.Milliseconds())
	if kind != "" {
		fmt.Fprintf(&b, ", with servers on %s", map[string]string{"qemu": "QEMU", "fake": "the simulated driver"}[kind])
	}
	b.WriteString(".\n")
	if note != "" {
		fmt.Fprintf(&b, "  (%s)\n", note)
	}
	fmt.Fprintf(&b, "  state   %s\n  openrc  %s\n", o.config.StateDir, filepath.Join(o.config.StateDir, "openrc"))
	return b.String()
}

func runAgent(ctx context.Context, o *options) error {
	if o.config.Bus == "" {
		return errors.New("an agent needs the bus of its cloud: give --bus nats://HOST:PORT")
	}
	return o.daemon(ctx, func(ctx context.Context, log *slog.Logger, ready func(string)) error {
		o.config.Log = log
		return server.RunAgent(ctx, o.config, func(kind, note string) {
			ready(strings.TrimSpace(fmt.Sprintf("The agent serves this host with the %s driver. %s", kind, note)) + "\n")
		})
	})
}

// daemon runs work in this process, or with --detach in one of its own whose
// output goes to the log, and returns when that is ready.
func (o *options) daemon(ctx context.Context, work func(context.Context, *slog.Logger, func(string)) error) error {
	if err := errors.Join(o.noWords(ctx), o.finish()); err != nil {
		return err
	}
	if o.detach && os.Getenv(readyEnv) == "" {
		return o.startDetached(ctx)
	}
	say := func(text string) { fmt.Fprint(o.stdout, text) }
	if os.Getenv(readyEnv) == "" {
		return o.work(ctx, work, say)
	}
	pipe := os.NewFile(3, "ready")
	told := false
	err := o.work(ctx, work, func(text string) {
		told = true
		fmt.Fprintf(pipe, "ready\n%s", text)
		_ = pipe.Close()
	})
	if !told && err != nil {
		fmt.Fprintf(pipe, "failed\n%v\n", err)
	}
	return err
}

// work runs what the command is for, with the cloud's log.
func (o *options) work(ctx context.Context, work func(context.Context, *slog.Logger, func(string)) error, ready func(string)) error {
	log, closeLog, err := o.openLog()
	if err != nil {
		return err
	}
	defer closeLog()
	if err := work(ctx, log, ready); err != nil {
		log.Error("stopped", "err", err)
		return err
	}
	return nil
}

// openLog opens the cloud's log for appending.
func (o *options) openLog() (*slog.Logger, func(), error) {
	if err := os.MkdirAll(o.config.StateDir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("the cloud cannot keep its state in %s (%w): name a folder that you can write with --state", o.config.StateDir, errors.Unwrap(err))
	}
	f, err := os.OpenFile(filepath.Join(o.config.StateDir, "novalet.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("the cloud cannot write its log in %s (%w): name a folder that you can write with --state", o.config.StateDir, errors.Unwrap(err))
	}
	return o.logger(f), func() { _ = f.Close() }, nil
}

// startDetached starts this program again in a session of its own and waits for
// its word.
func (o *options) startDetached(ctx context.Context) error {
	if pid, err := server.Running(o.config.StateDir); err != nil {
		return err
	} else if pid != 0 {
		fmt.Fprintf(o.stdout, "The cloud in %s runs already (process %d).\n", o.config.StateDir, pid)
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = read.Close() }()
	child := exec.Command(self, o.argv...)
	child.Env = append(os.Environ(), readyEnv+"=3")
	child.ExtraFiles = []*os.File{write}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return err
	}
	_ = write.Close()
	// An interrupt of the starter while it waits stops what it started.
	stop := context.AfterFunc(ctx, func() { _ = child.Process.Signal(syscall.SIGTERM) })
	defer stop()
	word, rest := readWord(read)
	switch word {
	case "ready":
		fmt.Fprint(o.stdout, rest)
		return child.Process.Release()
	case "failed":
		_ = child.Wait()
		return errors.New(strings.TrimSpace(rest))
	}
	err = child.Wait()
	return fmt.Errorf("the cloud ended while it started (%v): look at the end of %s", err, filepath.Join(o.config.StateDir, "novalet.log"))
}

func readWord(r io.Reader) (word, rest string) {
	b := bufio.NewReader(r)
	word, _ = b.ReadString('\n')
	text, _ := io.ReadAll(b)
	return strings.TrimSpace(word), string(text)
}

// stopPatience is how long a cloud may take to stop.
const stopPatience = 30 * time.Second

func runDown(ctx context.Context, o *options) error {
	if err := errors.Join(o.noWords(ctx), o.finish()); err != nil {
		return err
	}
	dir := o.config.StateDir
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(o.stdout, "There is no cloud in %s.\n", dir)
		return nil
	}
	ran, err := server.Stop(dir, stopPatience)
	if err != nil {
		return err
	}
	guests := 0
	if !o.keep {
		if guests, err = server.StopGuests(ctx, dir, o.logger(io.Discard), o.forget); err != nil {
			return err
		}
	}
	if ran {
		fmt.Fprintf(o.stdout, "Stopped the cloud in %s.\n", dir)
	} else {
		fmt.Fprintf(o.stdout, "No cloud ran in %s.\n", dir)
	}
	if guests > 0 {
		fmt.Fprintf(o.stdout, "Powered off %d running guest(s).\n", guests)
	}
	if !o.forget {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, "openrc")); err != nil {
		return fmt.Errorf("%s does not look like a cloud (it has no openrc), so it is not removed: remove it yourself", dir)
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	fmt.Fprintf(o.stdout, "Forgot it.\n")
	return nil
}
