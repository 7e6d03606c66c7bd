package nova

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
)

// specTable is the command line of novaclient 18.12, as spec/nova-cli.json has it.
type specTable struct {
	Globals  []specArg              `json:"global_options"`
	Commands map[string]specCommand `json:"commands"`
}

type specCommand struct {
	Microversions       [][2]string
	Positional, Options []specArg
}

type specArg struct {
	Flags         []string
	Dest, Metavar string
	Action        string
	Nargs         any
	Choices       []string
	Group         *int `json:"exclusive_group"`
	Required      bool
	Hidden        bool
	Microversions [][2]string
}

func loadSpec(t *testing.T) specTable {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "spec", "nova-cli.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("spec/nova-cli.json is not beside this repository")
	} else if err != nil {
		t.Fatal(err)
	}
	var spec specTable
	if err := json.Unmarshal(data, &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// minors are the versions that are compared: all that 2.latest may mean.
func minors(yield func(wire.Version) bool) {
	for minor := range newest.Minor + 1 {
		if !yield(wire.V(2, minor)) {
			return
		}
	}
}

// table is what a command line has: a line of text for each command and argument, and the versions that have it.
type table map[string][]wire.Version

func (t table) add(v wire.Version, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	t[line] = append(t[line], v)
}

// lines is a table with its versions as spans, for reading and comparing.
func (t table) lines() map[string]bool {
	lines := map[string]bool{}
	for line, versions := range t {
		spans := []string{}
		for i := 0; i < len(versions); {
			end := i
			for end+1 < len(versions) && versions[end+1].Minor == versions[end].Minor+1 {
				end++
			}
			spans = append(spans, versions[i].String()+" to "+versions[end].String())
			i = end + 1
		}
		lines[line+" at "+strings.Join(spans, ", ")] = true
	}
	return lines
}

func (a specArg) line() string {
	nargs := ""
	if a.Nargs != nil && a.Action != "version" {
		nargs = fmt.Sprint(a.Nargs)
	}
	action := a.Action
	if action == "deprecated" {
		action = "store" // and a line on stderr
	}
	name := strings.Join(a.Flags, " ")
	if name == "" {
		name, action = "argument", "store" // append does nothing for one that takes all
	}
	return fmt.Sprintf("%s: dest %q, metavar %q, %s, nargs %q, choices %q, required %t, hidden %t, in a group %t",
		name, a.Dest, a.Metavar, action, nargs, a.Choices, a.Required && len(a.Flags) > 0, a.Hidden, a.Group != nil)
}

func oursAsSpec(a arg.Arg) specArg {
	d := describe(a)
	s := specArg{Flags: strings.Fields(d.Flags), Dest: d.Dest, Metavar: d.Metavar, Action: d.Action, Choices: d.Choices, Required: d.Required, Hidden: d.Hidden}
	if d.Nargs != "" {
		s.Nargs = d.Nargs
	}
	if d.Group != "" {
		s.Group = new(int)
	}
	return s
}

func specHas(t *testing.T, spans [][2]string, v wire.Version) bool {
	t.Helper()
	for _, span := range spans {
		s, err := wire.ParseSpan(strings.TrimSuffix(span[0]+"-"+span[1], "-latest"))
		if err != nil {
			t.Fatal(err)
		}
		if s.Has(v) {
			return true
		}
	}
	return spans == nil
}

func ownHas(t *testing.T, span string, v wire.Version) bool {
	t.Helper()
	s, err := wire.ParseSpan(span)
	if err != nil {
		t.Fatal(err)
	}
	return s.Has(v)
}

// The spec is novaclient 18.12's command line; 18.1.0, which ours is held against elsewhere, has no other commands and
// options. Every command and option of the spec exists, with the same spellings, arity, choices and versions, and no other that
// is not marked as our own.
func TestTableIsTheSpecs(t *testing.T) {
	spec := loadSpec(t)
	if len(spec.Commands) != 128 || len(spec.Globals) != 35 {
		t.Errorf("the spec has %d commands and %d global options", len(spec.Commands), len(spec.Globals))
	}
	want, got := table{}, table{}
	ours := map[string]bool{}
	for _, c := range commands() {
		ours[c.Name] = ours[c.Name] || !c.Own
	}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(spec.Commands)) {
		if !ours[name] {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		t.Errorf("%d of %d commands are missing: %s", len(missing), len(spec.Commands), strings.Join(missing, " "))
	}
	for _, a := range spec.Globals {
		want.add(newest, "nova %s", a.line())
	}
	for _, a := range globals() {
		if !a.Exact {
			got.add(newest, "nova %s", oursAsSpec(a).line())
		}
	}
	for v := range minors {
		for name, c := range spec.Commands {
			if !ours[name] || !specHas(t, c.Microversions, v) {
				continue
			}
			want.add(v, "nova %s", name)
			place := 0
			for _, a := range c.Positional {
				if specHas(t, a.Microversions, v) {
					place++
					want.add(v, "nova %s %d. %s", name, place, a.line())
				}
			}
			for _, a := range c.Options {
				if specHas(t, a.Microversions, v) {
					want.add(v, "nova %s %s", name, a.line())
				}
			}
		}
		for _, c := range commands() {
			if c.Own || !ownHas(t, c.Versions, v) {
				continue
			}
			got.add(v, "nova %s", c.Name)
			place := 0
			for _, a := range c.Args {
				switch {
				case a.Exact || !ownHas(t, a.Versions, v):
				case a.Flags == "":
					place++
					got.add(v, "nova %s %d. %s", c.Name, place, oursAsSpec(a).line())
				default:
					got.add(v, "nova %s %s", c.Name, oursAsSpec(a).line())
				}
			}
		}
	}
	wantLines, gotLines := want.lines(), got.lines()
	for _, line := range slices.Sorted(maps.Keys(wantLines)) {
		if !gotLines[line] {
			t.Errorf("the spec has  %s", line)
		}
		delete(gotLines, line)
	}
	for _, line := range slices.Sorted(maps.Keys(gotLines)) {
		t.Errorf("only ours has %s", line)
	}
}
