package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestSessions runs testdata/session/*.txtar on every cloud given: with
// Debian's clients as they are and, what speaks of nova, with ours as well.
func TestSessions(t *testing.T) {
	all := clouds(t)
	program(t, "NOVALET_INTEROP_REFERENCE", "/usr/bin/nova", "apt-get install python3-novaclient")
	openstack := program(t, "NOVALET_INTEROP_OPENSTACK", "/usr/bin/openstack", "apt-get install python3-openstackclient")
	for _, c := range all {
		image := findImage(t, c, openstack)
		t.Run(c.name, func(t *testing.T) {
			t.Run("debian", func(t *testing.T) {
				sessions(t, c, image, "/usr/bin", "testdata/session/nova.txtar", "testdata/session/openstack.txtar")
			})
			t.Run("ours", func(t *testing.T) {
				ours := program(t, "NOVALET_INTEROP_NOVA", "../../bin/nova", "make build")
				sessions(t, c, image, filepath.Dir(ours), "testdata/session/nova.txtar")
			})
		})
	}
}

// sessions runs scripts with the clients of one folder.
func sessions(t *testing.T, c cloud, image, folder string, scripts ...string) {
	testscript.Run(t, testscript.Params{
		Files: scripts,
		Setup: func(e *testscript.Env) error {
			e.Vars = with(e.Vars, c.env...)
			e.Vars = with(e.Vars, "PATH="+folder+string(filepath.ListSeparator)+os.Getenv("PATH"),
				"NAME=io-"+tag(), "IMAGE="+image)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"until": until},
		Condition: func(name string) (bool, error) {
			if name != "network" { // the cloud has a network service to ask for networks by name
				return false, fmt.Errorf("there is no condition %q", name)
			}
			types := run(t, "/usr/bin/openstack", c.env, []string{"catalog", "list", "-f", "value", "-c", "Type"})
			return slices.Contains(strings.Fields(types.stdout), "network"), nil
		},
	})
}

// until is a script's command `until [!] PATTERN PROGRAM ARGS...`: run the
// program until its stdout matches (or, with !, no longer does).
func until(ts *testscript.TestScript, neg bool, args []string) {
	want := true
	if len(args) > 0 && args[0] == "!" {
		want, args = false, args[1:]
	}
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until [!] PATTERN PROGRAM ARGS...")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	for deadline := time.Now().Add(2 * time.Minute); ; {
		ts.Check(ts.Exec(args[1], args[2:]...))
		if pattern.MatchString(ts.ReadFile("stdout")) == want {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("not within two minutes")
		}
	}
}

// findImage takes the image guest of a new Novalet cloud or else the first.
func findImage(t *testing.T, c cloud, openstack string) string {
	t.Helper()
	r := run(t, openstack, c.env, []string{"image", "list", "--status", "active", "-f", "value", "-c", "Name"})
	names := strings.Fields(r.stdout)
	if r.code != 0 || len(names) == 0 {
		t.Fatalf("%s lists no active image; openstack image list said: %s", c.name, fmt.Sprint(r.stdout, r.stderr))
	}
	for _, name := range names {
		if name == "guest" {
			return name
		}
	}
	return names[0]
}
