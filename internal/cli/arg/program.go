package arg

import (
	"maps"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// Program is a command with global options and subcommands.
type Program[R any] struct {
	Name        string
	Description string
	Epilog      string
	Globals     []Arg
	Sections    []Section
	Commands    []Command[R]
}

// Section introduces the global options that name it in Arg.Section.
type Section struct{ Title, Text string }

const subcommand = "<subcommand>"

// ParseGlobals reads the global options wherever they stand and returns the arguments that are none: novaclient's
// first pass, made before the microversion is known. The error is a *UsageError or a *Stop.
func (p *Program[R]) ParseGlobals(args []string, env func(string) string) (*Values, []string, error) {
	values := &Values{specs: [][]Arg{p.Globals}}
	level := parser{prog: p.Name, actions: present(p.Globals, wire.Version{}), env: env, values: values, opaque: p.ownFrom(args)}
	rest, err := level.parseKnown(args)
	return values, rest, err
}

// Parse reads a whole command line at a microversion; the zero Version is the latest. The command is nil when the line
// names none. The error is a *UsageError, for stderr and exit code 2, or a *Stop. Values are there with an error too,
// for their Warnings.
func (p *Program[R]) Parse(args []string, v wire.Version, env func(string) string) (*Command[R], *Values, error) {
	values := &Values{specs: [][]Arg{p.Globals}}
	var command *Command[R]
	level := parser{prog: p.Name, actions: p.actions(v), env: env, values: values, opaque: p.ownFrom(args)}
	level.runSub = func(name string, args []string) ([]string, error) {
		command = p.Find(name, v)
		own := parser{
			prog:    p.Name + " " + name,
			actions: commandActions(command.Args, v),
			env:     env,
			values:  &Values{specs: [][]Arg{command.Args}},
			opaque:  len(args),
		}
		extras, err := own.parseKnown(args)
		values.merge(own.values)
		return extras, err
	}
	extras, err := level.parseKnown(args)
	if err == nil && len(extras) > 0 {
		err = level.usageError("unrecognized arguments: " + strings.Join(extras, " "))
	}
	if stop, ok := err.(*Stop); ok && command != nil {
		stop.Command = command.Name
	}
	return command, values, err
}

// Split finds the word of a command line that names the subcommand, whatever it is, by the global options before it;
// rest is what stands behind it. ok is false where there is none, or where what stands before cannot be read.
func (p *Program[R]) Split(args []string) (globals []string, name string, rest []string, ok bool) {
	actions := append(present(p.Globals, wire.Version{}), action{Arg: &Arg{}, sub: true})
	for i := range args {
		level := parser{actions: actions, env: func(string) string { return "" }, values: &Values{}, opaque: len(args)}
		level.runSub = func(word string, _ []string) ([]string, error) {
			name, ok = word, true
			return nil, nil
		}
		// Of what may be abbreviated or lack its value here, a longer line tells.
		_, _ = level.parseKnown(args[:i+1])
		if ok {
			return args[:i], name, args[i+1:], true
		}
	}
	return nil, "", nil, false
}

// ownFrom is where the words of a command of our own begin: no global option but one of our own is meant there, however
// alike. It is behind all words for other commands, as in argparse.
func (p *Program[R]) ownFrom(args []string) int {
	globals, name, _, ok := p.Split(args)
	if c := p.Find(name, wire.Version{}); ok && c != nil && c.Own {
		return len(globals) + 1
	}
	return len(args)
}

// Find is the subcommand of that name at a microversion, or nil.
func (p *Program[R]) Find(name string, v wire.Version) *Command[R] {
	for i := range p.Commands {
		if c := &p.Commands[i]; c.Name == name && at(c.Versions, v) {
			return c
		}
	}
	return nil
}

// Has says whether there is a subcommand of that name at any microversion.
func (p *Program[R]) Has(name string) bool {
	return slices.ContainsFunc(p.Commands, func(c Command[R]) bool { return c.Name == name })
}

// Completion is what `nova bash-completion` prints: all subcommands of novaclient, then all their options, parted by
// spaces.
func (p *Program[R]) Completion(v wire.Version) string {
	var names []string
	flags := map[string]bool{}
	for i := range p.Commands {
		c := &p.Commands[i]
		if !at(c.Versions, v) {
			continue
		}
		if c.Own {
			continue
		}
		for _, a := range commandActions(c.Args, v) {
			if a.Exact {
				continue
			}
			for _, flag := range a.flags {
				flags[flag] = true
			}
		}
		if !c.Hidden && c.Name != "bash-completion" { // the shell function that asks needs no help to find it
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return strings.Join(append(slices.Compact(names), slices.Sorted(maps.Keys(flags))...), " ")
}

// actions are the global options and the place of the subcommand.
func (p *Program[R]) actions(v wire.Version) []action {
	names := make([]string, 0, len(p.Commands))
	for i := range p.Commands {
		if at(p.Commands[i].Versions, v) {
			names = append(names, p.Commands[i].Name)
		}
	}
	return append(present(p.Globals, v), action{Arg: &Arg{Metavar: subcommand, Choices: names}, sub: true})
}

// commandActions are a subcommand's arguments behind the --help that each has.
func commandActions(args []Arg, v wire.Version) []action {
	help := newAction(&Arg{Flags: "-h --help", Action: ShowHelp, Hidden: true})
	return append([]action{help}, present(args, v)...)
}

func present(args []Arg, v wire.Version) []action {
	actions := make([]action, 0, len(args)+1)
	for i := range args {
		if at(args[i].Versions, v) {
			actions = append(actions, newAction(&args[i]))
		}
	}
	return actions
}
