package compute

import "github.com/novalet/novalet/api/wire"

// VNCConsole is the body of os-getVNCConsole, until 2.5.
type VNCConsole struct {
	ID   string `path:"server_id"`
	Type string `json:"type" is:"required,enum=novnc|xvpvnc"`
}

// SPICEConsole is the body of os-getSPICEConsole, until 2.5.
type SPICEConsole struct {
	ID   string `path:"server_id"`
	Type string `json:"type" is:"required,enum=spice-html5"`
}

// RDPConsole is the body of os-getRDPConsole, until 2.5.
type RDPConsole struct {
	ID   string `path:"server_id"`
	Type string `json:"type" is:"required,enum=rdp-html5"`
}

// SerialConsole is the body of os-getSerialConsole, until 2.5.
type SerialConsole struct {
	ID   string `path:"server_id"`
	Type string `json:"type" is:"required,enum=serial"`
}

// ConsoleGiven is the reply of these four actions.
type ConsoleGiven struct {
	Console ConsoleURL `json:"console"`
}

// ConsoleURL is where a browser, or for serial consoles a websocket, finds a
// console. The URL has a token in it that opens the console to whoever has it.
type ConsoleURL struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// ConsoleCreate is the body of POST /servers/{server_id}/remote-consoles.
type ConsoleCreate struct {
	ID      string        `path:"server_id"`
	Console ConsoleWanted `json:"remote_console" is:"required"`
}

// ConsoleWanted is which console is wanted. Microversions: 2.8 (mks), 2.99
// (spice-direct).
type ConsoleWanted struct {
	Protocol26 string `json:"-" v:"2.6-2.7 protocol" is:"required,enum=vnc|spice|rdp|serial"`
	Protocol   string `json:"-" v:"2.8 protocol" is:"required,enum=vnc|spice|rdp|serial|mks"`
	Type26     string `json:"-" v:"2.6-2.7 type" is:"required,enum=novnc|xvpvnc|rdp-html5|spice-html5|serial"`
	Type28     string `json:"-" v:"2.8-2.98 type" is:"required,enum=novnc|xvpvnc|rdp-html5|spice-html5|serial|webmks"`
	Type       string `json:"-" v:"2.99 type" is:"required,enum=novnc|xvpvnc|rdp-html5|spice-html5|spice-direct|serial|webmks"`
}

// WantConsole is which console is wanted, at any version.
func WantConsole(protocol, kind string) ConsoleWanted {
	return ConsoleWanted{Protocol26: protocol, Protocol: protocol, Type26: kind, Type28: kind, Type: kind}
}

// ConsoleCreated is the reply of POST /servers/{server_id}/remote-consoles.
type ConsoleCreated struct {
	Console RemoteConsole `json:"remote_console"`
}

// RemoteConsole is a console with the URL that opens it.
type RemoteConsole struct {
	Protocol string `json:"protocol"`
	Type     string `json:"type"`
	URL      string `json:"url"`
}

// ConsoleToken names the token of a console.
type ConsoleToken struct {
	Token string `path:"token"`
}

// ConsoleTarget is what a token opens: where the host serves the console.
type ConsoleTarget struct {
	ServerID     string        `json:"instance_uuid"`
	Host         string        `json:"host"`
	Port         int           `json:"port"`
	InternalPath *string       `json:"internal_access_path"`
	TLSPort      wire.Opt[int] `json:"tls_port" is:"null" v:"2.99"` // for spice-direct
}

// ConsoleTokenShown is the reply of GET /os-console-auth-tokens/{token}.
type ConsoleTokenShown struct {
	Console ConsoleTarget `json:"console"`
}

// getConsole is one of the actions that 2.6 replaced.
func getConsole[In any](key, name string, policy wire.Rule) wire.Route[In, ConsoleGiven] {
	return wire.Route[In, ConsoleGiven]{
		Name: "servers." + name, Method: "POST", Path: "/servers/{server_id}/action", Action: key, Span: "-2.5", Status: "200",
		Policy: policy, LooseQuery: "always",
	}
}

// The routes of consoles. Nova no longer has RDP: it answers 400, whoever asks.
var (
	consoleRule = rule("os-remote-consoles", projectMember)

	GetVNCConsole    = getConsole[VNCConsole]("os-getVNCConsole", "vnc_console", consoleRule)
	GetSPICEConsole  = getConsole[SPICEConsole]("os-getSPICEConsole", "spice_console", consoleRule)
	GetRDPConsole    = getConsole[RDPConsole]("os-getRDPConsole", "rdp_console", wire.Rule{})
	GetSerialConsole = getConsole[SerialConsole]("os-getSerialConsole", "serial_console", consoleRule)

	CreateConsole = wire.Route[ConsoleCreate, ConsoleCreated]{
		Name: "servers.remote_consoles.create", Method: "POST", Path: "/servers/{server_id}/remote-consoles", Span: "2.6", Status: "200",
		Policy: consoleRule, LooseQuery: "always",
	}
	ShowConsoleToken = wire.Route[ConsoleToken, ConsoleTokenShown]{
		Name: "console_auth_tokens.show", Method: "GET", Path: "/os-console-auth-tokens/{token}", Status: "200",
		Policy: rule("os-console-auth-tokens", admin), LooseQuery: "2.98",
	}
)

func consoleRoutes() []wire.Endpoint {
	return []wire.Endpoint{GetVNCConsole, GetSPICEConsole, GetRDPConsole, GetSerialConsole, CreateConsole, ShowConsoleToken}
}
