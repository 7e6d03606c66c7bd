package image

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"maps"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// EnsureImage makes sure that there is an active image as want says (name,
// owner, visibility, formats, minima, properties; the rest is ignored) with
// data, and returns it. Doing it again changes nothing. When the data is new, the
// image that had the name before is hidden: servers that run from it keep it,
// and the name stands for the new one. The data is inspected like any upload.
func (s *Service) EnsureImage(ctx context.Context, want cloud.Image, data io.ReadSeeker) (cloud.Image, error) {
	if want.Name == nil || want.OwnerID == "" {
		return want, fmt.Errorf("an image to ensure needs a name and an owner")
	}
	hash := sha512.New()
	length, err := io.Copy(hash, data)
	if err != nil {
		return want, fmt.Errorf("read the data of image %s: %w", *want.Name, err)
	}
	if _, err := data.Seek(0, io.SeekStart); err != nil {
		return want, fmt.Errorf("read the data of image %s: %w", *want.Name, err)
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	shown := false
	have, err := s.DB.Images(ctx, store.ImageFilter{
		Everything: true, Visibility: "all", MemberStatus: "all", Names: []string{*want.Name}, Owner: want.OwnerID, Hidden: &shown,
	})
	if err != nil {
		return want, err
	}
	var image *cloud.Image // the one to go on with
	var old []cloud.Image
	for n := range have {
		switch i := &have[n]; {
		case i.Status.HasData() && i.SHA512 == sum && (image == nil || image.Status == cloud.ImageQueued):
			image = i
		case i.Status == cloud.ImageQueued && image == nil:
			image = i // of an earlier start that did not come to the data
		case i.Status.HasData():
			old = append(old, *i)
		}
	}
	if image == nil {
		now := s.Now()
		image = &cloud.Image{ID: s.NewID(), Status: cloud.ImageQueued, CreatedAt: now, UpdatedAt: now}
		setEnsured(image, want)
		if err := s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.CreateImage(ctx, image) }); err != nil {
			return want, err
		}
	}
	if image.Status == cloud.ImageQueued {
		setEnsured(image, want)
		done, err := s.ingest(ctx, *image, data, length)
		if err != nil {
			return want, fmt.Errorf("store the data of image %s: %w", *want.Name, err)
		}
		image = &done
	}
	return s.settle(ctx, image.ID, want, old)
}

// settle gives the image the settings of want where they differ, and hides the
// old ones.
func (s *Service) settle(ctx context.Context, id string, want cloud.Image, old []cloud.Image) (cloud.Image, error) {
	var settled cloud.Image
	err := s.DB.Tx(ctx, func(tx *store.Tx) error {
		i, err := tx.LockImage(ctx, id)
		if err != nil {
			return err
		}
		before := i
		setEnsured(&i, want)
		settled = i
		if !sameSettings(&before, &i) {
			i.UpdatedAt = s.Now()
			settled = i
			if err := tx.SaveImage(ctx, &i); err != nil {
				return err
			}
		}
		for n := range old {
			i, err := tx.LockImage(ctx, old[n].ID)
			if fault.Is(err, fault.NotFound) {
				continue
			} else if err != nil {
				return err
			}
			i.Hidden, i.UpdatedAt = true, s.Now()
			if err := tx.SaveImage(ctx, &i); err != nil {
				return err
			}
		}
		return nil
	})
	return settled, err
}

func setEnsured(i *cloud.Image, want cloud.Image) {
	i.Name, i.OwnerID, i.Visibility, i.Protected = want.Name, want.OwnerID, want.Visibility, want.Protected
	i.MinDiskGiB, i.MinRAMMiB, i.Tags, i.Properties = want.MinDiskGiB, want.MinRAMMiB, want.Tags, want.Properties
	if i.Status == cloud.ImageQueued {
		i.DiskFormat, i.ContainerFormat = want.DiskFormat, want.ContainerFormat
	}
}

func sameSettings(a, b *cloud.Image) bool {
	return a.Visibility == b.Visibility && a.Protected == b.Protected && a.MinDiskGiB == b.MinDiskGiB &&
		a.MinRAMMiB == b.MinRAMMiB && maps.Equal(a.Properties, b.Properties) && len(a.Tags) == len(b.Tags)
}
