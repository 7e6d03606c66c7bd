package arg

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/wire"
)

// small is a program with a bit of everything.
func small() *Program[string] {
	return &Program[string]{
		Name:        "nova",
		Description: "Speak to a cloud.",
		Epilog:      "See \"nova help COMMAND\".",
		Globals: []Arg{
			{Flags: "-h --help", Action: StoreTrue, Hidden: true},
			{Flags: "--version", Action: ShowVersion, Help: "Print the version."},
			{Flags: "--debug", Action: StoreTrue, Help: "Say what is sent."},
			{Flags: "--insecure", Action: StoreTrue, Env: "NOVACLIENT_INSECURE", Section: "Connection"},
			{Flags: "--os-username --os-user-name", Env: "OS_USERNAME NOVA_USERNAME", Default: "", Help: "Who asks."},
			{Flags: "--timeout", Type: PositiveFloat, Default: 600, Metavar: "<seconds>", Section: "Connection"},
		},
		Sections: []Section{{"Connection", "How the API is reached"}},
		Commands: []Command[string]{
			{Name: "bash-completion", Summary: "List all words."},
			{Name: "bash_completion", Summary: "List all words.", Hidden: true},
			{Name: "boot", Summary: "Boot a server.", Run: "boot", Args: []Arg{
				{Flags: "--nic", Action: Append, Versions: "-2.36", Metavar: "<net-id>"},
				{Flags: "--nic", Action: Append, Versions: "2.37", Metavar: "<auto|none|net-id>", Help: "A network."},
				{Flags: "--tags", Versions: "2.52", Help: "Labels."},
				{Flags: "--min-count", Type: Int, Default: 1},
				{Flags: "--poll", Action: StoreTrue},
				{Flags: "--old", Deprecated: true, Use: "use --new", Help: "Was it."},
				{Dest: "name", Metavar: "<name>", Help: "Its name."},
			}},
			{Name: "show", Summary: "Show a server.", Versions: "-2.9", Run: "old show", Args: []Arg{{Dest: "server"}}},
			{Name: "show", Summary: "Show a server.", Versions: "2.10", Run: "show", Args: []Arg{{Dest: "server"}}},
			{Name: "tag", Summary: "Tag it.", Versions: "2.26", Run: "tag", Args: []Arg{
				{Dest: "server"}, {Dest: "tags", Metavar: "<tag>", Nargs: "+"},
			}},
		},
	}
}

func noEnv(string) string { return "" }

func TestValuesAreTyped(t *testing.T) {
	_, v, err := small().Parse(strings.Fields("--debug boot --nic a --nic=b --min-count 3 vm"), wire.Version{}, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if v.String("name") != "vm" || v.Int("min_count") != 3 || v.String("min_count") != "3" || !v.Bool("debug") || v.Bool("poll") {
		t.Errorf("values: %+v", v)
	}
	if got := v.Strings("nic"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("nic: %q", got)
	}
	if v.Given("timeout") || v.Float("timeout") != 600 || !v.Given("nic") || v.Has("tags") || v.Strings("tags") != nil {
		t.Errorf("values: %+v", v)
	}
	if v.Value("tags") != nil || v.String("tags") != "" || v.Int("tags") != 0 || v.Bool("tags") || v.Float("tags") != 0 {
		t.Error("an unset argument reads as something")
	}
}

func TestUnknownDestPanics(t *testing.T) {
	_, v, err := small().Parse([]string{"boot", "vm"}, wire.V(2, 1), noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if v.Has("tags") { // there from 2.52 only: unset, no panic
		t.Error("tags is set at 2.1")
	}
	defer func() {
		if recover() == nil {
			t.Error("a misspelled dest went unnoticed")
		}
	}()
	v.String("nmae")
}

func TestEnvironmentIsTheFallback(t *testing.T) {
	env := map[string]string{"NOVA_USERNAME": "old", "NOVACLIENT_INSECURE": "yes"}
	get := func(name string) string { return env[name] }
	v, _, err := small().ParseGlobals([]string{"list"}, get)
	if err != nil || v.String("os_username") != "old" || !v.Bool("insecure") || v.Given("os_username") {
		t.Errorf("%+v %v", v, err)
	}
	env["OS_USERNAME"] = "new"
	v, _, _ = small().ParseGlobals(nil, get)
	if got := v.String("os_username"); got != "new" {
		t.Errorf("the first variable did not win: %q", got)
	}
	v, _, _ = small().ParseGlobals([]string{"x", "--os-user-name", "line"}, get)
	if got := v.String("os_username"); got != "line" || !v.Given("os_username") {
		t.Errorf("the command line did not win: %q", got)
	}
}

func TestGlobalsAreFoundAnywhere(t *testing.T) {
	v, rest, err := small().ParseGlobals(strings.Fields("boot --debug --nic x --time 5 vm"), noEnv)
	if err != nil || !v.Bool("debug") || v.Float("timeout") != 5 || strings.Join(rest, " ") != "boot --nic x vm" {
		t.Errorf("%+v %q %v", v, rest, err)
	}
	// The second pass takes them before the subcommand only, as novaclient does.
	_, _, err = small().Parse(strings.Fields("boot --debug vm"), wire.Version{}, noEnv)
	if err == nil || err.Error() != "unrecognized arguments: --debug" {
		t.Errorf("err: %v", err)
	}
}

func TestMicroversionsChooseCommandsAndOptions(t *testing.T) {
	p := small()
	for _, c := range []struct {
		line string
		at   wire.Version
		run  string
		err  string
	}{
		{"show s", wire.V(2, 9), "old show", ""},
		{"show s", wire.V(2, 10), "show", ""},
		{"show s", wire.Version{}, "show", ""},
		{"tag s a", wire.V(2, 25), "", "argument <subcommand>: invalid choice: 'tag'"},
		{"tag s a", wire.V(2, 26), "tag", ""},
		{"tag s", wire.V(2, 26), "", "the following arguments are required: <tag>"},
		{"boot --tags t vm", wire.V(2, 51), "", "unrecognized arguments: --tags vm"},
		{"boot --tags t vm", wire.V(2, 52), "boot", ""},
		{"boot --nic t vm", wire.V(2, 1), "boot", ""},
		{"", wire.V(2, 1), "", ""},
		{"--debug", wire.V(2, 1), "", ""},
	} {
		command, _, err := p.Parse(strings.Fields(c.line), c.at, noEnv)
		if c.err != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.err) {
				t.Errorf("%s at %s: %v", c.line, c.at, err)
			}
			continue
		}
		run := ""
		if command != nil {
			run = command.Run
		}
		if err != nil || run != c.run {
			t.Errorf("%s at %s: %q, %v", c.line, c.at, run, err)
		}
	}
}

