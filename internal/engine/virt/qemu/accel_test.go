package qemu

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// script makes a stand-in for QEMU that is a shell script.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "qemu")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func proving(limit time.Duration) *Proof {
	return &Proof{
		Files: func(context.Context) (string, string, error) { return "/vmlinuz", "/initrd", nil },
		Args:  "console=ttyS0", Want: "guest login:", Limit: limit,
	}
}

func TestAccel(t *testing.T) {
	device := filepath.Join(t.TempDir(), "kvm") // stands for /dev/kvm
	if err := os.WriteFile(device, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	up := "echo booting; printf 'gue'; sleep 0.1; echo 'st login:'; exec sleep 60"
	broken := &Proof{Files: func(context.Context) (string, string, error) { return "", "", errors.New("no guest built") }}
	for _, tt := range []struct {
		name, mode, device, qemu string
		proof                    *Proof
		want, why                string
	}{
		{"kvm is not doubted", KVM, "/absent", "exit 1", nil, KVM, ""},
		{"tcg is not doubted", TCG, device, up, proving(0), TCG, ""},
		{"proven", Auto, device, up, proving(time.Minute), KVM, "booted Linux"},
		{"auto by default", "", device, up, proving(time.Minute), KVM, "booted Linux"},
		{"no device", Auto, "/absent", up, proving(time.Minute), TCG, "no such file"},
		{"hangs", Auto, device, "echo SeaBIOS; exec sleep 60", proving(300 * time.Millisecond), TCG, "did not come up within"},
		{"fails", Auto, device, "echo 'no such cpu' >&2; exit 1", proving(time.Minute), TCG, "no such cpu"},
		{"shows something else", Auto, device, "echo guest logout", proving(time.Minute), TCG, "did not come up"},
		{"nothing to boot", Auto, device, up, nil, TCG, "no image to boot"},
		{"proof not built", Auto, device, up, broken, TCG, "no guest built"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log strings.Builder
			a, err := newAccel(Config{Accel: tt.mode, Proof: tt.proof, Log: slog.New(slog.NewTextHandler(&log, nil))},
				Binary{Path: script(t, tt.qemu), Sandbox: true}, filepath.Join(t.TempDir(), "qemu.json"))
			if err != nil {
				t.Fatal(err)
			}
			a.kvm = tt.device
			m, err := a.decide(t.Context())
			if err != nil || m != (Machine{Accel: tt.want, Sandbox: true}) {
				t.Errorf("decide = %+v, %v; want %s", m, err, tt.want)
			}
			if a.known() != tt.want || !strings.Contains(log.String(), tt.why) {
				t.Errorf("known %q, log %q; want %q", a.known(), log.String(), tt.why)
			}
		})
	}
	if _, err := newAccel(Config{Accel: "hax"}, Binary{}, ""); !fault.Is(err, fault.BadRequest) {
		t.Errorf("accel hax: %v", err)
	}
}

// A verdict is found out once for a QEMU and a boot of the host.
func TestAccelRemembers(t *testing.T) {
	device, facts := filepath.Join(t.TempDir(), "kvm"), filepath.Join(t.TempDir(), "qemu.json")
	runs := filepath.Join(t.TempDir(), "runs")
	if err := os.WriteFile(device, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	qemu := script(t, "echo x >>"+runs+"; echo guest login:; exec sleep 60")
	decide := func(boot string, ctx context.Context) (Machine, error) {
		a, err := newAccel(Config{Proof: proving(time.Minute), Log: slog.New(slog.DiscardHandler)}, Binary{Path: qemu}, facts)
		if err != nil {
			t.Fatal(err)
		}
		a.kvm, a.boot = device, boot
		return a.decide(ctx)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := decide("one", cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("a proof cut short: %v", err)
	}
	for _, tt := range []struct {
		boot string
		runs int
	}{{"one", 1}, {"one", 1}, {"two", 2}, {"", 3}, {"", 4}} {
		if m, err := decide(tt.boot, t.Context()); err != nil || m.Accel != KVM {
			t.Fatalf("decide: %+v, %v", m, err)
		}
		if p, _ := os.ReadFile(runs); len(p) != 2*tt.runs {
			t.Errorf("on boot %q: %d proofs, want %d", tt.boot, len(p)/2, tt.runs)
		}
	}
	if err := os.WriteFile(facts, []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := decide("two", t.Context()); err != nil || m.Accel != KVM {
		t.Errorf("with damaged facts: %+v, %v", m, err)
	}
}

func TestFindBinary(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := New(Config{Dir: t.TempDir()}); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "apt-get install --no-install-recommends qemu-system-x86") {
		t.Errorf("without QEMU: %v", err)
	}
	t.Setenv("PATH", "/usr/bin:/bin")
	runs := filepath.Join(t.TempDir(), "runs")
	greeting := `{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": []}}`
	for _, tt := range []struct {
		name, body string
		want       Binary
		says       string
	}{
		{"sandbox", "echo '" + greeting + "'", Binary{Version: 7_002_022, Sandbox: true}, ""},
		{"no sandbox", "case \"$*\" in *sandbox*) echo no seccomp >&2; exit 1;; esac; echo '" + greeting + "'", Binary{Version: 7_002_022}, ""},
		{"broken", "echo cannot open shared object >&2; exit 127", Binary{}, "cannot open shared object"},
		{"not QEMU", "echo hello", Binary{}, "does not run"},
		{"no version", "echo '{\"QMP\":{}}'", Binary{}, "without a version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, facts := script(t, "echo x >>"+runs+"\n"+tt.body), filepath.Join(t.TempDir(), "qemu.json")
			got, err := findBinary(t.Context(), path, facts)
			if tt.says != "" {
				if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("findBinary: %v, want %q", err, tt.says)
				}
				return
			}
			tt.want.Path = path
			if err != nil || got != tt.want {
				t.Errorf("findBinary = %+v, %v; want %+v", got, err, tt.want)
			}
			if err := os.Truncate(runs, 0); err != nil {
				t.Fatal(err)
			}
			if again, err := findBinary(t.Context(), path, facts); err != nil || again != got {
				t.Errorf("the second time: %+v, %v", again, err)
			}
			if p, _ := os.ReadFile(runs); len(p) != 0 {
				t.Error("QEMU was asked again")
			}
		})
	}
}
