package nova

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/internal/cli/arg"
)

func TestTableIsValid(t *testing.T) {
	if err := Program().Validate(); err != nil {
		t.Error(err)
	}
	for _, c := range commands() {
		if c.Run == nil && c.Name != "help" && c.Name != "bash-completion" {
			t.Errorf("%s does nothing", c.Name)
		}
		for _, a := range c.Args {
			if a.Help == "" && !a.Hidden {
				t.Errorf("%s: no help for %s%s", c.Name, a.Flags, a.Dest)
			}
		}
	}
}

// askNova prints what an installed novaclient takes: its global options, and for each command, in the spans that it
// has forms for, its arguments.
const askNova = `
import argparse, json
from novaclient import api_versions, shell
from novaclient.v2 import shell as commands

s = shell.OpenStackComputeShell()

def kind(option):
    action = option.get('action') or 'store'
    if action is shell.DeprecatedAction or isinstance(action, str):
        return 'store' if action is shell.DeprecatedAction else action
    return {argparse._StoreTrueAction: 'store_true', argparse._VersionAction: 'version'}.get(action, 'store')

def describe(names, option):
    action = kind(option)
    a = {'action': action, 'hidden': option.get('help') == argparse.SUPPRESS, 'deprecated': option.get('action') is shell.DeprecatedAction}
    positional = not names[0].startswith('-')
    a['flags'] = '' if positional else ' '.join(names)
    dest = option.get('dest') or option.get('group')
    if not dest:
        dest = names[0] if positional else next((n for n in names if n.startswith('--')), names[0]).lstrip('-').replace('-', '_')
    a['dest'] = dest
    a['metavar'] = option.get('metavar') or ''
    a['nargs'] = '' if option.get('nargs') in (None, 0) else option['nargs']
    a['group'] = option.get('group') or ''
    a['required'] = bool(option.get('required')) and not positional
    a['choices'] = list(option.get('choices') or [])
    a['const'] = repr(option.get('const'))
    a['type'] = getattr(option.get('type'), '__name__', '')
    default = option.get('default')
    if action == 'store_true' and 'default' not in option:
        default = False
    if action == 'store_false' and 'default' not in option:
        default = True
    a['default'] = repr(None if default == [] else default)
    a['span'] = ''
    if 'start_version' in option:
        a['span'] = option['start_version'] + '-' + option.get('end_version', '')
    return a

tables = {'globals': [], 'commands': []}
for a in s.get_base_parser([])._actions:
    tables['globals'].append(describe(a.option_strings, dict(vars(a), action=type(a))))
for attr in sorted(dir(commands)) + ['do_bash_completion', 'do_help']:
    if not attr.startswith('do_'):
        continue
    f = getattr(commands, attr, None) or getattr(s, attr)
    forms = [('', f)]
    if hasattr(f, 'versioned'):
        forms = [(v.start_version.get_string() + '-' + v.end_version.get_string(), v.func) for v in api_versions.get_substitutions(f)]
    for span, func in forms:
        args = [describe(names, option) for names, option in getattr(func, 'arguments', [])]
        tables['commands'].append({'name': attr[3:].replace('_', '-'), 'span': span, 'args': args})
tables['commands'].append({'name': 'bash_completion', 'span': '', 'args': []})
print(json.dumps(tables))
`

// described is an argument as both sides describe it.
type described struct {
	Flags, Dest, Metavar, Nargs, Group, Const, Default, Type, Span, Action string
	Choices                                                                []string
	Required, Hidden, Deprecated                                           bool
}

type theirTables struct {
	Globals  []described
	Commands []struct {
		Name, Span string
		Args       []described
	}
}

func novaclientTables(t *testing.T) theirTables {
	t.Helper()
	cmd := exec.Command("/usr/bin/python3", "-c", askNova)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	reply, err := cmd.Output()
	if err != nil {
		t.Skipf("no novaclient to compare with: %v", err)
	}
	var tables theirTables
	if err := json.NewDecoder(bytes.NewReader(reply)).Decode(&tables); err != nil {
		t.Fatal(err)
	}
	return tables
}

