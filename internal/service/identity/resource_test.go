package identity

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
)

// resource says what every kind of resource has in common, for one of them.
type resource struct {
	kind, one string
	create    string // members of a good one
	update    string
	after     []string // what an update leaves, as path=value
	taken     int      // status of creating the same again
	bad       map[string]string
}

var resources = []resource{
	{
		kind: "domains", one: "domain", create: `"name":"x1","description":"d"`, update: `"name":"x2","enabled":false,"tags":["a","b"]`,
		after: []string{"name=x2", "description=d", "enabled=false", "tags=[a b]"}, taken: 409,
		bad: map[string]string{
			`"name":""`: "domain.name", `"name":1`: "domain.name", `"name":"x","enabled":"FALSE"`: "domain.enabled", `"name":"x","enabled":null`: "domain.enabled",
			`"name":"x","z":1`: "'z' was unexpected", `"name":"a\u0000"`: "domain.name", `"name":" a"`: "domain.name", `"name":"x","tags":["a/b"]`: "domain.tags",
		},
	},
	{
		kind: "projects", one: "project", create: `"name":"x1","domain_id":"default","description":"größer"`, update: `"name":"x2","description":null`,
		after: []string{"name=x2", "description=", "enabled=true", "domain_id=default", "parent_id=default", "is_domain=false"}, taken: 409,
		bad: map[string]string{
			`"name":"` + strings.Repeat("a", 65) + `"`: "project.name", `"name":null`: "project.name", `"name":"x","enabled":"true"`: "project.enabled",
			`"name":"x","domain_id":"nope"`: "Could not find domain: nope.", `"name":"x","parent_id":"nope"`: "Could not find project: nope.",
			`"name":"x","is_domain":true`: "POST /v3/domains", `"name":"x","tags":"a"`: "project.tags",
		},
	},
	{
		kind: "users", one: "user", create: `"name":"x1","email":"a@b","password":"hush","options":{"lock_password":true}`,
		update: `"email":null,"description":"z","options":{"lock_password":null,"ignore_password_expiry":true}`,
		after:  []string{"name=x1", "description=z", "email=<nil>", "enabled=true", "options=map[ignore_password_expiry:true]", "password=<nil>", "password_expires_at=<nil>"}, taken: 409,
		bad: map[string]string{
			`"name":"x","password":1234567`: "user.password", `"name":"x","password":""`: "user.password", `"name":"x","enabled":"FALSE"`: "user.enabled",
			`"name":"x","options":{"z":1}`: "'z' was unexpected", `"name":"x","password":"` + strings.Repeat("p", 4097) + `"`: "user.password",
		},
	},
	{
		kind: "roles", one: "role", create: `"name":"x1","description":"d"`, update: `"name":"x2"`,
		after: []string{"name=x2", "description=d", "domain_id=<nil>"}, taken: 409,
		bad: map[string]string{`"name":""`: "role.name", `"name":"x","domain_id":"default"`: "domain_id", `"name":"x","description":1`: "role.description"},
	},
	{
		kind: "services", one: "service", create: `"type":"thing","name":"x1","description":"d"`, update: `"type":"thong","enabled":false`,
		after: []string{"type=thong", "name=x1", "description=d", "enabled=false"}, taken: 201,
		bad: map[string]string{`"name":"x"`: "'type' is a required property", `"type":null`: "service.type", `"type":"x","enabled":"x"`: "service.enabled"},
	},
	{
		kind: "regions", one: "region", create: `"id":"x1","description":"d","enabled":true`, update: `"description":"e","parent_region_id":"RegionOne"`,
		after: []string{"id=x1", "description=e", "parent_region_id=RegionOne", "enabled=true"}, taken: 409,
		bad: map[string]string{`"id":1`: "region.id", `"id":"y","z":1`: "'z' was unexpected"},
	},
	{
		kind: "endpoints", one: "endpoint", create: `"service_id":"SERVICE","interface":"public","url":"http://x:1/%(tenant_id)s","region_id":"newregion"`,
		update: `"url":"https://y/$(project_id)s","interface":"admin"`,
		after:  []string{"url=https://y/$(project_id)s", "interface=admin", "region=newregion", "region_id=newregion", "enabled=true"}, taken: 201,
		bad: map[string]string{
			`"service_id":"SERVICE","interface":"public","url":"nonsense"`:         "invalid URL",
			`"service_id":"SERVICE","interface":"public","url":"http://x/%(bad)s"`: "invalid URL",
			`"service_id":"SERVICE","interface":"public","url":"http://x/%(bad"`:   "invalid URL",
			`"service_id":"SERVICE","interface":"x","url":"http://x"`:              "endpoint.interface",
			`"service_id":"nope","interface":"public","url":"http://x"`:            "Could not find service",
		},
	},
}