func TestUsageErrorText(t *testing.T) {
	_, _, err := small().Parse(strings.Fields("boot --min-count two vm"), wire.V(2, 1), noEnv)
	var usage *UsageError
	if !errors.As(err, &usage) {
		t.Fatal(err)
	}
	const want = `usage: nova boot [--nic <net-id>] [--min-count MIN_COUNT] [--poll]
                 [--old OLD]
                 <name>
error: argument --min-count: invalid int value: 'two'
Try 'nova help boot' for more information.
`
	if got := usage.Text(72); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	_, _, err = small().Parse([]string{"bogus"}, wire.V(2, 1), noEnv)
	if !errors.As(err, &usage) || !strings.HasSuffix(usage.Text(80), "\nerror: argument <subcommand>: invalid choice: 'bogus'\nTry 'nova help ' for more information.\n") {
		t.Errorf("%v", err)
	}
}

func TestDeprecatedOptionsWarnOnce(t *testing.T) {
	_, v, err := small().Parse(strings.Fields("boot --old a --old b vm"), wire.V(2, 1), noEnv)
	if err != nil || !slices.Equal(v.Warnings, []string{`WARNING: Option "--old" is deprecated; use --new`}) {
		t.Errorf("%q %v", v.Warnings, err)
	}
}

func TestHelpAndVersionStop(t *testing.T) {
	var stop *Stop
	_, _, err := small().Parse([]string{"boot", "-h"}, wire.V(2, 1), noEnv)
	if !errors.As(err, &stop) || stop.Version || stop.Command != "boot" {
		t.Errorf("%v", err)
	}
	_, _, err = small().ParseGlobals([]string{"boot", "--vers"}, noEnv)
	if !errors.As(err, &stop) || !stop.Version {
		t.Errorf("%v", err)
	}
}

