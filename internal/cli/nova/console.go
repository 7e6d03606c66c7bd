package nova

import (
	"context"

	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func consoleCommands() []command {
	kind := func(help string) []arg.Arg {
		return []arg.Arg{serverArg, {Dest: "console_type", Metavar: "<console-type>", Help: help}}
	}
	return []command{
		{Name: "get-vnc-console", Summary: "Print the URL of a server's VNC console.", Run: console, Args: kind("novnc or xvpvnc.")},
		{Name: "get-spice-console", Summary: "Print the URL of a server's SPICE console.", Run: console, Args: kind("spice-html5.")},
		{Name: "get-rdp-console", Summary: "Print the URL of a server's RDP console.", Run: console, Args: kind("rdp-html5.")},
		{
			Name: "get-serial-console", Summary: "Print the URL of a server's serial console.", Run: serialConsole,
			Args: []arg.Arg{serverArg, {Flags: "--console-type", Default: "serial", Help: "serial."}},
		},
		{Name: "get-mks-console", Summary: "Print the URL of a server's MKS console.", Versions: "2.8", Run: mksConsole, Args: []arg.Arg{serverArg}},
	}
}

func console(ctx context.Context, e *verb.Env) error {
	return printConsole(ctx, e, e.Args.String("console_type"))
}

func serialConsole(ctx context.Context, e *verb.Env) error {
	if e.Args.String("console_type") != "serial" {
		return verb.Refuse("Invalid parameter value for 'console_type', currently supported 'serial'.")
	}
	return printConsole(ctx, e, "serial")
}

func mksConsole(ctx context.Context, e *verb.Env) error { return printConsole(ctx, e, "webmks") }

func printConsole(ctx context.Context, e *verb.Env, kind string) error {
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		given, err := e.Cloud.Servers.Console(ctx, id, kind)
		if err != nil {
			return err
		}
		row := out.Object{{Key: "type", Value: given.Type}, {Key: "url", Value: given.URL}}
		return e.List(verb.Columns("Type", "Url"), []out.Object{row}, "")
	})
}
