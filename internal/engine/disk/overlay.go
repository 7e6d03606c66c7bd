package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/novalet/novalet/internal/cloud/fault"
)

const overlayClusterBits = 16 // 64 KiB, as qemu-img has it

// Backing is the image that an overlay stands on.
type Backing struct {
	Name   string // as written into the overlay; relative to its folder or absolute
	Format Format // Raw or QCOW2
}

// CreateOverlay makes an empty qcow2 disk of size bytes at path whose unwritten
// parts are those of backing. The size is rounded up to a sector. The file
// appears whole or not at all; one that is there already is replaced.
func CreateOverlay(path string, backing Backing, size int64) error {
	image, err := overlay(backing, size)
	if err != nil {
		return err
	}
	return writeWhole(path, image, 0)
}

// overlay is the qcow2 version 3 file (docs/interop/qcow2.txt): header and
// backing name, refcount table, one refcount block, L1 table; a cluster each,
// the L1 table as many as it needs.
func overlay(backing Backing, size int64) ([]byte, error) {
	const cluster = 1 << overlayClusterBits
	const refcounts = cluster / 2 // entries of a block, 16 bits each
	if backing.Format != Raw && backing.Format != QCOW2 {
		return nil, fmt.Errorf("disk: overlay on a %s image", backing.Format)
	}
	if backing.Name == "" || len(backing.Name) > 1023 {
		return nil, fmt.Errorf("disk: the name of the base image has %d bytes; a qcow2 overlay takes 1 to 1023", len(backing.Name))
	}
	if size <= 0 || size > 64<<40 {
		return nil, fault.New(fault.BadRequest, "a disk of %d bytes cannot be made; the limit is 64 TiB", size)
	}
	size = (size + 511) &^ 511
	perL1 := int64(cluster) * (cluster / 8)
	l1Entries := (size + perL1 - 1) / perL1
	l1Clusters := (l1Entries*8 + cluster - 1) / cluster
	used := 3 + l1Clusters
	if used > refcounts {
		return nil, fmt.Errorf("disk: overlay of %d bytes", size)
	}

	be := binary.BigEndian
	p := make([]byte, used*cluster)
	copy(p, "QFI\xfb")
	be.PutUint32(p[4:], 3)
	be.PutUint32(p[20:], overlayClusterBits)
	be.PutUint64(p[24:], uint64(size))
	be.PutUint32(p[36:], uint32(l1Entries))
	be.PutUint64(p[40:], 3*cluster)
	be.PutUint64(p[48:], cluster)
	be.PutUint32(p[56:], 1)
	be.PutUint32(p[96:], 4)
	be.PutUint32(p[100:], qcow2HeaderV3)
	off := qcow2HeaderV3
	be.PutUint32(p[off:], extBackingFormat)
	be.PutUint32(p[off+4:], uint32(len(backing.Format)))
	copy(p[off+8:], backing.Format)
	off += 8 + (len(backing.Format)+7)&^7 + 8 // the end extension is zeros
	be.PutUint64(p[8:], uint64(off))
	be.PutUint32(p[16:], uint32(len(backing.Name)))
	copy(p[off:], backing.Name)

	be.PutUint64(p[cluster:], 2*cluster)
	for i := range used {
		be.PutUint16(p[2*cluster+2*i:], 1)
	}
	return p, nil
}

// CreateBlank makes an empty raw disk of size bytes, without using space.
func CreateBlank(path string, size int64) error { return writeWhole(path, nil, size) }

// CreateSwap makes a raw disk of size bytes with a Linux swap signature for
// pages of 4 KiB (as mkswap writes it), so that the guest need only swapon.
func CreateSwap(path string, size int64) error {
	const page = 4096
	size &^= page - 1
	if size < 10*page {
		return fault.New(fault.BadRequest, "a swap disk of %d bytes is too small", size)
	}
	p := make([]byte, page)
	le := binary.LittleEndian
	le.PutUint32(p[1024:], 1)
	le.PutUint32(p[1028:], uint32(size/page-1))
	copy(p[page-10:], "SWAPSPACE2")
	return writeWhole(path, p, size)
}

// writeWhole writes a file under a temporary name and renames it; size, when
// larger than the data, is filled with a hole.
func writeWhole(path string, data []byte, size int64) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*"+partSuffix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fullDisk(err, filepath.Dir(path))
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if size > int64(len(data)) {
		if err = f.Truncate(size); err != nil {
			return err
		}
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Remove removes a disk; an absent one is done.
func Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
