package httpd

import (
	"context"
	"net/url"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cloud"
)

// Ctx is one request as a handler sees it: a context that knows who calls, at
// which version, and how to judge a policy rule.
type Ctx struct {
	context.Context
	Caller    *cloud.Caller // nil on a public route
	Version   wire.Version  // zero where the service has none
	RequestID string        // req-UUID, the one in the reply's headers
	URL       *url.URL      // of the request, its path below the API's prefix
	Header    Header        // of the reply

	api  *API
	base string // scheme://host
	rest string // the project segment of the URL, with its slash, or empty
}

// Header is the part of http.Header that a handler may use for its reply.
type Header interface{ Set(name, value string) }

// At reports whether the request is at version v or later: ctx.At("2.37").
func (c Ctx) At(v string) bool { return c.Version.AtLeast(wire.MustVersion(v)) }

// Authorize judges a rule on a target; a refusal is fault.Forbidden.
func (c Ctx) Authorize(rule wire.Rule, target cloud.Target) error {
	return c.api.policy.Authorize(rule.Name, c.Caller, target)
}

// May reports whether a rule lets the caller act on the target.
func (c Ctx) May(rule wire.Rule, target cloud.Target) bool {
	return c.Authorize(rule, target) == nil
}

// Self is the URL of a path below the API's root as this client reaches it:
// with version, and with the project id when the request had it.
func (c Ctx) Self(path string) string { return c.base + c.api.Prefix + c.rest + path }

// Bookmark is Self without the version segment.
func (c Ctx) Bookmark(path string) string { return c.base + c.api.Bookmark + c.rest + path }

// Links are the self and bookmark links of a path.
func (c Ctx) Links(path string) []wire.Link {
	return []wire.Link{{Rel: "self", Href: c.Self(path)}, {Rel: "bookmark", Href: c.Bookmark(path)}}
}

// Root is scheme://host as this client reaches the server.
func (c Ctx) Root() string { return c.base }
