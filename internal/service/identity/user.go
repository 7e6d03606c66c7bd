package identity

import (
	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountUsers(api *httpd.API) {
	plain(api, identity.ListUsers, func(ctx httpd.Ctx, in identity.UserQuery) string {
		return in.DomainID.Or(ctx.Caller.DomainID)
	}, s.listUsers)
	on(api, identity.ShowUser, s.loadUser, userTarget, s.showUser)
	plain(api, identity.CreateUser, noDomain, s.createUser)
	plain(api, identity.UpdateUser, noDomain, s.updateUser)
	plain(api, identity.DeleteUser, noDomain, s.deleteUser)
	on(api, identity.ListUserProjects, s.loadUser, userTarget, s.listUserProjects)
	httpd.Mount(api, identity.ChangePassword, s.changePassword)
}

func (s *Service) loadUser(ctx httpd.Ctx, in identity.UserID) (cloud.User, error) {
	return s.DB.User(ctx, in.ID)
}

func userTarget(u *cloud.User) cloud.Target {
	return cloud.Target{"target.user.id": u.ID, "target.user.domain_id": u.DomainID, "user_id": u.ID}
}

// userOptions are the options of a user, by name, with where they stand in the
// contract.
func userOptions(o *identity.UserOptions) map[string]*wire.Opt[bool] {
	return map[string]*wire.Opt[bool]{
		"ignore_change_password_upon_first_use": &o.IgnoreFirstUse,
		"ignore_password_expiry":                &o.IgnoreExpiry,
		"ignore_lockout_failure_attempts":       &o.IgnoreLockout,
		"ignore_user_inactivity":                &o.IgnoreInactivity,
		lockPassword:                            &o.LockPassword,
	}
}

const lockPassword = "lock_password"

// setOptions takes what a request says about options: null takes one away.
func setOptions(into *map[string]bool, asked identity.UserOptions) {
	for name, option := range userOptions(&asked) {
		switch value, ok := option.Get(); {
		case ok:
			if *into == nil {
				*into = map[string]bool{}
			}
			(*into)[name] = value
		case option.Set:
			delete(*into, name)
		}
	}
}

// some is an Opt that is absent for nil.
func some[T any](p *T) (o wire.Opt[T]) {
	if p != nil {
		o = wire.Some(*p)
	}
	return o
}

func userView(ctx httpd.Ctx, u *cloud.User) identity.User {
	view := identity.User{
		Email: some(u.Email), Description: some(u.Description),
		ID: u.ID, Name: u.Name, DomainID: u.DomainID, Enabled: u.Enabled, Links: self(ctx, "/users/"+u.ID),
	}
	if u.DefaultProjectID != "" {
		view.DefaultProjectID = wire.Some(u.DefaultProjectID)
	}
	for name, option := range userOptions(&view.Options) {
		if value, ok := u.Options[name]; ok {
			*option = wire.Some(value)
		}
	}
	return view
}

func (s *Service) listUsers(ctx httpd.Ctx, in identity.UserQuery) (out identity.Users, err error) {
	filter := store.UserFilter{Name: in.Name.Ptr(), DomainID: in.DomainID.Ptr()}
	if filter.DomainID == nil && ctx.Caller.DomainID != "" {
		filter.DomainID = &ctx.Caller.DomainID
	}
	if filter.Enabled, err = flag("enabled", in.Enabled); err != nil {
		return out, err
	}
	found, err := s.DB.Users(ctx, filter)
	out.Users = views(found, func(u *cloud.User) identity.User { return userView(ctx, u) })
	out.Links = page(ctx)
	return out, err
}

func (s *Service) showUser(ctx httpd.Ctx, u cloud.User, _ identity.UserID) (out identity.UserShown, err error) {
	out.User = userView(ctx, &u)
	return out, nil
}

func (s *Service) listUserProjects(ctx httpd.Ctx, u cloud.User, _ identity.UserID) (identity.Projects, error) {
	return s.userProjects(ctx, store.ProjectFilter{UserID: u.ID})
}

func (s *Service) createUser(ctx httpd.Ctx, in identity.UserCreate) (out identity.UserShown, err error) {
	asked := in.User
	u := cloud.User{
		ID: s.newID(), Name: asked.Name, DomainID: asked.DomainID.Or(callersDomain(ctx.Caller)), Enabled: asked.Enabled.Or(true),
		Email: asked.Email.Ptr(), Description: asked.Description.Ptr(), DefaultProjectID: asked.DefaultProjectID.Or(""),
	}
	setOptions(&u.Options, asked.Options.Or(identity.UserOptions{}))
	if password, ok := asked.Password.Get(); ok {
		if u.PasswordHash, err = s.hash(ctx, password); err != nil {
			return out, err
		}
	}
	if err := s.change(ctx, func(tx *store.Tx) error { return tx.CreateUser(ctx, &u) }); err != nil {
		return out, err
	}
	out.User = userView(ctx, &u)
	return out, nil
}

func (s *Service) updateUser(ctx httpd.Ctx, in identity.UserUpdate) (out identity.UserShown, err error) {
	hash := ""
	if password, ok := in.User.Password.Get(); ok {
		if hash, err = s.hash(ctx, password); err != nil {
			return out, err
		}
	}
	var u cloud.User
	err = s.change(ctx, func(tx *store.Tx) (err error) {
		if u, err = tx.User(ctx, in.ID); err != nil {
			return err
		}
		if in.User.DomainID.Or(u.DomainID) != u.DomainID {
			return fault.New(fault.BadRequest, "The domain of a user cannot change.")
		}
		was, any := u.Enabled, in.User.DomainID.Set
		set(&u.Name, in.User.Name, &any)
		set(&u.DefaultProjectID, in.User.DefaultProjectID, &any)
		set(&u.Enabled, in.User.Enabled, &any)
		setPtr(&u.Email, in.User.Email, &any)
		setPtr(&u.Description, in.User.Description, &any)
		if asked, ok := in.User.Options.Get(); ok {
			any = true
			setOptions(&u.Options, asked)
		}
		if in.User.Password.Set {
			any = true
			u.PasswordHash = hash
		}
		if !any {
			return nothingToChange("user")
		}
		if in.User.Password.Set || was && !u.Enabled {
			if err := s.revoke(ctx, tx, cloud.RevokedUser, u.ID); err != nil {
				return err
			}
		}
		return tx.UpdateUser(ctx, &u)
	})
	if err != nil {
		return out, err
	}
	out.User = userView(ctx, &u)
	return out, nil
}

func (s *Service) deleteUser(ctx httpd.Ctx, in identity.UserID) (out wire.None, err error) {
	return out, s.change(ctx, func(tx *store.Tx) error { return tx.DeleteUser(ctx, in.ID) })
}

// changePassword is POST /users/{user_id}/password: the old password is the
// proof, so who knows it needs no token, and who does not learns nothing about
// the user.
func (s *Service) changePassword(ctx httpd.Ctx, in identity.PasswordChange) (out wire.None, err error) {
	u, err := s.passwordUser(ctx, identity.PasswordUser{ID: wire.Some(in.ID), Password: in.User.Original})
	if err != nil {
		return out, err
	}
	if !u.Enabled {
		return out, errDead
	}
	hash, err := s.hash(ctx, in.User.Password)
	if err != nil {
		return out, err
	}
	return out, s.change(ctx, func(tx *store.Tx) error {
		now, err := tx.User(ctx, u.ID)
		switch {
		case err != nil:
			return dead(err)
		case !now.Enabled || now.PasswordHash != u.PasswordHash: // changed while this one was being hashed
			return errDead
		case now.Options[lockPassword]:
			return fault.New(fault.BadRequest, "The password of this user is locked: an administrator has to change it.")
		}
		if err := tx.SetPasswordHash(ctx, u.ID, now.PasswordHash, hash); err != nil {
			return err
		}
		return s.revoke(ctx, tx, cloud.RevokedUser, u.ID)
	})
}
