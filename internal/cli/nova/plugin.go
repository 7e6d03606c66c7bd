package nova

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

// An executable named nova-foo on PATH is the command foo: a component written by others, in any language. It gets all
// words behind its name as they are, and the login in its environment; docs/adding.md tells which variables. Commands
// of this program come first.

const pluginPrefix = "nova-"

// plugin is such an executable.
type plugin struct{ name, path string }

// findPlugin looks for the plugin of a name on PATH.
func (p *Process) findPlugin(program *arg.Program[verb.Run], name string) (plugin, bool) {
	if !pluginName(name) || program.Has(name) {
		return plugin{}, false
	}
	for _, dir := range filepath.SplitList(p.getenv("PATH")) {
		path := filepath.Join(dir, pluginPrefix+name)
		if dir != "" && executable(path) {
			return plugin{name, path}, true
		}
	}
	return plugin{}, false
}

func pluginName(name string) bool {
	return name != "" && name[0] != '-' && !strings.ContainsAny(name, `/\`) && !slices.Contains(strings.Fields(serverPrograms), name)
}

// serverPrograms are the programs of a Nova server, as its packages name them behind nova-: they are no commands.
const serverPrograms = "api api-metadata api-os-compute api-wsgi compute conductor manage metadata-wsgi novncproxy " +
	"policy rootwrap rootwrap-daemon scheduler serialproxy spicehtml5proxy status"

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// plugins are all on PATH that are not hidden by commands, in the order of their names.
func (p *Process) plugins(program *arg.Program[verb.Run]) []plugin {
	var found []plugin
	for _, dir := range filepath.SplitList(p.getenv("PATH")) {
		if dir == "" {
			continue
		}
		entries, _ := os.ReadDir(dir) // what cannot be read has no plugins
		for _, entry := range entries {
			name, ok := strings.CutPrefix(entry.Name(), pluginPrefix)
			if !ok || slices.ContainsFunc(found, func(other plugin) bool { return other.name == name }) {
				continue
			}
			if one, ok := p.findPlugin(program, name); ok {
				found = append(found, one)
			}
		}
	}
	slices.SortFunc(found, func(a, b plugin) int { return strings.Compare(a.name, b.name) })
	return found
}

// withPlugins is the program's table with the plugins as commands, for help and completion.
func (p *Process) withPlugins(program *arg.Program[verb.Run]) *arg.Program[verb.Run] {
	for _, one := range p.plugins(program) {
		program.Commands = append(program.Commands, command{Name: one.name, Own: true, Summary: "Run " + one.path + "."})
	}
	return program
}

// runPlugin runs a plugin in place of this process. It logs in first, unless nothing but help is asked for.
func (p *Process) runPlugin(ctx context.Context, program *arg.Program[verb.Run], one plugin, globals, args []string) error {
	if p.Exec == nil {
		return verb.Refuse("%s cannot be run from here.", one.path)
	}
	given, _, err := program.ParseGlobals(globals, p.getenv)
	if err != nil {
		return err
	}
	environment := p.handedDown(program.Globals, given)
	if len(args) == 0 || args[0] != "--help" && args[0] != "-h" {
		env, finish, err := p.login(ctx, given)
		if err != nil {
			return err
		}
		session, err := loginFor(ctx, env)
		if err != nil {
			return errors.Join(err, finish(err))
		}
		environment = append(environment, session...)
		if err := finish(nil); err != nil {
			return err
		}
	}
	if err := p.Exec(one.path, append([]string{one.path}, args...), environment); err != nil {
		return verb.Refuse("%s cannot be run: %v. Its first line has to name what runs it, as #!/bin/sh does.", one.path, err)
	}
	return nil
}

// handedDown is what a plugin learns of the command line: what --os-... said, as the variables of the same names, so
// that a nova it calls means the same cloud; how to print; and where this program is.
func (p *Process) handedDown(globals []arg.Arg, given *arg.Values) []string {
	environment := []string{
		"NOVA=" + p.self(),
		"NOVA_FORMAT=" + given.String("format"),
		"NOVA_DEBUG=" + map[bool]string{true: "1"}[given.Bool("debug")],
	}
	for i := range globals {
		flag, _, _ := strings.Cut(globals[i].Flags, " ")
		name, ok := strings.CutPrefix(flag, "--os-")
		dest := globals[i].Dest
		if dest == "" {
			dest = "os_" + strings.ReplaceAll(name, "-", "_")
		}
		if ok && given.Given(dest) {
			environment = append(environment, "OS_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+given.String(dest))
		}
	}
	return environment
}

// self is the path of a program that is this client.
func (p *Process) self() string {
	path, err := os.Executable()
	if err == nil && !strings.HasPrefix(filepath.Base(path), "novalet") {
		return path
	}
	for _, dir := range filepath.SplitList(p.getenv("PATH")) {
		if nova := filepath.Join(dir, "nova"); dir != "" && executable(nova) {
			return nova
		}
	}
	return path
}

// loginFor is what a plugin learns of the login.
func loginFor(ctx context.Context, env *verb.Env) ([]string, error) {
	token, err := env.Login.Token(ctx)
	if err != nil {
		return nil, err
	}
	endpoint, err := env.Compute().Base(ctx)
	if err != nil {
		return nil, err
	}
	environment := []string{
		"NOVA_TOKEN=" + token.Reveal(),
		"NOVA_ENDPOINT=" + endpoint,
		"NOVA_API_VERSION=" + env.Compute().Version.String(),
	}
	for _, service := range [...]string{"identity", "image", "network", "volume", "placement"} {
		at, err := serviceOf(env.Cloud, service).Base(ctx)
		var none *client.Failure
		switch {
		case err == nil:
			environment = append(environment, "NOVA_"+strings.ToUpper(service)+"_ENDPOINT="+at)
		case !errors.As(err, &none):
			return nil, err
		}
	}
	info, err := env.Login.Info(ctx)
	if err != nil {
		return nil, err
	}
	return append(environment,
		"NOVA_PROJECT="+info.Project.V.ID, // NOVA_PROJECT_ID is an old name of OS_PROJECT_NAME: a nova that the plugin calls would take it for that
		"NOVA_PROJECT_NAME="+info.Project.V.Name,
		"NOVA_USER="+info.User.ID,
		"NOVA_USER_NAME="+info.User.Name,
		"NOVA_REGION="+env.Login.Config().Get("region_name"),
	), nil
}
