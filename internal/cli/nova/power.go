package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func powerCommands() []command {
	return []command{
		{Name: "start", Summary: "Start servers.", Run: onServers(compute.StartServer, "start"), Args: []arg.Arg{allTenantsArg("Start"), serversArg}},
		{Name: "stop", Summary: "Stop servers.", Run: onServers(compute.StopServer, "stop"), Args: []arg.Arg{allTenantsArg("Stop"), serversArg}},
		{
			Name: "reboot", Summary: "Reboot servers.", Run: reboot,
			Args: []arg.Arg{
				{Flags: "--hard", Dest: "reboot_type", Action: arg.StoreConst, Const: "HARD", Default: "SOFT", Help: "Off and on again, without asking the guest."},
				serversArg,
				{Flags: "--poll", Action: arg.StoreTrue, Help: "Wait until they are up again."},
			},
		},
		{
			Name: "console-log", Summary: "Print what a server wrote to its serial console.", Run: consoleLog,
			Args: []arg.Arg{
				serverArg,
				{Flags: "--length", Metavar: "<length>", Help: "Only so many lines from the end."},
				{Flags: "--follow", Action: arg.StoreTrue, Exact: true, Help: "Go on with what it writes from now on, until Ctrl-C or until the server is gone. --length says how many lines to begin with."},
			},
		},
		{
			Name: "lock", Summary: "Keep a server from being changed by anyone who is no administrator.", Run: lock,
			Args: []arg.Arg{serverArg, {Flags: "--reason", Metavar: "<reason>", Versions: "2.73", Help: "Why; shown with the server."}},
		},
		{Name: "unlock", Summary: "Let a locked server be changed again.", Run: onServer(compute.UnlockServer), Args: []arg.Arg{serverArg}},
	}
}

func reboot(ctx context.Context, e *verb.Env) error {
	ids := map[string]string{}
	var labels []string
	for _, name := range e.Args.Strings("server") {
		server, err := servers(false).Find(ctx, e, name)
		if err != nil {
			return err
		}
		label := labelOf(server)
		labels = append(labels, label)
		ids[label] = verb.Text(server, "id")
	}
	err := e.OnEach(ctx, labels, "Request to reboot server %s has been accepted.", "Unable to reboot the specified server(s).",
		func(label string) error {
			in := compute.Reboot{ID: ids[label], Type: e.Args.String("reboot_type")}
			_, err := client.Do(ctx, e.Compute(), compute.RebootServer, in)
			return err
		})
	if err != nil || !e.Args.Bool("poll") {
		return err
	}
	wait := *e
	wait.Parallel = 1 // each prints how far it is; the servers reboot at the same time anyway
	return wait.OnEach(ctx, labels, "Wait for server %s reboot.", "Wait for specified server(s) failed.",
		func(label string) error { return e.Poll(ctx, ids[label], "rebooting", false, "active") })
}

// labelOf is how a message names a server: its name as a slug, and its id.
func labelOf(server out.Object) string {
	id, slug := verb.Text(server, "id"), verb.Slug(verb.Text(server, "name"))
	if slug == "" {
		return id
	}
	return slug + " (" + id + ")"
}

func consoleLog(ctx context.Context, e *verb.Env) error {
	in := compute.ConsoleOutputWanted{Length: wire.Null[int]()}
	if text := e.Args.String("length"); e.Args.Has("length") {
		length, err := arg.Int(text)
		if err != nil {
			return verb.Refuse("--length %s is not a whole number.", text)
		}
		in.Length = wire.Some(length.(int))
	}
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		if e.Args.Bool("follow") {
			return followConsole(ctx, e, id, in.Length)
		}
		in.ID = id
		log, err := client.Do(ctx, e.Compute(), compute.GetConsoleOutput, in)
		if err != nil {
			return err
		}
		return e.Say("%s", log.Output)
	})
}

func lock(ctx context.Context, e *verb.Env) error {
	in := compute.Lock{}
	if e.Args.Has("reason") {
		in.Body = wire.Some(compute.LockReason{Reason: wire.Some(e.Args.String("reason"))})
	}
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		in.ID = id
		_, err := client.Do(ctx, e.Compute(), compute.LockServer, in)
		return err
	})
}
