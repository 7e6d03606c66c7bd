//go:build linux

package qemu

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// supported says that this system has what the driver stands on.
const supported = true

// openProcess takes hold of a running process; errGone when there is none.
func openProcess(pid int) (*process, error) {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err == unix.ESRCH {
		return nil, errGone
	}
	if err != nil {
		return nil, fmt.Errorf("qemu: pidfd_open: %w", err)
	}
	return &process{pid: pid, fd: os.NewFile(uintptr(fd), "pidfd")}, nil
}

func (p *process) kill() {
	if conn, err := p.fd.SyscallConn(); err == nil {
		conn.Control(func(fd uintptr) { unix.PidfdSendSignal(int(fd), unix.SIGKILL, nil, 0) })
	}
}

// dieWithParent makes cmd end when the thread that starts it ends.
func dieWithParent() *unix.SysProcAttr { return &unix.SysProcAttr{Pdeathsig: unix.SIGKILL} }

// hostState is the memory of the host, how long it is up and how busy it is.
func hostState() (memoryMiB int, up time.Duration, load [3]float64, err error) {
	var si unix.Sysinfo_t
	if err := unix.Sysinfo(&si); err != nil {
		return 0, 0, load, fmt.Errorf("qemu: sysinfo: %w", err)
	}
	for i, l := range si.Loads {
		load[i] = float64(l) / (1 << unix.SI_LOAD_SHIFT)
	}
	return int(uint64(si.Totalram) * uint64(si.Unit) / mib), time.Duration(si.Uptime) * time.Second, load, nil
}
