package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// python is the interpreter that Debian's clients name in their first line.
const python = "/usr/bin/python3"

// imports are what novaclient spends most of its second of start-up on.
var imports = []string{
	"novaclient.v2.shell", "novaclient.v2.client", "keystoneauth1.loading", "keystoneauth1.identity.generic",
	"keystoneauth1.session", "keystoneauth1.discover", "oslo_utils.timeutils", "prettytable",
}

// A client is a program that the table's words are given to.
type client struct {
	path string
	warm *warm // nil: the program is started for each command
}

// newClient starts what a client needs. Debian's Python clients are run by
// testdata/warm.py, which saves them a second a command; NOVALET_INTEROP_COLD
// set, they too are started each time.
func newClient(t *testing.T, path string) client {
	c := client{path: path}
	head := make([]byte, 64)
	if f, err := os.Open(path); err == nil {
		n, _ := io.ReadFull(f, head)
		head = head[:n]
		f.Close()
	}
	if strings.HasPrefix(strings.TrimPrefix(string(head), "#! "), python) && os.Getenv("NOVALET_INTEROP_COLD") == "" {
		c.warm = startWarm(t)
	}
	return c
}

func (c client) run(t *testing.T, environ, args []string) result {
	t.Helper()
	if c.warm == nil {
		return run(t, c.path, environ, args)
	}
	out, err := c.warm.run(append([]string{c.path}, args...), environ)
	if err != nil {
		t.Fatalf("%s %q: %v", c.path, args, err)
	}
	return out
}

// A warm is a process that forks itself into one command after another.
type warm struct {
	in             io.WriteCloser
	out            *bufio.Reader
	stdout, stderr string // files
}

func startWarm(t *testing.T) *warm {
	t.Helper()
	dir := t.TempDir()
	w := &warm{stdout: filepath.Join(dir, "stdout"), stderr: filepath.Join(dir, "stderr")}
	cmd := exec.Command(python, append([]string{"testdata/warm.py"}, imports...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.in, w.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("warm.py: %v\n%s", err, stderr.String())
		}
	})
	return w
}

func (w *warm) run(argv, environ []string) (result, error) {
	set := map[string]string{}
	for _, kv := range environ {
		key, value, _ := strings.Cut(kv, "=")
		set[key] = value
	}
	start := time.Now()
	request := map[string]any{"argv": argv, "env": set, "stdout": w.stdout, "stderr": w.stderr}
	if err := json.NewEncoder(w.in).Encode(request); err != nil {
		return result{}, err
	}
	line, err := w.out.ReadString('\n')
	if err != nil {
		return result{}, fmt.Errorf("warm.py ended: %w", err)
	}
	out := result{took: time.Since(start)}
	if out.code, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		return result{}, err
	}
	for path, text := range map[string]*string{w.stdout: &out.stdout, w.stderr: &out.stderr} {
		data, err := os.ReadFile(path)
		if err != nil {
			return result{}, err
		}
		*text = string(data)
	}
	return out, nil
}
