package qemu

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/configdrive"
	"github.com/novalet/novalet/internal/engine/disk"
	"github.com/novalet/novalet/internal/engine/virt"
)

// Names of a guest's further disks.
const (
	ephemeralFile = "disk.eph0"
	swapFile      = "disk.swap"
	configFile    = "disk.config"
)

const (
	gib = 1 << 30
	mib = 1 << 20
)

// makeDisks makes what the guest has not got yet. The root disk comes last: its
// being there says that the others are.
func (d *Driver) makeDisks(ctx context.Context, g cloud.Guest, images virt.ImageSource) error {
	old, err := d.readRecord(g.ServerID)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Join(d.servers, g.ServerID), 0o700); err != nil {
		return err
	}
	// The record comes first: it keeps the sweep from the images below.
	if err := d.writeRecord(record{Guest: g, Root: g.Image.SHA512}); err != nil {
		return err
	}
	for _, image := range []*cloud.GuestImage{g.Kernel, g.Ramdisk} {
		if image != nil {
			if _, err := d.cache.Get(ctx, *image, images); err != nil {
				return err
			}
		}
	}
	base, err := d.cache.Get(ctx, g.Image, images)
	if err != nil {
		return err
	}
	size, err := rootSize(g, base)
	if err != nil {
		return err
	}
	root := d.path(g.ServerID, rootFile)
	if exists(root) && old.Root == g.Image.SHA512 {
		return nil
	}
	if err := disk.Remove(root); err != nil {
		return err
	}
	if g.EphemeralGiB > 0 {
		if err := disk.CreateBlank(d.path(g.ServerID, ephemeralFile), int64(g.EphemeralGiB)*gib); err != nil {
			return err
		}
	}
	if g.SwapMiB > 0 {
		if err := disk.CreateSwap(d.path(g.ServerID, swapFile), int64(g.SwapMiB)*mib); err != nil {
			return err
		}
	}
	if g.ConfigDrive {
		p, err := configdrive.Image(g, d.cfg.Now())
		if err != nil {
			return err
		}
		if err := writeFile(d.path(g.ServerID, configFile), p); err != nil {
			return err
		}
	}
	// The name in the overlay is for people with qemu-img; Args names the
	// base on its own.
	name := filepath.Join("..", "..", "images", filepath.Base(base.Path))
	return disk.CreateOverlay(root, disk.Backing{Name: name, Format: base.Format}, size)
}

// rootSize is the size of the root disk: the flavor's, which must have room for
// the image, or the image's own.
func rootSize(g cloud.Guest, base disk.Base) (int64, error) {
	switch {
	case base.Format != disk.Raw && base.Format != disk.QCOW2:
		return 0, fault.New(fault.BadRequest, "image %s has the disk_format %s, which this hypervisor cannot boot from; convert it to qcow2 or raw", g.Image.ID, base.Format)
	case g.RootGiB == 0 && base.VirtualSize == 0:
		return 0, fault.New(fault.BadRequest, "image %s is empty, and the flavor gives no disk either", g.Image.ID)
	case g.RootGiB == 0:
		return base.VirtualSize, nil
	}
	size := int64(g.RootGiB) * gib
	if base.VirtualSize > size {
		return 0, fault.New(fault.BadRequest, "image %s needs a disk of %d bytes, the flavor's has %d GiB; use a larger flavor", g.Image.ID, base.VirtualSize, g.RootGiB)
	}
	return size, nil
}

// files are the paths that a guest's QEMU is given; each must be there.
func (d *Driver) files(g cloud.Guest) (Files, error) {
	f := Files{Dir: filepath.Join(d.servers, g.ServerID)}
	r, err := d.readRecord(g.ServerID)
	if err != nil {
		return f, err
	}
	image := g.Image
	if r.Root != image.SHA512 {
		return f, fault.New(fault.Conflict, "the root disk of %s stands on another image than the server has", g.ServerID)
	}
	base, err := d.cache.Lookup(image)
	if err != nil {
		return f, missing(err, "the base image of %s", g.ServerID)
	}
	f.Disks = append(f.Disks, Disk{ID: "root", Path: filepath.Join(f.Dir, rootFile), Format: disk.QCOW2, Base: &base})
	if g.EphemeralGiB > 0 {
		f.Disks = append(f.Disks, Disk{ID: "ephemeral0", Path: filepath.Join(f.Dir, ephemeralFile), Format: disk.Raw})
	}
	if g.SwapMiB > 0 {
		f.Disks = append(f.Disks, Disk{ID: "swap", Path: filepath.Join(f.Dir, swapFile), Format: disk.Raw})
	}
	if g.ConfigDrive {
		f.Disks = append(f.Disks, Disk{ID: "config", Path: filepath.Join(f.Dir, configFile), Format: disk.Raw, ReadOnly: true})
	}
	for _, disk := range f.Disks {
		if _, err := os.Stat(disk.Path); err != nil {
			return f, missing(err, "the %s disk of %s", disk.ID, g.ServerID)
		}
	}
	for _, boot := range []struct {
		image *cloud.GuestImage
		path  *string
		what  string
	}{{g.Kernel, &f.Kernel, "kernel"}, {g.Ramdisk, &f.Ramdisk, "ramdisk"}} {
		if boot.image == nil {
			continue
		}
		got, err := d.cache.Lookup(*boot.image)
		if err != nil {
			return f, missing(err, "the %s of %s", boot.what, g.ServerID)
		}
		*boot.path = got.Path
	}
	return f, nil
}

func missing(err error, what string, args ...any) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(err, fault.Unavailable, fmt.Sprintf(what, args...)+" is missing on this host; rebuild the server")
	}
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
