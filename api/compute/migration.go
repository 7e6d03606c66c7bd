package compute

import (
	"encoding/json"

	"github.com/novalet/novalet/api/wire"
)

// Migration is a move of a server between hosts, as GET /os-migrations shows it.
// Sources: API reference "Migrations"; microversions 2.23 (type and links), 2.59
// (uuid), 2.80 (user and project). Where it moves from and to is null for
// callers whom MigrationHosts does not let see it.
type Migration struct {
	ID            int64                 `json:"id"`
	UUID          string                `json:"uuid" v:"2.59"`
	SourceCompute *string               `json:"source_compute"`
	DestCompute   *string               `json:"dest_compute"`
	SourceNode    *string               `json:"source_node"`
	DestNode      *string               `json:"dest_node"`
	DestHost      *string               `json:"dest_host"` // an IP address
	OldFlavor     *int64                `json:"old_instance_type_id"`
	NewFlavor     *int64                `json:"new_instance_type_id"`
	ServerID      *string               `json:"instance_uuid"`
	Status        *string               `json:"status"`
	Type          string                `json:"migration_type" v:"2.23"` // migration, resize, live-migration or evacuation
	UserID        *string               `json:"user_id" v:"2.80"`
	ProjectID     *string               `json:"project_id" v:"2.80"`
	CreatedAt     wire.MicroTime        `json:"created_at"`
	UpdatedAt     wire.MicroTime        `json:"updated_at"`
	Links         wire.Opt[[]wire.Link] `json:"links" v:"2.23"` // of live migrations in progress
}

// MigrationQuery is what GET /os-migrations takes. Up to 2.58 other parameters
// are dropped.
type MigrationQuery struct {
	Hidden        wire.Opt[string] `query:"hidden"`
	Host          wire.Opt[string] `query:"host"` // source or destination
	ServerID      wire.Opt[string] `query:"instance_uuid"`
	SourceCompute wire.Opt[string] `query:"source_compute"`
	Status        wire.Opt[string] `query:"status"`
	Type          wire.Opt[string] `query:"migration_type"`
	Limit         wire.Opt[int]    `query:"limit" is:"min=0" v:"2.59"`
	Marker        wire.Opt[string] `query:"marker" v:"2.59"` // a uuid
	ChangesSince  wire.Opt[string] `query:"changes-since" is:"time" v:"2.59"`
	ChangesBefore wire.Opt[string] `query:"changes-before" is:"time" v:"2.66"`
	UserID        wire.Opt[string] `query:"user_id" v:"2.80"`
	ProjectID     wire.Opt[string] `query:"project_id" v:"2.80"`
}

// Migrations is the reply of GET /os-migrations.
type Migrations struct {
	Migrations []Migration `json:"migrations"`
	Links      []wire.Link `json:"migrations_links,omitempty" v:"2.59"`
}

// ServerMigration is a live migration in progress of one server, with how far
// it is. Sizes are bytes, null while they are not known. Source: API reference
// "Server migrations".
type ServerMigration struct {
	CreatedAt       wire.MicroTime `json:"created_at"`
	DestCompute     *string        `json:"dest_compute"`
	DestHost        *string        `json:"dest_host"` // an IP address
	DestNode        *string        `json:"dest_node"`
	DiskProcessed   *int64         `json:"disk_processed_bytes"`
	DiskRemaining   *int64         `json:"disk_remaining_bytes"`
	DiskTotal       *int64         `json:"disk_total_bytes"`
	ID              int64          `json:"id"`
	MemoryProcessed *int64         `json:"memory_processed_bytes"`
	MemoryRemaining *int64         `json:"memory_remaining_bytes"`
	MemoryTotal     *int64         `json:"memory_total_bytes"`
	ServerID        string         `json:"server_uuid"`
	SourceCompute   *string        `json:"source_compute"`
	SourceNode      *string        `json:"source_node"`
	Status          string         `json:"status"` // queued, preparing, running or post-migrating
	UpdatedAt       wire.MicroTime `json:"updated_at"`
	UUID            string         `json:"uuid" v:"2.59"`
	UserID          *string        `json:"user_id" v:"2.80"`
	ProjectID       *string        `json:"project_id" v:"2.80"`
}

