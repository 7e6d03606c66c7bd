package disk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// What one run of qemu-img may use (OSSA-2016-012).
const (
	toolMemory = 1 << 30 // bytes of address space
	toolCPU    = 30      // seconds
)

// Tool is the one wrapper of qemu-img. Every call names the format of every
// image, so that qemu-img probes nothing, and runs with bounded memory and CPU.
type Tool struct{ path string }

// FindTool looks qemu-img up in PATH.
func FindTool() (*Tool, error) {
	path, err := exec.LookPath("qemu-img")
	if err != nil {
		return nil, fault.New(fault.Unavailable, "qemu-img is not installed; run `apt-get install qemu-utils`")
	}
	return &Tool{path: path}, nil
}

// Convert writes the src image, which has srcFormat, to dst as dstFormat.
func (t *Tool) Convert(ctx context.Context, src string, srcFormat Format, dst string, dstFormat Format) error {
	_, err := t.run(ctx, "convert", "-f", name(srcFormat), "-O", name(dstFormat), file(src), file(dst))
	return err
}

// Resize sets the size of a disk that no guest has open.
func (t *Tool) Resize(ctx context.Context, path string, format Format, bytes int64) error {
	_, err := t.run(ctx, "resize", "-f", name(format), file(path), strconv.FormatInt(bytes, 10))
	return err
}

// Check verifies the structure of an image that we wrote.
func (t *Tool) Check(ctx context.Context, path string, format Format) error {
	_, err := t.run(ctx, "check", "-f", name(format), file(path))
	return err
}

// ToolInfo is what `qemu-img info` says of an image.
type ToolInfo struct {
	Format          string `json:"format"`
	VirtualSize     int64  `json:"virtual-size"`
	ActualSize      int64  `json:"actual-size"`
	BackingFilename string `json:"backing-filename"`
	BackingFormat   string `json:"backing-filename-format"`
}

// Info describes an image that we wrote, without opening what backs it.
func (t *Tool) Info(ctx context.Context, path string, format Format) (ToolInfo, error) {
	out, err := t.run(ctx, "info", "--output=json", "-f", name(format), file(path))
	if err != nil {
		return ToolInfo{}, err
	}
	var info ToolInfo
	if err := json.Unmarshal(out, &info); err != nil {
		return ToolInfo{}, fmt.Errorf("qemu-img info: %w", err)
	}
	return info, nil
}

// name is the driver's name in QEMU where it is not ours.
func name(f Format) string {
	if f == VHD {
		return "vpc"
	}
	return string(f)
}

// file keeps a path from being read as an option or as a protocol.
func file(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return "./" + path
}

func (t *Tool) run(ctx context.Context, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "MALLOC_ARENA_MAX=1"}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("qemu-img: %w", err)
	}
	if err := limit(cmd.Process.Pid); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, fmt.Errorf("qemu-img: limits: %w", err)
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("qemu-img %s: %w: %s", args[0], err, firstLine(stderr.String()))
	}
	return stdout.Bytes(), nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
