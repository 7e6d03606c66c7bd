package arg

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/pytext"
)

// question is a program and a command line, as testdata/oracle.py and our parser are both asked.
type question struct {
	What     string        `json:"what"` // "parse", "globals" or "help"
	Columns  int           `json:"columns"`
	Globals  []argSpec     `json:"globals,omitempty"`
	Commands []commandSpec `json:"commands,omitempty"`
	Argv     []string      `json:"argv"`
}

type commandSpec struct {
	Name string    `json:"name"`
	Help string    `json:"help"`
	Args []argSpec `json:"args,omitempty"`
}

type argSpec struct {
	Flags    []string `json:"flags,omitempty"`
	Dest     string   `json:"dest,omitempty"`
	Metavar  string   `json:"metavar,omitempty"`
	Action   string   `json:"action,omitempty"`
	Nargs    string   `json:"nargs,omitempty"`
	Type     string   `json:"type,omitempty"`
	Default  any      `json:"default,omitempty"`
	Const    any      `json:"const,omitempty"`
	Choices  []string `json:"choices,omitempty"`
	Group    string   `json:"group,omitempty"`
	Required bool     `json:"required,omitempty"`
	Hidden   bool     `json:"hidden,omitempty"`
	Help     string   `json:"help,omitempty"`
}

// answer is what either makes of it; values are in Python's repr.
type answer struct {
	Values  map[string]string `json:"values,omitempty"`
	Command string            `json:"command,omitempty"`
	Rest    []string          `json:"rest,omitempty"`
	Error   string            `json:"error,omitempty"`
	Pages   []string          `json:"pages,omitempty"`
}

var (
	actionNames = map[string]Action{
		"": Store, "store_true": StoreTrue, "store_false": StoreFalse, "store_const": StoreConst,
		"append": Append, "append_const": AppendConst, "count": Count,
	}
	typeNames = map[string]Type{"": nil, "int": Int, "float": Float, "kv": KeyValue}
)

func (s argSpec) arg() Arg {
	a := Arg{
		Flags: strings.Join(s.Flags, " "), Dest: s.Dest, Metavar: s.Metavar, Action: actionNames[s.Action],
		Nargs: s.Nargs, Type: typeNames[s.Type], Default: whole(s.Default), Const: whole(s.Const), Choices: s.Choices,
		Group: s.Group, Required: s.Required, Hidden: s.Hidden, Help: s.Help,
	}
	return a
}

// whole makes a number of a JSON one: an int unless it is written with a point.
func whole(v any) any {
	switch v := v.(type) {
	case float64:
		return int(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		f, _ := v.Float64()
		return f
	}
	return v
}

func (q question) program() *Program[string] {
	p := &Program[string]{Name: "nova", Description: "All of it.", Epilog: "See more."}
	for _, s := range q.Globals {
		p.Globals = append(p.Globals, s.arg())
	}
	for _, c := range q.Commands {
		command := Command[string]{Name: c.Name, Summary: c.Help, Run: c.Name}
		for _, s := range c.Args {
			command.Args = append(command.Args, s.arg())
		}
		p.Commands = append(p.Commands, command)
	}
	return p
}

// ask is the answer of our parser.
func (q question) ask() answer {
	p := q.program()
	env := func(string) string { return "" }
	switch q.What {
	case "help":
		pages := []string{p.Help(q.Columns, wire.Version{})}
		for _, c := range q.Commands {
			page, _ := p.CommandHelp(c.Name, q.Columns, wire.Version{})
			pages = append(pages, page)
		}
		return answer{Pages: pages}
	case "globals":
		values, rest, err := p.ParseGlobals(q.Argv, env)
		if err != nil {
			return failure(err, q.Columns)
		}
		return answer{Values: values.reprs(), Rest: rest}
	}
	command, values, err := p.Parse(q.Argv, wire.Version{}, env)
	if err != nil {
		return failure(err, q.Columns)
	}
	a := answer{Values: values.reprs()}
	if command != nil {
		a.Command = command.Run
	}
	return a
}

func failure(err error, columns int) answer {
	var usage *UsageError
	if errors.As(err, &usage) {
		return answer{Error: usage.Text(columns)}
	}
	return answer{Error: "exit"}
}

func (v *Values) reprs() map[string]string {
	m := map[string]string{}
	for _, e := range v.entries {
		m[e.dest] = repr(e.value)
	}
	return m
}

func repr(value any) string {
	switch value := value.(type) {
	case nil:
		return "None"
	case string:
		return pytext.Quote(value)
	case []any:
		parts := make([]string, len(value))
		for i := range value {
			parts[i] = repr(value[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return text(value)
}

// oracle is Debian 12's argparse: a process that answers questions.
type oracle struct {
	in  io.Writer
	out *bufio.Reader
}

// startOracle skips the test without a Python 3.11: later ones parse some lines in other ways than novaclient's users
// have them.
func startOracle(t *testing.T) *oracle {
	t.Helper()
	const python = "/usr/bin/python3"
	version, err := exec.Command(python, "-c", "import sys; print(sys.version_info[:2] == (3, 11))").Output()
	if err != nil || strings.TrimSpace(string(version)) != "True" {
		t.Skip("no Python 3.11 at " + python + " to compare with")
	}
	cmd := exec.Command(python, "testdata/oracle.py")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("oracle: %v\n%s", err, stderr.String())
		}
	})
	return &oracle{in: in, out: bufio.NewReader(out)}
}

func (o *oracle) ask(t interface{ Fatal(...any) }, q question) answer {
	line, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	reply, err := o.out.ReadBytes('\n')
	if err != nil {
		t.Fatal("the oracle gave up on ", string(line), err)
	}
	var a answer
	if err := json.Unmarshal(reply, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func same(a, b answer) bool {
	if a.Error != b.Error || a.Command != b.Command || !slices.Equal(a.Rest, b.Rest) || !slices.Equal(a.Pages, b.Pages) {
		return false
	}
	if len(a.Values) != len(b.Values) {
		return false
	}
	for k, v := range a.Values {
		if other, ok := b.Values[k]; !ok || other != v {
			return false
		}
	}
	return true
}
