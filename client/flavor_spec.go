package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
)

// ExtraSpecs returns a flavor's extra specs.
func (f Flavors) ExtraSpecs(ctx context.Context, id string) (map[string]string, error) {
	out, err := Do(ctx, f.s, compute.ListExtraSpecs, compute.FlavorID{ID: id})
	return out.ExtraSpecs, err
}

// ExtraSpec returns one extra spec of a flavor.
func (f Flavors) ExtraSpec(ctx context.Context, id, key string) (string, error) {
	out, err := Do(ctx, f.s, compute.ShowExtraSpec, compute.ExtraSpecKey{ID: id, Key: key})
	return out.Spec[key], err
}

// SetExtraSpecs sets extra specs of a flavor; others stay.
func (f Flavors) SetExtraSpecs(ctx context.Context, id string, specs map[string]string) error {
	_, err := Do(ctx, f.s, compute.CreateExtraSpecs, compute.ExtraSpecsCreate{ID: id, ExtraSpecs: specs})
	return err
}

// DeleteExtraSpec deletes one extra spec of a flavor.
func (f Flavors) DeleteExtraSpec(ctx context.Context, id, key string) error {
	_, err := Do(ctx, f.s, compute.DeleteExtraSpec, compute.ExtraSpecKey{ID: id, Key: key})
	return err
}
