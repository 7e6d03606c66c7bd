package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// The guest's root disk carries, in its first sector, a mark and a count of
// the boots it has seen. That is all it needs a disk for: to show that what a
// server wrote is there after stop and start, and gone after a rebuild.
const (
	diskMark  = "NOVALET GUEST DISK 1\n"
	countAt   = 504 // the sector's last eight bytes, big-endian
	sector    = 512
	rootDrive = "/dev/vda"
)

func countBoot() {
	f, err := os.OpenFile(rootDrive, os.O_RDWR|os.O_SYNC, 0)
	if err != nil {
		report("root disk: none")
		return
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		report("root disk: %v", err)
		return
	}
	count, err := nextBoot(f)
	if err != nil {
		report("root disk: %d MiB, %v", size>>20, err)
		return
	}
	report("root disk: %d MiB, boot %d", size>>20, count)
}

// nextBoot counts a boot on a disk with the mark; it never writes to another.
func nextBoot(disk interface {
	io.ReaderAt
	io.WriterAt
},
) (uint64, error) {
	b := make([]byte, sector)
	if _, err := disk.ReadAt(b, 0); err != nil {
		return 0, err
	}
	if string(b[:len(diskMark)]) != diskMark {
		return 0, fmt.Errorf("not the guest's own: left alone")
	}
	count := binary.BigEndian.Uint64(b[countAt:]) + 1
	binary.BigEndian.PutUint64(b[countAt:], count)
	_, err := disk.WriteAt(b, 0)
	return count, err
}
