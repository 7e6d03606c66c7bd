package nova

import (
	"context"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func completionCommands() []command {
	return []command{{
		Name: "completion", Own: true, Local: true, Run: completion,
		Summary: "Print what a shell needs to complete this program's words.",
		Description: `Print what a shell needs to complete commands, options, and names of servers, flavors and the like. ` +
			`For bash: source <(nova completion bash). For zsh the same, behind compinit. For fish: nova completion fish | source.`,
		Args: []arg.Arg{{Dest: "shell", Metavar: "SHELL", Choices: []string{"bash", "zsh", "fish"}, Help: "bash, zsh or fish."}},
	}}
}

// completeCommand is what the scripts call: with -- and the words up to the cursor, or, for bash, with the characters
// that it parts words at and the line up to the cursor.
const completeCommand = "__complete"

// The scripts only hand over what was typed: what fits is this program's to say, one a line, with a tab and a
// description behind it where there is one.
var scripts = map[string]string{
	"bash": `_nova() {
	local line word
	COMPREPLY=()
	while IFS= read -r line; do
		word=${line%%$'\t'*}
		[[ ${COMP_WORDS[COMP_CWORD]} == [\"\']* ]] || printf -v word %q "$word"
		COMPREPLY+=("$word")
	done < <("$1" __complete "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o bashdefault -o default -F _nova nova
`,
	"zsh": `#compdef nova
_nova() {
	local line
	local -a values shown
	while IFS= read -r line; do
		values+=("${line%%$'\t'*}")
		shown+=("${line/$'\t'/  -- }")
	done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
	if (( ${#values} )); then compadd -l -d shown -a values; else _files; fi
}
compdef _nova nova
`,
	"fish": `function __nova_complete
	set -l before (commandline -opc)
	$before[1] __complete -- $before[2..-1] (commandline -ct) 2>/dev/null
end
complete -c nova -f -a '(__nova_complete)'
`,
}

func completion(_ context.Context, e *verb.Env) error {
	return e.Say("%s", strings.TrimSuffix(scripts[e.Args.String("shell")], "\n"))
}

// candidate is a word that fits.
type candidate struct{ word, about string }

// completeWords finds what fits the last of words, which is not finished. names lists things of the cloud of a kind.
func (p *Process) completeWords(program *arg.Program[verb.Run], words []string, names func(kind string, globals []string) []string) []candidate {
	if len(words) == 0 {
		words = []string{""}
	}
	before, last := words[:len(words)-1], words[len(words)-1]
	c := completer{program: program, version: p.askedVersion(program, before)}
	globals, name, rest, ok := program.Split(before)
	c.names = func(kind string) []string { return names(kind, globals) }
	options, command := program.Globals, ""
	words = before
	var positionals []arg.Arg
	if ok {
		form := program.Find(name, c.version)
		if form == nil {
			return nil
		}
		options = slices.Concat(form.Args, onlyExact(program.Globals))
		positionals = slices.DeleteFunc(slices.Clone(form.Args), func(a arg.Arg) bool { return a.Flags != "" || !c.has(&a) })
		words, command = rest, name
	}
	c.command = command
	c.options = slices.DeleteFunc(slices.Clone(options), func(a arg.Arg) bool { return a.Flags == "" || a.Hidden && !a.Exact || !c.has(&a) })
	taken, pending := c.read(words)
	var found []candidate
	flag, _, joined := strings.Cut(last, "=")
	switch {
	case pending != nil:
		found = c.values(pending)
	case joined && strings.HasPrefix(last, "--") && c.option(flag) != nil:
		found = c.values(c.option(flag))
		for i := range found {
			found[i].word = flag + "=" + found[i].word
		}
	case strings.HasPrefix(last, "-"):
		found = c.flags()
	case !ok:
		found = c.commands()
	case len(positionals) > 0:
		a := &positionals[min(taken, len(positionals)-1)]
		if taken < len(positionals) || a.Nargs == "*" || a.Nargs == "+" {
			found = c.values(a)
		}
	}
	return slices.DeleteFunc(found, func(f candidate) bool { return !strings.HasPrefix(f.word, last) })
}

func onlyExact(globals []arg.Arg) []arg.Arg {
	return slices.DeleteFunc(slices.Clone(globals), func(a arg.Arg) bool { return !a.Exact })
}

// askedVersion is the version that the command line or the environment asks for; zero for the latest.
func (p *Process) askedVersion(program *arg.Program[verb.Run], words []string) wire.Version {
	globals, _, _, ok := program.Split(words)
	if !ok {
		globals = words
	}
	given, _, err := program.ParseGlobals(globals, p.getenv)
	if err != nil {
		return wire.Version{}
	}
	asked, err := client.ParseAsked(given.String("os_compute_api_version"))
	if err != nil || asked.Latest {
		return wire.Version{}
	}
	return asked.Version
}

// completer knows what may stand at a place of a command line.
type completer struct {
	program *arg.Program[verb.Run]
	version wire.Version
	options []arg.Arg
	command string // "" before there is one
	names   func(kind string) []string
}

func (c *completer) has(a *arg.Arg) bool {
	span, err := wire.ParseSpan(a.Versions)
	return err == nil && span.Has(c.version)
}

func (c *completer) option(flag string) *arg.Arg {
	for i := range c.options {
		if slices.Contains(strings.Fields(c.options[i].Flags), flag) {
			return &c.options[i]
		}
	}
	return nil
}

func takesValue(a *arg.Arg) bool { return a.Action == arg.Store || a.Action == arg.Append }

// read counts the positional arguments among words and finds the option whose value comes next.
func (c *completer) read(words []string) (positionals int, pending *arg.Arg) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if !strings.HasPrefix(word, "-") || word == "-" {
			positionals++
			continue
		}
		if a := c.option(word); a != nil && takesValue(a) && a.Nargs != "?" {
			if i++; i == len(words) {
				return positionals, a
			}
		}
	}
	return positionals, nil
}

