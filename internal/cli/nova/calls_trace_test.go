package nova

import (
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/novatest"
)

// word is something to give for an argument.
func word(a *arg.Arg) string {
	if a.Choices != nil {
		return a.Choices[0]
	}
	known := map[string]string{
		"<server>": "sv", "<flavor>": "m1.tiny", "<image>": "guest", "<key=value>": "a=b", "<keypair>": "kp",
		"<ram>": "1", "<disk>": "1", "<vcpus>": "1", "<rotation>": "1", "<factor>": "1", "<request_id>": "req-1",
		"<hypervisor>": "compute1", "<backup-type>": "daily", "<policy>": "affinity", "<console-type>": "novnc",
	}
	if w, ok := known[a.Metavar]; ok {
		return w
	}
	return "x" + strings.Trim(a.Metavar, "<>")
}

// What a command calls is among what calls says of it: every command is run, and its requests are looked at.
func TestCallsAreMade(t *testing.T) {
	cloud := novatest.New(t)
	environment := map[string]string{}
	for _, pair := range cloud.Admin().Env() {
		name, value, _ := strings.Cut(pair, "=")
		environment[name] = value
	}
	cache := t.TempDir()
	run := func(args ...string) []string {
		var mu sync.Mutex
		var routes []string
		Main(t.Context(), Process{
			Args: args, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, CacheDir: cache,
			Env: func(name string) (string, bool) {
				value, ok := environment[name]
				return value, ok
			},
			Client: client.Options{Trace: func(x client.Exchange) {
				mu.Lock()
				defer mu.Unlock()
				if x.Purpose == "call" {
					routes = append(routes, x.Route)
				}
			}},
		})
		return routes
	}
	run("boot", "--flavor", "m1.tiny", "--image", "guest", "--nic", "none", "--poll", "sv")
	var lines [][]string
	for _, c := range Program().Commands {
		if c.Local || c.Hidden || c.Name == "ssh" || c.Name == "api" || c.Name == "help" || c.Name == "bash-completion" {
			continue
		}
		line := []string{c.Name}
		if c.Versions != "" { // at the last version that has it
			if _, to, ok := strings.Cut(c.Versions, "-"); ok && to != "" {
				line = []string{"--os-compute-api-version", to, c.Name}
			}
		}
		for i := range c.Args {
			if a := &c.Args[i]; a.Flags == "" && a.Nargs != "?" && a.Nargs != "*" && a.Versions == "" {
				line = append(line, word(a))
			}
		}
		lines = append(lines, line)
	}
	ends := func(line []string) int { // what ends the server comes last
		return map[bool]int{true: 1}[slices.Contains(line, "delete") || slices.Contains(line, "force-delete")]
	}
	slices.SortStableFunc(lines, func(a, b []string) int { return ends(a) - ends(b) })
	called := map[string]bool{}
	for _, line := range lines {
		name := line[0]
		if name == "--os-compute-api-version" {
			name = line[2]
		}
		var known []string
		for _, e := range calls(name) {
			known = append(known, e.Info().Name)
		}
		for _, route := range run(line...) {
			called[route] = true
			if !slices.Contains(known, route) {
				t.Errorf("nova %s calls %s, which is not among %v", strings.Join(line, " "), route, known)
			}
		}
	}
	if len(called) < 80 {
		t.Errorf("only %d routes were called: the lines are not good enough", len(called))
	}
}