var actionNames = map[arg.Action]string{
	arg.Store: "store", arg.StoreTrue: "store_true", arg.StoreFalse: "store_false", arg.StoreConst: "store_const",
	arg.Append: "append", arg.ShowVersion: "version",
}

// describe is one of our arguments in Python's words.
func describe(a arg.Arg) described {
	d := described{
		Flags: a.Flags, Dest: a.Dest, Metavar: a.Metavar, Nargs: a.Nargs, Group: a.Group, Action: actionNames[a.Action],
		Choices: append([]string{}, a.Choices...), Required: a.Required, Hidden: a.Hidden, Deprecated: a.Deprecated, Span: a.Versions,
		Const: repr(a.Const), Default: repr(a.Default),
	}
	if d.Dest == "" {
		for _, flag := range strings.Fields(a.Flags) {
			if strings.HasPrefix(flag, "--") {
				d.Dest = strings.ReplaceAll(strings.TrimLeft(flag, "-"), "-", "_")
				break
			}
		}
	}
	switch {
	case a.Action == arg.StoreTrue && a.Default == nil:
		d.Default = "False"
	case a.Action == arg.StoreFalse && a.Default == nil:
		d.Default = "True"
	}
	if a.Type != nil {
		d.Type = "typed"
	}
	return d
}

func repr(value any) string {
	switch value := value.(type) {
	case nil:
		return "None"
	case string:
		return "'" + value + "'"
	case bool:
		return map[bool]string{true: "True", false: "False"}[value]
	case float64:
		return fmt.Sprintf("%.1f", value)
	case int:
		return fmt.Sprint(value)
	}
	return "None"
}

// likeOurs takes out what the two tables say in different ways and means the same.
func (d described) likeOurs() described {
	d.Span = strings.TrimSuffix(d.Span, "-2.latest")
	d.Span = strings.TrimSuffix(d.Span, "-")
	if d.Type != "" {
		d.Type = "typed"
	}
	if d.Flags == "" {
		d.Action, d.Default, d.Deprecated = "store", "None", false
	}
	if d.Action == "store_true" || d.Action == "store_false" {
		d.Const = "None"
	}
	if d.Choices == nil {
		d.Choices = []string{}
	}
	return d
}

// Every command of novaclient is there and takes what it takes, at every version. Commands and options of our own are
// marked so (Own, Exact) and passed over.
func TestTableIsNovaclients(t *testing.T) {
	tables := novaclientTables(t)
	ours := map[string]command{}
	for _, c := range commands() {
		if !c.Own {
			ours[c.Name+" "+c.Versions] = c
		}
	}
	for _, c := range tables.Commands {
		key := c.Name + " " + strings.TrimSuffix(c.Span, "-2.latest")
		mine, ok := ours[key]
		if !ok {
			t.Errorf("there is no %s", key)
			continue
		}
		delete(ours, key)
		var want, got []described
		for _, a := range c.Args {
			want = append(want, a.likeOurs())
		}
		for _, a := range mine.Args {
			if !a.Exact {
				got = append(got, describe(a).likeOurs())
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (- novaclient, + ours):\n%s", key, diff)
		}
	}
	for key := range ours {
		t.Errorf("novaclient has no %s", key)
	}
}

// The global options are novaclient's, in its order; behind them those it lacks, which no abbreviation means. Their
// defaults come from the settings, so only what is read is compared.
func TestGlobalsAreNovaclients(t *testing.T) {
	tables := novaclientTables(t)
	var want, got []string
	for _, a := range tables.Globals {
		want = append(want, fmt.Sprint(a.Flags, " ", a.Dest, " ", a.Metavar, " ", a.Nargs, " ", a.Action, " ", a.Hidden))
	}
	for _, a := range globals() {
		d := describe(a)
		if a.Exact {
			continue
		}
		got = append(got, fmt.Sprint(d.Flags, " ", d.Dest, " ", d.Metavar, " ", d.Nargs, " ", d.Action, " ", d.Hidden))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(- novaclient, + ours):\n%s", diff)
	}
}
