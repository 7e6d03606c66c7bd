package image

import (
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// mountVersions serves what concerns no image: version lists and schemas.
func mountVersions(api *httpd.API) {
	httpd.Mount(api, image.ListChoices, listVersions)
	httpd.Mount(api, image.ListVersions, listVersions)
	schemas := image.Schemas()
	httpd.Mount(api, image.ShowSchema, func(_ httpd.Ctx, in image.SchemaName) (image.SchemaShown, error) {
		schema, ok := schemas[in.Name]
		if !ok {
			return image.SchemaShown{}, fault.New(fault.NotFound, "There is no schema %.40s: ask for image, images, member or members.", in.Name)
		}
		return image.SchemaShown{Schema: schema}, nil
	})
}

func listVersions(ctx httpd.Ctx, _ wire.None) (out image.Versions, err error) {
	for n, id := range image.SupportedVersions {
		status := "SUPPORTED"
		if n == 0 {
			status = "CURRENT"
		}
		out.Versions = append(out.Versions, image.Version{ID: id, Status: status, Links: []wire.Link{{Rel: "self", Href: ctx.Self("/v2/")}}})
	}
	return out, nil
}
