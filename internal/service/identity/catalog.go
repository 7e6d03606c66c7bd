package identity

import (
	"context"
	"strings"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountCatalog(api *httpd.API) {
	plain(api, identity.ListServices, noDomain, s.listServices)
	plain(api, identity.ShowService, noDomain, s.showService)
	plain(api, identity.CreateService, noDomain, s.createService)
	plain(api, identity.UpdateService, noDomain, s.updateService)
	plain(api, identity.DeleteService, noDomain, s.deleteService)
	plain(api, identity.ListEndpoints, noDomain, s.listEndpoints)
	plain(api, identity.ShowEndpoint, noDomain, s.showEndpoint)
	plain(api, identity.CreateEndpoint, noDomain, s.createEndpoint)
	plain(api, identity.UpdateEndpoint, noDomain, s.updateEndpoint)
	plain(api, identity.DeleteEndpoint, noDomain, s.deleteEndpoint)
	plain(api, identity.ListRegions, noDomain, s.listRegions)
	plain(api, identity.ShowRegion, noDomain, s.showRegion)
	plain(api, identity.CreateRegion, noDomain, s.createRegion)
	plain(api, identity.UpdateRegion, noDomain, s.updateRegion)
	plain(api, identity.DeleteRegion, noDomain, s.deleteRegion)
}

// catalog is the enabled services with their enabled endpoints, for the user
// and project of a token.
func (s *Service) catalog(ctx context.Context, userID, projectID string) ([]identity.CatalogService, error) {
	services, err := s.DB.CatalogServices(ctx, store.CatalogServiceFilter{})
	if err != nil {
		return nil, err
	}
	endpoints, err := s.DB.CatalogEndpoints(ctx, store.CatalogEndpointFilter{})
	if err != nil {
		return nil, err
	}
	all := []identity.CatalogService{}
	for _, service := range services {
		if !service.Enabled {
			continue
		}
		entry := identity.CatalogService{ID: service.ID, Type: service.Type, Name: service.Name}
		for _, e := range endpoints {
			if e.ServiceID != service.ID || !e.Enabled {
				continue
			}
			if url, ok := fillURL(e.URL, userID, projectID); ok {
				entry.Endpoints = append(entry.Endpoints, identity.CatalogEndpoint{
					ID: e.ID, Interface: e.Interface, RegionID: orNil(e.RegionID), Region: orNil(e.RegionID), URL: url,
				})
			}
		}
		all = append(all, entry)
	}
	return all, nil
}

// orNil is a pointer to s, or nil for "".
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// fillURL puts a token's ids into the $(...)s and %(...)s of a URL. It is not
// ok when one is unknown, or stands for a project that the token has not.
func fillURL(url, userID, projectID string) (filled string, ok bool) {
	var b strings.Builder
	for {
		at := strings.IndexAny(url, "$%")
		if at < 0 || at == len(url)-1 {
			b.WriteString(url)
			return b.String(), true
		}
		b.WriteString(url[:at])
		if url[at+1] != '(' { // %20, or a $ of its own
			b.WriteByte(url[at])
			url = url[at+1:]
			continue
		}
		name, rest, closed := strings.Cut(url[at+2:], ")s")
		value := ""
		switch name {
		case "project_id", "tenant_id":
			value = projectID
		case "user_id":
			value = userID
		}
		if !closed || value == "" {
			return "", false
		}
		b.WriteString(value)
		url = rest
	}
}

// checkURL refuses an endpoint's URL that no client could use.
func checkURL(url string) error {
	filled, ok := fillURL(url, "u", "p")
	if ok && (strings.HasPrefix(filled, "http://") || strings.HasPrefix(filled, "https://")) && !strings.ContainsAny(filled, " \t\r\n") {
		return nil
	}
	return fault.New(fault.BadRequest, "Cannot create an endpoint with an invalid URL: %.100s. It starts with http:// or https://, and what it may leave open is $(project_id)s and $(user_id)s.", url)
}

func serviceView(ctx httpd.Ctx, v *cloud.CatalogService) identity.CloudService {
	view := identity.CloudService{
		Description: some(v.Description), ID: v.ID, Type: v.Type, Enabled: v.Enabled, Links: self(ctx, "/services/"+v.ID),
	}
	if v.Name != "" {
		view.Name = wire.Some(v.Name)
	}
	return view
}

func (s *Service) listServices(ctx httpd.Ctx, in identity.ServiceQuery) (out identity.Services, err error) {
	found, err := s.DB.CatalogServices(ctx, store.CatalogServiceFilter{Name: in.Name.Ptr(), Type: in.Type.Ptr()})
	out.Services = views(found, func(v *cloud.CatalogService) identity.CloudService { return serviceView(ctx, v) })
	out.Links = page(ctx)
	return out, err
}

func (s *Service) showService(ctx httpd.Ctx, in identity.ServiceID) (out identity.ServiceShown, err error) {
	v, err := s.DB.CatalogService(ctx, in.ID)
	out.Service = serviceView(ctx, &v)
	return out, err
}

func (s *Service) createService(ctx httpd.Ctx, in identity.ServiceCreate) (out identity.ServiceShown, err error) {
	v := cloud.CatalogService{
		ID: s.newID(), Type: in.Service.Type, Name: in.Service.Name.Or(""),
		Description: in.Service.Description.Ptr(), Enabled: in.Service.Enabled.Or(true),
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.CreateCatalogService(ctx, &v) })
	out.Service = serviceView(ctx, &v)
	return out, err
}

