package store

import (
	"context"
	"maps"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// flavorColumns, flavorValues and scanFlavor go together: the same columns in
// the same order.
const flavorColumns = `id, name, ram_mib, vcpus, disk_gib, ephemeral_gib, swap_mib, rxtx_factor,
	disabled, is_public, description, extra_specs, created_at, updated_at`

func flavorValues(f *cloud.Flavor) []any {
	return []any{
		f.ID, f.Name, f.RAMMiB, f.VCPUs, f.DiskGiB, f.EphemeralGiB, f.SwapMiB, f.RXTXFactor,
		f.Disabled, f.Public, f.Description, asJSON(&f.ExtraSpecs), micros(f.CreatedAt), micros(f.UpdatedAt),
	}
}

func scanFlavor(rw row) (f cloud.Flavor, err error) {
	err = rw.Scan(&f.ID, &f.Name, &f.RAMMiB, &f.VCPUs, &f.DiskGiB, &f.EphemeralGiB, &f.SwapMiB, &f.RXTXFactor,
		&f.Disabled, &f.Public, &f.Description, asJSON(&f.ExtraSpecs), intoTime(&f.CreatedAt), intoTime(&f.UpdatedAt))
	return f, err
}

const flavorMissing = "Flavor %s could not be found."

// flavorKeys are the sort keys of GET /flavors (api-ref, flavors, sort_key).
var flavorKeys = keyset{
	table: "flavors",
	id:    "id",
	columns: map[string]string{
		"id": "id", "flavorid": "id", "name": "name", "memory_mb": "ram_mib", "vcpus": "vcpus",
		"root_gb": "disk_gib", "ephemeral_gb": "ephemeral_gib", "swap": "swap_mib", "rxtx_factor": "rxtx_factor",
		"disabled": "disabled", "is_public": "is_public", "description": "COALESCE(description, '')",
		"created_at": "created_at", "updated_at": "COALESCE(updated_at, 0)",
	},
	initial: []Sort{{Key: "flavorid"}},
}

// FlavorFilter says which flavors a list holds. The zero filter is all that
// are not disabled.
type FlavorFilter struct {
	Public          *bool  // only public or only private ones; nil: both
	Access          string // with Public true: also private ones this project has access to
	MinRAMMiB       int
	MinDiskGiB      int
	IncludeDisabled bool
	Page
}

// Flavor returns the flavor with the given id, disabled or not.
func (r Reader) Flavor(ctx context.Context, id string) (cloud.Flavor, error) {
	f, err := queryOne(ctx, r, scanFlavor, `SELECT `+flavorColumns+` FROM flavors WHERE id = ?`, id)
	return f, orMissing(err, flavorMissing, id)
}

// Flavors returns a page of the flavors that filter lets through. An unknown
// sort key or marker is a fault.BadRequest.
func (r Reader) Flavors(ctx context.Context, filter FlavorFilter) ([]cloud.Flavor, error) {
	s := &selection{base: `SELECT ` + flavorColumns + ` FROM flavors`}
	if filter.Public != nil {
		if *filter.Public && filter.Access != "" {
			s.where(`is_public = TRUE OR id IN (SELECT flavor_id FROM flavor_access WHERE project_id = ?)`, filter.Access)
		} else {
			s.where(`is_public = ?`, *filter.Public)
		}
	}
	if filter.MinRAMMiB > 0 {
		s.where(`ram_mib >= ?`, filter.MinRAMMiB)
	}
	if filter.MinDiskGiB > 0 {
		s.where(`disk_gib >= ?`, filter.MinDiskGiB)
	}
	if !filter.IncludeDisabled {
		s.where(`disabled = FALSE`)
	}
	if err := flavorKeys.page(ctx, r, s, filter.Page); err != nil {
		return nil, err
	}
	query, args := s.statement()
	return queryAll(ctx, r, scanFlavor, query, args...)
}

// CreateFlavor adds f. A taken id or name is a fault.Conflict.
func (tx *Tx) CreateFlavor(ctx context.Context, f *cloud.Flavor) error {
	_, err := tx.exec(ctx, `INSERT INTO flavors (`+flavorColumns+`) VALUES (`+marks(14)+`)`, flavorValues(f)...)
	err = orTaken(err, "flavors_name", "Flavor with name %s already exists.", f.Name)
	return orTaken(err, "flavors_id", "Flavor with ID %s already exists.", f.ID)
}

// DeleteFlavor removes a flavor and its access list. Servers made with it keep
// their own copy.
func (tx *Tx) DeleteFlavor(ctx context.Context, id string) error {
	return orMissing(tx.execOne(ctx, `DELETE FROM flavors WHERE id = ?`, id), flavorMissing, id)
}

// SetFlavorDescription changes the description; nil takes it away.
func (tx *Tx) SetFlavorDescription(ctx context.Context, id string, description *string, now time.Time) error {
	err := tx.execOne(ctx, `UPDATE flavors SET description = ?, updated_at = ? WHERE id = ?`, description, micros(now), id)
	return orMissing(err, flavorMissing, id)
}

// SetFlavorExtraSpecs adds specs to the flavor's, replacing those of the same
// key.
func (tx *Tx) SetFlavorExtraSpecs(ctx context.Context, id string, specs map[string]string, now time.Time) error {
	return tx.changeExtraSpecs(ctx, id, now, func(have map[string]string) error {
		maps.Copy(have, specs)
		return nil
	})
}

// DeleteFlavorExtraSpec removes one extra spec; a missing one is a
// fault.NotFound.
func (tx *Tx) DeleteFlavorExtraSpec(ctx context.Context, id, key string, now time.Time) error {
	return tx.changeExtraSpecs(ctx, id, now, func(have map[string]string) error {
		if _, ok := have[key]; !ok {
			return fault.New(fault.NotFound, "Flavor %s has no extra specs with key %s.", id, key)
		}
		delete(have, key)
		return nil
	})
}

func (tx *Tx) changeExtraSpecs(ctx context.Context, id string, now time.Time, change func(map[string]string) error) error {
	specs, err := queryOne(ctx, tx.Reader, func(rw row) (m map[string]string, err error) {
		err = rw.Scan(asJSON(&m))
		return m, err
	}, `SELECT extra_specs FROM flavors WHERE id = ?`+tx.forUpdate(), id)
	if err != nil {
		return orMissing(err, flavorMissing, id)
	}
	if specs == nil {
		specs = map[string]string{}
	}
	if err := change(specs); err != nil {
		return err
	}
	return tx.execOne(ctx, `UPDATE flavors SET extra_specs = ?, updated_at = ? WHERE id = ?`, asJSON(&specs), micros(now), id)
}

// FlavorAccess returns the projects that a private flavor is open to, sorted.
func (r Reader) FlavorAccess(ctx context.Context, id string) ([]string, error) {
	return queryAll(ctx, r, value[string], `SELECT project_id FROM flavor_access WHERE flavor_id = ? ORDER BY project_id`, id)
}

// AddFlavorAccess opens a private flavor to a project. An access that is there
// already is a fault.Conflict.
func (tx *Tx) AddFlavorAccess(ctx context.Context, id, projectID string) error {
	_, err := tx.exec(ctx, `INSERT INTO flavor_access (flavor_id, project_id) VALUES (?, ?)`, id, projectID)
	err = orTaken(err, "flavor_access_flavor_id_project_id",
		"Flavor access already exists for flavor %s and project %s combination.", id, projectID)
	return orOrphan(err, fault.NotFound, flavorMissing, id)
}

// RemoveFlavorAccess closes a private flavor to a project.
func (tx *Tx) RemoveFlavorAccess(ctx context.Context, id, projectID string) error {
	err := tx.execOne(ctx, `DELETE FROM flavor_access WHERE flavor_id = ? AND project_id = ?`, id, projectID)
	return orMissing(err, "Flavor access not found for flavor %s and project %s combination.", id, projectID)
}
