package identity

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
)

func TestVersionDocuments(t *testing.T) {
	c := bootCloud(t)
	r := c.must(300, "GET", "/", "", "")
	if r.str("versions.values.0.id") != "v3.14" || r.header.Get("Location") != c.url+"/v3/" {
		t.Errorf("%s %v", r.text, r.header)
	}
	for _, path := range []string{"/v3", "/v3/"} {
		r = c.must(200, "GET", path, "", "")
		if r.str("version.links.0.href") != c.url+"/v3/" || r.str("version.media-types.0.type") == "" {
			t.Error(r.text)
		}
	}
	if r.header.Get("Vary") != "X-Auth-Token" || !strings.HasPrefix(r.header.Get("X-Openstack-Request-Id"), "req-") {
		t.Errorf("%v", r.header)
	}
}

func TestScopes(t *testing.T) {
	c := bootCloud(t)
	allRoles := []string{"admin", "manager", "member", "reader"}
	for name, test := range map[string]struct {
		user, password, scope string
		roles                 []string
		member                string // of the token, that says the scope
	}{
		"admin, none":     {"admin", "adminpw", "", []string{}, "audit_ids"},
		"unscoped":        {"demo", "demopw", unscoped, []string{}, "audit_ids"},
		"unscoped object": {"demo", "demopw", `{"unscoped":{}}`, []string{}, "audit_ids"},
		"default project": {"demo", "demopw", "", []string{"member", "reader"}, "project"},
		"project":         {"admin", "adminpw", onProject("admin"), allRoles, "project"},
		"domain":          {"admin", "adminpw", onDefault, allRoles, "domain"},
		"domain name":     {"admin", "adminpw", `{"domain":{"name":"Default"}}`, allRoles, "domain"},
		"system":          {"admin", "adminpw", onSystem, allRoles, "system"},
	} {
		r := c.must(201, "POST", "/v3/auth/tokens", "", passwordAuth(test.user, test.password, test.scope))
		if diff := cmp.Diff(test.roles, r.names("token.roles")); diff != "" || r.at("token."+test.member) == nil {
			t.Errorf("%s: %s%s", name, diff, r.text)
		}
		if scoped := len(test.roles) > 0; scoped != (r.at("token.catalog") != nil) {
			t.Errorf("%s: catalog of %s", name, r.text)
		}
		again := c.must(200, "GET", "/v3/auth/tokens", r.header.Get("X-Subject-Token"), "", "X-Subject-Token", r.header.Get("X-Subject-Token"))
		if again.text != r.text {
			t.Errorf("%s: GET says\n%s, POST said\n%s", name, again.text, r.text)
		}
	}
	r := c.must(201, "POST", "/v3/auth/tokens?nocatalog", "", passwordAuth("admin", "adminpw", onProject("admin")))
	if r.at("token.catalog") != nil || r.at("token.is_domain") != false {
		t.Error(r.text)
	}
}

func TestCatalog(t *testing.T) {
	c := bootCloud(t)
	r := c.must(200, "GET", "/v3/auth/catalog", c.demo(), "")
	if diff := cmp.Diff([]string{"nova", "keystone", "glance", "swift"}, r.names("catalog")); diff != "" {
		t.Error(diff)
	}
	if want := "http://127.0.0.1:5000/v1/AUTH_" + c.id("projects", "demo"); r.str("catalog.3.endpoints.0.url") != want {
		t.Errorf("%s has no %s", r.text, want)
	}
	c.must(403, "GET", "/v3/auth/catalog", c.login("admin", "adminpw", unscoped), "")
	r = c.must(201, "POST", "/v3/auth/tokens", "", passwordAuth("admin", "adminpw", onSystem))
	if r.at("token.catalog.3.name") != "swift" || r.at("token.catalog.3.endpoints.0") != nil {
		t.Errorf("an endpoint of a project shows without one: %s", r.text)
	}
}

