package client

import (
	"context"

	"github.com/novalet/novalet/api/compute"
)

// Addresses returns a server's addresses by network name.
func (s Servers) Addresses(ctx context.Context, id string) (map[string][]compute.BareAddress, error) {
	out, err := Do(ctx, s.s, compute.ListAddresses, compute.ServerID{ID: id})
	return out.Addresses, err
}

// AddressesOn returns a server's addresses on one network, by the network's name.
func (s Servers) AddressesOn(ctx context.Context, id, network string) ([]compute.BareAddress, error) {
	out, err := Do(ctx, s.s, compute.ShowAddresses, compute.NetworkAddressesOf{ID: id, Network: network})
	return out.Addresses[network], err
}
