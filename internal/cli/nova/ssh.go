package nova

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func sshCommands() []command {
	return []command{{
		Name: "ssh", Summary: "Log in to a server with the ssh program.", Run: sshInto,
		Args: []arg.Arg{
			{Dest: "server", Metavar: "<server>", Help: "Server, by name or ID; user@server logs in as that user."},
			{Flags: "--port", Type: arg.Int, Default: 22, Help: "Port to connect to."},
			{Flags: "--private", Action: arg.StoreTrue, Hidden: true},
			{Flags: "--address-type", Type: anyText, Default: "floating", Help: "Which of the server's addresses: floating or fixed."},
			{Flags: "--network", Metavar: "<network>", Help: "Network whose address to use, where there are several."},
			{Flags: "--ipv6", Action: arg.StoreTrue, Help: "Use an IPv6 address, not an IPv4 one."},
			{Flags: "--login", Metavar: "<login>", Default: "root", Help: "Who to log in as."},
			{Flags: "-i --identity", Default: "", Help: "File of the private key, for ssh -i."},
			{Flags: "--extra-opts", Dest: "extra", Default: "", Help: "More options for ssh, as a shell would take them."},
		},
	}}
}

// anyText is the type of an option that takes any text, and says so.
func anyText(text string) (any, error) { return text, nil }

func sshInto(ctx context.Context, e *verb.Env) error {
	name, login := e.Args.String("server"), e.Args.String("login")
	if user, host, ok := strings.Cut(name, "@"); ok {
		name, login = host, user
	}
	server, err := servers(false).Find(ctx, e, name)
	if err != nil {
		return err
	}
	wanted := sshAddress{server: name, network: e.Args.String("network"), kind: e.Args.String("address_type"), version: 4}
	if e.Args.Bool("private") {
		wanted.kind = "fixed"
	}
	if e.Args.Bool("ipv6") {
		wanted.version = 6
	}
	address, err := wanted.of(server)
	if err != nil {
		return err
	}
	argv, err := sshArguments(wanted.version, e.Args.Int("port"), e.Args.String("identity"), login, address, e.Args.String("extra"))
	if err != nil {
		return err
	}
	return runSSH(ctx, e, argv)
}

// sshAddress is which address of a server is wanted.
type sshAddress struct {
	server, network string
	kind            string // floating or fixed
	version         int    // 4 or 6
}

// of picks the one address of a server that is like that. An address without a kind counts as floating.
func (w sshAddress) of(server out.Object) (string, error) {
	networks, _ := verb.Member(server, "addresses").(out.Object)
	network := w.network
	switch {
	case network != "":
		if len(verb.Objects(networks, network)) == 0 {
			return "", notFound("Server '" + w.server + "' is not attached to network '" + network + "'")
		}
	case len(networks) > 1:
		return "", verb.Refuse("Server '%s' is attached to more than one network. Please pick the network to use.", w.server)
	case len(networks) == 0:
		return "", verb.Refuse("Server '%s' is not attached to any network.", w.server)
	default:
		network = networks[0].Key
	}
	var found []string
	for _, address := range verb.Objects(networks, network) {
		kind := "floating"
		if _, ok := address.Get("OS-EXT-IPS:type"); ok {
			kind = verb.Text(address, "OS-EXT-IPS:type")
		}
		if kind == w.kind && verb.Text(address, "version") == strconv.Itoa(w.version) {
			found = append(found, verb.Text(address, "addr"))
		}
	}
	switch version := "IPv" + strconv.Itoa(w.version); len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", notFound("No address that would match network '" + network + "' and type '" + w.kind + "' of version " + version +
			" has been found for server '" + w.server + "'.")
	default:
		return "", verb.Refuse("More than one %s %s address found.", version, w.kind)
	}
}

func notFound(text string) error { return &client.Failure{Class: "ResourceNotFound", Message: text} }

// sshArguments is the command line of the ssh program. The extra options are taken apart as by a shell, but nothing in
// them is run or replaced; the address comes from the cloud and must be one.
func sshArguments(version, port int, identity, login, address, extra string) ([]string, error) {
	if _, err := netip.ParseAddr(address); err != nil {
		return nil, verb.Refuse("The cloud says that the server's address is %q, which is none.", address)
	}
	argv := []string{"-" + strconv.Itoa(version), "-p" + strconv.Itoa(port)}
	if identity != "" {
		argv = append(argv, "-i", identity)
	}
	words, err := sshWords(extra)
	if err != nil {
		return nil, verb.Refuse("--extra-opts %s: %s.", extra, err)
	}
	return append(append(argv, login+"@"+address), words...), nil
}

// sshWords splits a text into words as a shell does, with quotes and backslashes.
func sshWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inWord, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			if quote == '"' && !strings.ContainsRune("\"\\$`", r) {
				word.WriteByte('\\')
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			inWord, escaped = true, true
		case r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			inWord, quote = true, r
		case strings.ContainsRune(" \t\n", r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			inWord = true
			word.WriteRune(r)
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("a quote is left open")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// runSSH runs ssh on this command's own input and output. How it ends is not looked at, as by novaclient, but that it
// could be started.
func runSSH(ctx context.Context, e *verb.Env, argv []string) error {
	command := exec.CommandContext(ctx, "ssh", argv...)
	command.Stdin, command.Stdout, command.Stderr = e.In, e.Print.W, e.Err
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	err := command.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return nil
	case errors.Is(err, exec.ErrNotFound):
		return verb.Refuse("There is no ssh program on PATH: install OpenSSH's client.")
	}
	return err
}
