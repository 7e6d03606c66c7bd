package nova

import (
	"context"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func migrationCommands() []command {
	migrationArg := arg.Arg{Dest: "migration", Metavar: "<migration>", Help: "Number of the migration; see server-migration-list."}
	force := arg.Arg{Flags: "--force", Action: arg.StoreTrue, Versions: "2.30-2.67", Help: "Do not ask the scheduler whether the host is fit. Better leave it out."}
	evacuateForce := force
	evacuateForce.Versions = "2.29-2.67"
	filters := []arg.Arg{
		{Flags: "--instance-uuid", Metavar: "<instance_uuid>", Help: "Only those of this server."},
		{Flags: "--host", Metavar: "<host>", Help: "Only those from or to this host."},
		{Flags: "--status", Metavar: "<status>", Help: "Only those of this status."},
		{Flags: "--migration-type", Metavar: "<migration_type>", Help: "Only those of this kind: evacuation, live-migration, migration or resize."},
		{Flags: "--source-compute", Metavar: "<source_compute>", Help: "Only those from this host."},
	}
	paged := append(filters[:len(filters):len(filters)], markerArg, limitArg, sinceArg)
	owned := append(paged[:len(paged):len(paged)], beforeArg,
		arg.Arg{Flags: "--project-id", Metavar: "<project_id>", Versions: "2.80", Help: "Only those of servers of this project."},
		arg.Arg{Flags: "--user-id", Metavar: "<user_id>", Versions: "2.80", Help: "Only those that this user began."})
	const summary = "List moves of servers between hosts, newest first."
	return []command{
		{
			Name: "migrate", Summary: "Move a server to another host, off and on again.", Run: migrate,
			Args: []arg.Arg{
				serverArg,
				{Flags: "--host", Metavar: "<host>", Versions: "2.56", Help: "Where to; the scheduler picks a host if not given."},
				{Flags: "--poll", Action: arg.StoreTrue, Help: "Wait until it is there."},
			},
		},
		{
			Name: "live-migration", Summary: "Move a running server to another host.", Run: liveMigration,
			Args: append([]arg.Arg{
				serverArg,
				{Dest: "host", Metavar: "<host>", Nargs: "?", Help: "Where to; the scheduler picks a host if not given."},
			}, append(liveArgs(), force)...),
		},
		{
			Name: "live-migration-force-complete", Summary: "Make a live migration end, at the price of a pause.", Versions: "2.22",
			Run: liveMigrationForceComplete, Args: []arg.Arg{serverArg, migrationArg},
		},
		{
			Name: "live-migration-abort", Summary: "Stop a live migration; the server stays where it is.", Versions: "2.24",
			Run: liveMigrationAbort, Args: []arg.Arg{serverArg, migrationArg},
		},
		{Name: "server-migration-list", Summary: "List the live migrations of a server that are going on.", Versions: "2.23", Run: serverMigrationList, Args: []arg.Arg{serverArg}},
		{Name: "server-migration-show", Summary: "Show a live migration of a server that is going on.", Versions: "2.23", Run: serverMigrationShow, Args: []arg.Arg{serverArg, migrationArg}},
		{Name: "migration-list", Summary: summary, Versions: "2.0-2.58", Run: migrationList, Args: filters},
		{Name: "migration-list", Summary: summary, Versions: "2.59-2.65", Run: migrationList, Args: paged},
		{Name: "migration-list", Summary: summary, Versions: "2.66", Run: migrationList, Args: owned},
		{
			Name: "evacuate", Summary: "Build a server again on another host because its own is down.", Run: evacuate,
			Args: []arg.Arg{
				serverArg,
				{Dest: "host", Metavar: "<host>", Nargs: "?", Help: "Where to; the scheduler picks a host if not given."},
				{Flags: "--password", Metavar: "<password>", Help: "New password of the administrator in the server; not with shared storage."},
				{Flags: "--on-shared-storage", Action: arg.StoreTrue, Versions: "2.0-2.13", Help: "The server's disks are still there."},
				evacuateForce,
			},
		},
	}
}

// liveArgs are the options of live migrations that differ by version.
func liveArgs() []arg.Arg {
	return []arg.Arg{
		{Flags: "--block-migrate", Action: arg.StoreTrue, Default: false, Versions: "2.0-2.24", Help: "Move its disks too; not if not given."},
		{Flags: "--block-migrate", Action: arg.StoreTrue, Default: "auto", Versions: "2.25", Help: "Move its disks too; the cloud finds out if not given."},
		{Flags: "--disk-over-commit", Action: arg.StoreTrue, Default: false, Versions: "2.0-2.24", Help: "Count disks at what they take now."},
	}
}

// liveMigrate is the request for a live migration to the host that an argument names, with what the options at this
// version say.
func liveMigrate(e *verb.Env, id, target string) compute.LiveMigrate {
	in := compute.LiveMigrate{ID: id}
	if e.Args.Has(target) {
		host := e.Args.String(target)
		in.Host = &host
	}
	if block := e.Args.Value("block_migrate") == true; e.Since(25) {
		in.Block = compute.AutoBool{Set: block, Value: block}
	} else {
		in.BlockOnly = block
		in.DiskOverCommit = wire.Some(e.Args.Bool("disk_over_commit"))
	}
	if e.Args.Bool("force") {
		in.Force = wire.Some(true)
	}
	return in
}

func migrate(ctx context.Context, e *verb.Env) error {
	in := compute.Migrate{}
	if host := e.Args.String("host"); host != "" {
		in.Body = wire.Some(compute.MigrateTo{Host: wire.Some(host)})
	}
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		in.ID = id
		if _, err := client.Do(ctx, e.Compute(), compute.MigrateServer, in); err != nil || !e.Args.Bool("poll") {
			return err
		}
		return e.Poll(ctx, id, "migrating", true, "active", "verify_resize")
	})
}

