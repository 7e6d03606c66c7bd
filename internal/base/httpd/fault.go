package httpd

import (
	"context"
	"errors"
	"net/http"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// statuses maps a kind of fault to its HTTP status, the same for all services.
var statuses = map[fault.Kind]int{
	fault.Internal:            http.StatusInternalServerError,
	fault.BadRequest:          http.StatusBadRequest,
	fault.Unauthorized:        http.StatusUnauthorized,
	fault.Forbidden:           http.StatusForbidden,
	fault.OverQuota:           http.StatusForbidden,
	fault.NotFound:            http.StatusNotFound,
	fault.NotAcceptable:       http.StatusNotAcceptable,
	fault.Conflict:            http.StatusConflict,
	fault.Gone:                http.StatusGone,
	fault.TooLarge:            http.StatusRequestEntityTooLarge,
	fault.BadMediaType:        http.StatusUnsupportedMediaType,
	fault.RangeNotSatisfiable: http.StatusRequestedRangeNotSatisfiable,
	fault.NotImplemented:      http.StatusNotImplemented,
	fault.Unavailable:         http.StatusServiceUnavailable,
}

// fault answers with err in the service's own form. What is no fault, or an
// internal one, is logged and answered with a 500 that says nothing of it.
func (a *API) fault(w http.ResponseWriter, r *http.Request, err error, id string) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.Internal {
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return // the client went away; there is nobody to answer
		}
		a.log.Error("request failed", "request", id, "method", r.Method, "path", r.URL.Path, "err", err)
		f = &fault.Error{Kind: fault.Internal, Message: "Unexpected API Error. Please give the request id " + id + " to whoever runs this cloud; its log says more."}
	}
	if f.Kind == fault.Unauthorized && a.style.Unauthorized != nil {
		a.style.Unauthorized(w, r)
		return
	}
	a.style.Fault(w, r, statuses[f.Kind], f)
}
