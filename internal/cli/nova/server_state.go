package nova

import (
	"context"
	"errors"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func serverStateCommands() []command {
	one := []arg.Arg{serverArg}
	return []command{
		{Name: "pause", Summary: "Stop a server's processors; it stays in memory.", Run: onServer(compute.PauseServer), Args: one},
		{Name: "unpause", Summary: "Let a paused server run on.", Run: onServer(compute.UnpauseServer), Args: one},
		{Name: "suspend", Summary: "Write a server's memory to disk and stop it.", Run: onServer(compute.SuspendServer), Args: one},
		{Name: "resume", Summary: "Bring a suspended server back.", Run: onServer(compute.ResumeServer), Args: one},
		{
			Name: "rescue", Summary: "Boot a server from another disk, to mend its own.", Run: rescue,
			Args: []arg.Arg{
				serverArg,
				{Flags: "--password", Metavar: "<password>", Help: "Password of the administrator until unrescue."},
				{Flags: "--image", Metavar: "<image>", Help: "Image to boot, by name or ID; the server's own if not given."},
			},
		},
		{Name: "unrescue", Summary: "Boot a rescued server from its own disk again.", Run: onServer(compute.UnrescueServer), Args: one},
		{Name: "shelve", Summary: "Stop a server and keep it as an image.", Run: onServer(compute.ShelveServer), Args: one},
		{Name: "shelve-offload", Summary: "Take a shelved server from its host.", Run: onServer(compute.ShelveOffload), Args: one},
		{
			Name: "unshelve", Summary: "Bring a shelved server back.", Run: unshelve,
			Args: []arg.Arg{
				serverArg,
				{Flags: "--availability-zone", Metavar: "<availability-zone>", Versions: "2.77", Help: "Zone for a server that was taken from its host."},
			},
		},
		{Name: "restore", Summary: "Bring back a server that was deleted, where the cloud keeps those for a time.", Run: restore, Args: one},
		{
			Name: "reset-state", Summary: "Have the cloud believe that servers are in error, or active.", Run: resetState,
			Args: []arg.Arg{
				allTenantsArg("Reset"), serversArg,
				{Flags: "--active", Dest: "state", Action: arg.StoreConst, Const: "active", Default: "error", Help: "active, not error."},
			},
		},
		{Name: "reset-network", Summary: "Have a server's guest set up its network anew; gone since Nova 23.", Run: onServer(compute.ResetNetwork), Args: one},
		{
			Name: "refresh-network", Summary: "Have the cloud look up a server's network anew (for administrators).", Run: refreshNetwork,
			Args: one,
		},
		{Name: "trigger-crash-dump", Summary: "Send a server an NMI, at which it may write a crash dump.", Versions: "2.17", Run: crashDump, Args: one},
	}
}

func rescue(ctx context.Context, e *verb.Env) error {
	with := compute.RescueWith{}
	if name := e.Args.String("image"); name != "" {
		image, err := findImage(ctx, e, name)
		if err != nil {
			return err
		}
		with.ImageRef = wire.Some(verb.Text(image, "id"))
	}
	in := compute.Rescue{Body: wire.Null[compute.RescueWith]()}
	if password := e.Args.String("password"); password != "" {
		with.AdminPass = wire.Some(wire.Secret(password))
	}
	if with != (compute.RescueWith{}) {
		in.Body = wire.Some(with)
	}
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		in.ID = id
		reply, err := verb.Ask(ctx, e.Compute(), compute.RescueServer, in)
		if err != nil {
			return err
		}
		return e.Print.Show(reply, 0)
	})
}

func unshelve(ctx context.Context, e *verb.Env) error {
	in := compute.Unshelve{}
	zone := e.Args.String("availability_zone")
	switch {
	case e.Since(91) && e.Args.Has("availability_zone"):
		in.At = wire.Some(compute.UnshelveTarget{Zone: wire.Some(zone)})
	case zone != "":
		in.To = wire.Some(compute.UnshelveZone{Zone: zone})
	case e.Since(77):
		in.At, in.To = wire.Null[compute.UnshelveTarget](), wire.Null[compute.UnshelveZone]()
	}
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		in.ID = id
		_, err := client.Do(ctx, e.Compute(), compute.UnshelveServer, in)
		return err
	})
}

// restore finds the server among those that were deleted.
func restore(ctx context.Context, e *verb.Env) error {
	deleted := servers(false)
	deleted.Named = func(ctx context.Context, e *verb.Env, name string) ([]out.Object, error) {
		query := compute.ServerQuery{Name: optional(name), Deleted: wire.Some("True")}
		return verb.AskPages(ctx, e.Compute(), compute.ListServers, query, "servers",
			func(q *compute.ServerQuery, marker string) { q.Marker = wire.Some(marker) })
	}
	return deleted.Do(ctx, e, e.Args.String("server"), func(id string) error {
		return e.Cloud.Servers.Restore(ctx, id)
	})
}

func resetState(ctx context.Context, e *verb.Env) error {
	state, failed := e.Args.String("state"), false
	kind := servers(e.Args.Int("all_tenants") != 0)
	reset := func(ctx context.Context, name string) (struct{}, error) {
		return struct{}{}, kind.Do(ctx, e, name, func(id string) error { return e.Cloud.Servers.ResetState(ctx, id, state) })
	}
	err := verb.Parallel(ctx, e.Parallel, e.Args.Strings("server"), reset, func(name string, _ struct{}, err error) error {
		if errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			failed = true
			return e.Say("Reset state for server %s failed: %s", name, err)
		}
		return e.Say("Reset state for server %s succeeded; new state is %s", name, state)
	})
	if err == nil && failed {
		return verb.Refuse("Unable to reset the state for the specified server(s).")
	}
	return err
}

func refreshNetwork(ctx context.Context, e *verb.Env) error {
	server, err := servers(false).Find(ctx, e, e.Args.String("server"))
	if err != nil {
		return err
	}
	changed := compute.ExternalEvents{Events: []compute.ExternalEvent{compute.NewExternalEvent(verb.Text(server, "id"), "network-changed")}}
	_, err = client.Do(ctx, e.Compute(), compute.CreateExternalEvents, changed)
	return err
}

func crashDump(ctx context.Context, e *verb.Env) error {
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		return e.Cloud.Servers.TriggerCrashDump(ctx, id)
	})
}