func TestResources(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		c := bootOn(t, db)
		admin := c.admin()
		service := c.id("services", "nova")
		for _, x := range resources {
			c.t = t
			body := func(members string) string {
				return `{"` + x.one + `":{` + strings.ReplaceAll(members, "SERVICE", service) + `}}`
			}
			base := "/v3/" + x.kind
			made := c.must(201, "POST", base, admin, body(x.create))
			id := made.str(x.one + ".id")
			path := base + "/" + id
			if got := made.str(x.one + ".links.self"); id == "" || got != c.url+path {
				t.Errorf("%s: self is %s", x.kind, got)
			}
			if again := c.must(x.taken, "POST", base, admin, body(x.create)); x.taken == 409 && again.str("error.title") != "Conflict" {
				t.Errorf("%s again: %s", x.kind, again.text)
			}
			if shown := c.must(200, "GET", path, admin, ""); shown.text != made.text {
				t.Errorf("%s: POST said %s, GET says %s", x.kind, made.text, shown.text)
			}
			c.must(200, "HEAD", path, admin, "")
			list := c.must(200, "GET", base+"?x=1", admin, "")
			if list.str("links.self") != c.url+base+"?x=1" || !strings.Contains(list.text, `"next":null`) || !strings.Contains(list.text, id) {
				t.Errorf("%s: %s", x.kind, list.text)
			}
			changed := c.must(200, "PATCH", path, admin, body(x.update))
			shown := c.must(200, "GET", path, admin, "")
			for _, want := range x.after {
				member, value, _ := strings.Cut(want, "=")
				if got := fmt.Sprint(shown.at(x.one + "." + member)); got != value {
					t.Errorf("%s after the update: %s is %s, want %s", x.kind, member, got, value)
				}
			}
			if changed.text != shown.text {
				t.Errorf("%s: PATCH said %s, GET says %s", x.kind, changed.text, shown.text)
			}
			for _, missing := range []struct{ method, body string }{{"GET", ""}, {"PATCH", body(x.update)}, {"DELETE", ""}} {
				r := c.must(404, missing.method, base+"/nope", admin, missing.body)
				if want := "Could not find " + x.one + ": nope."; r.str("error.message") != want {
					t.Errorf("%s: %s", x.kind, r.text)
				}
			}
			c.must(400, "PATCH", path, admin, body(""))
			for members, says := range x.bad {
				r := c.do("POST", base, admin, body(members))
				if r.status/100 != 4 || r.status == 401 || r.status == 403 || !strings.Contains(r.str("error.message"), says) || strings.Contains(r.text, "1234567") {
					t.Errorf("%s %.80s: %d %s", x.kind, members, r.status, r.text)
				}
			}
			for _, text := range []string{"", "{x", "[]", "null", "{}", `{"` + x.one + `":null}`, `{"` + x.one + `":[]}`} {
				if r := c.do("POST", base, admin, text); r.status != 400 {
					t.Errorf("%s %s: %d %s", x.kind, text, r.status, r.text)
				}
			}
			c.must(204, "DELETE", path, admin, "")
			c.must(404, "GET", path, admin, "")
		}
	})
}

