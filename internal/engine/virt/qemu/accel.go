package qemu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// The accelerators.
const (
	KVM  = "kvm"
	TCG  = "tcg"
	Auto = "auto"
)

// Proof is a Linux that accel=auto boots under KVM before it trusts it: /dev/kvm
// can open, make a machine and run its firmware, and still hang a kernel.
type Proof struct {
	Files func(ctx context.Context) (kernel, ramdisk string, err error) // paths; ramdisk may be empty
	Args  string                                                        // kernel command line, with console=ttyS0
	Want  string                                                        // what shows on the console once it is up
	Limit time.Duration                                                 // 0: ten seconds
}

// accel decides once which accelerator this host's guests get.
type accel struct {
	mode    string
	proof   *Proof
	binary  Binary
	facts   string // path of qemu.json
	log     *slog.Logger
	kvm     string // the device
	boot    string // id of this boot of the host
	working chan struct{}

	mu      sync.Mutex
	decided string
}

func newAccel(cfg Config, b Binary, factsPath string) (*accel, error) {
	a := &accel{
		mode: cfg.Accel, proof: cfg.Proof, binary: b, facts: factsPath, log: cfg.Log,
		kvm: "/dev/kvm", boot: bootID(), working: make(chan struct{}, 1),
	}
	switch a.mode {
	case "", Auto:
		a.mode = Auto
	case KVM, TCG:
		a.decided = a.mode
	default:
		return nil, fault.New(fault.BadRequest, "accel %q is not known; use auto, kvm or tcg", cfg.Accel)
	}
	return a, nil
}

// bootID changes with every boot of the host; it is empty where /proc has none,
// and then no verdict is reused.
func bootID() string {
	p, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(p))
}

// known is the accelerator, or "" while it is being found out.
func (a *accel) known() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.decided
}

// decide returns the machine that guests get. The first call on a boot of the
// host may take as long as the proof; its verdict is kept.
func (a *accel) decide(ctx context.Context) (Machine, error) {
	select {
	case a.working <- struct{}{}:
		defer func() { <-a.working }()
	case <-ctx.Done():
		return Machine{}, ctx.Err()
	}
	if got := a.known(); got != "" {
		return Machine{Accel: got, Sandbox: a.binary.Sandbox}, nil
	}
	of, err := identify(a.binary.Path)
	if err != nil {
		return Machine{}, err
	}
	v := readFacts(a.facts).Verdict
	of += " boot " + a.boot
	if a.boot == "" || v.Of != of || v.Accel != KVM && v.Accel != TCG {
		v = verdictFacts{Of: of, Accel: KVM, Why: "it booted Linux"}
		if why := a.prove(ctx); why != nil {
			if ctx.Err() != nil {
				return Machine{}, ctx.Err() // no verdict
			}
			v.Accel, v.Why = TCG, why.Error()
		}
		a.log.Info("accelerator chosen", "accel", v.Accel, "why", v.Why)
		// A host without a proof image may get one at its next start.
		if a.proof != nil {
			if err := writeFacts(a.facts, func(f *facts) { f.Verdict = v }); err != nil {
				a.log.Warn("accelerator not remembered", "err", err)
			}
		}
	}
	a.mu.Lock()
	a.decided = v.Accel
	a.mu.Unlock()
	return Machine{Accel: v.Accel, Sandbox: a.binary.Sandbox}, nil
}

// prove boots the proof under KVM; nil says that it came up.
func (a *accel) prove(ctx context.Context) error {
	f, err := os.OpenFile(a.kvm, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("KVM is not usable: %w", err)
	}
	f.Close()
	if a.proof == nil {
		return errors.New("KVM is not trusted without a proof, and there is no image to boot for one")
	}
	kernel, ramdisk, err := a.proof.Files(ctx)
	if err != nil {
		return fmt.Errorf("KVM is not trusted without a proof, and its image could not be had: %w", err)
	}
	limit := a.proof.Limit
	if limit == 0 {
		limit = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35,graphics=off",
		"-accel", "kvm", "-cpu", "host", "-m", "size=256M", "-smp", "1", "-no-reboot",
		"-serial", "stdio", "-kernel", kernel, "-append", a.proof.Args,
	}
	if ramdisk != "" {
		args = append(args, "-initrd", ramdisk)
	}
	if a.binary.Sandbox {
		args = append(args, "-sandbox", sandbox)
	}
	cmd := exec.CommandContext(ctx, a.binary.Path, args...)
	seen := &watcher{want: []byte(a.proof.Want), found: cancel}
	var words bytes.Buffer
	cmd.Stdout, cmd.Stderr = seen, &words
	cmd.WaitDelay = time.Second
	// It must not outlive an agent that is killed. The kernel ties that to the
	// thread which starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = dieWithParent()
	err = cmd.Run()
	switch {
	case seen.has:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("a Linux under KVM did not come up within %v", limit)
	}
	return fmt.Errorf("a Linux under KVM did not come up: %w: %s", err, strings.TrimSpace(words.String()))
}

// watcher looks for a text in what is written to it, and keeps no more than it
// needs for that.
type watcher struct {
	want  []byte
	found func()
	has   bool
	rest  []byte
}

func (w *watcher) Write(p []byte) (int, error) {
	if w.has {
		return len(p), nil
	}
	w.rest = append(w.rest, p...)
	if bytes.Contains(w.rest, w.want) {
		w.has = true
		w.found()
	} else if extra := len(w.rest) - len(w.want); extra > 0 {
		w.rest = append(w.rest[:0], w.rest[extra:]...)
	}
	return len(p), nil
}
