//go:build unix

package auth

import (
	"io/fs"
	"os"
	"syscall"
)

// tryLock locks a file for this process, until it is closed.
func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// private reports whether a file is this user's and nobody else can read or
// write it.
func private(info fs.FileInfo) bool {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return false
	}
	return info.Mode().Perm()&0o077 == 0
}
