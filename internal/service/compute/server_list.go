package compute

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountServerLists(api *httpd.API) {
	httpd.Mount(api, compute.ListServers, s.listServers)
	httpd.Mount(api, compute.ListServersDetail, s.listServersDetail)
}

func (s *Service) listServers(ctx httpd.Ctx, in compute.ServerQuery) (out compute.ServerBriefs, err error) {
	out.Servers = []compute.ServerBrief{}
	filter, some, err := serverFilter(ctx, in, compute.AllProjectsList)
	if err != nil || !some {
		return out, err
	}
	servers, err := s.DB.ServerBriefs(ctx, filter)
	if err != nil {
		return out, err
	}
	out.Servers = mapSlice(servers, func(b *store.ServerBrief) compute.ServerBrief {
		return compute.ServerBrief{ID: b.ID, Name: b.Name, Links: ctx.Links("/servers/" + b.ID)}
	})
	out.Links = nextLinks(ctx, "/servers", len(servers), filter.Limit, func() string { return servers[len(servers)-1].ID })
	return out, nil
}

func (s *Service) listServersDetail(ctx httpd.Ctx, in compute.ServerQuery) (out compute.Servers, err error) {
	out.Servers = []compute.Server{}
	filter, some, err := serverFilter(ctx, in, compute.AllProjectsDetail)
	if err != nil || !some {
		return out, err
	}
	servers, err := s.DB.Servers(ctx, filter)
	if err != nil {
		return out, err
	}
	viewer, err := s.newViewer(ctx, servers)
	if err != nil {
		return out, err
	}
	out.Servers = mapSlice(servers, viewer.server)
	out.Links = nextLinks(ctx, "/servers/detail", len(servers), filter.Limit, func() string { return servers[len(servers)-1].ID })
	return out, nil
}

// given is a filter of one value as a request has it.
type given struct {
	name  string           // as the store knows it
	since string           // everyone may use it from this version; empty: administrators only
	value wire.Opt[string] // a regular expression, unless exact
	exact bool
}

// filtersOf lists the filters of one value (spec/nova-errors.md section 8). Of
// two under one name the later counts.
func filtersOf(in *compute.ServerQuery) []given {
	return []given{
		{"name", "2.1", in.Name, false},
		{"image", "2.1", in.Image, true},
		{"flavor", "2.1", in.Flavor, true},
		{"reservation_id", "2.1", in.ReservationID, false},
		{"availability_zone", "2.83", in.Zone, false},
		{"config_drive", "2.83", in.ConfigDrive, false},
		{"key_name", "2.83", in.KeyName, false},
		{"created_at", "2.83", in.CreatedAt, false},
		{"launched_at", "2.83", in.LaunchedAt, false},
		{"terminated_at", "2.83", in.TerminatedAt, false},
		{"power_state", "2.83", in.PowerState, false},
		{"progress", "2.83", in.Progress, false},
		{"task_state", "2.83", in.TaskState, true},
		{"vm_state", "2.83", in.VMState, true},
		{"user_id", "2.83", in.UserID, true},
		{"hostname", "2.90", in.Hostname, false},
		{"host", "", in.Host, true},
		{"node", "", in.Node, false},
		{"uuid", "", in.UUID, true},
		{"name", "", in.DisplayName, false},
		{"description", "", in.DisplayNote, false},
		{"image", "", in.ImageRef, true},
		{"launch_index", "", in.LaunchIndex, false},
		{"kernel_id", "", in.KernelID, false},
		{"ramdisk_id", "", in.RamdiskID, false},
		{"root_device_name", "", in.RootDevice, false},
		{"locked_by", "", in.LockedBy, false},
		{"access_ip_v4", "", in.AccessIPv4, false},
		{"access_ip_v6", "", in.AccessIPv6, false},
		{"auto_disk_config", "", in.DiskConfig, false},
	}
}

// hiddenFilters are members of Nova's records that no list may look into.
var hiddenFilters = []string{
	"block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups", "pci_devices",
}

