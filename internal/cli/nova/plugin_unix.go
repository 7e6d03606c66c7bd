//go:build unix

package nova

import "golang.org/x/sys/unix"

// replaceProcess runs a program in place of this one: its exit code and the signals it gets are then its own.
func replaceProcess(path string, argv, environment []string) error {
	return unix.Exec(path, argv, environment)
}
