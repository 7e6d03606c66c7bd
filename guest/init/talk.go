package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// word is what the guest understands on its console.
type word struct {
	name, help string
	answer     func(out io.Writer, id identity) (end ending, over bool)
}

func stay(f func(out io.Writer, id identity)) func(io.Writer, identity) (ending, bool) {
	return func(out io.Writer, id identity) (ending, bool) {
		f(out, id)
		return 0, false
	}
}

var words = []word{
	{"ip", "the addresses of this guest", stay(showAddresses)},
	{"uptime", "how long it has been up", stay(func(out io.Writer, _ identity) {
		fmt.Fprintf(out, "up %s\n", uptime().Round(time.Second))
	})},
	{"whoami", "what the cloud says this server is", stay(func(out io.Writer, id identity) {
		host, _ := os.Hostname()
		fmt.Fprintf(out, "%s: server %s %q, told by: %s\n", host, id.server.UUID, id.server.Name, id.source)
	})},
	{"reboot", "restart", func(io.Writer, identity) (ending, bool) { return reboot, true }},
	{"poweroff", "power off", func(io.Writer, identity) (ending, bool) { return poweroff, true }},
}

// talk shows the banner and answers words until the console ends or one of
// them ends the guest.
func talk(in io.Reader, out io.Writer, id identity, ends chan<- ending) {
	lines := bufio.NewScanner(in)
	for {
		fmt.Fprint(out, "\n"+banner)
		if !lines.Scan() {
			return
		}
		if end, over := reply(strings.TrimSpace(lines.Text()), out, id); over {
			ends <- end
			return
		}
	}
}

func reply(said string, out io.Writer, id identity) (ending, bool) {
	if said == "" {
		return 0, false
	}
	for _, w := range words {
		if w.name == said {
			return w.answer(out, id)
		}
	}
	fmt.Fprintln(out, "There is no shell in this guest. It knows:")
	for _, w := range words {
		fmt.Fprintf(out, "  %-10s %s\n", w.name, w.help)
	}
	return 0, false
}

func showAddresses(out io.Writer, _ identity) {
	cards, err := net.Interfaces()
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	for _, c := range cards {
		addresses, err := c.Addrs()
		if err != nil {
			fmt.Fprintf(out, "%s: %v\n", c.Name, err)
		}
		for _, a := range addresses {
			fmt.Fprintf(out, "%-6s %-20s %s\n", c.Name, a, c.HardwareAddr)
		}
	}
}
