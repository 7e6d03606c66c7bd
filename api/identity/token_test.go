package identity

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/wire"
)

func TestAuthRequestRoundTrip(t *testing.T) {
	for _, body := range []string{
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","domain":{"name":"Default"},"password":"hush"}}},"scope":"unscoped"}}`,
		`{"auth":{"identity":{"methods":["token"],"token":{"id":"gAAA"}},"scope":{"project":{"id":"p1"}}}}`,
		`{"auth":{"identity":{"methods":["token"],"token":{"id":"gAAA"}},"scope":{"system":{"all":true}}}}`,
		`{"auth":{"identity":{"methods":["token"],"token":{"id":"gAAA"}},"scope":{"domain":{"name":"Default"}}}}`,
		`{"auth":{"identity":{"methods":["password","totp"],"password":{"user":{"id":"u","password":"hush"}},"totp":{"user":{"id":"u","passcode":"123456"}}},"scope":{"OS-TRUST:trust":{"id":"t1"}}}}`,
	} {
		var in AuthRequest
		if err := wire.Decode([]byte(body), &in, wire.Version{}); err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		out, err := wire.Encode(nil, in, wire.Version{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(body, string(out)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAuthRequestRefusals(t *testing.T) {
	for body, says := range map[string]string{
		`{}`:                       "'auth' is a required property",
		`{"auth":{}}`:              "'identity' is a required property",
		`{"auth":{"identity":{}}}`: "'methods' is a required property",
		`{"auth":{"identity":{"methods":"password"}}}`:                                                           "auth.identity.methods",
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"a","password":["hunter2"]}}}}}`: "auth.identity.password.user.password. is not a valid value",
		`{"auth":{"identity":{"methods":["password"]},"scope":{"projct":{}}}}`:                                   "('projct' was unexpected)",
		`{"auth":{"identity":{"methods":["password"]},"scope":"all"}}`:                                           "auth.scope",
		`{"auth":{"identity":{"methods":["password"]},"scope":{"project":null}}}`:                                "auth.scope.project",
	} {
		var in AuthRequest
		err := wire.Decode([]byte(body), &in, wire.Version{})
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s:\n got %v\nwant %s", body, err, says)
		}
	}
}

// TestRoutes compiles every type of the contract and its schema.
func TestRoutes(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Routes() {
		info := e.Info()
		if seen[info.Name] {
			t.Errorf("two routes are called %s", info.Name)
		}
		seen[info.Name] = true
		info.TakesBody(wire.Version{})
		if info.Policy.Name == "" && !info.Public {
			t.Errorf("%s has no policy rule", info.Name)
		}
	}
	if _, err := json.Marshal(Scope{}.JSONSchema()); err != nil {
		t.Error(err)
	}
}