func TestLoginRefusals(t *testing.T) {
	c := bootCloud(t)
	ids := func(members string) string {
		return `{"auth":{"identity":{"methods":["password"],"password":{"user":{` + members + `}}}}}`
	}
	methods := func(list, rest string) string { return `{"auth":{"identity":{"methods":` + list + rest + `}}}` }
	for name, test := range map[string]struct {
		body   string
		status int
		says   string
	}{
		"wrong password":         {passwordAuth("admin", "x", ""), 401, "requires authentication"},
		"unknown user":           {passwordAuth("nobody", "x", ""), 401, "requires authentication"},
		"unknown user id":        {ids(`"id":"nope","password":"x"`), 401, "requires authentication"},
		"unknown domain":         {ids(`"name":"admin","domain":{"name":"x"},"password":"adminpw"`), 401, "requires authentication"},
		"no password":            {ids(`"name":"admin","domain":{"id":"default"}`), 401, "requires authentication"},
		"empty password":         {passwordAuth("admin", "", ""), 401, "requires authentication"},
		"long password":          {passwordAuth("admin", strings.Repeat("x", 5000), ""), 401, "requires authentication"},
		"not his project":        {passwordAuth("demo", "demopw", onProject("admin")), 401, "requires authentication"},
		"no such project":        {passwordAuth("demo", "demopw", onProject("nope")), 401, "requires authentication"},
		"not his domain":         {passwordAuth("demo", "demopw", onDefault), 401, "requires authentication"},
		"not his system":         {passwordAuth("demo", "demopw", onSystem), 401, "requires authentication"},
		"no method":              {methods(`[]`, ``), 401, "requires authentication"},
		"no domain":              {ids(`"name":"admin","password":"adminpw"`), 400, "domain in user"},
		"no name":                {ids(`"password":"adminpw"`), 400, "id or name in user"},
		"method without member":  {methods(`["password"]`, ``), 400, "Expecting to find password in identity"},
		"unknown method":         {methods(`["totp"]`, ``), 400, `\"totp\" is not supported`},
		"application credential": {methods(`["application_credential"]`, `,"application_credential":{"id":"x","secret":"hush"}`), 400, `\"application_credential\" is not supported`},
		"two scopes":             {passwordAuth("admin", "adminpw", `{"domain":{"id":"default"},"system":{"all":true}}`), 400, "one of system, project"},
		"empty scope":            {passwordAuth("admin", "adminpw", `{}`), 400, "one of system, project"},
		"trust scope":            {passwordAuth("admin", "adminpw", `{"OS-TRUST:trust":{"id":"x"}}`), 400, "OS-TRUST:trust is not supported"},
		"project without domain": {passwordAuth("admin", "adminpw", `{"project":{"name":"admin"}}`), 400, "domain in project"},
		"password number":        {ids(`"name":"admin","domain":{"id":"default"},"password":4711`), 400, "password"},
		"unknown member":         {`{"auth":{"identity":{"methods":["password"]},"x":1}}`, 400, "'x' was unexpected"},
		"not JSON":               {`{x`, 400, "not JSON"},
		"no auth":                {`{}`, 400, "'auth' is a required property"},
		"bad token":              {tokenAuth("nonsense", ""), 404, "Failed to validate token"},
		"150 kB":                 {passwordAuth("admin", strings.Repeat("x", 150_000), ""), 413, "larger than"},
	} {
		r := c.do("POST", "/v3/auth/tokens", "", test.body)
		if r.status != test.status || !strings.Contains(r.text, test.says) || r.at("error.code") != float64(test.status) || r.str("error.title") == "" {
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
		if challenge := r.header.Get("WWW-Authenticate"); (challenge != "") != (test.status == 401) {
			t.Errorf("%s: WWW-Authenticate %q", name, challenge)
		}
	}
	r := c.do("POST", "/v3/auth/tokens", "", passwordAuth("admin", "adminpw", ""), "Content-Type", "text/xml")
	if r.status != 400 || !strings.Contains(r.text, "application/json") {
		t.Errorf("%d %s", r.status, r.text)
	}
	for _, secret := range []string{"adminpw", "demopw", "4711", "hush"} {
		if strings.Contains(c.log.String(), secret) {
			t.Errorf("the log shows %s", secret)
		}
	}
}

// TestOnePasswordCheck holds that an unknown user costs what a wrong password
// does: one check of a hash.
func TestOnePasswordCheck(t *testing.T) {
	c := bootCloud(t)
	checks := 0
	check := c.check
	c.check = func(hash string, password cloud.Secret) bool { checks++; return check(hash, password) }
	change := `{"user":{"original_password":"x","password":"y"}}`
	for name, do := range map[string]func() *reply{
		"wrong password": func() *reply { return c.do("POST", "/v3/auth/tokens", "", passwordAuth("admin", "x", "")) },
		"unknown user":   func() *reply { return c.do("POST", "/v3/auth/tokens", "", passwordAuth("nobody", "x", "")) },
		"unknown project": func() *reply {
			return c.do("POST", "/v3/auth/tokens", "", passwordAuth("demo", "demopw", onProject("x")))
		},
		"change of nobody's": func() *reply { return c.do("POST", "/v3/users/nobody/password", "", change) },
	} {
		checks = 0
		if r := do(); checks != 1 || r.status != 401 || !strings.Contains(r.text, "The request you have made requires authentication.") {
			t.Errorf("%s: %d checks, %d %s", name, checks, r.status, r.text)
		}
	}
}

func TestShowAndRevoke(t *testing.T) {
	c := bootCloud(t)
	admin, demo, other := c.admin(), c.demo(), c.demo()
	about := func(token string) []string { return []string{"X-Subject-Token", token} }
	for name, test := range map[string]struct {
		method, as, subject string
		status              int
		says                string
	}{
		"own":               {"GET", demo, demo, 200, `"name":"demo"`},
		"head":              {"HEAD", demo, demo, 200, ""},
		"demo's by admin":   {"GET", admin, demo, 200, `"name":"demo"`},
		"admin's by demo":   {"GET", demo, admin, 403, "identity:validate_token"},
		"no subject":        {"GET", admin, "", 404, "No token in the request"},
		"bad subject":       {"GET", admin, "x", 404, "Failed to validate token"},
		"bad subject, demo": {"GET", demo, "x", 403, "identity:validate_token"},
		"no token":          {"GET", "", demo, 401, "requires authentication"},
		"bad token":         {"GET", "nonsense", demo, 401, "requires authentication"},
		"revoke admin's":    {"DELETE", demo, admin, 403, "identity:revoke_token"},
	} {
		if r := c.do(test.method, "/v3/auth/tokens", test.as, "", about(test.subject)...); r.status != test.status || !strings.Contains(r.text, test.says) {
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
	}
	c.must(204, "DELETE", "/v3/auth/tokens", demo, "", about(demo)...)
	c.must(401, "DELETE", "/v3/auth/tokens", demo, "", about(demo)...)
	c.must(404, "GET", "/v3/auth/tokens", admin, "", about(demo)...)
	c.must(404, "POST", "/v3/auth/tokens", "", tokenAuth(demo, unscoped))
	c.must(200, "GET", "/v3/auth/projects", other, "") // one token went, not all
	c.advance(2 * time.Hour)
	c.must(401, "GET", "/v3/auth/projects", other, "")
}

// dead checks that a token is good for nothing, by every way there is to use
// it.
func (c *testCloud) dead(t *testing.T, name, token, admin string) {
	t.Helper()
	if _, err := c.Authenticate(t.Context(), cloud.Secret(token)); err == nil {
		t.Errorf("%s: the token still authenticates", name)
	}
	for what, r := range map[string]*reply{
		"uses":    c.do("GET", "/v3/auth/projects", token, ""),
		"shows":   c.do("GET", "/v3/auth/tokens", admin, "", "X-Subject-Token", token),
		"rescope": c.do("POST", "/v3/auth/tokens", "", tokenAuth(token, unscoped)),
	} {
		if r.status != 401 && r.status != 404 {
			t.Errorf("%s: %s gives %d %s", name, what, r.status, r.text)
		}
	}
}

// TestRevocationByChange holds that what takes authority away takes tokens
// away, at once, and that undoing it does not bring them back.
func TestRevocationByChange(t *testing.T) {
	type call struct{ method, path, body string }
	tests := map[string]struct {
		change, undo call // with USER, PROJECT and ROLE for their ids
		returns      bool // the token is good again when it is undone
	}{
		"user disabled": {
			change: call{"PATCH", "/users/USER", `{"user":{"enabled":false}}`},
			undo:   call{"PATCH", "/users/USER", `{"user":{"enabled":true}}`},
		},
		"password reset": {
			change: call{"PATCH", "/users/USER", `{"user":{"password":"new"}}`},
			undo:   call{"PATCH", "/users/USER", `{"user":{"password":"pw"}}`},
		},
		"password changed": {
			change: call{"POST", "/users/USER/password", `{"user":{"password":"new","original_password":"pw"}}`},
			undo:   call{"POST", "/users/USER/password", `{"user":{"password":"pw","original_password":"new"}}`},
		},
		"project disabled": {
			change: call{"PATCH", "/projects/PROJECT", `{"project":{"enabled":false}}`},
			undo:   call{"PATCH", "/projects/PROJECT", `{"project":{"enabled":true}}`},
		},
		"grant removed": {
			change:  call{"DELETE", "/projects/PROJECT/users/USER/roles/ROLE", ""},
			undo:    call{"PUT", "/projects/PROJECT/users/USER/roles/ROLE", ""},
			returns: true,
		},
		"user deleted":    {change: call{"DELETE", "/users/USER", ""}},
		"project deleted": {change: call{"DELETE", "/projects/PROJECT", ""}},
	}
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		c := bootOn(t, db)
		admin, role := c.admin(), c.id("roles", "member")
		for name, test := range tests {
			body := fmt.Sprintf(`{"name":%q}`, name)
			project := c.must(201, "POST", "/v3/projects", admin, `{"project":`+body+`}`).str("project.id")
			user := c.must(201, "POST", "/v3/users", admin, fmt.Sprintf(`{"user":{"name":%q,"password":"pw"}}`, name)).str("user.id")
			c.must(204, "PUT", "/v3/projects/"+project+"/users/"+user+"/roles/"+role, admin, "")
			first := c.login(name, "pw", onProject(name))
			second := c.must(201, "POST", "/v3/auth/tokens", "", tokenAuth(first, onProject(name))).header.Get("X-Subject-Token")
			for _, token := range []string{first, second} { // so that the cache has them
				c.must(200, "GET", "/v3/auth/projects", token, "")
			}
			apply := func(do call) {
				path := strings.NewReplacer("USER", user, "PROJECT", project, "ROLE", role).Replace(do.path)
				if r := c.do(do.method, "/v3"+path, admin, do.body); r.status/100 != 2 {
					t.Fatalf("%s: %s %s: %d %s", name, do.method, path, r.status, r.text)
				}
			}
			apply(test.change)
			c.dead(t, name, first, admin)
			c.dead(t, name+", derived", second, admin)
			if test.undo.method == "" {
				continue
			}
			apply(test.undo)
			if test.returns {
				c.must(200, "GET", "/v3/auth/projects", first, "")
			} else {
				c.dead(t, name+", undone", first, admin)
				c.dead(t, name+", undone, derived", second, admin)
			}
			c.must(200, "GET", "/v3/auth/projects", c.login(name, "pw", onProject(name)), "")
		}
	})
}

