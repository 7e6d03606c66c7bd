package wire

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// thing has one of everything a contract struct may have.
type thing struct {
	ID      string            `json:"id"`
	Old     string            `json:"flavor" v:"-2.46"`
	New     inner             `json:"-" v:"2.47 flavor"`
	Locked  bool              `json:"locked" v:"2.9"`
	Note    *string           `json:"note" v:"2.19"`
	Maybe   Opt[string]       `json:"maybe" is:"null"`
	Tags    []string          `json:"tags" v:"2.26-2.50"`
	Meta    map[string]string `json:"meta,omitempty"`
	Ratio   float64           `json:"ratio,omitzero"`
	Anyhow  any               `json:"anyhow,omitempty"`
	Secret  Secret            `json:"secret,omitempty"`
	Created Time              `json:"created"`
}

type inner struct {
	Name  string         `json:"name"`
	Specs map[string]int `json:"specs" v:"2.61"`
}

func TestEncodeAtVersions(t *testing.T) {
	x := thing{
		ID: "a\"b\u2028\n", Old: "1", New: inner{Name: "m1", Specs: map[string]int{"z": 1, "a": 2}},
		Locked: true, Maybe: Null[string](), Tags: nil, Ratio: 1, Secret: "hush",
	}
	for _, test := range []struct{ version, want string }{
		{"2.1", `{"id":"a\"b` + "\u2028" + `\n","flavor":"1","maybe":null,"ratio":1.0,"secret":"hush","created":null}`},
		{"2.26", `{"id":"a\"b` + "\u2028" + `\n","flavor":"1","locked":true,"note":null,"maybe":null,"tags":[],"ratio":1.0,"secret":"hush","created":null}`},
		{"2.61", `{"id":"a\"b` + "\u2028" + `\n","flavor":{"name":"m1","specs":{"a":2,"z":1}},"locked":true,"note":null,"maybe":null,"ratio":1.0,"secret":"hush","created":null}`},
	} {
		got, err := Encode(nil, x, MustVersion(test.version))
		if err != nil || string(got) != test.want {
			t.Errorf("at %s: %v\n got %s\nwant %s", test.version, err, got, test.want)
		}
		var back thing
		if err := Decode(got, &back, MustVersion(test.version)); err != nil {
			t.Errorf("at %s: decode: %v", test.version, err)
		}
	}
}

type create struct {
	Server struct {
		Name  string            `json:"name" is:"required,min=1,max=8,name"`
		Count int               `json:"count" is:"loose,min=1,max=10"`
		Drive Opt[bool]         `json:"config_drive" is:"loose"`
		Key   Opt[string]       `json:"key" is:"null"`
		Meta  map[string]string `json:"metadata" is:"keymax=5,valmax=5,keys=metakey"`
		Nets  []struct {
			UUID string `json:"uuid" is:"uuid"`
		} `json:"networks" is:"max=2" v:"2.1"`
		Kind string `json:"kind" is:"enum=ssh|x509" v:"2.2"`
		Pass Secret `json:"adminPass" is:"secret"`
	} `json:"server" is:"required"`
}

func TestStrictDecodeNamesTheField(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`{"server":{"name":"ok"}}`, ""},
		{`{"server":{"name":"ok","count":"7","config_drive":"yes","key":null}}`, ""},
		{`{}`, "'server' is a required property"},
		{`null`, "null is not of type 'object'"},
		{`[]`, "[] is not of type 'object'"},
		{`{"server":{}}`, "server. 'name' is a required property"},
		{`{"server":{"name":""}}`, `server.name. Value: "". '' is too short`},
		{`{"server":{"name":" x"}}`, "name must be: printable"},
		{`{"server":{"name":"123456789"}}`, "at most 8 characters"},
		{`{"server":{"name":7}}`, "server.name. Value: 7. 7 is not of type 'string'"},
		{`{"server":{"name":"a","count":11}}`, "server.count. Value: 11. '11' is greater than the maximum of 10"},
		{`{"server":{"name":"a","count":1e999}}`, "server.count"},
		{`{"server":{"name":"a","count":99999999999999999999}}`, "is out of range"},
		{`{"server":{"name":"a","count":1.5}}`, "is not an integer"},
		{`{"server":{"name":"a","count":true}}`, "is not of type 'integer'"},
		{`{"server":{"name":"a","networks":[{"uuid":"zz"}]}}`, "server.networks[0].uuid. Value: \"zz\". 'zz' is not a 'uuid'"},
		{`{"server":{"name":"a","networks":[{},{},{}]}}`, "at most 2 items"},
		{`{"server":{"name":"a","metadata":{"toolong":"x"}}}`, "server.metadata.toolong"},
		{`{"server":{"name":"a","metadata":{"k":"toolong"}}}`, "server.metadata.k"},
		{`{"server":{"name":"a","metadata":{"k\u0000":"x"}}}`, "is not a key"},
		{`{"server":{"name":"a","metadata":{"k":1}}}`, "server.metadata.k. Value: 1. 1 is not of type 'string'"},
		{`{"server":{"name":"a","config_drive":"maybe"}}`, "server.config_drive"},
		{`{"server":{"name":"a","config_drive":null}}`, "server.config_drive"},
		{`{"server":{"name":"a","x":1}}`, "server. Additional properties are not allowed ('x' was unexpected)"},
		{`{"server":{"name":"a","kind":"dsa"}}`, "is not one of ssh, x509"},
		{`{"server":{"name":"a","adminPass":["hunter2"]}}`, "server.adminPass. is not a valid value"},
	} {
		var in create
		err := Decode([]byte(test.body), &in, V(2, 10))
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.body, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s:\n got %v\nwant %s", test.body, err, test.want)
		}
	}
	var in create
	if err := Decode([]byte(`{"server":{"name":"a","kind":"ssh"}}`), &in, V(2, 1)); err == nil {
		t.Error("a field of 2.2 was taken at 2.1")
	}
}

