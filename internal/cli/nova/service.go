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

func serviceCommands() []command {
	const numbers, uuids = "2.0-2.52", "2.53"
	host := arg.Arg{Dest: "host", Metavar: "<hostname>", Help: "Host whose nova-compute it is."}
	id := arg.Arg{Dest: "id", Metavar: "<id>", Help: "ID of the service, a UUID; see service-list."}
	number := arg.Arg{Dest: "id", Metavar: "<id>", Help: "Number of the service; where there are several cells it may not be the only one with it."}
	reason := arg.Arg{Flags: "--reason", Metavar: "<reason>", Help: "Why; shown in service-list."}
	unset := arg.Arg{Flags: "--unset", Dest: "force_down", Action: arg.StoreFalse, Default: true, Help: "Take it back."}
	const enable, disable = "Let the scheduler place servers on a host again.", "Let the scheduler place no more servers on a host."
	const down, remove = "Say that a service is down, although it may report.", "Delete a service. Stop its process first, or it comes back."
	return []command{
		{
			Name: "service-list", Summary: "List the services that make up the cloud.", Run: serviceList,
			Args: []arg.Arg{
				{Flags: "--host", Metavar: "<hostname>", Help: "Only those on this host."},
				{Flags: "--binary", Metavar: "<binary>", Help: "Only those of this name, such as nova-compute."},
			},
		},
		{Name: "service-enable", Summary: enable, Versions: numbers, Run: serviceEnable, Args: []arg.Arg{host}},
		{Name: "service-enable", Summary: enable, Versions: uuids, Run: serviceEnable, Args: []arg.Arg{id}},
		{Name: "service-disable", Summary: disable, Versions: numbers, Run: serviceDisable, Args: []arg.Arg{host, reason}},
		{Name: "service-disable", Summary: disable, Versions: uuids, Run: serviceDisable, Args: []arg.Arg{id, reason}},
		{Name: "service-force-down", Summary: down, Versions: "2.11-2.52", Run: serviceForceDown, Args: []arg.Arg{host, unset}},
		{Name: "service-force-down", Summary: down, Versions: uuids, Run: serviceForceDown, Args: []arg.Arg{id, unset}},
		{Name: "service-delete", Summary: remove, Versions: numbers, Run: serviceDelete, Args: []arg.Arg{number}},
		{Name: "service-delete", Summary: remove, Versions: uuids, Run: serviceDelete, Args: []arg.Arg{id}},
	}
}

func serviceList(ctx context.Context, e *verb.Env) error {
	query := compute.ServiceQuery{Host: optional(e.Args.String("host")), Binary: optional(e.Args.String("binary"))}
	list, err := verb.AskAll(ctx, e.Compute(), compute.ListServices, query, "services")
	if err != nil {
		return err
	}
	columns := verb.Columns("Id", "Binary", "Host", "Zone", "Status", "State", "Updated_at", "Disabled Reason")
	if e.Since(11) {
		columns = append(columns, verb.Column{Name: "Forced down"})
	}
	return e.List(columns, list, "")
}

// computeBinary is the service that the commands mean until 2.52, where they name a host.
const computeBinary = "nova-compute"

// printService prints a changed service as a list of one. Until 2.52 it has no id.
func printService(e *verb.Env, service out.Object, err error, columns ...string) error {
	if err != nil {
		return err
	}
	if e.Since(53) {
		columns = append([]string{"ID"}, columns...)
	}
	return e.List(verb.Columns(columns...), []out.Object{service}, "")
}

func serviceEnable(ctx context.Context, e *verb.Env) error {
	var service out.Object
	var err error
	if e.Since(53) {
		in := compute.ServiceUpdate{ID: e.Args.String("id"), Status: wire.Some("enabled")}
		service, err = verb.AskFor(ctx, e.Compute(), compute.UpdateService, in, "service")
	} else {
		in := compute.ServiceSwitch{Host: e.Args.String("host"), Binary: computeBinary}
		service, err = verb.AskFor(ctx, e.Compute(), compute.EnableService, in, "service")
	}
	return printService(e, service, err, "Host", "Binary", "Status")
}

func serviceDisable(ctx context.Context, e *verb.Env) error {
	reason := e.Args.String("reason")
	columns := []string{"Host", "Binary", "Status"}
	if reason != "" {
		columns = append(columns, "Disabled Reason")
	}
	var service out.Object
	var err error
	switch {
	case e.Since(53):
		in := compute.ServiceUpdate{ID: e.Args.String("id"), Status: wire.Some("disabled"), DisabledReason: optional(reason)}
		service, err = verb.AskFor(ctx, e.Compute(), compute.UpdateService, in, "service")
	case reason != "":
		in := compute.ServiceDisable{Host: e.Args.String("host"), Binary: computeBinary, DisabledReason: reason}
		service, err = verb.AskFor(ctx, e.Compute(), compute.DisableServiceReason, in, "service")
	default:
		in := compute.ServiceSwitch{Host: e.Args.String("host"), Binary: computeBinary}
		service, err = verb.AskFor(ctx, e.Compute(), compute.DisableService, in, "service")
	}
	return printService(e, service, err, columns...)
}

func serviceForceDown(ctx context.Context, e *verb.Env) error {
	down := e.Args.Bool("force_down")
	var service out.Object
	var err error
	if e.Since(53) {
		in := compute.ServiceUpdate{ID: e.Args.String("id"), ForcedDown: wire.Some(down)}
		service, err = verb.AskFor(ctx, e.Compute(), compute.UpdateService, in, "service")
	} else {
		in := compute.ServiceForceDown{Host: e.Args.String("host"), Binary: computeBinary, ForcedDown: down}
		service, err = verb.AskFor(ctx, e.Compute(), compute.ForceDownService, in, "service")
	}
	return printService(e, service, err, "Host", "Binary", "Forced down")
}

func serviceDelete(ctx context.Context, e *verb.Env) error {
	_, err := client.Do(ctx, e.Compute(), compute.DeleteService, compute.ServiceID{ID: e.Args.String("id")})
	return err
}
