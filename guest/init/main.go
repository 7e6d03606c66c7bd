// Command init is the whole user space of the tiny guest: process 1, built
// without cgo, alone in its initial RAM disk. It brings the network up, learns
// from the cloud who it is, shows a login banner on the console, answers a few
// words there, and powers off when it is asked to.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// banner is what tests and people look for in the console log.
const banner = "novalet guest login: "

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "init: this is process 1 of the novalet guest; it does nothing elsewhere")
		os.Exit(1)
	}
	end := boot(context.Background())
	report("reached target %s", end)
	unix.Sync()
	// Only root may; process 1 is root. A return means the kernel refused, and
	// ending process 1 then panics the kernel, which reboots (panic=).
	err := unix.Reboot(end.command())
	report("%s: %v", end, err)
}

// ending is how the guest ends.
type ending int

const (
	poweroff ending = iota
	reboot
)

func (e ending) String() string { return [...]string{"power off", "reboot"}[e] }

func (e ending) command() int {
	if e == reboot {
		return unix.LINUX_REBOOT_CMD_RESTART
	}
	return unix.LINUX_REBOOT_CMD_POWER_OFF
}

// boot does all there is to do and returns when the guest shall end.
func boot(ctx context.Context) ending {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	report("novalet guest starting on %s", kernel())
	mountAll()
	ends := make(chan ending, 8)
	listenForSignals(ctx, ends)
	buttons := watchButtons(ends)
	report("reached target devices: %s", counted(buttons, "power button"))
	countBoot()

	links := bringUp(ctx)
	report("reached target network: %s", counted(len(links), "address", "addresses"))
	identity := identify(ctx, links)
	identity.apply()
	report("reached target cloud: %s", identity.source)
	report("reached target login")
	go talk(os.Stdin, os.Stdout, identity, ends)
	return <-ends
}

// report prints one line with the time since boot.
func report(format string, args ...any) {
	fmt.Printf("[%8.3f] %s\n", uptime().Seconds(), fmt.Sprintf(format, args...))
}

func uptime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "an unknown kernel"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}

// counted says "1 card", "2 cards"; the plural may be given.
func counted(n int, noun string, plural ...string) string {
	if n != 1 {
		noun = strings.Join(append(plural, noun+"s")[:1], "")
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// mountAll mounts the kernel's file systems. /dev may be mounted already.
func mountAll() {
	for _, m := range []struct{ kind, at string }{
		{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/run"},
	} {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			report("%s: %v", m.at, err)
		}
		err := unix.Mount(m.kind, m.at, m.kind, unix.MS_NOSUID|unix.MS_NOEXEC, "")
		if err != nil && err != unix.EBUSY {
			report("mount %s: %v", m.at, err)
		}
	}
}

// listenForSignals reaps orphans and turns Ctrl-Alt-Del (which the kernel
// makes a SIGINT once CAD is off) and termination into a power off.
func listenForSignals(ctx context.Context, ends chan<- ending) {
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_CAD_OFF); err != nil {
		report("ctrl-alt-del: %v", err)
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGPWR, unix.SIGCHLD)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-signals:
				if s != unix.SIGCHLD {
					report("asked to end by %s", s)
					ends <- poweroff
					continue
				}
				for {
					pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
					if pid <= 0 || err != nil {
						break
					}
				}
			}
		}
	}()
}
