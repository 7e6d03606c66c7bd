package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func serviceCommands() []command {
	return []command{{
		Name: "service-list", Summary: "List the services that make up the cloud.", Run: serviceList,
		Args: []arg.Arg{
			{Flags: "--host", Metavar: "<hostname>", Help: "Only those on this host."},
			{Flags: "--binary", Metavar: "<binary>", Help: "Only those of this name, such as nova-compute."},
		},
	}}
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
