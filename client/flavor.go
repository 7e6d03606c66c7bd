package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Flavors are the flavors of a cloud.
type Flavors struct{ s *Service }

// FlavorPages is the list of flavors with all they have.
var FlavorPages = Paged[compute.FlavorQuery, compute.Flavors, compute.Flavor]{
	Route: compute.ListFlavorsDetail,
	Items: func(page *compute.Flavors) []compute.Flavor { return page.Flavors },
	Next:  func(page *compute.Flavors) string { return nextOf(page.Links) },
	From:  func(in *compute.FlavorQuery, marker string) { in.Marker = wire.Some(marker) },
}

// List walks the flavors that match.
func (f Flavors) List(ctx context.Context, q compute.FlavorQuery) iter.Seq2[compute.Flavor, error] {
	return Each(ctx, f.s, FlavorPages, q)
}

// Get returns the flavor with an id.
func (f Flavors) Get(ctx context.Context, id string) (compute.Flavor, error) {
	out, err := Do(ctx, f.s, compute.ShowFlavor, compute.FlavorID{ID: id})
	return out.Flavor, err
}

// Create makes a flavor.
func (f Flavors) Create(ctx context.Context, flavor compute.NewFlavor) (compute.Flavor, error) {
	out, err := Do(ctx, f.s, compute.CreateFlavor, compute.FlavorCreate{Flavor: flavor})
	return out.Flavor, err
}

// Update changes a flavor's description, nil for none. It needs 2.55.
func (f Flavors) Update(ctx context.Context, id string, description *string) (compute.Flavor, error) {
	out, err := Do(ctx, f.s, compute.UpdateFlavor, compute.FlavorUpdate{ID: id, Flavor: compute.FlavorNote{Note: description}})
	return out.Flavor, err
}

// Delete deletes a flavor; servers that have it keep running.
func (f Flavors) Delete(ctx context.Context, id string) error {
	_, err := Do(ctx, f.s, compute.DeleteFlavor, compute.FlavorID{ID: id})
	return err
}
