package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryDependencyIsExplained holds go.mod and docs/dependencies.md to each
// other.
func TestEveryDependencyIsExplained(t *testing.T) {
	required := direct(read(t, "go.mod"))
	if len(required) < 10 {
		t.Fatalf("go.mod requires only %v", required)
	}
	missing, extra := differ(required, explained(read(t, "docs/dependencies.md")))
	for _, name := range missing {
		t.Errorf("go.mod requires %s, but docs/dependencies.md does not say why", name)
	}
	for _, name := range extra {
		t.Errorf("docs/dependencies.md explains %s, but go.mod does not require it", name)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// direct lists the modules that a go.mod requires for itself.
func direct(text string) []string {
	var names []string
	in := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "require (":
			in = true
			continue
		case line == ")":
			in = false
		case strings.HasPrefix(line, "require "):
			line = strings.TrimPrefix(line, "require ")
		case !in:
			continue
		}
		if words := strings.Fields(line); len(words) == 2 {
			names = append(names, words[0])
		}
	}
	return names
}

// explainedRow is a row of a table in docs/dependencies.md: the module in
// backquotes comes first.
var explainedRow = regexp.MustCompile("(?m)^\\| `([a-z0-9.]+\\.[a-z]+/[^`]+)` \\|")

func explained(text string) []string {
	var names []string
	for _, m := range explainedRow.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

func differ(want, have []string) (missing, extra []string) {
	for _, name := range want {
		if !slices.Contains(have, name) {
			missing = append(missing, name)
		}
	}
	for _, name := range have {
		if !slices.Contains(want, name) {
			extra = append(extra, name)
		}
	}
	return missing, extra
}

func TestDependencyRuleCanFail(t *testing.T) {
	required := direct("module m\n\nrequire (\n\ta.org/x v1.0.0\n\tb.org/y v1.0.0 // indirect\n)\n\nrequire c.org/z v1.2.3\n\ntool (\n\td.org/t\n)\n")
	if !slices.Equal(required, []string{"a.org/x", "c.org/z"}) {
		t.Fatal(required)
	}
	missing, extra := differ(required, explained("| module | why |\n|---|---|\n| `a.org/x` | it |\n| `e.org/w` | gone |\n"))
	if !slices.Equal(missing, []string{"c.org/z"}) || !slices.Equal(extra, []string{"e.org/w"}) {
		t.Error(missing, extra)
	}
}
