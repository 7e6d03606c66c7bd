package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pidFile holds the process id of the running cloud; the cloud holds a lock on
// it as long as it lives, so that a stale file is told from a live one.
const pidFile = "novalet.pid"

type lock struct{ file *os.File }

// takeLock makes this process the one that runs the cloud in dir.
func takeLock(dir string) (*lock, error) {
	path := filepath.Join(dir, pidFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, stateError(dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid := readPID(f)
		_ = f.Close()
		return nil, &RunningError{Dir: dir, PID: pid}
	}
	if err := f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		if err != nil {
			_ = f.Close()
			return nil, stateError(dir, err)
		}
	}
	return &lock{f}, nil
}

func readPID(f *os.File) int {
	text := make([]byte, 32)
	n, _ := f.ReadAt(text, 0)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	return pid
}

func (l *lock) release() {
	_ = l.file.Truncate(0)
	_ = l.file.Close()
}

// RunningError says that a cloud runs already in a folder.
type RunningError struct {
	Dir string
	PID int
}

func (e *RunningError) Error() string {
	return fmt.Sprintf("a cloud runs already in %s (process %d): stop it with novalet down --state %s", e.Dir, e.PID, e.Dir)
}

// Running returns the process id of the cloud that runs in dir, 0 for none.
func Running(dir string) (int, error) {
	f, err := os.OpenFile(filepath.Join(dir, pidFile), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, stateError(dir, err)
	}
	defer func() { _ = f.Close() }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		return 0, nil
	}
	return readPID(f), nil
}

// Stop asks the cloud in dir to stop and waits until it has. It reports whether
// one ran.
func Stop(dir string, patience time.Duration) (bool, error) {
	pid, err := Running(dir)
	if err != nil || pid == 0 {
		return false, err
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return true, fmt.Errorf("cannot stop process %d of the cloud in %s: %w", pid, dir, err)
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if now, err := Running(dir); err != nil || now != pid {
			return true, err
		}
	}
	return true, fmt.Errorf("the cloud in %s (process %d) has not stopped within %v: look at %s", dir, pid, patience, filepath.Join(dir, "novalet.log"))
}
