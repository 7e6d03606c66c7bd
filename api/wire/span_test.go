package wire

import (
	"errors"
	"testing"
)

type spanIn struct {
	ID     string               `path:"id"`
	Tags   Opt[string]          `query:"tags" v:"2.26"`
	Old    Opt[int]             `json:"-" v:"-2.9 size"`
	New    Opt[string]          `json:"-" v:"2.10 size"`
	Thing  spanThing            `json:"thing"`
	Many   []spanThing          `json:"many,omitempty"`
	Maybe  Opt[*spanThing]      `json:"maybe"`
	ByName map[string]spanThing `json:"by_name,omitempty"`
}

type spanThing struct {
	Note  *string  `json:"note" v:"2.19"`
	Ended []string `json:"ended,omitempty" v:"-2.56"`
}

func TestMembersOutOfTheirVersion(t *testing.T) {
	note := ""
	noted := spanThing{Note: &note}
	for _, test := range []struct {
		name string
		in   spanIn
		at   string
		want string
	}{
		{"nothing set", spanIn{ID: "x"}, "2.1", ""},
		{"both forms of a member", spanIn{Old: Some(1), New: Some("1")}, "2.1", ""},
		{"a query", spanIn{Tags: Some("")}, "2.25", "tags needs version 2.26 or later, and this call is at 2.25"},
		{"a query in its version", spanIn{Tags: Some("")}, "2.26", ""},
		{"inside", spanIn{Thing: noted}, "2.18", "thing.note needs version 2.19 or later, and this call is at 2.18"},
		{"inside a list", spanIn{Many: []spanThing{{}, noted}}, "2.18", "many.note needs version 2.19 or later, and this call is at 2.18"},
		{"inside an option", spanIn{Maybe: Some(&noted)}, "2.18", "maybe.note needs version 2.19 or later, and this call is at 2.18"},
		{"inside a map", spanIn{ByName: map[string]spanThing{"a": noted}}, "2.18", "by_name.note needs version 2.19 or later, and this call is at 2.18"},
		{"ended", spanIn{Thing: spanThing{Ended: []string{"x"}}}, "2.57", "thing.ended ended with version 2.56, and this call is at 2.57"},
		{"ended and empty", spanIn{Thing: spanThing{Ended: []string{}}}, "2.57", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Route[spanIn, None]{Name: "x", Method: "POST", Path: "/{id}", Status: "200"}.Call(test.in, MustVersion(test.at))
			var early *VersionError
			switch {
			case test.want == "" && err != nil, test.want != "" && (!errors.As(err, &early) || err.Error() != test.want):
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
