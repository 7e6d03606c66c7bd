//go:build unix

package nova

import (
	"os"

	"golang.org/x/sys/unix"
)

// windowOf is the size of the terminal that a file is; zero if it is none.
func windowOf(f *os.File) (columns, rows int) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}
