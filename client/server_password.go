package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// SetPassword has the guest's agent change the password of its administrator.
func (s Servers) SetPassword(ctx context.Context, id string, password wire.Secret) error {
	_, err := Do(ctx, s.s, compute.ChangePassword, compute.PasswordChange{ID: id, AdminPass: password})
	return err
}

// Password returns the password that the guest has posted: encrypted with the public key that the server was made
// with, in base64; empty when it has posted none.
func (s Servers) Password(ctx context.Context, id string) (string, error) {
	out, err := Do(ctx, s.s, compute.ShowServerPassword, compute.ServerID{ID: id})
	return out.Password, err
}

// ClearPassword forgets the password that the guest has posted; the guest's own stays what it is.
func (s Servers) ClearPassword(ctx context.Context, id string) error {
	return s.order(ctx, compute.ClearServerPassword, id)
}
