package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// identityURL returns the URL of identity v3: the auth URL when it says v3,
// else what the version list there says.
func (s *Session) identityURL(ctx context.Context) (string, error) {
	given := strings.TrimSuffix(strings.TrimRight(s.config.Get(AuthURL), "/"), "/auth/tokens")
	u, err := url.Parse(given)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		if !strings.Contains(given, "@") { // else it may hold a password
			return "", settingError("The auth URL %q (%s) must look like http://HOST:5000/v3.", given, s.origin(AuthURL))
		}
		return "", settingError("The auth URL (%s) must look like http://HOST:5000/v3.", s.origin(AuthURL))
	}
	last := u.Path[strings.LastIndex(u.Path, "/")+1:]
	switch {
	case last == "v3" || strings.HasPrefix(last, "v3."):
		return given, nil
	case last == "v2" || last == "v2.0":
		return "", settingError("Identity API v2.0 is not supported (%s): use the URL that ends in /v3.", s.origin(AuthURL))
	}
	response, err := s.transport.Send(ctx, &client.Request{
		Purpose: "find the versions of identity", Service: identity.Service, Route: identity.ListVersions.Name,
		Method: http.MethodGet, URL: given + "/",
	})
	if refusal := (*client.Error)(nil); errors.As(err, &refusal) && refusal.Status < 500 {
		return "", s.notIdentity(given, nil)
	} else if err != nil {
		return "", err
	}
	self, ok := selfOfV3(response.Body)
	if !ok {
		return "", s.notIdentity(given, nil)
	}
	at, err := joinVersion(u, self)
	if err != nil {
		return "", s.notIdentity(given, err)
	}
	return at, nil
}

func (s *Session) notIdentity(at string, cause error) error {
	return &client.Failure{
		Class: client.DiscoveryFailure, Cause: cause,
		Message: "Could not find versioned identity endpoints when attempting to authenticate. Please check that your auth_url is correct: " + shownURL(at) + " (" + s.origin(AuthURL) + ") does not list an identity API v3.",
	}
}

// selfOfV3 finds version 3 in a version list or document.
func selfOfV3(body []byte) (string, bool) {
	type version struct {
		ID    string
		Links []wire.Link
	}
	var document struct {
		Versions json.RawMessage
		Version  *version
	}
	if json.Unmarshal(body, &document) != nil {
		return "", false
	}
	var wrapped struct{ Values []version }
	var list []version
	if json.Unmarshal(document.Versions, &wrapped) == nil {
		list = wrapped.Values
	} else if json.Unmarshal(document.Versions, &list) != nil {
		list = nil
	}
	if document.Version != nil {
		list = append(list, *document.Version)
	}
	for _, v := range list {
		if v.ID != "v3" && !strings.HasPrefix(v.ID, "v3.") {
			continue
		}
		for _, link := range v.Links {
			if link.Rel == "self" {
				return link.Href, true
			}
		}
	}
	return "", false
}

// joinVersion takes the path of a version document's link, and scheme and host
// of the URL that was asked: those of links are often of an inner network, and
// a password must not go to another host because a reply said so. When the
// hosts differ only the version at the end of the path is taken.
func joinVersion(asked *url.URL, self string) (string, error) {
	below := *asked
	below.Path = strings.TrimRight(asked.Path, "/") + "/"
	link, err := below.Parse(self)
	if err != nil {
		return "", err
	}
	at := below
	at.Path, at.RawPath, at.RawQuery = strings.TrimRight(link.Path, "/"), "", ""
	if link.Host != asked.Host {
		at.Path = below.Path + at.Path[strings.LastIndex(at.Path, "/")+1:]
	}
	return at.String(), nil
}
