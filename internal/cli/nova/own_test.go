package nova

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

// A log that grows, of which only the end is kept and shown, is printed whole and once.
func TestFollowedOutputIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.StringMatching(`[a-c\n]{0,8}`)).Draw(t, "pieces")
		window := rapid.IntRange(9, 60).Draw(t, "window") // more than a piece, so that two looks share something
		log, seen, printed := "", "", ""
		for i, piece := range pieces {
			// A number makes each place in the log unlike all others, as times and counters do in real ones.
			log += fmt.Sprintf("%d%s", i, piece)
			now := log[max(0, len(log)-window-len(piece)-4):]
			printed += newOutput(seen, now)
			seen = now
		}
		if !strings.HasSuffix(log, printed) || len(printed) < len(log) && len(pieces) == 1 {
			t.Errorf("printed %q of %q", printed, log)
		}
	})
	for _, c := range [][3]string{
		{"", "abc", "abc"},
		{"abc", "abc", ""},
		{"abc", "abcd", "d"},
		{"abc", "bcd", "d"},
		{"abc", "xyz", "xyz"},
		{"abc", "", ""},
		{"aab", "aabaab", "aab"},
		{"xabab", "ababc", "c"},
	} {
		if got := newOutput(c[0], c[1]); got != c[2] {
			t.Errorf("%q after %q: %q, want %q", c[1], c[0], got, c[2])
		}
	}
}

func TestLastLinesAreNovas(t *testing.T) {
	for _, c := range []struct {
		length int
		want   string
	}{{0, ""}, {1, ""}, {2, "c\n"}, {3, "b\nc\n"}, {9, "a\nb\nc\n"}} {
		if got := lastLines("a\nb\nc\n", c.length); got != c.want {
			t.Errorf("%d: %q, want %q", c.length, got, c.want)
		}
	}
}

// A log is followed over a restart until its server is gone; nobody waits for real.
func TestFollowConsole(t *testing.T) {
	steps := []string{
		`{"output": "one\ntwo\n"}`,
		`{"output": "one\ntwo\nthree"}`,
		`409`,
		`{"output": "again\n"}`,
		`404`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !bytes.Contains(body, []byte("os-getConsoleOutput")) || len(steps) == 0 {
			t.Errorf("asked for %s", body)
			return
		}
		step := steps[0]
		steps = steps[1:]
		switch step {
		case "404":
			w.WriteHeader(http.StatusNotFound)
		case "409":
			w.WriteHeader(http.StatusConflict)
		default:
			_, _ = io.WriteString(w, step)
		}
	}))
	defer server.Close()
	var printed, complaints bytes.Buffer
	slept := time.Duration(0)
	session := client.Static{Endpoints: map[string]string{"compute": server.URL}}
	e := &verb.Env{
		Cloud: client.New(client.NewTransport(client.Options{}), session).At(wire.V(2, 92)),
		Print: out.Printer{W: &printed}, Err: &complaints,
		Clock: client.Clock{Sleep: func(ctx context.Context, d time.Duration) error {
			slept += d
			return ctx.Err()
		}},
	}
	if err := followConsole(t.Context(), e, "id", wire.Some(2)); err != nil {
		t.Fatal(err)
	}
	if printed.String() != "two\nthreeagain\n" || complaints.String() != "The server id is gone.\n" || slept != 4*time.Second {
		t.Errorf("printed %q, complained %q, waited %v", &printed, &complaints, slept)
	}
}

func completed(program []string, words ...string) []string {
	p := Process{Env: func(string) (string, bool) { return "", false }}
	var found []string
	for _, c := range p.completeWords(Program(), words, func(kind string, globals []string) []string {
		return []string{kind + "-1", kind + "-2 " + strings.Join(globals, " ")}
	}) {
		found = append(found, c.word)
	}
	return found
}

