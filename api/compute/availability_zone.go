package compute

import "github.com/novalet/novalet/api/wire"

// AvailabilityZone is a zone. Its hosts are null in the plain list.
type AvailabilityZone struct {
	Name  string                             `json:"zoneName"`
	State ZoneState                          `json:"zoneState"`
	Hosts *map[string]map[string]ZoneService `json:"hosts"` // host -> binary
}

// ZoneState says whether a zone can take servers.
type ZoneState struct {
	Available bool `json:"available"`
}

// ZoneService is one service of a host of a zone.
type ZoneService struct {
	Available bool           `json:"available"` // it was heard of lately
	Active    bool           `json:"active"`    // it is enabled
	UpdatedAt wire.MicroTime `json:"updated_at"`
}

// AvailabilityZones is the reply of both lists.
type AvailabilityZones struct {
	Zones []AvailabilityZone `json:"availabilityZoneInfo"`
}

// The routes of availability zones.
var (
	ListAvailabilityZones = wire.Route[wire.None, AvailabilityZones]{
		Name: "availability_zones.list", Method: "GET", Path: "/os-availability-zone", Status: "200",
		Policy: rule("os-availability-zone:list", always), LooseQuery: looseUntil,
	}
	ListAvailabilityZonesDetail = wire.Route[wire.None, AvailabilityZones]{
		Name: "availability_zones.detail", Method: "GET", Path: "/os-availability-zone/detail", Status: "200",
		Policy: rule("os-availability-zone:detail", admin), LooseQuery: looseUntil,
	}
)

func availabilityZoneRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListAvailabilityZones, ListAvailabilityZonesDetail}
}
