// Package arg reads command lines as Python's argparse does the way the nova command uses it: global options, a
// subcommand, positionals and options in any order, abbreviations, optional values, and options that exist only at
// some microversions. Commands are values in a table; reading one costs microseconds and no work at start.
package arg

import (
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// Command is a subcommand. R is what the program runs for it, usually a function type.
type Command[R any] struct {
	Name    string
	Summary string // one line of `nova help`, and the text of `nova help NAME` without Description
	// Description replaces Summary in `nova help NAME`.
	Description string
	// Versions is a wire.ParseSpan span such as "2.26". Two commands may share a name over spans that do not meet.
	Versions string
	Hidden   bool // neither in help nor in completion
	// Own marks a command that novaclient lacks: it has a group of its own in `nova help`, and bash-completion is
	// silent about it, as novaclient is.
	Own   bool
	Local bool // runs without a cloud: nobody logs in for it
	Args  []Arg
	Run   R
}

// Arg is a positional argument (Flags empty) or an option. The fields mean what argparse's add_argument means by them.
type Arg struct {
	Flags   string // spellings parted by spaces: "--os-auth-type --os-auth-plugin"
	Dest    string // name in Values; from the first long spelling with _ for - when empty
	Metavar string // shown for the value; Dest when empty (upper case for options)
	Action  Action
	Nargs   string // "" one value; "?" optional; "*" any, "+" one or more, "2" that many: a list
	Type    Type   // nil keeps the text
	// Default holds without the argument: a string (converted by Type), int, float64, bool, or nil.
	// None stands for nil where the action has another default: StoreTrue false, StoreFalse true.
	Default any
	Const   any      // value of StoreConst and AppendConst, and of Nargs "?" without a value
	Choices []string // what the converted value may be
	Env     string   // environment variables parted by spaces; the first that is not empty replaces Default
	Group   string   // options of one group exclude each other
	Section string   // heading in help; "Options" when empty
	// Versions is a wire.ParseSpan span; outside it the argument is unknown and reads as unset.
	Versions string
	Required bool // of an option; a positional is required unless Nargs is "?" or "*"
	Hidden   bool // not in usage and help
	// Exact is for options that novaclient lacks, global or of a command: no abbreviation means it, the usage line and
	// bash-completion leave it out, and help has it in a group of its own.
	Exact      bool
	Deprecated bool // a use of it is named in Values.Warnings
	Use        string
	Help       string
}

// Action is what an option does with its value.
type Action uint8

// The actions. Store is for positionals too; ShowHelp and ShowVersion end the parse with a *Stop.
const (
	Store Action = iota
	StoreTrue
	StoreFalse
	StoreConst
	Append
	AppendConst
	Count
	ShowHelp
	ShowVersion
)

type none uint8

// None is a Default of nil that is meant.
const None none = 0

func (a Action) takesNoValue() bool { return a != Store && a != Append }

// action is an Arg made ready: spellings split, dest settled.
type action struct {
	*Arg
	flags []string
	dest  string
	sub   bool // the subcommand and everything after it
}

func newAction(a *Arg) action {
	act := action{Arg: a, flags: strings.Fields(a.Flags)}
	act.dest = a.dest(act.flags)
	return act
}

func (a *Arg) dest(flags []string) string {
	if a.Dest != "" || len(flags) == 0 {
		return a.Dest
	}
	name := flags[0]
	for _, f := range flags {
		if strings.HasPrefix(f, "--") {
			name = f
			break
		}
	}
	return strings.ReplaceAll(strings.TrimLeft(name, "-"), "-", "_")
}

func (a *Arg) positional() bool { return a.Flags == "" }

// name is how errors call the argument.
func (a *action) name() string {
	switch {
	case len(a.flags) > 0:
		return strings.Join(a.flags, "/")
	case a.Metavar != "":
		return a.Metavar
	default:
		return a.dest
	}
}

func (a *action) required() bool {
	switch {
	case a.sub:
		return false
	case len(a.flags) > 0:
		return a.Required
	case a.Nargs == "*":
		return a.Default == nil
	default:
		return a.Nargs != "?"
	}
}

// initial is the value before the command line is read.
func (a *action) initial(env func(string) string) any {
	for _, name := range strings.Fields(a.Env) {
		if v := env(name); v != "" {
			if a.Action == StoreTrue || a.Action == StoreFalse {
				b, _ := parseBool(v)
				return b
			}
			return v
		}
	}
	switch {
	case a.Default == None:
		return nil
	case a.Default == nil && a.Action == StoreTrue:
		return false
	case a.Default == nil && a.Action == StoreFalse:
		return true
	}
	return a.Default
}

// at says whether a span of the table holds version v; the zero Version is the latest.
func at(span string, v wire.Version) bool {
	if span == "" {
		return true
	}
	s, err := wire.ParseSpan(span)
	return err == nil && s.Has(v)
}
