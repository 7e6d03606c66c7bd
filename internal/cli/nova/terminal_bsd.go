//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package nova

import "golang.org/x/sys/unix"

const getTermios, setTermios = unix.TIOCGETA, unix.TIOCSETAF
