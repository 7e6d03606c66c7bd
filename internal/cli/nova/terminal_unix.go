//go:build unix

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
