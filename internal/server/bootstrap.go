package server

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/novalet/novalet/guest/image"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/service/identity"
)

// classicFlavors are the ones that DevStack has.
var classicFlavors = []cloud.Flavor{
	{ID: "1", Name: "m1.tiny", RAMMiB: 512, VCPUs: 1, DiskGiB: 1},
	{ID: "2", Name: "m1.small", RAMMiB: 2048, VCPUs: 1, DiskGiB: 20},
	{ID: "3", Name: "m1.medium", RAMMiB: 4096, VCPUs: 2, DiskGiB: 40},
	{ID: "4", Name: "m1.large", RAMMiB: 8192, VCPUs: 4, DiskGiB: 80},
	{ID: "5", Name: "m1.xlarge", RAMMiB: 16384, VCPUs: 8, DiskGiB: 160},
	{ID: "42", Name: "m1.nano", RAMMiB: 192, VCPUs: 1, DiskGiB: 1},
	{ID: "84", Name: "m1.micro", RAMMiB: 256, VCPUs: 1, DiskGiB: 1},
}

// The network that a new cloud has.
const (
	networkName    = "private"
	networkCIDR    = "10.20.0.0/16"
	networkGateway = "10.20.0.1"
	networkMTU     = 1500
)

// bootstrap makes what a new cloud begins with and leaves alone what is there:
// somebody may have deleted a flavor on purpose, so flavors and the network are
// made only once, together.
func (c *control) bootstrap(ctx context.Context) error {
	url := c.url()
	if err := c.identity.Bootstrap(ctx, identity.Boot{
		AdminPassword: c.secrets.admin, DemoPassword: c.secrets.demo,
		Services: []identity.BootService{
			{Type: "identity", Name: "keystone", URL: url + "/v3"},
			{Type: "compute", Name: "nova", URL: url + computePrefix},
			{Type: "image", Name: "glance", URL: url + imageRoot},
		},
	}); err != nil {
		return err
	}
	if err := c.images.Recover(ctx); err != nil {
		return err
	}
	admin, err := c.db.ProjectNamed(ctx, "default", "admin")
	if err != nil {
		return err
	}
	if err := c.firstThings(ctx, admin.ID); err != nil {
		return err
	}
	return c.guestImages(ctx, admin.ID)
}

func (c *control) firstThings(ctx context.Context, owner string) error {
	networks, err := c.db.Networks(ctx, "")
	if err != nil || len(networks) > 0 {
		return err
	}
	return c.db.Tx(ctx, func(tx *store.Tx) error {
		now := c.cfg.Now()
		for _, f := range classicFlavors {
			f.Public, f.RXTXFactor, f.CreatedAt = true, 1, now
			if err := tx.CreateFlavor(ctx, &f); err != nil && !fault.Is(err, fault.Conflict) {
				return err
			}
		}
		return tx.CreateNetwork(ctx, &cloud.Network{
			ID: c.cfg.NewID(), Name: networkName, ProjectID: owner, Shared: true,
			CIDR: networkCIDR, Gateway: networkGateway, MTU: networkMTU, CreatedAt: now,
		})
	})
}

// guestImages makes the image `guest` and its kernel and RAM disk from the
// built guest. Without one, for the simulated driver, the image is an empty
// disk.
func (c *control) guestImages(ctx context.Context, owner string) error {
	files := image.In(c.cfg.Guest)
	if c.cfg.Guest == "" {
		files = image.Files{}
	} else if _, err := os.Stat(files.Kernel); errors.Is(err, fs.ErrNotExist) {
		files = image.Files{}
	}
	if files.Kernel == "" {
		have, err := c.db.Images(ctx, store.ImageFilter{Everything: true, Names: []string{"guest"}, Visibility: "all", MemberStatus: "all"})
		if err != nil || len(have) > 0 {
			return err
		}
		_, err = c.images.EnsureImage(ctx, bootImage("guest", "raw", "bare", owner, nil), bytes.NewReader(make([]byte, image.DiskSize)))
		return err
	}
	kernel, err := c.ensureFile(ctx, bootImage("guest-kernel", "aki", "aki", owner, nil), files.Kernel)
	if err != nil {
		return err
	}
	ramdisk, err := c.ensureFile(ctx, bootImage("guest-ramdisk", "ari", "ari", owner, nil), files.Initrd)
	if err != nil {
		return err
	}
	_, err = c.ensureFile(ctx, bootImage("guest", "raw", "bare", owner, map[string]string{
		cloud.ImageKernelID: kernel.ID, cloud.ImageRamdiskID: ramdisk.ID, "os_command_line": image.KernelArgs,
	}), files.Disk)
	return err
}

func (c *control) ensureFile(ctx context.Context, want cloud.Image, path string) (cloud.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return want, err
	}
	defer func() { _ = f.Close() }()
	return c.images.EnsureImage(ctx, want, f)
}

func bootImage(name, diskFormat, containerFormat, owner string, properties map[string]string) cloud.Image {
	return cloud.Image{
		Name: &name, OwnerID: owner, Visibility: cloud.ImagePublic,
		DiskFormat: diskFormat, ContainerFormat: containerFormat, Properties: properties,
	}
}
