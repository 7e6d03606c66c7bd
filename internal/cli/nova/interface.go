package nova

import (
	"context"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func interfaceCommands() []command {
	return []command{
		{
			Name: "interface-attach", Summary: "Give a server a network port.", Run: interfaceAttach,
			Args: []arg.Arg{
				serverArg,
				{Flags: "--port-id", Metavar: "<port_id>", Help: "ID of an existing port."},
				{Flags: "--net-id", Metavar: "<net_id>", Help: "ID of the network to make a port on."},
				{Flags: "--fixed-ip", Metavar: "<fixed_ip>", Help: "Address for the new port; needs --net-id."},
				{Flags: "--tag", Metavar: "<tag>", Versions: "2.49", Help: "Tag by which the guest finds the interface in its metadata."},
			},
		},
		{
			Name: "interface-detach", Summary: "Take a network port off a server.", Run: interfaceDetach,
			Args: []arg.Arg{serverArg, {Dest: "port_id", Metavar: "<port_id>", Help: "ID of the port."}},
		},
		{Name: "interface-list", Summary: "List the network ports of a server.", Run: interfaceList, Args: []arg.Arg{serverArg}},
	}
}

func interfaceAttach(ctx context.Context, e *verb.Env) error {
	a := e.Args
	wanted := compute.InterfaceWanted{NetworkID: optional(a.String("net_id")), PortID: optional(a.String("port_id")), Tag: optional(a.String("tag"))}
	if addr := a.String("fixed_ip"); addr != "" {
		wanted.FixedIPs = wire.Some([]compute.AddrWanted{{Addr: addr}})
	}
	return servers(false).Do(ctx, e, a.String("server"), func(id string) error {
		in := compute.InterfaceAttach{ID: id, Interface: wire.Some(wanted)}
		port, err := verb.AskFor(ctx, e.Compute(), compute.AttachInterface, in, "interfaceAttachment")
		if err != nil {
			return err
		}
		addresses := portAddresses(port)
		verb.Remove(&port, "fixed_ips")
		verb.Set(&port, "ip_address", addresses)
		return e.Print.Show(port, 0)
	})
}

// portAddresses are a port's addresses with commas between, or nil where the server does not say.
func portAddresses(port out.Object) any {
	if verb.Member(port, "fixed_ips") == nil {
		return nil
	}
	var addresses []string
	for _, ip := range verb.Objects(port, "fixed_ips") {
		addresses = append(addresses, verb.Text(ip, "ip_address"))
	}
	return strings.Join(addresses, ",")
}

func interfaceDetach(ctx context.Context, e *verb.Env) error {
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		_, err := client.Do(ctx, e.Compute(), compute.DetachInterface, compute.InterfaceID{ID: id, PortID: e.Args.String("port_id")})
		return err
	})
}

func interfaceList(ctx context.Context, e *verb.Env) error {
	columns := []verb.Column{{Name: "Port State"}, {Name: "Port ID"}, {Name: "Net ID"}, {Name: "IP addresses", Value: portAddresses}, {Name: "MAC Addr"}}
	if e.Since(70) {
		columns = append(columns, verb.Column{Name: "Tag"})
	}
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		list, err := verb.AskAll(ctx, e.Compute(), compute.ListInterfaces, compute.ServerID{ID: id}, "interfaceAttachments")
		if err != nil {
			return err
		}
		return e.List(columns, list, "")
	})
}
