package store

import (
	"context"
	"database/sql"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const (
	catalogServiceColumns  = `id, type, name, description, enabled`
	catalogEndpointColumns = `id, service_id, interface, region_id, url, enabled`
	regionColumns          = `id, description, parent_id, enabled`

	catalogServiceMissing  = "Could not find service: %s."
	catalogEndpointMissing = "Could not find endpoint: %s."
	regionMissing          = "Could not find region: %s."
)

// orNull is s, or NULL for "".
func orNull(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func catalogServiceValues(s *cloud.CatalogService) []any {
	return []any{s.ID, s.Type, s.Name, s.Description, s.Enabled}
}

func scanCatalogService(rw row) (s cloud.CatalogService, err error) {
	err = rw.Scan(&s.ID, &s.Type, &s.Name, &s.Description, &s.Enabled)
	return s, err
}

func catalogEndpointValues(e *cloud.CatalogEndpoint) []any {
	return []any{e.ID, e.ServiceID, e.Interface, orNull(e.RegionID), e.URL, e.Enabled}
}

func scanCatalogEndpoint(rw row) (e cloud.CatalogEndpoint, err error) {
	var region sql.NullString
	err = rw.Scan(&e.ID, &e.ServiceID, &e.Interface, &region, &e.URL, &e.Enabled)
	e.RegionID = region.String
	return e, err
}

func regionValues(g *cloud.Region) []any {
	return []any{g.ID, g.Description, orNull(g.ParentID), g.Enabled}
}

func scanRegion(rw row) (g cloud.Region, err error) {
	var parent sql.NullString
	err = rw.Scan(&g.ID, &g.Description, &parent, &g.Enabled)
	g.ParentID = parent.String
	return g, err
}

// CatalogServiceFilter says which services of the catalog a list holds; the zero
// filter is all.
type CatalogServiceFilter struct{ Type, Name *string }

// CatalogService returns the service with the given id.
func (r Reader) CatalogService(ctx context.Context, id string) (cloud.CatalogService, error) {
	s, err := queryOne(ctx, r, scanCatalogService, `SELECT `+catalogServiceColumns+` FROM catalog_services WHERE id = ?`, id)
	return s, orMissing(err, catalogServiceMissing, id)
}

// CatalogServices returns the services that filter lets through, by type.
func (r Reader) CatalogServices(ctx context.Context, filter CatalogServiceFilter) ([]cloud.CatalogService, error) {
	s := &selection{base: `SELECT ` + catalogServiceColumns + ` FROM catalog_services`, order: `type, name, id`}
	equal(s, "type", filter.Type)
	equal(s, "name", filter.Name)
	query, args := s.statement()
	return queryAll(ctx, r, scanCatalogService, query, args...)
}

// CreateCatalogService adds s.
func (tx *Tx) CreateCatalogService(ctx context.Context, s *cloud.CatalogService) error {
	_, err := tx.exec(ctx, `INSERT INTO catalog_services (`+catalogServiceColumns+`) VALUES (`+marks(5)+`)`, catalogServiceValues(s)...)
	return err
}

// UpdateCatalogService writes all of s over what has its id.
func (tx *Tx) UpdateCatalogService(ctx context.Context, s *cloud.CatalogService) error {
	err := tx.execOne(ctx, `UPDATE catalog_services SET type = ?, name = ?, description = ?, enabled = ? WHERE id = ?`,
		append(catalogServiceValues(s)[1:], s.ID)...)
	return orMissing(err, catalogServiceMissing, s.ID)
}

// DeleteCatalogService removes a service and its endpoints.
func (tx *Tx) DeleteCatalogService(ctx context.Context, id string) error {
	return orMissing(tx.execOne(ctx, `DELETE FROM catalog_services WHERE id = ?`, id), catalogServiceMissing, id)
}

// CatalogEndpointFilter says which endpoints a list holds; the zero filter is all.
type CatalogEndpointFilter struct{ ServiceID, Interface, RegionID *string }

// CatalogEndpoint returns the endpoint with the given id.
func (r Reader) CatalogEndpoint(ctx context.Context, id string) (cloud.CatalogEndpoint, error) {
	e, err := queryOne(ctx, r, scanCatalogEndpoint, `SELECT `+catalogEndpointColumns+` FROM catalog_endpoints WHERE id = ?`, id)
	return e, orMissing(err, catalogEndpointMissing, id)
}

// CatalogEndpoints returns the endpoints that filter lets through, those of a
// service together.
func (r Reader) CatalogEndpoints(ctx context.Context, filter CatalogEndpointFilter) ([]cloud.CatalogEndpoint, error) {
	s := &selection{base: `SELECT ` + catalogEndpointColumns + ` FROM catalog_endpoints`, order: `service_id, interface, id`}
	equal(s, "service_id", filter.ServiceID)
	equal(s, "interface", filter.Interface)
	equal(s, "region_id", filter.RegionID)
	query, args := s.statement()
	return queryAll(ctx, r, scanCatalogEndpoint, query, args...)
}

// CreateCatalogEndpoint adds e. A service or region that does not exist is a
// fault.BadRequest.
func (tx *Tx) CreateCatalogEndpoint(ctx context.Context, e *cloud.CatalogEndpoint) error {
	_, err := tx.exec(ctx, `INSERT INTO catalog_endpoints (`+catalogEndpointColumns+`) VALUES (`+marks(6)+`)`, catalogEndpointValues(e)...)
	return endpointOrphan(err, e)
}

// UpdateCatalogEndpoint writes all of e over what has its id.
func (tx *Tx) UpdateCatalogEndpoint(ctx context.Context, e *cloud.CatalogEndpoint) error {
	err := tx.execOne(ctx, `UPDATE catalog_endpoints SET service_id = ?, interface = ?, region_id = ?, url = ?, enabled = ? WHERE id = ?`,
		append(catalogEndpointValues(e)[1:], e.ID)...)
	return orMissing(endpointOrphan(err, e), catalogEndpointMissing, e.ID)
}

func endpointOrphan(err error, e *cloud.CatalogEndpoint) error {
	return orOrphan(err, fault.BadRequest, "Could not find service %s or region %s.", e.ServiceID, e.RegionID)
}

// DeleteCatalogEndpoint removes an endpoint.
func (tx *Tx) DeleteCatalogEndpoint(ctx context.Context, id string) error {
	return orMissing(tx.execOne(ctx, `DELETE FROM catalog_endpoints WHERE id = ?`, id), catalogEndpointMissing, id)
}

// Region returns the region with the given id.
func (r Reader) Region(ctx context.Context, id string) (cloud.Region, error) {
	g, err := queryOne(ctx, r, scanRegion, `SELECT `+regionColumns+` FROM regions WHERE id = ?`, id)
	return g, orMissing(err, regionMissing, id)
}

// Regions returns all regions, or the children of one, by id.
func (r Reader) Regions(ctx context.Context, parent *string) ([]cloud.Region, error) {
	s := &selection{base: `SELECT ` + regionColumns + ` FROM regions`, order: `id`}
	equal(s, "parent_id", parent)
	query, args := s.statement()
	return queryAll(ctx, r, scanRegion, query, args...)
}

// CreateRegion adds g. A taken id is a fault.Conflict, a parent that does not
// exist a fault.NotFound.
func (tx *Tx) CreateRegion(ctx context.Context, g *cloud.Region) error {
	_, err := tx.exec(ctx, `INSERT INTO regions (`+regionColumns+`) VALUES (`+marks(4)+`)`, regionValues(g)...)
	err = orTaken(err, "regions_id", "Conflict occurred attempting to store region - Duplicate ID, %s.", g.ID)
	return orOrphan(err, fault.NotFound, regionMissing, g.ParentID)
}

// UpdateRegion writes all of g over what has its id.
func (tx *Tx) UpdateRegion(ctx context.Context, g *cloud.Region) error {
	err := tx.execOne(ctx, `UPDATE regions SET description = ?, parent_id = ?, enabled = ? WHERE id = ?`, append(regionValues(g)[1:], g.ID)...)
	return orMissing(orOrphan(err, fault.NotFound, regionMissing, g.ParentID), regionMissing, g.ID)
}

// DeleteRegion removes a region that has neither endpoints nor children; one
// that has is a fault.Forbidden.
func (tx *Tx) DeleteRegion(ctx context.Context, id string) error {
	err := tx.execOne(ctx, `DELETE FROM regions WHERE id = ?`, id)
	err = orOrphan(err, fault.Forbidden, "Unable to delete region %s because it or its child regions have associated endpoints.", id)
	return orMissing(err, regionMissing, id)
}
