package fake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/virt"
	"pgregory.net/rapid"
)

var _ virt.Driver = (*Driver)(nil)

func guest(n int, name string) cloud.Guest {
	return cloud.Guest{
		ServerID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Name: name, Hostname: name,
		VCPUs: 1, MemoryMiB: 512, RootGiB: 1, PublicKeys: map[string]string{"k": "ssh-ed25519 AAAA"},
		Ports: []cloud.GuestPort{{MAC: "fa:16:3e:00:00:01", IP: "10.0.0.2", Gateway: "10.0.0.1"}},
	}
}

func open(t *testing.T, cfg Config) *Driver {
	t.Helper()
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func ignore(string) {}

func states(t *testing.T, d *Driver) []virt.GuestState {
	t.Helper()
	s, err := d.Guests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLifecycle(t *testing.T) {
	for _, where := range []string{"memory", "folder"} {
		t.Run(where, func(t *testing.T) {
			cfg := Config{}
			if where == "folder" {
				cfg.Dir = filepath.Join(t.TempDir(), "guests")
			}
			d, ctx, g := open(t, cfg), t.Context(), guest(1, "vm1")
			var steps []string
			step := func(s string) { steps = append(steps, s) }
			for range 2 { // again: it runs already
				if err := d.Spawn(ctx, g, nil, step); err != nil {
					t.Fatal(err)
				}
			}
			if want := []string{"networking", "block_device_mapping", "spawning"}; !slices.Equal(steps, want) {
				t.Errorf("steps %v, want %v", steps, want)
			}
			for _, tt := range []struct {
				does  string
				err   error
				power cloud.PowerState
				boots int
			}{
				{"stop", d.Stop(ctx, g.ServerID, 5), cloud.PowerShutdown, 1},
				{"stop again", d.Stop(ctx, g.ServerID, 0), cloud.PowerShutdown, 1},
			} {
				check(t, d, g, tt.does, tt.err, tt.power, tt.boots)
			}
			check(t, d, g, "start", d.Start(ctx, g), cloud.PowerRunning, 2)
			check(t, d, g, "start again", d.Start(ctx, g), cloud.PowerRunning, 2)
			check(t, d, g, "soft reboot", d.Reboot(ctx, g, false), cloud.PowerRunning, 3)
			check(t, d, g, "hard reboot", d.Reboot(ctx, g, true), cloud.PowerRunning, 4)
			log, err := d.Console(ctx, g.ServerID, -1)
			if err != nil || strings.Count(string(log), "novalet guest login:") != 4 || !strings.Contains(string(log), "10.0.0.2") {
				t.Errorf("console %s, %v", log, err)
			}
			if log, _ := d.Console(ctx, g.ServerID, 1); string(log) != "novalet guest login: \n" {
				t.Errorf("last line of the console %q", log)
			}
			for range 2 { // again: absent is done
				if err := d.Destroy(ctx, g.ServerID); err != nil {
					t.Fatal(err)
				}
			}
			if s := states(t, d); len(s) != 0 {
				t.Errorf("after destroy: %v", s)
			}
			if err := d.Start(ctx, g); !fault.Is(err, fault.NotFound) {
				t.Errorf("start of a destroyed guest: %v", err)
			}
			if _, err := d.Console(ctx, g.ServerID, 1); !fault.Is(err, fault.NotFound) {
				t.Errorf("console of a destroyed guest: %v", err)
			}
			if cfg.Dir != "" {
				if left, _ := os.ReadDir(cfg.Dir); len(left) != 0 {
					t.Errorf("left behind: %v", left)
				}
			}
		})
	}
}

func check(t *testing.T, d *Driver, g cloud.Guest, does string, err error, power cloud.PowerState, boots int) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", does, err)
	}
	if want := []virt.GuestState{{ServerID: g.ServerID, Power: power}}; !slices.Equal(states(t, d), want) {
		t.Errorf("after %s: %v, want %v", does, states(t, d), want)
	}
	if n := len(d.Boots(g.ServerID)); n != boots {
		t.Errorf("after %s: %d boots, want %d", does, n, boots)
	}
}

