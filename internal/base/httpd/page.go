package httpd

import (
	"html"
	"net/http"
	"strconv"
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// page is what a router or a middleware says by itself, outside of any
// service's own form of fault.
type page struct {
	Message string `json:"message"`
	Code    string `json:"code"` // 404 Not Found
	Title   string `json:"title"`
}

// WritePage answers with a page in the form that the request accepts: HTML,
// JSON, or plain text, which is also for those who do not say.
func WritePage(w http.ResponseWriter, r *http.Request, status int, message string) {
	p := page{Message: message + "<br /><br />\n\n\n", Title: http.StatusText(status)}
	p.Code = strconv.Itoa(status) + " " + p.Title
	kind, body := "text/plain; charset=UTF-8", []byte(p.Code+"\n\n"+message+"\n\n   \n")
	switch accept := r.Header.Get("Accept"); {
	case strings.Contains(accept, "text/html"), strings.Contains(accept, "*/*"):
		kind = "text/html; charset=UTF-8"
		body = []byte("<html>\n <head>\n  <title>" + p.Code + "</title>\n </head>\n <body>\n  <h1>" + p.Code + "</h1>\n  " +
			html.EscapeString(message) + "<br /><br />\n\n\n\n </body>\n</html>")
	case strings.Contains(accept, "application/json"):
		if b, err := wire.Encode(nil, p, wire.Version{}); err == nil {
			kind, body = "application/json", b
		}
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
