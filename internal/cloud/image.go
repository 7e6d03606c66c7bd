package cloud

import (
	"context"
	"io"
	"slices"
	"time"
)

// ImageStatus is where an image is in its life; the words are Glance's wire
// values.
type ImageStatus string

// The states of an image. ImageDeleted rows stay, so that an id is never used
// twice; no API shows them.
const (
	ImageQueued      ImageStatus = "queued" // no data yet
	ImageSaving      ImageStatus = "saving" // an upload is under way
	ImageActive      ImageStatus = "active"
	ImageDeactivated ImageStatus = "deactivated" // data only for administrators
	ImageDeleted     ImageStatus = "deleted"
)

// imageMoves are the legal transitions. Delete wins from any state.
var imageMoves = map[ImageStatus][]ImageStatus{
	ImageQueued:      {ImageSaving, ImageDeleted},
	ImageSaving:      {ImageActive, ImageQueued, ImageDeleted},
	ImageActive:      {ImageDeactivated, ImageDeleted},
	ImageDeactivated: {ImageActive, ImageDeleted},
}

// May reports whether an image in state s may go to next.
func (s ImageStatus) May(next ImageStatus) bool { return slices.Contains(imageMoves[s], next) }

// ImageStatuses lists the states in which an image can be seen.
func ImageStatuses() []ImageStatus {
	return []ImageStatus{ImageQueued, ImageSaving, ImageActive, ImageDeactivated}
}

// HasData reports whether there are bytes to boot from or download.
func (s ImageStatus) HasData() bool { return s == ImageActive || s == ImageDeactivated }

// ImageVisibility says who sees an image besides its project and
// administrators.
type ImageVisibility string

// The visibilities.
const (
	ImagePublic    ImageVisibility = "public"    // everybody, in their lists
	ImageCommunity ImageVisibility = "community" // everybody who knows its id
	ImageShared    ImageVisibility = "shared"    // the projects that are its members
	ImagePrivate   ImageVisibility = "private"   // nobody
)

// Image is a disk, kernel or ramdisk that servers boot from.
type Image struct {
	ID              string
	Name            *string // nil: none
	OwnerID         string  // project id; empty: nobody's
	Visibility      ImageVisibility
	Status          ImageStatus
	DiskFormat      string // raw, qcow2, aki, ...; empty: not said yet
	ContainerFormat string // bare, aki, ...; empty: not said yet
	Size            int64  // bytes of data; 0 before the upload
	VirtualSize     int64  // bytes of the disk that a guest sees; 0: not known
	MD5             string // of the data, hex; empty before the upload
	SHA512          string // likewise
	MinDiskGiB      int
	MinRAMMiB       int
	Protected       bool // cannot be deleted
	Hidden          bool // left out of lists
	Tags            []string
	Properties      map[string]string // made up by users, and those that compute reads (hw_*, os_*)
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// The properties that name other images, for a kernel booted without a boot
// loader. Present and empty is the API's null.
const (
	ImageKernelID  = "kernel_id"
	ImageRamdiskID = "ramdisk_id"
)

// KernelID is the image to boot as the kernel; empty: the disk boots itself.
func (i *Image) KernelID() string { return i.Properties[ImageKernelID] }

// RamdiskID is the image to boot as the kernel's ramdisk; empty: none.
func (i *Image) RamdiskID() string { return i.Properties[ImageRamdiskID] }

// Images is what other services need of images.
type Images interface {
	// Image returns an image that the caller may see, in any state; one that
	// the caller may not see is fault.NotFound, like one that is not there.
	// Whether it can be booted (Status, MinDiskGiB, MinRAMMiB, formats) is for
	// the caller to judge.
	Image(ctx context.Context, id string, caller *Caller) (Image, error)
	// OpenImage returns the data of an image, for an agent on this machine;
	// others fetch it over HTTP. It is complete and as Size and SHA512 say; an
	// image without data is fault.Conflict.
	OpenImage(ctx context.Context, id string) (io.ReadCloser, error)
}

// ImageInspector finds out what an upload really is while its bytes pass
// through Write, which never fails (engine/disk.Inspector).
type ImageInspector interface {
	io.Writer
	// Judge gives the size in bytes of the disk that a guest would see. Data
	// that must not be used (it names another file, claims what we do not know,
	// or is not of the declared disk_format) is a fault.BadRequest or
	// fault.BadMediaType that says why.
	Judge(diskFormat string) (virtualSize int64, err error)
}

// ImageMember is a project that a shared image is offered to.
type ImageMember struct {
	ImageID   string
	ProjectID string
	Status    string // pending, accepted (then it is in the project's lists) or rejected
	CreatedAt time.Time
	UpdatedAt time.Time
}
