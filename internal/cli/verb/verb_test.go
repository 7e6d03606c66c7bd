package verb

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
)

func testEnv() (*Env, *bytes.Buffer) {
	var stdout bytes.Buffer
	return &Env{Print: out.Printer{W: &stdout}}, &stdout
}

func TestOnEach(t *testing.T) {
	e, stdout := testEnv()
	err := e.OnEach(t.Context(), []string{"a", "100%", "it's"}, "Did %s.", "Not all.", func(name string) error {
		if name == "it's" {
			return Refuse("No '%s'", name)
		}
		return nil
	})
	if err == nil || err.Error() != "Not all." {
		t.Error(err)
	}
	if want := "Did a.\nDid 100%.\nb\"No 'it's'\"\n"; stdout.String() != want {
		t.Errorf("printed %q, want %q", stdout, want)
	}
	e, stdout = testEnv()
	ctx, cancel := context.WithCancel(t.Context())
	err = e.OnEach(ctx, []string{"a", "b"}, "Did %s.", "Not all.", func(string) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) || stdout.String() != "Did a.\n" {
		t.Errorf("an interrupt: %v, printed %q", err, stdout)
	}
}

func TestList(t *testing.T) {
	e, stdout := testEnv()
	columns := append(Columns("Some Name", "ID"), Column{Name: "Size", Key: "x:size"}, Column{Name: "Up", Value: func(o out.Object) any { return Text(o, "id") + "!" }})
	items := []out.Object{
		{{Key: "id", Value: "2"}, {Key: "some_name", Value: nil}, {Key: "x:size", Value: 1.0}},
		{{Key: "id", Value: "1"}, {Key: "some_name", Value: "a"}},
	}
	if err := e.List(columns, items, "ID"); err != nil {
		t.Fatal(err)
	}
	want := `
+-----------+----+------+----+
| Some Name | ID | Size | Up |
+-----------+----+------+----+
| a         | 1  |      | 1! |
| -         | 2  | 1.0  | 2! |
+-----------+----+------+----+
`
	if diff := cmp.Diff(want, "\n"+stdout.String()); diff != "" {
		t.Error(diff)
	}
}

func TestErrorText(t *testing.T) {
	for want, err := range map[string]error{
		"ERROR (CommandError): No x.\n":                                   Refuse("No %s.", "x"),
		"ERROR (NotFound): Gone. (HTTP 404) (Request-ID: req-1)\nLook.\n": &client.Error{Status: 404, Message: "Gone.", RequestID: "req-1", Hint: "Look."},
		"ERROR (Exception): odd\n":                                        errors.New("odd"),
		"ERROR (BadReply): What it means.\n":                              &client.Failure{Class: client.BadReply, Message: "What it means.", Cause: &client.Error{Status: 404, Message: "Gone."}},
		"ERROR (NotFound): Gone. (HTTP 404)\n":                            errors.Join(nil, &client.Error{Status: 404, Message: "Gone."}),
	} {
		if got := ErrorText(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
