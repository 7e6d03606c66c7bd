package compute

import "github.com/novalet/novalet/api/wire"

// InstanceAction is one thing done to a server, in a list. Sources: API
// reference "Servers actions"; microversions 2.51, 2.58, 2.62, 2.84.
type InstanceAction struct {
	Action    string         `json:"action"`
	ServerID  string         `json:"instance_uuid"`
	RequestID string         `json:"request_id"`
	UserID    *string        `json:"user_id"`
	ProjectID *string        `json:"project_id"`
	StartTime wire.MicroTime `json:"start_time"`
	Message   *string        `json:"message"`
	UpdatedAt wire.MicroTime `json:"updated_at" v:"2.58"`
}

// InstanceActionDetail is one action with its events.
type InstanceActionDetail struct {
	Action    string                  `json:"action"`
	ServerID  string                  `json:"instance_uuid"`
	RequestID string                  `json:"request_id"`
	UserID    *string                 `json:"user_id"`
	ProjectID *string                 `json:"project_id"`
	StartTime wire.MicroTime          `json:"start_time"`
	Message   *string                 `json:"message"`
	UpdatedAt wire.MicroTime          `json:"updated_at" v:"2.58"`
	Events    wire.Opt[[]ActionEvent] `json:"events"` // until 2.50 for administrators only
}

// ActionEvent is one step of an action.
type ActionEvent struct {
	Event      string            `json:"event"`
	StartTime  wire.MicroTime    `json:"start_time"`
	FinishTime wire.MicroTime    `json:"finish_time"`
	Result     *string           `json:"result"` // Success or Error
	Traceback  wire.Opt[*string] `json:"traceback"`
	Host       wire.Opt[*string] `json:"host" v:"2.62"`
	HostID     string            `json:"hostId" v:"2.62"`
	Details    wire.Opt[*string] `json:"details" v:"2.84"`
}

// InstanceActionQuery is what GET /servers/{server_id}/os-instance-actions takes.
type InstanceActionQuery struct {
	ID            string           `path:"server_id"`
	Limit         wire.Opt[int]    `query:"limit" is:"min=0" v:"2.58"`
	Marker        wire.Opt[string] `query:"marker" v:"2.58"`
	ChangesSince  wire.Opt[string] `query:"changes-since" is:"time" v:"2.58"`
	ChangesBefore wire.Opt[string] `query:"changes-before" is:"time" v:"2.66"`
}

// InstanceActions is the reply of the list.
type InstanceActions struct {
	Actions []InstanceAction `json:"instanceActions"`
	Links   []wire.Link      `json:"links,omitempty" v:"2.58"`
}

// InstanceActionID names one action of a server.
type InstanceActionID struct {
	ID        string `path:"server_id"`
	RequestID string `path:"request_id"`
}

// InstanceActionShown is the reply that holds one action.
type InstanceActionShown struct {
	Action InstanceActionDetail `json:"instanceAction"`
}

// The rules that decide what a caller sees of events.
var (
	ActionEventsRule  = rule("os-instance-actions:events", admin)
	ActionDetailsRule = rule("os-instance-actions:events:details", admin)
)

// The routes of instance actions.
var (
	ListInstanceActions = wire.Route[InstanceActionQuery, InstanceActions]{
		Name: "instance_actions.list", Method: "GET", Path: "/servers/{server_id}/os-instance-actions", Status: "200",
		Policy: rule("os-instance-actions:list", projectReader), LooseQuery: "2.57",
	}
	ShowInstanceAction = wire.Route[InstanceActionID, InstanceActionShown]{
		Name: "instance_actions.show", Method: "GET", Path: "/servers/{server_id}/os-instance-actions/{request_id}", Status: "200",
		Policy: rule("os-instance-actions:show", projectReader), LooseQuery: looseUntil,
	}
)

func instanceActionRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListInstanceActions, ShowInstanceAction}
}
