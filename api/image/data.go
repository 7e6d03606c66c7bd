package image

import (
	"io"

	"github.com/novalet/novalet/api/wire"
)

// Upload is PUT /v2/images/{image_id}/file.
type Upload struct {
	ID            string           `path:"image_id"`
	ContentType   string           `header:"Content-Type"`           // must be DataType
	ContentLength wire.Opt[string] `header:"Content-Length"`         // absent when the body comes in chunks
	SizeHint      wire.Opt[string] `header:"X-Openstack-Image-Size"` // bytes the client means to send
	Data          io.Reader        `body:"stream"`
}

// Download is GET /v2/images/{image_id}/file.
type Download struct {
	ID    string `path:"image_id"`
	Range string `header:"Range"` // one range of bytes
}

// Data is the reply of a download. Status is 204 for an image without data and
// 206 for a range.
type Data struct {
	Status        int             `status:"code"`
	ContentType   string          `header:"Content-Type"`
	ContentMD5    string          `header:"Content-MD5"` // hex, of the whole image
	ContentRange  string          `header:"Content-Range"`
	ContentLength wire.Opt[int64] `header:"Content-Length"`
	AcceptRanges  string          `header:"Accept-Ranges"`
	Data          io.ReadCloser   `body:"stream"`
}

// The routes of image bytes.
var (
	UploadImage = wire.Route[Upload, wire.None]{
		Name: "images.upload", Method: "PUT", Path: "/v2/images/{image_id}/file", Status: "204", LooseQuery: "always",
		Policy: wire.Rule{Name: "upload_image", Default: projectMember},
	}
	DownloadImage = wire.Route[Download, Data]{
		Name: "images.download", Method: "GET", Path: "/v2/images/{image_id}/file", Status: "200", LooseQuery: "always",
		Policy: wire.Rule{Name: "download_image", Default: "role:admin or (role:member and " + visible + ")"},
	}
)

func dataRoutes() []wire.Endpoint { return []wire.Endpoint{UploadImage, DownloadImage} }
