package order

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSubjectOf(t *testing.T) {
	for _, tt := range []struct {
		host string
		op   Op
		want string
	}{
		{"node1", Spawn, "agent.node1.do"},
		{"node1", Stop, "agent.node1.do"},
		{"node1", Destroy, "agent.node1.now"},
		{"node1", Console, "agent.node1.now"},
		{"node1.example.org", Spawn, "agent.node1%2Eexample%2Eorg.do"},
		{"a b*>é", Spawn, "agent.a+b%2A%3E%C3%A9.do"},
	} {
		if got := SubjectOf(tt.host, tt.op); got != tt.want {
			t.Errorf("SubjectOf(%q, %s) = %q, want %q", tt.host, tt.op, got, tt.want)
		}
	}
}

// Any host name is one token of a subject, and hosts do not share one.
func TestHostsHaveTheirOwnSubjects(t *testing.T) {
	name := rapid.StringMatching(`[a.%+_2E *>-]{1,5}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		x, y := SubjectOf(a, Spawn), SubjectOf(b, Spawn)
		if strings.Count(x, ".") != 2 || strings.ContainsAny(x, " *>\t\n") {
			t.Fatalf("%q has the subject %q", a, x)
		}
		if a != b && x == y {
			t.Fatalf("%q and %q share the subject %q", a, b, x)
		}
	})
}
