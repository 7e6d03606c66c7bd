package disk

import "golang.org/x/sys/unix"

// limit bounds a process that has begun. One that has ended is done: Wait tells
// how.
func limit(pid int) error {
	for _, l := range []struct {
		resource int
		max      uint64
	}{{unix.RLIMIT_AS, toolMemory}, {unix.RLIMIT_CPU, toolCPU}, {unix.RLIMIT_CORE, 0}} {
		if err := unix.Prlimit(pid, l.resource, &unix.Rlimit{Cur: l.max, Max: l.max}, nil); err != nil && err != unix.ESRCH {
			return err
		}
	}
	return nil
}