// A driver killed at any moment finds the same guests again, untouched.
func TestRestart(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	before := open(t, Config{Dir: dir})
	for n := range 5 {
		if err := before.Spawn(ctx, guest(n, fmt.Sprint("vm", n)), nil, ignore); err != nil {
			t.Fatal(err)
		}
	}
	if err := before.Stop(ctx, guest(3, "").ServerID, 0); err != nil {
		t.Fatal(err)
	}
	if err := before.Destroy(ctx, guest(4, "").ServerID); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, guest(9, "").ServerID+".json.part"), []byte(`{"gu`), 0o600); err != nil {
		t.Fatal(err)
	}
	after := open(t, Config{Dir: dir}) // before was never closed
	if a, b := states(t, before), states(t, after); !slices.Equal(a, b) || len(a) != 4 {
		t.Errorf("before %v, after %v", a, b)
	}
	for n := range 4 {
		id := guest(n, "").ServerID
		if a, b := before.Boots(id), after.Boots(id); len(a) != 1 || len(b) != 1 || !a[0].Equal(b[0]) {
			t.Errorf("guest %d was touched: %v, %v", n, a, b)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDamagedRecordIsNamed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, guest(1, "").ServerID+".json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("New on a damaged folder: %v", err)
	}
}

func TestServerIDIsNoPath(t *testing.T) {
	d, g := open(t, Config{Dir: t.TempDir()}), guest(1, "vm")
	g.ServerID = "../../../../../../../../../tmp/aaaaaa"
	if err := d.Spawn(t.Context(), g, nil, ignore); !fault.Is(err, fault.BadRequest) {
		t.Errorf("Spawn: %v", err)
	}
}

func TestRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules, err := ParseRules(`spawn delay=2s; spawning delay=1s; spawn every=3; spawn name=bad-* fail="no such luck"; stop hang name=stuck; host fail`)
		if err != nil {
			t.Fatal(err)
		}
		d := open(t, Config{Rules: rules})
		ctx := t.Context()
		begin := time.Now()
		var failed []int
		for n := range 6 {
			if err := d.Spawn(ctx, guest(n, "vm"), nil, ignore); fault.Is(err, fault.Unavailable) {
				failed = append(failed, n)
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(failed, []int{2, 5}) {
			t.Errorf("spawns that failed: %v, want 2 and 5", failed)
		}
		if took := time.Since(begin); took != 18*time.Second {
			t.Errorf("six spawns took %v of the test's time, want 18s", took)
		}
		if err := d.Spawn(ctx, guest(7, "bad-1"), nil, ignore); err == nil || err.Error() != "no such luck" {
			t.Errorf("spawn of bad-1: %v", err)
		}
		if n := len(states(t, d)); n != 4 {
			t.Errorf("%d guests, want 4", n)
		}
		if _, err := d.Host(ctx); !fault.Is(err, fault.Unavailable) {
			t.Errorf("host: %v", err)
		}
		if err := d.Spawn(ctx, guest(8, "vm"), nil, ignore); err != nil {
			t.Fatal(err)
		}
		if err := d.Spawn(ctx, guest(9, "stuck"), nil, ignore); err == nil {
			t.Fatal("the ninth spawn worked")
		}
		if err := d.Spawn(ctx, guest(9, "stuck"), nil, ignore); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if err := d.Stop(short, guest(9, "").ServerID, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("stop of the stuck guest: %v", err)
		}
		// A delay obeys its context.
		short, cancel = context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := d.Spawn(short, guest(10, "vm"), nil, ignore); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("spawn cut short: %v", err)
		}
	})
}

