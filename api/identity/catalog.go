package identity

import "github.com/novalet/novalet/api/wire"

// CloudService is a service of the cloud, as GET /services/{service_id} shows
// it.
type CloudService struct {
	Name        wire.Opt[string] `json:"name"`
	Description wire.Opt[string] `json:"description"`
	ID          string           `json:"id"`
	Type        string           `json:"type"`
	Enabled     bool             `json:"enabled"`
	Links       Self             `json:"links"`
}

// ServiceQuery is what GET /services takes.
type ServiceQuery struct {
	Name wire.Opt[string] `query:"name"`
	Type wire.Opt[string] `query:"type"`
}

// Services is the reply of GET /services.
type Services struct {
	Services []CloudService `json:"services"`
	Links    Page           `json:"links"`
}

// ServiceID names one service.
type ServiceID struct {
	ID string `path:"service_id"`
}

// ServiceShown is the reply that holds one service.
type ServiceShown struct {
	Service CloudService `json:"service"`
}

// ServiceCreate is the body of POST /services.
type ServiceCreate struct {
	Service NewService `json:"service" is:"required"`
}

// NewService is a service to be made.
type NewService struct {
	Type        string           `json:"type" is:"required,min=1,max=255"`
	Name        wire.Opt[string] `json:"name" is:"max=255"`
	Description wire.Opt[string] `json:"description" is:"null,max=65535"`
	Enabled     wire.Opt[bool]   `json:"enabled"`
}

// ServiceUpdate is the body of PATCH /services/{service_id}.
type ServiceUpdate struct {
	ID      string        `path:"service_id"`
	Service ServiceChange `json:"service" is:"required"`
}

// ServiceChange holds the members to change; absent ones stay.
type ServiceChange struct {
	Type        wire.Opt[string] `json:"type" is:"min=1,max=255"`
	Name        wire.Opt[string] `json:"name" is:"max=255"`
	Description wire.Opt[string] `json:"description" is:"null,max=65535"`
	Enabled     wire.Opt[bool]   `json:"enabled"`
}

// Endpoint is one way to reach a service, as GET /endpoints/{endpoint_id}
// shows it.
type Endpoint struct {
	ID        string  `json:"id"`
	Interface string  `json:"interface"`
	RegionID  *string `json:"region_id"`
	ServiceID string  `json:"service_id"`
	URL       string  `json:"url"`
	Enabled   bool    `json:"enabled"`
	Region    *string `json:"region"` // the same as RegionID
	Links     Self    `json:"links"`
}

// EndpointQuery is what GET /endpoints takes.
type EndpointQuery struct {
	Interface wire.Opt[string] `query:"interface"`
	ServiceID wire.Opt[string] `query:"service_id"`
	RegionID  wire.Opt[string] `query:"region_id"`
}

// Endpoints is the reply of GET /endpoints.
type Endpoints struct {
	Endpoints []Endpoint `json:"endpoints"`
	Links     Page       `json:"links"`
}

// EndpointID names one endpoint.
type EndpointID struct {
	ID string `path:"endpoint_id"`
}

// EndpointShown is the reply that holds one endpoint.
type EndpointShown struct {
	Endpoint Endpoint `json:"endpoint"`
}

// EndpointCreate is the body of POST /endpoints.
type EndpointCreate struct {
	Endpoint NewEndpoint `json:"endpoint" is:"required"`
}

// NewEndpoint is an endpoint to be made. The URL is kept as given; in the
// catalog $(project_id)s, $(tenant_id)s, $(user_id)s and their forms with %
// stand for the token's.
type NewEndpoint struct {
	Interface string           `json:"interface" is:"required,enum=admin|internal|public"`
	ServiceID string           `json:"service_id" is:"required,min=1,max=64"`
	URL       string           `json:"url" is:"required,min=1,max=225"`
	RegionID  wire.Opt[string] `json:"region_id" is:"null,max=255"`
	Region    wire.Opt[string] `json:"region" is:"null,max=255"` // an older name for region_id
	Name      wire.Opt[string] `json:"name" is:"max=255"`        // taken, not shown
	Enabled   wire.Opt[bool]   `json:"enabled"`
}

// EndpointUpdate is the body of PATCH /endpoints/{endpoint_id}.
type EndpointUpdate struct {
	ID       string         `path:"endpoint_id"`
	Endpoint EndpointChange `json:"endpoint" is:"required"`
}

// EndpointChange holds the members to change; absent ones stay.
type EndpointChange struct {
	Interface wire.Opt[string] `json:"interface" is:"enum=admin|internal|public"`
	ServiceID wire.Opt[string] `json:"service_id" is:"min=1,max=64"`
	URL       wire.Opt[string] `json:"url" is:"min=1,max=225"`
	RegionID  wire.Opt[string] `json:"region_id" is:"null,max=255"`
	Region    wire.Opt[string] `json:"region" is:"null,max=255"`
	Enabled   wire.Opt[bool]   `json:"enabled"`
}

// Region is where endpoints are, as GET /regions/{region_id} shows it.
type Region struct {
	ID          string         `json:"id"`
	Description string         `json:"description"`
	ParentID    *string        `json:"parent_region_id"`
	Enabled     wire.Opt[bool] `json:"enabled"` // there when it was said; without effect
	Links       Self           `json:"links"`
}

