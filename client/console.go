package client

import (
	"context"
	"fmt"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// ConsoleTokens is what tokens of consoles stand for.
type ConsoleTokens struct{ s *Service }

// Get returns where the host serves the console that a token opens. It is for the proxies of consoles, as an
// administrator, from 2.31.
func (c ConsoleTokens) Get(ctx context.Context, token string) (compute.ConsoleTarget, error) {
	out, err := Do(ctx, c.s, compute.ShowConsoleToken, compute.ConsoleToken{Token: token})
	return out.Console, err
}

// protocols of consoles by their types.
func protocols() map[string]string {
	return map[string]string{
		"novnc": "vnc", "xvpvnc": "vnc", "spice-html5": "spice", "spice-direct": "spice", "rdp-html5": "rdp", "serial": "serial", "webmks": "mks",
	}
}

// Console returns the URL of a server's console; kind is novnc, xvpvnc, spice-html5, rdp-html5 or serial, from 2.8
// webmks, from 2.99 spice-direct. Whoever has the URL can use the console.
func (s Servers) Console(ctx context.Context, id, kind string) (compute.ConsoleURL, error) {
	at, err := s.s.agreed(ctx)
	if err != nil {
		return compute.ConsoleURL{}, err
	}
	protocol, ok := protocols()[kind]
	if !ok || kind == "webmks" && at.Version.Less(wire.V(2, 8)) {
		return compute.ConsoleURL{}, &Failure{
			Class:   "UnsupportedConsoleType",
			Message: fmt.Sprintf("There is no console of type %s at version %s.", kind, at.Version),
		}
	}
	if at.Version.AtLeast(wire.V(2, 6)) {
		in := compute.ConsoleCreate{ID: id, Console: compute.WantConsole(protocol, kind)}
		out, err := Do(ctx, at, compute.CreateConsole, in)
		return compute.ConsoleURL{Type: out.Console.Type, URL: out.Console.URL}, err
	}
	var out compute.ConsoleGiven
	switch protocol {
	case "vnc":
		out, err = Do(ctx, at, compute.GetVNCConsole, compute.VNCConsole{ID: id, Type: kind})
	case "spice":
		out, err = Do(ctx, at, compute.GetSPICEConsole, compute.SPICEConsole{ID: id, Type: kind})
	case "rdp":
		out, err = Do(ctx, at, compute.GetRDPConsole, compute.RDPConsole{ID: id, Type: kind})
	default:
		out, err = Do(ctx, at, compute.GetSerialConsole, compute.SerialConsole{ID: id, Type: kind})
	}
	return out.Console, err
}

// ConsoleOutput returns the last lines of what a server wrote to its serial console; all that is kept for a length
// of -1.
func (s Servers) ConsoleOutput(ctx context.Context, id string, length int) (string, error) {
	out, err := Do(ctx, s.s, compute.GetConsoleOutput, compute.ConsoleOutputWanted{ID: id, Length: wire.Some(length)})
	return out.Output, err
}
