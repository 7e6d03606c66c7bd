package compute

import "github.com/novalet/novalet/api/wire"

// ServiceRecord is a compute or control service. Sources: API reference "Compute
// services"; microversions 2.11 (forced_down), 2.53 (ids are UUIDs).
type ServiceRecord struct {
	Binary         string         `json:"binary"`
	Host           string         `json:"host"`
	Number         int64          `json:"-" v:"-2.52 id"`
	ID             string         `json:"-" v:"2.53 id"`
	Zone           string         `json:"zone"`
	Status         string         `json:"status"` // enabled or disabled
	State          string         `json:"state"`  // up or down
	UpdatedAt      wire.MicroTime `json:"updated_at"`
	DisabledReason *string        `json:"disabled_reason"`
	ForcedDown     bool           `json:"forced_down" v:"2.11"`
}

// ServiceQuery is what GET /os-services takes.
type ServiceQuery struct {
	Host   wire.Opt[string] `query:"host"`
	Binary wire.Opt[string] `query:"binary"`
}

// Services is the reply of GET /os-services.
type Services struct {
	Services []ServiceRecord `json:"services"`
}

// ServiceUpdate is the body of PUT /os-services/{service_id} from 2.53.
type ServiceUpdate struct {
	ID             string           `path:"service_id"`
	Status         wire.Opt[string] `json:"status" is:"enum=enabled|disabled"`
	DisabledReason wire.Opt[string] `json:"disabled_reason" is:"min=1,max=255"`
	ForcedDown     wire.Opt[bool]   `json:"forced_down" is:"loose"`
}

// ServiceShown is the reply of PUT /os-services/{service_id} from 2.53.
type ServiceShown struct {
	Service ServiceRecord `json:"service"`
}

// The routes of services.
var (
	ListServices = wire.Route[ServiceQuery, Services]{
		Name: "services.list", Method: "GET", Path: "/os-services", Status: "200",
		Policy: rule("os-services:list", admin), LooseQuery: "2.74",
	}
	UpdateService = wire.Route[ServiceUpdate, ServiceShown]{
		Name: "services.update", Method: "PUT", Path: "/os-services/{service_id}", Status: "200", Span: "2.53",
		Policy: rule("os-services:update", admin), LooseQuery: "always",
	}
)

func serviceRoutes() []wire.Endpoint { return []wire.Endpoint{ListServices, UpdateService} }
