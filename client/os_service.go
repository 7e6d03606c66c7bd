package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Services are the services of the Compute API: nova-compute on each host, and those that control. The methods that
// change one take it as List returns it: until 2.52 its host and binary name it, then its id.
type Services struct{ s *Service }

// ServiceList is the list of services: one page.
var ServiceList = onePage(compute.ListServices, func(page *compute.Services) []compute.ServiceRecord { return page.Services })

// List walks the services that match.
func (s Services) List(ctx context.Context, q compute.ServiceQuery) iter.Seq2[compute.ServiceRecord, error] {
	return Each(ctx, s.s, ServiceList, q)
}

// Enable lets the scheduler place servers there.
func (s Services) Enable(ctx context.Context, service compute.ServiceRecord) error {
	at, err := s.s.agreed(ctx)
	if err != nil {
		return err
	}
	if byUUID(at) {
		return updateService(ctx, at, compute.ServiceUpdate{ID: service.ID, Status: wire.Some("enabled")})
	}
	_, err = Do(ctx, at, compute.EnableService, compute.ServiceSwitch{Host: service.Host, Binary: service.Binary})
	return err
}

// Disable lets the scheduler place no more servers there; those that are there stay. The reason may be empty.
func (s Services) Disable(ctx context.Context, service compute.ServiceRecord, reason string) error {
	at, err := s.s.agreed(ctx)
	switch {
	case err != nil:
		return err
	case byUUID(at):
		in := compute.ServiceUpdate{ID: service.ID, Status: wire.Some("disabled")}
		if reason != "" {
			in.DisabledReason = wire.Some(reason)
		}
		return updateService(ctx, at, in)
	case reason != "":
		in := compute.ServiceDisable{Host: service.Host, Binary: service.Binary, DisabledReason: reason}
		_, err = Do(ctx, at, compute.DisableServiceReason, in)
	default:
		_, err = Do(ctx, at, compute.DisableService, compute.ServiceSwitch{Host: service.Host, Binary: service.Binary})
	}
	return err
}

// ForceDown says that a service is down although it may report, or takes that back. It needs 2.11.
func (s Services) ForceDown(ctx context.Context, service compute.ServiceRecord, down bool) error {
	at, err := s.s.agreed(ctx)
	if err != nil {
		return err
	}
	if byUUID(at) {
		return updateService(ctx, at, compute.ServiceUpdate{ID: service.ID, ForcedDown: wire.Some(down)})
	}
	in := compute.ServiceForceDown{Host: service.Host, Binary: service.Binary, ForcedDown: down}
	_, err = Do(ctx, at, compute.ForceDownService, in)
	return err
}

// Delete deletes a service, by number until 2.52 and then by UUID. Its process must not run, and its host have no
// servers.
func (s Services) Delete(ctx context.Context, id string) error {
	_, err := Do(ctx, s.s, compute.DeleteService, compute.ServiceID{ID: id})
	return err
}

// byUUID reports whether services and hypervisors are named by UUID.
func byUUID(s *Service) bool { return s.Version.AtLeast(wire.V(2, 53)) }

func updateService(ctx context.Context, s *Service, in compute.ServiceUpdate) error {
	_, err := Do(ctx, s, compute.UpdateService, in)
	return err
}
