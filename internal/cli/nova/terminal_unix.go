//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package nova

import (
	"os"

	"golang.org/x/sys/unix"
)

// terminalOf tells whether a file is a terminal, and how wide.
func terminalOf(f *os.File) (columns int, is bool) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, false
	}
	return int(size.Col), true
}

// openTerminal opens the terminal that this process was started from, whatever stdin is.
func openTerminal() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// hideInput has a terminal not show what is typed, until restore. The terminal stays one whose reads have deadlines,
// as it would not after Fd.
func hideInput(tty *os.File) (restore func(), err error) {
	raw, err := tty.SyscallConn()
	if err != nil {
		return nil, err
	}
	var before *unix.Termios
	set := func(change func(unix.Termios) unix.Termios) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			if before == nil {
				if before, failed = unix.IoctlGetTermios(int(fd), getTermios); failed != nil {
					return
				}
			}
			state := change(*before)
			failed = unix.IoctlSetTermios(int(fd), setTermios, &state)
		})
		if err == nil {
			err = failed
		}
		return err
	}
	err = set(func(state unix.Termios) unix.Termios {
		state.Lflag &^= unix.ECHO
		return state
	})
	return func() { _ = set(func(state unix.Termios) unix.Termios { return state }) }, err
}
