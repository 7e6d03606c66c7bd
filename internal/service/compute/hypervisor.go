package compute

import (
	"encoding/json"
	"strconv"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountHypervisors(api *httpd.API) {
	httpd.Mount(api, compute.ListHypervisors, s.listHypervisors)
	httpd.Mount(api, compute.ListHypervisorsDetail, s.listHypervisorsDetail)
	httpd.Mount(api, compute.ShowHypervisor, s.showHypervisor)
	httpd.Mount(api, compute.ShowHypervisorStatistics, s.showHypervisorStatistics)
	httpd.Mount(api, compute.SearchHypervisors, s.searchHypervisors)
	httpd.Mount(api, compute.ListHypervisorServers, s.listHypervisorServers)
	httpd.Mount(api, compute.ShowHypervisorUptime, s.showHypervisorUptime)
}

func (s *Service) listHypervisors(ctx httpd.Ctx, in compute.HypervisorQuery) (out compute.HypervisorBriefs, err error) {
	hosts, err := s.hypervisorPage(ctx, in)
	if err != nil {
		return out, err
	}
	out.Hypervisors = mapSlice(hosts, s.hypervisorBrief)
	if in.WithServers.Or(false) {
		for i := range hosts {
			if out.Hypervisors[i].Servers, err = s.serversOf(ctx, &hosts[i], ctx.At("2.75")); err != nil {
				return out, err
			}
		}
	}
	out.Links = hypervisorLinks(ctx, in, "/os-hypervisors", hosts)
	return out, nil
}

func (s *Service) listHypervisorsDetail(ctx httpd.Ctx, in compute.HypervisorQuery) (out compute.Hypervisors, err error) {
	hosts, err := s.hypervisorPage(ctx, in)
	if err != nil {
		return out, err
	}
	out.Hypervisors = make([]compute.Hypervisor, len(hosts))
	for i := range hosts {
		if out.Hypervisors[i], err = s.hypervisorView(ctx, &hosts[i], in.WithServers.Or(false)); err != nil {
			return out, err
		}
	}
	out.Links = hypervisorLinks(ctx, in, "/os-hypervisors/detail", hosts)
	return out, nil
}

// hypervisorPage reads the page that a list asks for: all until 2.32. A search
// by name is never paged.
func (s *Service) hypervisorPage(ctx httpd.Ctx, in compute.HypervisorQuery) ([]cloud.Hypervisor, error) {
	if in.Pattern.Set {
		if in.Limit.Set || in.Marker.Set {
			return nil, fault.New(fault.BadRequest, "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.")
		}
		return s.hypervisorsLike(ctx, in.Pattern.V)
	}
	if in.Limit.Set && in.Limit.V == 0 {
		return nil, nil
	}
	page := store.Page{}
	if ctx.At("2.33") {
		page.Limit = pageLimit(in.Limit)
	}
	if in.Marker.Set {
		last, err := s.hypervisorByID(ctx, in.Marker.V)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.BadRequest) {
			return nil, fault.New(fault.BadRequest, "marker [%.80s] not found", in.Marker.V)
		} else if err != nil {
			return nil, err
		}
		page.Marker = strconv.FormatInt(last.ID, 10)
	}
	return s.DB.Hypervisors(ctx, "", page)
}

func (s *Service) hypervisorsLike(ctx httpd.Ctx, pattern string) ([]cloud.Hypervisor, error) {
	hosts, err := s.DB.Hypervisors(ctx, pattern, store.Page{})
	if err == nil && len(hosts) == 0 {
		err = fault.New(fault.NotFound, "No hypervisor matching '%.255s' could be found.", pattern)
	}
	return hosts, err
}

func hypervisorLinks(ctx httpd.Ctx, in compute.HypervisorQuery, path string, hosts []cloud.Hypervisor) []wire.Link {
	if in.Pattern.Set || !ctx.At("2.33") {
		return nil
	}
	return nextLinks(ctx, path, len(hosts), pageLimit(in.Limit), func() string {
		last := hosts[len(hosts)-1]
		if ctx.At("2.53") {
			return last.UUID
		}
		return strconv.FormatInt(last.ID, 10)
	})
}

// hypervisorByID finds a hypervisor by what is its id at this version: a number
// until 2.52, then a UUID.
func (s *Service) hypervisorByID(ctx httpd.Ctx, id string) (cloud.Hypervisor, error) {
	if ctx.At("2.53") {
		if !isUUID(id) {
			return cloud.Hypervisor{}, fault.New(fault.BadRequest, "Invalid uuid %.80s", id)
		}
	} else if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return cloud.Hypervisor{}, fault.New(fault.NotFound, "Hypervisor with ID '%.80s' could not be found.", id)
	}
	return s.DB.HypervisorByID(ctx, id)
}

func (s *Service) hypervisorBrief(h *cloud.Hypervisor) compute.HypervisorBrief {
	return compute.HypervisorBrief{
		Number: h.ID, ID: h.UUID, Hostname: h.Hostname, State: serviceState(&h.Service, s.Now()), Status: serviceStatus(&h.Service),
	}
}

