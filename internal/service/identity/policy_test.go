package identity

import (
	"fmt"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/identity"
)

// verdicts says who may call which route on things of others: y for may, - for
// a 403. The columns are
//
//	u  a user with an unscoped token     d  reader of the things' domain
//	r  reader of another project         e  reader of another domain
//	m  member of another project         s  reader of the system
//	v  service of another project        a  admin of another project
//
// As in Keystone, an admin of any project is an admin of everything.
const verdicts = `
route                     urmvdesa
tokens.show               ---y--yy
tokens.revoke             -------y
auth.catalog              -yyyyy-y
auth.system               yyyyyyyy
domains.list              ------yy
auth.domains              yyyyyyyy
domains.show              -yyyy-yy
domains.create            -------y
domains.update            -------y
domains.delete            -------y
projects.list             ----yyyy
auth.projects             yyyyyyyy
projects.show             ----y-yy
projects.create           -------y
projects.update           -------y
projects.delete           -------y
users.list                ----yyyy
users.show                ----y-yy
users.create              -------y
users.update              -------y
users.delete              -------y
users.projects            ----y-yy
roles.list                ------yy
roles.show                ------yy
roles.create              -------y
roles.update              -------y
roles.delete              -------y
role_inferences.list      ------yy
roles.implies.list        ------yy
roles.implies.show        ------yy
roles.implies.create      -------y
roles.implies.delete      -------y
grants.project.list       ----y-yy
grants.project.check      ----y-yy
grants.project.create     -------y
grants.project.delete     -------y
grants.domain.list        ----y-yy
grants.domain.check       ----y-yy
grants.domain.create      -------y
grants.domain.delete      -------y
grants.system.list        ------yy
grants.system.check       ------yy
grants.system.create      -------y
grants.system.delete      -------y
role_assignments.list     ------yy
services.list             ------yy
services.show             ------yy
services.create           -------y
services.update           -------y
services.delete           -------y
endpoints.list            ------yy
endpoints.show            ------yy
endpoints.create          -------y
endpoints.update          -------y
endpoints.delete          -------y
regions.list              yyyyyyyy
regions.show              yyyyyyyy
regions.create            -------y
regions.update            -------y
regions.delete            -------y
`

func TestVerdicts(t *testing.T) {
	c := bootCloud(t)
	admin := c.admin()
	domain := c.must(201, "POST", "/v3/domains", admin, `{"domain":{"name":"elsewhere"}}`).str("domain.id")
	project := c.must(201, "POST", "/v3/projects", admin, `{"project":{"name":"own"}}`).str("project.id")
	login := func(name, target, role, scope string) string {
		user := c.must(201, "POST", "/v3/users", admin, fmt.Sprintf(`{"user":{"name":%q,"password":"pw","domain_id":"default"}}`, name)).str("user.id")
		if target != "" {
			c.must(204, "PUT", "/v3/"+target+"/users/"+user+"/roles/"+c.id("roles", role), admin, "")
		}
		return c.login(name, "pw", scope)
	}
	tokens := []string{
		login("u", "", "", unscoped),
		login("r", "projects/"+project, "reader", onProject("own")),
		login("m", "projects/"+project, "member", onProject("own")),
		login("v", "projects/"+project, "service", onProject("own")),
		login("d", "domains/default", "reader", onDefault),
		login("e", "domains/"+domain, "reader", `{"domain":{"name":"elsewhere"}}`),
		login("s", "system", "reader", onSystem),
		login("a", "projects/"+project, "admin", onProject("own")),
	}
	// What reads is asked about what is there. What changes is asked about
	// what is not, or is made twice: the verdict comes first.
	there := strings.NewReplacer(
		"{project_id}", c.id("projects", "demo"), "{user_id}", c.id("users", "demo"), "{domain_id}", "default",
		"{role_id}", c.id("roles", "reader"), "{prior_role_id}", c.id("roles", "member"), "{implied_role_id}", c.id("roles", "reader"),
		"{service_id}", c.id("services", "nova"), "{region_id}", "RegionOne",
		"{endpoint_id}", c.must(200, "GET", "/v3/endpoints", admin, "").str("endpoints.0.id"),
	)
	gone := strings.NewReplacer(
		"{project_id}", "nope", "{user_id}", "nope", "{domain_id}", "nope", "{role_id}", "nope", "{prior_role_id}", "nope",
		"{implied_role_id}", "nope", "{service_id}", "nope", "{region_id}", "nope", "{endpoint_id}", "nope",
	)
	members := map[string]string{
		"POST /domains": `"name":"Default"`, "POST /projects": `"name":"demo"`, "POST /users": `"name":"demo","domain_id":"default"`,
		"POST /roles": `"name":"reader"`, "POST /regions": `"id":"RegionOne"`, "POST /services": `"type":"t"`,
		"POST /endpoints":                `"service_id":"nope","interface":"public","url":"http://x"`,
		"PATCH /endpoints/{endpoint_id}": `"url":"http://x"`, "PATCH /services/{service_id}": `"type":"t"`,
	}
	var got strings.Builder
	got.WriteString("\nroute                     urmvdesa\n")
	for _, e := range identity.Routes() {
		info := e.Info()
		if info.Public {
			continue
		}
		path, body := there.Replace(info.Path), ""
		if info.Method != "GET" {
			path = gone.Replace(info.Path)
		}
		if info.Method == "POST" || info.Method == "PATCH" {
			kind := strings.Split(info.Path, "/")[1]
			inner, ok := members[info.Method+" "+info.Path]
			if !ok {
				inner = `"description":"x"`
			}
			body = `{"` + strings.TrimSuffix(kind, "s") + `":{` + inner + `}}`
		}
		fmt.Fprintf(&got, "%-25s ", info.Name)
		for _, token := range tokens {
			r := c.do(info.Method, "/v3"+path, token, body, "X-Subject-Token", admin)
			verdict := "y"
			switch r.status {
			case 403:
				verdict = "-"
				if !strings.Contains(r.text, "You are not authorized to perform the requested action: ") {
					t.Errorf("%s: %s", info.Name, r.text)
				}
			case 200, 201, 204, 404, 409, 400:
				if r.status == 400 && !strings.Contains(r.text, "Could not find") {
					t.Errorf("%s: the verdict was not asked: %s", info.Name, r.text)
				}
			default:
				t.Errorf("%s: %d %s", info.Name, r.status, r.text)
			}
			got.WriteString(verdict)
		}
		got.WriteString("\n")
	}
	if got.String() != verdicts {
		t.Errorf("the verdicts are\n%s", got.String())
	}
}

