package pytext

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "''",
		"it":                   "'it'",
		"it's":                 `"it's"`,
		`it's "it"`:            `'it\'s "it"'`,
		"a\\b\n\r\t":           `'a\\b\n\r\t'`,
		"\x00\x1b\x7f":         `'\x00\x1b\x7f'`,
		"é日\u200b\u00ad":       `'é日\u200b\xad'`,
		"\U0001f600\U000e0001": `'😀\U000e0001'`,
		"\xff":                 `'\udcff'`,
	} {
		if got := Quote(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestFloat(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0.0", 1: "1.0", 0.1: "0.1", -2.5: "-2.5", 1e16: "1e+16", 123456789012345680: "1.2345678901234568e+17",
		1e15: "1000000000000000.0", 0.0001: "0.0001", 0.00001: "1e-05", 1e100: "1e+100", 5e-324: "5e-324",
	} {
		if got := Float(f); got != want {
			t.Errorf("%g: %s, want %s", f, got, want)
		}
	}
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"   ", 10, ""},
		{"one two three", 7, "one two\nthree"},
		{"a long-winded hyphenated-word", 14, "a long-winded\nhyphenated-\nword"},
		{"use -- or--dashes", 9, "use -- or\n--dashes"},
		{"abcdefghij", 4, "abcd\nefgh\nij"},
		{"tab\there\nline", 20, "tab     here line"},
		{"--os-compute-api-version", 10, "--os-\ncompute-\napi-\nversion"},
	} {
		if got := Fill(c.text, c.width); got != c.want {
			t.Errorf("%q at %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// Texts of the characters that matter come out as Python's own.
func TestSameAsPython(t *testing.T) {
	const script = `
import json, sys, textwrap
json.dump([[repr(t), textwrap.fill(t, w)] for t, w in json.load(sys.stdin)], sys.stdout)`
	letters := rapid.SampledFrom([]string{"a", "B", "7", "_", "-", "--", " ", "  ", "\t", "\n", "é", "日", "'", `"`, ".", "word", "so-so", "\r", "\u00a0", "\u2028", "\x1c", "e\u0301"})
	text := rapid.Map(rapid.SliceOfN(letters, 0, 30), func(parts []string) string { return strings.Join(parts, "") })
	var questions [][2]any
	for seed := range 3000 {
		questions = append(questions, [2]any{text.Example(seed), seed%17 + 1})
	}
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "-c", script)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("no Python to compare with: %v", err)
	}
	var answers [][2]string
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	for i, q := range questions {
		s, width := q[0].(string), q[1].(int)
		if got := Quote(s); got != answers[i][0] {
			t.Errorf("repr: %s, want %s", got, answers[i][0])
		}
		if got := Fill(s, width); got != answers[i][1] {
			t.Errorf("%q at %d: %q, want %q", s, width, got, answers[i][1])
		}
	}
}

func FuzzFill(f *testing.F) {
	f.Add("a long-winded text -- with dashes", 7)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = width&63 + 1
		for _, line := range Wrap(text, width) {
			if n := len([]rune(line)); n > width {
				t.Errorf("%q is %d long, not %d", line, n, width)
			}
		}
	})
}
