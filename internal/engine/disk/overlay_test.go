package disk

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/novalet/novalet/internal/cloud/fault"
)

func tool(t *testing.T) *Tool {
	t.Helper()
	tl, err := FindTool()
	if err != nil {
		t.Skipf("no qemu-img to compare with: %v", err)
	}
	return tl
}

func write(t *testing.T, path string, p []byte) {
	t.Helper()
	if err := os.WriteFile(path, p, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOverlayIsWhatQEMUExpects(t *testing.T) {
	tl, dir, ctx := tool(t), t.TempDir(), t.Context()
	raw := filepath.Join(dir, "base,=\".raw")
	content := bytes.Repeat([]byte("novalet!"), 100_000) // not a whole number of sectors
	write(t, raw, content)
	qcow := filepath.Join(dir, "base.qcow2")
	if err := tl.Convert(ctx, raw, Raw, qcow, QCOW2); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		backing Backing
		size    int64
	}{
		{Backing{filepath.Base(raw), Raw}, 800_000},
		{Backing{raw, Raw}, 1 << 30},
		{Backing{filepath.Base(qcow), QCOW2}, 160 << 30},
		{Backing{filepath.Base(qcow), QCOW2}, 40 << 40},
	} {
		t.Run(fmt.Sprintf("%s %d", tt.backing.Format, tt.size), func(t *testing.T) {
			path := filepath.Join(dir, fmt.Sprint("overlay", tt.size))
			if err := CreateOverlay(path, tt.backing, tt.size); err != nil {
				t.Fatal(err)
			}
			if err := tl.Check(ctx, path, QCOW2); err != nil {
				t.Error(err)
			}
			info, err := tl.Info(ctx, path, QCOW2)
			if err != nil {
				t.Fatal(err)
			}
			want := ToolInfo{Format: "qcow2", VirtualSize: (tt.size + 511) &^ 511, ActualSize: info.ActualSize, BackingFilename: tt.backing.Name, BackingFormat: string(tt.backing.Format)}
			if info != want {
				t.Errorf("info %+v, want %+v", info, want)
			}
			if got := readThrough(t, path, len(content)); !bytes.Equal(got, content) {
				t.Error("the overlay does not show its base")
			}
			if _, err := InspectFile(path); err == nil || !strings.Contains(err.Error(), "backing file") {
				t.Errorf("an overlay would be taken as an upload: %v", err)
			}
		})
	}
}

// readThrough reads the beginning of a qcow2 disk with all that backs it.
func readThrough(t *testing.T, path string, n int) []byte {
	t.Helper()
	out := path + ".out"
	cmd := exec.Command("qemu-img", "dd", "-f", "qcow2", "-O", "raw", fmt.Sprintf("bs=%d", 512), fmt.Sprintf("count=%d", (n+511)/512), "if="+path, "of="+out)
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("qemu-img dd: %v: %s", err, msg)
	}
	p, err := os.ReadFile(out)
	if err != nil || len(p) < n {
		t.Fatalf("read %d bytes, %v", len(p), err)
	}
	return p[:n]
}

