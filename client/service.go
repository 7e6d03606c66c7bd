package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
)

// Session says who is calling and where services are. auth.Session is the one
// that logs in; Static is the one that is told.
type Session interface {
	// Token returns a valid token, or "" to call without one.
	Token(ctx context.Context) (wire.Secret, error)
	// Renew returns another token after the service refused stale, or "" when
	// there is no way to get one.
	Renew(ctx context.Context, stale wire.Secret) (wire.Secret, error)
	// Endpoint returns the URL of a service, as the catalog has it.
	Endpoint(ctx context.Context, service string) (string, error)
	// Recall and Remember keep small documents between processes, where there
	// is a cache; Remember with nil forgets.
	Recall(key string) []byte
	Remember(key string, document []byte)
}

// Static is a Session with a token and endpoints that are given, as with
// --os-token and --os-endpoint-override.
type Static struct {
	AuthToken wire.Secret
	Endpoints map[string]string // by service type
}

// Token returns the given token.
func (s Static) Token(context.Context) (wire.Secret, error) { return s.AuthToken, nil }

// Renew has no other token to give.
func (s Static) Renew(context.Context, wire.Secret) (wire.Secret, error) { return "", nil }

// Endpoint returns the given URL.
func (s Static) Endpoint(_ context.Context, service string) (string, error) {
	if url, ok := s.Endpoints[service]; ok {
		return url, nil
	}
	return "", &Failure{Class: EndpointNotFound, Message: "No endpoint is given for the " + service + " service: set it with --os-endpoint-override or log in without a fixed endpoint."}
}

// Recall remembers nothing.
func (s Static) Recall(string) []byte { return nil }

// Remember remembers nothing.
func (s Static) Remember(string, []byte) {}

// Service is one API of a cloud, at one version, for one session.
type Service struct {
	Type    string       // in the catalog: compute, image, identity
	Version wire.Version // of every call, or Newest; zero when the service has none

	place     func(endpoint string) string // where routes stand
	purpose   string
	name      string // in the OpenStack-API-Version header; empty when there are no microversions
	legacy    string // older header for the version
	floor     wire.Version
	newest    *newest // what Newest has come to; nil when there are no microversions
	transport *Transport
	session   Session
}

// NewService returns the service of a type: compute, image, identity or any
// other of the catalog. A service with microversions is at Newest.
func NewService(kind string, t *Transport, s Session) *Service {
	v := &Service{Type: kind, transport: t, session: s, purpose: "call", place: trimSlash}
	switch kind {
	case compute.Service:
		v.name, v.legacy = compute.Service, compute.LegacyHeader
		v.floor, v.Version, v.newest = compute.MinVersion, Newest, &newest{}
	case image.Service:
		v.place = RootOf // its routes have /v2 in their paths
	case identity.Service:
		v.place = belowV3
	}
	return v
}

// Root returns the service with its routes at the root, above any version: the
// list of versions is there.
func (s *Service) Root() *Service {
	other := *s
	other.place = RootOf
	return &other
}

// At returns the service at another version.
func (s *Service) At(v wire.Version) *Service {
	other := *s
	other.Version = v
	return &other
}

// For returns the service with another purpose in its traces.
func (s *Service) For(purpose string) *Service {
	other := *s
	other.purpose = purpose
	return &other
}

// Do calls a route of the service: the one function that all others stand on.
// Errors are *Error for a refusal and *Failure for no usable reply. A token
// that the service refuses is renewed once. When Out has a body:"stream" field
// the caller closes it.
func Do[In, Out any](ctx context.Context, s *Service, route wire.Route[In, Out], in In) (Out, error) {
	var none Out
	info := route.Info()
	if !info.Public {
		var err error
		if s, err = s.agreed(ctx); err != nil {
			return none, err
		}
	}
	version := s.Version
	if !s.floor.IsZero() && version.Less(s.floor) {
		version = s.floor // 2.0 is what a server without microversions talks: the lowest
	}
	if s.name != "" && !info.Span.Has(version) {
		return none, &Failure{Class: UnsupportedVersion, Message: spanText(info, version)}
	}
	call, err := route.Call(in, version)
	if early := (*wire.VersionError)(nil); errors.As(err, &early) {
		return none, &Failure{Class: UnsupportedVersion, Message: "The request " + info.Name + " cannot be made like this: " + early.Error() + ".", Cause: err}
	} else if err != nil {
		return none, &Failure{Class: CommandError, Message: "The request for " + info.Name + " cannot be written: " + err.Error() + ".", Cause: err}
	}
	path := call.Path
	if len(call.Query) > 0 {
		path += "?" + call.Query.Encode()
	}
	response, err := s.send(ctx, path, info.Public, &Request{
		Purpose: s.purpose, Service: s.Type, Route: info.Name, Policy: info.Policy.Name, Version: s.Version,
		Method: call.Method, Header: call.Header, Body: call.Body, Stream: call.Stream, Streams: route.Streams(),
	})
	if err != nil {
		return none, err
	}
	if response.Status/100 != 2 && response.Status != route.Status.At(version) {
		if response.Stream != nil {
			_ = response.Stream.Close()
		}
		return none, &Failure{
			Class: BadReply, Cause: ErrShape,
			Message: fmt.Sprintf("The %s service answered %s with status %d: check that its endpoint is right, with its version (such as /v2.1) where it needs one.", s.Type, info.Name, response.Status),
		}
	}
	out, err := route.ReadReply(s.answeredAt(response.Header, version), response.Header, response.Body, response.Stream)
	if err != nil {
		if response.Stream != nil {
			_ = response.Stream.Close()
		}
		return none, &Failure{
			Class: BadReply, Cause: errors.Join(ErrShape, err),
			Message: fmt.Sprintf("The reply to %s is not what the %s service answers (%s): check that its URL is right.", info.Name, s.Type, oddity(response.Body, err)),
		}
	}
	return out, nil
}

