//go:build !unix

package nova

import "os"

// terminalOf tells whether a file is a terminal; how wide is not known here.
func terminalOf(f *os.File) (columns int, is bool) {
	info, err := f.Stat()
	return 0, err == nil && info.Mode()&os.ModeCharDevice != 0
}