// serverFilter turns a query into what the store looks for. Filters that the
// caller may not use are dropped; some is false when nothing can fit. Regular
// expressions are checked also where they are dropped, since the check comes
// first.
func serverFilter(ctx httpd.Ctx, in compute.ServerQuery, everywhere wire.Rule) (f store.ServerFilter, some bool, err error) {
	all := ctx.May(compute.AllFilters, ctx.Caller.OwnTarget())
	f.Match = map[string]string{}
	if all {
		for name := range ctx.URL.Query() {
			if slices.Contains(hiddenFilters, name) || strings.HasPrefix(name, "_") {
				return f, false, fault.New(fault.BadRequest, "Invalid filter field: %s.", name)
			}
		}
	}
	for _, g := range filtersOf(&in) {
		if !g.value.Set {
			continue
		}
		if _, err := regexp.Compile(g.value.V); !g.exact && (err != nil || g.value.V == "") {
			return f, false, refused(&wire.Invalid{Path: g.name, Value: g.value.V, Text: "is not a 'regex'"})
		}
		if all || g.since != "" && ctx.At(g.since) {
			f.Match[g.name] = g.value.V
		}
	}
	f.IP = in.IP.Or("")
	if all || ctx.At("2.5") {
		f.IP6 = in.IP6.Or("")
	}
	f.Tags, f.TagsAny = tagList(in.Tags), tagList(in.TagsAny)
	f.NotTags, f.NotTagsAny = tagList(in.NotTags), tagList(in.NotTagsAny)
	if in.Locked.Set {
		locked, err := strictBool(in.Locked.V)
		if err != nil {
			return f, false, err
		}
		f.Locked = &locked
	}
	if err := filterChanges(in, &f); err != nil {
		return f, false, err
	}
	some, err = filterStatus(ctx, in, &f)
	if err != nil || !some {
		return f, some, err
	}
	if !filterDeleted(ctx, in, all, &f) {
		return f, false, fault.New(fault.Forbidden, "Only administrators may list deleted instances")
	}
	if err := filterScope(ctx, in, all, everywhere, &f); err != nil {
		return f, false, err
	}
	f.Marker, f.Limit = in.Marker.Or(""), pageLimit(in.Limit)
	f.Sort, err = serverSort(ctx, in)
	return f, f.Limit > 0, err
}

// refused is the fault of a query parameter.
func refused(e *wire.Invalid) error {
	e.Query = true
	return fault.New(fault.BadRequest, "%w", e)
}

func tagList(list wire.Opt[string]) []string {
	if !list.Set {
		return nil
	}
	return strings.Split(list.V, ",")
}

func filterChanges(in compute.ServerQuery, f *store.ServerFilter) error {
	for _, bound := range []struct {
		name  string
		value wire.Opt[string]
		into  *time.Time
	}{{"changes-since", in.ChangesSince, &f.Since}, {"changes-before", in.ChangesBefore, &f.Before}} {
		if !bound.value.Set {
			continue
		}
		at, err := wire.ParseTime(bound.value.V)
		if err != nil {
			return refused(&wire.Invalid{Path: bound.name, Value: bound.value.V, Text: "is not a 'date-time' such as 2013-09-03T04:01:32Z"})
		}
		*bound.into = at
	}
	if !f.Before.IsZero() && f.Before.Before(f.Since) {
		return fault.New(fault.BadRequest, "The value of changes-since must be less than or equal to changes-before.")
	}
	return nil
}

// filterStatus reports false when no server has such a status.
func filterStatus(ctx httpd.Ctx, in compute.ServerQuery, f *store.ServerFilter) (some bool, err error) {
	if len(in.Status) == 0 {
		return true, nil
	}
	delete(f.Match, "vm_state")
	f.VMStates, f.TaskStates, _ = cloud.StatesOf(in.Status)
	if len(f.VMStates) > 0 {
		return true, nil
	}
	if ctx.At("2.38") {
		return false, fault.New(fault.BadRequest, "Invalid status value")
	}
	return false, nil
}

// filterDeleted decides whether deleted servers are seen: those changed in a
// time that was asked for are, and administrators may ask for them. It reports
// false when the caller may not.
func filterDeleted(ctx httpd.Ctx, in compute.ServerQuery, all bool, f *store.ServerFilter) bool {
	gone := false
	switch {
	case all && in.Deleted.Set:
		gone, _ = looseBool(in.Deleted.V)
		f.Deleted = &gone
	case f.Since.IsZero() && f.Before.IsZero():
		f.Deleted = &gone
	}
	f.SoftDeleted = all && in.SoftDeleted.Set
	if len(f.VMStates) == 1 && f.VMStates[0] == cloud.Deleted {
		if !ctx.Caller.Has("admin") {
			return false
		}
		gone = true
		f.Deleted = &gone
	}
	return true
}

