package client

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// wantsTLS recognizes what servers answer who are talked to without TLS where
// they speak it: Go's, nginx, Apache, uWSGI.
func wantsTLS(body []byte) bool {
	for _, text := range [...]string{"HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port", "plain HTTP to an SSL-enabled server port"} {
		if bytes.Contains(body, []byte(text)) {
			return true
		}
	}
	return false
}

// refusal is a reply of 400 or more, with what may be the reason where the
// service cannot know it.
func (t *Transport) refusal(r *Request, target *url.URL, reply *http.Response, body []byte, x *Exchange) *Error {
	e := &Error{
		Status: reply.StatusCode, RequestID: x.RequestID, Service: r.Service, Route: r.Route,
		Method: r.Method, URL: x.URL, retryAfter: strings.TrimSpace(reply.Header.Get("Retry-After")),
	}
	e.reply = &Response{Status: reply.StatusCode, Header: reply.Header, Body: body}
	e.readFault(reply.Header.Get("Content-Type"), body)
	switch e.Status {
	case http.StatusUnauthorized:
		e.Hint = t.clockHint(target, reply)
	case http.StatusInternalServerError:
		e.Hint = "The fault is in the service at " + target.Scheme + "://" + target.Host + ": its log says more, below the request id."
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.Hint = fmt.Sprintf("The service behind %s://%s is away or too busy (asked %s): try again later, or ask who runs it.", target.Scheme, target.Host, times(x.Attempt))
	}
	return e
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}

// clockHint says when the clock there and the one here are far apart: tokens
// and certificates are only good for a time.
func (t *Transport) clockHint(target *url.URL, reply *http.Response) string {
	there, err := http.ParseTime(reply.Header.Get("Date"))
	if err != nil {
		return ""
	}
	apart := there.Sub(t.clock.Now()).Round(time.Minute)
	if apart.Abs() < clockSlack {
		return ""
	}
	which := "ahead of"
	if apart < 0 {
		which, apart = "behind", -apart
	}
	return "The clock of " + target.Host + " is " + strings.TrimSuffix(apart.String(), "0s") + " " + which + " this machine's: set both right, because tokens are only good for a time."
}
