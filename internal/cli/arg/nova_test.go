package arg

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/wire"
)

// These tests read the tables out of an installed novaclient and hold our parser against novaclient's on them.

const novaPython = "/usr/bin/python3"

// askTables prints novaclient's global options and the arguments of its commands at each span of microversions.
const askTables = `
import argparse, json
from novaclient import api_versions, shell
from novaclient.v2 import shell as commands

def describe(option):
    known = ('flags', 'dest', 'metavar', 'nargs', 'default', 'const', 'choices', 'group', 'required', 'span')
    described = {k: option[k] for k in known if option.get(k) is not None}
    described['none'] = 'default' in option and option['default'] is None
    described['hidden'] = option.get('help') == argparse.SUPPRESS
    described['type'] = getattr(option.get('type'), '__name__', '')
    action = option.get('action') or 'store'
    described['deprecated'] = action is shell.DeprecatedAction
    described['action'] = action if isinstance(action, str) else 'store'
    return described

s = shell.OpenStackComputeShell()
actions = {argparse._StoreTrueAction: 'store_true', argparse._VersionAction: 'version'}
tables = {'globals': [], 'commands': []}
for a in s.get_base_parser([])._actions:
    option = dict(vars(a), flags=a.option_strings, action=actions.get(type(a), 'store'))
    if option['nargs'] == 0:
        option['nargs'] = None
    tables['globals'].append(describe(option))
for attr in sorted(dir(commands)) + ['do_bash_completion', 'do_help']:
    if not attr.startswith('do_'):
        continue
    f = getattr(commands, attr, None) or getattr(s, attr)
    forms = [('', f)]
    if hasattr(f, 'versioned'):
        forms = [(v.start_version.get_string() + '-' + v.end_version.get_string(), v.func)
                 for v in api_versions.get_substitutions(f)]
    for span, func in forms:
        command = {'name': attr[3:].replace('_', '-'), 'span': span, 'args': []}
        for names, kwargs in getattr(func, 'arguments', []):
            option = dict(kwargs)
            if names[0].startswith('-'):
                option['flags'] = names
            else:
                option['dest'] = names[0]
            if option.get('group'):
                option['dest'] = option.get('dest', option['group'])
            if 'start_version' in option:
                option['span'] = option['start_version'] + '-' + option.get('end_version', '2.latest')
            command['args'].append(describe(option))
        tables['commands'].append(command)
tables['commands'].append({'name': 'bash_completion', 'span': '', 'args': []})
print(json.dumps(tables))
`

type novaTables struct {
	Globals  []novaArg
	Commands []struct {
		Name, Span string
		Args       []novaArg
	}
}

type novaArg struct {
	argSpec
	None, Deprecated bool
	Span             string
}

func (n novaArg) arg(t *testing.T) Arg {
	types := map[string]Type{
		"": nil, "int": Int, "str": nil, "_key_value_pairing": KeyValue, "<lambda>": Bool, "_positive_non_zero_float": PositiveFloat,
	}
	typ, ok := types[n.Type]
	if !ok {
		t.Fatalf("%q has the type %q", n.Flags, n.Type)
	}
	name := n.Type
	n.Type = ""
	a := n.argSpec.arg()
	a.Type, a.Deprecated, a.Versions = typ, n.Deprecated, span(n.Span)
	if name == "_positive_non_zero_float" && a.Default == "600" {
		a.Default = 600
	}
	switch {
	case n.Action == "version":
		a.Action = ShowVersion
	case len(n.Flags) == 0:
		a.Action = Store // novaclient appends the list of "+" to a list; one list is enough
	case n.None && a.Action == StoreTrue:
		a.Default = None
	}
	if _, list := a.Default.([]any); list {
		a.Default = nil
	}
	return a
}

// span is ours for novaclient's "2.0-2.latest".
func span(s string) string {
	if s == "" {
		return ""
	}
	return strings.TrimSuffix(s, "-2.latest")
}

func novaProgram(t *testing.T) *Program[string] {
	t.Helper()
	cmd := exec.Command(novaPython, "-c", askTables)
	cmd.Env = novaEnv
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("no novaclient to compare with: %v", err)
	}
	var tables novaTables
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.UseNumber() // 1.0 is a float
	if err := decoder.Decode(&tables); err != nil {
		t.Fatal(err)
	}
	p := &Program[string]{Name: "nova"}
	for _, a := range tables.Globals {
		p.Globals = append(p.Globals, a.arg(t))
	}
	for _, c := range tables.Commands {
		command := Command[string]{Name: c.Name, Summary: "Do it.", Versions: span(c.Span)}
		for _, a := range c.Args {
			command.Args = append(command.Args, a.arg(t))
		}
		p.Commands = append(p.Commands, command)
	}
	return p
}

var novaEnv = []string{"COLUMNS=80", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}

