package compute

import "github.com/novalet/novalet/api/wire"

// ExternalEvent is what another service tells of a server. NewExternalEvent
// fills it in for every version. Sources: API reference "External events";
// microversions 2.51, 2.76, 2.82, 2.93.
type ExternalEvent struct {
	ServerID string           `json:"server_uuid" is:"required,uuid"`
	Name21   string           `json:"-" v:"-2.50 name" is:"required,enum=network-changed|network-vif-plugged|network-vif-unplugged|network-vif-deleted"`
	Name51   string           `json:"-" v:"2.51-2.75 name" is:"required,enum=network-changed|network-vif-plugged|network-vif-unplugged|network-vif-deleted|volume-extended"`
	Name76   string           `json:"-" v:"2.76-2.81 name" is:"required,enum=network-changed|network-vif-plugged|network-vif-unplugged|network-vif-deleted|volume-extended|power-update"`
	Name82   string           `json:"-" v:"2.82-2.92 name" is:"required,enum=network-changed|network-vif-plugged|network-vif-unplugged|network-vif-deleted|volume-extended|power-update|accelerator-request-bound"`
	Name     string           `json:"-" v:"2.93 name" is:"required,enum=network-changed|network-vif-plugged|network-vif-unplugged|network-vif-deleted|volume-extended|power-update|accelerator-request-bound|volume-reimaged"`
	Status   wire.Opt[string] `json:"status" is:"enum=failed|completed|in-progress"` // absent: completed
	Tag      wire.Opt[string] `json:"tag" is:"max=255"`                              // what it is about: a port, a volume, POWER_ON
}

// NewExternalEvent is an event of a server, in the form of every version.
func NewExternalEvent(server, name string) ExternalEvent {
	return ExternalEvent{ServerID: server, Name21: name, Name51: name, Name76: name, Name82: name, Name: name}
}

// ExternalEvents is the body of POST /os-server-external-events.
type ExternalEvents struct {
	Events []ExternalEvent `json:"events" is:"required,min=1"`
}

// ExternalEventTaken is what became of an event: code is 200, or 400, 404 or
// 422 for one that failed.
type ExternalEventTaken struct {
	Name     string           `json:"name"`
	ServerID string           `json:"server_uuid"`
	Status   string           `json:"status"` // completed or failed
	Tag      wire.Opt[string] `json:"tag"`
	Code     int              `json:"code"`
}

// ExternalEventsTaken is the reply: 200, or 207 when an event failed.
type ExternalEventsTaken struct {
	Status int                  `status:"code"`
	Events []ExternalEventTaken `json:"events"`
}

// CreateExternalEvents is the route that other services call.
var CreateExternalEvents = wire.Route[ExternalEvents, ExternalEventsTaken]{
	Name: "external_events.create", Method: "POST", Path: "/os-server-external-events", Status: "200",
	Policy: rule("os-server-external-events:create", serviceOrAdmin), LooseQuery: "always",
}

func externalEventRoutes() []wire.Endpoint { return []wire.Endpoint{CreateExternalEvents} }
