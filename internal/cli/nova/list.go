package nova

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/pytext"
	"github.com/novalet/novalet/internal/cli/verb"
)

func listCommands() []command {
	return []command{{
		Name: "list", Summary: "List servers.", Run: list,
		Args: []arg.Arg{
			{Flags: "--reservation-id", Metavar: "<reservation-id>", Help: "Only those of this reservation."},
			{Flags: "--ip", Metavar: "<ip-regexp>", Help: "Only those with an IPv4 address that matches."},
			{Flags: "--ip6", Metavar: "<ip6-regexp>", Help: "Only those with an IPv6 address that matches."},
			{Flags: "--name", Metavar: "<name-regexp>", Help: "Only those whose name matches."},
			{Flags: "--status", Metavar: "<status>", Help: "Only those of this status."},
			{Flags: "--flavor", Metavar: "<flavor>", Help: "Only those of this flavor, by name or ID."},
			{Flags: "--image", Metavar: "<image>", Help: "Only those of this image, by name or ID."},
			{Flags: "--host", Metavar: "<hostname>", Help: "Only those on this host (for administrators)."},
			{Flags: "--all-tenants", Metavar: "<0|1>", Nargs: "?", Type: arg.Int, Const: 1, Default: 0, Help: "Those of all projects (for administrators). env[ALL_TENANTS]"},
			{Flags: "--tenant", Metavar: "<tenant>", Nargs: "?", Help: "Only those of this project (for administrators)."},
			{Flags: "--user", Metavar: "<user>", Nargs: "?", Help: "Only those of this user (before 2.83 for administrators)."},
			{Flags: "--deleted", Action: arg.StoreTrue, Help: "Only deleted ones (for administrators)."},
			{Flags: "--fields", Metavar: "<fields>", Help: "Columns to show, parted by commas: the properties that show shows."},
			{Flags: "--minimal", Action: arg.StoreTrue, Help: "Only ID and name."},
			{Flags: "--sort", Metavar: "<key>[:<direction>]", Help: "Sort by keys, parted by commas, each with :asc or :desc; :desc if not said."},
			markerArg,
			{Flags: "--limit", Metavar: "<limit>", Type: arg.Int, Help: "At most so many; -1 for all, page by page. The server may have a lower limit of its own."},
			{Flags: "--availability-zone", Metavar: "<availability_zone>", Help: "Only those in this zone (before 2.83 for administrators)."},
			{Flags: "--key-name", Metavar: "<key_name>", Help: "Only those with this key pair (before 2.83 for administrators)."},
			{Flags: "--config-drive", Action: arg.StoreTrue, Default: arg.None, Group: "config_drive", Help: "Only those with a config drive (before 2.83 for administrators)."},
			{Flags: "--no-config-drive", Dest: "config_drive", Action: arg.StoreFalse, Group: "config_drive", Help: "Only those without (before 2.83 for administrators)."},
			{Flags: "--progress", Metavar: "<progress>", Help: "Only those of this progress (before 2.83 for administrators)."},
			{Flags: "--vm-state", Metavar: "<vm_state>", Help: "Only those of this vm_state (before 2.83 for administrators)."},
			{Flags: "--task-state", Metavar: "<task_state>", Help: "Only those of this task_state (before 2.83 for administrators)."},
			{Flags: "--power-state", Metavar: "<power_state>", Help: "Only those of this power_state, a number (before 2.83 for administrators)."},
			sinceArg,
			beforeArg,
			{Flags: "--tags", Metavar: "<tags>", Versions: "2.26", Help: "Only those with all of these tags, parted by commas."},
			{Flags: "--tags-any", Dest: "tags-any", Metavar: "<tags-any>", Versions: "2.26", Help: "Only those with one of these tags."},
			{Flags: "--not-tags", Dest: "not-tags", Metavar: "<not-tags>", Versions: "2.26", Help: "Only those without all of these tags."},
			{Flags: "--not-tags-any", Dest: "not-tags-any", Metavar: "<not-tags-any>", Versions: "2.26", Help: "Only those without any of these tags."},
			{Flags: "--locked", Metavar: "<locked>", Versions: "2.73", Help: "true: only locked ones; false: only those that are not."},
		},
	}}
}

