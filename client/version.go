package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Newest stands for the newest version that both the service and this package's contract have. What it comes to is
// found out at the first call, and kept.
var Newest = wire.V(2, math.MaxUint16)

// newest keeps what Newest has come to for all copies of a service.
type newest struct {
	mu sync.Mutex
	v  wire.Version
}

// agreed returns the service at a version that is one, in place of Newest.
func (s *Service) agreed(ctx context.Context) (*Service, error) {
	if s.newest == nil || s.Version != Newest {
		return s, nil
	}
	s.newest.mu.Lock()
	defer s.newest.mu.Unlock()
	if s.newest.v.IsZero() {
		v, err := s.Negotiate(ctx, Asked{Version: wire.V(2, 0), Latest: true}, Range{Min: compute.MinVersion, Max: compute.MaxVersion})
		if err != nil {
			return nil, err
		}
		s.newest.v = v
	}
	return s.At(s.newest.v), nil
}

// Asked is a version as a user asks for it: 2.53, 2 or 2.latest.
type Asked struct {
	Version wire.Version
	Latest  bool
}

// ParseAsked reads X, X.Y or X.latest, and refuses with novaclient's texts.
func ParseAsked(text string) (Asked, error) {
	whole := text
	if _, err := strconv.Atoi(text); err == nil {
		whole += ".0"
	}
	major, minor, _ := strings.Cut(whole, ".")
	asked := Asked{Latest: minor == "latest"}
	if asked.Latest {
		whole = major + ".0"
	}
	v, err := wire.ParseVersion(whole)
	if err != nil {
		return Asked{}, unsupported("Invalid format of client version '%s'. Expected format 'X.Y', where X is a major part and Y is a minor part of version.", text)
	}
	if v.Major != 2 {
		shown := v.String()
		if asked.Latest {
			shown = major + ".latest"
		}
		return Asked{}, unsupported("Invalid client version '%s'. Major part should be '2'", shown)
	}
	asked.Version = v
	return asked, nil
}

func (a Asked) String() string {
	if a.Latest {
		return strconv.Itoa(int(a.Version.Major)) + ".latest"
	}
	return a.Version.String()
}

func unsupported(format string, args ...any) error {
	return &Failure{Class: UnsupportedVersion, Message: fmt.Sprintf(format, args...)}
}

// Range is the versions that a client or a server speaks; the zero Range is a
// server without microversions.
type Range struct{ Min, Max wire.Version }

// Has reports whether v is in the range.
func (r Range) Has(v wire.Version) bool { return v.AtLeast(r.Min) && r.Max.AtLeast(v) }

// Negotiate returns the version to talk, by novaclient's rules: the asked one
// when both sides have it, for latest the highest that both have, and 2.0 for
// a server without microversions (calls then carry no version). It asks the
// server for its versions unless they are remembered.
func (s *Service) Negotiate(ctx context.Context, asked Asked, own Range) (wire.Version, error) {
	oldest := wire.V(asked.Version.Major, 0)
	plain := !asked.Latest && asked.Version == oldest
	if !asked.Latest && !plain && !own.Has(asked.Version) {
		return wire.Version{}, &Failure{
			Class:   CommandError,
			Message: fmt.Sprintf("The specified version isn't supported by client. The valid version range is '%s' to '%s'", own.Min, own.Max),
		}
	}
	server, err := s.Versions(ctx)
	if err != nil {
		return wire.Version{}, err
	}
	none := server == Range{}
	switch {
	case plain && (none || server.Min == s.floor):
		return oldest, nil
	case plain:
		return wire.Version{}, unsupported("The server isn't backward compatible with Nova V2 REST API")
	case !asked.Latest && none:
		return wire.Version{}, unsupported("Server doesn't support microversions")
	case !asked.Latest && !server.Has(asked.Version):
		return wire.Version{}, unsupported("The specified version isn't supported by server. The valid version range is '%s' to '%s'", server.Min, server.Max)
	case !asked.Latest:
		return asked.Version, nil
	case none:
		return oldest, nil
	case server.Max.Less(own.Min):
		return wire.Version{}, unsupported("Server version is too old. The client valid version range is '%s' to '%s'. The server valid version range is '%s' to '%s'.", own.Min, own.Max, server.Min, server.Max)
	case own.Max.Less(server.Min):
		return wire.Version{}, unsupported("Server version is too new. The client valid version range is '%s' to '%s'. The server valid version range is '%s' to '%s'.", own.Min, own.Max, server.Min, server.Max)
	case own.Max.Less(server.Max):
		return own.Max, nil
	}
	return server.Max, nil
}

