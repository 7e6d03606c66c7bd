package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A step is one line of the table: what to do with the words that follow.
type step struct {
	line  int // in the table, for messages
	verb  string
	words []string
}

func (s step) String() string { return s.verb + " " + strings.Join(s.words, " ") }

// A table case is a section of the table; its steps run in order.
type tableCase struct {
	table string // the file without its folder and ending
	name  string
	steps []step
}

// verbs names every verb of the table with the fewest words it takes.
var verbs = map[string]int{
	"same": 0, "within": 1, "twin": 1, "apart": 2, "effect": 1, "do": 1, "pick": 3, "wait": 2, "gone": 1, "env": 1, "only": 1, "serves": 2,
}

// readTables reads the sections of all table files of a folder. The grammar is told in testdata/nova/README.
func readTables(folder string) ([]tableCase, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []tableCase
	for _, path := range paths {
		cases, err := readTable(path)
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

func readTable(path string) ([]tableCase, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	table := strings.TrimSuffix(filepath.Base(path), ".txt")
	var cases []tableCase
	for i, text := range strings.Split(string(data), "\n") {
		text = strings.TrimSpace(text)
		if name, ok := strings.CutPrefix(text, "-- "); ok && strings.HasSuffix(name, " --") {
			cases = append(cases, tableCase{table: table, name: strings.TrimSuffix(name, " --")})
			continue
		}
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		words, err := splitWords(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		s := step{line: i + 1, verb: words[0], words: words[1:]}
		least, known := verbs[s.verb]
		if !known || len(s.words) < least || len(cases) == 0 {
			return nil, fmt.Errorf("%s:%d: %q is no step; README beside it lists them", path, i+1, text)
		}
		last := &cases[len(cases)-1]
		last.steps = append(last.steps, s)
	}
	return cases, nil
}

// splitWords splits at blanks; single quotes keep them in a word.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	quoted, started := false, false
	for _, r := range text {
		switch {
		case r == '\'':
			quoted, started = !quoted, true
		case r == ' ' && !quoted:
			if started {
				words = append(words, word.String())
				word.Reset()
				started = false
			}
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("a quote is left open in %q", text)
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}

func TestSplitWords(t *testing.T) {
	got, err := splitWords(`same list --fields 'a, b' ''`)
	if err != nil || fmt.Sprintf("%q", got) != `["same" "list" "--fields" "a, b" ""]` {
		t.Errorf("splitWords: %q, %v", got, err)
	}
	if _, err := splitWords(`do 'x`); err == nil {
		t.Error("an open quote was taken")
	}
}
