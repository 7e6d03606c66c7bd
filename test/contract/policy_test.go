package contract

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// mayBy says who may do what a default rule guards, on things of the project
// demo. A rule that is not here fails the test: nobody decided who it is for.
var mayBy = map[string][]string{
	"":  {"admin", "member", "reader", "other"}, // any token
	"@": {"admin", "member", "reader", "other"},
	"!": {},
	"(rule:context_is_admin) or user_id:%(user_id)s": {"admin", "member", "reader", "other"}, // of what is their own
	"rule:context_is_admin":                          {"admin"},
	"rule:project_reader_or_admin":                   {"admin", "member", "reader"},
	"rule:project_member_or_admin":                   {"admin", "member"},
}

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA0LRBFkzp2ITGvpcMsf0gy8HLgi4uVKlOyBIyz4jYZv"

// bodies are bodies that pass validation, by route; {who} stands for who asks.
var bodies = map[string]string{
	"flavors.create":             `{"flavor":{"name":"by {who}","id":"by-{who}","ram":1,"vcpus":1,"disk":1}}`,
	"flavors.update":             `{"flavor":{"description":"by {who}"}}`,
	"flavors.extra_specs.create": `{"extra_specs":{"key":"{who}"}}`,
	"flavors.extra_specs.update": `{"key":"{who}"}`,
	"flavors.access.add":         `{"addTenantAccess":{"tenant":"{project}"}}`,
	"flavors.access.remove":      `{"removeTenantAccess":{"tenant":"{project}"}}`,
	"servers.create":             `{"server":{"name":"by {who}","imageRef":"{image}","flavorRef":"1","networks":"none"}}`,
	"servers.update":             `{"server":{"name":"by {who}"}}`,
	"servers.metadata.create":    `{"metadata":{"by":"{who}"}}`,
	"servers.metadata.replace":   `{"metadata":{"by":"{who}"}}`,
	"servers.metadata.update":    `{"meta":{"key":"{who}"}}`,
	"servers.reboot":             `{"reboot":{"type":"SOFT"}}`,
	"servers.console_output":     `{"os-getConsoleOutput":{}}`,
	"keypairs.create":            `{"keypair":{"name":"by {who}","public_key":"` + publicKey + `"}}`,
	"quotas.update":              `{"quota_set":{"instances":-1}}`,
	"services.update":            `{"status":"enabled"}`,
}

// TestEveryRouteByEveryRole asks every route of the Compute API as nobody, as
// the administrator, as member and reader of the project that has the things,
// and as a member of another. What they may is what the default of the route's
// policy rule says; a server of another project is not there at all.
func TestEveryRouteByEveryRole(t *testing.T) {
	w := newWorld(t)
	fill := w.things()
	image := w.field(w.must(200, "admin", "GET", "/image/v2/images?name=guest", ""), "images", "0", "id")
	for _, who := range []string{"member", "reader", "other"} {
		w.must(200, who, "POST", "/compute/v2.1/os-keypairs", `{"keypair":{"name":"key","public_key":"`+publicKey+`"}}`)
	}
	for _, e := range compute.Routes() {
		info := e.Info()
		if unserved[info.Name] {
			continue
		}
		v := compute.MaxVersion
		for !info.Span.Has(v) {
			v.Minor--
		}
		path := fill(info.Path, v)
		if r := w.do("", info.Method, "/compute/v2.1"+path, bodies[info.Name], at(v)); info.Public != (r.status == http.StatusOK) || !info.Public && r.status != http.StatusUnauthorized {
			t.Errorf("%s as nobody: %d %s", info.Name, r.status, r.body)
		}
		if info.Public {
			continue
		}
		may, decided := mayBy[info.Policy.Default]
		if !decided {
			t.Errorf("%s: nobody said who %q is for", info.Name, info.Policy.Default)
			continue
		}
		for _, who := range []string{"other", "reader", "member", "admin"} {
			path := path
			if info.Method != "GET" {
				path = w.fresh(info, who, fill, v)
			}
			body := strings.NewReplacer("{who}", who, "{image}", image, "{project}", w.project["other"]).Replace(bodies[info.Name])
			if body == "" && info.Action != "" {
				body = fmt.Sprintf(`{%q:null}`, info.Action)
			}
			want := "may"
			switch {
			case who == "other" && strings.Contains(info.Path, "{server_id}"):
				want = "404"
			case who == "other" && ofProject(info):
				want = "403"
			case who == "other" && slices.Contains(may, "member"), slices.Contains(may, who):
			default:
				want = "403"
			}
			r := w.do(who, info.Method, "/compute/v2.1"+path, body, at(v))
			got := fmt.Sprint(r.status)
			if r.status < 300 || r.status == http.StatusConflict {
				got = "may"
			}
			if got != want {
				t.Errorf("%s as %s: %s instead of %s: %s", info.Name, who, got, want, r.body)
			}
			if r.status == http.StatusForbidden && !strings.Contains(r.message(), info.Policy.Name) {
				t.Errorf("%s as %s: the refusal does not name the rule: %s", info.Name, who, r.body)
			}
		}
	}
}

