package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Error is a refusal: a reply with a status of 400 or more. Use errors.Is with
// ErrNotFound and its like, and errors.As for the rest.
type Error struct {
	Status    int    // HTTP status
	Kind      string // the service's own name: itemNotFound, conflictingRequest, ...; empty when it gave none
	Message   string
	RequestID string // of the reply, to find it in the service's log
	Service   string // compute, identity, ...
	Route     string // name in the contract: servers.show; empty for calls outside it
	Method    string
	URL       string
	Methods   [][]string // of a login that one method is not enough for: the sets of methods that are
	Hint      string     // what could be the reason, when the client knows more than the service said; not part of Error()

	retryAfter string
	reply      *Response
}

// Reply is the refusal as it came: status, header and body. It is nil when the
// error was made by hand.
func (e *Error) Reply() *Response { return e.reply }

// Error is the text that novaclient shows after the name of the class, so that
// scripts which match it go on working.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s (HTTP %d)", e.Message, e.Status)
	if e.RequestID != "" {
		text += " (Request-ID: " + e.RequestID + ")"
	}
	return text
}

// Class is the error's name in novaclient: NotFound, Conflict, BadRequest, ...
func (e *Error) Class() string {
	switch e.Status {
	case http.StatusBadRequest:
		return "BadRequest"
	case http.StatusUnauthorized:
		return "Unauthorized"
	case http.StatusForbidden:
		return "Forbidden"
	case http.StatusNotFound:
		return "NotFound"
	case http.StatusMethodNotAllowed:
		return "MethodNotAllowed"
	case http.StatusNotAcceptable:
		return "NotAcceptable"
	case http.StatusConflict:
		return "Conflict"
	case http.StatusRequestEntityTooLarge:
		return "OverLimit"
	case http.StatusTooManyRequests:
		return "RateLimit"
	case http.StatusNotImplemented:
		return "HTTPNotImplemented"
	}
	return "ClientException"
}

// Is reports whether target is the sentinel of the error's status.
func (e *Error) Is(target error) bool {
	s, ok := target.(status)
	return ok && int(s) == e.Status
}

type status int

func (s status) Error() string { return strings.ToLower(http.StatusText(int(s))) }

// Sentinels for errors.Is, one per status.
const (
	ErrBadRequest     = status(http.StatusBadRequest)
	ErrUnauthorized   = status(http.StatusUnauthorized)
	ErrForbidden      = status(http.StatusForbidden)
	ErrNotFound       = status(http.StatusNotFound)
	ErrNotAcceptable  = status(http.StatusNotAcceptable)
	ErrConflict       = status(http.StatusConflict)
	ErrGone           = status(http.StatusGone)
	ErrTooLarge       = status(http.StatusRequestEntityTooLarge)
	ErrTooMany        = status(http.StatusTooManyRequests)
	ErrInternal       = status(http.StatusInternalServerError)
	ErrNotImplemented = status(http.StatusNotImplemented)
	ErrUnavailable    = status(http.StatusServiceUnavailable)
)

// readFault fills in what the body of a refusal says. Services differ: Nova
// and Neutron name the fault in the one key, Keystone and its middleware say
// "error", Placement has a list of errors, Glance and the WSGI framework have
// the message at the top, or in a page.
func (e *Error) readFault(contentType string, body []byte) {
	defer func() {
		if e.Message = strings.TrimSpace(e.Message); e.Message == "" {
			e.Message = http.StatusText(e.Status)
		}
		if e.Message == "" {
			e.Message = "The service gave no reason"
		}
	}()
	var top map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		if strings.Contains(contentType, "html") || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
			e.Message = pageText(string(body))
		} else if strings.HasPrefix(contentType, "text/") {
			e.Message = plainText(string(body))
		}
		return
	}
	if raw, ok := top["message"]; ok {
		e.Message = strings.ReplaceAll(textOf(raw), "<br />", " ")
		e.Kind = textOf(top["title"])
		return
	}
	if raw, ok := top["errors"]; ok {
		var list []struct{ Title, Detail, Code string }
		if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
			e.Message, e.Kind = list[0].Detail, list[0].Title
		}
		return
	}
	if raw, ok := top["required_auth_methods"]; ok && json.Unmarshal(raw, &e.Methods) == nil {
		e.Message, e.Kind = "More than one method is needed to log in", "receipt"
		return
	}
	for key, raw := range top {
		var fault struct {
			Message, Title, Type string
			RetryAfter           json.RawMessage
		}
		if json.Unmarshal(raw, &fault) != nil {
			continue
		}
		e.Message, e.Kind = fault.Message, key
		if key == "error" {
			e.Kind = fault.Title
		} else if fault.Type != "" {
			e.Kind = fault.Type
		}
		if after := textOf(fault.RetryAfter); after != "" && e.retryAfter == "" {
			e.retryAfter = after
		}
	}
}

// textOf reads a JSON string or number as text.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n int
	if json.Unmarshal(raw, &n) == nil {
		return strconv.Itoa(n)
	}
	return ""
}

// plainText takes the sentence out of a plain error page: the status line and
// the sentence stand in paragraphs of their own.
func plainText(page string) string {
	parts := strings.Split(strings.ReplaceAll(page, "\r", ""), "\n\n")
	for _, part := range parts[min(1, len(parts)-1):] {
		if line := strings.Join(strings.Fields(part), " "); line != "" {
			return clip(line)
		}
	}
	return ""
}

// pageText takes the readable text out of an HTML error page.
func pageText(page string) string {
	if _, body, ok := strings.Cut(page, "<body"); ok {
		_, page, _ = strings.Cut(body, ">")
	}
	var text strings.Builder
	inTag := false
	for _, r := range page {
		switch {
		case r == '<':
			inTag = true
			text.WriteByte(' ')
		case r == '>':
			inTag = false
		case !inTag:
			text.WriteRune(r)
		}
	}
	return clip(strings.Join(strings.Fields(text.String()), " "))
}

func clip(s string) string {
	const most = 500
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