// TestOwn holds what everyone may do with their own.
func TestOwn(t *testing.T) {
	c := bootCloud(t)
	demo, user, project := c.demo(), c.id("users", "demo"), c.id("projects", "demo")
	for path, status := range map[string]int{
		"/v3/users/" + user:                         200,
		"/v3/users/" + user + "/projects":           200,
		"/v3/projects/" + project:                   200,
		"/v3/domains/default":                       200,
		"/v3/auth/projects":                         200,
		"/v3/auth/domains":                          200,
		"/v3/auth/system":                           200,
		"/v3/auth/catalog":                          200,
		"/v3/regions":                               200,
		"/v3/users/" + c.id("users", "admin"):       403,
		"/v3/projects/" + c.id("projects", "admin"): 403,
		"/v3/users/nope":                            403, // as for one that is there
		"/v3/projects/nope":                         403,
		"/v3/role_assignments?user.id=" + user:      403,
	} {
		if r := c.do("GET", path, demo, ""); r.status != status {
			t.Errorf("%s: %d %s", path, r.status, r.text)
		}
	}
	if r := c.must(200, "GET", "/v3/auth/projects", demo, ""); fmt.Sprint(r.names("projects")) != "[demo]" {
		t.Error(r.text)
	}
	if r := c.must(200, "GET", "/v3/auth/system", c.login("admin", "adminpw", unscoped), ""); r.at("system.0.all") != true {
		t.Error(r.text)
	}
}

// TestIdentityHeadersAreNotBelieved holds that who calls is what the token
// says, whatever else a request says (CVE-2026-22797 and its like).
func TestIdentityHeadersAreNotBelieved(t *testing.T) {
	c := bootCloud(t)
	r := c.do("GET", "/v3/users", c.demo(), "", "X-Roles", "admin", "X-User-Id", c.id("users", "admin"), "X-Is-Admin", "1", "X-Project-Id", c.id("projects", "admin"))
	if r.status != 403 {
		t.Errorf("%d %s", r.status, r.text)
	}
}

// TestDomainReaderSeesTheDomainOnly holds that the lists of a domain's reader
// keep to it.
func TestDomainReaderSeesTheDomainOnly(t *testing.T) {
	c := bootCloud(t)
	admin := c.admin()
	domain := c.must(201, "POST", "/v3/domains", admin, `{"domain":{"name":"d1"}}`).str("domain.id")
	c.must(201, "POST", "/v3/projects", admin, fmt.Sprintf(`{"project":{"name":"p1","domain_id":%q}}`, domain))
	user := c.must(201, "POST", "/v3/users", admin, fmt.Sprintf(`{"user":{"name":"u1","password":"pw","domain_id":%q}}`, domain)).str("user.id")
	c.must(204, "PUT", "/v3/domains/"+domain+"/users/"+user+"/roles/"+c.id("roles", "reader"), admin, "")
	token := c.must(201, "POST", "/v3/auth/tokens", "", fmt.Sprintf(
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":%q,"password":"pw"}}},"scope":{"domain":{"id":%q}}}}`, user, domain)).header.Get("X-Subject-Token")
	for _, query := range []string{"", "?domain_id=" + domain} {
		if got := c.must(200, "GET", "/v3/users"+query, token, "").names("users"); fmt.Sprint(got) != "[u1]" {
			t.Errorf("users%s: %v", query, got)
		}
		if got := c.must(200, "GET", "/v3/projects"+query, token, "").names("projects"); fmt.Sprint(got) != "[p1]" {
			t.Errorf("projects%s: %v", query, got)
		}
	}
	c.must(403, "GET", "/v3/users?domain_id=default", token, "")
	c.must(403, "GET", "/v3/projects?domain_id=default", token, "")
	if got := c.must(200, "GET", "/v3/projects?parent_id=default", token, "").names("projects"); len(got) > 0 {
		t.Errorf("projects of another domain: %v", got)
	}
	c.must(200, "GET", "/v3/role_assignments?scope.domain.id="+domain, token, "")
	c.must(403, "GET", "/v3/role_assignments", token, "")
	c.must(403, "GET", "/v3/role_assignments?scope.project.id="+c.id("projects", "demo"), token, "")
}
