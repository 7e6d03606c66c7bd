package compute

import "github.com/novalet/novalet/api/wire"

// PasswordChange is the body of the changePassword action, for which the guest
// needs an agent.
type PasswordChange struct {
	ID        string      `path:"server_id"`
	AdminPass wire.Secret `json:"adminPass" is:"required,secret"`
}

// ServerPassword is the reply of GET /servers/{server_id}/os-server-password:
// what the guest has posted to the metadata service, in base64, encrypted with
// the server's key; empty when it has posted none.
type ServerPassword struct {
	Password string `json:"password"`
}

// The routes of passwords.
var (
	ChangePassword     = serverAction[PasswordChange, wire.None]("changePassword", "change_password", "os-admin-password", projectMember)
	ShowServerPassword = wire.Route[ServerID, ServerPassword]{
		Name: "servers.password.show", Method: "GET", Path: "/servers/{server_id}/os-server-password", Status: "200",
		Policy: rule("os-server-password:show", projectReader), LooseQuery: looseUntil,
	}
	ClearServerPassword = wire.Route[ServerID, wire.None]{
		Name: "servers.password.clear", Method: "DELETE", Path: "/servers/{server_id}/os-server-password", Status: "204",
		Policy: rule("os-server-password:clear", projectMember), LooseQuery: "always",
	}
)

func serverPasswordRoutes() []wire.Endpoint {
	return []wire.Endpoint{ChangePassword, ShowServerPassword, ClearServerPassword}
}
