package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/wire"
)

type slotNew struct {
	Tag  wire.Opt[string] `json:"tag" is:"max=60" v:"2.32-2.36"`
	Late wire.Opt[string] `json:"late" v:"2.60"`
	Tag2 wire.Opt[string] `json:"-" is:"max=60" v:"2.42 tag"`
	IPs  []string         `json:"ips" is:"min=1"`
}

type crateNew struct {
	ID    string              `path:"id"`
	Limit wire.Opt[int]       `query:"limit" is:"min=0,loose"`
	Name  string              `json:"name" is:"required,min=1,max=255,name"`
	Note  *string             `json:"note" v:"2.19"`
	Pass  wire.Secret         `json:"pass"`
	Kind  wire.Opt[string]    `json:"kind" is:"enum=a|b,null"`
	Ports wire.Opt[[]slotNew] `json:"ports" v:"2.10"`
	Meta  map[string]string   `json:"meta" is:"keymax=255,valmax=200"`
}

func TestRequestMembers(t *testing.T) {
	route := wire.Route[crateNew, wire.None]{Method: "POST", Path: "/boxes/{id}/action", Action: "fill", Span: "-2.50", Status: "200"}
	var got []string
	for _, m := range route.Info().Request() {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s [%s] %s; %s %t", m.In, m.Name, m.Span, m.Kind, m.Rules, m.Required)))
	}
	want := []string{
		"path id [-2.50] text;  true",
		"query limit [-2.50] whole number; at least 0, may come as text false",
		"body fill [-2.50] object;  true",
		"body fill.name [-2.50] text; 1 to 255 characters, form name true",
		"body fill.note [2.19-2.50] text or null;  false",
		"body fill.pass [-2.50] text, secret;  false",
		"body fill.kind [-2.50] text or null; a|b false",
		"body fill.ports [2.10-2.50] list of object;  false",
		"body fill.ports[].tag [2.32-2.36] text; at most 60 characters false",
		"body fill.ports[].tag [2.42-2.50] text; at most 60 characters false",
		"body fill.ports[].ips [2.10-2.50] list of text; at least 1 item false",
		"body fill.meta [-2.50] object of text; keys of at most 255 characters, values of at most 200 false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(- want, + got):\n%s", diff)
	}
}
