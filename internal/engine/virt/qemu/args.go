package qemu

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/engine/disk"
)

// Machine is what was found out about this host's QEMU.
type Machine struct {
	Accel   string // kvm or tcg
	Sandbox bool   // this QEMU can give up system calls
}

// Files are the files and descriptors that a QEMU process is given.
type Files struct {
	Dir     string // of the guest; holds qemu.pid and console.log
	Disks   []Disk // in the order that the guest sees them: vda, vdb, ...
	Kernel  string // direct kernel boot when set
	Ramdisk string

	// Descriptors of listening unix sockets that the process inherits. QEMU
	// never sees a socket's path, so the length of DIR does not matter, and
	// whoever started it can connect before it has come up.
	QMP    int
	Serial int
	Ports  []int // one for each of the guest's ports
}

// Disk is a disk of a guest. Its format is known, never found out by looking:
// the guest may have written anything into it.
type Disk struct {
	ID       string // node name
	Path     string
	Format   disk.Format // Raw or QCOW2
	Base     *disk.Base  // what an overlay stands on
	ReadOnly bool
}

// sandbox is what a QEMU process gives up: old system calls, more privileges,
// new processes, scheduling.
const sandbox = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

// Args is the command line of a guest's QEMU, without the program's name. It
// depends on nothing but its arguments.
func Args(m Machine, g cloud.Guest, f Files) ([]string, error) {
	if len(f.Ports) != len(g.Ports) {
		return nil, fmt.Errorf("qemu: %d sockets for %d ports", len(f.Ports), len(g.Ports))
	}
	name := g.InstanceName
	if name == "" {
		name = g.ServerID
	}
	args := []string{
		"-name", "guest=" + escape(name),
		"-uuid", g.ServerID,
		"-nodefaults", "-no-user-config",
		"-display", "none",
		"-machine", "q35,graphics=off",
		"-m", "size=" + strconv.Itoa(g.MemoryMiB) + "M",
		"-smp", strconv.Itoa(g.VCPUs),
		"-rtc", "base=utc",
		"-smbios", "type=1,manufacturer=Novalet,product=OpenStack Compute,family=Virtual Machine,serial=" + g.ServerID + ",uuid=" + g.ServerID,
		"-msg", "timestamp=on",
		"-pidfile", filepath.Join(f.Dir, pidFile),
	}
	switch m.Accel {
	case KVM:
		args = append(args, "-accel", "kvm", "-cpu", "host")
	case TCG:
		args = append(args, "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max")
	default:
		return nil, fmt.Errorf("qemu: accelerator %q", m.Accel)
	}
	if m.Sandbox {
		args = append(args, "-sandbox", sandbox)
	}
	args = append(args,
		"-chardev", fmt.Sprintf("socket,id=qmp,fd=%d,server=on,wait=off", f.QMP),
		"-mon", "chardev=qmp,mode=control",
		"-chardev", fmt.Sprintf("socket,id=serial0,fd=%d,server=on,wait=off,logfile=%s,logappend=on", f.Serial, escape(filepath.Join(f.Dir, consoleFile))),
		"-device", "isa-serial,chardev=serial0",
		"-object", "rng-builtin,id=rng0",
		"-device", "virtio-rng-pci,rng=rng0",
	)
	for i, d := range f.Disks {
		node, err := json.Marshal(blockdev(d))
		if err != nil {
			return nil, err
		}
		device := "virtio-blk-pci,drive=" + d.ID + ",id=dev-" + d.ID
		if i == 0 && f.Kernel == "" {
			device += ",bootindex=1"
		}
		args = append(args, "-blockdev", string(node), "-device", device)
	}
	for i, p := range g.Ports {
		mac, err := net.ParseMAC(p.MAC)
		if err != nil || len(mac) != 6 {
			return nil, fmt.Errorf("qemu: port %s: MAC %q", p.ID, p.MAC)
		}
		device := fmt.Sprintf("virtio-net-pci,netdev=net%d,id=nic%d,mac=%s,romfile=", i, i, mac)
		if p.MTU > 0 {
			device += ",host_mtu=" + strconv.Itoa(p.MTU)
		}
		args = append(args, "-netdev", fmt.Sprintf("stream,id=net%d,server=on,addr.type=fd,addr.str=%d", i, f.Ports[i]), "-device", device)
	}
	if f.Kernel == "" {
		return append(args, "-boot", "strict=on"), nil
	}
	args = append(args, "-kernel", f.Kernel)
	if f.Ramdisk != "" {
		args = append(args, "-initrd", f.Ramdisk)
	}
	return append(args, "-append", kernelArgs(g, f)), nil
}

// kernelArgs is the kernel's command line: the image's own, or a root on the
// first disk when there is neither that nor a ramdisk; the console is the
// serial port unless the image says otherwise.
func kernelArgs(g cloud.Guest, f Files) string {
	words := strings.Fields(g.KernelArgs)
	if len(words) == 0 && f.Ramdisk == "" {
		words = []string{"root=/dev/vda"}
	}
	if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "console=") }) {
		words = append([]string{"console=ttyS0"}, words...)
	}
	return strings.Join(words, " ")
}

// blockdev describes a disk and all it stands on, so that QEMU takes neither
// format nor name of a base image from a header.
func blockdev(d Disk) map[string]any {
	node := map[string]any{
		"node-name": d.ID,
		"driver":    string(d.Format),
		"read-only": d.ReadOnly,
		"file":      fileNode(d.Path),
	}
	if !d.ReadOnly {
		node["discard"] = "unmap"
	}
	if d.Base != nil {
		node["backing"] = map[string]any{
			"driver":    string(d.Base.Format),
			"read-only": true,
			"file":      fileNode(d.Base.Path),
		}
		if d.Base.Format == disk.QCOW2 {
			node["backing"].(map[string]any)["backing"] = nil
		}
	}
	return node
}

func fileNode(path string) map[string]any {
	return map[string]any{"driver": "file", "filename": path}
}

// escape doubles the commas of a value in QEMU's option syntax.
func escape(s string) string { return strings.ReplaceAll(s, ",", ",,") }
