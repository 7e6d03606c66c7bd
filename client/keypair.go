package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// Keypairs are the key pairs of the caller.
type Keypairs struct{ s *Service }

// KeypairPages is the list of key pairs; before 2.35 it is one page.
var KeypairPages = Paged[compute.KeypairQuery, compute.Keypairs, compute.KeypairItem]{
	Route: compute.ListKeypairs,
	Items: func(page *compute.Keypairs) []compute.KeypairItem { return page.Keypairs },
	Next:  func(page *compute.Keypairs) string { return nextOf(page.Links) },
	From:  func(in *compute.KeypairQuery, marker string) { in.Marker = wire.Some(marker) },
}

// List walks the key pairs.
func (k Keypairs) List(ctx context.Context, q compute.KeypairQuery) iter.Seq2[compute.Keypair, error] {
	return func(yield func(compute.Keypair, error) bool) {
		for item, err := range Each(ctx, k.s, KeypairPages, q) {
			if !yield(item.Keypair, err) {
				return
			}
		}
	}
}

// Get returns the key pair with a name.
func (k Keypairs) Get(ctx context.Context, name string) (compute.KeypairDetail, error) {
	out, err := Do(ctx, k.s, compute.ShowKeypair, compute.KeypairName{Name: name})
	return out.Keypair, err
}

// Import makes a key pair of a public key.
func (k Keypairs) Import(ctx context.Context, name, publicKey string) (compute.KeypairMade, error) {
	out, err := Do(ctx, k.s, compute.CreateKeypair, compute.KeypairCreate{Keypair: compute.KeypairNew{
		Name: name, NameOld: name, PublicKey: publicKey, PublicKeyOld: wire.Some(publicKey),
	}})
	return out.Keypair, err
}

// Delete deletes a key pair.
func (k Keypairs) Delete(ctx context.Context, name string) error {
	_, err := Do(ctx, k.s, compute.DeleteKeypair, compute.KeypairName{Name: name})
	return err
}
