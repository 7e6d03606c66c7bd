package qemu

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/virt"
)

// keptLog is how much of a log is kept at least, and half of what is kept at
// most between two looks at it. QEMU appends and does not rotate.
const keptLog = 1 << 20

const olderSuffix = ".1"

// Console implements virt.Driver.
func (d *Driver) Console(ctx context.Context, serverID string, tail int) ([]byte, error) {
	_, done, err := d.enter(ctx, serverID)
	if err != nil {
		return nil, err
	}
	defer done()
	if !exists(d.path(serverID, recordFile)) {
		return nil, fault.New(fault.NotFound, "the guest %s is not on this host", serverID)
	}
	path := d.path(serverID, consoleFile)
	older, err := readLast(path+olderSuffix, keptLog)
	if err != nil {
		return nil, err
	}
	newer, err := readLast(path, 2*keptLog)
	if err != nil {
		return nil, err
	}
	return virt.Tail(slices.Concat(older, newer), tail), nil
}

// readLast reads the last n bytes of a file; an absent one is empty.
func readLast(path string, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, st.Size()-n)
	return io.ReadAll(io.NewSectionReader(f, from, st.Size()-from))
}

// trim moves the end of a log that has grown beyond keptLog aside and empties
// it. Its writer appends (O_APPEND), so it goes on at the new end; what it
// writes in between is lost.
func trim(path string) error {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || st.Size() <= keptLog {
		return err
	}
	p, err := readLast(path, keptLog)
	if err != nil {
		return err
	}
	if err := writeFile(path+olderSuffix, p); err != nil {
		return err
	}
	return os.Truncate(path, 0)
}
