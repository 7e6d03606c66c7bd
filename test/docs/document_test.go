package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// document is a Markdown file of the repository.
type document struct {
	name   string // below the root
	text   string // without its fenced blocks
	blocks []block
}

// block is a fenced block.
type block struct {
	language, file, text string
}

var fence = regexp.MustCompile("(?ms)^```([a-z]*)(?: ([^\n]+))?\n(.*?)^```$")

func read(t *testing.T, name string) document {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return parse(name, string(raw))
}

func parse(name, text string) document {
	d := document{name: name}
	for _, m := range fence.FindAllStringSubmatch(text, -1) {
		d.blocks = append(d.blocks, block{m[1], m[2], m[3]})
	}
	d.text = fence.ReplaceAllString(text, "")
	return d
}

// step is something to do in a session: a command with the output it shows, or a file to write.
type step struct {
	command, want string
	file, text    string
}

// steps are what a reader does who follows the document.
func (d document) steps() []step {
	var all []step
	for _, b := range d.blocks {
		switch {
		case b.file != "":
			all = append(all, step{file: b.file, text: b.text})
		case b.language == "console":
			for line := range strings.Lines(b.text) {
				command, ok := strings.CutPrefix(line, "$ ")
				switch {
				case ok:
					all = append(all, step{command: strings.TrimSuffix(command, "\n")})
				case len(all) > 0:
					all[len(all)-1].want += line
				}
			}
		}
	}
	return all
}

// fails says whether the document shows that the command fails.
func (s step) fails() bool { return failure.MatchString(s.want) }

var failure = regexp.MustCompile(`(?m)(^|})(ERROR \(|error: )`)

// shown turns what a document shows into a pattern for the whole of what is printed.
func shown(want string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for line := range strings.Lines(want) {
		line = strings.TrimRight(line, " \n")
		if line == "..." {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		for i, part := range strings.Split(line, "...") {
			if i > 0 {
				b.WriteString(`.*?`)
			}
			b.WriteString(regexp.QuoteMeta(part))
		}
		b.WriteString(`[ ]*\n`)
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

func TestShown(t *testing.T) {
	for _, test := range []struct {
		want, got string
		match     bool
	}{
		{"a\nb\n", "a\nb\n", true},
		{"a\nb\n", "a\nc\n", false},
		{"a\nb\n", "a\nb\nc\n", false},
		{"a\n...\n", "a\nb\nc\n", true},
		{"...\nb\n", "a\nb\n", true},
		{"a\n...\nc\n", "a\nc\n", true},
		{"a\n...\nc\n", "b\nc\n", false},
		{"| ... | x\n", "| 17 | x\n", true},
		{"| ... | x\n", "| 17\n| x\n", false},
		{"a (b)\n", "a (b)\n", true},
	} {
		if got := shown(test.want).MatchString(test.got); got != test.match {
			t.Errorf("%q shown for %q: %v", test.want, test.got, got)
		}
	}
}

func TestSteps(t *testing.T) {
	got := parse("x.md", "text\n```console\n$ a\n1\n$ b\n```\n```go x.go\npackage x\n```\n```sh\nnot run\n```\n").steps()
	want := []step{{command: "a", want: "1\n"}, {command: "b"}, {file: "x.go", text: "package x\n"}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, not %+v", got[i], want[i])
		}
	}
}
