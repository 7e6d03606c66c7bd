package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Shelve stops a server and keeps it as an image. It becomes SHELVED, and SHELVED_OFFLOADED when the cloud takes it
// from its host, at once or after a time.
func (s Servers) Shelve(ctx context.Context, id string) error {
	return s.order(ctx, compute.ShelveServer, id)
}

// ShelveOffload takes a shelved server from its host now.
func (s Servers) ShelveOffload(ctx context.Context, id string) error {
	return s.order(ctx, compute.ShelveOffload, id)
}

// Unshelving is where a shelved server comes back; the zero value leaves it to the scheduler.
type Unshelving struct {
	Zone  string // from 2.77
	Unpin bool   // forget the zone that the server is bound to, from 2.91
	Host  string // for administrators, from 2.91
}

// Unshelve brings a shelved server back. What u asks for in vain at the version of the call is a *wire.VersionError.
func (s Servers) Unshelve(ctx context.Context, id string, u Unshelving) error {
	in := compute.Unshelve{ID: id}
	if u != (Unshelving{}) {
		at, err := s.s.agreed(ctx)
		if err != nil {
			return err
		}
		if u.Unpin || u.Host != "" || at.Version.AtLeast(wire.V(2, 91)) {
			target := compute.UnshelveTarget{}
			switch {
			case u.Zone != "":
				target.Zone = wire.Some(u.Zone)
			case u.Unpin:
				target.Zone = wire.Null[string]()
			}
			if u.Host != "" {
				target.Host = wire.Some(u.Host)
			}
			in.At = wire.Some(target)
		} else {
			in.To = wire.Some(compute.UnshelveZone{Zone: u.Zone})
		}
		s.s = at
	}
	_, err := Do(ctx, s.s, compute.UnshelveServer, in)
	return err
}