func TestFilters(t *testing.T) {
	c := bootCloud(t)
	admin := c.admin()
	c.must(201, "POST", "/v3/projects", admin, `{"project":{"name":"off","enabled":false,"tags":["a","b"]}}`)
	domain := c.must(201, "POST", "/v3/domains", admin, `{"domain":{"name":"d1"}}`).str("domain.id")
	c.must(201, "POST", "/v3/users", admin, fmt.Sprintf(`{"user":{"name":"admin","domain_id":%q}}`, domain))
	nova := c.id("services", "nova")
	for path, want := range map[string][]string{
		"projects":                             {"admin", "demo", "off", "service"},
		"projects?name=demo":                   {"demo"},
		"projects?name=nope":                   {},
		"projects?enabled=false":               {"off"},
		"projects?enabled":                     {"admin", "demo", "service"},
		"projects?tags=a,b":                    {"off"},
		"projects?tags=a,c":                    {},
		"projects?domain_id=" + domain:         {},
		"projects?parent_id=default&name=off":  {"off"},
		"projects?is_domain=true":              {"Default", "d1"},
		"projects?is_domain=true&name=d1":      {"d1"},
		"users":                                {"admin", "admin", "demo"},
		"users?domain_id=default":              {"admin", "demo"},
		"users?name=admin&domain_id=" + domain: {"admin"},
		"roles":                                {"admin", "manager", "member", "reader", "service"},
		"roles?name=reader":                    {"reader"},
		"roles?domain_id=default":              {},
		"domains?name=d1":                      {"d1"},
		"services?type=compute":                {"nova"},
		"services?name=glance":                 {"glance"},
		"endpoints?interface=x":                {},
		"endpoints?region_id=RegionOne&interface=public&service_id=" + nova: {""},
		"regions?parent_region_id=RegionOne":                                {},
	} {
		kind, _, _ := strings.Cut(path, "?")
		if diff := cmp.Diff(want, c.must(200, "GET", "/v3/"+path, admin, "").names(kind)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	c.must(400, "GET", "/v3/projects?enabled=perhaps", admin, "")
	if r := c.must(200, "GET", "/v3/projects/default", admin, ""); r.at("project.is_domain") != true || r.at("project.domain_id") != nil {
		t.Error(r.text)
	}
}

func TestUnknownPaths(t *testing.T) {
	c := bootCloud(t)
	for path, status := range map[string]int{
		"GET /nothing": 404, "GET /v3/nothing": 404, "GET /v3/auth": 404, "GET /v2.0": 404, "PUT /v3/projects": 405, "PUT /v3/auth/tokens": 405,
		"DELETE /v3/users": 405, "GET /v3/users//x": 404, "GET /v3/users/../users": 404,
	} {
		method, target, _ := strings.Cut(path, " ")
		r := c.do(method, target, "", "")
		if r.status != status || r.header.Get("X-Openstack-Request-Id") == "" {
			t.Errorf("%s: %d %s", path, r.status, r.text)
		}
	}
}

func TestImmutable(t *testing.T) {
	c := bootCloud(t)
	admin := c.admin()
	for kind, id := range map[string]string{
		"role":    c.id("roles", "reader"),
		"project": c.must(201, "POST", "/v3/projects", admin, `{"project":{"name":"p","options":{"immutable":true}}}`).str("project.id"),
		"domain":  c.must(201, "POST", "/v3/domains", admin, `{"domain":{"name":"d","enabled":false,"options":{"immutable":true}}}`).str("domain.id"),
	} {
		path := "/v3/" + kind + "s/" + id
		change := func(members string) string { return `{"` + kind + `":{` + members + `}}` }
		if r := c.must(403, "PATCH", path, admin, change(`"description":"x"`)); !strings.Contains(r.text, "immutable") {
			t.Error(r.text)
		}
		c.must(403, "DELETE", path, admin, "")
		c.must(200, "PATCH", path, admin, change(`"options":{"immutable":false},"description":"x"`))
		c.must(204, "DELETE", path, admin, "")
	}
}

func TestDeleteRules(t *testing.T) {
	c := bootCloud(t)
	admin := c.admin()
	if r := c.must(403, "DELETE", "/v3/domains/default", admin, ""); !strings.Contains(r.text, "disable it first") {
		t.Error(r.text)
	}
	if r := c.must(403, "DELETE", "/v3/regions/RegionOne", admin, ""); !strings.Contains(r.text, "associated endpoints") {
		t.Error(r.text)
	}
	domain := c.must(201, "POST", "/v3/domains", admin, `{"domain":{"name":"d1","enabled":false}}`).str("domain.id")
	project := c.must(201, "POST", "/v3/projects", admin, fmt.Sprintf(`{"project":{"name":"p","domain_id":%q}}`, domain)).str("project.id")
	c.must(204, "PUT", "/v3/projects/"+project+"/users/"+c.id("users", "demo")+"/roles/"+c.id("roles", "reader"), admin, "")
	c.must(204, "DELETE", "/v3/domains/"+domain, admin, "")
	c.must(404, "GET", "/v3/projects/"+project, admin, "")
	if r := c.must(200, "GET", "/v3/role_assignments?scope.project.id="+project, admin, ""); r.at("role_assignments.0") != nil {
		t.Errorf("an assignment outlives its project: %s", r.text)
	}
}

func TestGrants(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		c := bootOn(t, db)
		admin, user, role := c.admin(), c.id("users", "demo"), c.id("roles", "manager")
		for name, base := range map[string]string{
			"project": "/v3/projects/" + c.id("projects", "admin") + "/users/",
			"domain":  "/v3/domains/default/users/",
			"system":  "/v3/system/users/",
		} {
			path := base + user + "/roles/" + role
			c.must(404, "HEAD", path, admin, "")
			c.must(404, "DELETE", path, admin, "")
			c.must(204, "PUT", path, admin, "")
			c.must(204, "PUT", path, admin, "")
			c.must(204, "HEAD", path, admin, "")
			c.must(204, "GET", path, admin, "")
			if diff := cmp.Diff([]string{"manager"}, c.must(200, "GET", base+user+"/roles", admin, "").names("roles")); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			for _, missing := range []string{base + "nope/roles/" + role, base + user + "/roles/nope"} {
				if r := c.must(404, "PUT", missing, admin, ""); !strings.Contains(r.text, "nope.") {
					t.Error(r.text)
				}
			}
			c.must(204, "DELETE", path, admin, "")
			c.must(404, "DELETE", path, admin, "")
		}
		c.must(404, "PUT", "/v3/projects/nope/users/"+user+"/roles/"+role, admin, "")
		c.must(404, "PUT", "/v3/domains/nope/users/"+user+"/roles/"+role, admin, "")
	})
}