func TestDomainDisabled(t *testing.T) {
	c := bootCloud(t)
	admin := c.admin()
	domain := c.must(201, "POST", "/v3/domains", admin, `{"domain":{"name":"d1"}}`).str("domain.id")
	project := c.must(201, "POST", "/v3/projects", admin, fmt.Sprintf(`{"project":{"name":"p","domain_id":%q}}`, domain)).str("project.id")
	user := c.must(201, "POST", "/v3/users", admin, fmt.Sprintf(`{"user":{"name":"u","domain_id":%q,"password":"pw"}}`, domain)).str("user.id")
	member, demo := c.id("roles", "member"), c.id("users", "demo")
	for _, path := range []string{"/projects/" + project + "/users/" + demo, "/projects/" + project + "/users/" + user, "/domains/" + domain + "/users/" + demo} {
		c.must(204, "PUT", "/v3"+path+"/roles/"+member, admin, "")
	}
	tokens := map[string]string{
		"project of the domain": c.login("demo", "demopw", fmt.Sprintf(`{"project":{"id":%q}}`, project)),
		"domain":                c.login("demo", "demopw", fmt.Sprintf(`{"domain":{"id":%q}}`, domain)),
		"user of the domain": c.must(201, "POST", "/v3/auth/tokens", "", fmt.Sprintf(
			`{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":%q,"password":"pw"}}}}}`, user)).header.Get("X-Subject-Token"),
	}
	own := c.demo()
	for _, enabled := range []string{"false", "true"} {
		c.must(200, "PATCH", "/v3/domains/"+domain, admin, `{"domain":{"enabled":`+enabled+`}}`)
		for name, token := range tokens {
			c.dead(t, name+", enabled "+enabled, token, admin)
		}
	}
	c.must(200, "GET", "/v3/auth/projects", own, "")
}

