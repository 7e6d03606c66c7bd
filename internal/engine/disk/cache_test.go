package disk

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// source serves one image and counts.
type source struct {
	open  func() io.Reader
	opens atomic.Int32
	gate  chan struct{} // when set, Open's reader waits for it
}

func (s *source) Open(context.Context, cloud.GuestImage) (io.ReadCloser, error) {
	s.opens.Add(1)
	if s.gate == nil {
		return io.NopCloser(s.open()), nil
	}
	return &gated{Reader: s.open(), gate: s.gate, closed: make(chan struct{})}, nil
}

type gated struct {
	io.Reader
	gate   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (g *gated) Read(p []byte) (int, error) {
	select {
	case <-g.gate:
		return g.Reader.Read(p)
	case <-g.closed:
		return 0, os.ErrClosed
	}
}

func (g *gated) Close() error { g.once.Do(func() { close(g.closed) }); return nil }

func serving(p []byte) *source {
	return &source{open: func() io.Reader { return bytes.NewReader(p) }}
}

func describe(p []byte, format string) cloud.GuestImage {
	sum := sha512.Sum512(p)
	return cloud.GuestImage{ID: "image", DiskFormat: format, Size: int64(len(p)), SHA512: hex.EncodeToString(sum[:])}
}

func openCache(t *testing.T) *Cache {
	t.Helper()
	c, err := OpenCache(filepath.Join(t.TempDir(), "images"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func files(t *testing.T, c *Cache) []string {
	t.Helper()
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestCacheFetchesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, image := openCache(t), goodQCOW2()
		src := serving(image)
		src.gate = make(chan struct{})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				base, err := c.Get(t.Context(), describe(image, "qcow2"), src)
				if err != nil || base.Format != QCOW2 || base.VirtualSize != 1<<30 {
					t.Errorf("Get = %+v, %v", base, err)
				}
			})
		}
		synctest.Wait()
		close(src.gate)
		wg.Wait()
		if n := src.opens.Load(); n != 1 {
			t.Errorf("%d downloads for ten servers", n)
		}
		base, err := c.Get(t.Context(), describe(image, "qcow2"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(base.Path); !bytes.Equal(got, image) {
			t.Error("the cached bytes differ")
		}
		if n := files(t, c); len(n) != 1 {
			t.Errorf("files: %v", n)
		}
	})
}

// One waiter that gives up does not stop the download of the others; when all
// give up, it stops and leaves nothing.
func TestCacheCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, image := openCache(t), make([]byte, 1<<20)
		src := serving(image)
		src.gate = make(chan struct{})
		first, cancelFirst := context.WithCancel(t.Context())
		second, cancelSecond := context.WithCancel(t.Context())
		got := make(chan error, 2)
		go func() { _, err := c.Get(first, describe(image, "raw"), src); got <- err }()
		synctest.Wait()
		go func() { _, err := c.Get(second, describe(image, "raw"), src); got <- err }()
		synctest.Wait()
		cancelFirst()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("the one that gave up: %v", err)
		}
		if n := files(t, c); len(n) != 1 {
			t.Errorf("while one still waits: %v", n)
		}
		cancelSecond()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("the last that gave up: %v", err)
		}
		if n := files(t, c); len(n) != 0 {
			t.Errorf("left behind: %v", n)
		}
		close(src.gate)
		if _, err := c.Get(t.Context(), describe(image, "raw"), src); err != nil {
			t.Errorf("the next to come: %v", err)
		}
	})
}

