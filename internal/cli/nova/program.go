// Package nova is the nova command: the command line of python-novaclient 18.1.0, byte for byte on stdout and in its
// exit codes, on our own SDK. Each file holds the commands of one resource: their table entries and what they do.
package nova

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

type command = arg.Command[verb.Run]

// compatible is the version of novaclient that this is like, and what --version prints.
const compatible = "18.1.0"

// Program is the table of nova's options and commands.
func Program() *arg.Program[verb.Run] {
	return &arg.Program[verb.Run]{
		Name:        "nova",
		Description: "Talks to the OpenStack Compute API.",
		Epilog:      `"nova help COMMAND" tells about one command, "nova explain COMMAND" what it calls and which version has what.`,
		Globals:     globals(),
		Commands:    commands(),
	}
}

func commands() []command {
	all := slices.Concat(
		serverCommands(), bootCommands(), listCommands(), powerCommands(), metadataCommands(), actionCommands(),
		flavorCommands(), flavorAccessCommands(), keypairCommands(),
		hypervisorCommands(), serviceCommands(), zoneCommands(), quotaCommands(), versionCommands(),
		serverStateCommands(), rebuildCommands(), serverImageCommands(), serverPasswordCommands(), consoleCommands(),
		diagnosticsCommands(), sshCommands(), securityGroupCommands(),
		migrationCommands(), hostCommands(), aggregateCommands(), usageCommands(), agentCommands(), quotaClassCommands(),
		volumeCommands(), interfaceCommands(), serverGroupCommands(), serverTagCommands(),
		apiCommands(), explainCommands(), completionCommands(), helpCommands(),
	)
	slices.SortStableFunc(all, func(a, b command) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	return all
}

func helpCommands() []command {
	return []command{
		{Name: "bash-completion", Summary: "Print the names of all commands and options, for the shell's completion."},
		{Name: "bash_completion", Summary: "The same, behind a login.", Hidden: true, Run: bashCompletion},
		{
			Name: "help", Summary: "Tell about the program or one of its commands.",
			Args: []arg.Arg{{Dest: "command", Metavar: "<subcommand>", Nargs: "?", Help: "The command to tell about."}},
		},
	}
}

func bashCompletion(_ context.Context, e *verb.Env) error {
	return e.Say("%s", Program().Completion(e.Compute().Version))
}

// globals are the options before the command, in the order of novaclient's usage; behind them those it lacks.
func globals() []arg.Arg {
	return []arg.Arg{
		{Flags: "-h --help", Action: arg.StoreTrue, Hidden: true},
		{Flags: "--version", Action: arg.ShowVersion, Help: "Print the version of novaclient that this program is like."},
		{Flags: "--debug", Action: arg.StoreTrue, Help: "Print every request and reply on stderr, secrets masked."},
		{Flags: "--os-cache", Action: arg.StoreTrue, Help: "Keep the token between commands. It is kept anyway; --no-cache says no."},
		{Flags: "--timings", Action: arg.StoreTrue, Help: "Print how long each request took."},
		{Flags: "--os-region-name", Metavar: "<region-name>", Help: "Region whose endpoints to use. env[OS_REGION_NAME]"},
		{Flags: "--service-type", Metavar: "<service-type>", Help: "Type of the service in the catalog; compute if not given."},
		{Flags: "--service-name", Metavar: "<service-name>", Help: "Name of the service in the catalog. env[NOVA_SERVICE_NAME]"},
		{Flags: "--os-endpoint-type", Dest: "endpoint_type", Metavar: "<endpoint-type>", Help: "Which of the service's URLs: public, internal or admin. env[NOVA_ENDPOINT_TYPE] or env[OS_ENDPOINT_TYPE]"},
		{Flags: "--os-compute-api-version", Metavar: "<compute-api-ver>", Env: "OS_COMPUTE_API_VERSION", Default: "2.latest", Help: `Version of the API: X, X.Y or "X.latest". env[OS_COMPUTE_API_VERSION]`},
		{Flags: "--os-endpoint-override", Dest: "endpoint_override", Metavar: "<bypass-url>", Help: "URL of the Compute API to use instead of the catalog's. env[OS_ENDPOINT_OVERRIDE]"},
		{Flags: "--profile", Metavar: "HMAC_KEY", Help: "Taken and passed over: there is no profiler here."},
		{Flags: "--insecure", Action: arg.StoreTrue, Help: "Do not check the server's certificate."},
		{Flags: "--os-cacert", Metavar: "<ca-certificate>", Help: "File of the authorities to trust. env[OS_CACERT]"},
		{Flags: "--os-cert", Metavar: "<certificate>", Help: "File of the client's certificate. env[OS_CERT]"},
		{Flags: "--os-key", Metavar: "<key>", Help: "File of that certificate's key. env[OS_KEY]"},
		{Flags: "--timeout", Metavar: "<seconds>", Type: arg.PositiveFloat, Default: 600, Help: "How long to wait for a reply, in seconds."},
		{Flags: "--collect-timing", Action: arg.StoreTrue, Help: "Taken and passed over: --timings measures anyway."},
		{Flags: "--os-auth-type --os-auth-plugin", Metavar: "<name>", Help: "How to log in: password, token, v3totp, v3applicationcredential, v3multifactor, admin_token, noauth or none. env[OS_AUTH_TYPE]"},
		{Flags: "--os-auth-url", Help: "URL of the identity service. env[OS_AUTH_URL]"},
		{Flags: "--os-system-scope", Help: `Work on the whole system: "all". env[OS_SYSTEM_SCOPE]`},
		{Flags: "--os-domain-id", Help: "Domain to work in, by id. env[OS_DOMAIN_ID]"},
		{Flags: "--os-domain-name", Help: "Domain to work in, by name. env[OS_DOMAIN_NAME]"},
		{Flags: "--os-project-id --os-tenant-id", Help: "Project to work in, by id. env[OS_PROJECT_ID]"},
		{Flags: "--os-project-name --os-tenant-name", Help: "Project to work in, by name. env[OS_PROJECT_NAME]"},
		{Flags: "--os-project-domain-id", Help: "Domain of the project, by id. env[OS_PROJECT_DOMAIN_ID]"},
		{Flags: "--os-project-domain-name", Help: "Domain of the project, by name. env[OS_PROJECT_DOMAIN_NAME]"},
		{Flags: "--os-trust-id", Help: "Trust to work by. env[OS_TRUST_ID]"},
		{Flags: "--os-default-domain-id", Help: "Domain of user and project, by id, where none is given. env[OS_DEFAULT_DOMAIN_ID]"},
		{Flags: "--os-default-domain-name", Help: "Domain of user and project, by name, where none is given. env[OS_DEFAULT_DOMAIN_NAME]"},
		{Flags: "--os-user-id", Help: "Who logs in, by id. env[OS_USER_ID]"},
		{Flags: "--os-username --os-user-name", Help: "Who logs in, by name. env[OS_USERNAME]"},
		{Flags: "--os-user-domain-id", Help: "Domain of the user, by id. env[OS_USER_DOMAIN_ID]"},
		{Flags: "--os-user-domain-name", Help: "Domain of the user, by name. env[OS_USER_DOMAIN_NAME]"},
		{Flags: "--os-password", Help: "The user's password. env[OS_PASSWORD]"},

		{Flags: "--os-token", Hidden: true, Exact: true, Help: "Token to log in with, or to call with as it is. env[OS_TOKEN]"},
		{Flags: "--os-passcode", Hidden: true, Exact: true, Help: "What the user's TOTP device shows now. env[OS_PASSCODE]"},
		{Flags: "--os-auth-methods --os-auth_methods", Dest: "os_auth_methods", Hidden: true, Exact: true, Help: "Methods to log in with, with commas between: v3password,v3totp. env[OS_AUTH_METHODS]"},
		{Flags: "--os-application-credential-id --os-application_credential_id", Hidden: true, Exact: true, Help: "Application credential, by id. env[OS_APPLICATION_CREDENTIAL_ID]"},
		{Flags: "--os-application-credential-name --os-application_credential_name", Hidden: true, Exact: true, Help: "Application credential, by name; the user is needed then. env[OS_APPLICATION_CREDENTIAL_NAME]"},
		{Flags: "--os-application-credential-secret --os-application_credential_secret", Hidden: true, Exact: true, Help: "Its secret. env[OS_APPLICATION_CREDENTIAL_SECRET]"},
		{Flags: "--os-cloud", Metavar: "<name>", Exact: true, Help: "Cloud of clouds.yaml to use. env[OS_CLOUD]"},
		{Flags: "--format", Exact: true, Default: string(out.FormatTable), Choices: out.Formats(), Help: "How to print: table if not given."},
		{Flags: "--explain", Action: arg.StoreTrue, Exact: true, Help: "Tell on stderr what the command did and why: settings, log-in, version, requests."},
		{Flags: "--no-cache", Action: arg.StoreTrue, Exact: true, Help: "Log in anew, and keep no token. env[OS_NO_CACHE]"},
		{Flags: "--dry-run", Action: arg.StoreTrue, Exact: true, Help: "Show the requests that would change something, and do not send them. What only reads is sent."},
		{Flags: "--curl", Action: arg.StoreTrue, Exact: true, Help: "Print every request as a curl command ($OS_TOKEN is the token, secrets are stars), and nothing else. Those that would change something are not sent; the others are, for what follows depends on them."},
		{Flags: "--parallel", Metavar: "<number>", Type: positiveInt, Exact: true, Help: "How many servers a command that takes several, or --where, works on at once."},
		{Flags: "--columns -o", Metavar: "<name>[,<name>...]", Exact: true, Help: "Columns to print, in this order, also members that the list does not show: id,status,host."},
		{Flags: "--jq", Metavar: "<program>", Exact: true, Help: "Print what the jq program makes of the JSON that --format json prints: texts bare, all else as compact JSON, a line each."},
		{Flags: "--where", Metavar: "<condition>", Exact: true, Help: `Only rows of a list for which it holds, as in status == "ERROR" && host == "c12"; or work on those servers in place of named ones.`},
		{Flags: "--watch", Metavar: "<seconds>", Type: arg.PositiveFloat, Exact: true, Help: "Print again and again, every 2 seconds if no number follows. Ctrl-C ends it."},
	}
}

func positiveInt(text string) (any, error) {
	if n, err := arg.Int(text); err == nil && n.(int) > 0 {
		return n, nil
	}
	return nil, errors.New(text + " is not a whole number above zero")
}

// globalsFor are the global options where one authentication type is chosen: those that are its own are no secret then,
// and types without a login have --os-endpoint, which means two other options elsewhere.
func globalsFor(authType string) []arg.Arg {
	all := globals()
	var own []string
	switch strings.TrimPrefix(authType, "v3") {
	case "token":
		own = []string{"--os-token"}
	case "totp":
		own = []string{"--os-passcode"}
	case "applicationcredential":
		own = []string{"--os-application-credential-"}
	case "multifactor":
		own = []string{"--os-auth-methods", "--os-passcode", "--os-token", "--os-application-credential-"}
	case "admin_token", "token_endpoint", "none", "noauth":
		all = append(all, arg.Arg{Flags: "--os-endpoint --os-url", Exact: true, Help: "The endpoint that is always used. env[OS_ENDPOINT]"})
		if authType != "none" {
			own = []string{"--os-token"}
		}
	}
	for i := range all {
		if slices.ContainsFunc(own, func(flag string) bool { return strings.HasPrefix(all[i].Flags, flag) }) {
			all[i].Hidden = false
		}
	}
	return all
}

// chosenAuthType finds the authentication type before the options are parsed, because it adds some.
func chosenAuthType(args []string, env func(string) string) string {
	for i, word := range args {
		for _, flag := range [...]string{"--os-auth-type", "--os-auth-plugin"} {
			if value, ok := strings.CutPrefix(word, flag+"="); ok {
				return value
			} else if word == flag && i+1 < len(args) {
				return args[i+1]
			}
		}
	}
	if chosen := env("OS_AUTH_TYPE"); chosen != "" {
		return chosen
	}
	return env("OS_AUTH_PLUGIN")
}

// serverArg and its like are arguments that many commands have.
var (
	serverArg  = arg.Arg{Dest: "server", Metavar: "<server>", Help: "Server, by name or ID."}
	serversArg = arg.Arg{Dest: "server", Metavar: "<server>", Nargs: "+", Help: "Servers, by name or ID."}
	flavorArg  = arg.Arg{Dest: "flavor", Metavar: "<flavor>", Help: "Flavor, by name or ID."}
	markerArg  = arg.Arg{Flags: "--marker", Metavar: "<marker>", Help: "Begin behind this one, the last that was seen."}
	limitArg   = arg.Arg{Flags: "--limit", Metavar: "<limit>", Type: arg.Int, Help: "At most so many; the server may have a lower limit of its own."}
	sinceArg   = arg.Arg{Flags: "--changes-since", Metavar: "<changes_since>", Help: "Only what changed at this time or later, as 2016-03-04T06:27:59Z."}
	beforeArg  = arg.Arg{Flags: "--changes-before", Metavar: "<changes_before>", Versions: "2.66", Help: "Only what changed at this time or earlier, as 2016-03-04T06:27:59Z."}
)
