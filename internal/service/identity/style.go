package identity

import (
	"context"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Style is how the Identity API differs from others at the edge.
func Style() httpd.Style {
	paths := pathsOf(identity.Routes())
	return httpd.Style{
		RequestIDs:   []string{"X-Openstack-Request-Id"},
		Fault:        writeFault,
		Unauthorized: writeUnauthorized,
		NoRoute: func(w http.ResponseWriter, r *http.Request) {
			if knownPath(paths, r) {
				writeJSON(w, http.StatusMethodNotAllowed, map[string]string{"message": "This path does not answer to the method " + r.Method + "."})
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte("<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>This service has nothing at this URL.</p>\n"))
		},
	}
}

// pathsOf is a mux that knows the paths of all routes, whatever the method.
func pathsOf(routes []wire.Endpoint) *http.ServeMux {
	mux := http.NewServeMux()
	seen := map[string]bool{}
	for _, e := range routes {
		pattern := e.Info().Path
		if pattern == "/" {
			pattern = "/{$}"
		}
		if !seen[pattern] {
			seen[pattern] = true
			mux.Handle(pattern, http.NotFoundHandler())
		}
	}
	return mux
}

func knownPath(paths *http.ServeMux, r *http.Request) bool {
	rest, below := strings.CutPrefix(r.URL.Path, "/v3")
	if !below || path.Clean(rest) != rest {
		return false
	}
	r = r.Clone(context.WithoutCancel(r.Context()))
	r.URL.Path, r.URL.RawPath = rest, ""
	r.Method = http.MethodGet
	_, pattern := paths.Handler(r)
	return pattern != ""
}

func writeFault(w http.ResponseWriter, _ *http.Request, status int, err *fault.Error) {
	message := err.Message
	if status == http.StatusUnsupportedMediaType { // Keystone has no 415
		status, message = http.StatusBadRequest, "The Content-Type of the request must be application/json."
	}
	writeError(w, status, message)
}

func writeUnauthorized(w http.ResponseWriter, r *http.Request) {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	w.Header().Set("WWW-Authenticate", `Keystone uri="`+scheme+r.Host+`/v3"`)
	writeError(w, http.StatusUnauthorized, "The request you have made requires authentication.")
}

type errorBody struct {
	Error errorText `json:"error"`
}

type errorText struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Title   string `json:"title"`
}

func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, errorBody{errorText{status, message, http.StatusText(status)}})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	b, err := wire.Encode(nil, body, wire.Version{})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

// version is the one version there is, at the URL that the client reaches.
func version(root string) identity.Version {
	return identity.Version{
		ID: identity.VersionID, Status: "stable", Updated: identity.Updated,
		Links:      []wire.Link{{Rel: "self", Href: root + "/v3/"}},
		MediaTypes: []identity.VersionFormat{{Base: "application/json", Type: identity.MediaType}},
	}
}

func listVersions(ctx httpd.Ctx, _ wire.None) (out identity.Versions, err error) {
	out.Location = ctx.Root() + "/v3/"
	out.Versions.Values = []identity.Version{version(ctx.Root())}
	return out, nil
}

func showVersion(ctx httpd.Ctx, _ wire.None) (identity.VersionShown, error) {
	return identity.VersionShown{Version: version(ctx.Root())}, nil
}