func TestCacheRefusals(t *testing.T) {
	image := bytes.Repeat([]byte("x"), 300<<10)
	hostile := made(goodQCOW2(), put64(8, 512), put32(16, 4))
	good := describe(image, "raw")
	larger, smaller, unhashed, climbing := good, good, good, good
	larger.Size++
	smaller.Size--
	unhashed.SHA512 = ""
	climbing.SHA512 = strings.Repeat("../", 42) + "aa"
	for _, tt := range []struct {
		name  string
		image cloud.GuestImage
		src   *source
		kind  fault.Kind
		says  string
	}{
		{"other bytes", good, serving(bytes.Repeat([]byte("y"), 300<<10)), fault.Unavailable, "SHA-512"},
		{"too short", larger, serving(image), fault.Unavailable, "ended after"},
		{"too long", smaller, serving(image), fault.Unavailable, "more than"},
		{"broken off", good, &source{open: func() io.Reader {
			return io.MultiReader(bytes.NewReader(image[:5]), iotest.ErrReader(errors.New("reset")))
		}}, fault.Unavailable, "could not be read"},
		{"declared otherwise", describe(image, "qcow2"), serving(image), fault.BadMediaType, "the data is raw"},
		{"qcow2 as raw", describe(goodQCOW2(), "raw"), serving(goodQCOW2()), fault.BadMediaType, "the data is qcow2"},
		{"backing file", describe(hostile, "qcow2"), serving(hostile), fault.BadRequest, "backing file"},
		{"no hash", unhashed, serving(image), fault.BadRequest, "no SHA-512"},
		{"a path as hash", climbing, serving(image), fault.BadRequest, "no SHA-512"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := openCache(t)
			_, err := c.Get(t.Context(), tt.image, tt.src)
			if !fault.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Get: %v, want kind %d with %q", err, tt.kind, tt.says)
			}
			if n := files(t, c); len(n) != 0 {
				t.Errorf("left behind: %v", n)
			}
		})
	}
}

// The same bytes under another declaration are refused though they are cached.
func TestCacheChecksEveryHit(t *testing.T) {
	c, image := openCache(t), goodQCOW2()
	if _, err := c.Get(t.Context(), describe(image, "qcow2"), serving(image)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), describe(image, "aki"), serving(image)); !fault.Is(err, fault.BadMediaType) {
		t.Errorf("a qcow2 as a kernel: %v", err)
	}
}

// fullFile is a file on a disk without room.
type fullFile struct {
	*os.File
	room int
}

func (f *fullFile) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return 0, &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	f.room -= len(p)
	return f.File.Write(p)
}

func TestCacheFullDisk(t *testing.T) {
	c, image := openCache(t), bytes.Repeat([]byte("x"), 1<<20)
	c.create = func(path string) (imageFile, error) {
		f, err := os.Create(path)
		return &fullFile{f, 300 << 10}, err
	}
	_, err := c.Get(t.Context(), describe(image, "raw"), serving(image))
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), c.dir+" is full") {
		t.Errorf("Get on a full disk: %v", err)
	}
	if n := files(t, c); len(n) != 0 {
		t.Errorf("left behind: %v", n)
	}
}

func TestCacheKeepsHoles(t *testing.T) {
	c, image := openCache(t), make([]byte, 64<<20)
	base, err := c.Get(t.Context(), describe(image, "raw"), serving(image))
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(base.Path)
	if err != nil || st.Size() != 64<<20 {
		t.Fatalf("%v, %v", st, err)
	}
	if used := st.Sys().(*syscall.Stat_t).Blocks * 512; used > 1<<20 {
		t.Errorf("64 MiB of zeros use %d bytes", used)
	}
}

func TestCacheSweepAndLeftovers(t *testing.T) {
	c := openCache(t)
	now := time.Now()
	var kept, old, fresh cloud.GuestImage
	for i, image := range []*cloud.GuestImage{&kept, &old, &fresh} {
		p := bytes.Repeat([]byte{byte(i + 1)}, 1000)
		*image = describe(p, "raw")
		if _, err := c.Get(t.Context(), *image, serving(p)); err != nil {
			t.Fatal(err)
		}
		if image != &fresh {
			day := now.Add(-24 * time.Hour)
			if err := os.Chtimes(filepath.Join(c.dir, image.SHA512), day, day); err != nil {
				t.Fatal(err)
			}
		}
	}
	n, err := c.Sweep(now, time.Hour, map[string]bool{kept.SHA512: true})
	if err != nil || n != 1 {
		t.Errorf("Sweep = %d, %v", n, err)
	}
	if _, err := c.Lookup(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old unused image: %v", err)
	}
	for _, image := range []cloud.GuestImage{kept, fresh} {
		if _, err := c.Lookup(image); err != nil {
			t.Error(err)
		}
	}
	write(t, filepath.Join(c.dir, fresh.SHA512+".1.part"), []byte("half"))
	if c, err = OpenCache(c.dir, time.Now); err != nil {
		t.Fatal(err)
	}
	if n := files(t, c); len(n) != 2 {
		t.Errorf("after opening again: %v", n)
	}
}