func TestOverlayRefusals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk")
	for _, tt := range []struct {
		backing Backing
		size    int64
	}{
		{Backing{"base", VMDK}, 1 << 30},
		{Backing{"", Raw}, 1 << 30},
		{Backing{strings.Repeat("x", 1024), Raw}, 1 << 30},
		{Backing{"base", Raw}, 0},
		{Backing{"base", Raw}, -1},
		{Backing{"base", Raw}, 65 << 40},
	} {
		if err := CreateOverlay(path, tt.backing, tt.size); err == nil {
			t.Errorf("CreateOverlay(%+v, %d) worked", tt.backing, tt.size)
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBlankAndSwap(t *testing.T) {
	dir := t.TempDir()
	blank, swap := filepath.Join(dir, "blank"), filepath.Join(dir, "swap")
	if err := CreateBlank(blank, 20<<30); err != nil {
		t.Fatal(err)
	}
	if err := CreateSwap(swap, 64<<20); err != nil {
		t.Fatal(err)
	}
	if err := CreateSwap(swap, 100); !fault.Is(err, fault.BadRequest) {
		t.Errorf("a swap disk of 100 bytes: %v", err)
	}
	st, err := os.Stat(blank)
	if err != nil || st.Size() != 20<<30 {
		t.Errorf("blank: %v, %v", st, err)
	}
	p, err := os.ReadFile(swap)
	if err != nil || len(p) != 64<<20 || string(p[4086:4096]) != "SWAPSPACE2" {
		t.Errorf("swap: %d bytes, %v", len(p), err)
	}
	if blkid, err := exec.LookPath("blkid"); err == nil {
		out, err := exec.Command(blkid, "-p", swap).CombinedOutput()
		if err != nil || !strings.Contains(string(out), `TYPE="swap"`) {
			t.Errorf("blkid: %v: %s", err, out)
		}
	}
}

// What qemu-img makes is what we find, and it agrees on the size.
func TestInspectAgreesWithQEMU(t *testing.T) {
	tl, dir, ctx := tool(t), t.TempDir(), t.Context()
	raw := filepath.Join(dir, "raw")
	write(t, raw, bytes.Repeat([]byte("0123456789abcdef"), 1<<16))
	for _, tt := range []struct {
		driver, options string
		format          Format
		refusal         string
	}{
		{"qcow2", "", QCOW2, ""},
		{"qcow2", "compat=0.10", QCOW2, ""},
		{"qcow2", "cluster_size=2M", QCOW2, ""},
		{"qcow2", "cluster_size=512", QCOW2, ""},
		{"qcow2", "extended_l2=on", QCOW2, ""},
		{"qcow2", "compression_type=zstd", QCOW2, ""},
		{"qcow2", "lazy_refcounts=on", QCOW2, ""},
		{"qcow2", "data_file=" + filepath.Join(dir, "data"), QCOW2, "external file"},
		{"vmdk", "subformat=monolithicSparse", VMDK, ""},
		{"vmdk", "subformat=streamOptimized", VMDK, ""},
		{"vmdk", "subformat=monolithicFlat", VMDK, "names other files"},
		{"vmdk", "subformat=twoGbMaxExtentSparse", VMDK, "names other files"},
		{"vdi", "", VDI, ""},
		{"vpc", "subformat=dynamic,force_size=on", VHD, ""},
		{"vpc", "subformat=fixed,force_size=on", VHD, ""},
		{"vhdx", "", VHDX, ""},
		{"qed", "", QED, ""},
		{"qcow", "", QCOW, ""},
		{"parallels", "", Parallels, ""},
	} {
		t.Run(tt.driver+" "+tt.options, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "image")
			args := []string{"convert", "-f", "raw", "-O", tt.driver}
			if tt.options != "" {
				args = append(args, "-o", tt.options)
			}
			if out, err := exec.Command("qemu-img", append(args, raw, path)...).CombinedOutput(); err != nil {
				t.Skipf("this qemu-img does not make it: %s", out)
			}
			info, err := InspectFile(path)
			if info.Format != tt.format {
				t.Errorf("found %s", info.Format)
			}
			if tt.refusal != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refusal) {
					t.Errorf("verdict %v, want %q", err, tt.refusal)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tt.format == QCOW2 || tt.format == VMDK || tt.format == VDI || tt.format == VHD {
				said, err := tl.Info(ctx, path, tt.format)
				if err != nil || said.VirtualSize != info.VirtualSize {
					t.Errorf("size %d, qemu-img says %d, %v", info.VirtualSize, said.VirtualSize, err)
				}
			}
		})
	}
}

func TestToolLimits(t *testing.T) {
	// A stand-in for qemu-img that shows its own limits and arguments.
	script := filepath.Join(t.TempDir(), "qemu-img")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nsleep 0.2\nulimit -v; ulimit -t; echo \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	tl := &Tool{path: script}
	out, err := tl.run(t.Context(), "resize", "-f", "raw", "./-x", "1")
	if err != nil {
		t.Fatal(err)
	}
	if want := "1048576\n30\nresize -f raw ./-x 1\n"; string(out) != want {
		t.Errorf("limits and arguments %q, want %q", out, want)
	}
}

func TestToolResizeNamesTheFormat(t *testing.T) {
	tl, path := tool(t), filepath.Join(t.TempDir(), "disk")
	// A raw disk whose guest wrote a qcow2 header with a backing file on it
	// (OSSA-2026-002) grows as the raw disk that it is.
	image := made(goodQCOW2(), put64(8, 512), put32(16, 11), text(512, "/etc/shadow"))
	write(t, path, image)
	if err := tl.Resize(t.Context(), path, Raw, 1<<20); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || len(got) != 1<<20 || !bytes.Equal(got[:len(image)], image) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := tl.Info(context.Background(), filepath.Join(t.TempDir(), "absent"), Raw); err == nil {
		t.Error("info of an absent file worked")
	}
}