func (c *completer) flags() []candidate {
	var found []candidate
	for i := range c.options {
		for flag := range strings.FieldsSeq(c.options[i].Flags) {
			if strings.HasPrefix(flag, "--") && !strings.Contains(flag, "_") {
				found = append(found, candidate{flag, c.options[i].Help})
			}
		}
	}
	return append(found, candidate{"--help", "Tell about the command."})
}

func (c *completer) commands() []candidate {
	var found []candidate
	for i := range c.program.Commands {
		command := &c.program.Commands[i]
		span, err := wire.ParseSpan(command.Versions)
		if err == nil && span.Has(c.version) && !command.Hidden {
			found = append(found, candidate{command.Name, command.Summary})
		}
	}
	return found
}

// things are the kinds of things that metavars name, or those of one command.
var things = map[string]string{
	"<server>": "server", "<flavor>": "flavor", "<image>": "image",
	"<keypair>": "keypair", "<key-name>": "keypair", "<key_name>": "keypair",
	"<hypervisor>": "hypervisor", "<hypervisor-hostname>": "hypervisor",
	"<aggregate>": "aggregate", "<host>": "host", "<hostname>": "host", "<target_host>": "host", "<target-host>": "host",
	"<availability-zone>": "zone", "<availability_zone>": "zone",
	"keypair-delete <name>": "keypair", "server-group-get <id>": "server group", "server-group-delete <id>": "server group",
}

// values are what an argument may be.
func (c *completer) values(a *arg.Arg) []candidate {
	var words []string
	switch {
	case a.Metavar == "<subcommand>" || a.Metavar == "SUBJECT":
		return c.commands()
	case a.Choices != nil:
		words = a.Choices
	default:
		kind, ok := things[c.command+" "+a.Metavar]
		if !ok {
			kind, ok = things[a.Metavar]
		}
		if ok {
			words = c.names(kind)
		}
	}
	found := make([]candidate, len(words))
	for i, word := range words {
		found[i].word = word
	}
	return found
}
