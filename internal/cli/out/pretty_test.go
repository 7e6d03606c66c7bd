package out

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPrettyIsPythons(t *testing.T) {
	words := rapid.SampledFrom([]string{"a", "traceback", " ", "  ", "\n", "\r\n", "it's", `"`, "/usr/lib/python3/dist-packages/nova/compute/manager.py", "é", "\t", "word,", "\\n"})
	text := rapid.Map(rapid.SliceOfN(words, 0, 40), func(parts []string) string { return strings.Join(parts, "") })
	leaf := rapid.OneOf(rapid.Map(text, func(s string) any { return s }), rapid.Just[any](nil), rapid.Map(rapid.Int(), func(i int) any { return i }), rapid.Map(rapid.Bool(), func(b bool) any { return b }))
	value := rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(leaf, 0, 4), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(text, leaf, 0, 6), func(m map[string]any) any { return m }),
		rapid.Map(rapid.SliceOfN(rapid.MapOfN(text, leaf, 0, 6), 0, 3), func(l []map[string]any) any {
			list := make([]any, len(l))
			for i := range l {
				list[i] = l[i]
			}
			return list
		}))
	var questions []any
	for seed := range 1500 {
		questions = append(questions, value.Example(seed))
	}
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "-c", "import json, pprint, sys\njson.dump([pprint.pformat(v) for v in json.load(sys.stdin)], sys.stdout)")
	cmd.Stdin = strings.NewReader(string(in))
	reply, err := cmd.Output()
	if err != nil {
		t.Skipf("no Python to compare with: %v", err)
	}
	var answers []string
	if err := json.Unmarshal(reply, &answers); err != nil {
		t.Fatal(err)
	}
	for i, want := range answers {
		if got := Pretty(questions[i]); got != want {
			t.Fatalf("of %#v:\n%s\nwant\n%s", questions[i], got, want)
		}
	}
}
