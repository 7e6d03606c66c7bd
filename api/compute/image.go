package compute

import "github.com/novalet/novalet/api/wire"

// OldImage is an image as Nova's proxy to the image service shows it. Source:
// API reference "Images", which ended with 2.35, its metadata with 2.38.
type OldImage struct {
	ID         string                   `json:"id"`
	Name       *string                  `json:"name"`
	MinRAM     int                      `json:"minRam"`  // MiB
	MinDisk    int                      `json:"minDisk"` // GiB
	Metadata   map[string]any           `json:"metadata"`
	Created    wire.Time                `json:"created"`
	Updated    wire.Time                `json:"updated"`
	Status     string                   `json:"status"` // ACTIVE, SAVING, DELETED, ERROR, UNKNOWN
	Progress   int                      `json:"progress"`
	Size       *int                     `json:"OS-EXT-IMG-SIZE:size"` // bytes
	Links      []VersionLink            `json:"links"`
	Server     wire.Opt[OldImageOrigin] `json:"server"` // that a snapshot was made of
	DiskConfig wire.Opt[string]         `json:"OS-DCF:diskConfig"`
}

// OldImageOrigin is the server that an image is a snapshot of.
type OldImageOrigin struct {
	ID    string      `json:"id"`
	Links []wire.Link `json:"links"`
}

// OldImageBrief is an image in GET /images.
type OldImageBrief struct {
	ID    string        `json:"id"`
	Name  *string       `json:"name"`
	Links []VersionLink `json:"links"`
}

// OldImageBriefs is the reply of GET /images.
type OldImageBriefs struct {
	Images []OldImageBrief `json:"images"`
	Links  []wire.Link     `json:"images_links,omitempty"`
}

// OldImages is the reply of GET /images/detail.
type OldImages struct {
	Images []OldImage  `json:"images"`
	Links  []wire.Link `json:"images_links,omitempty"`
}

// OldImageShown is the reply of GET /images/{image_id}.
type OldImageShown struct {
	Image OldImage `json:"image"`
}

// OldImageQuery is what GET /images and /images/detail take; Nova also takes a
// filter on any property as property-NAME.
type OldImageQuery struct {
	Limit        wire.Opt[int]    `query:"limit" is:"min=0"`
	Marker       wire.Opt[string] `query:"marker"`
	Name         wire.Opt[string] `query:"name"`
	Status       wire.Opt[string] `query:"status"`
	ChangesSince wire.Opt[string] `query:"changes-since"`
	Server       wire.Opt[string] `query:"server"` // id or URL
	Type         wire.Opt[string] `query:"type"`
	MinRAM       wire.Opt[string] `query:"minRam"`
	MinDisk      wire.Opt[string] `query:"minDisk"`
}

// ImageID names one image.
type ImageID struct {
	ID string `path:"image_id"`
}

// ImageMetadata is an image's metadata, as a reply.
type ImageMetadata struct {
	Metadata map[string]any `json:"metadata"`
}

// ImageMetadataChange is the body of POST and PUT /images/{image_id}/metadata.
type ImageMetadataChange struct {
	ID       string            `path:"image_id"`
	Metadata map[string]string `json:"metadata" is:"required,keymax=255,valmax=255,keys=metakey"`
}

// ImageMetadataKey names one metadata item of an image.
type ImageMetadataKey struct {
	ID  string `path:"image_id"`
	Key string `path:"key"`
}

// ImageMetadataItem is one metadata item, as a reply.
type ImageMetadataItem struct {
	Meta map[string]any `json:"meta"`
}

// ImageMetadataItemChange is the body of PUT /images/{image_id}/metadata/{key}.
type ImageMetadataItemChange struct {
	ID   string            `path:"image_id"`
	Key  string            `path:"key"`
	Meta map[string]string `json:"meta" is:"required,min=1,max=1,keymax=255,valmax=255,keys=metakey"`
}

// The routes of the image proxy. It has no rules: the image service decides.
var (
	ListOldImages       = imageProxy[OldImageQuery, OldImageBriefs]("images.list", "GET", "/images", "200", "-2.35")
	ListOldImagesDetail = imageProxy[OldImageQuery, OldImages]("images.detail", "GET", "/images/detail", "200", "-2.35")
	ShowOldImage        = imageProxy[ImageID, OldImageShown]("images.show", "GET", "/images/{image_id}", "200", "-2.35")
	DeleteOldImage      = imageProxy[ImageID, wire.None]("images.delete", "DELETE", "/images/{image_id}", "204", "-2.35")

	ListImageMetadata      = imageProxy[ImageID, ImageMetadata]("images.metadata.list", "GET", "/images/{image_id}/metadata", "200", "-2.38")
	CreateImageMetadata    = imageProxy[ImageMetadataChange, ImageMetadata]("images.metadata.create", "POST", "/images/{image_id}/metadata", "200", "-2.38")
	ReplaceImageMetadata   = imageProxy[ImageMetadataChange, ImageMetadata]("images.metadata.replace", "PUT", "/images/{image_id}/metadata", "200", "-2.38")
	ShowImageMetadataItem  = imageProxy[ImageMetadataKey, ImageMetadataItem]("images.metadata.show", "GET", "/images/{image_id}/metadata/{key}", "200", "-2.38")
	UpdateImageMetadata    = imageProxy[ImageMetadataItemChange, ImageMetadataItem]("images.metadata.update", "PUT", "/images/{image_id}/metadata/{key}", "200", "-2.38")
	DeleteImageMetadataKey = imageProxy[ImageMetadataKey, wire.None]("images.metadata.delete", "DELETE", "/images/{image_id}/metadata/{key}", "204", "-2.38")
)

func imageProxy[In, Out any](name, method, path string, status wire.Status, span string) wire.Route[In, Out] {
	return wire.Route[In, Out]{Name: name, Method: method, Path: path, Status: status, Span: span, LooseQuery: "always"}
}

func imageRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListOldImages, ListOldImagesDetail, ShowOldImage, DeleteOldImage,
		ListImageMetadata, CreateImageMetadata, ReplaceImageMetadata, ShowImageMetadataItem, UpdateImageMetadata, DeleteImageMetadataKey,
	}
}
