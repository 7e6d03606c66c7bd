package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func securityGroupCommands() []command {
	return []command{
		{
			Name: "add-secgroup", Summary: "Put a server into a security group.", Run: onSecurityGroup(compute.AddSecurityGroup),
			Args: []arg.Arg{serverArg, {Dest: "secgroup", Metavar: "<secgroup>", Help: "Security group, by name or ID."}},
		},
		{
			Name: "remove-secgroup", Summary: "Take a server out of a security group.", Run: onSecurityGroup(compute.RemoveSecurityGroup),
			Args: []arg.Arg{serverArg, {Dest: "secgroup", Metavar: "<secgroup>", Help: "Security group, by name."}},
		},
		{Name: "list-secgroup", Summary: "List the security groups of a server.", Run: listSecurityGroups, Args: []arg.Arg{serverArg}},
	}
}

// onSecurityGroup looks the server up first: a reply of 404 is about the group, then.
func onSecurityGroup(route wire.Route[compute.SecurityGroupOfServer, wire.None]) verb.Run {
	return func(ctx context.Context, e *verb.Env) error {
		server, err := servers(false).Find(ctx, e, e.Args.String("server"))
		if err != nil {
			return err
		}
		in := compute.SecurityGroupOfServer{ID: verb.Text(server, "id"), Name: e.Args.String("secgroup")}
		_, err = client.Do(ctx, e.Compute(), route, in)
		return err
	}
}

func listSecurityGroups(ctx context.Context, e *verb.Env) error {
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		groups, err := verb.AskAll(ctx, e.Compute(), compute.ListServerSecurityGroups, compute.ServerID{ID: id}, "security_groups")
		if err != nil {
			return err
		}
		return e.List(verb.Columns("Id", "Name", "Description"), groups, "Id")
	})
}
