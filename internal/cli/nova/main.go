package nova

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

// Process is what a run of nova has from its surroundings.
type Process struct {
	Args           []string                                   // without the program's name
	Env            func(string) (string, bool)                // environment variables
	Sources        func(flags map[string]string) auth.Sources // where settings stand; nil: Env alone
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Columns        int                        // of the terminal; 80 when there is none
	Terminal       bool                       // stdout is one
	ErrTerminal    bool                       // stderr is one
	Window         func() (columns, rows int) // of the terminal now; nil: not known
	Client         client.Options
	CacheDir       string // of tokens; empty: in the user's cache folder
	// Exec runs a plugin in place of this process, with more variables than this has; nil: plugins cannot be run.
	Exec func(path string, argv, extra []string) error
}

// The exit codes, novaclient's.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// newest is the version that 2.latest means at most: novaclient 18.1.0's, so that scripts see what they saw. A later
// one can be asked for by its number.
var newest = wire.V(2, 92)

// Main runs nova and returns its exit code. A ctx that is cancelled is Ctrl-C.
func Main(ctx context.Context, p Process) int {
	if p.Columns <= 0 {
		p.Columns = 80
	}
	err := p.run(ctx)
	var usage *arg.UsageError
	var stop *arg.Stop
	switch {
	case err == nil, errors.Is(err, client.ErrHeld):
		return exitOK
	case errors.As(err, &stop):
		return exitOK
	case errors.As(err, &usage):
		p.complain(usage.Text(p.Columns))
		return exitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		p.complain("... terminating nova client\n")
		return exitInterrupted
	}
	p.complain(verb.ErrorText(err))
	return exitError
}

// withoutOwn is a command line without the options that novaclient lacks. They may stand behind the command too.
func withoutOwn(args []string, options []arg.Arg) []string {
	takesValue := map[string]bool{}
	for _, option := range options {
		for flag := range strings.FieldsSeq(option.Flags) {
			if option.Exact {
				takesValue[flag] = option.Action == arg.Store
			}
		}
	}
	var rest []string
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		flag, _, joined := strings.Cut(args[i], "=")
		value, own := takesValue[flag]
		switch {
		case !own:
			rest = append(rest, args[i])
		case value && !joined:
			i++
		}
	}
	if i := slices.Index(args, "--"); i >= 0 {
		rest = append(rest, args[i:]...)
	}
	return rest
}

func (p *Process) complain(text string) {
	if p.Terminal {
		text = out.Clean(text)
	}
	_, _ = io.WriteString(p.Stderr, text)
}

func (p *Process) getenv(name string) string {
	value, _ := p.Env(name)
	return value
}

func (p *Process) run(ctx context.Context) error {
	p.Args = withWatch(p.Args)
	program := Program()
	program.Globals = globalsFor(chosenAuthType(p.Args, p.getenv))
	globals, name, args, named := program.Split(p.Args)
	own := program.Find(name, wire.Version{})
	if own != nil && !own.Own {
		own = nil
	}
	switch {
	case named && name == completeCommand:
		return p.complete(ctx, args)
	case named && !program.Has(name):
		if one, ok := p.findPlugin(program, name); ok {
			return p.runPlugin(ctx, program, one, globals, args)
		}
	case own != nil && (slices.Contains(args, "--help") || slices.Contains(args, "-h")):
		page, _ := program.CommandHelp(name, p.Columns, wire.Version{})
		_, err := io.WriteString(p.Stdout, page)
		return err
	}
	given, rest, err := program.ParseGlobals(p.Args, p.getenv)
	if stop, ok := err.(*arg.Stop); ok && stop.Version {
		_, err = io.WriteString(p.Stdout, compatible+"\n")
		return err
	}
	if err != nil {
		return err
	}
	p.Args = withoutOwn(p.Args, program.Globals)
	if own != nil && own.Local && !given.Bool("help") {
		return p.local(ctx, program)
	}
	if given.Bool("help") || len(rest) == 0 || rest[0] == "help" || slices.Contains(p.Args, "bash-completion") {
		return p.help(ctx, program, given)
	}
	chosen, err := choices(ctx, given)
	if err != nil {
		return err
	}
	env, finish, err := p.login(ctx, given)
	if err != nil {
		return err
	}
	chosen.apply(env)
	if given.Has("watch") {
		err = p.watched(ctx, program, env, name, given.Float("watch"))
	} else {
		err = p.command(ctx, program, env)
	}
	return errors.Join(err, finish(err))
}

// local runs a command that needs no cloud.
func (p *Process) local(ctx context.Context, program *arg.Program[verb.Run]) error {
	command, values, err := program.Parse(p.Args, wire.Version{}, p.getenv)
	p.warn(values)
	if err != nil {
		return err
	}
	return command.Run(ctx, &verb.Env{
		Args: values, Print: out.Printer{W: p.Stdout, Terminal: p.Terminal},
		In: p.Stdin, Err: p.Stderr, Env: p.getenv, Clock: p.Client.Clock,
	})
}

