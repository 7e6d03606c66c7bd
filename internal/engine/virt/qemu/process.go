package qemu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process is a QEMU process held by a pidfd: signals and waiting can never
// reach another process that came to have the same number. It may be our child
// or one that an earlier agent started.
type process struct {
	pid int
	fd  *os.File
}

// errGone says that there is no such process, or not any more.
var errGone = errors.New("qemu: the process is gone")

// wait returns nil when the process has ended, and the context's error when
// that ends first. One goroutine at a time may wait.
func (p *process) wait(ctx context.Context) error {
	conn, err := p.fd.SyscallConn()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { p.fd.SetReadDeadline(time.Unix(1, 0)) })()
	err = conn.Read(func(fd uintptr) bool { return ended(int(fd)) })
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("qemu: wait: %w", err)
	}
	// Reaped here when it was our own child.
	unix.Wait4(p.pid, nil, unix.WNOHANG, nil)
	return nil
}

func ended(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}

func (p *process) alive() bool {
	conn, err := p.fd.SyscallConn()
	if err != nil {
		return false
	}
	alive := false
	conn.Control(func(fd uintptr) { alive = !ended(int(fd)) })
	return alive
}

func (p *process) close() { p.fd.Close() }

// findProcesses looks for the QEMU processes of the guests under servers, by
// the pid file on their command lines. No file of ours has to be right for
// that: not after a crash between a start and its record, not after a folder
// was lost.
func findProcesses(servers string) (map[string]*process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	found := map[string]*process{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || guestOf(pid, servers) == "" {
			continue
		}
		p, err := openProcess(pid)
		if err == errGone {
			continue
		}
		if err != nil {
			return nil, err
		}
		// Asked again now that the number cannot go to another process.
		id := guestOf(pid, servers)
		if id == "" || !p.alive() || found[id] != nil {
			p.close()
			continue
		}
		found[id] = p
	}
	return found, nil
}

// guestOf returns the server id that a process runs, or "".
func guestOf(pid int, servers string) string {
	p, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !bytes.Contains(p, []byte(servers)) {
		return ""
	}
	args := strings.Split(string(p), "\x00")
	at := slices.Index(args, "-pidfile")
	if at < 0 || at+1 >= len(args) || !slices.Contains(args, "-uuid") {
		return ""
	}
	id := filepath.Base(filepath.Dir(args[at+1]))
	if args[at+1] != filepath.Join(servers, id, pidFile) || !validID(id) {
		return ""
	}
	return id
}