// list prints servers as their pages come.
func list(ctx context.Context, e *verb.Env) error {
	query, err := serverQuery(ctx, e)
	if err != nil {
		return err
	}
	var subject *verb.Subject
	if e.Where != nil || len(e.Print.Columns) > 0 {
		subject = serverSubject(e)
	}
	minimal, limit := e.Args.Bool("minimal"), e.Args.Int("limit")
	brief := minimal && e.Where == nil && len(e.Print.Columns) == 0
	var found iter.Seq2[out.Object, error]
	if e.Where == nil {
		found = listServers(ctx, e, query, brief, limit == -1)
	} else {
		found = e.Where.Choose(listServers(ctx, e, narrowed(e, query), false, true), subject)
		if limit > 0 {
			found = first(found, limit)
		}
	}
	shown := *e
	shown.Where = nil // has been asked, of servers as they came
	all := func(yield func(out.Object, error) bool) {
		for server, err := range found {
			if err == nil {
				addListed(&server, !minimal && e.Since(47))
			}
			if !yield(server, err) {
				return
			}
		}
	}
	return verb.WithFirst(all, func(first out.Object, all iter.Seq2[out.Object, error]) error {
		columns, err := serverColumns(e, query, first)
		if err != nil {
			return err
		}
		sortBy := columns[min(1, len(columns)-1)].Name
		if e.Args.String("sort") != "" {
			sortBy = ""
		}
		return shown.Stream(columns, all, sortBy, subject)
	})
}

// first are at most n items.
func first(items iter.Seq2[out.Object, error], n int) iter.Seq2[out.Object, error] {
	return func(yield func(out.Object, error) bool) {
		left := n
		for item, err := range items {
			if left--; !yield(item, err) || left == 0 {
				return
			}
		}
	}
}

// serverQuery is the query that the options mean; names of flavor and image are looked up.
func serverQuery(ctx context.Context, e *verb.Env) (compute.ServerQuery, error) {
	a := e.Args
	query := compute.ServerQuery{
		ReservationID: optional(a.String("reservation_id")), IP: optional(a.String("ip")), IP6: optional(a.String("ip6")),
		Name: optional(a.String("name")), TenantID: optional(a.String("tenant")), UserID: optional(a.String("user")),
		Host: optional(a.String("host")), ChangesSince: optional(a.String("changes_since")), ChangesBefore: optional(a.String("changes_before")),
		Zone: optional(a.String("availability_zone")), KeyName: optional(a.String("key_name")), Progress: optional(a.String("progress")),
		VMState: optional(a.String("vm_state")), TaskState: optional(a.String("task_state")), PowerState: optional(a.String("power_state")),
		Tags: optional(a.String("tags")), TagsAny: optional(a.String("tags-any")), NotTags: optional(a.String("not-tags")),
		NotTagsAny: optional(a.String("not-tags-any")), Locked: optional(a.String("locked")), Marker: optional(a.String("marker")),
	}
	if status := a.String("status"); status != "" {
		query.Status = []string{status}
	}
	if a.Has("config_drive") {
		query.ConfigDrive = wire.Some(out.Text(a.Bool("config_drive")))
	}
	if a.Bool("deleted") {
		query.Deleted = wire.Some("True")
	}
	if all := allTenants(e); all != 0 || a.String("tenant") != "" {
		query.AllTenants = wire.Some(strconv.Itoa(max(all, 1)))
	}
	if limit := a.Int("limit"); limit != 0 && limit != -1 {
		query.Limit = wire.Some(limit)
	}
	for _, dest := range [...]string{"changes_since", "changes_before"} {
		if text := a.String(dest); text != "" && !isTime(text) {
			return query, verb.Refuse("Invalid %s value: %s", strings.ReplaceAll(dest, "_", "-"), text)
		}
	}
	if sort := a.String("sort"); sort != "" {
		for _, part := range strings.Split(sort, ",") {
			key, dir, _ := strings.Cut(part, ":")
			switch dir {
			case "":
				dir = "desc"
			case "asc", "desc":
			default:
				return query, verb.Refuse("Unknown sort direction: %s", dir)
			}
			query.SortKey, query.SortDir = append(query.SortKey, key), append(query.SortDir, dir)
		}
	}
	if name := a.String("image"); name != "" {
		image, err := findImage(ctx, e, name)
		if err != nil {
			return query, err
		}
		query.Image = wire.Some(verb.Text(image, "id"))
	}
	if name := a.String("flavor"); name != "" {
		flavor, err := flavors.Find(ctx, e, name)
		if err != nil {
			return query, err
		}
		query.Flavor = wire.Some(verb.Text(flavor, "id"))
	}
	return query, nil
}

// allTenants is the option, or without it what ALL_TENANTS says.
func allTenants(e *verb.Env) int {
	if !e.Args.Given("all_tenants") {
		if yes, err := arg.Bool(e.Env("ALL_TENANTS")); err == nil && yes == true {
			return 1
		}
	}
	return e.Args.Int("all_tenants")
}