// RegionQuery is what GET /regions takes.
type RegionQuery struct {
	ParentID wire.Opt[string] `query:"parent_region_id"`
}

// Regions is the reply of GET /regions.
type Regions struct {
	Regions []Region `json:"regions"`
	Links   Page     `json:"links"`
}

// RegionID names one region.
type RegionID struct {
	ID string `path:"region_id"`
}

// RegionShown is the reply that holds one region.
type RegionShown struct {
	Region Region `json:"region"`
}

// RegionCreate is the body of POST /regions.
type RegionCreate struct {
	Region NewRegion `json:"region" is:"required"`
}

// NewRegion is a region to be made; without an id the server makes one.
type NewRegion struct {
	ID          wire.Opt[string] `json:"id" is:"max=255"`
	Description wire.Opt[string] `json:"description" is:"null,max=65535"`
	Enabled     wire.Opt[bool]   `json:"enabled"` // keystoneclient says it
	ParentID    wire.Opt[string] `json:"parent_region_id" is:"null,max=255"`
}

// RegionUpdate is the body of PATCH /regions/{region_id}.
type RegionUpdate struct {
	ID     string       `path:"region_id"`
	Region RegionChange `json:"region" is:"required"`
}

// RegionChange holds the members to change; absent ones stay.
type RegionChange struct {
	Description wire.Opt[string] `json:"description" is:"null,max=65535"`
	Enabled     wire.Opt[bool]   `json:"enabled"`
	ParentID    wire.Opt[string] `json:"parent_region_id" is:"null,max=255"`
}

// The routes of services, endpoints and regions.
var (
	ListServices = wire.Route[ServiceQuery, Services]{
		Name: "services.list", Method: "GET", Path: "/services", Status: "200", Policy: rule("list_services", systemReader),
	}
	ShowService = wire.Route[ServiceID, ServiceShown]{
		Name: "services.show", Method: "GET", Path: "/services/{service_id}", Status: "200", Policy: rule("get_service", systemReader),
	}
	CreateService = wire.Route[ServiceCreate, ServiceShown]{
		Name: "services.create", Method: "POST", Path: "/services", Status: "201", Policy: rule("create_service", admin),
	}
	UpdateService = wire.Route[ServiceUpdate, ServiceShown]{
		Name: "services.update", Method: "PATCH", Path: "/services/{service_id}", Status: "200", Policy: rule("update_service", admin),
	}
	DeleteService = wire.Route[ServiceID, wire.None]{
		Name: "services.delete", Method: "DELETE", Path: "/services/{service_id}", Status: "204", Policy: rule("delete_service", admin),
	}
	ListEndpoints = wire.Route[EndpointQuery, Endpoints]{
		Name: "endpoints.list", Method: "GET", Path: "/endpoints", Status: "200", Policy: rule("list_endpoints", systemReader),
	}
	ShowEndpoint = wire.Route[EndpointID, EndpointShown]{
		Name: "endpoints.show", Method: "GET", Path: "/endpoints/{endpoint_id}", Status: "200", Policy: rule("get_endpoint", systemReader),
	}
	CreateEndpoint = wire.Route[EndpointCreate, EndpointShown]{
		Name: "endpoints.create", Method: "POST", Path: "/endpoints", Status: "201", Policy: rule("create_endpoint", admin),
	}
	UpdateEndpoint = wire.Route[EndpointUpdate, EndpointShown]{
		Name: "endpoints.update", Method: "PATCH", Path: "/endpoints/{endpoint_id}", Status: "200", Policy: rule("update_endpoint", admin),
	}
	DeleteEndpoint = wire.Route[EndpointID, wire.None]{
		Name: "endpoints.delete", Method: "DELETE", Path: "/endpoints/{endpoint_id}", Status: "204", Policy: rule("delete_endpoint", admin),
	}
	ListRegions = wire.Route[RegionQuery, Regions]{
		Name: "regions.list", Method: "GET", Path: "/regions", Status: "200", Policy: rule("list_regions", anyone),
	}
	ShowRegion = wire.Route[RegionID, RegionShown]{
		Name: "regions.show", Method: "GET", Path: "/regions/{region_id}", Status: "200", Policy: rule("get_region", anyone),
	}
	CreateRegion = wire.Route[RegionCreate, RegionShown]{
		Name: "regions.create", Method: "POST", Path: "/regions", Status: "201", Policy: rule("create_region", admin),
	}
	UpdateRegion = wire.Route[RegionUpdate, RegionShown]{
		Name: "regions.update", Method: "PATCH", Path: "/regions/{region_id}", Status: "200", Policy: rule("update_region", admin),
	}
	DeleteRegion = wire.Route[RegionID, wire.None]{
		Name: "regions.delete", Method: "DELETE", Path: "/regions/{region_id}", Status: "204", Policy: rule("delete_region", admin),
	}
)

func catalogRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListServices, ShowService, CreateService, UpdateService, DeleteService,
		ListEndpoints, ShowEndpoint, CreateEndpoint, UpdateEndpoint, DeleteEndpoint,
		ListRegions, ShowRegion, CreateRegion, UpdateRegion, DeleteRegion,
	}
}
