package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Aggregates are the host aggregates. They are named by number.
type Aggregates struct{ s *Service }

// AggregateList is the list of aggregates: one page.
var AggregateList = onePage(compute.ListAggregates, func(page *compute.Aggregates) []compute.Aggregate { return page.Aggregates })

// List walks the aggregates.
func (a Aggregates) List(ctx context.Context) iter.Seq2[compute.Aggregate, error] {
	return Each(ctx, a.s, AggregateList, wire.None{})
}

// Get returns the aggregate with an id.
func (a Aggregates) Get(ctx context.Context, id string) (compute.Aggregate, error) {
	out, err := Do(ctx, a.s, compute.ShowAggregate, compute.AggregateID{ID: id})
	return out.Aggregate, err
}

// Create makes an aggregate, without hosts.
func (a Aggregates) Create(ctx context.Context, aggregate compute.NewAggregate) (compute.AggregateMade, error) {
	out, err := Do(ctx, a.s, compute.CreateAggregate, compute.AggregateCreate{Aggregate: aggregate})
	return out.Aggregate, err
}

// Update changes an aggregate's name or availability zone.
func (a Aggregates) Update(ctx context.Context, id string, changes compute.AggregateChanges) (compute.Aggregate, error) {
	out, err := Do(ctx, a.s, compute.UpdateAggregate, compute.AggregateUpdate{ID: id, Aggregate: changes})
	return out.Aggregate, err
}

// Delete deletes an aggregate, which must have no hosts.
func (a Aggregates) Delete(ctx context.Context, id string) error {
	_, err := Do(ctx, a.s, compute.DeleteAggregate, compute.AggregateID{ID: id})
	return err
}

// AddHost puts a host into an aggregate.
func (a Aggregates) AddHost(ctx context.Context, id, host string) (compute.Aggregate, error) {
	out, err := Do(ctx, a.s, compute.AddAggregateHost, compute.AggregateHost{ID: id, Host: host})
	return out.Aggregate, err
}

// RemoveHost takes a host out of an aggregate.
func (a Aggregates) RemoveHost(ctx context.Context, id, host string) (compute.Aggregate, error) {
	out, err := Do(ctx, a.s, compute.RemoveAggregateHost, compute.AggregateHost{ID: id, Host: host})
	return out.Aggregate, err
}

// SetMetadata sets keys of an aggregate's metadata and removes those whose value is nil; others stay.
func (a Aggregates) SetMetadata(ctx context.Context, id string, metadata map[string]*string) (compute.Aggregate, error) {
	out, err := Do(ctx, a.s, compute.SetAggregateMetadata, compute.AggregateMetadata{ID: id, Metadata: metadata})
	return out.Aggregate, err
}

// CacheImages asks the hosts of an aggregate to fetch images before servers need them. It needs 2.81.
func (a Aggregates) CacheImages(ctx context.Context, id string, images ...string) error {
	in := compute.AggregateImages{ID: id, Cache: make([]compute.CacheImage, len(images))}
	for i, image := range images {
		in.Cache[i].ID = image
	}
	_, err := Do(ctx, a.s, compute.CacheAggregateImages, in)
	return err
}
