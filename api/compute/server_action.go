package compute

import "github.com/novalet/novalet/api/wire"

// Reboot is the body of the reboot action.
type Reboot struct {
	ID   string `path:"server_id"`
	Type string `json:"type" is:"required,enum=HARD|Hard|hard|SOFT|Soft|soft"`
}

// ConsoleOutputWanted is the body of os-getConsoleOutput. No length, or -1,
// asks for all that is kept.
type ConsoleOutputWanted struct {
	ID     string        `path:"server_id"`
	Length wire.Opt[int] `json:"length" is:"loose,null,min=-1,max=2147483647"` // lines
}

// ConsoleOutput is the reply of os-getConsoleOutput.
type ConsoleOutput struct {
	Output string `json:"output"`
}

// Lock is the body of the lock action: before 2.73 anything, since then null or
// a reason.
type Lock struct {
	ID   string               `path:"server_id"`
	Body wire.Opt[LockReason] `body:"json" is:"null" v:"2.73"`
}

// LockReason says why a server is locked.
type LockReason struct {
	Reason wire.Opt[string] `json:"locked_reason" is:"min=1,max=255"`
}

// serverAction is an action on a server; they differ by key, body and rule.
func serverAction[In, Out any](key, name, policy string, check string) wire.Route[In, Out] {
	return wire.Route[In, Out]{
		Name: "servers." + name, Method: "POST", Path: "/servers/{server_id}/action", Action: key, Status: "202",
		Policy: rule(policy, check), LooseQuery: "always",
	}
}

// The actions on servers.
var (
	StartServer      = serverAction[ServerID, wire.None]("os-start", "start", "servers:start", projectMember)
	StopServer       = serverAction[ServerID, wire.None]("os-stop", "stop", "servers:stop", projectMember)
	RebootServer     = serverAction[Reboot, wire.None]("reboot", "reboot", "servers:reboot", projectMember)
	LockServer       = serverAction[Lock, wire.None]("lock", "lock", "os-lock-server:lock", projectMember)
	UnlockServer     = serverAction[ServerID, wire.None]("unlock", "unlock", "os-lock-server:unlock", projectMember)
	ForceDelete      = serverAction[ServerID, wire.None]("forceDelete", "force_delete", "os-deferred-delete:force", projectMember)
	GetConsoleOutput = wire.Route[ConsoleOutputWanted, ConsoleOutput]{
		Name: "servers.console_output", Method: "POST", Path: "/servers/{server_id}/action", Action: "os-getConsoleOutput",
		Status: "200", Policy: rule("os-console-output", projectMember), LooseQuery: "always",
	}

	// UnlockOverride lets a caller unlock what an administrator locked.
	UnlockOverride = rule("os-lock-server:unlock:unlock_override", admin)
)

func serverActionRoutes() []wire.Endpoint {
	return []wire.Endpoint{StartServer, StopServer, RebootServer, LockServer, UnlockServer, ForceDelete, GetConsoleOutput}
}