func (s *Service) updateService(ctx httpd.Ctx, in identity.ServiceUpdate) (out identity.ServiceShown, err error) {
	var v cloud.CatalogService
	err = s.change(ctx, func(tx *store.Tx) (err error) {
		if v, err = tx.CatalogService(ctx, in.ID); err != nil {
			return err
		}
		any := false
		set(&v.Type, in.Service.Type, &any)
		set(&v.Name, in.Service.Name, &any)
		setPtr(&v.Description, in.Service.Description, &any)
		set(&v.Enabled, in.Service.Enabled, &any)
		if !any {
			return nothingToChange("service")
		}
		return tx.UpdateCatalogService(ctx, &v)
	})
	out.Service = serviceView(ctx, &v)
	return out, err
}

func (s *Service) deleteService(ctx httpd.Ctx, in identity.ServiceID) (out wire.None, err error) {
	return out, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteCatalogService(ctx, in.ID) })
}

func endpointView(ctx httpd.Ctx, e *cloud.CatalogEndpoint) identity.Endpoint {
	return identity.Endpoint{
		ID: e.ID, Interface: e.Interface, RegionID: orNil(e.RegionID), Region: orNil(e.RegionID), ServiceID: e.ServiceID,
		URL: e.URL, Enabled: e.Enabled, Links: self(ctx, "/endpoints/"+e.ID),
	}
}

func (s *Service) listEndpoints(ctx httpd.Ctx, in identity.EndpointQuery) (out identity.Endpoints, err error) {
	found, err := s.DB.CatalogEndpoints(ctx, store.CatalogEndpointFilter{
		ServiceID: in.ServiceID.Ptr(), Interface: in.Interface.Ptr(), RegionID: in.RegionID.Ptr(),
	})
	out.Endpoints = views(found, func(e *cloud.CatalogEndpoint) identity.Endpoint { return endpointView(ctx, e) })
	out.Links = page(ctx)
	return out, err
}

func (s *Service) showEndpoint(ctx httpd.Ctx, in identity.EndpointID) (out identity.EndpointShown, err error) {
	e, err := s.DB.CatalogEndpoint(ctx, in.ID)
	out.Endpoint = endpointView(ctx, &e)
	return out, err
}

func (s *Service) createEndpoint(ctx httpd.Ctx, in identity.EndpointCreate) (out identity.EndpointShown, err error) {
	asked := in.Endpoint
	e := cloud.CatalogEndpoint{
		ID: s.newID(), ServiceID: asked.ServiceID, Interface: asked.Interface, URL: asked.URL,
		RegionID: asked.RegionID.Or(asked.Region.Or("")), Enabled: asked.Enabled.Or(true),
	}
	if err := checkURL(e.URL); err != nil {
		return out, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		// As in Keystone, an endpoint brings the region it names with it.
		if e.RegionID != "" {
			if _, err := tx.Region(ctx, e.RegionID); fault.Is(err, fault.NotFound) {
				if err := tx.CreateRegion(ctx, &cloud.Region{ID: e.RegionID}); err != nil {
					return err
				}
			} else if err != nil {
				return err
			}
		}
		return tx.CreateCatalogEndpoint(ctx, &e)
	})
	out.Endpoint = endpointView(ctx, &e)
	return out, err
}

