//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package nova

import (
	"errors"
	"os"
)

// terminalOf tells whether a file is a terminal; how wide is not known here.
func terminalOf(f *os.File) (columns int, is bool) {
	info, err := f.Stat()
	return 0, err == nil && info.Mode()&os.ModeCharDevice != 0
}

// openTerminal opens no terminal here: what is asked for is read from stdin.
func openTerminal() (*os.File, error) { return nil, errors.ErrUnsupported }

func hideInput(*os.File) (restore func(), err error) { return nil, errors.ErrUnsupported }
