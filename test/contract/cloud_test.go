package contract

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	computeservice "github.com/novalet/novalet/internal/service/compute"
	"github.com/novalet/novalet/novatest"
)

// api is one service's part of the contract.
type api struct {
	name, prefix string
	routes       []wire.Endpoint
	versions     []wire.Version // at which its bodies differ
}

var apis = []api{
	{"compute", "/compute/v2.1", compute.Routes(), []wire.Version{wire.V(2, 1), wire.V(2, 36), wire.V(2, 93), compute.MaxVersion}},
	{"identity", "/v3", identity.Routes(), []wire.Version{{}}},
	{"image", "/image", image.Routes(), []wire.Version{{}}},
}

// unserved names the routes of the Compute API that the cloud answers with 501 and no more.
var unserved = func() map[string]bool {
	names := map[string]bool{}
	for _, e := range computeservice.New(computeservice.Deps{}).Mount(httpd.New(httpd.Config{}, "", "", httpd.Style{})) {
		names[e.Info().Name] = true
	}
	return names
}()

// url is where a route of the API is.
func (a api) url(path string) string {
	if a.name == "identity" {
		return strings.TrimPrefix(path, "/v3")
	}
	return path
}

// world is a cloud, its database, and tokens by who they are for: admin,
// member and reader of the project demo, other (a member of another project).
type world struct {
	t       testing.TB
	root    string
	db      *sql.DB
	tokens  map[string]string
	project map[string]string // project id by who
	user    map[string]string // user id by who
}

func newWorld(t testing.TB) *world {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cloud.db")
	cloud := novatest.New(t, novatest.Database("sqlite:"+file), novatest.Quota("instances", -1), novatest.Quota("cores", -1), novatest.Quota("ram", -1))
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &world{t: t, root: cloud.URL(), db: db, tokens: map[string]string{}, project: map[string]string{}, user: map[string]string{}}
	w.login("admin", env(cloud.Admin()))
	w.login("member", env(cloud.Demo()))
	other := w.field(w.must(201, "admin", "POST", "/v3/projects", `{"project":{"name":"other"}}`), "project", "id")
	for who, at := range map[string]struct{ project, name, role string }{
		"reader": {w.project["member"], "demo", "reader"}, "other": {other, "other", "member"},
	} {
		user := w.field(w.must(201, "admin", "POST", "/v3/users", fmt.Sprintf(`{"user":{"name":%q,"password":"pw"}}`, who)), "user", "id")
		roles := w.must(200, "admin", "GET", "/v3/roles?name="+at.role, "")
		role := w.field(roles, "roles", "0", "id")
		w.must(204, "admin", "PUT", "/v3/projects/"+at.project+"/users/"+user+"/roles/"+role, "")
		w.login(who, map[string]string{"OS_USERNAME": who, "OS_PASSWORD": "pw", "OS_PROJECT_NAME": at.name})
	}
	return w
}

func env(a novatest.Account) map[string]string {
	vars := map[string]string{}
	for _, pair := range a.Env() {
		name, value, _ := strings.Cut(pair, "=")
		vars[name] = value
	}
	return vars
}

func (w *world) login(who string, vars map[string]string) {
	w.t.Helper()
	body := fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"domain":{"id":"default"},"password":%q}}},
		"scope":{"project":{"name":%q,"domain":{"id":"default"}}}}}`, vars["OS_USERNAME"], vars["OS_PASSWORD"], vars["OS_PROJECT_NAME"])
	r := w.must(201, "", "POST", "/v3/auth/tokens", body)
	w.tokens[who] = r.header.Get("X-Subject-Token")
	w.project[who], w.user[who] = w.field(r, "token", "project", "id"), w.field(r, "token", "user", "id")
}

// reply is what came back; status 0 says that nothing did.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// message is the sentence of a fault, in any service's form.
func (r reply) message() string {
	var flat struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(r.body, &flat) == nil && flat.Message != "" {
		return flat.Message
	}
	var nested map[string]struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(r.body, &nested) == nil {
		for _, f := range nested {
			return f.Message
		}
	}
	return ""
}

// option changes a request before it is sent.
type option func(*http.Request)

func header(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }

func at(v wire.Version) option {
	if v.IsZero() {
		return func(*http.Request) {}
	}
	return header("OpenStack-API-Version", "compute "+v.String())
}

// do sends a request as it is, its path unescaped and unclean if it is so.
func (w *world) do(who, method, path, body string, options ...option) reply {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, w.root, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	path, req.URL.RawQuery, _ = strings.Cut(path, "?")
	req.URL.Opaque = path
	req.Header.Set("Accept", "application/json")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		req.Header.Set("X-Auth-Token", cmp.Or(w.tokens[who], who))
	}
	for _, o := range options {
		o(req)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Errorf("%s %.200s: %v", method, path, err)
		return reply{}
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Errorf("%s %.200s: %v", method, path, err)
	}
	return reply{res.StatusCode, res.Header, text}
}

func (w *world) must(status int, who, method, path, body string, options ...option) reply {
	w.t.Helper()
	r := w.do(who, method, path, body, options...)
	if r.status != status {
		w.t.Fatalf("%s %s as %s: %d instead of %d: %s", method, path, who, r.status, status, r.body)
	}
	return r
}

// field is the text of a member of a reply's body.
func (w *world) field(r reply, path ...string) string {
	w.t.Helper()
	var at any
	if err := json.NewDecoder(bytes.NewReader(r.body)).Decode(&at); err != nil {
		w.t.Fatalf("%v in %s", err, r.body)
	}
	for _, name := range path {
		switch v := at.(type) {
		case map[string]any:
			at = v[name]
		case []any:
			at = v[int(name[0]-'0')]
		}
	}
	text, ok := at.(string)
	if !ok {
		w.t.Fatalf("%v is no text in %s", path, r.body)
	}
	return text
}

// server makes a server of the project demo and waits until it runs.
func (w *world) server(name string) string {
	w.t.Helper()
	found := w.must(200, "member", "GET", "/image/v2/images?name=guest", "")
	body := fmt.Sprintf(`{"server":{"name":%q,"imageRef":%q,"flavorRef":"1","networks":"auto","metadata":{"key":"value"}}}`, name, w.field(found, "images", "0", "id"))
	id := w.field(w.must(202, "member", "POST", "/compute/v2.1/servers", body, at(wire.V(2, 37))), "server", "id")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		r := w.must(200, "member", "GET", "/compute/v2.1/servers/"+id, "")
		switch status := w.field(r, "server", "status"); {
		case status == "ACTIVE":
			return id
		case status == "ERROR" || time.Now().After(deadline):
			w.t.Fatalf("the server is %s: %s", status, r.body)
		}
	}
}

// rows counts the rows of every table.
func (w *world) rows() map[string]int {
	w.t.Helper()
	names, err := w.db.QueryContext(w.t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer names.Close() //nolint:errcheck // read to its end
	var tables []string
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			w.t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := names.Err(); err != nil {
		w.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, name := range tables {
		var n int
		if err := w.db.QueryRowContext(w.t.Context(), `SELECT COUNT(*) FROM "`+name+`"`).Scan(&n); err != nil {
			w.t.Fatal(err)
		}
		counts[name] = n
	}
	return counts
}

// unchanged fails the test when a table has not as many rows as before.
func (w *world) unchanged(before map[string]int, after string) {
	w.t.Helper()
	now := w.rows()
	for _, table := range slices.Sorted(maps.Keys(now)) {
		if now[table] != before[table] {
			w.t.Errorf("after %s the table %s has %d rows, and had %d", after, table, now[table], before[table])
		}
	}
}