func (s *Service) updateEndpoint(ctx httpd.Ctx, in identity.EndpointUpdate) (out identity.EndpointShown, err error) {
	var e cloud.CatalogEndpoint
	err = s.change(ctx, func(tx *store.Tx) (err error) {
		if e, err = tx.CatalogEndpoint(ctx, in.ID); err != nil {
			return err
		}
		any := false
		set(&e.Interface, in.Endpoint.Interface, &any)
		set(&e.ServiceID, in.Endpoint.ServiceID, &any)
		set(&e.URL, in.Endpoint.URL, &any)
		set(&e.RegionID, in.Endpoint.Region, &any)
		set(&e.RegionID, in.Endpoint.RegionID, &any)
		set(&e.Enabled, in.Endpoint.Enabled, &any)
		if !any {
			return nothingToChange("endpoint")
		}
		if err := checkURL(e.URL); err != nil {
			return err
		}
		return tx.UpdateCatalogEndpoint(ctx, &e)
	})
	out.Endpoint = endpointView(ctx, &e)
	return out, err
}

func (s *Service) deleteEndpoint(ctx httpd.Ctx, in identity.EndpointID) (out wire.None, err error) {
	return out, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteCatalogEndpoint(ctx, in.ID) })
}

func regionView(ctx httpd.Ctx, g *cloud.Region) identity.Region {
	return identity.Region{ID: g.ID, Description: g.Description, ParentID: orNil(g.ParentID), Enabled: some(g.Enabled), Links: self(ctx, "/regions/"+g.ID)}
}

func (s *Service) listRegions(ctx httpd.Ctx, in identity.RegionQuery) (out identity.Regions, err error) {
	found, err := s.DB.Regions(ctx, in.ParentID.Ptr())
	out.Regions = views(found, func(g *cloud.Region) identity.Region { return regionView(ctx, g) })
	out.Links = page(ctx)
	return out, err
}

func (s *Service) showRegion(ctx httpd.Ctx, in identity.RegionID) (out identity.RegionShown, err error) {
	g, err := s.DB.Region(ctx, in.ID)
	out.Region = regionView(ctx, &g)
	return out, err
}

func (s *Service) createRegion(ctx httpd.Ctx, in identity.RegionCreate) (out identity.RegionShown, err error) {
	g := cloud.Region{ID: in.Region.ID.Or(""), Description: in.Region.Description.Or(""), ParentID: in.Region.ParentID.Or(""), Enabled: in.Region.Enabled.Ptr()}
	if g.ID == "" {
		g.ID = s.newID()
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.CreateRegion(ctx, &g) })
	out.Region = regionView(ctx, &g)
	return out, err
}

func (s *Service) updateRegion(ctx httpd.Ctx, in identity.RegionUpdate) (out identity.RegionShown, err error) {
	var g cloud.Region
	err = s.change(ctx, func(tx *store.Tx) (err error) {
		if g, err = tx.Region(ctx, in.ID); err != nil {
			return err
		}
		any := false
		set(&g.Description, in.Region.Description, &any)
		set(&g.ParentID, in.Region.ParentID, &any)
		setPtr(&g.Enabled, in.Region.Enabled, &any)
		if !any {
			return nothingToChange("region")
		}
		if g.ParentID == g.ID {
			return fault.New(fault.BadRequest, "A region cannot be its own parent.")
		}
		return tx.UpdateRegion(ctx, &g)
	})
	out.Region = regionView(ctx, &g)
	return out, err
}

func (s *Service) deleteRegion(ctx httpd.Ctx, in identity.RegionID) (out wire.None, err error) {
	return out, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteRegion(ctx, in.ID) })
}
