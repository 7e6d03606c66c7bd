package identity

import "github.com/novalet/novalet/api/wire"

// User is who can authenticate, as GET /users/{user_id} shows it.
type User struct {
	Email             wire.Opt[string] `json:"email"`
	Description       wire.Opt[string] `json:"description"`
	ID                string           `json:"id"`
	Name              string           `json:"name"`
	DomainID          string           `json:"domain_id"`
	Enabled           bool             `json:"enabled"`
	DefaultProjectID  wire.Opt[string] `json:"default_project_id"`
	PasswordExpiresAt wire.MicroTime   `json:"password_expires_at"` // null: never
	Options           UserOptions      `json:"options"`
	Links             Self             `json:"links"`
}

// UserOptions change how a user authenticates. Passwords neither expire nor
// lock here, so the ignore_* options are kept and shown without effect;
// lock_password forbids the user to change the password.
type UserOptions struct {
	IgnoreFirstUse   wire.Opt[bool] `json:"ignore_change_password_upon_first_use" is:"null"`
	IgnoreExpiry     wire.Opt[bool] `json:"ignore_password_expiry" is:"null"`
	IgnoreLockout    wire.Opt[bool] `json:"ignore_lockout_failure_attempts" is:"null"`
	IgnoreInactivity wire.Opt[bool] `json:"ignore_user_inactivity" is:"null"`
	LockPassword     wire.Opt[bool] `json:"lock_password" is:"null"`
}

// UserQuery is what GET /users takes.
type UserQuery struct {
	Name     wire.Opt[string] `query:"name"`
	DomainID wire.Opt[string] `query:"domain_id"`
	Enabled  wire.Opt[string] `query:"enabled"`
}

// Users is the reply of GET /users.
type Users struct {
	Users []User `json:"users"`
	Links Page   `json:"links"`
}

// UserID names one user.
type UserID struct {
	ID string `path:"user_id"`
}

// UserShown is the reply that holds one user.
type UserShown struct {
	User User `json:"user"`
}

// UserCreate is the body of POST /users.
type UserCreate struct {
	User NewUser `json:"user" is:"required"`
}

// NewUser is a user to be made; without a domain it is in the caller's, and
// without a password it cannot log in with one.
type NewUser struct {
	Name             string                `json:"name" is:"required,min=1,max=255,name"`
	DomainID         wire.Opt[string]      `json:"domain_id" is:"null,min=1,max=64"`
	DefaultProjectID wire.Opt[string]      `json:"default_project_id" is:"null,min=1,max=64"`
	Password         wire.Opt[wire.Secret] `json:"password" is:"null,secret,min=1,max=4096"`
	Email            wire.Opt[string]      `json:"email" is:"null,max=255"`
	Description      wire.Opt[string]      `json:"description" is:"null,max=65535"`
	Enabled          wire.Opt[bool]        `json:"enabled"`
	Options          wire.Opt[UserOptions] `json:"options"`
}

// UserUpdate is the body of PATCH /users/{user_id}.
type UserUpdate struct {
	ID   string     `path:"user_id"`
	User UserChange `json:"user" is:"required"`
}

// UserChange holds the members to change; absent ones stay. A new password, or
// enabled false, ends all tokens of the user.
type UserChange struct {
	Name             wire.Opt[string]      `json:"name" is:"min=1,max=255,name"`
	DomainID         wire.Opt[string]      `json:"domain_id" is:"null"`
	DefaultProjectID wire.Opt[string]      `json:"default_project_id" is:"null,min=1,max=64"`
	Password         wire.Opt[wire.Secret] `json:"password" is:"null,secret,min=1,max=4096"`
	Email            wire.Opt[string]      `json:"email" is:"null,max=255"`
	Description      wire.Opt[string]      `json:"description" is:"null,max=65535"`
	Enabled          wire.Opt[bool]        `json:"enabled"`
	Options          wire.Opt[UserOptions] `json:"options"`
}

// PasswordChange is the body of POST /users/{user_id}/password. It needs no
// token: the old password is the proof.
type PasswordChange struct {
	ID   string       `path:"user_id"`
	User PasswordPair `json:"user" is:"required"`
}

// PasswordPair is the old and the new password.
type PasswordPair struct {
	Original wire.Secret `json:"original_password" is:"required,secret,max=4096"`
	Password wire.Secret `json:"password" is:"required,secret,min=1,max=4096"`
}

// The routes of users.
var (
	ListUsers = wire.Route[UserQuery, Users]{
		Name: "users.list", Method: "GET", Path: "/users", Status: "200",
		Policy: rule("list_users", systemReader+" or (role:reader and domain_id:%(target.domain_id)s)"),
	}
	ShowUser = wire.Route[UserID, UserShown]{
		Name: "users.show", Method: "GET", Path: "/users/{user_id}", Status: "200",
		Policy: rule("get_user", systemReader+" or (role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(target.user.id)s"),
	}
	CreateUser = wire.Route[UserCreate, UserShown]{
		Name: "users.create", Method: "POST", Path: "/users", Status: "201",
		Policy: rule("create_user", admin),
	}
	UpdateUser = wire.Route[UserUpdate, UserShown]{
		Name: "users.update", Method: "PATCH", Path: "/users/{user_id}", Status: "200",
		Policy: rule("update_user", admin),
	}
	DeleteUser = wire.Route[UserID, wire.None]{
		Name: "users.delete", Method: "DELETE", Path: "/users/{user_id}", Status: "204",
		Policy: rule("delete_user", admin),
	}
	ListUserProjects = wire.Route[UserID, Projects]{
		Name: "users.projects", Method: "GET", Path: "/users/{user_id}/projects", Status: "200",
		Policy: rule("list_user_projects", systemReader+" or (role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(target.user.id)s"),
	}
	ChangePassword = wire.Route[PasswordChange, wire.None]{
		Name: "users.password", Method: "POST", Path: "/users/{user_id}/password", Status: "204", Public: true,
	}
)

func userRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListUsers, ShowUser, CreateUser, UpdateUser, DeleteUser, ListUserProjects, ChangePassword}
}
