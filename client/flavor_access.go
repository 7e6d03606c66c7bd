package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
)

// FlavorAccessPages is the list of the projects that may use a private flavor: one page.
var FlavorAccessPages = onePage(compute.ListFlavorAccess, func(page *compute.FlavorAccessList) []compute.FlavorAccess { return page.Access })

// Access walks the projects that may use a private flavor.
func (f Flavors) Access(ctx context.Context, id string) iter.Seq2[compute.FlavorAccess, error] {
	return Each(ctx, f.s, FlavorAccessPages, compute.FlavorID{ID: id})
}

// AddAccess lets a project use a private flavor.
func (f Flavors) AddAccess(ctx context.Context, id, project string) error {
	_, err := Do(ctx, f.s, compute.AddFlavorAccess, compute.FlavorAccessChange{ID: id, Project: project})
	return err
}

// RemoveAccess no longer lets a project use a private flavor.
func (f Flavors) RemoveAccess(ctx context.Context, id, project string) error {
	_, err := Do(ctx, f.s, compute.RemoveFlavorAccess, compute.FlavorAccessChange{ID: id, Project: project})
	return err
}