// filterScope keeps to the caller's project, or to what an administrator chose.
func filterScope(ctx httpd.Ctx, in compute.ServerQuery, all bool, everywhere wire.Rule, f *store.ServerFilter) error {
	wide := in.AllTenants.Set
	if in.AllTenants.Set && in.AllTenants.V != "" {
		var err error
		if wide, err = strictBool(in.AllTenants.V); err != nil {
			return err
		}
	}
	switch {
	case wide:
		if err := ctx.Authorize(everywhere, ctx.Caller.OwnTarget()); err != nil {
			return err
		}
		for _, asked := range []wire.Opt[string]{in.ProjectID, in.TenantID} {
			if all && asked.Set {
				f.Match["project_id"] = asked.V
			}
		}
	case ctx.Caller.ProjectID != "":
		f.Match["project_id"] = ctx.Caller.ProjectID
	default:
		f.Match["user_id"] = ctx.Caller.UserID
	}
	return nil
}

// boolWords are what Nova reads as a boolean in a query, in any case.
const boolWords = "'0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"

func looseBool(text string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "1", "t", "true", "on", "y", "yes":
		return true, true
	case "0", "f", "false", "off", "n", "no":
		return false, true
	}
	return false, false
}

func strictBool(text string) (bool, error) {
	value, ok := looseBool(text)
	if !ok {
		return false, fault.New(fault.BadRequest, "Unrecognized value '%.80s', acceptable values are: %s", text, boolWords)
	}
	return value, nil
}

// sortKeys are what servers can be sorted by; ignoredKeys are columns of Nova's
// database that were accepted without effect until 2.74.
var (
	sortKeys = []string{
		"access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "created_at",
		"display_description", "display_name", "host", "hostname", "image_ref", "instance_type_id", "kernel_id", "key_name",
		"launch_index", "launched_at", "locked_by", "node", "power_state", "progress", "project_id", "ramdisk_id",
		"root_device_name", "task_state", "terminated_at", "updated_at", "user_id", "uuid", "vm_state",
	}
	ignoredKeys = []string{
		"architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted", "deleted_at",
		"disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on", "locked", "memory_mb",
		"os_type", "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus", "vm_mode",
	}
)

// serverSort pairs sort keys with directions; a key without one is sorted like
// the first, and that one descending.
func serverSort(ctx httpd.Ctx, in compute.ServerQuery) ([]store.Sort, error) {
	for _, dir := range in.SortDir {
		if dir != "asc" && dir != "desc" {
			return nil, refused(&wire.Invalid{Path: "sort_dir", Value: dir, Text: "is not one of ['asc', 'desc']"})
		}
	}
	if len(in.SortDir) > max(len(in.SortKey), 1) {
		return nil, fault.New(fault.BadRequest, "Sort direction size exceeds sort key size")
	}
	keys := in.SortKey
	if len(keys) == 0 {
		keys = []string{"created_at"}
	}
	var sort []store.Sort
	first := "desc"
	if len(in.SortDir) > 0 {
		first = in.SortDir[0]
	}
	for i, key := range keys {
		dir := first
		if i < len(in.SortDir) {
			dir = in.SortDir[i]
		}
		switch {
		case slices.Contains(sortKeys, key) || key == "locked" && ctx.At("2.73"):
			sort = append(sort, store.Sort{Key: key, Desc: dir == "desc"})
		case slices.Contains(ignoredKeys, key) && !ctx.At("2.75"):
			continue
		default:
			return nil, refused(&wire.Invalid{Path: "sort_key", Value: key, Text: "is not one of ['" + strings.Join(sortKeys, "', '") + "']"})
		}
		if (key == "host" || key == "node") && !ctx.Caller.Has("admin") {
			return nil, fault.New(fault.Forbidden, "Only administrators can sort servers by %s", key)
		}
	}
	return sort, nil
}
