package qmp

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The real QEMU: a machine that never runs, driven through its monitor.
func TestRealQEMU(t *testing.T) {
	binary, err := exec.LookPath("qemu-system-x86_64")
	if err != nil {
		t.Skip("qemu-system-x86_64 is not installed")
	}
	socket := filepath.Join(t.TempDir(), "qmp")
	cmd := exec.CommandContext(t.Context(), binary, "-nodefaults", "-display", "none", "-M", "none", "-S",
		"-qmp", "unix:"+socket+",server=on,wait=off")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill(); <-exited })

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var c *Conn
	for c == nil {
		if c, err = Dial(ctx, socket); err != nil {
			select {
			case err := <-exited:
				exited <- err
				t.Fatalf("QEMU ended: %v", err)
			case <-ctx.Done():
				t.Fatal(err)
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	defer c.Close()
	if c.Version().Major < 5 {
		t.Errorf("version %+v", c.Version())
	}
	var status struct {
		Running bool
		Status  string
	}
	if err := c.Run(ctx, "query-status", nil, &status); err != nil || status.Running {
		t.Errorf("status %+v, %v", status, err)
	}
	var refusal *Error
	if err := c.Run(ctx, "no-such-command", nil, nil); !errors.As(err, &refusal) || refusal.Class != "CommandNotFound" {
		t.Errorf("error %v", err)
	}
	if err := c.Run(ctx, "device_del", map[string]string{"id": "absent"}, nil); !errors.As(err, &refusal) || refusal.Class != "DeviceNotFound" {
		t.Errorf("error %v", err)
	}
	if err := c.Run(ctx, "quit", nil, nil); err != nil {
		t.Error(err)
	}
	seen := false
	for e := range c.Events() {
		seen = seen || e.Name == "SHUTDOWN"
	}
	if !seen {
		t.Error("no SHUTDOWN event before the end")
	}
}
