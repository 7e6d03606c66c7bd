// Package image answers the Image API (Glance v2) and keeps the data of images
// on disk. There is one service to a folder and a database. Data comes in
// through one door, ingest, which finds out what it really is before anything
// may use it.
package image

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Deps is what the service stands on.
type Deps struct {
	DB      *store.DB
	Policy  cloud.Authorizer
	Inspect func() cloud.ImageInspector // a new one for each upload
	Dir     string                      // the folder of the data; made when it is missing
	Limits  Limits
	Log     *slog.Logger
	Now     func() time.Time
	NewID   func() string // a new UUID
}

// Limits bound what is stored. The zero Limits are Glance's defaults.
type Limits struct {
	ImageBytes   int64 // of one image; 0: 1 TiB
	ProjectBytes int64 // of all images of a project, uploads under way included; 0: any
}

// Bounds of the lists in one image (Glance: image_property_quota and others).
const (
	maxProperties = 128
	maxTags       = 128
	maxMembers    = 128
)

// Service answers the Image API.
type Service struct {
	Deps
	files files
}

var _ cloud.Images = (*Service)(nil)

// New returns the service. Recover comes before the first request.
func New(deps Deps) *Service {
	if deps.Limits.ImageBytes == 0 {
		deps.Limits.ImageBytes = 1 << 40
	}
	return &Service{Deps: deps, files: files{deps.Dir}}
}

// Recover makes the folder and clears what a crash left: uploads that were
// under way are queued images again, and files that no image has are removed.
func (s *Service) Recover(ctx context.Context) error {
	if err := s.files.prepare(); err != nil {
		return err
	}
	if err := s.DB.Tx(ctx, func(tx *store.Tx) error {
		n, err := tx.AbortUploads(ctx)
		if n > 0 {
			s.Log.Warn("uploads that a crash broke off are queued images again", "images", n)
		}
		return err
	}); err != nil {
		return err
	}
	data, err := s.DB.ImagesWithData(ctx)
	if err != nil {
		return err
	}
	removed, missing, err := s.files.sweep(data)
	if err != nil {
		return err
	}
	if removed > 0 {
		s.Log.Warn("files that no image has were removed", "files", removed)
	}
	for _, d := range missing {
		s.Log.Error("the data of an image is missing", "image", d.ID, "sha512", d.SHA512)
	}
	return s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.FreeImages(ctx) })
}

// Mount serves every route of the contract, below the prefix of the version
// list (/image).
func (s *Service) Mount(api *httpd.API) {
	mountVersions(api)
	httpd.Mount(api, image.ListImages, s.list)
	httpd.MountOn(api, image.CreateImage, s.draft, s.create)
	httpd.MountOn(api, image.ShowImage, s.load, s.show)
	httpd.MountOn(api, image.UpdateImage, s.load, s.update)
	httpd.MountOn(api, image.DeleteImage, s.load, s.delete)
	httpd.MountOn(api, image.DeactivateImage, s.load, s.deactivate)
	httpd.MountOn(api, image.ReactivateImage, s.load, s.reactivate)
	httpd.MountOn(api, image.AddTag, s.load, s.addTag)
	httpd.MountOn(api, image.DeleteTag, s.load, s.deleteTag)
	httpd.MountOn(api, image.UploadImage, s.load, s.upload)
	httpd.MountOn(api, image.DownloadImage, s.load, s.download)
	httpd.MountOn(api, image.ListMembers, s.load, s.listMembers)
	httpd.MountOn(api, image.AddMember, s.load, s.addMember)
	httpd.MountOn(api, image.ShowMember, s.load, s.showMember)
	httpd.MountOn(api, image.UpdateMember, s.load, s.updateMember)
	httpd.MountOn(api, image.DeleteMember, s.load, s.deleteMember)
}

// seen is an image as a caller sees it: what policy is judged on.
type seen struct {
	cloud.Image
	member string // the caller's project, when the image is offered to it
}

// PolicyTarget names the attributes that Glance's rules use. Those that are
// empty are left out, so that no rule matches nothing with nothing.
func (i *seen) PolicyTarget() cloud.Target {
	target := cloud.Target{"visibility": string(i.Visibility)}
	if i.OwnerID != "" {
		target["project_id"], target["owner"] = i.OwnerID, i.OwnerID
	}
	if i.member != "" {
		target["member_id"] = i.member
	}
	return target
}

// load finds the image in the path as the caller may see it.
func (s *Service) load(ctx httpd.Ctx, path func(string) string) (*seen, error) {
	return s.see(ctx, path("image_id"), ctx.Caller)
}

// see finds an image as caller may see it; one that caller may not see is not
// there.
func (s *Service) see(ctx context.Context, id string, caller *cloud.Caller) (*seen, error) {
	i, err := s.DB.Image(ctx, id)
	if err != nil {
		return nil, err
	}
	image := &seen{Image: i}
	if i.Visibility == cloud.ImageShared && caller.ProjectID != "" && caller.ProjectID != i.OwnerID {
		_, err := s.DB.ImageMember(ctx, id, caller.ProjectID)
		switch {
		case err == nil:
			image.member = caller.ProjectID
		case !fault.Is(err, fault.NotFound):
			return nil, err
		}
	}
	visible := i.Visibility == cloud.ImagePublic || i.Visibility == cloud.ImageCommunity ||
		i.OwnerID != "" && i.OwnerID == caller.ProjectID || image.member != "" || s.isAdmin(caller)
	if !visible {
		return nil, fault.New(fault.NotFound, "No image found with ID %s", id)
	}
	return image, nil
}

func (s *Service) isAdmin(caller *cloud.Caller) bool {
	return s.Policy.Authorize(image.Admin.Name, caller, caller.OwnTarget()) == nil
}

// Image implements cloud.Images.
func (s *Service) Image(ctx context.Context, id string, caller *cloud.Caller) (cloud.Image, error) {
	i, err := s.see(ctx, id, caller)
	if err != nil {
		return cloud.Image{}, err
	}
	return i.Image, nil
}

// OpenImage implements cloud.Images.
func (s *Service) OpenImage(ctx context.Context, id string) (io.ReadCloser, error) {
	i, err := s.DB.Image(ctx, id)
	if err != nil {
		return nil, err
	}
	if !i.Status.HasData() {
		return nil, fault.New(fault.Conflict, "Image %s has no data yet: it is %s.", id, i.Status)
	}
	return s.files.open(i.ID, i.SHA512)
}
