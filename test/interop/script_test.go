package interop

import (
	"fmt"
	"os"
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
	name  string
	steps []step
}

// verbs names every verb of the table with the fewest words it takes.
var verbs = map[string]int{
	"same": 0, "within": 1, "twin": 1, "apart": 2, "effect": 1, "do": 1, "pick": 3, "wait": 2, "gone": 1, "env": 1, "only": 1,
}

// readTable reads the sections of a table file. The grammar is told in the
// head of testdata/nova.txt.
func readTable(path string) ([]tableCase, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var cases []tableCase
	for i, text := range strings.Split(string(data), "\n") {
		text = strings.TrimSpace(text)
		if name, ok := strings.CutPrefix(text, "-- "); ok && strings.HasSuffix(name, " --") {
			cases = append(cases, tableCase{name: strings.TrimSuffix(name, " --")})
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
			return nil, fmt.Errorf("%s:%d: %q is no step; the head of the file lists them", path, i+1, text)
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