func liveMigration(ctx context.Context, e *verb.Env) error {
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		in := liveMigrate(e, id, "host")
		_, err := client.Do(ctx, e.Compute(), compute.LiveMigrateServer, in)
		return err
	})
}

// evacuate finds the server first: a 404 to the action may be about the host.
func evacuate(ctx context.Context, e *verb.Env) error {
	server, err := servers(false).Find(ctx, e, e.Args.String("server"))
	if err != nil {
		return err
	}
	in := compute.Evacuate{ID: verb.Text(server, "id")}
	if e.Args.Has("host") {
		in.Host = wire.Some(e.Args.String("host"))
	}
	if e.Args.Has("password") {
		in.AdminPass = wire.Some(wire.Secret(e.Args.String("password")))
	}
	if e.Args.Bool("force") {
		in.Force = wire.Some(true)
	}
	if e.Since(14) {
		_, err = client.Do(ctx, e.Compute(), compute.EvacuateServer, in)
		return err
	}
	in.OnSharedStorage = wire.Some(e.Args.Bool("on_shared_storage"))
	reply, err := verb.Ask(ctx, e.Compute(), compute.EvacuateServer, in)
	if err != nil {
		return err
	}
	return e.Print.Show(reply, 0)
}

// onMigration calls do with a server's id and a migration's number. The server is found first: a 404 to what follows
// is about the migration.
func onMigration(ctx context.Context, e *verb.Env, do func(id, migration string) error) error {
	server, err := servers(false).Find(ctx, e, e.Args.String("server"))
	if err != nil {
		return err
	}
	return do(verb.Text(server, "id"), e.Args.String("migration"))
}

func liveMigrationForceComplete(ctx context.Context, e *verb.Env) error {
	return onMigration(ctx, e, func(id, migration string) error {
		_, err := client.Do(ctx, e.Compute(), compute.ForceServerMigration, compute.MigrationForced{Server: id, ID: migration})
		return err
	})
}