func TestCompletion(t *testing.T) {
	for line, want := range map[string][]string{
		"flavor-sh":                              {"flavor-show"},
		"--os-compute-api-version 2.54 flavor-u": nil,
		"--os-compute-api-version 2.55 flavor-u": {"flavor-update"},
		"explai":                                 {"explain"},
		"show ":                                  {"server-1", "server-2 "},
		"--os-cloud c show server-2":             {"server-2 --os-cloud c"},
		"show a ":                                nil,
		"start a b ":                             {"server-1", "server-2 "},
		"boot --fla":                             {"--flavor"},
		"boot --flavor ":                         {"flavor-1", "flavor-2 "},
		"boot --flavor=flavor-1":                 {"--flavor=flavor-1"},
		"boot --poll --image image-1":            {"image-1"},
		"meta s ":                                {"set", "delete"},
		"keypair-delete ":                        {"keypair-1", "keypair-2 "},
		"--format js":                            {"json", "jsonl"},
		"list --format js":                       {"json", "jsonl"},
		"completion ":                            {"bash", "zsh", "fish"},
		"help boo":                               {"boot"},
		"no-such ":                               nil,
		"--no-cac":                               {"--no-cache"},
	} {
		words := strings.Split(line, " ")
		if got := completed(nil, words...); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestTypedWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                       {""},
		"nova":                   {"nova"},
		"nova ":                  {"nova", ""},
		"nova  show  x":          {"nova", "show", "x"},
		`nova show "a b`:         {"nova", "show", "a b"},
		`nova show a\ b`:         {"nova", "show", "a b"},
		`nova show '' "it's" \`:  {"nova", "show", "", "it's", ""},
		`nova --flavor=m1.tiny `: {"nova", "--flavor=m1.tiny", ""},
	} {
		if got := typedWords(line); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func FuzzTypedWords(f *testing.F) {
	f.Add(`nova show "a b`)
	f.Fuzz(func(t *testing.T, line string) {
		if len(typedWords(line)) == 0 {
			t.Error("a line without a last word")
		}
	})
}

func TestPathsAreFound(t *testing.T) {
	for words, want := range map[string]string{
		"POST /servers":                             "servers.create",
		"post /v2.1/servers/":                       "servers.create",
		"GET /servers/42?x=1":                       "servers.show",
		"GET /v2.1/abcdef/servers/42":               "servers.show",
		"POST /servers/{id}/action os-stop":         "servers.stop",
		"GET /servers/detail":                       "servers.detail",
		"servers.create":                            "servers.create",
		"/os-keypairs":                              "keypairs.list keypairs.create",
		"GET /no-such":                              "",
		"GET servers":                               "",
		"servers.creat":                             "",
		"POST /servers/{id}/action no-such-of-them": "",
		"GET /a/b/c/servers/42":                     "",
	} {
		var got []string
		for _, m := range routesMeant(strings.Fields(words)) {
			got = append(got, m.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
}

// Every command, route and version can be explained, and what is told of a command names the options that it has.
func TestExplain(t *testing.T) {
	for _, c := range commands() {
		text := explainCommand(commandsNamed(c.Name))
		for _, a := range c.Args {
			if a.Flags != "" && !a.Hidden && !strings.Contains(text, longest(&a)) {
				t.Errorf("%s: nothing of %s", c.Name, a.Flags)
			}
		}
	}
	for _, s := range contract() {
		for _, e := range s.routes {
			info := e.Info()
			text := explainRoutes([]meant{{s.name, info}})
			if !strings.Contains(text, info.Method+" "+info.Path) || !strings.Contains(text, info.Policy.Name) {
				t.Errorf("%s:\n%s", info.Name, text)
			}
		}
	}
	for minor := compute.MinVersion.Minor; minor <= compute.MaxVersion.Minor; minor++ {
		if text := explainVersion(wire.V(2, minor)); strings.Count(text, "\n") < 2 {
			t.Errorf("2.%d: %s", minor, text)
		}
	}
	want := "What version 2.90 changed\n"
	got := explainVersion(wire.V(2, 90))
	for _, line := range []string{"  servers.create takes server.hostname\n", "  nova boot takes --hostname\n"} {
		if !strings.HasPrefix(got, want) || !strings.Contains(got, line) {
			t.Errorf("of 2.90 there is no %q in:\n%s", line, got)
		}
	}
}

// What is held back ends a command; all that were to be changed are shown.
func TestRehearsal(t *testing.T) {
	var printed strings.Builder
	show := rehearsal{print: func(text string) { printed.WriteString(text) }}
	session := client.Static{AuthToken: "topsecret", Endpoints: map[string]string{"compute": "http://cloud.example/v2.1"}}
	transport := client.NewTransport(client.Options{Before: show.before})
	e := &verb.Env{Cloud: client.New(transport, session).At(wire.V(2, 92)), Print: out.Printer{W: io.Discard}, Err: io.Discard}
	_, err := e.Compute().Raw(t.Context(), "POST", "/servers/42/action", nil, []byte(`{"os-stop": null}`))
	if !errors.Is(err, client.ErrHeld) {
		t.Fatal(err)
	}
	want := `POST http://cloud.example/v2.1/servers/42/action
  version 2.92
  route   servers.stop
  policy  os_compute_api:servers:stop: rule:project_member_or_admin
{
  "os-stop": null
}
`
	if diff := cmp.Diff(want, printed.String()); diff != "" {
		t.Errorf("(- want, + got):\n%s", diff)
	}
}
