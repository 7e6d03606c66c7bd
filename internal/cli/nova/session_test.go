package nova_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/novalet/novalet/internal/cli/nova"
	"github.com/novalet/novalet/novatest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nova": func() { os.Exit(nova.Main(context.Background(), nova.FromOS(os.Args[1:]))) },
	})
}

// Whole sessions against a cloud in this process: what users type and see.
func TestSessions(t *testing.T) {
	cloud := novatest.New(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/session",
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, "XDG_CACHE_HOME="+env.WorkDir+"/cache", "COLUMNS=80")
			env.Vars = append(env.Vars, cloud.Admin().Env()...)
			for _, pair := range cloud.Demo().Env() {
				env.Vars = append(env.Vars, "DEMO_"+pair)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"until": until, "pick": pick},
	})
}

// until PATTERN COMMAND... runs a command until its output matches.
func until(ts *testscript.TestScript, neg bool, args []string) {
	want := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		seen := ts.ReadFile("stdout")
		if err == nil && want.MatchString(seen) != neg {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%v: %v\n%s", args, err, seen)
		}
	}
}

// pick NAME PROPERTY sets a variable to a property in the table that the last command printed.
func pick(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if cells := strings.Split(line, "|"); len(cells) > 2 && strings.TrimSpace(cells[1]) == args[1] {
			ts.Setenv(args[0], strings.TrimSpace(cells[2]))
			return
		}
	}
	ts.Fatalf("there is no property %s", fmt.Sprint(args[1]))
}