func TestHelpPages(t *testing.T) {
	const program = `usage: nova [--version] [--debug] [--insecure] [--os-username OS_USERNAME]
            [--timeout <seconds>]
            <subcommand> ...

Speak to a cloud.

Positional arguments:
  <subcommand>
    bash-completion             List all words.
    boot                        Boot a server.
    show                        Show a server. (Supported by API versions
                                '2.0' - '2.latest') [hint: use '--os-compute-
                                api-version' flag to show help message for
                                proper version]
    tag                         Tag it. (Supported by API versions '2.26' -
                                '2.latest') [hint: use '--os-compute-api-
                                version' flag to show help message for proper
                                version]

Options:
  --version                     Print the version.
  --debug                       Say what is sent.
  --os-username OS_USERNAME, --os-user-name OS_USERNAME
                                Who asks.

Connection:
  How the API is reached

  --insecure
  --timeout <seconds>

See "nova help COMMAND".
`
	if got := small().Help(80, wire.Version{}); got != program {
		t.Errorf("got\n%s", got)
	}
	const boot = `usage: nova boot [--nic <auto|none|net-id>] [--tags TAGS]
                 [--min-count MIN_COUNT] [--poll] [--old OLD]
                 <name>

Boot a server.

Positional arguments:
  <name>                    Its name.

Options:
  --nic <auto|none|net-id>  A network. (Supported by API versions '2.37' -
                            '2.latest')
  --tags TAGS               Labels. (Supported by API versions '2.52' -
                            '2.latest')
  --min-count MIN_COUNT
  --poll
  --old OLD                 Was it. (Deprecated; use --new)
`
	if got, ok := small().CommandHelp("boot", 80, wire.Version{}); !ok || got != boot {
		t.Errorf("got\n%s", got)
	}
	if _, ok := small().CommandHelp("tag", 80, wire.V(2, 1)); ok {
		t.Error("help for a command that 2.1 lacks")
	}
}

func TestCompletion(t *testing.T) {
	const want = "boot show --help --min-count --nic --old --poll -h"
	if got := small().Completion(wire.V(2, 12)); got != want {
		t.Errorf("got %q", got)
	}
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		variable string
		terminal int
		want     int
	}{{"", 0, 80}, {"", 132, 132}, {"100", 132, 100}, {"0", 132, 132}, {"-4", 0, 80}, {"x", 0, 80}} {
		if got := Columns(c.variable, c.terminal); got != c.want {
			t.Errorf("%q, %d: %d", c.variable, c.terminal, got)
		}
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		typ  Type
		text string
		want any
		err  string
	}{
		{Int, " 1_000 ", 1000, ""},
		{Int, "-5", -5, ""},
		{Int, "1__0", nil, "invalid int value: '1__0'"},
		{Int, "1.5", nil, "invalid int value: '1.5'"},
		{Int, "it's", nil, `invalid int value: "it's"`},
		{Float, "2", 2.0, ""},
		{Float, "0x1p3", nil, "invalid float value: '0x1p3'"},
		{PositiveFloat, "0.5", 0.5, ""},
		{PositiveFloat, "0", nil, "0 must be greater than 0"},
		{PositiveFloat, "", nil, " must be a float"},
		{Bool, "YES", true, ""},
		{Bool, "off", false, ""},
		{Bool, "maybe", nil, "invalid <lambda> value: 'maybe'"},
		{KeyValue, "a=b=c", "a=b=c", ""},
		{KeyValue, "a", nil, "'a' is not in the format of 'key=value'"},
	} {
		got, err := c.typ(c.text)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
	}
	if k, v := Pair("a=b=c"); k != "a" || v != "b=c" {
		t.Errorf("%q %q", k, v)
	}
}

func TestValidateFindsSlips(t *testing.T) {
	if err := small().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"clash", "--nic is there twice"},
		{"span", "span"},
		{"nargs", "Nargs"},
		{"default", "its default"},
		{"flag", "no spelling"},
		{"dest", "neither Flags nor Dest"},
		{"positional", "the positional p is there twice"},
		{"value", "takes no value"},
	} {
		p := small()
		p.Commands[2].Args = map[string][]Arg{
			"clash":      {{Flags: "--nic", Versions: "2.10-2.20"}, {Flags: "--nic", Versions: "2.20"}},
			"span":       {{Flags: "--nic", Versions: "2.20-2.10"}},
			"nargs":      {{Flags: "--nic", Nargs: "x"}},
			"default":    {{Flags: "--nic", Type: Int, Default: "x"}},
			"flag":       {{Flags: "nic"}},
			"dest":       {{Metavar: "<x>"}},
			"positional": {{Dest: "p"}, {Dest: "p"}},
			"value":      {{Flags: "--nic", Action: StoreTrue, Type: Int}},
		}[c.args]
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
	p := small()
	p.Commands[3].Versions = ""
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "show: is there twice") {
		t.Errorf("%v", err)
	}
}

// Nothing on a command line makes the parser fail otherwise than with a usage error or a stop.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"boot\x00vm", "--debug\x00boot\x00--nic\x00a\x00--\x00-x", "boot\x00-é", "\xff\x00-\xff", "tag\x00s\x00--\x00a\x00--"} {
		f.Add(seed, uint8(80))
	}
	p := small()
	f.Fuzz(func(t *testing.T, line string, columns uint8) {
		argv := strings.Split(line, "\x00")
		_, _, err := p.ParseGlobals(argv, noEnv)
		checkError(t, err, int(columns))
		command, values, err := p.Parse(argv, wire.V(2, 60), noEnv)
		checkError(t, err, int(columns))
		if err == nil && command != nil && command.Name == "boot" && !values.Has("name") {
			t.Errorf("%q: boot without a name", argv)
		}
	})
}

