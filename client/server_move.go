package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Migrate starts to move a server to another host, off and on again; it ends in VERIFY_RESIZE. Without a host the
// scheduler picks one; naming one needs 2.56.
func (s Servers) Migrate(ctx context.Context, id, host string) error {
	at, err := s.s.agreed(ctx)
	if err != nil {
		return err
	}
	in := compute.Migrate{ID: id}
	if host != "" {
		in.Body = wire.Some(compute.MigrateTo{Host: wire.Some(host)})
	}
	_, err = Do(ctx, at, compute.MigrateServer, in)
	return err
}

// LiveMigration is how a running server moves.
type LiveMigration struct {
	Host           string // empty: the scheduler picks one
	Block          *bool  // with its disks; nil leaves it to the server, or is no before 2.25
	DiskOverCommit bool   // until 2.24: count the disks at their size now
	Force          bool   // 2.30 to 2.67: do not ask the scheduler about Host
}

// LiveMigrate starts to move a running server to another host.
func (s Servers) LiveMigrate(ctx context.Context, id string, m LiveMigration) error {
	at, err := s.s.agreed(ctx)
	if err != nil {
		return err
	}
	in := compute.LiveMigrate{ID: id}
	if m.Host != "" {
		in.Host = &m.Host
	}
	if m.Block != nil {
		in.BlockOnly, in.Block = *m.Block, compute.AutoBool{Set: true, Value: *m.Block}
	}
	if m.DiskOverCommit || at.Version.Less(wire.V(2, 25)) {
		in.DiskOverCommit = wire.Some(m.DiskOverCommit)
	}
	if m.Force {
		in.Force = wire.Some(true)
	}
	_, err = Do(ctx, at, compute.LiveMigrateServer, in)
	return err
}

// Evacuation is how a server is built again on another host because its own is down.
type Evacuation struct {
	Host          string      // empty: the scheduler picks one
	Password      wire.Secret // empty: the cloud makes one up
	SharedStorage bool        // until 2.13: its disks are still there
	Force         bool        // 2.29 to 2.67: do not ask the scheduler about Host
}

// Evacuate starts to build a server again on another host; its own host must be down. Until 2.13 it returns the new
// password, where the cloud sets one.
func (s Servers) Evacuate(ctx context.Context, id string, m Evacuation) (wire.Secret, error) {
	at, err := s.s.agreed(ctx)
	if err != nil {
		return "", err
	}
	in := compute.Evacuate{ID: id}
	if m.Host != "" {
		in.Host = wire.Some(m.Host)
	}
	if m.Password != "" {
		in.AdminPass = wire.Some(m.Password)
	}
	if m.SharedStorage || at.Version.Less(wire.V(2, 14)) {
		in.OnSharedStorage = wire.Some(m.SharedStorage)
	}
	if m.Force {
		in.Force = wire.Some(true)
	}
	out, err := Do(ctx, at, compute.EvacuateServer, in)
	return out.AdminPass.Or(""), err
}

// ServerMigrationList is the list of a server's live migrations in progress: one page.
var ServerMigrationList = onePage(compute.ListServerMigrations,
	func(page *compute.ServerMigrations) []compute.ServerMigration { return page.Migrations })

// Migrations walks a server's live migrations in progress. It needs 2.23.
func (s Servers) Migrations(ctx context.Context, id string) iter.Seq2[compute.ServerMigration, error] {
	return Each(ctx, s.s, ServerMigrationList, compute.ServerID{ID: id})
}

// Migration returns a live migration in progress of a server, by its number. It needs 2.23.
func (s Servers) Migration(ctx context.Context, id, migration string) (compute.ServerMigration, error) {
	out, err := Do(ctx, s.s, compute.ShowServerMigration, compute.ServerMigrationID{Server: id, ID: migration})
	return out.Migration, err
}

// AbortMigration ends a live migration where the server is; one that is still queued from 2.65. It needs 2.24.
func (s Servers) AbortMigration(ctx context.Context, id, migration string) error {
	_, err := Do(ctx, s.s, compute.AbortServerMigration, compute.ServerMigrationID{Server: id, ID: migration})
	return err
}

// ForceMigration makes a live migration end, at the price of a pause of the server. It needs 2.22.
func (s Servers) ForceMigration(ctx context.Context, id, migration string) error {
	_, err := Do(ctx, s.s, compute.ForceServerMigration, compute.MigrationForced{Server: id, ID: migration})
	return err
}