// serversOf lists the servers of a host; without any the member is left out, or
// with always is an empty list.
func (s *Service) serversOf(ctx httpd.Ctx, h *cloud.Hypervisor, always bool) (out wire.Opt[[]compute.HypervisorServer], err error) {
	servers, err := s.DB.ServersOnHost(ctx, h.Hostname)
	if err != nil || len(servers) == 0 && !always {
		return out, err
	}
	return wire.Some(mapSlice(servers, func(v *cloud.Server) compute.HypervisorServer {
		return compute.HypervisorServer{UUID: v.ID, Name: v.InstanceName()}
	})), nil
}

func (s *Service) hypervisorView(ctx httpd.Ctx, h *cloud.Hypervisor, withServers bool) (view compute.Hypervisor, err error) {
	brief, used := s.hypervisorBrief(h), h.Allocation
	free := h.DiskGiB - used.DiskGiB
	view = compute.Hypervisor{
		Number: brief.Number, ID: brief.ID, Hostname: brief.Hostname, State: brief.State, Status: brief.Status,
		VCPUs: h.VCPUs, MemoryMiB: h.MemoryMiB, LocalGiB: h.DiskGiB,
		VCPUsUsed: used.VCPUs, MemoryMiBUsed: used.MemoryMiB, LocalGiBUsed: used.DiskGiB,
		Type: h.Type, Version: h.Version, FreeRAMMiB: h.MemoryMiB - used.MemoryMiB, FreeDiskGiB: free, DiskLeastGiB: &free,
		RunningVMs: h.Servers, HostIP: h.HostIP, CPUInfo: h.CPUInfo,
		Service: compute.HypervisorService{
			Number: h.Service.ID, ID: h.Service.UUID, Host: h.Service.Host, DisabledReason: h.Service.DisabledReason,
		},
	}
	if view.CPUInfo == nil {
		view.CPUInfo = map[string]any{}
	}
	text, err := json.Marshal(view.CPUInfo)
	if err != nil {
		return view, err
	}
	view.CPUInfoText = string(text)
	if brief.State == "up" {
		view.Uptime = orNil(h.Uptime)
	}
	if withServers {
		view.Servers, err = s.serversOf(ctx, h, ctx.At("2.75"))
	}
	return view, err
}

func (s *Service) showHypervisor(ctx httpd.Ctx, in compute.HypervisorID) (out compute.HypervisorShown, err error) {
	h, err := s.hypervisorByID(ctx, in.ID)
	if err != nil {
		return out, err
	}
	out.Hypervisor, err = s.hypervisorView(ctx, &h, in.WithServers.Or(false))
	return out, err
}

// showHypervisorStatistics sums up the hosts that are not disabled.
func (s *Service) showHypervisorStatistics(ctx httpd.Ctx, _ wire.None) (out compute.HypervisorStatistics, err error) {
	hosts, err := s.DB.Hypervisors(ctx, "", store.Page{})
	sum := &out.Statistics
	for _, h := range hosts {
		if h.Service.Disabled {
			continue
		}
		sum.Count++
		sum.VCPUs += h.VCPUs
		sum.MemoryMiB += h.MemoryMiB
		sum.LocalGiB += h.DiskGiB
		sum.VCPUsUsed += h.Allocation.VCPUs
		sum.MemoryMiBUsed += h.Allocation.MemoryMiB
		sum.LocalGiBUsed += h.Allocation.DiskGiB
		sum.RunningVMs += h.Servers
	}
	sum.FreeRAMMiB = sum.MemoryMiB - sum.MemoryMiBUsed
	sum.FreeDiskGiB = sum.LocalGiB - sum.LocalGiBUsed
	sum.DiskLeastGiB = sum.FreeDiskGiB
	return out, err
}

func (s *Service) searchHypervisors(ctx httpd.Ctx, in compute.HypervisorID) (out compute.HypervisorMatches, err error) {
	hosts, err := s.hypervisorsLike(ctx, in.ID)
	out.Hypervisors = mapSlice(hosts, s.hypervisorBrief)
	return out, err
}

func (s *Service) listHypervisorServers(ctx httpd.Ctx, in compute.HypervisorID) (out compute.HypervisorMatches, err error) {
	hosts, err := s.hypervisorsLike(ctx, in.ID)
	if err != nil {
		return out, err
	}
	out.Hypervisors = mapSlice(hosts, s.hypervisorBrief)
	for i := range hosts {
		if out.Hypervisors[i].Servers, err = s.serversOf(ctx, &hosts[i], false); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (s *Service) showHypervisorUptime(ctx httpd.Ctx, in compute.HypervisorID) (out compute.HypervisorUptime, err error) {
	h, err := s.hypervisorByID(ctx, in.ID)
	if err != nil {
		return out, err
	}
	brief := s.hypervisorBrief(&h)
	switch {
	case brief.State != "up":
		return out, fault.New(fault.BadRequest, "Service is unavailable at this time: host %s was not heard of lately.", h.Hostname)
	case h.Uptime == "":
		return out, fault.New(fault.NotImplemented, "The driver of host %s does not tell how long it is up.", h.Hostname)
	}
	out.Hypervisor = compute.HypervisorUptimeOf{
		Number: brief.Number, ID: brief.ID, Hostname: brief.Hostname, State: brief.State, Status: brief.Status, Uptime: h.Uptime,
	}
	return out, nil
}