func TestParseRules(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []Rule
		says string
	}{
		{"", nil, ""},
		{" ; ", nil, ""},
		{"spawn delay=200ms", []Rule{{Op: "spawn", Delay: 200 * time.Millisecond}}, ""},
		{"stop hang;start fail", []Rule{{Op: "stop", Hang: true, Every: 1}, {Op: "start", Every: 1}}, ""},
		{`start fail="no power" every=4`, []Rule{{Op: "start", Fail: "no power", Every: 4}}, ""},
		{"fly", nil, `operation "fly" is not known`},
		{"spawn often", nil, `setting "often" is not known`},
		{"spawn delay=fast", nil, "not a valid value of delay"},
		{"spawn delay=-1s", nil, "negative"},
		{"spawn every=x", nil, "not a valid value of every"},
		{"spawn name=[", nil, "glob"},
		{`spawn fail="x`, nil, "quote"},
	} {
		got, err := ParseRules(tt.text)
		if tt.says != "" {
			if !fault.Is(err, fault.BadRequest) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("ParseRules(%q) = %v, want %q", tt.text, err, tt.says)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("ParseRules(%q) = %+v, %v; want %+v", tt.text, got, err, tt.want)
		}
	}
}

func FuzzParseRules(f *testing.F) {
	f.Add(`spawn delay=2s; spawn every=3 name=bad-*; stop hang; host fail="x y"`)
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ParseRules(text)
		if err != nil {
			if !fault.Is(err, fault.BadRequest) {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		if _, err := New(Config{Rules: rules}); err != nil {
			t.Fatalf("parsed, then refused: %v", err)
		}
	})
}

func TestSetPowerTells(t *testing.T) {
	d, g := open(t, Config{}), guest(1, "vm")
	if err := d.Spawn(t.Context(), g, nil, ignore); err != nil {
		t.Fatal(err)
	}
	if err := d.Stop(t.Context(), g.ServerID, 0); err != nil { // asked for: no event
		t.Fatal(err)
	}
	if err := d.SetPower(g.ServerID, cloud.PowerCrashed); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPower(guest(2, "").ServerID, cloud.PowerCrashed); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown guest: %v", err)
	}
	d.Close()
	var got []virt.Event
	for e := range d.Events() {
		got = append(got, e)
	}
	if want := []virt.Event{{ServerID: g.ServerID, Power: cloud.PowerCrashed}}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	if err := d.SetPower(g.ServerID, cloud.PowerShutdown); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestHost(t *testing.T) {
	d := open(t, Config{Host: virt.Host{VCPUs: 4, DiskGiB: 7}})
	h, err := d.Host(t.Context())
	if err != nil || h.VCPUs != 4 || h.DiskGiB != 7 || h.MemoryMiB != DefaultHost.MemoryMiB || h.HypervisorType != "fake" || h.Uptime == "" {
		t.Errorf("Host = %+v, %v", h, err)
	}
}

// Whatever is asked of it, the driver in memory, the driver on a folder and one
// opened afresh on that folder agree.
func TestFolderIsMemory(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir := filepath.Join(base, uuid.NewString())
		memory, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		folder, err := New(Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		for range rapid.IntRange(1, 20).Draw(t, "calls") {
			g := guest(rapid.IntRange(1, 3).Draw(t, "guest"), "vm")
			op := rapid.SampledFrom([]func(*Driver) error{
				func(d *Driver) error { return d.Spawn(ctx, g, nil, ignore) },
				func(d *Driver) error { return d.Start(ctx, g) },
				func(d *Driver) error { return d.Stop(ctx, g.ServerID, 1) },
				func(d *Driver) error { return d.Reboot(ctx, g, true) },
				func(d *Driver) error { return d.Destroy(ctx, g.ServerID) },
				func(d *Driver) error { return d.SetPower(g.ServerID, cloud.PowerShutdown) },
			}).Draw(t, "op")
			if a, b := op(memory), op(folder); (a == nil) != (b == nil) {
				t.Fatalf("memory: %v, folder: %v", a, b)
			}
		}
		again, err := New(Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := memory.Guests(ctx)
		b, _ := folder.Guests(ctx)
		c, _ := again.Guests(ctx)
		if !slices.Equal(a, b) || !slices.Equal(b, c) {
			t.Fatalf("memory %v, folder %v, again %v", a, b, c)
		}
	})
}

func BenchmarkSpawn(b *testing.B) {
	d, err := New(Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop(); n++ {
		if err := d.Spawn(b.Context(), guest(n, "vm"), nil, ignore); err != nil {
			b.Fatal(err)
		}
	}
}
