package disk

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/virt"
)

// partSuffix marks files that are being written.
const partSuffix = ".part"

// Cache holds base images in a folder, each once, by the SHA-512 of its bytes.
// Files are read-only and never change; guests write to overlays.
type Cache struct {
	dir    string
	now    func() time.Time
	create func(path string) (imageFile, error)

	mu      sync.Mutex
	flights map[string]*flight
	parts   int // downloads begun, for their names
}

// Base is a cached image.
type Base struct {
	Path        string
	Format      Format // as detected and as declared
	VirtualSize int64  // bytes
}

// flight is one download that all who want its image wait for.
type flight struct {
	done    chan struct{}
	err     error // set before done closes
	waiting int   // guarded by Cache.mu
	cancel  context.CancelFunc
}

type imageFile interface {
	io.Writer
	Seek(offset int64, whence int) (int64, error)
	Truncate(size int64) error
	Chmod(mode fs.FileMode) error
	Sync() error
	Close() error
}

// OpenCache opens the cache in dir, makes the folder when there is none and
// removes what an interrupted download left. A folder has one Cache at a time.
func OpenCache(dir string, now func() time.Time) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), partSuffix) {
			if err := Remove(filepath.Join(dir, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	return &Cache{
		dir:     dir,
		now:     now,
		flights: map[string]*flight{},
		create: func(path string) (imageFile, error) {
			return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		},
	}, nil
}

// Get returns the image, fetching it from src when it is not there: once, even
// when many ask at the same time. The bytes are held against the image's size,
// SHA-512 and disk_format. A failed fetch leaves nothing; a full disk is a
// fault.Unavailable that names the folder.
//
// An image handed out is safe from Sweep for its maxAge, long enough for the
// caller to write down that it is in use.
func (c *Cache) Get(ctx context.Context, image cloud.GuestImage, src virt.ImageSource) (Base, error) {
	if !isSHA512(image.SHA512) {
		return Base{}, fault.New(fault.BadRequest, "image %s has no SHA-512 in lower case hex, so its bytes cannot be verified", image.ID)
	}
	for {
		base, err := c.have(image)
		if !errors.Is(err, fs.ErrNotExist) {
			return base, err
		}
		if err := c.fetch(ctx, image, src); err != nil {
			return Base{}, err
		}
	}
}

// Lookup returns the image if it is in the cache, else an error that is
// fs.ErrNotExist.
func (c *Cache) Lookup(image cloud.GuestImage) (Base, error) {
	if !isSHA512(image.SHA512) {
		return Base{}, fmt.Errorf("image %s: SHA-512 %q: %w", image.ID, image.SHA512, fs.ErrNotExist)
	}
	return c.have(image)
}

func (c *Cache) have(image cloud.GuestImage) (Base, error) {
	path := filepath.Join(c.dir, image.SHA512)
	info, err := InspectFile(path)
	if err != nil {
		return Base{}, err
	}
	if err := Check(image.DiskFormat, info); err != nil {
		return Base{}, err
	}
	// The time is the lease that Sweep respects.
	now := c.now()
	if err := os.Chtimes(path, now, now); err != nil {
		return Base{}, err
	}
	return Base{Path: path, Format: info.Format, VirtualSize: info.VirtualSize}, nil
}

// fetch joins the download of the image or begins one. The download goes on
// while anyone waits for it.
func (c *Cache) fetch(ctx context.Context, image cloud.GuestImage, src virt.ImageSource) error {
	c.mu.Lock()
	f := c.flights[image.SHA512]
	if f == nil {
		f = &flight{done: make(chan struct{})}
		var work context.Context
		work, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
		c.flights[image.SHA512] = f
		go func() {
			f.err = c.download(work, image, src)
			c.mu.Lock()
			if c.flights[image.SHA512] == f {
				delete(c.flights, image.SHA512)
			}
			c.mu.Unlock()
			f.cancel()
			close(f.done)
		}()
	}
	f.waiting++
	c.mu.Unlock()

	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	f.waiting--
	last := f.waiting == 0
	if last && c.flights[image.SHA512] == f {
		delete(c.flights, image.SHA512) // the next to come begins anew
	}
	c.mu.Unlock()
	if last {
		f.cancel()
		<-f.done
	}
	return ctx.Err()
}

func (c *Cache) download(ctx context.Context, image cloud.GuestImage, src virt.ImageSource) (err error) {
	in, err := src.Open(ctx, image)
	if err != nil {
		return err
	}
	// A source may not look at its context while it waits for bytes.
	defer context.AfterFunc(ctx, func() { in.Close() })()
	defer in.Close()

	path := filepath.Join(c.dir, image.SHA512)
	c.mu.Lock()
	c.parts++
	part := fmt.Sprintf("%s.%d%s", path, c.parts, partSuffix)
	c.mu.Unlock()
	out, err := c.create(part)
	if err != nil {
		return fullDisk(err, c.dir)
	}
	defer func() {
		if err != nil {
			out.Close()
			os.Remove(part)
			err = fullDisk(err, c.dir)
		}
	}()
	if err := receive(ctx, out, in, image); err != nil {
		return err
	}
	if err := out.Chmod(0o400); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncDir(c.dir)
}

// receive copies the image, leaves holes where it is zero, and verifies it.
func receive(ctx context.Context, out imageFile, in io.Reader, image cloud.GuestImage) error {
	var (
		inspector Inspector
		sum       hash.Hash = sha512.New()
		buf                 = make([]byte, 256<<10)
		size      int64
	)
	for {
		n, err := io.ReadFull(in, buf)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		size += int64(n)
		if size > image.Size {
			return fault.New(fault.Unavailable, "image %s has more than the %d bytes it should have", image.ID, image.Size)
		}
		sum.Write(buf[:n])
		inspector.Write(buf[:n])
		if werr := writeSparse(out, buf[:n]); werr != nil {
			return werr
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("image %s could not be read to its end", image.ID))
		}
	}
	if size != image.Size {
		return fault.New(fault.Unavailable, "image %s ended after %d of %d bytes", image.ID, size, image.Size)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != image.SHA512 {
		return fault.New(fault.Unavailable, "image %s has the SHA-512 %s..., not %s...", image.ID, got[:16], image.SHA512[:16])
	}
	info, err := inspector.Verdict()
	if err != nil {
		return err
	}
	if err := Check(image.DiskFormat, info); err != nil {
		return err
	}
	return out.Truncate(size)
}

func writeSparse(out imageFile, p []byte) error {
	if len(p) > 0 && allZero(p) {
		_, err := out.Seek(int64(len(p)), io.SeekCurrent)
		return err
	}
	_, err := out.Write(p)
	return err
}

func allZero(p []byte) bool {
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}

// Sweep removes images that are not inUse (by SHA-512) and were not handed out
// within maxAge before now. It returns how many went.
func (c *Cache) Sweep(now time.Time, maxAge time.Duration, inUse map[string]bool) (int, error) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return 0, err
	}
	gone := 0
	for _, e := range entries {
		if !isSHA512(e.Name()) || inUse[e.Name()] {
			continue
		}
		info, err := e.Info()
		if err != nil || now.Sub(info.ModTime()) < maxAge {
			continue
		}
		if err := Remove(filepath.Join(c.dir, e.Name())); err != nil {
			return gone, err
		}
		gone++
	}
	return gone, nil
}

func isSHA512(s string) bool {
	if len(s) != 2*sha512.Size {
		return false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return true
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// fullDisk turns the error of a full disk into one that says where.
func fullDisk(err error, dir string) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.New(fault.Unavailable, "the disk that holds %s is full; free some space and try again", dir)
	}
	return err
}
