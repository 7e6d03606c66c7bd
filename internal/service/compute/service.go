// Package compute answers the Compute API: it checks a request against the
// state of the cloud, writes what it promises into the database together with
// the task that will do it, and rings. It never talks to a host.
package compute

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Deps is what the service stands on.
type Deps struct {
	DB    *store.DB
	Bell  cloud.Bell
	Log   *slog.Logger
	Now   func() time.Time
	NewID func() string // a new UUID

	Images   cloud.Images
	Consoles cloud.Consoles
	Quotas   cloud.Quotas   // the limits of a project without its own
	Projects cloud.Projects // nil: any project id is taken for one
}

// Service answers the Compute API.
type Service struct{ Deps }

// New returns the service.
func New(deps Deps) *Service { return &Service{deps} }

// Mount serves the routes of the contract, and returns those of them that it only answers with 501.
func (s *Service) Mount(api *httpd.API) (unserved []wire.Endpoint) {
	s.mountFlavors(api)
	s.mountServers(api)
	s.mountServerLists(api)
	s.mountKeypairs(api)
	s.mountQuotas(api)
	s.mountServices(api)
	s.mountHypervisors(api)
	s.mountAvailabilityZones(api)
	s.mountInstanceActions(api)
	s.mountVersions(api)
	for _, route := range compute.GoneRoutes() {
		httpd.MountGone(api, route)
	}
	return httpd.MountUnserved(api, compute.Routes())
}

// Style is how the Compute API differs from others at the edge
// (spec/nova-errors.md sections 1 to 4).
func Style(identityURL string) httpd.Style {
	return httpd.Style{
		Service: compute.Service, Min: compute.MinVersion, Max: compute.MaxVersion,
		RequestIDs:   []string{"X-Openstack-Request-Id", "X-Compute-Request-Id"},
		LegacyHeader: compute.LegacyHeader, ProjectInPath: true, Strict: true,
		MediaTypes: []string{compute.MediaType},
		Fault:      writeFault,
		Unauthorized: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", "Keystone uri=\""+identityURL+"\"")
			writeJSON(w, "application/json", http.StatusUnauthorized, map[string]any{"error": map[string]any{
				"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication.",
			}})
		},
		NoRoute: func(w http.ResponseWriter, r *http.Request) {
			httpd.WritePage(w, r, http.StatusNotFound, "The resource could not be found.")
		},
	}
}

// faultKeys names the one member of a fault's body; other statuses are a
// computeFault.
var faultKeys = map[int]string{
	http.StatusBadRequest: "badRequest", http.StatusUnauthorized: "unauthorized", http.StatusForbidden: "forbidden",
	http.StatusNotFound: "itemNotFound", http.StatusMethodNotAllowed: "badMethod", http.StatusConflict: "conflictingRequest",
	http.StatusRequestEntityTooLarge: "overLimit", http.StatusTooManyRequests: "overLimit",
	http.StatusUnsupportedMediaType: "badMediaType", http.StatusNotImplemented: "notImplemented",
	http.StatusServiceUnavailable: "serviceUnavailable",
}

func writeFault(w http.ResponseWriter, r *http.Request, status int, err *fault.Error) {
	if status == http.StatusRequestEntityTooLarge { // Nova never sees such a body: what stands before it answers
		for _, name := range []string{httpd.VersionHeader, compute.LegacyHeader, "Vary"} {
			w.Header().Del(name)
		}
		httpd.WritePage(w, r, status, err.Message)
		return
	}
	key := faultKeys[status]
	if key == "" {
		key = "computeFault"
	}
	writeJSON(w, "application/json; charset=UTF-8", status, map[string]any{key: map[string]any{"code": status, "message": err.Message}})
}

func writeJSON(w http.ResponseWriter, kind string, status int, body any) {
	b, err := wire.Encode(nil, body, wire.Version{})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
