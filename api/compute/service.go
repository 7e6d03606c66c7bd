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

// ServiceSwitch is the body of PUT /os-services/enable and /os-services/disable,
// until 2.52. Members that the action has no use for are taken, without effect.
type ServiceSwitch struct {
	Host           string           `json:"host" is:"required,min=1,max=255,host"`
	Binary         string           `json:"binary" is:"required,min=1,max=255"`
	DisabledReason wire.Opt[string] `json:"disabled_reason" is:"min=1,max=255"`
	ForcedDown     wire.Opt[bool]   `json:"forced_down" is:"loose" v:"2.11"`
}

// ServiceDisable is the body of PUT /os-services/disable-log-reason, until 2.52.
type ServiceDisable struct {
	Host           string         `json:"host" is:"required,min=1,max=255,host"`
	Binary         string         `json:"binary" is:"required,min=1,max=255"`
	DisabledReason string         `json:"disabled_reason" is:"required,min=1,max=255"`
	ForcedDown     wire.Opt[bool] `json:"forced_down" is:"loose" v:"2.11"`
}

// ServiceForceDown is the body of PUT /os-services/force-down, 2.11 to 2.52.
type ServiceForceDown struct {
	Host           string           `json:"host" is:"required,min=1,max=255,host"`
	Binary         string           `json:"binary" is:"required,min=1,max=255"`
	DisabledReason wire.Opt[string] `json:"disabled_reason" is:"min=1,max=255"`
	ForcedDown     bool             `json:"forced_down" is:"required,loose"`
}

// ServiceSwitched is the reply of the four updates until 2.52: what was set.
type ServiceSwitched struct {
	Service ServiceChange `json:"service"`
}

// ServiceChange is what an update until 2.52 set.
type ServiceChange struct {
	Host           string           `json:"host"`
	Binary         string           `json:"binary"`
	Status         wire.Opt[string] `json:"status"`
	DisabledReason wire.Opt[string] `json:"disabled_reason"`
	ForcedDown     wire.Opt[bool]   `json:"forced_down" v:"2.11"`
}

// ServiceID names a service: by number until 2.52, then by UUID.
type ServiceID struct {
	ID string `path:"service_id"`
}

var updateServicePolicy = rule("os-services:update", admin)

// switchService is one of the updates until 2.52, which name the action in the
// path and the service in the body.
func switchService[In any](action, name, span string) wire.Route[In, ServiceSwitched] {
	return wire.Route[In, ServiceSwitched]{
		Name: "services." + name, Method: "PUT", Path: "/os-services/" + action, Status: "200", Span: span,
		Policy: updateServicePolicy, LooseQuery: "always",
	}
}

// The routes of services.
var (
	ListServices = wire.Route[ServiceQuery, Services]{
		Name: "services.list", Method: "GET", Path: "/os-services", Status: "200",
		Policy: rule("os-services:list", admin), LooseQuery: "2.74",
	}
	EnableService        = switchService[ServiceSwitch]("enable", "enable", "-2.52")
	DisableService       = switchService[ServiceSwitch]("disable", "disable", "-2.52")
	DisableServiceReason = switchService[ServiceDisable]("disable-log-reason", "disable_log_reason", "-2.52")
	ForceDownService     = switchService[ServiceForceDown]("force-down", "force_down", "2.11-2.52")
	UpdateService        = wire.Route[ServiceUpdate, ServiceShown]{
		Name: "services.update", Method: "PUT", Path: "/os-services/{service_id}", Status: "200", Span: "2.53",
		Policy: updateServicePolicy, LooseQuery: "always",
	}
	DeleteService = wire.Route[ServiceID, wire.None]{
		Name: "services.delete", Method: "DELETE", Path: "/os-services/{service_id}", Status: "204",
		Policy: rule("os-services:delete", admin), LooseQuery: "always",
	}
)

func serviceRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListServices, EnableService, DisableService, DisableServiceReason, ForceDownService, UpdateService, DeleteService,
	}
}
