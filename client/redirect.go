package client

import (
	"fmt"
	"net/http"
	"net/url"
)

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow returns where a redirect leads. One that would carry the token to
// another host, or out of TLS, is refused, and so is going round in circles.
func (t *Transport) follow(from *url.URL, response *Response, before int) (*url.URL, error) {
	location := response.Header.Get("Location")
	refuse := func(text string) error { return &Failure{Class: BadReply, Message: from.Redacted() + text} }
	next, err := from.Parse(location)
	switch {
	case location == "" || err != nil || next.Host == "" || next.Scheme != "http" && next.Scheme != "https":
		return nil, refuse(fmt.Sprintf(" answers with a redirect (HTTP %d) to nowhere: check the URL.", response.Status))
	case next.Host != from.Host:
		return nil, refuse(" sends on to another host, " + next.Scheme + "://" + next.Host + ", and no token goes there unasked: use that in the URL if it is right.")
	case from.Scheme == "https" && next.Scheme != "https":
		return nil, refuse(" sends on to " + next.Scheme + "://" + next.Host + ", without TLS, and no token goes there unasked: have the service's own URL put right.")
	case before >= maxRedirects:
		return nil, refuse(fmt.Sprintf(" sends on again after %d redirects: check the URL.", before))
	}
	return next, nil
}
