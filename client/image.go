package client

import (
	"context"
	"io"
	"iter"

	"github.com/novalet/novalet/api/image"
)

// Images are the images that the caller sees.
type Images struct{ s *Service }

// ImagePages is the list of images.
var ImagePages = Paged[image.Query, image.Images, image.Image]{
	Route: image.ListImages,
	Items: func(page *image.Images) []image.Image { return page.Images },
	Next:  func(page *image.Images) string { return page.Next },
	From:  func(in *image.Query, marker string) { in.Marker = marker },
}

// List walks the images that match.
func (i Images) List(ctx context.Context, q image.Query) iter.Seq2[image.Image, error] {
	return Each(ctx, i.s, ImagePages, q)
}

// Get returns the image with an id.
func (i Images) Get(ctx context.Context, id string) (image.Image, error) {
	out, err := Do(ctx, i.s, image.ShowImage, image.ImageID{ID: id})
	return out.Image, err
}

// Create makes an image without data.
func (i Images) Create(ctx context.Context, settings image.Settings) (image.Image, error) {
	out, err := Do(ctx, i.s, image.CreateImage, image.Create{Image: settings})
	return out.Image, err
}

// Upload sends an image's data as it is read. It is sent again after a token
// has run out if none of it had been read, or when data is an io.Seeker.
func (i Images) Upload(ctx context.Context, id string, data io.Reader) error {
	_, err := Do(ctx, i.s, image.UploadImage, image.Upload{ID: id, ContentType: image.DataType, Data: data})
	return err
}

// Download returns an image's data as it comes; the caller closes it.
func (i Images) Download(ctx context.Context, id string) (io.ReadCloser, error) {
	out, err := Do(ctx, i.s, image.DownloadImage, image.Download{ID: id})
	return out.Data, err
}

// Delete deletes an image.
func (i Images) Delete(ctx context.Context, id string) error {
	_, err := Do(ctx, i.s, image.DeleteImage, image.ImageID{ID: id})
	return err
}