// oddity says for people what a reply is instead of what it should be.
func oddity(body []byte, err error) string {
	start := bytes.TrimSpace(body)
	switch {
	case len(start) == 0:
		return "it is empty"
	case start[0] == '<':
		if text := pageText(string(start)); text != "" && len(text) <= 100 {
			return "it is a web page: " + text
		}
		return "it is a web page"
	case !json.Valid(body):
		return "it is not JSON, or not all of it"
	}
	return clip(err.Error())
}

func spanText(info wire.Info, v wire.Version) string {
	switch span := info.Span; {
	case v.Less(span.From):
		return fmt.Sprintf("API version '%s' is not supported on '%s': it needs %s or later.", v, info.Name, span.From)
	default:
		return fmt.Sprintf("API version '%s' is not supported on '%s': it ended with %s (--os-compute-api-version asks for an older one).", v, info.Name, span.To)
	}
}

// answeredAt is the version that the service says it answered at.
func (s *Service) answeredAt(h http.Header, asked wire.Version) wire.Version {
	if s.name == "" {
		return asked
	}
	for _, value := range h.Values(versionHeader) {
		name, text, _ := strings.Cut(strings.TrimSpace(value), " ")
		if strings.EqualFold(name, s.name) {
			if v, err := wire.ParseVersion(strings.TrimSpace(text)); err == nil {
				return v
			}
		}
	}
	return asked
}

const versionHeader = "OpenStack-API-Version"

// versionHeaders asks for the service's version as novaclient does: the old
// header always, the new one from 2.27, where servers began to know it.
func (s *Service) versionHeaders(h http.Header) {
	if s.name == "" || s.Version.Minor == 0 {
		return
	}
	if s.legacy != "" {
		h.Set(s.legacy, s.Version.String())
	}
	if s.legacy == "" || s.Version.Minor >= 27 {
		h.Set(versionHeader, s.name+" "+s.Version.String())
	}
}

// send completes a request with endpoint, token and version, and renews the
// token once.
func (s *Service) send(ctx context.Context, path string, public bool, r *Request) (*Response, error) {
	var token wire.Secret
	var err error
	if !public {
		if token, err = s.session.Token(ctx); err != nil {
			return nil, err
		}
	}
	var up *upload
	if r.Stream != nil {
		up = newUpload(r.Stream)
	}
	for renewed := false; ; renewed = true {
		base, err := s.Base(ctx)
		if err != nil {
			return nil, err
		}
		again := *r
		again.URL = base + path
		if again.Header = r.Header.Clone(); again.Header == nil {
			again.Header = http.Header{}
		}
		s.versionHeaders(again.Header)
		if token != "" {
			again.Header.Set("X-Auth-Token", token.Reveal())
		}
		again.upload = up
		response, err := s.transport.Send(ctx, &again)
		if errors.Is(err, ErrNotAcceptable) {
			s.session.Remember(s.versionsKey(base), nil) // the server is not what it was
		}
		if refusal := (*Error)(nil); renewed && errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized && refusal.Hint == "" {
			refusal.Hint = "The token is new, so " + s.Type + " cannot check it or has another clock than identity: ask who runs the cloud."
		}
		if renewed || public || !errors.Is(err, ErrUnauthorized) || !up.again(ctx) {
			return response, err
		}
		fresh, renewErr := s.session.Renew(ctx, token)
		if renewErr != nil {
			return nil, renewErr
		}
		if fresh == "" {
			return nil, err
		}
		token = fresh
	}
}

// Base returns the URL that the service's routes stand below.
func (s *Service) Base(ctx context.Context) (string, error) {
	endpoint, err := s.session.Endpoint(ctx, s.Type)
	if err != nil {
		return "", err
	}
	return s.place(endpoint), nil
}

func trimSlash(endpoint string) string { return strings.TrimRight(endpoint, "/") }

// belowV3 adds the version that catalogs leave out of identity's URL.
func belowV3(endpoint string) string {
	endpoint = trimSlash(endpoint)
	if RootOf(endpoint) == endpoint {
		endpoint += "/v3"
	}
	return endpoint
}

// RootOf returns the URL of a service's root: its endpoint up to the version,
// without a slash at the end.
func RootOf(endpoint string) string {
	endpoint = trimSlash(endpoint)
	scheme, rest, ok := strings.Cut(endpoint, "://")
	if !ok {
		return endpoint
	}
	host, path, _ := strings.Cut(rest, "/")
	root := scheme + "://" + host
	for part := range strings.SplitSeq(path, "/") {
		if len(part) >= 2 && part[0] == 'v' && part[1] >= '0' && part[1] <= '9' {
			return root
		}
		root += "/" + part
	}
	return trimSlash(root)
}