// TestOtherProcess holds that a change by one process is seen by another
// within the time it says.
func TestOtherProcess(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		keys := t.TempDir()
		a := newCloud(t, storetest.Open(t, url), keys)
		if err := a.Bootstrap(t.Context(), testBoot); err != nil {
			t.Fatal(err)
		}
		b := newCloud(t, storetest.Open(t, url), keys)
		token, admin := a.demo(), a.admin()
		b.must(200, "GET", "/v3/auth/projects", token, "")
		a.must(200, "PATCH", "/v3/users/"+a.id("users", "demo"), admin, `{"user":{"enabled":false}}`)
		b.advance(revisionLife)
		b.must(401, "GET", "/v3/auth/projects", token, "")
	})
}

func TestKeyRotation(t *testing.T) {
	c := bootCloud(t)
	token := c.demo()
	if err := c.Keys.Rotate(3); err != nil {
		t.Fatal(err)
	}
	c.must(200, "GET", "/v3/auth/tokens", token, "", "X-Subject-Token", token)
	fresh := c.demo()
	for range 3 {
		if err := c.Keys.Rotate(3); err != nil {
			t.Fatal(err)
		}
	}
	c.sessions.forget()
	c.must(401, "GET", "/v3/auth/projects", token, "")
	c.must(401, "GET", "/v3/auth/projects", fresh, "")
}

// TestForgetDuringLookup holds that what was looked up before a change is not
// remembered after it.
func TestForgetDuringLookup(t *testing.T) {
	s := newSessions()
	now := time.Unix(1000, 0)
	var key [32]byte
	_, generation := s.get(key, now)
	s.forget()
	s.put(key, &cloud.Caller{ExpiresAt: now.Add(time.Hour)}, now, generation)
	if caller, _ := s.get(key, now); caller != nil {
		t.Error("a stale look-up was remembered")
	}
	_, generation = s.get(key, now)
	s.put(key, &cloud.Caller{ExpiresAt: now.Add(time.Second)}, now, generation)
	if caller, _ := s.get(key, now); caller == nil {
		t.Error("nothing was remembered")
	}
	if caller, _ := s.get(key, now.Add(time.Second)); caller != nil {
		t.Error("it was remembered longer than the token lives")
	}
	for i := range maxSessions + 10 {
		key[0], key[1] = byte(i), byte(i>>8)
		s.put(key, &cloud.Caller{ExpiresAt: now.Add(time.Hour)}, now, generation)
	}
	if len(s.known) > maxSessions {
		t.Errorf("%d sessions are remembered", len(s.known))
	}
}
