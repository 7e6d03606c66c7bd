package compute

import (
	"strings"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/cloud"
)

// viewer knows what one caller may see of servers; asked once a request.
type viewer struct {
	ctx        httpd.Ctx
	now        time.Time
	attributes bool // OS-EXT-SRV-ATTR:*
	hostStatus bool
	unknown    bool // host_status when it is UNKNOWN
	specs      bool // extra specs of the flavor
	admin      bool
	services   map[string]cloud.Service // of compute hosts, by host
	ports      map[string][]cloud.Port  // by server
	extended   bool                     // what PUT shows from 2.75 only
}

// newViewer looks up what the views of these servers need, for all at once.
func (s *Service) newViewer(ctx httpd.Ctx, servers []cloud.Server) (*viewer, error) {
	own := ctx.Caller.OwnTarget()
	v := &viewer{
		ctx: ctx, now: s.Now(), admin: ctx.Caller.Has("admin"), extended: true,
		attributes: ctx.May(compute.ServerAttributesRule, own),
		hostStatus: ctx.At("2.16") && ctx.May(compute.ServerHostStatusRule, own),
		unknown:    ctx.At("2.16") && ctx.May(compute.ServerHostUnknown, own),
		specs:      ctx.At("2.47") && ctx.May(compute.ServerFlavorSpecs, own),
		ports:      map[string][]cloud.Port{},
	}
	ids := mapSlice(servers, func(s *cloud.Server) string { return s.ID })
	ports, err := s.DB.PortsOfServers(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, p := range ports {
		v.ports[p.ServerID] = append(v.ports[p.ServerID], p)
	}
	if v.hostStatus || v.unknown {
		services, err := s.DB.Services(ctx, "", "nova-compute")
		if err != nil {
			return nil, err
		}
		v.services = map[string]cloud.Service{}
		for _, service := range services {
			v.services[service.Host] = service
		}
	}
	return v, nil
}

// progressShown are the statuses that have a progress.
const progressShown = " ACTIVE BUILD REBUILD RESIZE VERIFY_RESIZE MIGRATING "

// server is a server as this caller sees it at this version
// (spec/nova-server-view.tsv).
func (v *viewer) server(s *cloud.Server) compute.Server {
	ctx, status := v.ctx, s.Status()
	view := compute.Server{
		ID: s.ID, Name: s.Name, Status: status, Project: s.ProjectID, User: s.UserID, Metadata: s.Metadata, HostID: s.HostID(),
		Image: v.image(s), Created: wire.Time(s.CreatedAt), Updated: wire.Time(s.UpdatedAt),
		AccessIPv4: s.AccessIPv4, AccessIPv6: s.AccessIPv6, Links: ctx.Links("/servers/" + s.ID), DiskConfig: s.DiskConfig,
		Locked: s.Locked, LockedReason: s.LockedReason, Description: s.Description, Tags: s.Tags, Hints: s.Hints,
		TrustedCerts: wire.Null[[]string](),
		FlavorRef:    compute.FlavorRef{ID: s.Flavor.ID, Links: []wire.Link{{Rel: "bookmark", Href: ctx.Bookmark("/flavors/" + s.Flavor.ID)}}},
		FlavorEmbed: compute.FlavorEmbed{
			VCPUs: s.Flavor.VCPUs, RAM: s.Flavor.RAMMiB, Disk: s.Flavor.DiskGiB, Ephemeral: s.Flavor.EphemeralGiB,
			Swap: s.Flavor.SwapMiB, OriginalName: s.Flavor.Name,
		},
		Addresses: v.addresses(s),
	}
	if !s.DeletedAt.IsZero() {
		view.Tags = []string{} // they go with the server
	}
	if v.specs {
		view.FlavorEmbed.ExtraSpecs = wire.Some(s.Flavor.ExtraSpecs)
	}
	if len(s.TrustedCerts) > 0 {
		view.TrustedCerts = wire.Some(s.TrustedCerts)
	}
	if s.PinnedZone != "" {
		view.PinnedZone = &s.PinnedZone
	}
	if strings.Contains(progressShown, " "+status+" ") {
		view.Progress = wire.Some(s.Progress)
	}
	if s.Fault != nil && (status == "ERROR" || status == "DELETED") {
		f := compute.Fault{Code: s.Fault.Code, Created: wire.Time(s.Fault.Created), Message: s.Fault.Message}
		if s.Fault.Details != "" && (v.admin || s.Fault.Code != 500) {
			f.Details = wire.Some(s.Fault.Details)
		}
		view.Fault = wire.Some(f)
	}
	if v.extended {
		v.extend(&view, s)
	}
	return view
}

// extend adds what came to Nova as extensions, which PUT shows from 2.75 only.
func (v *viewer) extend(view *compute.Server, s *cloud.Server) {
	view.Zone = wire.Some(s.Zone)
	view.ConfigDrive = wire.Some("")
	if s.ConfigDrive {
		view.ConfigDrive = wire.Some("True")
	}
	view.KeyName = wire.Null[string]()
	if s.KeyName != "" {
		view.KeyName = wire.Some(s.KeyName)
	}
	view.LaunchedAt = wire.Some(wire.MicroTime(s.LaunchedAt))
	view.TerminatedAt = wire.Some(wire.MicroTime(s.TerminatedAt))
	if len(v.ports[s.ID]) > 0 {
		view.SecurityGroups = wire.Some(groupNames(s.Groups))
	}
	view.TaskState = wire.Some(orNil(string(s.State.Task)))
	view.VMState = wire.Some(string(s.State.VM))
	view.PowerState = wire.Some(int(s.Power))
	view.Volumes = wire.Some([]compute.VolumeAttached{})
	if v.attributes {
		view.Host = wire.Some(orNil(s.Host))
		view.InstanceName = wire.Some(s.InstanceName())
		view.HypervisorHost = wire.Some(orNil(s.Node))
		view.ReservationID = wire.Some(s.ReservationID)
		view.LaunchIndex = wire.Some(s.LaunchIndex)
		view.KernelID = wire.Some(&s.KernelID)
		view.RamdiskID = wire.Some(&s.RamdiskID)
		view.RootDevice = wire.Some[*string](nil)
		if s.Host != "" { // the host names it
			view.RootDevice = wire.Some(orNil(s.RootDevice))
		}
		view.UserData = wire.Some(orNil(s.UserData))
	}
	if v.attributes || v.ctx.At("2.90") {
		view.Hostname = wire.Some(s.Hostname)
	}
	status := v.status(s.Host)
	if !s.DeletedAt.IsZero() {
		status = ""
	}
	if v.hostStatus || v.unknown && status == "UNKNOWN" {
		view.HostStatus = wire.Some(status)
	}
}

// status is the host_status of a host.
func (v *viewer) status(host string) string {
	service, known := v.services[host]
	switch {
	case host == "":
		return ""
	case !known:
		return "UNKNOWN"
	case service.ForcedDown:
		return "DOWN"
	case service.Disabled:
		return "MAINTENANCE"
	case !service.Up(v.now):
		return "UNKNOWN"
	}
	return "UP"
}

func (v *viewer) image(s *cloud.Server) compute.ServerImage {
	if s.ImageID == "" {
		return compute.ServerImage{}
	}
	image := compute.ServerImage{ID: s.ImageID, Links: []wire.Link{{Rel: "bookmark", Href: v.ctx.Bookmark("/images/" + s.ImageID)}}}
	if v.ctx.At("2.98") {
		image.Properties = s.ImageProps
	}
	return image
}

// addresses groups a server's addresses by network; a server that is being
// built shows none.
func (v *viewer) addresses(s *cloud.Server) map[string][]compute.Address {
	all := map[string][]compute.Address{}
	if s.State.VM == cloud.Building {
		return all
	}
	for _, p := range v.ports[s.ID] {
		all[p.Network] = append(all[p.Network], compute.Address{Version: 4, Addr: p.IP, Type: "fixed", MAC: p.MAC})
	}
	return all
}

func groupNames(names []string) []compute.SecurityGroupName {
	return mapSlice(names, func(n *string) compute.SecurityGroupName { return compute.SecurityGroupName{Name: *n} })
}

// orNil is nil for the empty string.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