func TestAgainstNovaclient(t *testing.T) {
	p := novaProgram(t)
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
	usages, lines := usageQuestions(p), lineQuestions()
	answers := askNovaclient(t, slices.Concat(usages, lines))
	t.Run("usages", func(t *testing.T) { compareUsages(t, p, usages, answers[:len(usages)]) })
	t.Run("lines", func(t *testing.T) { compareLines(t, p, lines, answers[len(usages):]) })
}

// novaLines are command lines as people and scripts write them, each tried at several microversions.
const novaLines = `
list
list --all-tenants
list --all-tenants 1 --name vm
list --all-tenants=0
list --all
list --config-drive
list --config-drive --no-config-drive
list --limit x
list --limit -1
list --tags a,b
list --changes-b 2020
list --bogus
list extra
list --fields name,status --sort key:asc
list --user
list --deleted --minimal
--debug list
list --debug
--os-region-name R list --name n
boot
boot vm
boot vm --flavor 1 --image i --nic net-id=1 --nic auto
boot --flavor 1 vm --meta a=b --meta c=d --hint k=v
boot --hint bogus vm
boot --nic auto --poll vm extra
boot --image-w k=v vm
boot --key k vm
boot --min-count 2 --max 3 vm
boot --min-count two vm
boot --block-device source=image,dest=volume -- vm
boot -- -vm
boot --swap -1 vm
boot --host h --hypervisor-hostname hh --hostname hn vm
boot --ho h vm
boot --file /a=b vm
boot --trusted a vm
boot --config-drive true --access-ip-v4 1.2.3.4 vm
boot --ip 1 vm
flavor-create a auto 512 1 1
flavor-create a auto 512 1
flavor-create a auto 512 1 1 --is-public maybe
flavor-create a auto 512 1 1 --is-public True --ephemeral 3 --rxtx-factor 2.5
flavor-create a auto 512 1 1 --desc text
flavor-create -5 -6 512 1 1
flavor-key f set a=b c=d
flavor-key f bogus a=b
flavor-key f unset
flavor-list --all --sort-key id
flavor-list --extra-specs
quota-update p --instances 5 --cores=-1
quota-update p --floating-ips 3 --floating-ips 4
quota-update p --floating-ips x
quota-update p --security-group-r 3 --force
quota-update p --security-g 3
keypair-add k
keypair-add k --pub-key f --key-type x509
keypair-add k --user u
keypair-list --user u --limit 5
live-migration s
live-migration s h
live-migration s --block-migrate h
live-migration --block-migrate s h
live-migration --block-migrate --force s
live-migration s --disk-over-commit
server-tag-add s t1 t2
server-tag-add s
server-tag-list s
volume-attach s v
volume-attach s v auto
volume-attach --delete-on-termination s v
reset-state --active a b c
reset-state --all-tenants a --active
reboot --hard a b
reboot --poll a
delete
delete a b c
delete --all-tenants a
meta s set k=v j=w
meta s drop k
console-log s --length 10
console-log s --length
show --wrap 5 s
show --mini s
host-evacuate h --target_host t
host-evacuate h --target t
interface-attach --net-id n s
instance-action-list s --limit 3
instance-action s r
rescue s --password p --image i
rebuild s i --name n --key-unset
rebuild s i --preserve-ephemeral
usage-list --start 2020-01-01
usage --tenant t
bogus-command
bogus-command --help
hypervisor-list --matching x
hypervisor-list --limit 1 --marker m
service-list --host h --binary b
service-disable h --reason r
aggregate-create n
aggregate-update 1 --name x
migrate s --host h
unshelve s --availability-zone z
unshelve s --no-availability-zone
unlock s
lock s --reason because
evacuate s h --force
evacuate --password p s h
version-list
limits --tenant t --reserved
update s --name n --description d
backup s n daily 2
image-create s n --poll --metadata a=b
add-secgroup s g
-- list
list --
list -- --name
--os-compute-api-version
--timeout 0 list
--timeout x list
--timeout 3.5 list
--os-p list
--os-project-i p list
--no-such list
`

var novaVersions = []wire.Version{{}, wire.V(2, 0), wire.V(2, 1), wire.V(2, 10), wire.V(2, 26), wire.V(2, 36), wire.V(2, 53), wire.V(2, 67), wire.V(2, 88)}

const askNova = `
import contextlib, io, json, sys
from novaclient import api_versions, client, shell

parsers = {}

def parser(s, q):
    key = None if q['first'] else q['version']
    if key not in parsers:
        if q['first']:
            parsers[key] = s.get_base_parser([])
        else:
            parsers[key] = s.get_subcommand_parser(api_versions.APIVersion(key), argv=[])
            parsers[key].commands = s.subcommands
    for command in getattr(parsers[key], 'commands', {}).values():
        for action in command._actions:
            if hasattr(action, 'emitted'):
                action.emitted.clear()
    return parsers[key]

questions = json.load(sys.stdin)
answers = []
for q in questions:
    out, err = io.StringIO(), io.StringIO()
    s = shell.OpenStackComputeShell()
    s.extensions = []
    a = {}
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            if q['usage']:
                p = parser(s, q)
                a['pages'] = [p.format_usage()] + [p.commands[c].format_usage() for c in q['argv'] if c in p.commands]
                raise SystemExit(0)
            if q['first']:
                args, a['rest'] = parser(s, q).parse_known_args(q['argv'])
            else:
                args = parser(s, q).parse_args(q['argv'])
            values = vars(args)
            values.pop('func'); values.pop('command', '')
            a['values'] = {k: repr(v) for k, v in values.items()}
        except SystemExit as e:
            a['code'] = e.code
    a['stderr'] = err.getvalue()
    answers.append(a)
json.dump(answers, sys.stdout)
`

