package contract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/compute"
)

// TestAsNova holds answers that a real Nova (Zed) gave to the same requests, in
// what is easily lost: the router, what stands before it, and members that
// differ by version.
func TestAsNova(t *testing.T) {
	w := newWorld(t)
	server := w.server("vm")
	network := w.networkID()
	image := w.field(w.must(200, "admin", "GET", "/image/v2/images?name=guest", ""), "images", "0", "id")
	create := func(members string) string {
		return `{"server":{"name":"x","imageRef":"` + image + `","flavorRef":"1",` + members + `}}`
	}
	const old, plain = "2.1", "text/plain; charset=UTF-8"
	for _, test := range []struct {
		who, version, request, body string
		accept                      string // of the request; empty: application/json
		status                      int
		kind                        string // content type of the reply
		piece                       string // of its body
	}{
		{"admin", old, "GET /nothing", "", "", 404, "application/json", `"code":"404 Not Found"`},
		{"admin", old, "GET /nothing", "", "text/html", 404, "text/html; charset=UTF-8", "<h1>404 Not Found</h1>"},
		{"admin", old, "GET /nothing", "", "text/plain", 404, plain, "The resource could not be found."},
		{"", old, "GET /nothing", "", "", 401, "application/json", `"title":"Unauthorized"`},
		{"", old, "GET /servers", "", "", 401, "application/json", `"code":401`},
		{"admin", old, "GET /servers/", "", "", 404, "application/json", "404 Not Found"},
		{"admin", old, "HEAD /servers", "", "", 404, "application/json", ""},
		{"admin", old, "DELETE /servers", "", "", 404, "application/json", "404 Not Found"},
		{"admin", old, "GET /os-agents", "", "", 410, "application/json; charset=UTF-8", "No forwarding address is given."},
		{"admin", "2.93", "POST /os-cells", "{}", "", 410, "application/json; charset=UTF-8", `"computeFault"`},
		{"admin", old, "POST /servers/" + server + "/action", `{"resetNetwork":null}`, "", 410, "application/json; charset=UTF-8", "computeFault"},
		{"admin", old, "POST /servers", `{"a":"` + strings.Repeat("x", 114700) + `"}`, "", 413, "application/json", "larger than"},
		{"admin", "latest", "POST /servers/" + server + "/action", `{"lock":null}`, "", 202, "application/json", ""},
		{"admin", "latest", "POST /servers/" + server + "/action", `{"lock":{"locked_reason":"why"}}`, "", 202, "application/json", ""},
		{"admin", "2.72", "POST /servers/" + server + "/action", `{"lock":{}}`, "", 202, "application/json", ""},
		{"admin", "latest", "POST /servers/" + server + "/action", `{"lock":{"x":1}}`, "", 400, "application/json; charset=UTF-8", "lock"},
		{"member", old, "POST /servers", create(`"networks":[{"uuid":"` + network + `"}]`), "", 202, "application/json", `"adminPass"`},
		{"member", "2.36", "POST /servers", create(`"networks":[{"uuid":"` + network + `"}]`), "", 202, "application/json", `"adminPass"`},
		{"member", "2.36", "POST /servers", create(`"networks":"auto"`), "", 400, "application/json; charset=UTF-8", "networks"},
		{"member", "2.37", "POST /servers", create(`"networks":"auto"`), "", 202, "application/json", `"adminPass"`},
		{"member", "2.37", "POST /servers", create(`"metadata":{}`), "", 400, "application/json; charset=UTF-8", "'networks' is a required property"},
		{"member", "2.37", "POST /servers", create(`"networks":"none","config_drive":1`), "", 400, "application/json; charset=UTF-8", "config_drive"},
		{"member", "2.37", "POST /servers", create(`"networks":"none","user_data":null`), "", 400, "application/json; charset=UTF-8", "user_data"},
		{"member", "2.52", "POST /servers", create(`"networks":"none","tags":["a","a"]`), "", 202, "application/json", ""},
		{"member", "2.37", "POST /servers", strings.TrimSuffix(create(`"networks":"none"`), "}") + `,"os:scheduler_hints":{"group":"x"}}`, "", 400, "application/json; charset=UTF-8", "is not a 'uuid'"},
		{"admin", old, "POST /flavors", `{"flavor":{"name":"x","ram":1,"vcpus":1,"disk":1,"rxtx_factor":0}}`, "", 400, "application/json; charset=UTF-8", "rxtx_factor"},
		{"admin", old, "POST /flavors", `{"flavor":{"name":"x","ram":1,"vcpus":1,"disk":1,"id":""}}`, "", 400, "application/json; charset=UTF-8", "id"},
		{"admin", "2.75", "GET /limits?reserved=1", "", "", 400, "application/json; charset=UTF-8", "reserved"},
		{"admin", old, "GET /os-quota-sets/nothing", "", "", 400, "application/json; charset=UTF-8", "is not a valid project"},
		{"member", old, "DELETE /servers/" + server, "", "", 409, "application/json; charset=UTF-8", "is locked"},
		{"admin", old, "DELETE /servers/" + server, "", "", 204, "application/json", ""},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		options := []option{header("OpenStack-API-Version", "compute "+test.version)}
		if test.accept != "" {
			options = append(options, header("Accept", test.accept))
		}
		r := w.do(test.who, method, "/compute/v2.1"+path, test.body, options...)
		what := fmt.Sprintf("%s %.60s as %s at %s", test.request, test.body, test.who, test.version)
		if r.status != test.status || !strings.Contains(string(r.body), test.piece) {
			t.Errorf("%s: %d instead of %d: %s", what, r.status, test.status, r.body)
		}
		if kind := r.header.Get("Content-Type"); kind != test.kind {
			t.Errorf("%s: the reply is %s instead of %s", what, kind, test.kind)
		}
		if id := r.header.Get("X-Compute-Request-Id"); !strings.HasPrefix(id, "req-") || id != r.header.Get("X-Openstack-Request-Id") {
			t.Errorf("%s: the request ids are %s and %s", what, id, r.header.Get("X-Openstack-Request-Id"))
		}
		// What stands before Nova knows no versions.
		router := test.status == 401 || test.status == 413 || test.status == 404
		if versions := r.header.Values("Vary"); router != (len(versions) == 0) || router != (r.header.Get("OpenStack-API-Version") == "") {
			t.Errorf("%s: Vary is %q", what, versions)
		}
	}
	empty := w.do("admin", "GET", "/compute/v2.1/flavors", "", header(compute.LegacyHeader, ""))
	if empty.status != 400 {
		t.Errorf("an empty version in the older header: %d %s", empty.status, empty.body)
	}
}

// networkID is the id of the only network, as the database has it: the cloud
// has no network API to ask.
func (w *world) networkID() string {
	w.t.Helper()
	var id string
	if err := w.db.QueryRowContext(w.t.Context(), `SELECT id FROM networks`).Scan(&id); err != nil {
		w.t.Fatal(err)
	}
	return id
}
