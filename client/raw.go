package client

import (
	"context"
	"net/http"
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// Raw sends any request to a service, for what the contract does not have: with
// the session's token and the service's version, at path below the endpoint,
// such as /servers?limit=1. A version in header stands instead of the
// service's. The reply comes as it is; one of 400 or more is an *Error,
// whose Reply has it.
//
// Path may be a URL, as links in replies are. One that is not below the endpoint
// is refused: the token is not sent there.
func (s *Service) Raw(ctx context.Context, method, path string, header http.Header, body []byte) (*Response, error) {
	if strings.Contains(path, "://") {
		base, err := s.Base(ctx)
		if err != nil {
			return nil, err
		}
		below, ok := strings.CutPrefix(path, base)
		if !ok || below != "" && below[0] != '/' && below[0] != '?' {
			return nil, &Failure{Class: CommandError, Cause: errRefused, Message: path + " is not below the endpoint of the " + s.Type + " service, " + base + ": the token is not sent elsewhere."}
		}
		path = below
	}
	if path != "" && path[0] != '/' && path[0] != '?' {
		path = "/" + path
	}
	if header.Get(versionHeader) != "" || s.legacy != "" && header.Get(s.legacy) != "" {
		s = s.At(wire.Version{})
	}
	return s.send(ctx, path, false, &Request{Purpose: s.purpose, Service: s.Type, Version: s.Version, Method: method, Header: header, Body: body})
}