// command reads the whole command line, now that the version is known, and does what it says.
func (p *Process) command(ctx context.Context, program *arg.Program[verb.Run], env *verb.Env) error {
	if _, name, _, named := program.Split(p.Args); env.Where != nil && named && program.Find(name, env.Compute().Version) != nil && !lists(name) {
		return p.chosen(ctx, program, env, name)
	}
	command, values, err := program.Parse(p.Args, env.Compute().Version, p.getenv)
	p.warn(values)
	if err != nil {
		return err
	}
	env.Args = values
	return command.Run(ctx, env)
}

func (p *Process) warn(values *arg.Values) {
	if values == nil {
		return
	}
	for _, warning := range values.Warnings {
		p.complain(warning + "\n")
	}
}

// help prints help pages and the completion, which need no cloud.
func (p *Process) help(ctx context.Context, program *arg.Program[verb.Run], given *arg.Values) error {
	asked, err := client.ParseAsked(given.String("os_compute_api_version"))
	if err != nil {
		return err
	}
	version := asked.Version
	if asked.Latest {
		version = wire.Version{}
	}
	print := func(text string) error {
		_, err := io.WriteString(p.Stdout, text)
		return err
	}
	if given.Bool("help") || len(p.Args) == 0 {
		return print(p.withPlugins(program).Help(p.Columns, version))
	}
	command, values, err := program.Parse(p.Args, version, p.getenv)
	p.warn(values)
	if err != nil {
		return err
	}
	switch {
	case command == nil || command.Name == "help" && !values.Has("command"):
		return print(p.withPlugins(program).Help(p.Columns, version))
	case command.Name == "bash-completion":
		return print(program.Completion(version) + "\n")
	case command.Name == "help":
		name := values.String("command")
		page, ok := program.CommandHelp(name, p.Columns, version)
		if one, found := p.findPlugin(program, name); !ok && found {
			return p.runPlugin(ctx, program, one, nil, []string{"--help"})
		} else if !ok {
			return verb.Refuse("'%s' is not a valid subcommand", name)
		}
		return print(page)
	}
	return verb.Refuse("You must provide a user name/id, a project and an auth url for this command.")
}

// login finds out who calls which cloud, and which version to talk. finish prints what --explain and --timings want.
func (p *Process) login(ctx context.Context, given *arg.Values) (env *verb.Env, finish func(error) error, err error) {
	sources := auth.Sources{Env: p.Env}
	if p.Sources != nil {
		sources = p.Sources(nil)
	}
	sources.Flags = given.Texts()
	config, err := auth.Load(sources)
	if err != nil {
		return nil, nil, err
	}
	account := verb.NewAccount(config)
	options := p.Client
	if given.Bool("debug") || given.Bool("timings") || given.Bool("explain") {
		options.Trace = account.Add
		if given.Bool("debug") {
			options.Trace = func(x client.Exchange) {
				account.Add(x)
				p.complain(verb.DebugText(x))
			}
		}
	}
	if given.Bool("dry_run") || given.Bool("curl") {
		show := rehearsal{curl: given.Bool("curl"), print: func(text string) { _, _ = io.WriteString(p.Stdout, text) }}
		options.Before = show.before
	}
	printer := out.Printer{W: p.Stdout, Terminal: p.Terminal, Format: out.Format(given.String("format"))}
	if given.Bool("curl") {
		printer.W = io.Discard // the requests are what is printed
	}
	finish = func(failed error) error {
		if given.Bool("explain") {
			p.complain(account.Text(ctx))
		}
		if given.Bool("timings") && failed == nil {
			return printer.Timings(account.Timings())
		}
		return nil
	}
	defer func() {
		if err != nil && given.Bool("explain") {
			p.complain(account.Text(ctx))
		}
	}()
	asked, err := client.ParseAsked(config.Get(auth.ServiceKey("compute", "api_version")))
	if err != nil {
		return nil, nil, err
	}
	if err := config.Check(true); err != nil {
		return nil, nil, err
	}
	session, err := auth.Open(config, auth.Options{Client: options, CacheDir: p.CacheDir, NoCache: given.Bool("no_cache")})
	if err != nil {
		return nil, nil, err
	}
	account.Session = session
	cloud := session.Client()
	own := client.Range{Min: compute.MinVersion, Max: compute.MaxVersion}
	if asked.Latest {
		own.Max = newest
	}
	version, err := cloud.Compute.Negotiate(ctx, asked, own)
	if err != nil {
		return nil, nil, err
	}
	account.Asked, account.Own, account.Version = asked, own, version
	env = &verb.Env{
		Cloud: cloud.At(version), Login: session, Print: printer,
		In: p.Stdin, Err: p.Stderr, Env: p.getenv, Clock: options.Clock,
		DryRun: given.Bool("dry_run"), Parallel: given.Int("parallel"),
	}
	return env, finish, nil
}
