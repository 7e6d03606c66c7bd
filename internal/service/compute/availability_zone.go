package compute

import (
	"maps"
	"slices"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/cloud"
)

// internalZone is where control services are; it is not for servers.
const internalZone = "internal"

func (s *Service) mountAvailabilityZones(api *httpd.API) {
	httpd.Mount(api, compute.ListAvailabilityZones, s.listAvailabilityZones)
	httpd.Mount(api, compute.ListAvailabilityZonesDetail, s.listAvailabilityZonesDetail)
}

func (s *Service) listAvailabilityZones(ctx httpd.Ctx, _ wire.None) (out compute.AvailabilityZones, err error) {
	zones, err := s.zones(ctx)
	out.Zones = []compute.AvailabilityZone{}
	for _, zone := range zones {
		if zone.Name != internalZone {
			zone.Hosts = nil
			out.Zones = append(out.Zones, zone)
		}
	}
	return out, err
}

func (s *Service) listAvailabilityZonesDetail(ctx httpd.Ctx, _ wire.None) (out compute.AvailabilityZones, err error) {
	out.Zones, err = s.zones(ctx)
	return out, err
}

// zones makes zones of the services in them, by name. A zone is available while
// it has an enabled service, heard of or not; of others no hosts are shown.
func (s *Service) zones(ctx httpd.Ctx) ([]compute.AvailabilityZone, error) {
	services, err := s.DB.Services(ctx, "", "")
	if err != nil {
		return nil, err
	}
	now := s.Now()
	hosts := map[string]map[string]map[string]compute.ZoneService{}
	available := map[string]bool{}
	for i := range services {
		v := &services[i]
		available[v.Zone] = available[v.Zone] || !v.Disabled
		if v.Disabled {
			continue
		}
		if hosts[v.Zone] == nil {
			hosts[v.Zone] = map[string]map[string]compute.ZoneService{}
		}
		if hosts[v.Zone][v.Host] == nil {
			hosts[v.Zone][v.Host] = map[string]compute.ZoneService{}
		}
		hosts[v.Zone][v.Host][v.Binary] = zoneService(v, v.Up(now))
	}
	zones := []compute.AvailabilityZone{}
	for _, name := range slices.Sorted(maps.Keys(available)) {
		zone := compute.AvailabilityZone{Name: name, State: compute.ZoneState{Available: available[name]}}
		if members, some := hosts[name]; some {
			zone.Hosts = &members
		}
		zones = append(zones, zone)
	}
	return zones, nil
}

func zoneService(v *cloud.Service, up bool) compute.ZoneService {
	return compute.ZoneService{Available: up, Active: !v.Disabled, UpdatedAt: wire.MicroTime(lastChange(v))}
}
