//go:build !linux

package qemu

import (
	"errors"
	"syscall"
	"time"
)

// supported says that guests cannot run here: New refuses. The package still
// builds, so that the test cloud does.
const supported = false

func openProcess(int) (*process, error) { return nil, errors.ErrUnsupported }

func (p *process) kill() {}

func dieWithParent() *syscall.SysProcAttr { return nil }

func hostState() (memoryMiB int, up time.Duration, load [3]float64, err error) {
	return 0, 0, load, errors.ErrUnsupported
}
