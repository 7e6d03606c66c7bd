package identity

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/policy"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/base/token"
)

// testCloud is an identity service behind its real edge, with a clock that
// goes on a millisecond at each look.
type testCloud struct {
	*Service
	t     testing.TB
	url   string
	clock *atomic.Int64 // nanoseconds
	log   *bytes.Buffer
}

func (c *testCloud) advance(d time.Duration) { c.clock.Add(int64(d)) }

func enforcer(t testing.TB) *policy.Enforcer {
	t.Helper()
	var rules []policy.Rule
	for _, r := range identity.BaseRules() {
		rules = append(rules, policy.Rule{Name: r.Name, Check: r.Default})
	}
	for _, e := range identity.Routes() {
		if r := e.Info().Policy; r.Name != "" {
			rules = append(rules, policy.Rule{Name: r.Name, Check: r.Default})
		}
	}
	e, err := policy.New(rules)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// newCloud returns a service on db that is not bootstrapped.
func newCloud(t testing.TB, db *store.DB, keysDir string) *testCloud {
	t.Helper()
	c := &testCloud{t: t, clock: &atomic.Int64{}, log: &bytes.Buffer{}}
	c.clock.Store(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano())
	now := func() time.Time { return time.Unix(0, c.clock.Add(int64(time.Millisecond))).UTC() }
	keys, err := token.OpenKeys(keysDir, rand.Reader, now)
	if err != nil {
		t.Fatal(err)
	}
	passwords, err := token.NewPasswords(4)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(c.log, nil))
	c.Service = New(Deps{
		DB: db, Keys: keys, Passwords: passwords, Log: log, Now: now, NewID: uuid, Random: rand.Reader,
	})
	server := httptest.NewServer(c.Handler(httpd.Config{Policy: enforcer(t), Log: log, Now: now}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

var testBoot = Boot{
	AdminPassword: "adminpw", DemoPassword: "demopw",
	Services: []BootService{
		{"identity", "keystone", "http://127.0.0.1:5000/v3"},
		{"image", "glance", "http://127.0.0.1:5000/image"},
		{"compute", "nova", "http://127.0.0.1:5000/compute/v2.1"},
		{"object", "swift", "http://127.0.0.1:5000/v1/AUTH_$(project_id)s"},
	},
}

// bootCloud returns a bootstrapped service on a new SQLite database.
func bootCloud(t testing.TB) *testCloud {
	t.Helper()
	return bootOn(t, storetest.Open(t, storetest.SQLite(t)))
}

func bootOn(t testing.TB, db *store.DB) *testCloud {
	t.Helper()
	c := newCloud(t, db, t.TempDir())
	if err := c.Bootstrap(t.Context(), testBoot); err != nil {
		t.Fatal(err)
	}
	return c
}

// reply is an answer with its body as JSON.
type reply struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

// at walks the body: "token.roles.0.name".
func (r *reply) at(path string) any {
	var v any = r.json
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i := -1
			if _, err := fmt.Sscan(key, &i); err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func (r *reply) str(path string) string {
	s, _ := r.at(path).(string)
	return s
}

// names lists the member name of each item of the list at path.
func (r *reply) names(path string) []string {
	names := []string{}
	list, _ := r.at(path).([]any)
	for _, item := range list {
		m, _ := item.(map[string]any)
		name, _ := m["name"].(string)
		names = append(names, name)
	}
	return names
}

// do sends a request; body is JSON text or empty.
func (c *testCloud) do(method, path, token, body string, header ...string) *reply {
	c.t.Helper()
	req, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("X-Auth-Token", token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	r := &reply{status: res.StatusCode, header: res.Header, text: string(text)}
	_ = json.Unmarshal(text, &r.json) // some answers are no JSON
	return r
}

// must is do with the status it must have.
func (c *testCloud) must(status int, method, path, token, body string, header ...string) *reply {
	c.t.Helper()
	r := c.do(method, path, token, body, header...)
	if r.status != status {
		c.t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, r.status, r.text, status)
	}
	return r
}

func passwordAuth(user, password, scope string) string {
	if scope != "" {
		scope = `,"scope":` + scope
	}
	return fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"domain":{"id":"default"},"password":%q}}}%s}}`, user, password, scope)
}

func tokenAuth(token, scope string) string {
	if scope != "" {
		scope = `,"scope":` + scope
	}
	return fmt.Sprintf(`{"auth":{"identity":{"methods":["token"],"token":{"id":%q}}%s}}`, token, scope)
}

func onProject(name string) string {
	return fmt.Sprintf(`{"project":{"name":%q,"domain":{"id":"default"}}}`, name)
}

const (
	onDefault = `{"domain":{"id":"default"}}`
	onSystem  = `{"system":{"all":true}}`
	unscoped  = `"unscoped"`
)

// login returns a token.
func (c *testCloud) login(user, password, scope string) string {
	c.t.Helper()
	return c.must(201, "POST", "/v3/auth/tokens", "", passwordAuth(user, password, scope)).header.Get("X-Subject-Token")
}

func (c *testCloud) admin() string {
	c.t.Helper()
	return c.login("admin", "adminpw", onProject("admin"))
}

func (c *testCloud) demo() string { c.t.Helper(); return c.login("demo", "demopw", onProject("demo")) }

// id finds the id of the only thing of a kind with a name.
func (c *testCloud) id(kind, name string) string {
	c.t.Helper()
	r := c.must(200, "GET", "/v3/"+kind+"?name="+name, c.admin(), "")
	id := r.str(kind + ".0.id")
	if id == "" || r.at(kind+".1") != nil {
		c.t.Fatalf("%s named %s: %s", kind, name, r.text)
	}
	return id
}