func TestSyntaxComesFirst(t *testing.T) {
	for _, body := range []string{``, `{`, `{"server":`, `{"server":{"name":7,}}`, `{"a":1}x`, "{\"server\":{\"name\":\"\x01\"}}", `nul`, `{"server":{"name":"` + "\xff" + `"}}`, strings.Repeat("[", 1000)} {
		var in create
		err := Decode([]byte(body), &in, V(2, 1))
		if syntax := (*SyntaxError)(nil); !errors.As(err, &syntax) {
			t.Errorf("%q: %v is no syntax error", body, err)
		}
	}
}

type listIn struct {
	Project string      `path:"project_id"`
	Limit   Opt[int]    `query:"limit" is:"min=0"`
	Status  []string    `query:"status"`
	IP6     Opt[string] `query:"ip6" v:"2.5"`
	Global  string      `header:"X-Global"`
}
type listOut struct {
	Things   []inner `json:"things"`
	Location string  `header:"Location"`
}

func TestRouteRoundTrip(t *testing.T) {
	list := Route[listIn, listOut]{Name: "things.list", Method: "GET", Path: "/things/{project_id}", Status: "200", LooseQuery: "2.74"}
	in := listIn{Project: "a/b c", Limit: Some(0), Status: []string{"ACTIVE", "ERROR"}, Global: "g"}
	call, err := list.Call(in, V(2, 80))
	if err != nil {
		t.Fatal(err)
	}
	if call.Path != "/things/a%2Fb%20c" || call.Query.Encode() != "limit=0&status=ACTIVE&status=ERROR" || call.Body != nil {
		t.Errorf("%+v", call)
	}
	back, err := list.ReadCall(V(2, 80), func(string) string { return "a/b c" }, call.Query, call.Header, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, back); diff != "" {
		t.Error(diff)
	}
	for _, test := range []struct {
		version, query, want string
	}{
		{"2.74", "x=1", ""},
		{"2.75", "x=1", "('x' was unexpected)"},
		{"2.1", "ip6=a", ""},
		{"2.1", "limit=-1", "query parameters limit"},
		{"2.1", "limit=x", "is not an integer"},
	} {
		query, _ := url.ParseQuery(test.query)
		_, err := list.ReadCall(MustVersion(test.version), func(string) string { return "p" }, query, http.Header{}, nil, nil)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s at %s: %v", test.query, test.version, err)
		}
	}
	reply, err := list.Reply(listOut{Location: "http://x"}, V(2, 1))
	if err != nil || string(reply.Body) != `{"things":[]}` || reply.Header.Get("Location") != "http://x" || reply.Status != 200 {
		t.Errorf("%+v %v", reply, err)
	}
}

func TestActionKey(t *testing.T) {
	for _, test := range []struct{ body, key, value, err string }{
		{`{"os-start": null}`, "os-start", "null", ""},
		{`{"reboot": {"type":"SOFT"}}`, "reboot", `{"type":"SOFT"}`, ""},
		{`{}`, "", "", "one key"},
		{`{"a":1,"b":2}`, "", "", "one key"},
		{`[]`, "", "", "one key"},
		{`{"a":}`, "", "", "not JSON"},
		{`{"a":1} x`, "", "", "not JSON"},
	} {
		key, value, err := ActionKey([]byte(test.body))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: %v", test.body, err)
			}
		} else if err != nil || key != test.key || string(value) != test.value {
			t.Errorf("%s: %q %q %v", test.body, key, value, err)
		}
	}
}

func TestSpansAndStatuses(t *testing.T) {
	for _, test := range []struct {
		span, version string
		has           bool
	}{
		{"", "2.1", true},
		{"2.9", "2.8", false},
		{"2.9", "2.9", true},
		{"-2.46", "2.46", true},
		{"-2.46", "2.47", false},
		{"2.3-2.35", "2.10", true},
		{"2.3-2.35", "2.36", false},
	} {
		span, err := ParseSpan(test.span)
		if err != nil || span.Has(MustVersion(test.version)) != test.has || span.String() != test.span {
			t.Errorf("%s has %s: %v %v", test.span, test.version, !test.has, err)
		}
	}
	for _, bad := range []string{"2", "2.9-2.3", "02.1", "2.01", " 2.1", "2.+1", "2.99999"} {
		if _, err := ParseSpan(bad); err == nil {
			t.Errorf("span %q was taken", bad)
		}
	}
	if s := Status("2.1:200 2.2:201"); s.At(V(2, 1)) != 200 || s.At(V(2, 2)) != 201 || s.At(V(2, 90)) != 201 {
		t.Error("status by version")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	x := struct{ S Secret }{"hunter2"}
	out, _ := json.Marshal(x)
	if strings.Contains(string(out), "hunter2") {
		t.Error(string(out))
	}
}

// FuzzDecode holds that a hostile body is an error, never a panic, and that
// what encoding/json calls valid and we accept means the same to both.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"server":{"name":"ok","count":"7"}}`, `{"server":{"metadata":{"a":"\ud83d\ude00"}}}`, `{"a":[1,2,{"b":null}]}`, `{"server":{"name":"a","count":1E2}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in create
		err := Decode(body, &in, V(2, 90))
		if syntax := (*SyntaxError)(nil); err == nil || !errors.As(err, &syntax) {
			if !json.Valid(body) {
				t.Fatalf("%q was taken for JSON (%v)", body, err)
			}
		}
		if err != nil {
			return
		}
		out, err := Encode(nil, in, V(2, 90))
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(out) {
			t.Fatalf("%q encodes to %q", body, out)
		}
	})
}