type novaQuestion struct {
	Version string   `json:"version"`
	Argv    []string `json:"argv"`
	First   bool     `json:"first"` // the globals alone
	Usage   bool     `json:"usage"` // the usage of the program and of the commands that Argv names
}

type novaAnswer struct {
	Values map[string]string
	Rest   []string
	Code   int
	Stderr string
	Pages  []string
}

func askNovaclient(t *testing.T, questions []novaQuestion) []novaAnswer {
	t.Helper()
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(novaPython, "-c", askNova)
	cmd.Env = novaEnv
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []novaAnswer
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// usageQuestions ask for the usages of all commands at every version.
func usageQuestions(p *Program[string]) []novaQuestion {
	var questions []novaQuestion
	for _, v := range novaVersions {
		q := novaQuestion{Version: versionName(v), Usage: true}
		for i := range p.Commands {
			if c := &p.Commands[i]; c.Name != "bash_completion" && at(c.Versions, v) {
				q.Argv = append(q.Argv, c.Name)
			}
		}
		questions = append(questions, q)
	}
	return questions
}

func versionName(v wire.Version) string {
	if v.IsZero() {
		return "2.latest"
	}
	return v.String()
}

// Every command has novaclient's usage at every version.
func compareUsages(t *testing.T, p *Program[string], questions []novaQuestion, answers []novaAnswer) {
	for i, a := range answers {
		v := novaVersions[i]
		ours := []string{usage(p.Name, p.actions(v), 80)}
		for _, name := range questions[i].Argv {
			ours = append(ours, usage("nova "+name, commandActions(p.Find(name, v).Args, v), 80))
		}
		if !slices.Equal(ours, a.Pages) {
			t.Errorf("at %s: got %q\nwant %q", questions[i].Version, ours, a.Pages)
		}
	}
}

// lineQuestions ask what the lines above mean at every version.
func lineQuestions() []novaQuestion {
	var questions []novaQuestion
	for line := range strings.Lines(strings.TrimSpace(novaLines)) {
		argv := strings.Fields(line)
		questions = append(questions, novaQuestion{Version: "2.latest", Argv: argv, First: true})
		for _, v := range novaVersions {
			questions = append(questions, novaQuestion{Version: versionName(v), Argv: argv})
		}
	}
	return questions
}

// Every line above, at every version above, gives the values, warnings and errors of novaclient itself.
func compareLines(t *testing.T, p *Program[string], questions []novaQuestion, answers []novaAnswer) {
	env := func(string) string { return "" }
	for i, q := range questions {
		want := answers[i]
		var v wire.Version
		if q.Version != "2.latest" {
			v = wire.MustVersion(q.Version)
		}
		var values *Values
		var rest []string
		var err error
		if q.First {
			values, rest, err = p.ParseGlobals(q.Argv, env)
		} else {
			_, values, err = p.Parse(q.Argv, v, env)
		}
		stderr := ""
		for _, w := range values.Warnings {
			stderr += w + "\n"
		}
		var usage *UsageError
		if errors.As(err, &usage) {
			stderr += usage.Text(80)
		}
		if (err != nil) != (want.Code != 0) || stderr != want.Stderr || !slices.Equal(rest, want.Rest) {
			t.Errorf("%s: nova %s\nnovaclient: %d %q\n%s\nours: %v %q\n%s", q.Version, strings.Join(q.Argv, " "), want.Code, want.Rest, want.Stderr, err, rest, stderr)
			continue
		}
		if err != nil {
			continue
		}
		for dest, wanted := range want.Values {
			e := values.find(dest)
			if e == nil {
				t.Errorf("%s: nova %s: %s is %s there and not known here", q.Version, strings.Join(q.Argv, " "), dest, wanted)
			} else if got := repr(e.value); got != wanted && !sameForUse(got, wanted) {
				t.Errorf("%s: nova %s: %s is %s there and %s here", q.Version, strings.Join(q.Argv, " "), dest, wanted, got)
			}
		}
	}
}

// sameForUse allows a list that is None here and empty there, and a pair that is kept as its text.
func sameForUse(got, want string) bool {
	if got == "None" && want == "[]" {
		return true
	}
	pairs := strings.NewReplacer("(", "", ")", "", "', '", "=")
	return strings.Trim(pairs.Replace(got), "[]") == strings.Trim(pairs.Replace(want), "[]")
}