// listServers asks for one page, or for all pages.
func listServers(ctx context.Context, e *verb.Env, query compute.ServerQuery, brief, all bool) iter.Seq2[out.Object, error] {
	var behind func(q *compute.ServerQuery, marker string)
	if all {
		behind = func(q *compute.ServerQuery, marker string) { q.Marker = wire.Some(marker) }
	}
	if brief {
		return verb.AskEach(ctx, e.Compute(), compute.ListServers, query, "servers", behind)
	}
	return verb.AskEach(ctx, e.Compute(), compute.ListServersDetail, query, "servers", behind)
}

// addListed adds the members under the names that columns have them by.
func addListed(server *out.Object, embedded bool) {
	for _, name := range [...][2]string{
		{"OS-EXT-SRV-ATTR:host", "host"},
		{"OS-EXT-STS:task_state", "task_state"},
		{"OS-EXT-SRV-ATTR:instance_name", "instance_name"},
		{"OS-EXT-STS:power_state", "power_state"},
		{"hostId", "host_id"},
	} {
		if value, ok := server.Get(name[0]); ok {
			if _, there := server.Get(name[1]); !there {
				verb.Set(server, name[1], value)
			}
		}
	}
	verb.Set(server, "power_state", powerText(*server))
	if _, ok := server.Get("task_state"); !ok {
		verb.Set(server, "task_state", "N/A")
	}
	if flavor, ok := verb.Member(*server, "flavor").(out.Object); ok && embedded {
		for _, m := range flavor {
			verb.Set(server, "flavor:"+m.Key, m.Value)
		}
		verb.Set(server, "flavor", "") // its members stand in its place
	}
}

// serverColumns are the columns that the options ask for; first is nil if there are no servers.
func serverColumns(e *verb.Env, query compute.ServerQuery, first out.Object) ([]verb.Column, error) {
	if first != nil {
		columns, err := fieldColumns(e.Args.String("fields"), first, e.Since(47))
		if err != nil {
			return nil, err
		}
		if len(columns) > 0 && !e.Args.Bool("minimal") {
			return append(verb.Columns("ID"), columns...), nil
		}
	}
	if e.Args.Bool("minimal") {
		return verb.Columns("ID", "Name"), nil
	}
	columns := append(verb.Columns("ID", "Name", "Status", "Task State", "Power State"), verb.Column{Name: "Networks", Value: networksText})
	if query.AllTenants.Set {
		columns = slices.Insert(columns, 2, verb.Column{Name: "Tenant ID"})
	}
	if query.ChangesSince.Set || query.ChangesBefore.Set {
		columns = append(columns, verb.Column{Name: "Updated"})
	}
	return columns, nil
}

func networksText(server out.Object) any {
	var texts []string
	for _, n := range networksOf(server) {
		if len(n.addresses) > 0 {
			texts = append(texts, n.name+"="+strings.Join(n.addresses, ", "))
		}
	}
	return strings.Join(texts, "; ")
}

// fieldColumns are the columns of --fields: members of the first server, or networks.
func fieldColumns(fields string, first out.Object, embedded bool) ([]verb.Column, error) {
	if fields == "" {
		return nil, nil
	}
	var columns []verb.Column
	var unknown []any
	taken := map[string]bool{"id": true}
	for _, field := range strings.Split(fields, ",") {
		if _, ok := first.Get(field); !ok && field != "networks" {
			unknown = append(unknown, field)
			continue
		}
		if taken[field] {
			continue
		}
		taken[field] = true
		columns = append(columns, verb.Column{Name: fieldTitle(field), Value: fieldValue(field, embedded)})
	}
	if unknown != nil {
		return nil, verb.Refuse("Non-existent fields are specified: %s", out.Text(unknown))
	}
	return columns, nil
}

// fieldTitle is the name of a column: OS-EXT-STS: Vm State for OS-EXT-STS:vm_state.
func fieldTitle(field string) string {
	prefix, name := "", field
	if i := strings.LastIndexByte(field, ':'); i >= 0 {
		prefix, name = field[:i]+": ", field[i+1:]
	}
	name = strings.ReplaceAll(name, "_", " ")
	if name == strings.ToLower(name) || name == strings.ToUpper(name) {
		name = pytext.Title(name)
	}
	return prefix + name
}

func fieldValue(field string, embedded bool) func(out.Object) any {
	switch {
	case field == "networks":
		return networksText
	case field == "security_groups":
		return func(server out.Object) any {
			var names []string
			for _, group := range verb.Objects(server, field) {
				names = append(names, verb.Text(group, "name"))
			}
			return strings.Join(names, ", ")
		}
	case field == "flavor" && !embedded:
		return func(server out.Object) any {
			flavor, _ := verb.Member(server, field).(out.Object)
			return verb.Text(flavor, "id")
		}
	}
	return func(server out.Object) any {
		value, ok := server.Get(field)
		if !ok {
			return ""
		}
		return out.Verbatim(value)
	}
}
