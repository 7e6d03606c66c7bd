package nova

import (
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/wire"
)

// askHelp prints, for each version, what novaclient's help has of each command: its usage and its options.
const askHelp = `
import argparse, json, os, sys
os.environ['COLUMNS'] = '80'
from novaclient import api_versions, shell
pages = {}
for version in sys.argv[1:]:
    s = shell.OpenStackComputeShell()
    s.get_subcommand_parser(api_versions.APIVersion(version), do_help=True, argv=[])
    pages[version] = {}
    for name, parser in s.subcommands.items():
        if name == 'bash_completion':
            continue
        flags = [f for a in parser._actions if a.help != argparse.SUPPRESS for f in a.option_strings]
        pages[version][name] = {'Usage': parser.format_usage(), 'Flags': sorted(flags)}
print(json.dumps(pages))
`

type helpPage struct {
	Usage string
	Flags []string
}

// helped is what our help page has.
func helped(page string) helpPage {
	usage, rest, _ := strings.Cut(page, "\n\n")
	rest, _, _ = strings.Cut(rest, "\nOptions that novaclient lacks:\n")
	h := helpPage{Usage: usage + "\n", Flags: []string{}}
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "  -") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			if !strings.HasPrefix(word, "-") {
				continue
			}
			if flag := strings.TrimSuffix(word, ","); !slices.Contains(h.Flags, flag) {
				h.Flags = append(h.Flags, flag)
			}
		}
	}
	slices.Sort(h.Flags)
	return h
}

// The help of every command has novaclient's usage and options, at every version where something changes for many; the
// help of all has novaclient's commands.
func TestHelpIsNovaclients(t *testing.T) {
	versions := []string{"2.1", "2.10", "2.26", "2.37", "2.53", "2.66", "2.80", "2.92"}
	reply, err := exec.Command("/usr/bin/python3", append([]string{"-c", askHelp}, versions...)...).Output()
	if err != nil {
		t.Skipf("no novaclient to compare with: %v", err)
	}
	var pages map[string]map[string]helpPage
	if err := json.Unmarshal(reply, &pages); err != nil {
		t.Fatal(err)
	}
	for _, version := range versions {
		v := wire.MustVersion(version)
		program := Program()
		for name, want := range pages[version] {
			page, ok := program.CommandHelp(name, 80, v)
			if !ok {
				t.Errorf("at %s there is no help of %s", version, name)
				continue
			}
			got := helped(page)
			if got.Usage != want.Usage {
				t.Errorf("%s at %s (- novaclient, + ours):\n%s", name, version, cmp.Diff(want.Usage, got.Usage))
			}
			for _, flag := range want.Flags {
				if !slices.Contains(got.Flags, flag) {
					t.Errorf("%s at %s: nothing of %s", name, version, flag)
				}
			}
		}
		var names []string
		all, _, _ := strings.Cut(program.Help(80, v), "\nOptions:\n")
		for line := range strings.Lines(all) {
			if rest, ok := strings.CutPrefix(line, "    "); ok && rest[0] != ' ' && !strings.HasPrefix(line, "        ") {
				names = append(names, strings.Fields(rest)[0])
			}
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(pages[version])), names); diff != "" {
			t.Errorf("commands at %s (- novaclient, + ours):\n%s", version, diff)
		}
	}
}
