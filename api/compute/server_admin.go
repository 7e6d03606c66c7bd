package compute

import "github.com/novalet/novalet/api/wire"

// ResetState is the body of the os-resetState action.
type ResetState struct {
	ID    string `path:"server_id"`
	State string `json:"state" is:"required,enum=active|error"`
}

// TriggerCrashDump is the trigger_crash_dump action, whose body is null.
type TriggerCrashDump struct {
	ID   string  `path:"server_id"`
	Null Nothing `body:"json"`
}

// Nothing is null, and refuses to be anything else.
type Nothing struct{}

// MarshalJSON writes null.
func (Nothing) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// UnmarshalJSON reads null.
func (*Nothing) UnmarshalJSON(b []byte) error {
	if string(b) != "null" {
		return &wire.Invalid{Text: "is not of type 'null'"}
	}
	return nil
}

// JSONSchema describes null.
func (Nothing) JSONSchema() wire.Schema { return wire.Schema{"type": "null"} }

// The routes that hold a server still, and those that mend or break it.
var (
	PauseServer   = serverAction[ServerID, wire.None]("pause", "pause", "os-pause-server:pause", projectMember)
	UnpauseServer = serverAction[ServerID, wire.None]("unpause", "unpause", "os-pause-server:unpause", projectMember)
	SuspendServer = serverAction[ServerID, wire.None]("suspend", "suspend", "os-suspend-server:suspend", projectMember)
	ResumeServer  = serverAction[ServerID, wire.None]("resume", "resume", "os-suspend-server:resume", projectMember)

	ResetServerState  = serverAction[ResetState, wire.None]("os-resetState", "reset_state", "os-admin-actions:reset_state", admin)
	InjectNetworkInfo = serverAction[ServerID, wire.None]("injectNetworkInfo", "inject_network_info", "os-admin-actions:inject_network_info", admin)

	CrashDump = wire.Route[TriggerCrashDump, wire.None]{
		Name: "servers.trigger_crash_dump", Method: "POST", Path: "/servers/{server_id}/action", Action: "trigger_crash_dump",
		Span: "2.17", Status: "202", Policy: rule("servers:trigger_crash_dump", projectMember), LooseQuery: "always",
	}
)

func serverAdminRoutes() []wire.Endpoint {
	return []wire.Endpoint{PauseServer, UnpauseServer, SuspendServer, ResumeServer, ResetServerState, InjectNetworkInfo, CrashDump}
}
