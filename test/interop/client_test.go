package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// pinned is the highest version that Debian 12's novaclient speaks. Ours goes
// higher, and a newer server then shows more; pinned, both ask alike.
const pinned = "2.92"

// A cloud is one that an openrc file names.
type cloud struct {
	name string   // host:port of its identity service
	env  []string // K=V, all that a client is run with
	demo string   // password of the plain member demo
}

// A result is how one run of a client ended.
type result struct {
	stdout, stderr string
	code           int
	took           time.Duration
}

// env returns the value of a setting or, when it is unset, the given default.
func env(key, otherwise string) string {
	if v := os.Getenv(key); v != "" {
		return v
	}
	return otherwise
}

// clouds reads the openrc files that NOVALET_INTEROP_OPENRC names and skips
// the test when there are none.
func clouds(t *testing.T) []cloud {
	t.Helper()
	paths := os.Getenv("NOVALET_INTEROP_OPENRC")
	if paths == "" {
		t.Skip("NOVALET_INTEROP_OPENRC names no openrc file: no cloud to compare on")
	}
	var all []cloud
	for _, path := range filepath.SplitList(paths) {
		c, err := readOpenrc(path)
		if err != nil {
			t.Fatal(err)
		}
		c.env = append(c.env, "HOME="+t.TempDir(), "PATH="+os.Getenv("PATH"), "LC_ALL=C.UTF-8")
		all = append(all, c)
	}
	return all
}

// readOpenrc reads the lines `export KEY=VALUE` of an openrc file.
func readOpenrc(path string) (cloud, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return cloud{}, err
	}
	c := cloud{demo: demoPassword(filepath.Dir(path))}
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if !ok || !strings.HasPrefix(key, "OS_") {
			continue
		}
		value = strings.Trim(value, `"'`)
		c.env = append(c.env, key+"="+value)
		if key == "OS_AUTH_URL" {
			_, rest, _ := strings.Cut(value, "://")
			c.name, _, _ = strings.Cut(rest, "/")
		}
	}
	if c.name == "" {
		return cloud{}, fmt.Errorf("%s sets no OS_AUTH_URL: is it an openrc file?", path)
	}
	return c, nil
}

// demoPassword takes the password from the demo-openrc that Novalet puts beside
// openrc; on other clouds the member demo has the password demo.
func demoPassword(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, "demo-openrc"))
	if err != nil {
		return "demo"
	}
	_, rest, _ := strings.Cut(string(data), "OS_PASSWORD=")
	password, _, _ := strings.Cut(rest, "\n")
	return strings.Trim(password, `"'`)
}

// program returns the path of a client, or skips the test when it is missing.
func program(t *testing.T, key, otherwise, hint string) string {
	t.Helper()
	path, err := filepath.Abs(env(key, otherwise))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Skipf("no client at %s: %s, or name another in %s", path, hint, key)
	}
	return path
}

// with returns the environment with some of it changed: K=V sets, K alone removes.
func with(environ []string, changes ...string) []string {
	out := slices.Clone(environ)
	for _, change := range changes {
		key, _, set := strings.Cut(change, "=")
		out = slices.DeleteFunc(out, func(kv string) bool { return strings.HasPrefix(kv, key+"=") })
		if set {
			out = append(out, change)
		}
	}
	return out
}

// run runs a client to its end, two minutes at most.
func run(t *testing.T, path string, environ, args []string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environ, &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %q: %v", path, args, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode(), time.Since(start)}
}
