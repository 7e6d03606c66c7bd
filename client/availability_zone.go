package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// AvailabilityZones are the availability zones.
type AvailabilityZones struct{ s *Service }

// ZoneList and ZoneDetailList are the lists of zones, without and with their hosts: one page.
var (
	ZoneList       = onePage(compute.ListAvailabilityZones, zonesOf)
	ZoneDetailList = onePage(compute.ListAvailabilityZonesDetail, zonesOf)
)

func zonesOf(page *compute.AvailabilityZones) []compute.AvailabilityZone { return page.Zones }

// List walks the zones.
func (z AvailabilityZones) List(ctx context.Context) iter.Seq2[compute.AvailabilityZone, error] {
	return Each(ctx, z.s, ZoneList, wire.None{})
}

// Detail walks the zones with their hosts and services; for administrators.
func (z AvailabilityZones) Detail(ctx context.Context) iter.Seq2[compute.AvailabilityZone, error] {
	return Each(ctx, z.s, ZoneDetailList, wire.None{})
}