// ofProject reports whether a route is on a project that its path names, and
// not for everyone.
func ofProject(info wire.Info) bool {
	return strings.Contains(info.Path, "{project_id}") && info.Policy.Default != "@"
}

// fresh is the path of a route on a server or flavor made for this one call,
// because the call may be the end of it.
func (w *world) fresh(info wire.Info, who string, fill func(string, wire.Version) string, v wire.Version) string {
	w.t.Helper()
	path := info.Path
	switch {
	case strings.Contains(path, "{server_id}"):
		path = strings.Replace(path, "{server_id}", w.server("for "+who), 1)
	case strings.HasPrefix(info.Name, "flavors.access."):
		path = strings.Replace(path, "{flavor_id}", "secret", 1)
	case strings.Contains(path, "{flavor_id}"):
		id := strings.ReplaceAll(info.Name, ".", "-") + "-for-" + who
		w.must(200, "admin", "POST", "/compute/v2.1/flavors", fmt.Sprintf(`{"flavor":{"name":%q,"id":%q,"ram":1,"vcpus":1,"disk":1}}`, id, id))
		w.must(200, "admin", "POST", "/compute/v2.1/flavors/"+id+"/os-extra_specs", `{"extra_specs":{"key":"value"}}`)
		path = strings.Replace(path, "{flavor_id}", id, 1)
	}
	return fill(path, v)
}

// TestPartsByRole holds the rules that decide about a part of what a route does.
func TestPartsByRole(t *testing.T) {
	w := newWorld(t)
	fill := w.things()
	server := fill("{server_id}", compute.MaxVersion)
	image := w.field(w.must(200, "admin", "GET", "/image/v2/images?name=guest", ""), "images", "0", "id")
	create := `{"server":{"name":"x","imageRef":"` + image + `","flavorRef":"1","networks":"none",%s}}`
	zeroDisk := strings.Replace(create, `"flavorRef":"1",`, `"flavorRef":"zero",`, 1)
	w.must(200, "admin", "POST", "/compute/v2.1/flavors", `{"flavor":{"name":"zero","id":"zero","ram":1,"vcpus":1,"disk":0}}`)
	for _, test := range []struct {
		who, method, path, body string
		status                  int
	}{
		{"member", "GET", "/servers?all_tenants=1", "", 403},
		{"member", "GET", "/servers/detail?all_tenants=1", "", 403},
		{"admin", "GET", "/servers/detail?all_tenants=1", "", 200},
		{"member", "GET", "/servers/detail?status=deleted", "", 403},
		{"member", "GET", "/limits?tenant_id=" + w.project["other"], "", 403},
		{"member", "GET", "/os-keypairs?user_id=" + w.user["admin"], "", 403},
		{"member", "GET", "/os-keypairs/key?user_id=" + w.user["admin"], "", 403},
		{"member", "DELETE", "/os-keypairs/key?user_id=" + w.user["admin"], "", 403},
		{"member", "POST", "/os-keypairs", `{"keypair":{"name":"x","user_id":"` + w.user["admin"] + `","public_key":"` + publicKey + `"}}`, 403},
		{"member", "GET", "/os-quota-sets/" + w.project["other"], "", 403},
		{"member", "GET", "/flavors/secret", "", 404},
		{"admin", "GET", "/flavors/secret", "", 200},
		{"member", "POST", "/servers", fmt.Sprintf(create, `"availability_zone":"nova:host"`), 403},
		{"member", "POST", "/servers", fmt.Sprintf(create, `"host":"host"`), 403},
		{"member", "POST", "/servers", fmt.Sprintf(zeroDisk, `"metadata":{}`), 403},
		{"reader", "POST", "/servers", fmt.Sprintf(create, `"metadata":{}`), 403},
		{"other", "GET", "/servers/" + server, "", 404},
		{"other", "DELETE", "/servers/" + server, "", 404},
		{"other", "GET", "/" + w.project["member"] + "/servers/" + server, "", 400},
		{"nonsense", "GET", "/servers", "", 401},
	} {
		r := w.do(test.who, test.method, "/compute/v2.1"+test.path, test.body, at(compute.MaxVersion))
		if r.status != test.status {
			t.Errorf("%s %s as %s: %d instead of %d: %s", test.method, test.path, test.who, r.status, test.status, r.body)
		}
	}
	for who, sees := range map[string]bool{"member": true, "reader": true, "other": false, "admin": false} {
		list := w.must(200, who, "GET", "/compute/v2.1/servers", "")
		if strings.Contains(string(list.body), server) != sees {
			t.Errorf("%s lists %s", who, list.body)
		}
	}
	for who, sees := range map[string]bool{"member": false, "reader": false, "admin": true} {
		show := w.must(200, who, "GET", "/compute/v2.1/servers/"+server, "", at(compute.MaxVersion))
		if strings.Contains(string(show.body), `"OS-EXT-SRV-ATTR:host":`) != sees || strings.Contains(string(show.body), "host_status") != sees {
			t.Errorf("%s sees %s", who, show.body)
		}
	}
}
