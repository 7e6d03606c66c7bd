package arg

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write testdata/cases.json anew, with the answers of Python's argparse")

var (
	flagSets = [][]string{
		{"--name"},
		{"--names"},
		{"--key-name", "--key_name"},
		{"-n", "--number"},
		{"-x"},
		{"-y"},
		{"--all-tenants"},
		{"--all", "-a"},
		{"--nic"},
		{"--os-auth-type", "--os-auth-plugin"},
		{"--tags"},
		{"-v", "--verbose"},
	}
	words = []string{
		"a", "b", "show", "list", "boot", "7", "-5", "-1.5", "-.5", "", "a b", "-a b", "it's", "k=v", "-", "--", "-x", "-y",
		"-n", "-n7", "-n=7", "-xy", "-xyn7", "-xn", "-yx=1", "--name", "--name=q", "--na", "--nam=", "--names", "--n", "--num",
		"--number", "--key", "--key-name=k", "--key_name", "--k=v", "--all", "--al", "--all-t", "--nic", "--nic=a", "--tags",
		"--os", "--os-auth", "--os-auth-t=p", "--v", "-vv", "--verbose", "--bogus", "--bogus=1", "-q", "-qx", "-é", "ü",
		"--help", "-h", "1_000", " 8 ", "3.5", "--tags=", "x (choose from y)", "--x y",
	}
)

func drawArgs(t *rapid.T, label string, positionals bool) []argSpec {
	var specs []argSpec
	options := rapid.IntRange(0, 6).Draw(t, label+" options")
	for _, n := range rapid.Permutation(indexes(len(flagSets))).Draw(t, label)[:options] {
		s := argSpec{Flags: flagSets[n]}
		s.Action = rapid.SampledFrom([]string{"", "", "", "store_true", "append", "store_const", "count", "store_false", "append_const"}).Draw(t, "action")
		if s.Action == "store_const" || s.Action == "append_const" {
			s.Const = 1
		}
		if s.Action == "" || s.Action == "append" {
			drawValue(t, &s)
		}
		s.Required = rapid.IntRange(0, 9).Draw(t, "required") == 0
		s.Hidden = rapid.IntRange(0, 9).Draw(t, "hidden") == 0
		if !s.Required && !s.Hidden && rapid.IntRange(0, 4).Draw(t, "grouped") == 0 {
			s.Group = "g"
		}
		specs = append(specs, s)
	}
	if positionals {
		for i := range rapid.IntRange(0, 3).Draw(t, "positionals") {
			s := argSpec{Dest: fmt.Sprintf("p%d", i), Metavar: fmt.Sprintf("<p%d>", i)}
			drawValue(t, &s)
			s.Const = nil
			specs = append(specs, s)
		}
	}
	return specs
}

func drawValue(t *rapid.T, s *argSpec) {
	s.Nargs = rapid.SampledFrom([]string{"", "", "", "?", "*", "+", "2"}).Draw(t, "nargs")
	s.Type = rapid.SampledFrom([]string{"", "", "", "int", "float", "kv"}).Draw(t, "type")
	// argparse 3.11 holds the empty list of "*" itself against the choices, so no program has both.
	if s.Type == "" && s.Nargs != "*" && rapid.IntRange(0, 5).Draw(t, "choosy") == 0 {
		s.Choices = []string{"a", "7", "it's"}
	}
	if s.Nargs == "?" && len(s.Flags) > 0 {
		s.Const = rapid.SampledFrom([]any{nil, 1, "7"}).Draw(t, "const")
	}
	if s.Action == "" && s.Choices == nil && (s.Nargs == "" || s.Nargs == "?") {
		s.Default = rapid.SampledFrom([]any{nil, nil, 3, "7", "x"}).Draw(t, "default")
		if s.Default == "x" && s.Type == "kv" {
			s.Default = "k=v"
		}
	}
	s.Help = rapid.SampledFrom([]string{"", "Short.", "A longer text that says what the-option is for, and wraps at some-hyphens -- or dashes."}).Draw(t, "help")
	if len(s.Flags) > 0 && rapid.Bool().Draw(t, "named") {
		s.Metavar = rapid.SampledFrom([]string{"<name>", "<a|b>", "key1=value1[,key2=value2...]", "size=<size>[,format=<format>]"}).Draw(t, "metavar")
	}
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func drawQuestion(t *rapid.T) question {
	q := question{
		What:    rapid.SampledFrom([]string{"parse", "parse", "parse", "parse", "globals", "help"}).Draw(t, "what"),
		Columns: rapid.SampledFrom([]int{80, 80, 80, 40, 24, 120}).Draw(t, "columns"),
		Globals: drawArgs(t, "globals", false),
	}
	for _, name := range []string{"list", "boot"} {
		q.Commands = append(q.Commands, commandSpec{Name: name, Help: "Do " + name + ".", Args: drawArgs(t, name, true)})
	}
	q.Argv = rapid.SliceOfN(rapid.SampledFrom(words), 0, 7).Draw(t, "argv")
	if rapid.IntRange(0, 3).Draw(t, "named") > 0 {
		q.Argv = append([]string{rapid.SampledFrom([]string{"list", "boot"}).Draw(t, "command")}, q.Argv...)
	}
	return q
}

// Whatever program and command line one makes up, argparse and ours make the same of it.
func TestSameAsArgparse(t *testing.T) {
	o := startOracle(t)
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		if want, got := o.ask(t, q), q.ask(); !same(want, got) {
			line, _ := json.Marshal(q)
			t.Fatalf("%s\nargparse: %+v\nours:     %+v", line, want, got)
		}
	})
}

// The cases are such programs with argparse's answers, kept for machines without Python.
func TestCases(t *testing.T) {
	const file = "testdata/cases.json"
	if *update {
		writeCases(t, file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Q question
		A answer
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if got := c.Q.ask(); !same(c.A, got) {
			t.Errorf("case %d: %+v\nargparse: %+v\nours:     %+v", i, c.Q, c.A, got)
		}
	}
}

func writeCases(t *testing.T, file string) {
	o := startOracle(t)
	type pair struct {
		Q question
		A answer
	}
	var cases []pair
	seeds := rand.New(rand.NewPCG(1, 2))
	gen := rapid.Custom(drawQuestion)
	room := map[string]int{"parse": 160, "globals": 30, "help": 20, "error": 90}
	for room["parse"]+room["globals"]+room["help"]+room["error"] > 0 {
		q := gen.Example(int(seeds.Int32()))
		a := o.ask(t, q)
		kind := q.What
		if a.Error != "" {
			kind = "error"
		}
		if line, _ := json.Marshal(q); room[kind] == 0 || len(line) > 1200 {
			continue
		}
		room[kind]--
		cases = append(cases, pair{q, a})
	}
	var out []byte
	for i, c := range cases {
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		sep := ",\n"
		if i == 0 {
			sep = "[\n"
		}
		out = append(append(out, sep...), line...)
	}
	if err := os.WriteFile(file, append(out, "\n]\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
}