func TestRoleAssignments(t *testing.T) {
	c := bootCloud(t)
	admin, demo := c.admin(), c.id("users", "demo")
	count := func(query string) int {
		r := c.must(200, "GET", "/v3/role_assignments"+query, admin, "")
		list, _ := r.at("role_assignments").([]any)
		return len(list)
	}
	for query, want := range map[string]int{
		"":                         4,
		"?effective":               3*4 + 2,
		"?effective=0":             4,
		"?user.id=" + demo:         1,
		"?user.id=nope":            0,
		"?group.id=nope":           0,
		"?scope.system=all":        1,
		"?scope.domain.id=default": 1,
		"?scope.project.id=" + c.id("projects", "demo"):                      1,
		"?role.id=" + c.id("roles", "reader"):                                0,
		"?effective&role.id=" + c.id("roles", "reader"):                      4,
		"?effective&user.id=" + demo + "&include_names=True":                 2,
		"?scope.OS-INHERIT:inherited_to=projects":                            0,
		"?include_subtree=True&scope.project.id=" + c.id("projects", "demo"): 1,
	} {
		if got := count(query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	for _, query := range []string{"?scope.project.id=x&scope.domain.id=y", "?user.id=x&group.id=y", "?scope.system=all&scope.domain.id=x", "?include_subtree"} {
		c.must(400, "GET", "/v3/role_assignments"+query, admin, "")
	}
	r := c.must(200, "GET", "/v3/role_assignments?effective&include_names&user.id="+demo, admin, "")
	for path, want := range map[string]string{
		"role_assignments.0.role.name":               "member",
		"role_assignments.1.role.name":               "reader",
		"role_assignments.1.user.domain.name":        "Default",
		"role_assignments.1.scope.project.name":      "demo",
		"role_assignments.1.scope.project.domain.id": "default",
		"role_assignments.1.links.prior_role":        c.url + "/v3/prior_role/" + c.id("roles", "reader") + "/implies/" + c.id("roles", "member"),
		"role_assignments.1.links.assignment":        c.url + "/v3/projects/" + c.id("projects", "demo") + "/users/" + demo + "/roles/" + c.id("roles", "member"),
	} {
		if got := r.str(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

func TestImpliedRoles(t *testing.T) {
	c := bootCloud(t)
	admin := c.admin()
	reader, member, manager, service := c.id("roles", "reader"), c.id("roles", "member"), c.id("roles", "manager"), c.id("roles", "service")
	if r := c.must(200, "GET", "/v3/role_inferences", admin, ""); r.str("role_inferences.0.prior_role.name") != "admin" || r.str("role_inferences.2.implies.0.name") != "reader" {
		t.Error(r.text)
	}
	if r := c.must(200, "GET", "/v3/roles/"+member+"/implies", admin, ""); r.str("role_inference.implies.0.id") != reader {
		t.Error(r.text)
	}
	c.must(204, "HEAD", "/v3/system/users/"+c.id("users", "admin")+"/roles/"+c.id("roles", "admin"), admin, "")
	c.must(404, "GET", "/v3/roles/"+member+"/implies/"+service, admin, "")
	c.must(201, "PUT", "/v3/roles/"+member+"/implies/"+service, admin, "")
	c.must(200, "GET", "/v3/roles/"+member+"/implies/"+service, admin, "")
	c.must(201, "PUT", "/v3/roles/"+reader+"/implies/"+member, admin, "") // a ring does no harm
	if diff := cmp.Diff([]string{"member", "reader", "service"}, c.must(201, "POST", "/v3/auth/tokens", "", passwordAuth("demo", "demopw", "")).names("token.roles")); diff != "" {
		t.Error(diff)
	}
	c.must(204, "DELETE", "/v3/roles/"+member+"/implies/"+service, admin, "")
	c.must(404, "DELETE", "/v3/roles/"+member+"/implies/"+service, admin, "")
	c.must(403, "PUT", "/v3/roles/"+manager+"/implies/"+c.id("roles", "admin"), admin, "")
	c.must(400, "PUT", "/v3/roles/"+member+"/implies/"+member, admin, "")
	c.must(404, "PUT", "/v3/roles/"+member+"/implies/nope", admin, "")
}

func TestPasswordChange(t *testing.T) {
	c := bootCloud(t)
	admin, path := c.admin(), "/v3/users/"+c.id("users", "demo")
	change := func(from, to string) string {
		return fmt.Sprintf(`{"user":{"original_password":%q,"password":%q}}`, from, to)
	}
	c.must(401, "POST", path+"/password", "", change("x", "y"))
	c.must(400, "POST", path+"/password", "", change("demopw", ""))
	c.must(200, "PATCH", path, admin, `{"user":{"options":{"lock_password":true}}}`)
	c.must(400, "POST", path+"/password", "", change("demopw", "y"))
	c.must(200, "PATCH", path, admin, `{"user":{"options":{"lock_password":false}}}`)
	c.must(204, "POST", path+"/password", "", change("demopw", "y"))
	c.must(401, "POST", "/v3/auth/tokens", "", passwordAuth("demo", "demopw", ""))
	c.login("demo", "y", "")
	c.must(200, "PATCH", path, admin, `{"user":{"enabled":false}}`)
	c.must(401, "POST", path+"/password", "", change("y", "z"))
	c.must(401, "POST", "/v3/auth/tokens", "", passwordAuth("demo", "y", ""))
	c.must(200, "PATCH", path, admin, `{"user":{"enabled":true,"password":null}}`)
	c.must(401, "POST", "/v3/auth/tokens", "", passwordAuth("demo", "y", ""))
	c.must(401, "POST", "/v3/auth/tokens", "", passwordAuth("demo", "", ""))
}

func TestBootstrapAgain(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		c := bootOn(t, db)
		admin := c.admin()
		ids := func() (all []string) {
			for _, kind := range []string{"projects", "users", "roles", "services", "endpoints", "role_assignments"} {
				list, _ := c.must(200, "GET", "/v3/"+kind, admin, "").at(kind).([]any)
				for _, item := range list {
					all = append(all, fmt.Sprint(item.(map[string]any)["id"], item.(map[string]any)["scope"], item.(map[string]any)["role"]))
				}
			}
			return all
		}
		before := ids()
		again := testBoot
		again.AdminPassword, again.Services = "other", append(again.Services[:3:3], BootService{"network", "neutron", "http://10.0.0.1:9/network"})
		again.Services[2].URL = "http://10.0.0.1:9/compute/v2.1"
		if err := c.Bootstrap(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		c.must(401, "POST", "/v3/auth/tokens", "", passwordAuth("admin", "other", ""))
		r := c.must(200, "GET", "/v3/auth/catalog", admin, "")
		if r.str("catalog.0.endpoints.2.url") != "http://10.0.0.1:9/compute/v2.1" {
			t.Error(r.text)
		}
		c.must(204, "DELETE", "/v3/services/"+c.id("services", "neutron"), admin, "")
		if diff := cmp.Diff(before, ids()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestEveryRouteIsMounted asks every route of the contract without a token: a
// public one does something, all others refuse.
func TestEveryRouteIsMounted(t *testing.T) {
	c := bootCloud(t)
	for _, e := range identity.Routes() {
		info := e.Info()
		path := info.Path
		for strings.Contains(path, "{") {
			start, end := strings.Index(path, "{"), strings.Index(path, "}")
			path = path[:start] + "x" + path[end+1:]
		}
		r := c.do(info.Method, "/v3"+path, "", "")
		if want := http.StatusUnauthorized; !info.Public && r.status != want || r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed {
			t.Errorf("%s %s: %d %s", info.Method, info.Path, r.status, r.text)
		}
	}
}