// versionsAge is how long a remembered version document is believed. A server
// that was upgraded is only talked to at its older version until then.
const versionsAge = time.Hour

// remembered is a Range between processes.
type remembered struct {
	Min, Max string
	At       int64 // Unix time
}

func (s *Service) versionsKey(base string) string { return "versions " + base }

// Versions returns the server's versions, from its version document at the
// endpoint or, when that is not found, one path segment above it. A server
// that refuses to show it (401) counts as one without microversions, as in
// novaclient.
func (s *Service) Versions(ctx context.Context) (Range, error) {
	if _, err := s.session.Token(ctx); err != nil {
		return Range{}, err
	}
	base, err := s.Base(ctx)
	if err != nil {
		return Range{}, err
	}
	now := s.transport.clock.Now()
	var known remembered
	if json.Unmarshal(s.session.Recall(s.versionsKey(base)), &known) == nil {
		age := now.Sub(time.Unix(known.At, 0))
		if r, err := parseRange(known.Min, known.Max); err == nil && age >= 0 && age < versionsAge {
			return r, nil
		}
	}
	r, err := s.askVersions(ctx, base)
	if err != nil {
		return Range{}, err
	}
	known = remembered{At: now.Unix()}
	if r != (Range{}) {
		known.Min, known.Max = r.Min.String(), r.Max.String()
	}
	if document, err := json.Marshal(known); err == nil {
		s.session.Remember(s.versionsKey(base), document)
	}
	return r, nil
}

func (s *Service) askVersions(ctx context.Context, base string) (Range, error) {
	ask := s.At(wire.Version{}).For("find the versions of " + s.Type)
	request := &Request{Purpose: ask.purpose, Service: s.Type, Route: compute.ShowVersion.Name, Method: http.MethodGet}
	response, err := ask.send(ctx, "", false, request)
	if errors.Is(err, ErrNotFound) {
		// The endpoint has a project id below the version: ask above it.
		if above := base[:strings.LastIndex(base, "/")+1]; !strings.HasSuffix(above, "://") {
			response, err = ask.sendTo(ctx, above, request)
		}
	}
	if refusal := (*Error)(nil); errors.As(err, &refusal) && refusal.Status == http.StatusNotFound && refusal.Hint == "" {
		refusal.Hint = "There may be no " + s.Type + " service at " + base + ": check --os-endpoint-override, or what the catalog has."
	}
	switch {
	case errors.Is(err, ErrUnauthorized):
		return Range{}, nil
	case err != nil:
		return Range{}, err
	}
	return readRange(response.Body, base)
}

// sendTo sends to a URL instead of below the endpoint.
func (s *Service) sendTo(ctx context.Context, at string, r *Request) (*Response, error) {
	token, err := s.session.Token(ctx)
	if err != nil {
		return nil, err
	}
	again := *r
	again.URL, again.Header = at, http.Header{}
	if token != "" {
		again.Header.Set("X-Auth-Token", token.Reveal())
	}
	return s.transport.Send(ctx, &again)
}

// versionDocument is the part of a version document that says the range.
type versionDocument struct {
	Version  *versionEntry
	Versions json.RawMessage
}

type versionEntry struct {
	ID         string
	Status     string
	Version    string
	MaxVersion string `json:"max_version"`
	MinVersion string `json:"min_version"`
	Links      []wire.Link
}

func readRange(body []byte, base string) (Range, error) {
	var document versionDocument
	bad := &Failure{Class: BadReply, Message: base + " does not answer with a version document: check that it is the URL of the service."}
	if err := json.Unmarshal(body, &document); err != nil {
		bad.Cause = err
		return Range{}, bad
	}
	entry := document.Version
	if entry == nil {
		// The endpoint has no version: the list of versions is there.
		var list []versionEntry
		if json.Unmarshal(document.Versions, &list) != nil {
			return Range{}, bad
		}
		for i := range list {
			if list[i].Version != "" && strings.HasPrefix(list[i].ID, "v2") {
				entry = &list[i]
			}
		}
		if entry == nil {
			return Range{}, bad
		}
	}
	highest := entry.Version
	if highest == "" {
		highest = entry.MaxVersion
	}
	r, err := parseRange(entry.MinVersion, highest)
	if err != nil {
		bad.Cause = err
		return Range{}, bad
	}
	return r, nil
}

func parseRange(lowest, highest string) (Range, error) {
	if highest == "" {
		return Range{}, nil
	}
	low, err := wire.ParseVersion(lowest)
	if err != nil {
		return Range{}, err
	}
	high, err := wire.ParseVersion(highest)
	return Range{low, high}, err
}
