// Package image builds the tiny guest: a kernel, an initial RAM disk with
// guest/init in it, and a root disk. The kernel is a file of the Go module
// github.com/gokrazy/kernel.amd64, so a Go toolchain and the module cache (or
// a module proxy) are all it takes: no root, no other download. The same
// sources and toolchain give the same bytes.
package image

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/cavaliergopher/cpio"
	_ "github.com/gokrazy/kernel.amd64" // holds the kernel's version in go.mod
)

const (
	kernelModule = "github.com/gokrazy/kernel.amd64"
	initPackage  = "github.com/novalet/novalet/guest/init"

	// KernelArgs is the command line the guest wants (the image property
	// os_command_line). A panic reboots after ten seconds. On a busy host an
	// emulated timer may tick too late for the kernel's check of it, which
	// then gives up. KVM is built into this kernel; nothing in the guest uses
	// it, and setting it up takes an emulated processor up to a second.
	KernelArgs = "console=ttyS0 quiet panic=10 no_timer_check initcall_blacklist=svm_init,vt_init"

	// DiskSize is the size of the root disk image in bytes; a flavor's disk
	// may be larger.
	DiskSize = 1 << 20
	// diskMark is how guest/init knows its own disk.
	diskMark = "NOVALET GUEST DISK 1\n"
)

// Files are the paths of a built guest.
type Files struct {
	Kernel string // disk format aki: a bzImage
	Initrd string // disk format ari: an uncompressed newc cpio
	Disk   string // disk format raw: a root disk that counts boots
}

// In names the files of a guest in dir, built or not.
func In(dir string) Files {
	return Files{
		Kernel: filepath.Join(dir, "vmlinuz"),
		Initrd: filepath.Join(dir, "initrd"),
		Disk:   filepath.Join(dir, "disk.raw"),
	}
}

// Build makes the guest in dir, which is created when it is missing. source is
// a folder inside the novalet module. Each file is complete or absent, and is
// not touched when it is as it should be.
func Build(ctx context.Context, source, dir string) (Files, error) {
	files := In(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return files, fmt.Errorf("guest image: %w", err)
	}
	kernel, err := readKernel(ctx, source)
	if err != nil {
		return files, fmt.Errorf("guest image: kernel: %w", err)
	}
	init, err := buildInit(ctx, source)
	if err != nil {
		return files, fmt.Errorf("guest image: init: %w", err)
	}
	initrd, err := pack(init)
	if err != nil {
		return files, fmt.Errorf("guest image: initrd: %w", err)
	}
	disk := make([]byte, DiskSize)
	copy(disk, diskMark)
	for path, content := range map[string][]byte{files.Kernel: kernel, files.Initrd: initrd, files.Disk: disk} {
		if err := replace(path, content); err != nil {
			return files, fmt.Errorf("guest image: %w", err)
		}
	}
	return files, nil
}

func readKernel(ctx context.Context, source string) ([]byte, error) {
	out, err := goTool(ctx, source, "mod", "download", "-json", kernelModule)
	if err != nil {
		return nil, err
	}
	var module struct{ Dir, Error string }
	if err := json.Unmarshal(out, &module); err != nil {
		return nil, err
	}
	if module.Error != "" {
		return nil, errors.New(module.Error)
	}
	return os.ReadFile(filepath.Join(module.Dir, "vmlinuz"))
}

func buildInit(ctx context.Context, source string) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "novalet-guest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	binary := filepath.Join(tmp, "init")
	if _, err := goTool(ctx, source, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", binary, initPackage); err != nil {
		return nil, err
	}
	return os.ReadFile(binary)
}

// goTool runs the go command for the guest's platform, whatever the caller's
// is, and with none of the caller's build flags.
func goTool(ctx context.Context, source string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("go %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}

// pack makes the initial RAM disk. It stays uncompressed: QEMU copies it in an
// instant, while an emulated processor takes its time to inflate it.
func pack(init []byte) ([]byte, error) {
	var b bytes.Buffer
	w := cpio.NewWriter(&b)
	for _, dir := range []string{"dev", "proc", "run", "sys"} {
		if err := w.WriteHeader(&cpio.Header{Name: dir, Mode: cpio.TypeDir | 0o755, Links: 2}); err != nil {
			return nil, err
		}
	}
	if err := w.WriteHeader(&cpio.Header{Name: "init", Mode: cpio.TypeReg | 0o755, Links: 1, Size: int64(len(init))}); err != nil {
		return nil, err
	}
	if _, err := w.Write(init); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// replace makes path hold content by way of a temporary file, unless it does.
func replace(path string, content []byte) error {
	old, err := os.ReadFile(path)
	if err == nil && bytes.Equal(old, content) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = io.Copy(f, bytes.NewReader(content)); err == nil {
		err = f.Chmod(0o644)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
