package compute

import (
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// computeBinary is the service that has guests; only it can be disabled.
const computeBinary = "nova-compute"

func (s *Service) mountServices(api *httpd.API) {
	httpd.Mount(api, compute.ListServices, s.listServices)
	httpd.Mount(api, compute.UpdateService, s.updateService)
}

func (s *Service) listServices(ctx httpd.Ctx, in compute.ServiceQuery) (out compute.Services, err error) {
	services, err := s.DB.Services(ctx, in.Host.Or(""), in.Binary.Or(""))
	now := s.Now()
	out.Services = mapSlice(services, func(v *cloud.Service) compute.ServiceRecord { return serviceView(v, now) })
	return out, err
}

func serviceView(v *cloud.Service, now time.Time) compute.ServiceRecord {
	return compute.ServiceRecord{
		Number: v.ID, ID: v.UUID, Binary: v.Binary, Host: v.Host, Zone: v.Zone, Status: serviceStatus(v), State: serviceState(v, now),
		UpdatedAt: wire.MicroTime(lastChange(v)), DisabledReason: v.DisabledReason, ForcedDown: v.ForcedDown,
	}
}

// lastChange is when a service last said that it is alive or was changed: one
// row has both in Nova.
func lastChange(v *cloud.Service) time.Time {
	if v.SeenAt.After(v.UpdatedAt) {
		return v.SeenAt
	}
	return v.UpdatedAt
}

func serviceStatus(v *cloud.Service) string {
	if v.Disabled {
		return "disabled"
	}
	return "enabled"
}

func serviceState(v *cloud.Service, now time.Time) string {
	if v.Up(now) {
		return "up"
	}
	return "down"
}

// updateService enables or disables a compute service, or declares its host
// dead.
func (s *Service) updateService(ctx httpd.Ctx, in compute.ServiceUpdate) (out compute.ServiceShown, err error) {
	if !isUUID(in.ID) {
		return out, fault.New(fault.BadRequest, "Invalid uuid %.80s", in.ID)
	}
	var service cloud.Service
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if service, err = tx.Service(ctx, in.ID); err != nil {
			return err
		}
		if err := changeService(&service, in); err != nil {
			return err
		}
		service.UpdatedAt = s.Now()
		return tx.UpdateService(ctx, &service, service.UpdatedAt)
	})
	out.Service = serviceView(&service, s.Now())
	return out, err
}

func changeService(service *cloud.Service, in compute.ServiceUpdate) error {
	switch {
	case service.Binary != computeBinary:
		return fault.New(fault.BadRequest, "Updating a %s service is not supported. Only %s services can be updated.", service.Binary, computeBinary)
	case !in.Status.Set && !in.ForcedDown.Set:
		return fault.New(fault.BadRequest, "No updates were requested. Fields 'status' or 'forced_down' should be specified.")
	case in.DisabledReason.Set && in.Status.Or("") == "enabled":
		return fault.New(fault.BadRequest, "Specifying 'disabled_reason' with status 'enabled' is invalid.")
	}
	if in.Status.Set {
		service.Disabled = in.Status.V == "disabled"
		service.DisabledReason = in.DisabledReason.Ptr()
	}
	service.ForcedDown = in.ForcedDown.Or(service.ForcedDown)
	return nil
}

// isUUID reports whether text is a UUID in its common form.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range text {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash && c != '-' || !dash && !hex {
			return false
		}
	}
	return true
}