// ServerMigrations is the reply of GET /servers/{server_id}/migrations.
type ServerMigrations struct {
	Migrations []ServerMigration `json:"migrations"`
}

// ServerMigrationShown is the reply that holds one migration of a server.
type ServerMigrationShown struct {
	Migration ServerMigration `json:"migration"`
}

// ServerMigrationID names a migration of a server, by number.
type ServerMigrationID struct {
	Server string `path:"server_id"`
	ID     string `path:"migration_id"`
}

// MigrationForced is the body of force_complete: null and nothing else.
type MigrationForced struct {
	Server string `path:"server_id"`
	ID     string `path:"migration_id"`
	Body   Null   `body:"json"`
}

// Null is a body that must be null.
type Null struct{}

// MarshalJSON writes null.
func (Null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// UnmarshalJSON takes null.
func (*Null) UnmarshalJSON(b []byte) error {
	if string(b) != "null" {
		return &wire.Invalid{Text: "is not null"}
	}
	return nil
}

// JSONSchema describes null.
func (Null) JSONSchema() wire.Schema { return wire.Schema{"type": "null"} }

// Migrate is the body of the migrate action: before 2.56 anything, since then
// null or a host.
type Migrate struct {
	ID   string              `path:"server_id"`
	Body wire.Opt[MigrateTo] `body:"json" is:"null" v:"2.56"`
}

// MigrateTo is where a server should move to; without a host the scheduler
// picks one.
type MigrateTo struct {
	Host wire.Opt[string] `json:"host" is:"null,min=1,max=255,host"`
}

// LiveMigrate is the body of the os-migrateLive action. A null host lets the
// scheduler pick one.
type LiveMigrate struct {
	ID             string         `path:"server_id"`
	Host           *string        `json:"host" is:"required,min=1,max=255,host"`
	BlockOnly      bool           `json:"-" v:"-2.24 block_migration" is:"required,loose"`
	Block          AutoBool       `json:"-" v:"2.25 block_migration" is:"required"`
	DiskOverCommit wire.Opt[bool] `json:"disk_over_commit" v:"-2.24" is:"required,loose"`
	Force          wire.Opt[bool] `json:"force" v:"2.30-2.67" is:"loose"` // do not ask the scheduler
}

// AutoBool is a boolean, or "auto" when it is not set.
type AutoBool struct{ Set, Value bool }

// MarshalJSON writes the boolean, or "auto".
func (a AutoBool) MarshalJSON() ([]byte, error) {
	if !a.Set {
		return []byte(`"auto"`), nil
	}
	return json.Marshal(a.Value)
}

// UnmarshalJSON reads "auto", or a boolean in any of the spellings that Nova
// takes.
func (a *AutoBool) UnmarshalJSON(b []byte) error {
	var text string
	switch string(b) {
	case "true", "false":
		*a = AutoBool{Set: true, Value: string(b) == "true"}
		return nil
	case `"auto"`:
		*a = AutoBool{}
		return nil
	}
	if err := json.Unmarshal(b, &text); err == nil {
		if value, ok := wire.LooseBool(text); ok {
			*a = AutoBool{Set: true, Value: value}
			return nil
		}
	}
	return &wire.Invalid{Text: "is neither a boolean nor 'auto'"}
}

// JSONSchema describes the two forms.
func (AutoBool) JSONSchema() wire.Schema {
	return wire.Schema{"enum": []any{
		"auto", true, false,
		"True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes",
		"False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no",
	}}
}

// Evacuate is the body of the evacuate action: the server is built again on
// another host because its own is down. Sources: microversions 2.14 (the server
// finds out about shared storage), 2.29 and 2.68 (force), 2.95 (it ends
// stopped).
type Evacuate struct {
	ID              string                `path:"server_id"`
	Host            wire.Opt[string]      `json:"host" is:"min=1,max=255,host"`
	OnSharedStorage wire.Opt[bool]        `json:"onSharedStorage" v:"-2.13" is:"required,loose"`
	AdminPass       wire.Opt[wire.Secret] `json:"adminPass" is:"secret"`
	Force           wire.Opt[bool]        `json:"force" v:"2.29-2.67" is:"loose"` // do not ask the scheduler
}

// Evacuated is the reply of the evacuate action until 2.13; absent when the
// cloud sets no passwords.
type Evacuated struct {
	AdminPass wire.Opt[wire.Secret] `json:"adminPass" v:"-2.13"`
}

// Rules about parts of what the routes below do.
var (
	// MigrateToHost lets a caller name the host of a migration.
	MigrateToHost = rule("os-migrate-server:migrate:host", admin)
	// LiveMigrateToHost lets a caller name the host of a live migration.
	LiveMigrateToHost = rule("os-migrate-server:migrate_live:host", admin)
	// MigrationsOfAll lets a caller list other projects' migrations.
	MigrationsOfAll = rule("os-migrations:index:all_projects", admin)
	// MigrationHosts lets a caller see the hosts of migrations.
	MigrationHosts = rule("os-migrations:index:host", admin)
	// ServerMigrationHosts lets a caller see the hosts of a server's migrations.
	ServerMigrationHosts = rule("servers:migrations:index:host", admin)
)

// The routes of migrations.
var (
	MigrateServer     = serverAction[Migrate, wire.None]("migrate", "migrate", "os-migrate-server:migrate", projectManager)
	LiveMigrateServer = serverAction[LiveMigrate, wire.None]("os-migrateLive", "migrate_live", "os-migrate-server:migrate_live", projectManager)
	EvacuateServer    = wire.Route[Evacuate, Evacuated]{
		Name: "servers.evacuate", Method: "POST", Path: "/servers/{server_id}/action", Action: "evacuate", Status: "200",
		Policy: rule("os-evacuate", admin), LooseQuery: "always",
	}
	ListServerMigrations = wire.Route[ServerID, ServerMigrations]{
		Name: "servers.migrations.list", Method: "GET", Path: "/servers/{server_id}/migrations", Status: "200", Span: "2.23",
		Policy: rule("servers:migrations:index", projectManager), LooseQuery: looseUntil,
	}
	ShowServerMigration = wire.Route[ServerMigrationID, ServerMigrationShown]{
		Name: "servers.migrations.show", Method: "GET", Path: "/servers/{server_id}/migrations/{migration_id}", Status: "200", Span: "2.23",
		Policy: rule("servers:migrations:show", admin), LooseQuery: looseUntil,
	}
	AbortServerMigration = wire.Route[ServerMigrationID, wire.None]{
		Name: "servers.migrations.abort", Method: "DELETE", Path: "/servers/{server_id}/migrations/{migration_id}", Status: "202", Span: "2.24",
		Policy: rule("servers:migrations:delete", projectManager), LooseQuery: "always",
	}
	ForceServerMigration = wire.Route[MigrationForced, wire.None]{
		Name: "servers.migrations.force_complete", Method: "POST", Path: "/servers/{server_id}/migrations/{migration_id}/action",
		Action: "force_complete", Status: "202", Span: "2.22",
		Policy: rule("servers:migrations:force_complete", projectManager), LooseQuery: "always",
	}
	ListMigrations = wire.Route[MigrationQuery, Migrations]{
		Name: "migrations.list", Method: "GET", Path: "/os-migrations", Status: "200",
		Policy: rule("os-migrations:index", projectManager), LooseQuery: "2.58",
	}
)

func migrationRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		MigrateServer, LiveMigrateServer, EvacuateServer,
		ListServerMigrations, ShowServerMigration, AbortServerMigration, ForceServerMigration, ListMigrations,
	}
}
