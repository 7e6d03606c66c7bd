package qemu

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/novalet/novalet/internal/engine/virt"
	"golang.org/x/sys/unix"
)

// Host implements virt.Driver.
func (d *Driver) Host(context.Context) (virt.Host, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(d.cfg.Dir, &fs); err != nil {
		return virt.Host{}, fmt.Errorf("qemu: statfs %s: %w", d.cfg.Dir, err)
	}
	memory, up, load, err := hostState()
	if err != nil {
		return virt.Host{}, err
	}
	cpuinfo, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return virt.Host{}, err
	}
	return virt.Host{
		HypervisorType:    "QEMU",
		HypervisorVersion: d.binary.Version,
		VCPUs:             runtime.NumCPU(),
		MemoryMiB:         memory,
		DiskGiB:           int(fs.Blocks * uint64(fs.Bsize) / gib),
		CPUInfo:           cpuInfo(string(cpuinfo)),
		Uptime:            virt.FormatUptime(d.cfg.Now(), up, 0, load),
		Accel:             d.accel.known(),
	}, nil
}

// vendors are the names that hypervisors API users know, by CPUID's.
var vendors = map[string]string{"GenuineIntel": "Intel", "AuthenticAMD": "AMD"}

// cpuInfo reads /proc/cpuinfo into the shape of the hypervisors API's cpu_info:
// arch, model, vendor, features, topology {sockets, cores, threads}.
func cpuInfo(text string) map[string]any {
	var (
		model, vendor  string
		features       = []string{}
		cpus, siblings int
		sockets        = map[string]bool{}
		cores          = 1
	)
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "processor":
			cpus++
		case "model name":
			model = value
		case "vendor_id":
			vendor = value
		case "flags":
			features = strings.Fields(value)
		case "physical id":
			sockets[value] = true
		case "siblings":
			siblings, _ = strconv.Atoi(value)
		case "cpu cores":
			cores, _ = strconv.Atoi(value)
		}
	}
	if known := vendors[vendor]; known != "" {
		vendor = known
	}
	slices.Sort(features)
	cores = max(cores, 1)
	return map[string]any{
		"arch": "x86_64", "model": model, "vendor": vendor, "features": slices.Compact(features),
		"topology": map[string]any{
			"sockets": max(len(sockets), 1),
			"cores":   cores,
			"threads": max(siblings/cores, 1),
		},
	}
}
