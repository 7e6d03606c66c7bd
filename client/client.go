// Package client is the Go SDK of the OpenStack APIs that package api has the
// contract of. It works against any OpenStack.
//
// Everything is a route: Do calls one, Each walks the pages of a list, Until
// waits for something. The methods of Client.Servers and its like are short
// names for that.
//
//	session, err := auth.Open(config, auth.Options{})
//	c := client.New(session.Transport(), session)
//	for server, err := range c.Servers.List(ctx, compute.ServerQuery{}) { ... }
package client

import (
	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
)

// Client is a cloud as one caller sees it. It is safe for concurrent use.
type Client struct {
	Compute, Image, Identity *Service

	Flavors  Flavors
	Servers  Servers
	Keypairs Keypairs
	Images   Images

	Aggregates        Aggregates
	ServerGroups      ServerGroups
	Hypervisors       Hypervisors
	Services          Services
	Migrations        Migrations
	Usages            Usages
	UsageAudits       UsageAudits
	Quotas            Quotas
	QuotaClasses      QuotaClasses
	Limits            Limits
	AvailabilityZones AvailabilityZones
	ConsoleTokens     ConsoleTokens
	ExternalEvents    ExternalEvents

	transport *Transport
	session   Session
}

// New returns a client for a session. It does no I/O. Compute is at Newest:
// the newest version that both sides have. At sets a fixed one.
func New(t *Transport, s Session) *Client {
	return of(t, s, NewService(compute.Service, t, s), NewService(image.Service, t, s), NewService(identity.Service, t, s))
}

func of(t *Transport, session Session, compute, image, identity *Service) *Client {
	return &Client{
		Compute: compute, Image: image, Identity: identity,
		Flavors: Flavors{compute}, Servers: Servers{compute}, Keypairs: Keypairs{compute}, Images: Images{image},
		Aggregates:        Aggregates{compute},
		ServerGroups:      ServerGroups{compute},
		Hypervisors:       Hypervisors{compute},
		Services:          Services{compute},
		Migrations:        Migrations{compute},
		Usages:            Usages{compute},
		UsageAudits:       UsageAudits{compute},
		Quotas:            Quotas{compute},
		QuotaClasses:      QuotaClasses{compute},
		Limits:            Limits{compute},
		AvailabilityZones: AvailabilityZones{compute},
		ConsoleTokens:     ConsoleTokens{compute},
		ExternalEvents:    ExternalEvents{compute},
		transport:         t, session: session,
	}
}

// At returns the client with compute at another version, for the calls made
// with what is returned: c.At(wire.V(2, 1)).Servers.Get(ctx, id).
func (c *Client) At(v wire.Version) *Client {
	return of(c.transport, c.session, c.Compute.At(v), c.Image, c.Identity)
}

// Service returns any other service of the catalog.
func (c *Client) Service(kind string) *Service { return NewService(kind, c.transport, c.session) }

// Session returns the session that the client calls with.
func (c *Client) Session() Session { return c.session }