func liveMigrationAbort(ctx context.Context, e *verb.Env) error {
	return onMigration(ctx, e, func(id, migration string) error {
		_, err := client.Do(ctx, e.Compute(), compute.AbortServerMigration, compute.ServerMigrationID{Server: id, ID: migration})
		return err
	})
}

func serverMigrationShow(ctx context.Context, e *verb.Env) error {
	return onMigration(ctx, e, func(id, migration string) error {
		in := compute.ServerMigrationID{Server: id, ID: migration}
		shown, err := verb.AskFor(ctx, e.Compute(), compute.ShowServerMigration, in, "migration")
		if err != nil {
			return err
		}
		return e.Print.Show(shown, 0)
	})
}

func serverMigrationList(ctx context.Context, e *verb.Env) error {
	columns := verb.Columns("Id", "Source Node", "Dest Node", "Source Compute", "Dest Compute", "Dest Host", "Status", "Server UUID", "Created At", "Updated At")
	if e.Since(80) {
		columns = append(columns, verb.Columns("Project ID", "User ID")...)
	}
	for _, what := range [...]string{"Memory", "Disk"} {
		for _, part := range [...]string{"Total", "Processed", "Remaining"} {
			columns = append(columns, verb.Column{Name: part + " " + what + " Bytes", Value: bare(strings.ToLower(what + "_" + part + "_bytes"))})
		}
	}
	server, err := servers(false).Find(ctx, e, e.Args.String("server"))
	if err != nil {
		return err
	}
	list, err := verb.AskAll(ctx, e.Compute(), compute.ListServerMigrations, compute.ServerID{ID: verb.Text(server, "id")}, "migrations")
	if err != nil {
		return err
	}
	return e.List(columns, list, "")
}

// bare is a member that a table shows as Python prints it: None where other columns have a dash.
func bare(key string) func(out.Object) any {
	return func(o out.Object) any {
		if value, ok := o.Get(key); ok {
			return out.Verbatim(value)
		}
		return ""
	}
}

func migrationList(ctx context.Context, e *verb.Env) error {
	a := e.Args
	query := compute.MigrationQuery{
		Host: optional(a.String("host")), Status: optional(a.String("status")), ServerID: optional(a.String("instance_uuid")),
		Type: optional(a.String("migration_type")), SourceCompute: optional(a.String("source_compute")),
	}
	if e.Since(59) {
		query.Marker, query.ChangesSince = optional(a.String("marker")), optional(a.String("changes_since"))
		if limit := a.Int("limit"); limit != 0 {
			query.Limit = wire.Some(limit)
		}
		if text := query.ChangesSince.V; text != "" && !isTime(text) {
			return verb.Refuse("Invalid changes-since value: %s", text)
		}
	}
	if e.Since(66) {
		query.ChangesBefore = optional(a.String("changes_before"))
		query.ProjectID, query.UserID = optional(a.String("project_id")), optional(a.String("user_id"))
		if text := query.ChangesBefore.V; text != "" && !isTime(text) {
			return verb.Refuse("Invalid changes-before value: %s", text)
		}
	}
	list, err := verb.AskAll(ctx, e.Compute(), compute.ListMigrations, query, "migrations")
	if err != nil {
		return err
	}
	var columns []verb.Column
	if e.Since(23) {
		columns = verb.Columns("Id")
	}
	if e.Since(59) {
		columns = append(columns, verb.Column{Name: "UUID"})
	}
	columns = append(columns, verb.Columns("Source Node", "Dest Node", "Source Compute", "Dest Compute", "Dest Host", "Status", "Instance UUID")...)
	columns = append(columns, verb.Column{Name: "Old Flavor", Value: bare("old_instance_type_id")}, verb.Column{Name: "New Flavor", Value: bare("new_instance_type_id")})
	columns = append(columns, verb.Columns("Created At", "Updated At")...)
	if e.Since(23) {
		columns = append(columns, verb.Column{Name: "Type", Value: bare("migration_type")})
	}
	if e.Since(80) {
		columns = append(columns, verb.Columns("Project ID", "User ID")...)
	}
	return e.List(columns, list, "")
}
