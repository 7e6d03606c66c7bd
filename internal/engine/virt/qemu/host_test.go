package qemu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCPUInfo(t *testing.T) {
	cpu := func(n, socket int) string {
		return fmt.Sprintf("processor\t: %d\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\nphysical id\t: %d\nsiblings\t: 4\ncpu cores\t: 2\nflags\t\t: sse fpu sse\n\n", n, socket)
	}
	var text strings.Builder
	for n := range 8 {
		text.WriteString(cpu(n, n/4))
	}
	for _, tt := range []struct {
		text string
		want map[string]any
	}{
		{text.String(), map[string]any{
			"arch": "x86_64", "model": "AMD EPYC", "vendor": "AMD", "features": []string{"fpu", "sse"},
			"topology": map[string]any{"sockets": 2, "cores": 2, "threads": 2},
		}},
		{"", map[string]any{
			"arch": "x86_64", "model": "", "vendor": "", "features": []string{},
			"topology": map[string]any{"sockets": 1, "cores": 1, "threads": 1},
		}},
	} {
		if diff := cmp.Diff(tt.want, cpuInfo(tt.text)); diff != "" {
			t.Errorf("cpuInfo (-want +got):\n%s", diff)
		}
	}
}

// A log is cut while its writer goes on appending, and what is shown is the end
// of all that was written.
func TestTrim(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console.log")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all bytes.Buffer
	for n := range 40 {
		line := bytes.Repeat([]byte{byte('a' + n%26)}, 100_000)
		all.Write(line)
		if _, err := f.Write(line); err != nil {
			t.Fatal(err)
		}
		if err := trim(path); err != nil {
			t.Fatal(err)
		}
	}
	older, err := readLast(path+olderSuffix, keptLog)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := readLast(path, 2*keptLog)
	if err != nil {
		t.Fatal(err)
	}
	kept := append(older, newer...)
	if len(kept) < keptLog || len(kept) > 2*keptLog || !bytes.HasSuffix(all.Bytes(), kept) {
		t.Errorf("kept %d bytes, and they are the end of all: %v", len(kept), bytes.HasSuffix(all.Bytes(), kept))
	}
	if err := trim(filepath.Join(t.TempDir(), "absent")); err != nil {
		t.Errorf("trim of an absent log: %v", err)
	}
}

func TestProcess(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p, err := openProcess(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	cmd.Process.Release()
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := p.wait(short); !errors.Is(err, context.DeadlineExceeded) || !p.alive() {
		t.Errorf("wait for a process that runs: %v", err)
	}
	// The first wait's end has no effect on the second.
	if err := p.fd.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	p.kill()
	if err := p.wait(t.Context()); err != nil || p.alive() {
		t.Errorf("wait for a killed process: %v", err)
	}
	p.kill() // nobody is there to be hit
	if _, err := openProcess(p.pid); err != errGone {
		t.Errorf("the process was not reaped: %v", err)
	}
}

// A process is a guest's only if all of its command line says so.
func TestFindProcesses(t *testing.T) {
	servers := filepath.Join(t.TempDir(), "servers")
	id := "6a1b7f0e-3c1d-4d52-9a73-0f3b1d1b2c3d"
	for _, tt := range []struct {
		name string
		args []string
		want bool
	}{
		{"a guest", []string{"-uuid", id, "-pidfile", filepath.Join(servers, id, pidFile)}, true},
		{"a guest of another folder", []string{"-uuid", id, "-pidfile", filepath.Join(servers+"2", id, pidFile)}, false},
		{"no guest", []string{"-pidfile", filepath.Join(servers, id, pidFile)}, false},
		{"an editor", []string{"-uuid", filepath.Join(servers, id, pidFile)}, false},
		{"another file", []string{"-uuid", id, "-pidfile", filepath.Join(servers, id, "x")}, false},
		{"another folder", []string{"-uuid", id, "-pidfile", filepath.Join(servers, "x", pidFile)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// A shell that waits for its input keeps its command line.
			cmd := exec.Command("sh", append([]string{"-c", "echo; read x", "sh"}, tt.args...)...)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { in.Close(); cmd.Wait() }()
			if _, err := out.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			found, err := findProcesses(servers)
			if err != nil {
				t.Fatal(err)
			}
			p := found[id]
			if (p != nil) != tt.want || p != nil && p.pid != cmd.Process.Pid {
				t.Errorf("found %v, want %v", found, tt.want)
			}
			if p != nil {
				p.close()
			}
		})
	}
	if _, err := openProcess(1 << 30); err == nil || errors.Is(err, syscall.EPERM) {
		t.Errorf("a pid that cannot be: %v", err)
	}
}
