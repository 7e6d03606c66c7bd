package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Migrations are the moves of servers between hosts.
type Migrations struct{ s *Service }

// MigrationPages is the list of migrations, newest first; before 2.59 it is one page.
var MigrationPages = Paged[compute.MigrationQuery, compute.Migrations, compute.Migration]{
	Route: compute.ListMigrations,
	Items: func(page *compute.Migrations) []compute.Migration { return page.Migrations },
	Next:  func(page *compute.Migrations) string { return nextOf(page.Links) },
	From:  func(in *compute.MigrationQuery, marker string) { in.Marker = wire.Some(marker) },
}

// List walks the migrations that match.
func (m Migrations) List(ctx context.Context, q compute.MigrationQuery) iter.Seq2[compute.Migration, error] {
	return Each(ctx, m.s, MigrationPages, q)
}
