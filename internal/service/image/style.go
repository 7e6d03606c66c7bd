package image

import (
	"html"
	"net/http"
	"strconv"
	"strings"

	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Style is how the Image API differs from others at the edge. Its clients send
// application/octet-stream where there is no body at all, and read refusals as
// JSON or as HTML.
func Style(identityURL string) httpd.Style {
	return httpd.Style{
		RequestIDs: []string{"X-Openstack-Request-Id"},
		MediaTypes: []string{image.PatchType, image.PatchType0, image.DataType},
		Fault: func(w http.ResponseWriter, r *http.Request, status int, err *fault.Error) {
			writeFault(w, r, status, err.Message)
		},
		Unauthorized: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", `Keystone uri="`+identityURL+`"`)
			writeFault(w, r, http.StatusUnauthorized, "This server could not verify that you are authorized to access the document you requested. Ask the identity service for a token and send it as X-Auth-Token.")
		},
		NoRoute: func(w http.ResponseWriter, r *http.Request) {
			writeFault(w, r, http.StatusNotFound, "The resource could not be found.")
		},
	}
}

// faultBody is a refusal as JSON.
type faultBody struct {
	Message string `json:"message"`
	Code    string `json:"code"` // 404 Not Found
	Title   string `json:"title"`
}

// writeFault answers in the form that the request accepts, HTML before JSON
// before plain text: python-glanceclient accepts anything and reads the HTML,
// openstacksdk asks for JSON.
func writeFault(w http.ResponseWriter, r *http.Request, status int, message string) {
	title := http.StatusText(status)
	code := strconv.Itoa(status) + " " + title
	var kind string
	var body []byte
	switch accept := r.Header.Get("Accept"); {
	case accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "*/*") && !strings.Contains(accept, "json"):
		kind = "text/html; charset=UTF-8"
		body = []byte("<html>\n <head>\n  <title>" + code + "</title>\n </head>\n <body>\n  <h1>" + code + "</h1>\n  " +
			html.EscapeString(message) + "<br /><br />\n\n\n </body>\n</html>")
	case strings.Contains(accept, "json"):
		kind = "application/json"
		var err error
		body, err = wire.Encode(nil, faultBody{message + "<br /><br />\n\n\n", code, title}, wire.Version{})
		if err != nil {
			body = nil
		}
	default:
		kind = "text/plain; charset=UTF-8"
		body = []byte(code + "\n\n" + message + "\n\n")
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
