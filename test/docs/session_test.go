package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// TestCommands runs what the documents show. Translations show the same (TestTranslations).
func TestCommands(t *testing.T) {
	for name, least := range map[string]int{"README.md": 9, "docs/walkthrough.md": 40, "docs/adding.md": 5} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps := read(t, name).steps()
			if len(steps) < least {
				t.Fatalf("%s shows %d steps: are its blocks marked?", name, len(steps))
			}
			cloud := novatest.New(t)
			s := newSession(t, cloud)
			s.run(t, []step{
				{command: ". .cloud/openrc"},
				{command: "nova boot --flavor m1.nano --image guest --nic auto --poll vm1"},
			})
			s.run(t, steps)
		})
	}
}

// session is a reader's shell in the folder of a checkout, with what `make up` leaves there.
type session struct{ dir, url string }

func newSession(t *testing.T, cloud *novatest.Cloud) session {
	s := session{t.TempDir(), strings.TrimPrefix(cloud.URL(), "http://")}
	for name, account := range map[string]novatest.Account{"openrc": cloud.Admin(), "demo-openrc": cloud.Demo()} {
		text := ""
		for _, pair := range account.Env() {
			text += "export " + pair + "\n"
		}
		s.write(t, ".cloud/"+name, text)
	}
	return s
}

func (s session) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// prelude makes `go` mean a checkout of this repository: files are those of the session's folder.
const prelude = `go() {
  sub=$1; shift
  for a; do shift; case $a in -*|/*) ;; *) a=$PWD/$a ;; esac; set -- "$@" "$a"; done
  (cd "$CHECKOUT" && command go "$sub" "$@")
}
`

// patience is how long a session may take: it builds two small programs, and a command that waits may wait for ever.
const patience = 4 * time.Minute

// run does the steps in one shell, so that a variable that is set stays set, and compares what they print.
func (s session) run(t *testing.T, steps []step) {
	t.Helper()
	log := t.TempDir()
	script := prelude
	for i, one := range steps {
		if strings.HasPrefix(one.text, "#!/usr/bin/env python3\n") {
			if _, err := exec.LookPath("python3"); err != nil {
				t.Logf("there is no python3: what comes from %s on was not tried", one.file)
				steps = steps[:i]
				break
			}
		}
		if one.file != "" {
			s.write(t, one.file, one.text)
			continue
		}
		script += fmt.Sprintf("{ %s\n} >%s/out%d 2>&1; echo $? >%s/code%d\n", one.command, log, i, log, i)
	}
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-c", script)
	shell.Dir, shell.WaitDelay = s.dir, time.Second
	for _, pair := range os.Environ() {
		if strings.HasPrefix(pair, "GO") { // where modules are, and the like
			shell.Env = append(shell.Env, pair)
		}
	}
	shell.Env = append(shell.Env,
		"PATH="+os.Getenv("PATH"), "HOME="+os.Getenv("HOME"), "XDG_CACHE_HOME="+s.dir+"/.cache", "LANG=C.UTF-8",
		"GOCACHE="+goCache(t), "CGO_ENABLED=0", "CHECKOUT="+checkout)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("the shell: %v\n%s", err, out)
	}
	for i, one := range steps {
		if one.file == "" {
			s.judge(t, one, content(t, log, "out", i), strings.TrimSpace(content(t, log, "code", i)))
		}
	}
}

func content(t *testing.T, dir, name string, i int) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(name, i)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// goCache is where the go command keeps what it built: a session has a cache folder of its own.
func goCache(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// varying is what is another on each machine and in each run. Rules and blanks are: tables are as wide as the port's
// number.
var varying = []struct {
	like *regexp.Regexp
	is   string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\d+ bytes, \d+(\.\d+)?(s|ms|µs)`), "SIZE, TIME"},
	{regexp.MustCompile(`in all (\d+), \d+(\.\d+)?(s|ms|µs)`), "in all $1, TIME"},
	{regexp.MustCompile(`-{3,}`), "--"},
	{regexp.MustCompile(` {2,}`), "  "},
}

// alike is a text without what varies.
func alike(text string) string {
	for _, v := range varying {
		text = v.like.ReplaceAllString(text, v.is)
	}
	return text
}

func (s session) judge(t *testing.T, one step, got, code string) {
	t.Helper()
	if failed := code != "0"; failed != one.fails() {
		t.Errorf("$ %s\nends with exit code %s and prints\n%s", one.command, code, got)
		return
	}
	if one.want == "" {
		return
	}
	got = strings.ReplaceAll(got, s.url, "127.0.0.1:5000")
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	if !shown(alike(one.want)).MatchString(alike(got)) {
		t.Errorf("$ %s\nprints\n%s\nand is shown with\n%s", one.command, got, one.want)
	}
}
