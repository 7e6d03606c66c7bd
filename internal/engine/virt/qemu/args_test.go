package qemu

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/engine/disk"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

func TestArgs(t *testing.T) {
	full := cloud.Guest{
		ServerID: "6a1b7f0e-3c1d-4d52-9a73-0f3b1d1b2c3d", InstanceName: "instance-0000002a", VCPUs: 2, MemoryMiB: 2048,
		KernelArgs: "quiet ip=dhcp",
		Ports:      []cloud.GuestPort{{ID: "p1", MAC: "FA:16:3E:00:00:01", MTU: 1450}, {ID: "p2", MAC: "fa:16:3e:00:00:02"}},
	}
	base := &disk.Base{Path: "/state/images/aa", Format: disk.QCOW2}
	fromKernel := Files{
		Dir: "/state/servers/a,b", Kernel: "/state/images/cc", Ramdisk: "/state/images/dd", QMP: 3, Serial: 4, Ports: []int{5, 6},
		Disks: []Disk{
			{ID: "root", Path: "/state/servers/a,b/disk", Format: disk.QCOW2, Base: base},
			{ID: "ephemeral0", Path: "/state/servers/a,b/disk.eph0", Format: disk.Raw},
			{ID: "config", Path: "/state/servers/a,b/disk.config", Format: disk.Raw, ReadOnly: true},
		},
	}
	small := cloud.Guest{ServerID: full.ServerID, VCPUs: 1, MemoryMiB: 192}
	fromDisk := Files{
		Dir: "/state/servers/x", QMP: 3, Serial: 4,
		Disks: []Disk{{ID: "root", Path: "/state/servers/x/disk", Format: disk.QCOW2, Base: &disk.Base{Path: "/state/images/aa", Format: disk.Raw}}},
	}
	for _, tt := range []struct {
		name    string
		machine Machine
		guest   cloud.Guest
		files   Files
	}{
		{"kernel-kvm", Machine{Accel: KVM, Sandbox: true}, full, fromKernel},
		{"disk-tcg", Machine{Accel: TCG}, small, fromDisk},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args, err := Args(tt.machine, tt.guest, tt.files)
			if err != nil {
				t.Fatal(err)
			}
			// An option and its value share a line.
			var b strings.Builder
			for i, a := range args {
				if strings.HasPrefix(a, "-") && i > 0 {
					b.WriteString("\n")
				} else if i > 0 {
					b.WriteString(" ")
				}
				b.WriteString(a)
			}
			got := b.String() + "\n"
			path := filepath.Join("testdata", tt.name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("arguments (-want +got); `go test -update` accepts them:\n%s", diff)
			}
		})
	}
}

// Every disk of every command line has a format by name, all the way down
// (OSSA-2015-014, 2016-001, 2023-002, 2026-002).
func TestArgsNameEveryFormat(t *testing.T) {
	for _, format := range []disk.Format{disk.Raw, disk.QCOW2} {
		args, err := Args(Machine{Accel: TCG}, cloud.Guest{ServerID: "x"}, Files{Disks: []Disk{
			{ID: "root", Path: "/d", Format: disk.QCOW2, Base: &disk.Base{Path: "/b", Format: format}},
			{ID: "swap", Path: "/s", Format: disk.Raw},
		}})
		if err != nil {
			t.Fatal(err)
		}
		nodes := 0
		for i, a := range args {
			if a == "-drive" || a == "-hda" || a == "-cdrom" {
				t.Errorf("%s probes or may probe", a)
			}
			if a != "-blockdev" {
				continue
			}
			var node map[string]any
			if err := json.Unmarshal([]byte(args[i+1]), &node); err != nil {
				t.Fatal(err)
			}
			for node != nil {
				nodes++
				driver, _ := node["driver"].(string)
				if driver != "raw" && driver != "qcow2" {
					t.Errorf("node %v has the driver %q", node, driver)
				}
				backing, named := node["backing"]
				if driver == "qcow2" && !named {
					t.Errorf("node %v takes its base from its header", node)
				}
				node, _ = backing.(map[string]any)
			}
		}
		if nodes != 3 {
			t.Errorf("%d nodes, want 3", nodes)
		}
	}
}

func TestArgsRefuse(t *testing.T) {
	for _, tt := range []struct {
		name    string
		machine Machine
		port    cloud.GuestPort
		sockets []int
	}{
		{"accelerator", Machine{Accel: "hax"}, cloud.GuestPort{MAC: "fa:16:3e:00:00:01"}, []int{5}},
		{"option in a MAC", Machine{Accel: TCG}, cloud.GuestPort{MAC: "fa:16:3e:00:00:01,x=y"}, []int{5}},
		{"sockets", Machine{Accel: TCG}, cloud.GuestPort{MAC: "fa:16:3e:00:00:01"}, nil},
	} {
		if _, err := Args(tt.machine, cloud.Guest{Ports: []cloud.GuestPort{tt.port}}, Files{Ports: tt.sockets}); err == nil {
			t.Errorf("%s: accepted", tt.name)
		}
	}
}

func TestKernelArgs(t *testing.T) {
	for _, tt := range []struct{ own, ramdisk, want string }{
		{"", "", "console=ttyS0 root=/dev/vda"},
		{"", "/r", "console=ttyS0"},
		{"quiet  panic=1", "/r", "console=ttyS0 quiet panic=1"},
		{"console=tty0 root=/dev/vda1", "", "console=tty0 root=/dev/vda1"},
	} {
		if got := kernelArgs(cloud.Guest{KernelArgs: tt.own}, Files{Ramdisk: tt.ramdisk}); got != tt.want {
			t.Errorf("kernelArgs(%q, %q) = %q, want %q", tt.own, tt.ramdisk, got, tt.want)
		}
	}
}
