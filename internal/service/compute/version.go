package compute

import (
	"net/http"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
)

// What the version documents say (spec/nova-errors.md section 2); clients read
// the id, the status and the versions.
const (
	versionID      = "v2.1"
	versionPath    = "/v2.1/"
	versionUpdated = "2013-07-23T11:33:21Z" // of v2.1, as Nova says
	versionDocs    = "http://docs.openstack.org/"
)

func mediaTypes() []compute.MediaTypeOf {
	return []compute.MediaTypeOf{{Base: "application/json", Type: compute.MediaType + ";version=2.1"}}
}

func versionDoc(self string) compute.VersionDoc {
	return compute.VersionDoc{
		ID: versionID, Status: "CURRENT", Version: compute.MaxVersion.String(), MinVersion: compute.MinVersion.String(),
		Updated: versionUpdated, Links: []compute.VersionLink{{Rel: "self", Href: self}},
	}
}

func (s *Service) mountVersions(api *httpd.API) {
	httpd.Mount(api, compute.ShowVersion, s.showVersion)
}

func (s *Service) showVersion(ctx httpd.Ctx, _ wire.None) (out compute.VersionShown, _ error) {
	out.Version = versionDoc(ctx.Self("/"))
	out.Version.Links = append(out.Version.Links, compute.VersionLink{Rel: "describedby", Type: "text/html", Href: versionDocs})
	out.Version.MediaTypes = mediaTypes()
	return out, nil
}

// Root answers below prefix, outside of any version: the root itself lists the
// versions, and every other path gets a choice of them.
func Root(cfg httpd.Config, prefix string) http.Handler {
	api := httpd.New(cfg, prefix, prefix, httpd.Style{
		Fault: writeFault,
		NoRoute: func(w http.ResponseWriter, r *http.Request) {
			writeJSON(w, "application/json", http.StatusMultipleChoices, compute.VersionChoices{Choices: []compute.VersionChoice{{
				ID: versionID, Status: "CURRENT", MediaTypes: mediaTypes(),
				Links: []compute.VersionLink{{Rel: "self", Href: httpd.BaseURL(r) + prefix + versionPath + strings.TrimPrefix(r.URL.Path, prefix+"/")}},
			}}})
		},
	})
	httpd.Mount(api, compute.ListVersions, func(ctx httpd.Ctx, _ wire.None) (out compute.VersionDocs, _ error) {
		out.Versions = []compute.VersionDoc{versionDoc(ctx.Root() + prefix + versionPath)}
		return out, nil
	})
	return api
}
