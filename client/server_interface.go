package client

import (
	"context"
	"iter"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// InterfaceList is the list of a server's ports: one page.
var InterfaceList = onePage(compute.ListInterfaces, func(page *compute.Interfaces) []compute.Interface { return page.Interfaces })

// Interfaces walks the network ports of a server.
func (s Servers) Interfaces(ctx context.Context, id string) iter.Seq2[compute.Interface, error] {
	return Each(ctx, s.s, InterfaceList, compute.ServerID{ID: id})
}

// Interface returns one network port of a server.
func (s Servers) Interface(ctx context.Context, id, port string) (compute.Interface, error) {
	out, err := Do(ctx, s.s, compute.ShowInterface, compute.InterfaceID{ID: id, PortID: port})
	return out.Interface, err
}

// AttachInterface gives a server a port: an existing one, a new one on a network, or with neither one on the only
// network that the project can use.
func (s Servers) AttachInterface(ctx context.Context, id string, wanted compute.InterfaceWanted) (compute.Interface, error) {
	out, err := Do(ctx, s.s, compute.AttachInterface, compute.InterfaceAttach{ID: id, Interface: wire.Some(wanted)})
	return out.Interface, err
}

// DetachInterface starts to take a port off a server. A port that was made for the server is deleted.
func (s Servers) DetachInterface(ctx context.Context, id, port string) error {
	_, err := Do(ctx, s.s, compute.DetachInterface, compute.InterfaceID{ID: id, PortID: port})
	return err
}
