package nova

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func zoneCommands() []command {
	return []command{{Name: "availability-zone-list", Summary: "List the availability zones; for administrators with hosts and services.", Run: zoneList}}
}

func zoneList(ctx context.Context, e *verb.Env) error {
	const key = "availabilityZoneInfo"
	zones, err := verb.AskAll(ctx, e.Compute(), compute.ListAvailabilityZonesDetail, wire.None{}, key)
	if errors.Is(err, client.ErrForbidden) {
		var plainErr error
		if zones, plainErr = verb.AskAll(ctx, e.Compute(), compute.ListAvailabilityZones, wire.None{}, key); plainErr == nil {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	var rows []out.Object
	row := func(name, status string) {
		rows = append(rows, out.Object{{Key: "name", Value: name}, {Key: "status", Value: status}})
	}
	for _, zone := range zones {
		state, _ := verb.Member(zone, "zoneState").(out.Object)
		status := "not available"
		if verb.Member(state, "available") == true {
			status = "available"
		}
		row(verb.Text(zone, "zoneName"), status)
		hosts, _ := verb.Member(zone, "hosts").(out.Object)
		hosts = slices.Clone(hosts)
		slices.SortStableFunc(hosts, func(a, b out.Member) int { return strings.Compare(a.Key, b.Key) })
		for _, host := range hosts {
			row("|- "+host.Key, "")
			services, _ := host.Value.(out.Object)
			for _, service := range services {
				row("| |- "+service.Key, serviceText(service.Value))
			}
		}
	}
	return e.List(verb.Columns("Name", "Status"), rows, "")
}

// serviceText is a service's state as novaclient prints it: enabled or disabled, :-) or XXX for up or down, and when it was
// last heard of.
func serviceText(value any) string {
	service, _ := value.(out.Object)
	enabled, up := "disabled", "XXX"
	if verb.Member(service, "active") == true {
		enabled = "enabled"
	}
	if verb.Member(service, "available") == true {
		up = ":-)"
	}
	return enabled + " " + up + " " + out.Text(verb.Member(service, "updated_at"))
}
