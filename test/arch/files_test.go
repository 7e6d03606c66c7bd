package arch

import (
	"fmt"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mostLines is how long a Go file may be.
const mostLines = 800

func TestNoFileIsTooLong(t *testing.T) {
	for _, f := range files(t) {
		if problem := tooLong(f); problem != "" {
			t.Error(problem)
		}
	}
}

func tooLong(f file) string {
	if n := strings.Count(f.text, "\n"); strings.HasSuffix(f.name, ".go") && n > mostLines {
		return fmt.Sprintf("%s has %d lines; a file has one subject and at most %d", f.name, n, mostLines)
	}
	return ""
}

// private finds what is true on one machine only: the folders of whoever wrote
// it, and where it gets its packages.
var private = []*regexp.Regexp{
	regexp.MustCompile(`(?:^|[^A-Za-z0-9_.\-/}])/(?:work|root|home)/`),
	regexp.MustCompile(`(?:proxy|sum)\.golang\.org|pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org`),
}

func TestNoFileSpeaksOfOneMachine(t *testing.T) {
	patterns := slices.Concat(private, registries(t))
	for _, f := range files(t) {
		for _, problem := range machineBound(f, patterns) {
			t.Error(problem)
		}
	}
}

// registries are the module proxies of the machine that the test runs on.
func registries(t *testing.T) []*regexp.Regexp {
	t.Helper()
	out, err := exec.Command("go", "env", "GOPROXY", "GOSUMDB").Output()
	if err != nil {
		t.Fatal(err)
	}
	var hosts []*regexp.Regexp
	for _, word := range strings.FieldsFunc(string(out), func(r rune) bool { return strings.ContainsRune(", |\n", r) }) {
		if u, err := url.Parse(word); err == nil && len(u.Hostname()) > len("localhost") {
			hosts = append(hosts, regexp.MustCompile(regexp.QuoteMeta(u.Hostname())))
		}
	}
	return hosts
}

func machineBound(f file, patterns []*regexp.Regexp) []string {
	var problems []string
	for i, line := range strings.Split(f.text, "\n") {
		for _, p := range patterns {
			if found := p.FindString(line); found != "" {
				problems = append(problems, fmt.Sprintf("%s:%d names %q, which is true on one machine only", f.name, i+1, strings.TrimSpace(found)))
			}
		}
	}
	return problems
}

func TestFileRulesCanFail(t *testing.T) {
	long := strings.Repeat("\n", mostLines+1)
	for name, wrong := range map[string]bool{"a.go": true, "a.txt": false} {
		if (tooLong(file{name, long}) != "") != wrong {
			t.Errorf("%d lines in %s: not as it should be", mostLines+1, name)
		}
	}
	if tooLong(file{"a.go", long[1:]}) != "" {
		t.Errorf("%d lines are refused", mostLines)
	}
	for _, test := range []struct {
		text  string
		wrong bool
	}{
		{"cd " + "/wor" + "k/main", true},
		{"/roo" + "t/go/pkg", true},
		{`open("` + "/hom" + `e/anna/x")`, true},
		{"GOPROXY=https://proxy.go" + "lang.org", true},
		{"see internal" + "/wor" + "k/x.go and $STATE" + "/wor" + "k/", false},
		{"github.com/novalet/novalet", false},
	} {
		if got := machineBound(file{"x.md", test.text}, private); (len(got) > 0) != test.wrong {
			t.Errorf("%q: %v", test.text, got)
		}
	}
}