func checkError(t *testing.T, err error, columns int) {
	var usage *UsageError
	var stop *Stop
	switch {
	case err == nil, errors.As(err, &stop):
	case errors.As(err, &usage):
		if text := usage.Text(columns); !strings.HasPrefix(text, "usage: nova") || !strings.HasSuffix(text, "' for more information.\n") {
			t.Errorf("%q", text)
		}
	default:
		t.Errorf("%T %v", err, err)
	}
}

func BenchmarkParse(b *testing.B) {
	p := small()
	argv := strings.Fields("--debug boot --nic a --nic=b --min-count 3 vm")
	for b.Loop() {
		if _, _, err := p.Parse(argv, wire.Version{}, noEnv); err != nil {
			b.Fatal(err)
		}
	}
}

// What novaclient lacks is there, by its full name only, and shows in places of its own.
func TestOwnCommandsAndOptions(t *testing.T) {
	p := &Program[string]{
		Name: "nova",
		Globals: []Arg{
			{Flags: "--debug", Action: StoreTrue},
			{Flags: "--os-cloud", Exact: true, Help: "Its name."},
			{Flags: "--data-file"},
			{Flags: "--data-dir"},
		},
		Commands: []Command[string]{
			{Name: "list", Summary: "List.", Args: []Arg{{Flags: "--all"}, {Flags: "--allow", Exact: true, Help: "More."}}},
			{Name: "api", Summary: "Call.", Own: true, Args: []Arg{{Flags: "--data"}, {Dest: "path"}}},
		},
	}
	none := func(string) string { return "" }
	if _, values, err := p.Parse([]string{"list", "--al", "x"}, wire.Version{}, none); err != nil || values.String("all") != "x" {
		t.Errorf("--al: %v", err)
	}
	if _, values, err := p.Parse([]string{"list", "--allow", "x"}, wire.Version{}, none); err != nil || values.String("allow") != "x" {
		t.Errorf("--allow: %v", err)
	}
	if _, _, err := p.Parse([]string{"list", "--allo", "x"}, wire.Version{}, none); err == nil {
		t.Error("--allo means --allow")
	}
	if _, values, err := p.Parse([]string{"--debug", "api", "--data", "x", "/path"}, wire.Version{}, none); err != nil || values.String("data")+values.String("path") != "x/path" {
		t.Errorf("--data of api: %v", err)
	}
	if given, rest, err := p.ParseGlobals([]string{"--debug", "api", "--data", "x", "--os-cloud", "c", "/path"}, none); err != nil || given.String("os_cloud") != "c" || strings.Join(rest, " ") != "api --data x /path" {
		t.Errorf("--data of api among the globals: %q, %v", rest, err)
	}
	if _, _, err := p.ParseGlobals([]string{"list", "--data", "x"}, none); err == nil {
		t.Error("--data of list is not ambiguous")
	}
	if got := p.Completion(wire.Version{}); got != "list --all --help -h" {
		t.Errorf("completion: %q", got)
	}
	page := p.Help(80, wire.Version{})
	for _, want := range []string{"usage: nova [--debug] [--data-file DATA_FILE] [--data-dir DATA_DIR]\n            <subcommand> ...\n", "\nCommands that novaclient lacks:\n    api", "\nOptions that novaclient lacks:\n  --os-cloud OS_CLOUD"} {
		if !strings.Contains(page, want) {
			t.Errorf("help lacks %q:\n%s", want, page)
		}
	}
	page, _ = p.CommandHelp("list", 80, wire.Version{})
	for _, want := range []string{"usage: nova list [--all ALL]\n", "\nOptions that novaclient lacks:\n  --allow ALLOW"} {
		if !strings.Contains(page, want) {
			t.Errorf("help of list lacks %q:\n%s", want, page)
		}
	}
	for line, want := range map[string]string{
		"list --all x":              "|list|--all x",
		"--debug foo --os --debug":  "--debug|foo|--os --debug",
		"--os-cloud c foo":          "--os-cloud c|foo|",
		"--os-cloud=c --de foo a b": "--os-cloud=c --de|foo|a b",
		"--debug":                   "none",
		"--os-cloud":                "none",
		"":                          "none",
	} {
		globals, name, rest, ok := p.Split(strings.Fields(line))
		got := strings.Join(globals, " ") + "|" + name + "|" + strings.Join(rest, " ")
		if !ok {
			got = "none"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}
