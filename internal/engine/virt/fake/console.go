package fake

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/novalet/novalet/internal/cloud"
)

// keptBoots is how many boots the console log goes back.
const keptBoots = 5

// console is what the serial port of the guest would have shown. The guest's
// names go in as the API took them; who shows a console log escapes it.
func console(r *record) string {
	var b strings.Builder
	boots := r.Boots[max(0, len(r.Boots)-keptBoots):]
	for i, at := range boots {
		if i > 0 {
			b.WriteString("[   42.000000] reboot: Restarting system\n")
		}
		boot(&b, &r.Guest)
		fmt.Fprintf(&b, "booted at %s\n\nnovalet guest login: \n", at.UTC().Format("2006-01-02 15:04:05"))
	}
	if r.Power == cloud.PowerShutdown {
		b.WriteString("[   60.000000] reboot: Power down\n")
	}
	return b.String()
}

func boot(b *strings.Builder, g *cloud.Guest) {
	kib := g.MemoryMiB * 1024
	for _, line := range []struct {
		at   float64
		text string
	}{
		{0, "Linux version 6.12.0-novalet (simulated) #1 SMP"},
		{0, strings.TrimSpace("Command line: console=ttyS0 " + g.KernelArgs)},
		{0.012, "DMI: Novalet OpenStack Compute, BIOS fake"},
		{0.061, fmt.Sprintf("Memory: %dK/%dK available", kib-kib/16, kib)},
		{0.118, fmt.Sprintf("smp: Brought up 1 node, %d CPUs", g.VCPUs)},
		{0.402, fmt.Sprintf("virtio_blk virtio1: [vda] %d 512-byte logical blocks", g.RootGiB<<21)},
		{0.611, "Run /init as init process"},
	} {
		fmt.Fprintf(b, "[%12.6f] %s\n", line.at, line.text)
	}
	for i, p := range g.Ports {
		fmt.Fprintf(b, "novalet guest: eth%d %s %s gateway %s\n", i, p.MAC, p.IP, p.Gateway)
	}
	fmt.Fprintf(b, "novalet guest: hostname %s\n", g.Hostname)
	for _, name := range slices.Sorted(maps.Keys(g.PublicKeys)) {
		fmt.Fprintf(b, "novalet guest: key %s\n", name)
	}
}
