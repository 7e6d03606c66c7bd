package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func diagnosticsCommands() []command {
	return []command{
		{Name: "diagnostics", Summary: "Show the counters of a running server.", Run: showOfServer(compute.ShowDiagnostics), Args: []arg.Arg{serverArg}},
		{Name: "server-topology", Summary: "Show the NUMA nodes of a server.", Versions: "2.78", Run: showOfServer(compute.ShowTopology), Args: []arg.Arg{serverArg}},
	}
}

// showOfServer is a command that shows what a route answers for a server, in 80 columns.
func showOfServer[Out any](route wire.Route[compute.ServerID, Out]) verb.Run {
	return func(ctx context.Context, e *verb.Env) error {
		return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
			reply, err := verb.Ask(ctx, e.Compute(), route, compute.ServerID{ID: id})
			if err != nil {
				return err
			}
			return e.Print.Show(reply, 80)
		})
	}
}
